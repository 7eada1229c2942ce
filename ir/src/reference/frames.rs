//! Frames: what one invocation of the model takes and gives, cut from and joined to arrays of many.

use crate::diagnostic::{Code, Diagnostic};
use ndarray::{ArrayD, ArrayView, Axis, IxDyn, Slice};

/// Cuts an array of shape `[N, …]` into frames of an input's shape `[B, …]`, N / B of them.
///
/// # Errors
/// [`Code::BadInput`] unless N is a multiple of B and the other axes are equal; `input` is the input's name.
pub fn split(array: &ArrayD<f64>, shape: &[usize], input: &str) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
    let (n, frame) = match (array.shape(), shape) {
        ([], []) => return Ok(vec![array.clone()]),
        ([n, rest @ ..], [b, frame @ ..]) if rest == frame && *b > 0 && n % b == 0 => (*n, *b),
        (found, wanted) => return Err(misfit(input, found, wanted)),
    };
    let cut = |start| array.slice_axis(Axis(0), Slice::from(start..start + frame));
    Ok((0..n).step_by(frame).map(|start| cut(start).as_standard_layout().into_owned()).collect())
}

/// The frames of all inputs, ready for [`super::Executor::run_batch`]: for each input its name, its shape and its
/// array.
///
/// # Errors
/// As [`split`], and where the arrays make different numbers of frames.
pub fn zip(inputs: &[(&str, &[usize], &ArrayD<f64>)]) -> Result<Vec<Vec<ArrayD<f64>>>, Diagnostic> {
    let mut frames: Vec<Vec<ArrayD<f64>>> = Vec::new();
    for (position, (name, shape, array)) in inputs.iter().enumerate() {
        let parts = split(array, shape, name)?;
        if position == 0 {
            frames.resize(parts.len(), Vec::new());
        }
        if parts.len() != frames.len() {
            let reason = format!("{} frames here, {} in the first input", parts.len(), frames.len());
            return Err(Diagnostic::new(Code::BadInput, *name, reason, "give every input the same frames"));
        }
        frames.iter_mut().zip(parts).for_each(|(frame, part)| frame.push(part));
    }
    Ok(frames)
}

/// Joins each output over all frames along the first axis; outputs without axes become a vector.
///
/// # Errors
/// [`Code::BadInput`] where frames differ in number or shape of their outputs.
pub fn stack(frames: &[Vec<ArrayD<f64>>]) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
    let outputs = frames.first().map_or(0, Vec::len);
    (0..outputs).map(|i| join(frames, i)).collect()
}

fn join(frames: &[Vec<ArrayD<f64>>], output: usize) -> Result<ArrayD<f64>, Diagnostic> {
    let differ = || {
        let reason = "frames differ in the shape of this output";
        Diagnostic::new(Code::BadInput, format!("output {output}"), reason, "stack frames of one model only")
    };
    let mut parts = Vec::with_capacity(frames.len());
    for frame in frames {
        let part = frame.get(output).ok_or_else(differ)?;
        parts.push(if part.ndim() == 0 { as_vector(part) } else { part.view() });
    }
    let joined = ndarray::concatenate(Axis(0), &parts).map_err(|_| differ())?;
    Ok(joined.as_standard_layout().into_owned())
}

fn as_vector(x: &ArrayD<f64>) -> ArrayView<'_, f64, IxDyn> {
    x.view().insert_axis(Axis(0))
}

fn misfit(input: &str, found: &[usize], wanted: &[usize]) -> Diagnostic {
    let help = match wanted {
        [] => "give one number".to_owned(),
        [1, rest @ ..] => format!("give an array of shape [N{}]", tail(rest)),
        [b, rest @ ..] => format!("give an array of shape [N{}], N a multiple of {b}", tail(rest)),
    };
    let reason = format!("the data has shape {found:?}, the model takes frames of {wanted:?}");
    Diagnostic::new(Code::BadInput, input, reason, help)
}

fn tail(axes: &[usize]) -> String {
    axes.iter().map(|n| format!(", {n}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array;

    fn counting(shape: &[usize]) -> ArrayD<f64> {
        let count: usize = shape.iter().product();
        Array::from_iter((0..count).map(|v| v as f64)).into_shape_with_order(IxDyn(shape)).unwrap()
    }

    #[test]
    fn frames_that_are_split_stack_to_the_whole() {
        let all = counting(&[6, 2, 3]);
        for batch in [1, 2, 3, 6] {
            let frames = split(&all, &[batch, 2, 3], "x").unwrap();
            assert_eq!(frames.len(), 6 / batch);
            let outputs: Vec<_> = frames.into_iter().map(|f| vec![f]).collect();
            assert_eq!(stack(&outputs).unwrap(), std::slice::from_ref(&all));
        }
    }

    #[test]
    fn data_of_another_shape_is_refused_with_both_shapes() {
        for (data, frame) in [(vec![6, 2], vec![1, 3]), (vec![5, 3], vec![2, 3]), (vec![6], vec![1, 6])] {
            let error = split(&counting(&data), &frame, "x").unwrap_err();
            assert_eq!((error.code, error.node.as_str()), (Code::BadInput, "x"));
            assert!(error.reason.contains(&format!("{data:?}")), "{error}");
            assert!(error.reason.contains(&format!("{frame:?}")), "{error}");
        }
    }

    #[test]
    fn inputs_with_different_numbers_of_frames_are_refused() {
        let (two, three) = (counting(&[2, 1]), counting(&[3, 1]));
        assert_eq!(zip(&[("a", &[1, 1], &two), ("b", &[1, 1], &three)]).unwrap_err().node, "b");
        assert_eq!(zip(&[("a", &[1, 1], &two), ("b", &[1, 1], &two)]).unwrap()[1].len(), 2);
    }

    #[test]
    fn scalars_stack_to_a_vector() {
        let scalar = |v| vec![ArrayD::from_elem(IxDyn(&[]), v)];
        assert_eq!(stack(&[scalar(1.0), scalar(2.0)]).unwrap(), [ndarray::arr1(&[1.0, 2.0]).into_dyn()]);
    }
}
