//! Cycles per frame that a node needs however wide it is made.

use crate::layer::{ARGMAX_LANES, operand, uses};
use mpqc_ir::int_network::{IntNetwork, IntOp, Shape, Window};
use petgraph::graph::NodeIndex;

/// Cycles per frame below which no fold helps `node`.
pub(crate) fn floor(network: &IntNetwork, node: NodeIndex) -> u64 {
    let Ok((_, edge)) = operand(network, node, 0) else { return 1 };
    let pixels = edge.shape.pixels();
    let result = uses(network, node).first().map_or(edge.shape, |e| network.graph[*e].shape);
    let cycles = match &network.graph[node].op {
        IntOp::ArgMax(argmax) if argmax.k > 1 => edge.shape.channels * pixels,
        IntOp::ArgMax(_) => edge.shape.channels.div_ceil(ARGMAX_LANES) * pixels,
        IntOp::Window(window) if !feeds_dot(network, node) => tap_by_tap(window, edge.shape),
        IntOp::Depthwise(depthwise) => pixels * depthwise.weights.nrows(),
        // Columns are joined first, several pixels a cycle; then rows are that much shorter.
        IntOp::Pool(pool) => pool.input.pixels() / pool.kernel[0],
        IntOp::Concat => result.pixels() * crate::layer::operands(network, node).len(),
        // What only a dot product over the whole frame reads need not come pixel by pixel; layers state their own.
        IntOp::Input(_) | IntOp::Output(_) | IntOp::Dot(_) | IntOp::Window(_) | IntOp::Requantize(_) => 1,
        _ => pixels.max(result.pixels()),
    };
    cycles as u64
}

fn feeds_dot(network: &IntNetwork, node: NodeIndex) -> bool {
    let [only] = uses(network, node)[..] else { return false };
    let (_, to) = network.graph.edge_endpoints(only).expect("a graph's own edge has endpoints");
    matches!(network.graph[to].op, IntOp::Dot(_))
}

/// Cycles of a window that sends a tap of a group a beat, and takes a pixel a beat.
pub(crate) fn tap_by_tap(window: &Window, input: Shape) -> usize {
    (window.output(input).pixels() * window.taps() * window.groups).max(input.pixels())
}

/// Cycles of a line buffer with `slices` beats a pixel, behind which each window is sent `passes` times: rows
/// that complete windows wait for them to be sent, others only arrive.
pub(crate) fn whole_windows(window: &Window, input: Shape, slices: usize, passes: usize) -> usize {
    let [top, left, bottom, right] = window.pads;
    let (height, width) = (input.height + top + bottom, input.width + left + right);
    let output = window.output(input);
    let arrives = width * slices;
    let row = arrives.max(output.width * passes * slices);
    output.height * row + (height - output.height) * arrives
}
