//! Layers of 64 × 64 at the same PE and SIMD as FINN's RTL.

use super::Error;
use super::anchors::TARGET;
use crate::synthesis::{self, Report};
use mpqc_ir::design::blocks::{MemoryStyle, Overlap, Packing};
use mpqc_ir::design::testing::{Chain, Mac};
use mpqc_ir::design::{Design, DspSlice, Resources};
use mpqc_ir::number::IntType;
use mpqc_schedule::targets;
use serde::{Deserialize, Serialize};

/// Inputs and outputs of a layer.
const SIZE: usize = 64;

/// FINN's figures of a layer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Bits of a weight and of an activation.
    pub bits: [u32; 2],
    /// Bits of what the thresholds make.
    pub output_bits: u32,
    /// Rows.
    pub pe: usize,
    /// Multipliers per row.
    pub simd: usize,
    /// LUTs: the array alone, with weights, the thresholds, the whole; 0 where not measured.
    pub lut: [u64; 4],
    /// DSP slices.
    pub dsp: u64,
    /// Block memories.
    #[serde(default)]
    pub bram18: u64,
}

/// Ours beside it, with so many products in a DSP slice (0: in look-up tables).
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// FINN's.
    pub finn: Layer,
    /// Products in a DSP slice.
    pub products: usize,
    /// The array with its weights in block memory: what it takes without them.
    pub array: Resources,
    /// The array with its weights in look-up tables.
    pub with_weights: Resources,
    /// How sums become codes: `thresholds`, or `scale_shift` where that takes fewer LUTs.
    pub requantizer: &'static str,
    /// What that takes.
    pub requantized: Resources,
    /// Everything between the ports: replay buffer, array with weights in look-up tables, requantizer.
    pub whole: Resources,
}

/// The layer in look-up tables, and with as many products in a DSP slice as it takes, if it takes any.
///
/// # Errors
/// Where synthesis fails.
pub fn run(layer: &Layer) -> Result<Vec<Row>, Error> {
    let [w, x] = [layer.bits[0], layer.bits[1]];
    let slice = DspSlice::default();
    let most = Packing::most(unsigned(x), signed(w), slice, Overlap::NONE);
    let packs = |products: &usize| {
        Packing::new(*products, layer.simd, unsigned(x), signed(w), slice, Overlap::NONE).is_some()
    };
    let packed = (1..=most.min(layer.pe)).rev().find(packs);
    std::iter::once(0).chain(packed).map(|products| row(layer, products)).collect()
}

fn signed(bits: u32) -> IntType {
    IntType::quantizer(true, bits, false)
}

fn unsigned(bits: u32) -> IntType {
    IntType::quantizer(false, bits, false)
}

fn row(layer: &Layer, products: usize) -> Result<Row, Error> {
    let kept = synthesize(layer, products, MemoryStyle::Block)?;
    let report = synthesize(layer, products, MemoryStyle::Distributed)?;
    let of = |report: &Report, kind: &str| -> Resources {
        let blocks = report.blocks.iter().filter(|block| block.kind == kind);
        blocks.map(|block| block.synthesized.resources).sum()
    };
    let scales = report.blocks.iter().any(|block| block.kind == "scale_shift");
    let requantizer = if scales { "scale_shift" } else { "thresholds" };
    let between = report.blocks.iter().filter(|block| !block.kind.starts_with("axis_"));
    Ok(Row {
        finn: layer.clone(),
        products,
        array: of(&kept, "mac_array"),
        with_weights: of(&report, "mac_array"),
        requantizer,
        requantized: of(&report, requantizer),
        whole: between.map(|block| block.synthesized.resources).sum(),
    })
}

fn synthesize(layer: &Layer, products: usize, memory: MemoryStyle) -> Result<Report, Error> {
    let [w, x] = layer.bits;
    let rows = if products == 0 { 0 } else { layer.pe };
    let mac =
        Mac::new(SIZE, layer.simd, layer.pe).weights(signed(w)).dsp(rows, products.max(1)).memory(memory);
    let chain = Chain::new("layer").vectors(4).input(unsigned(x), layer.simd, SIZE).mac(mac);
    let target = targets::find(TARGET)?;
    let codes = unsigned(layer.output_bits);
    let thresholds = chain.clone().thresholds(codes, true).finish();
    let scale_shift = chain.scale_shift(codes, true, false).finish();
    let luts =
        |design: &Design| design.graph.node_weights().map(|n| n.block.spec().cost(&target).lut).sum::<u64>();
    let design = if luts(&scale_shift) < luts(&thresholds) { scale_shift } else { thresholds };
    let parent = tempfile::tempdir()?;
    let folder = parent.path().join("design");
    mpqc_codegen::write(&design, &folder, false)?;
    let options = synthesis::Options { target: Some(target), ..synthesis::Options::default() };
    Ok(synthesis::compare(&design, &folder, &options, &|_| ())?)
}
