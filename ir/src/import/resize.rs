//! Enlargement and rearrangement of space: `Resize`, `Upsample`, `SpaceToDepth`, `DepthToSpace`.

use super::call::{Call, Outputs};
use super::registry::Registry;
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::network::Op;

/// Registers the family.
pub(super) fn register(registry: &mut Registry) {
    registry.insert("Upsample", 1..=2, &["mode", "scales"], upsample);
    registry.insert("Resize", 1..=4, RESIZE_ATTRIBUTES, resize);
    registry.insert("SpaceToDepth", 1..=1, &["blocksize"], space_to_depth);
    registry.insert("DepthToSpace", 1..=1, &["blocksize", "mode"], depth_to_space);
}

const RESIZE_ATTRIBUTES: &[&str] = &[
    "antialias",
    "axes",
    "coordinate_transformation_mode",
    "cubic_coeff_a",
    "exclude_outside",
    "extrapolation_value",
    "keep_aspect_ratio_policy",
    "mode",
    "nearest_mode",
];

const NEAREST: &str = "only nearest-neighbour enlargement by whole factors is supported";

fn upsample(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    check_nearest(call)?;
    let attribute =
        call.read(call.node.floats("scales"))?.map(|all| all.iter().map(|s| f64::from(*s)).collect());
    let scales: Vec<f64> = match attribute {
        Some(scales) => scales,
        None => call.reals(1, "scales")?.iter().copied().collect(),
    };
    let factors = whole_factors(call, &scales, x.rank())?;
    enlarged(call, &x, factors)
}

fn check_nearest(call: &Call<'_, '_>) -> Result<(), Diagnostic> {
    match call.word("mode", "nearest")? {
        "nearest" => Ok(()),
        other => Err(call.unsupported(format!("`mode` = {other}"), NEAREST)),
    }
}

fn whole_factors(call: &Call<'_, '_>, scales: &[f64], rank: usize) -> Result<Vec<usize>, Diagnostic> {
    if scales.len() != rank {
        return Err(call.bad_shape(format!("{} scales for {rank} axes", scales.len())));
    }
    let whole =
        |scale: &f64| (scale.fract() == 0.0 && (1.0..=65536.0).contains(scale)).then_some(*scale as usize);
    let factors: Option<Vec<usize>> = scales.iter().map(whole).collect();
    factors.ok_or_else(|| call.unsupported(format!("scales {scales:?}"), NEAREST))
}

fn enlarged(call: &mut Call<'_, '_>, x: &Value, factors: Vec<usize>) -> Outputs {
    let shape = x.shape.iter().zip(&factors).map(|(dim, factor)| dim.saturating_mul(*factor)).collect();
    Ok(vec![call.emit(Op::Upsample { factors }, &[x], shape)?.with_elem(x.elem)])
}

fn resize(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    check_nearest(call)?;
    call.only_int("antialias", 0, NEAREST)?;
    let policy = call.word("keep_aspect_ratio_policy", "stretch")?;
    if policy != "stretch" {
        return Err(call.unsupported(format!("`keep_aspect_ratio_policy` = {policy}"), NEAREST));
    }
    let axes = match call.optional_ints("axes")? {
        Some(axes) => axes.iter().map(|axis| call.axis(*axis, x.rank())).collect::<Result<Vec<_>, _>>()?,
        None => (0..x.rank()).collect(),
    };
    let given = factors(call, &x, &axes)?;
    let mut all = vec![1.0; x.rank()];
    axes.iter().zip(given).for_each(|(axis, factor)| all[*axis] = factor);
    let factors = whole_factors(call, &all, x.rank())?;
    check_mapping(call, &x, &factors)?;
    enlarged(call, &x, factors)
}

