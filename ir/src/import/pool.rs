//! Pools and means over space: `MaxPool`, `AveragePool`, their global forms, `ReduceMean`.

use super::call::{Call, Outputs};
use super::registry::Registry;
use super::value::Value;
use super::window::Window;
use crate::diagnostic::Diagnostic;
use crate::network::{Op, PoolAttributes};

/// Registers the family.
pub(super) fn register(registry: &mut Registry) {
    registry.insert("MaxPool", 1..=1, MAX_ATTRIBUTES, max_pool);
    registry.insert("AveragePool", 1..=1, AVERAGE_ATTRIBUTES, average_pool);
    registry.insert("GlobalMaxPool", 1..=1, &[], global_max_pool);
    registry.insert("GlobalAveragePool", 1..=1, &[], global_average_pool);
    registry.insert("ReduceMean", 1..=2, &["axes", "keepdims", "noop_with_empty_axes"], reduce_mean);
}

const MAX_ATTRIBUTES: &[&str] =
    &["auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"];
const AVERAGE_ATTRIBUTES: &[&str] =
    &["auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "strides"];

fn max_pool(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let (attributes, shape) = pool(call, &x)?;
    Ok(vec![call.emit(Op::MaxPool(attributes), &[&x], shape)?.with_elem(x.elem)])
}

fn average_pool(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let (attributes, shape) = pool(call, &x)?;
    Ok(vec![call.emit(Op::AveragePool(attributes), &[&x], shape)?])
}

fn pool(call: &Call<'_, '_>, x: &Value) -> Result<(PoolAttributes, Vec<usize>), Diagnostic> {
    let spatial = spatial(call, x)?;
    call.check_spatial(x)?;
    if call.node.attribute("kernel_shape").is_none() {
        return Err(call.unsupported("`kernel_shape` is missing", "the attribute is required by ONNX"));
    }
    let kernel = call.per_axis("kernel_shape", spatial.len(), 1, 1)?;
    let window = call.window(kernel, spatial)?;
    let ceil_mode = call.flag("ceil_mode", false)?;
    check_padding(call, &window)?;
    let lengths = call.windows(&window, spatial, ceil_mode)?;
    let count_include_pad = call.flag("count_include_pad", false)?;
    let Window { kernel, strides, dilations, pads } = window;
    let attributes = PoolAttributes { kernel, strides, dilations, pads, ceil_mode, count_include_pad };
    Ok((attributes, [&x.shape[..2], &lengths].concat()))
}

/// A window of padding alone would have no maximum and no mean.
fn check_padding(call: &Call<'_, '_>, window: &Window) -> Result<(), Diagnostic> {
    let axes = window.kernel.len();
    match (0..2 * axes).find(|at| window.pads[*at] >= window.extent(at % axes)) {
        Some(at) => {
            let (pad, kernel) = (window.pads[at], window.extent(at % axes));
            let reason = format!("a padding of {pad} is as wide as the window of {kernel}");
            Err(call.unsupported(reason, "windows that see padding only have no value: pad less"))
        }
        None => Ok(()),
    }
}

fn spatial<'v>(call: &Call<'_, '_>, x: &'v Value) -> Result<&'v [usize], Diagnostic> {
    match x.shape.get(2..) {
        Some(spatial) if !spatial.is_empty() && !spatial.contains(&0) => Ok(spatial),
        _ => Err(call.bad_shape(format!("the input of shape {:?} has no spatial elements", x.shape))),
    }
}

fn global_max_pool(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let kernel = spatial(call, &x)?.to_vec();
    call.check_spatial(&x)?;
    let axes = kernel.len();
    let shape = [&x.shape[..2], &vec![1; axes]].concat();
    let attributes = PoolAttributes {
        kernel,
        strides: vec![1; axes],
        dilations: vec![1; axes],
        pads: vec![0; 2 * axes],
        ceil_mode: false,
        count_include_pad: false,
    };
    Ok(vec![call.emit(Op::MaxPool(attributes), &[&x], shape)?.with_elem(x.elem)])
}

fn global_average_pool(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    global_average(call, &x).map(|output| vec![output])
}

/// Adds the mean over all spatial axes under the node's name.
pub(super) fn global_average(call: &mut Call<'_, '_>, x: &Value) -> Result<Value, Diagnostic> {
    let axes = (2..2 + spatial(call, x)?.len()).collect();
    mean(call, x, axes, true)
}

fn mean(call: &mut Call<'_, '_>, x: &Value, axes: Vec<usize>, keep_dims: bool) -> Result<Value, Diagnostic> {
    let shape = reduced(&x.shape, &axes, keep_dims);
    call.emit(Op::ReduceMean { axes, keep_dims }, &[x], shape)
}

/// A shape with some axes reduced to one element, or removed.
pub(super) fn reduced(shape: &[usize], axes: &[usize], keep_dims: bool) -> Vec<usize> {
    let all = shape.iter().enumerate();
    let left = all.filter(|(axis, _)| keep_dims || !axes.contains(axis));
    left.map(|(axis, dim)| if axes.contains(&axis) { 1 } else { *dim }).collect()
}

fn reduce_mean(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let attribute = call.ints("axes")?;
    let given = call.optional_integers(1, "axes")?.unwrap_or(attribute);
    let axes = call.axes(&given, x.rank())?;
    let keep_dims = call.flag("keepdims", true)?;
    if axes.is_empty() && call.flag("noop_with_empty_axes", false)? {
        return Ok(vec![call.emit(Op::Identity, &[&x], x.shape.clone())?]);
    }
    let axes = if axes.is_empty() { (0..x.rank()).collect() } else { axes };
    Ok(vec![mean(call, &x, axes, keep_dims)?])
}
