//! `Conv`: windows and dot products.

use super::Lowered;
use super::context::{Call, Lowering};
use super::elementwise::{constant_values, float_inside};
use super::integers::{Affine, missing_quantizer};
use super::mac::{self, Sums, Vectors};
use super::pool;
use super::value::{IntValue, Value, stream_layout};
use super::weights::Weights;
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{IntOp, Shape, Window};
use crate::network::{ConvAttributes, Op, PoolAttributes};
use crate::number::Exact;
use crate::scalar::Step;
use crate::tensor::{AxisParam, Constant};
use ndarray::ArrayD;
use num_traits::{One, Zero};
use petgraph::Direction;
use petgraph::visit::EdgeRef;

pub(crate) fn lower(lowering: &mut Lowering, call: &Call) -> Lowered {
    let (Some(x), Some(w), Some(output)) = (call.operand(0), call.operand(1), &call.output_shape) else {
        return Ok(call.on_host());
    };
    let Op::Conv(conv) = call.op else { return Ok(call.on_host()) };
    match (&x.value, &w.value) {
        (Value::Int(value), Value::Constant(weights)) => {
            check_batch(lowering, call, &x.shape)?;
            let result = convolution(lowering, call, conv, value, weights, output)?;
            bias(lowering, call, result)
        }
        (Value::Host { after: Some(culprit) }, _) => Err(float_inside(lowering.network, call, *culprit)),
        _ => Ok(call.on_host()),
    }
}

/// A stream carries one frame.
pub(crate) fn check_batch(lowering: &Lowering, call: &Call, shape: &[usize]) -> Result<(), Diagnostic> {
    match shape.first() {
        Some(&batch) if batch > 1 => {
            let reason = format!("its operand {shape:?} is a batch of {batch} images; a stream carries one");
            let help = "export the model for batch 1 (or give `--input-shape`)";
            Err(Diagnostic::new(Code::BadShape, call.name(lowering.network), reason, help))
        }
        _ => Ok(()),
    }
}

fn convolution(
    lowering: &mut Lowering,
    call: &Call,
    conv: &ConvAttributes,
    value: &IntValue,
    weights: &Constant,
    output: &[usize],
) -> Result<IntValue, Diagnostic> {
    let name = call.name(lowering.network);
    let weights = Weights::kernels(weights, &name)?;
    let (x, _) = lowering.integers(value, &name)?;
    let x = lowering.canonical(&x, &name)?;
    let window = window(conv, x.index.shape(), output);
    let (x, meaning, window) = with_padding(lowering, x, window, &name)?;
    let (x, window) = fused_pad(lowering, x, window);
    let (shape, index) = stream_layout(output);
    convolved(lowering, &name, x, meaning, window, &weights, Sums { shape, index })
}

/// The products of `weights` with the windows of a stream in canonical layout.
pub(crate) fn convolved(
    lowering: &mut Lowering,
    name: &str,
    x: IntValue,
    meaning: Affine,
    window: Window,
    weights: &Weights,
    sums: Sums,
) -> Result<IntValue, Diagnostic> {
    let (channels, outputs) = (x.shape.channels, weights.codes.nrows());
    let depthwise = window.groups == channels && outputs == channels && channels > 1;
    let groups = if depthwise { 1 } else { window.groups };
    let window = Window { groups, ..window };
    let direct = is_point(&window) || !depthwise && groups == 1 && is_frame(&window, x.shape);
    let stream = if direct { x } else { lowering.windows(&x, &window, name) };
    let x = Vectors { stream, meaning, channels, groups };
    match depthwise {
        true => mac::depthwise(lowering, name, &x, weights, sums),
        false => mac::dot(lowering, name, &x, weights, sums),
    }
}

/// Every pixel by itself.
fn is_point(window: &Window) -> bool {
    window.kernel == [1, 1] && window.stride == [1, 1] && window.pads == [0; 4]
}

/// One window, the whole image.
fn is_frame(window: &Window, input: Shape) -> bool {
    let whole = window.kernel == [input.height, input.width];
    whole && window.pads == [0; 4] && window.dilation == [1, 1]
}

fn window(conv: &ConvAttributes, input: &[usize], output: &[usize]) -> Window {
    let ConvAttributes { kernel, strides, dilations, pads, group } = conv.clone();
    let pool =
        PoolAttributes { kernel, strides, dilations, pads, ceil_mode: false, count_include_pad: false };
    Window { groups: group, ..pool::window(&pool, input, output) }
}

/// The operand with a code for real zero, where the windows reach into the padding.
pub(crate) fn with_padding(
    lowering: &mut Lowering,
    x: IntValue,
    window: Window,
    node: &str,
) -> Result<(IntValue, Affine, Window), Diagnostic> {
    let meaning = x.function.as_affine().ok_or_else(|| missing_quantizer(lowering, node, &x))?;
    if window.pads == [0; 4] {
        return Ok((x, meaning, window));
    }
    let (x, meaning, value) = lowering.with_code(x, meaning, &Exact::zero(), node)?;
    Ok((x, meaning, Window { value, ..window }))
}

/// The operand of a `Pad` and a window that pads as much itself, if the operand is one and that is possible.
fn fused_pad(lowering: &Lowering, x: IntValue, window: Window) -> (IntValue, Window) {
    let IntOp::Pad(pad) = &lowering.graph[x.node].op else { return (x, window) };
    let pads: [usize; 4] = std::array::from_fn(|side| pad.pads[side] + window.pads[side]);
    let same = window.pads == [0; 4] || window.value == pad.value;
    let within = (0..4).all(|side| pads[side] < window.extent(side % 2));
    let Some(edge) = lowering.graph.edges_directed(x.node, Direction::Incoming).next() else {
        return (x, window);
    };
    if !same || !within {
        return (x, window);
    }
    let unpadded = IntValue { node: edge.source(), ty: edge.weight().ty, shape: edge.weight().shape, ..x };
    (unpadded, Window { pads, value: pad.value, ..window })
}

/// The bias, per output channel.
pub(crate) fn bias(lowering: &Lowering, call: &Call, result: IntValue) -> Lowered {
    let Some(bias) = call.operand(2) else { return Ok(vec![Value::Int(result)]) };
    let name = call.name(lowering.network);
    let Value::Constant(bias) = &bias.value else {
        let (reason, help) = ("its bias is computed", "use a constant bias, or an Add behind it");
        return Err(Diagnostic::new(Code::NotConstant, name, reason, help));
    };
    let add = constant_values(&result, &along_channels(bias, result.index.ndim()), &name)?;
    Ok(vec![Value::Int(result.then(Step::Affine { mul: vec![Exact::one()], add }, &name))])
}

/// A vector as a tensor along axis 1 of `rank` axes.
fn along_channels(vector: &Constant, rank: usize) -> Constant {
    let mut shape = vec![1; rank];
    shape[1] = vector.shape().iter().product();
    let axis = |param: &AxisParam| AxisParam { axis: param.axis.map(|_| 1), ..param.clone() };
    match vector.clone() {
        Constant::Float(real) => Constant::Float(reshaped(real, shape)),
        Constant::Int(integers) => Constant::Int(reshaped(integers, shape)),
        Constant::Quantized { codes, ty, scale, zero_point } => Constant::Quantized {
            codes: reshaped(codes, shape),
            ty,
            scale: axis(&scale),
            zero_point: axis(&zero_point),
        },
    }
}

fn reshaped<T: Clone>(array: ArrayD<T>, shape: Vec<usize>) -> ArrayD<T> {
    array.into_shape_with_order(shape).expect("one axis has all elements")
}
