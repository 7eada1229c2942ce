//! `MaxPool`: the largest code of a window.
//!
//! A maximum commutes with every function that rises. Behind a quantizer it is taken of the codes; in front of one
//! it waits (`PendingPool`), so that narrow codes are pooled instead of wide sums. In channels in which what has been
//! done to the stream so far and what is to come behind the maximum do not fall together, the maximum is a minimum
//! of the stream: these channels are negated first.

use super::Lowered;
use super::context::{Call, Lowering};
use super::value::{IntValue, PendingPool, Value, stream_layout};
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{IntOp, Pool, PoolFunction, Shape, Window};
use crate::network::{Op, PoolAttributes};
use crate::number::{Exact, IntType};
use crate::scalar::{ScalarFn, Step, at};
use num_traits::Zero;

/// Streams up to this width are pooled at once.
const NARROW: u32 = 8;

pub(crate) fn max(lowering: &mut Lowering, call: &Call) -> Lowered {
    let (Op::MaxPool(attributes), Some(x)) = (call.op, call.operand(0)) else { return Ok(call.on_host()) };
    let (Value::Int(value), Some(shape)) = (&x.value, &call.output_shape) else { return Ok(call.on_host()) };
    let name = call.name(lowering.network);
    if x.shape.first() != Some(&1) {
        return Ok(call.on_host());
    }
    let window = window(attributes, &x.shape, shape);
    check_seen(&window, &x.shape, &name)?;
    let (layout, index) = stream_layout(shape);
    let coded = value.function.0.iter().any(Step::is_code);
    let in_order = (value.shape, (*value.index).clone()) == stream_layout(&x.shape);
    if !coded && value.pool.is_none() && value.ty.bits > NARROW && in_order {
        let pool = PendingPool { window, input: value.shape, falls: vec![false], node: name.clone() };
        let mut result = IntValue { shape: layout, pool: Some(pool), ..value.moved(index) };
        result.pending.push(name);
        return Ok(vec![Value::Int(result)]);
    }
    let value = lowering.materialize(value)?;
    let value = lowering.canonical(&value, &name)?;
    let pool = PendingPool { window, input: value.shape, falls: vec![false], node: name };
    let result = lowering.pooled(&IntValue { shape: layout, ..value.moved(index) }, &pool);
    Ok(vec![Value::Int(result)])
}

/// Every window has a pixel of the image: dilated taps may step over all of a small one.
fn check_seen(window: &Window, input: &[usize], node: &str) -> Result<(), Diagnostic> {
    for (axis, size) in [(0, if input.len() == 4 { input[2] } else { 1 }), (1, input[input.len() - 1])] {
        let seen =
            |at: usize| (0..window.kernel[axis]).any(|tap| window.source(axis, size, at, tap).is_some());
        if !(0..window.positions(axis, size)).all(seen) {
            let reason = "its dilated windows see padding only at some places: these have no maximum";
            return Err(Diagnostic::new(Code::UnsupportedAttribute, node, reason, "pad or dilate less"));
        }
    }
    Ok(())
}

