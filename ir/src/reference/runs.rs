//! Walking a tensor in runs over which parameters along axes are constant.

use super::operands::{Evaluated, bad_shape, ensure, slice_mut};
use crate::tensor::AxisParam;
use ndarray::ArrayD;

/// The position along one axis, from the number of a run.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    divisor: usize,
    length: usize,
}

impl Cursor {
    /// The cursor of `axis` in a tensor that is walked in runs of its axes behind `last`.
    fn new(shape: &[usize], axis: Option<usize>, last: Option<usize>) -> Cursor {
        match (axis, last) {
            (Some(a), Some(last)) => Cursor {
                divisor: shape[a + 1..=last].iter().product::<usize>().max(1),
                length: shape[a].max(1),
            },
            _ => Cursor { divisor: 1, length: 1 },
        }
    }

    #[inline]
    fn at(self, run: usize) -> usize {
        if self.length == 1 { 0 } else { run / self.divisor % self.length }
    }
}

/// Calls `f` with every run of elements and the index along `axis` that they share.
pub(super) fn along(x: &mut ArrayD<f64>, axis: usize, mut f: impl FnMut(&mut [f64], usize)) -> Evaluated<()> {
    ensure(axis < x.ndim(), || format!("axis {axis} of a tensor of shape {:?}", x.shape()))?;
    walk(x, [Some(axis)], |run, [index]| f(run, index));
    Ok(())
}

/// Calls `f` with every run of elements and the parameters' values there.
pub(super) fn with_params<const N: usize>(
    x: &mut ArrayD<f64>,
    params: [&AxisParam; N],
    mut f: impl FnMut(&mut [f64], [f64; N]),
) -> Evaluated<()> {
    let mut axes = [None; N];
    for (axis, param) in axes.iter_mut().zip(params) {
        *axis = axis_of(param, x.shape())?;
    }
    walk(x, axes, |run, at| {
        let mut at = at.into_iter();
        f(run, params.map(|p| p.at(at.next().unwrap_or_default())));
    });
    Ok(())
}

/// The axis along which a parameter varies; refuses a parameter that does not fit the shape.
fn axis_of(param: &AxisParam, shape: &[usize]) -> Evaluated<Option<usize>> {
    let count = param.values.len();
    match param.axis {
        _ if count == 1 => Ok(None),
        Some(axis) if shape.get(axis) == Some(&count) => Ok(Some(axis)),
        Some(axis) => Err(bad_shape(format!("{count} parameters for axis {axis} of shape {shape:?}"))),
        None => Err(bad_shape(format!("{count} parameters, but no axis that they run along"))),
    }
}

fn walk<const N: usize>(
    x: &mut ArrayD<f64>,
    axes: [Option<usize>; N],
    mut f: impl FnMut(&mut [f64], [usize; N]),
) {
    let shape = x.shape().to_vec();
    let last = axes.iter().copied().flatten().max();
    let run: usize = shape[last.map_or(0, |l| l + 1)..].iter().product();
    let cursors = axes.map(|axis| Cursor::new(&shape, axis, last));
    for (i, chunk) in slice_mut(x).chunks_mut(run.max(1)).enumerate() {
        f(chunk, cursors.map(|c| c.at(i)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::IxDyn;

    #[test]
    fn parameters_of_two_axes_meet_at_every_element() {
        let rows = AxisParam { values: vec![100.0, 200.0], axis: Some(0) };
        let columns = AxisParam { values: vec![1.0, 2.0, 3.0], axis: Some(1) };
        let mut x = ArrayD::zeros(IxDyn(&[2, 3, 2]));
        with_params(&mut x, [&rows, &columns, &AxisParam::scalar(0.5)], |run, [a, b, c]| run.fill(a + b + c))
            .unwrap();
        for ((i, j, k), v) in x.into_dimensionality::<ndarray::Ix3>().unwrap().indexed_iter() {
            assert_eq!(*v, 100.0 * (i + 1) as f64 + (j + 1) as f64 + 0.5, "{i} {j} {k}");
        }
    }

    #[test]
    fn parameters_that_do_not_fit_are_refused() {
        let mut x = ArrayD::zeros(IxDyn(&[2, 3]));
        for axis in [None, Some(0), Some(2)] {
            let param = AxisParam { values: vec![1.0; 3], axis };
            assert!(with_params(&mut x, [&param], |_, _| ()).is_err(), "{axis:?}");
        }
    }
}
