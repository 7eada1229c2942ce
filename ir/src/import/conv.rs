//! Convolutions in floats: `Conv`, `ConvTranspose`.

use super::call::{Call, Outputs};
use super::registry::Registry;
use super::value::Value;
use super::window::{AutoPad, Window};
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{ConvAttributes, Op};

/// Attributes of a convolution.
pub(super) const ATTRIBUTES: &[&str] = &["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"];

/// Registers the family.
pub(super) fn register(registry: &mut Registry) {
    registry.insert("Conv", 2..=3, ATTRIBUTES, conv);
    registry.insert("ConvTranspose", 2..=3, TRANSPOSE_ATTRIBUTES, conv_transpose);
}

const TRANSPOSE_ATTRIBUTES: &[&str] =
    &["auto_pad", "dilations", "group", "kernel_shape", "output_padding", "output_shape", "pads", "strides"];

fn conv(call: &mut Call<'_, '_>) -> Outputs {
    let (x, w, bias) = (call.operand(0)?, call.operand(1)?, call.optional(2));
    convolution(call, &x, &w, bias.as_ref()).map(|output| vec![output])
}

/// Adds the convolution of a value under the node's name.
pub(super) fn convolution(
    call: &mut Call<'_, '_>,
    x: &Value,
    w: &Value,
    bias: Option<&Value>,
) -> Result<Value, Diagnostic> {
    let (group, kernel) = checked_weight(call, x, w)?;
    let (channels, outputs) = (x.shape[1], w.shape[0]);
    if w.shape[1].checked_mul(group) != Some(channels) || outputs % group != 0 {
        return Err(call.bad_shape(format!(
            "weights {:?} in {group} groups do not fit {channels} input channels",
            w.shape
        )));
    }
    check_bias(call, bias, outputs)?;
    let window = call.window(kernel, &x.shape[2..])?;
    let spatial = call.windows(&window, &x.shape[2..], false)?;
    let shape = [&[x.shape[0], outputs][..], &spatial].concat();
    call.restate_weight(w)?;
    let operands: Vec<&Value> = [Some(x), Some(w), bias].into_iter().flatten().collect();
    call.emit(Op::Conv(attributes(window, group)), &operands, shape)
}

fn attributes(window: Window, group: usize) -> ConvAttributes {
    let Window { kernel, strides, dilations, pads } = window;
    ConvAttributes { kernel, strides, dilations, pads, group }
}

/// The group count and the kernel's size, once ranks agree and the weights are constant.
fn checked_weight(call: &Call<'_, '_>, x: &Value, w: &Value) -> Result<(usize, Vec<usize>), Diagnostic> {
    if x.rank() < 3 || x.rank() != w.rank() {
        return Err(call
            .bad_shape(format!("input {:?} and weights {:?} must have equal ranks ≥ 3", x.shape, w.shape)));
    }
    call.check_spatial(x)?;
    if call.data(w).is_none() {
        let reason = format!("the weights (`{}`) are computed at run time", w.tensor);
        return Err(call.error(Code::NotConstant, reason, "export the model with constant weights"));
    }
    let kernel = w.shape[2..].to_vec();
    let given = call.per_axis("kernel_shape", kernel.len(), 1, 1)?;
    if call.node.attribute("kernel_shape").is_some() && given != kernel {
        return Err(call.bad_shape(format!("`kernel_shape` is {given:?}, the weights have {kernel:?}")));
    }
    if let Some(empty) = [x, w].into_iter().find(|value| value.shape.contains(&0)) {
        return Err(call.bad_shape(format!("`{}` of shape {:?} has no elements", empty.tensor, empty.shape)));
    }
    Ok((call.positive("group", 1)?, kernel))
}

fn check_bias(call: &Call<'_, '_>, bias: Option<&Value>, outputs: usize) -> Result<(), Diagnostic> {
    match bias {
        Some(bias) if bias.shape != [outputs] => {
            Err(call.bad_shape(format!("a bias of shape {:?} for {outputs} output channels", bias.shape)))
        }
        _ => Ok(()),
    }
}

fn conv_transpose(call: &mut Call<'_, '_>) -> Outputs {
    let (x, w, bias) = (call.operand(0)?, call.operand(1)?, call.optional(2));
    let (group, kernel) = checked_weight(call, &x, &w)?;
    if w.shape[0] != x.shape[1] || x.shape[1] % group != 0 {
        let reason = format!("weights {:?} in {group} groups do not fit {} channels", w.shape, x.shape[1]);
        return Err(call.bad_shape(reason));
    }
    let outputs = w.shape[1].saturating_mul(group);
    check_bias(call, bias.as_ref(), outputs)?;
    let axes = kernel.len();
    let mut output_padding = call.per_axis("output_padding", axes, 0, 0)?;
    let window = Window {
        kernel,
        strides: call.per_axis("strides", axes, 1, 1)?,
        dilations: call.per_axis("dilations", axes, 1, 1)?,
        pads: call.per_axis("pads", 2 * axes, 0, 0)?,
    };
    let (window, spatial) = transposed(call, window, &x.shape[2..], &mut output_padding)?;
    call.restate_weight(&w)?;
    let shape = [&[x.shape[0], outputs][..], &spatial].concat();
    let op = Op::ConvTranspose { conv: attributes(window, group), output_padding };
    let operands: Vec<&Value> = [Some(&x), Some(&w), bias.as_ref()].into_iter().flatten().collect();
    Ok(vec![call.emit(op, &operands, shape)?])
}

/// Resolves `output_shape` and `auto_pad` to paddings; the spatial lengths that result. What an output shape has
/// beyond all windows is `extra`.
fn transposed(
    call: &Call<'_, '_>,
    mut window: Window,
    input: &[usize],
    extra: &mut [usize],
) -> Result<(Window, Vec<usize>), Diagnostic> {
    let axes = input.len();
    let auto = call.auto_pad()?;
    let named = call.optional_ints("output_shape")?;
    let wanted = named.map(|_| call.per_axis("output_shape", axes, 1, 1)).transpose()?;
    let mut spatial = Vec::with_capacity(axes);
    for axis in 0..axes {
        let stride = window.strides[axis];
        let full = (input[axis] - 1).saturating_mul(stride).saturating_add(window.extent(axis) + extra[axis]);
        let wanted = wanted.as_ref().map(|wanted| wanted[axis]);
        let length = wanted.or_else(|| automatic(auto, input[axis].saturating_mul(stride), full));
        if let Some(length) = length {
            window.divide(axis, full.saturating_sub(length), auto);
        }
        let added = length.map_or(0, |length| length.saturating_sub(full));
        extra[axis] += added;
        let pads = window.pads[axis] + window.pads[axis + axes];
        let refuse = || call.bad_shape(format!("paddings of {pads} leave nothing of axis {axis}"));
        spatial.push((full + added).checked_sub(pads).ok_or_else(refuse)?);
    }
    Ok((window, spatial))
}

/// The length that `auto_pad` asks for, if it does.
fn automatic(auto: AutoPad, same: usize, full: usize) -> Option<usize> {
    match auto {
        AutoPad::SameUpper | AutoPad::SameLower => Some(same),
        AutoPad::Valid => Some(full),
        AutoPad::Explicit => None,
    }
}