/// The windows of a pool over `input`, of which `output` are wanted: incomplete ones are padded, rows and columns
/// behind the last are not read.
pub(crate) fn window(pool: &PoolAttributes, input: &[usize], output: &[usize]) -> Window {
    let two = |v: &[usize], one: usize| if v.len() == 1 { [one, v[0]] } else { [v[0], v[1]] };
    let kernel = two(&pool.kernel, 1);
    let (stride, dilation) = (two(&pool.strides, 1), two(&pool.dilations, 1));
    let (size, count) = (two(&input[2..], 1), two(&output[2..], 1));
    let begin = two(&pool.pads[..pool.kernel.len()], 0);
    let end = |axis: usize| {
        let reach = (count[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1;
        reach.saturating_sub(size[axis] + begin[axis])
    };
    let pads = [begin[0], begin[1], end(0), end(1)];
    Window { kernel, stride, dilation, pads, value: 0, groups: 1 }
}

/// Whether the windows are rectangles that a pool reads by itself.
pub(crate) fn is_tiling(window: &Window, input: Shape) -> bool {
    let fits = |axis: usize, size: usize| {
        let positions = window.positions(axis, size);
        let tiles = window.stride[axis] == window.kernel[axis] || positions == 1;
        tiles && size / window.kernel[axis] == positions
    };
    let plain = window.pads == [0; 4] && window.dilation == [1, 1];
    plain && fits(0, input.height) && fits(1, input.width)
}

impl PendingPool {
    /// Channels in which the maximum is a minimum of the stream that means `function`; empty where it is in none.
    pub fn turned(&self, function: &ScalarFn, channels: usize) -> Vec<bool> {
        let turned: Vec<bool> = (0..channels).map(|c| function.falls(c) != *at(&self.falls, c)).collect();
        if turned.contains(&true) { turned } else { Vec::new() }
    }
}

impl Lowering<'_> {
    /// The maximum over the windows of a stream without a quantizer to come; `value` has the extent and the positions
    /// behind it.
    pub fn pooled(&mut self, value: &IntValue, pool: &PendingPool) -> IntValue {
        let turned = pool.turned(&value.function, value.shape.channels);
        if !turned.contains(&true) {
            return self.largest(value, pool);
        }
        let sign: Vec<i64> = turned.iter().map(|t| if *t { -1 } else { 1 }).collect();
        let undo = sign.iter().map(|s| Exact::from_integer((*s).into())).collect();
        let function = ScalarFn::affine(undo, vec![Exact::zero()]);
        let function = value.function.0.iter().cloned().fold(function, ScalarFn::then);
        let operand = IntValue { shape: pool.input, ..value.clone() };
        let operand = self.rescaled(&operand, (sign, vec![0]), function, "signed");
        self.largest(&operand, pool)
    }

    /// The largest integers of the windows; the extent of `value` and its positions are those behind the maximum.
    pub fn largest(&mut self, value: &IntValue, pool: &PendingPool) -> IntValue {
        let operand = IntValue { shape: pool.input, ..value.clone() };
        let window = Window { value: value.ty.min, ..pool.window.clone() };
        self.joined(&operand, &window, PoolFunction::Max, &pool.node)
    }

    /// Windows of a stream in canonical layout joined to one element per channel. The result's index is the
    /// operand's.
    pub fn joined(&mut self, x: &IntValue, window: &Window, function: PoolFunction, node: &str) -> IntValue {
        let (input, taps) = (x.shape, window.taps());
        let output = Shape { channels: input.channels, ..window.output(input) };
        let (x, pool) = if is_tiling(window, input) {
            (x.clone(), Pool { function, input, kernel: window.kernel })
        } else {
            let input = Shape { width: output.width * taps, ..output };
            (self.windows(x, window, node), Pool { function, input, kernel: [1, taps] })
        };
        let ty = pool.output_type(x.ty);
        let mut origin = x.pending.clone();
        origin.push(node.to_owned());
        let id = self.add_shared(node, origin, IntOp::Pool(pool), &x);
        IntValue { node: id, ty, shape: output, pending: Vec::new(), pool: None, ..x }
    }

    /// The windows of a stream in canonical layout, as vectors for what reads them; padding wider than the kernel is
    /// padded first.
    pub fn windows(&mut self, x: &IntValue, window: &Window, node: &str) -> IntValue {
        let within = (0..4).all(|side| window.pads[side] < window.extent(side % 2));
        let ty = if window.pads == [0; 4] { x.ty } else { widened(x.ty, window.value) };
        let (x, window) = match within {
            true => (x.clone(), window.clone()),
            false => {
                (self.padded(x, window.pads, window.value, node), Window { pads: [0; 4], ..window.clone() })
            }
        };
        let shape = window.output(x.shape);
        let id = self.add(&format!("{node}_window"), x.pending.clone(), IntOp::Window(window), &[&x]);
        IntValue { node: id, ty, shape, pending: Vec::new(), ..x }
    }

    /// Pixels of one code around a stream in canonical layout; the index is left as it is.
    pub fn padded(&mut self, x: &IntValue, pads: [usize; 4], value: i64, node: &str) -> IntValue {
        let pad = crate::int_network::Pad { pads, value };
        let shape = pad.output(x.shape);
        let name = format!("{node}_pad");
        let id = self.add_shared(&name, x.pending.clone(), IntOp::Pad(pad), x);
        IntValue { node: id, ty: widened(x.ty, value), shape, pending: Vec::new(), ..x.clone() }
    }
}

/// The type with one code more.
pub(crate) fn widened(ty: IntType, code: i64) -> IntType {
    if ty.contains(code) { ty } else { IntType::smallest(ty.min.min(code), ty.max.max(code)) }
}
