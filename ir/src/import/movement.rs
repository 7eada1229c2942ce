//! Constants whose elements only change place: the kind, and for quantized ones the scale, moves along.

use crate::tensor::{AxisParam, Constant};
use ndarray::{ArrayD, Axis, IxDyn, Slice};

/// A rearrangement of a tensor's elements. The importer has checked that it fits the tensor.
#[derive(Clone, Debug)]
pub(super) enum Movement {
    /// Another shape of as many elements.
    Reshape(Vec<usize>),
    /// Output axis `i` is input axis `perm[i]`.
    Transpose(Vec<usize>),
    /// Every `step`-th element from `start` on, `length` of them.
    Slice {
        /// The axis.
        axis: usize,
        /// The first index.
        start: usize,
        /// The distance of indices.
        step: isize,
        /// How many.
        length: usize,
    },
    /// The elements at the given indices of an axis, which the shape of the indices replaces.
    Gather {
        /// The axis.
        axis: usize,
        /// The indices.
        indices: Vec<usize>,
        /// Their shape.
        shape: Vec<usize>,
    },
    /// Broadcast to a shape.
    Expand(Vec<usize>),
}

impl Movement {
    /// The rearranged constant. Where a quantized one's scale cannot move along, its real values.
    pub(super) fn apply(&self, data: &Constant) -> Constant {
        match data {
            Constant::Float(values) => Constant::Float(self.array(values)),
            Constant::Int(values) => Constant::Int(self.array(values)),
            Constant::Quantized { codes, ty, scale, zero_point } => {
                let moved = |param: &AxisParam| self.param(param, codes.shape());
                match (moved(scale), moved(zero_point)) {
                    (Some(scale), Some(zero_point)) => {
                        Constant::Quantized { codes: self.array(codes), ty: *ty, scale, zero_point }
                    }
                    _ => Constant::Float(self.array(&data.to_real())),
                }
            }
        }
    }

    fn array<T: Clone>(&self, values: &ArrayD<T>) -> ArrayD<T> {
        match self {
            Movement::Reshape(shape) => reshape(values, shape),
            Movement::Transpose(perm) => {
                values.view().permuted_axes(perm.clone()).as_standard_layout().into_owned()
            }
            Movement::Slice { axis, start, step, length } => slice(values, *axis, *start, *step, *length),
            Movement::Gather { axis, indices, shape } => {
                let picked = values.select(Axis(*axis), indices);
                reshape(&picked, &gathered_shape(values.shape(), *axis, shape))
            }
            Movement::Expand(shape) => {
                let wide =
                    values.broadcast(IxDyn(shape)).expect("the importer has checked that shapes broadcast");
                wide.to_owned()
            }
        }
    }

    /// The parameter of the rearranged tensor; `None` where it does not run along an axis any more.
    fn param(&self, param: &AxisParam, shape: &[usize]) -> Option<AxisParam> {
        let Some(axis) = param.axis else { return Some(param.clone()) };
        let moved = match self {
            Movement::Reshape(to) => reshaped_axis(shape, to, axis),
            Movement::Transpose(perm) => perm.iter().position(|from| *from == axis),
            Movement::Slice { axis: cut, .. } => (*cut != axis).then_some(axis),
            Movement::Gather { axis: cut, shape, .. } if *cut < axis => (axis + shape.len()).checked_sub(1),
            Movement::Gather { axis: cut, .. } => (*cut != axis).then_some(axis),
            Movement::Expand(to) => (axis + to.len()).checked_sub(shape.len()),
        };
        moved.map(|axis| AxisParam { values: param.values.clone(), axis: Some(axis) })
    }
}

/// The shape of `Gather`'s output.
pub(super) fn gathered_shape(data: &[usize], axis: usize, indices: &[usize]) -> Vec<usize> {
    [&data[..axis], indices, &data[axis + 1..]].concat()
}

/// Where an axis goes when the elements before and behind it stay as many.
fn reshaped_axis(from: &[usize], to: &[usize], axis: usize) -> Option<usize> {
    let before = |shape: &[usize], at: usize| shape[..at].iter().product::<usize>();
    let wanted = before(from, axis);
    (0..to.len()).find(|at| to[*at] == from[axis] && before(to, *at) == wanted)
}

fn reshape<T: Clone>(values: &ArrayD<T>, shape: &[usize]) -> ArrayD<T> {
    let flat: Vec<T> = values.iter().cloned().collect();
    ArrayD::from_shape_vec(IxDyn(shape), flat)
        .expect("the importer has checked that the elements are as many")
}

fn slice<T: Clone>(values: &ArrayD<T>, axis: usize, start: usize, step: isize, length: usize) -> ArrayD<T> {
    if step == 1 {
        let range = Slice::from(start..start + length);
        return values.slice_axis(Axis(axis), range).as_standard_layout().into_owned();
    }
    let indices: Vec<usize> = (0..length as isize).map(|at| (start as isize + at * step) as usize).collect();
    values.select(Axis(axis), &indices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::IntType;

    fn quantized() -> Constant {
        Constant::Quantized {
            codes: ArrayD::from_shape_vec(IxDyn(&[2, 3]), vec![0, 1, 2, 3, 4, 5]).unwrap(),
            ty: IntType::quantizer(false, 3, false),
            scale: AxisParam { values: vec![0.5, 2.0], axis: Some(0) },
            zero_point: AxisParam::scalar(1.0),
        }
    }

    fn same_reals(movement: &Movement) -> Option<usize> {
        let moved = movement.apply(&quantized());
        let real = movement.apply(&Constant::Float(quantized().to_real()));
        assert_eq!(moved.to_real(), real.to_real(), "{movement:?}");
        if let Constant::Quantized { scale, .. } = moved { scale.axis } else { None }
    }

    #[test]
    fn a_scale_moves_with_its_axis() {
        assert_eq!(same_reals(&Movement::Transpose(vec![1, 0])), Some(1));
        assert_eq!(same_reals(&Movement::Reshape(vec![1, 2, 3])), Some(1));
        assert_eq!(same_reals(&Movement::Slice { axis: 1, start: 2, step: -1, length: 2 }), Some(0));
        assert_eq!(same_reals(&Movement::Expand(vec![4, 2, 3])), Some(1));
        let gather = Movement::Gather { axis: 1, indices: vec![2, 0], shape: vec![1, 2] };
        assert_eq!(same_reals(&gather), Some(0));
    }

    #[test]
    fn a_scale_that_loses_its_axis_becomes_real_values() {
        assert_eq!(same_reals(&Movement::Reshape(vec![6])), None);
        assert_eq!(same_reals(&Movement::Slice { axis: 0, start: 1, step: 1, length: 1 }), None);
    }
}
