//! The order of output channels: rows of an array whose weights have different widths.
//!
//! Row `r` of an array computes channels `r, r + PE, r + 2·PE, …` and is as wide as the widest of them. Channels that need
//! many bits are brought together in the first rows, those that need few in the last. Whoever reads the tensor reads the
//! new order: functions per channel and the columns of the next matrices move with it, so that nothing has to be undone.

use crate::fold::Choice;
use crate::layer::Layer;
use mpqc_ir::design::Target;
use mpqc_ir::design::blocks::{MacArray, weight_bits};
use mpqc_ir::int_network::{Depthwise, Dot, IntNetwork, IntOp};
use ndarray::{Array2, Axis};
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// Bits that the weights of a layer's channels need, and whether the channels can change places.
#[derive(Clone, Debug)]
pub(crate) struct Channels {
    /// Channels, those of most bits first where they can be moved.
    order: Vec<usize>,
    /// Bits of each, in that order.
    bits: Vec<u32>,
    movable: bool,
}

impl Channels {
    /// Those of a dot product.
    pub fn of(network: &IntNetwork, node: NodeIndex, dot: &Dot) -> Channels {
        let rows = dot.weights.rows();
        let bits: Vec<u32> =
            rows.into_iter().map(|row| weight_bits(row.iter().copied(), dot.weight_type)).collect();
        let movable = dot.groups == 1 && readers_can_follow(network, node, bits.len());
        let mut order: Vec<usize> = (0..bits.len()).collect();
        if movable {
            order.sort_by_key(|channel| std::cmp::Reverse(bits[*channel]));
        }
        Channels { bits: order.iter().map(|channel| bits[*channel]).collect(), order, movable }
    }

    /// The channels, by rank, that row `row` of `pe` computes.
    fn of_row(&self, row: usize, pe: usize) -> impl Iterator<Item = usize> {
        let (count, passes) = (self.bits.len(), self.bits.len().div_ceil(pe));
        // Rows from here on have nothing to do in the last pass.
        let whole = count - (passes - 1) * pe;
        let first = if row <= whole { row * passes } else { whole * passes + (row - whole) * (passes - 1) };
        let own = if row < whole { passes } else { passes - 1 };
        let movable = self.movable;
        (0..own).map(move |pass| if movable { first + pass } else { row + pass * pe })
    }

    /// Bits of a row's weights.
    pub fn row_bits(&self, row: usize, pe: usize) -> u32 {
        self.of_row(row, pe).map(|rank| self.bits[rank]).max().unwrap_or(1)
    }

    /// Which channel stands where for `pe` rows; `None` where all stay.
    fn places(&self, pe: usize) -> Option<Vec<usize>> {
        let even = self.bits.iter().all(|bits| *bits == self.bits[0]);
        (self.movable && !even).then(|| {
            let mut places = vec![0; self.order.len()];
            for row in 0..pe {
                let own = self.of_row(row, pe).enumerate();
                own.for_each(|(pass, rank)| places[pass * pe + row] = self.order[rank]);
            }
            places
        })
    }
}

/// Whether all that reads a tensor's channels, so many of them, can take them in another order, up to the next matrices. A
/// tensor that is read as other pixels (behind a transposed convolution, a vector is several) has other channels.
fn readers_can_follow(network: &IntNetwork, node: NodeIndex, channels: usize) -> bool {
    let follows = |reader| readers_can_follow(network, reader, channels);
    if !network.graph.edges(node).all(|wire| wire.weight().shape.channels.is_multiple_of(channels)) {
        return false;
    }
    let mut readers = network.graph.neighbors(node);
    readers.all(|reader| match &network.graph[reader].op {
        IntOp::Dot(dot) => dot.groups == 1,
        IntOp::Window(window) => window.groups == 1 && follows(reader),
        IntOp::Requantize(_) | IntOp::Pool(_) | IntOp::Pad(_) | IntOp::Depthwise(_) => follows(reader),
        IntOp::Input(_)
        | IntOp::Add(_)
        | IntOp::ArgMax(_)
        | IntOp::Concat
        | IntOp::Reorder(_)
        | IntOp::Output(_) => false,
    })
}