/// The factor of each axis, from `scales` or `sizes`.
fn factors(call: &Call<'_, '_>, x: &Value, axes: &[usize]) -> Result<Vec<f64>, Diagnostic> {
    let at = if call.opset < 11 { 1 } else { 2 };
    let scales: Vec<f64> = match call.optional(at) {
        Some(_) => call.reals(at, "scales")?.iter().copied().collect(),
        None => Vec::new(),
    };
    let sizes = call.optional_integers(3, "sizes")?.unwrap_or_default();
    let from_sizes = sizes.iter().zip(axes).map(|(size, axis)| *size as f64 / x.shape[*axis] as f64);
    let factors = if scales.is_empty() && sizes.len() == axes.len() { from_sizes.collect() } else { scales };
    if factors.len() != axes.len() {
        return Err(call.bad_shape(format!("{} scales or sizes for {} axes", factors.len(), axes.len())));
    }
    Ok(factors)
}

/// Refuses coordinates and roundings that take another element than `⌊i / factor⌋` for output `i`.
fn check_mapping(call: &Call<'_, '_>, x: &Value, factors: &[usize]) -> Result<(), Diagnostic> {
    if call.opset < 11 {
        return Ok(());
    }
    let coordinates = call.word("coordinate_transformation_mode", "half_pixel")?;
    let nearest = call.word("nearest_mode", "round_prefer_floor")?;
    for (length, factor) in x.shape.iter().zip(factors).filter(|(_, factor)| **factor > 1) {
        // one period decides all but for align_corners, which differs at the next period's first element or the last
        let last = length.saturating_mul(*factor).saturating_sub(1);
        for at in (0..=*factor).chain([last]).filter(|at| *at <= last) {
            let source = source(coordinates, at as f64, *factor as f64, *length as f64)
                .and_then(|s| round(nearest, s));
            let clamped = source.map(|source| source.clamp(0.0, *length as f64 - 1.0));
            if clamped != Some((at / factor) as f64) {
                let reason =
                    format!("nearest_mode {nearest} with {coordinates} coordinates at factor {factor}");
                let help =
                    "use `asymmetric` coordinates with `floor`, or `half_pixel` with `round_prefer_floor`";
                return Err(call.unsupported(reason, help));
            }
        }
    }
    Ok(())
}

/// The input coordinate of an output coordinate (ONNX `Resize`).
fn source(mode: &str, at: f64, factor: f64, length: f64) -> Option<f64> {
    match mode {
        "asymmetric" => Some(at / factor),
        "half_pixel" | "half_pixel_symmetric" => Some((at + 0.5) / factor - 0.5),
        "pytorch_half_pixel" => Some(if length * factor > 1.0 { (at + 0.5) / factor - 0.5 } else { 0.0 }),
        "align_corners" => Some(at * (length - 1.0) / (length * factor - 1.0)),
        _ => None,
    }
}

fn round(mode: &str, x: f64) -> Option<f64> {
    match mode {
        "floor" => Some(x.floor()),
        "ceil" => Some(x.ceil()),
        "round_prefer_floor" => Some((x - 0.5).ceil()),
        "round_prefer_ceil" => Some((x + 0.5).floor()),
        _ => None,
    }
}

fn space_to_depth(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let block = call.positive("blocksize", 0)?;
    let shape = match x.shape[..] {
        [n, c, h, w] if h % block == 0 && w % block == 0 => vec![n, c * block * block, h / block, w / block],
        _ => return Err(call.bad_shape(format!("{:?} has no whole blocks of {block}×{block}", x.shape))),
    };
    Ok(vec![call.emit(Op::SpaceToDepth { block }, &[&x], shape)?.with_elem(x.elem)])
}

fn depth_to_space(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let block = call.positive("blocksize", 0)?;
    let crd = match call.word("mode", "DCR")? {
        "DCR" => false,
        "CRD" => true,
        other => return Err(call.unsupported(format!("`mode` = {other} does not exist"), "use DCR or CRD")),
    };
    let squared = block.checked_mul(block);
    let shape = match (&x.shape[..], squared) {
        ([n, c, h, w], Some(squared)) if c % squared == 0 => vec![*n, c / squared, h * block, w * block],
        _ => return Err(call.bad_shape(format!("{:?} has no whole blocks of {block}×{block}", x.shape))),
    };
    Ok(vec![call.emit(Op::DepthToSpace { block, crd }, &[&x], shape)?.with_elem(x.elem)])
}
