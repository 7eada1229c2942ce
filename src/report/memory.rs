//! Where the bits are.

use super::Memory;
use mpqc_ir::design::blocks::{MacArray, MemoryStyle, RamStyle};
use mpqc_ir::design::{Block, BlockNode, Design, Stream};

/// Weights of a design, and their bits.
pub(super) fn weights(design: &Design) -> (u64, u64) {
    let of = |node: &BlockNode| match &node.block {
        Block::MacArray(array) => (array.weights.len() as u64, array.w.bits),
        Block::Depthwise(array) => (array.product.weights.len() as u64, array.product.weight_type.bits),
        _ => (0, 0),
    };
    design
        .graph
        .node_weights()
        .map(of)
        .fold((0, 0), |(n, bits), (count, each)| (n + count, bits + count * u64::from(each)))
}

/// Every memory of a design, in its order.
pub(super) fn memories(design: &Design) -> Vec<Memory> {
    let nodes = design.topological();
    nodes
        .into_iter()
        .filter_map(|id| {
            let stream = design.outputs_of(id).first().map(|edge| &design.graph[*edge]);
            memory(&design.graph[id], stream)
        })
        .collect()
}

fn memory(node: &BlockNode, output: Option<&Stream>) -> Option<Memory> {
    let bits = output.map_or(0, |stream| stream.width() as u64);
    let (content, style, words, bits) = match &node.block {
        Block::MacArray(array) => ("weights", constants(array), array.depth() as u64, word(array)),
        Block::Fifo(fifo) => ("FIFO", "LUTs", fifo.depth as u64, bits),
        Block::Replay(replay) => ("replay", "LUTs", replay.capacity as u64, bits),
        Block::Window(window) => ("window", ram(window.memory), window.capacity as u64, bits),
        Block::LineBuffer(buffer) => {
            let rows = buffer.window.extent(0).saturating_sub(1) * buffer.input.width;
            let pixel = buffer.input.channels as u64 * u64::from(output?.elem.bits);
            ("lines", ram(buffer.memory), rows as u64, pixel)
        }
        _ => return None,
    };
    Some(Memory { block: node.name.clone(), content: content.into(), style: style.into(), words, bits })
}

fn word(array: &MacArray) -> u64 {
    (array.pe * array.simd) as u64 * u64::from(array.w.bits)
}

fn constants(array: &MacArray) -> &'static str {
    match array.memory {
        MemoryStyle::Constant => "constants",
        MemoryStyle::Distributed => "LUTs",
        MemoryStyle::Block => "BRAM",
    }
}

fn ram(style: RamStyle) -> &'static str {
    match style {
        RamStyle::Distributed => "LUTs",
        RamStyle::Block => "BRAM",
        RamStyle::Ultra => "URAM",
    }
}
