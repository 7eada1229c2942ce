//! Cycles per frame that a node needs however wide it is made.

use crate::layer::{ARGMAX_LANES, operand, uses, vectors_of};
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
        IntOp::Dot(dot) => vectors_of(dot.weights.ncols() * dot.groups, edge.shape).unwrap_or(1) * dot.groups,
        IntOp::Window(window) => window_floor(window, edge.shape, feeds_dot(network, node)),
        IntOp::Depthwise(depthwise) => pixels * depthwise.weights.nrows(),
        IntOp::Pool(pool) => pool.input.pixels(),
        IntOp::Concat => result.pixels() * crate::layer::operands(network, node).len(),
        // What only a dot product over the whole frame reads need not come pixel by pixel.
        IntOp::Input(_) => 1,
        _ => pixels.max(result.pixels()),
    };
    cycles as u64
}

fn feeds_dot(network: &IntNetwork, node: NodeIndex) -> bool {
    let [only] = uses(network, node)[..] else { return false };
    let (_, to) = network.graph.edge_endpoints(only).expect("a graph's own edge has endpoints");
    matches!(network.graph[to].op, IntOp::Dot(_))
}

/// Whole windows come as fast as the padded image's pixels; otherwise a window takes a beat a tap.
fn window_floor(window: &Window, input: Shape, whole: bool) -> usize {
    let tap_by_tap = (window.output(input).pixels() * window.taps() * window.groups).max(input.pixels());
    if whole && window.groups == 1 { tap_by_tap.min(whole_windows(window, input, 1, 1)) } else { tap_by_tap }
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