/// The network with the channels of every layer where its array wants them, and its layers; `None` where all stay.
pub(crate) fn ordered(
    network: &IntNetwork,
    layers: &[Layer],
    choices: &[Choice],
    target: &Target,
) -> Option<(IntNetwork, Vec<Layer>)> {
    let uneven = |(layer, choice): &(&Layer, &Choice)| !layer.mac_array(choice, target).is_even();
    let wanted = layers.iter().zip(choices).filter(uneven);
    let moves: Vec<(NodeIndex, Vec<usize>)> = wanted
        .filter_map(|(layer, choice)| Some((layer.node, layer.channels.places(choice.fold.pe)?)))
        .collect();
    if moves.is_empty() {
        return None;
    }
    let mut network = network.clone();
    for (node, places) in &moves {
        let IntOp::Dot(dot) = &mut network.graph[*node].op else { continue };
        dot.weights = Arc::new(dot.weights.select(Axis(0), places));
        follow(&mut network, *node, places);
    }
    let layers = layers.iter().map(|layer| refreshed(&network, layer)).collect();
    Some((network, layers))
}

/// A layer with what its nodes in the network say now.
fn refreshed(network: &IntNetwork, layer: &Layer) -> Layer {
    let mut layer = layer.clone();
    if let IntOp::Dot(dot) = &network.graph[layer.node].op {
        layer.dot = dot.clone();
    }
    if let Some((node, requantize)) = &mut layer.follower
        && let IntOp::Requantize(now) = &network.graph[*node].op
    {
        *requantize = now.clone();
    }
    layer
}

/// Brings all that reads the channels of a node into their order.
fn follow(network: &mut IntNetwork, node: NodeIndex, places: &[usize]) {
    let readers: Vec<NodeIndex> = network.graph.neighbors_directed(node, Direction::Outgoing).collect();
    for reader in readers {
        match &mut network.graph[reader].op {
            IntOp::Dot(dot) => {
                dot.weights = Arc::new(moved_columns(&dot.weights, places));
                continue;
            }
            IntOp::Requantize(requantize) => {
                *requantize = requantize.select(|entries| sources(entries, places))
            }
            IntOp::Depthwise(product) => {
                let weights = Arc::new(moved_columns(&product.weights, places));
                *product = Depthwise { weights, ..product.clone() };
            }
            _ => {}
        }
        follow(network, reader, places);
    }
}

/// The columns of a matrix over pixels (taps) of channels, the channels innermost.
fn moved_columns(weights: &Array2<i64>, places: &[usize]) -> Array2<i64> {
    weights.select(Axis(1), &sources(weights.ncols(), places))
}

/// Where the entries of a table over pixels of channels come from; a single entry serves all channels.
fn sources(entries: usize, places: &[usize]) -> Vec<usize> {
    let channels = places.len();
    let source = |entry: usize| entry / channels * channels + places[entry % channels];
    if entries == 1 { vec![0] } else { (0..entries).map(source).collect() }
}

impl Layer {
    /// Bits of the weights of each row of an array of this layer: no row is wider than the one before it.
    pub fn row_bits(&self, array: &MacArray) -> Vec<u32> {
        if !array.allows_classes() {
            return MacArray::even_rows(array.pe, array.w);
        }
        let narrow = |row: usize| self.channels.row_bits(row, array.pe);
        let mut bits: Vec<u32> =
            (0..array.pe).map(|row| if row < array.dsp.rows { array.w.bits } else { narrow(row) }).collect();
        (1..bits.len()).rev().for_each(|row| bits[row - 1] = bits[row - 1].max(bits[row]));
        bits
    }
}
