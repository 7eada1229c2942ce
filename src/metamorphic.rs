//! Metamorphic relations: changes of a network, or of how it is built, that must not change what comes out.
//!
//! They need no expected output (Chen et al., *Metamorphic Testing: A Review of Challenges and Opportunities*, ACM CSUR
//! 2018): another fold, kind of array, memory, requantizer or target; the channels of hidden layers and of inputs in another
//! order, consistently; every frame twice.

use crate::pipeline::{self, Frame};
use mpqc_ir::design::Design;
use mpqc_ir::design::testing::Random;
use mpqc_ir::int_network::{Dot, IntNetwork, IntOp};
use mpqc_schedule::{Fold, Options, Plan, schedule, targets};
use ndarray::{ArrayD, Axis};
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use std::error::Error;
use std::sync::Arc;

/// Plans drawn by chance for each network.
const PLANS: u64 = 3;

/// What held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Designs that gave the network's outputs.
    pub designs: usize,
    /// Stretches of channels that stood in another order.
    pub reordered: usize,
}

/// Holds all relations for a network and frames of its inputs, in the simulator; the inner error is the one that does not.
///
/// # Errors
/// Where a stage fails in a way that no network should make it fail.
pub fn check(
    network: &IntNetwork,
    frames: &[Frame],
    seed: u64,
) -> Result<Result<Held, String>, Box<dyn Error>> {
    let expected = pipeline::execute(network, frames)?;
    let mut held = Held::default();
    for (what, design) in builds(network, seed)? {
        if pipeline::simulate(&design, frames)? != expected {
            return Ok(Err(format!("{what} gives other outputs")));
        }
        held.designs += 1;
    }
    let (reordered, count) = reordered(network, &mut Random(seed));
    let (design, twice) = (drawn(&reordered, seed)?, twice(frames));
    if pipeline::simulate(&design, &twice)? != expected.iter().map(repeated).collect::<Vec<_>>() {
        return Ok(Err("with channels in another order and every frame twice, outputs are others".into()));
    }
    Ok(Ok(Held { designs: held.designs + 1, reordered: count }))
}

/// Every frame, twice in a row.
pub fn twice(frames: &[Frame]) -> Vec<Frame> {
    frames.iter().flat_map(|frame| [frame.clone(), frame.clone()]).collect()
}

/// Every frame of an array `[N, …]`, twice in a row.
fn repeated(array: &ArrayD<f64>) -> ArrayD<f64> {
    let frames: Vec<usize> = (0..array.len_of(Axis(0))).flat_map(|frame| [frame, frame]).collect();
    array.select(Axis(0), &frames)
}

/// A network built in many ways, each with its name: as small and as fast as it gets for several targets, and by chance.
/// A design that a target has no room for is left out.
fn builds(network: &IntNetwork, seed: u64) -> Result<Vec<(String, Design)>, Box<dyn Error>> {
    let mut builds = Vec::new();
    for target in ["zcu104", "arty-a7-100", "ecp5-85k", "asic"] {
        for fold in [Fold::Min, Fold::Auto] {
            let options = Options { fold, ..Options::new(targets::find(target)?) };
            let built = schedule(network, &options).ok().map(|it| it.design);
            builds.extend(built.map(|design| (format!("{fold:?} for {target}"), design)));
        }
    }
    for seed in (0..PLANS).map(|i| seed.wrapping_add(i)) {
        builds.push((format!("plan {seed}"), drawn(network, seed)?));
    }
    Ok(builds)
}

/// A network as chance builds it.
///
/// # Errors
/// Where an operator does not fit its operands.
pub fn drawn(network: &IntNetwork, seed: u64) -> Result<Design, Box<dyn Error>> {
    let options = Options::new(targets::find("zcu104")?);
    let plan = Some(Plan::random(network, &options.target, seed)?);
    Ok(schedule(network, &Options { plan, ..options })?.design)
}

/// The network with channels in an order drawn by chance wherever a product reads all of them, and how many times that is.
///
/// The channels of an input or of a product keep their identity up to the next product, over operators that treat channels
/// alike: what makes them and what comes in between change with them, and so do the columns of the next product.
pub fn reordered(network: &IntNetwork, random: &mut Random) -> (IntNetwork, usize) {
    let mut other = network.clone();
    let stretches: Vec<_> =
        network.topological().into_iter().filter_map(|node| stretch(network, node)).collect();
    for (path, channels) in &stretches {
        let order = shuffled(*channels, random);
        path.iter().enumerate().for_each(|(i, node)| reorder(&mut other, *node, &order, i == 0));
    }
    (other, stretches.len())
}

/// The way of a node's channels to the next product, both ends included, and how many they are; nothing where they end
/// elsewhere, or in several places.
fn stretch(network: &IntNetwork, from: NodeIndex) -> Option<(Vec<NodeIndex>, usize)> {
    let channels = match &network.graph[from].op {
        IntOp::Dot(dot) if dot.groups == 1 => dot.weights.nrows(),
        IntOp::Input(port) => uniform_channels(network, *port)?,
        _ => return None,
    };
    let mut path = vec![from];
    loop {
        let mut wires = network.graph.edges(*path.last()?);
        let (Some(wire), None) = (wires.next(), wires.next()) else { return None };
        // A tensor that is read as other pixels has other channels.
        if !wire.weight().shape.channels.is_multiple_of(channels) {
            return None;
        }
        let reader = wire.target();
        path.push(reader);
        match &network.graph[reader].op {
            IntOp::Requantize(_) | IntOp::Pool(_) | IntOp::Pad(_) | IntOp::Depthwise(_) => {}
            IntOp::Window(window) if window.groups == 1 => {}
            IntOp::Dot(dot) if dot.groups == 1 && dot.weights.ncols().is_multiple_of(channels) => {
                return Some((path, channels));
            }
            _ => return None,
        }
    }
}

/// Channels of an input whose codes mean the same in each.
fn uniform_channels(network: &IntNetwork, port: usize) -> Option<usize> {
    let input = &network.host.inputs[port];
    (input.scale.len() == 1 && input.zero.len() == 1).then_some(input.shape.channels)
}

fn shuffled(count: usize, random: &mut Random) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, random.within(0, last as i64) as usize);
    }
    order
}

/// Where the entries of `count`, a multiple of the channels or one for all, come from.
fn sources(order: &[usize], count: usize) -> Vec<usize> {
    let of = |i: usize| if count == 1 { 0 } else { i / order.len() * order.len() + order[i % order.len()] };
    (0..count).map(of).collect()
}

/// Channel `i` becomes the old channel `order[i]`: of what a node makes where it is the `first` of a stretch, else of
/// what it reads.
fn reorder(network: &mut IntNetwork, node: NodeIndex, order: &[usize], first: bool) {
    match &mut network.graph[node].op {
        IntOp::Input(port) => {
            let input = &mut network.host.inputs[*port];
            let mut place = vec![0; input.order.len()];
            sources(order, input.order.len())
                .iter()
                .enumerate()
                .for_each(|(new, old)| place[*old] = new as u32);
            input.order.iter_mut().for_each(|position| *position = place[*position as usize]);
        }
        IntOp::Dot(dot) => reorder_product(dot, order, if first { Axis(0) } else { Axis(1) }),
        IntOp::Requantize(it) => *it = it.select(|count| sources(order, count)),
        IntOp::Depthwise(it) => {
            it.weights = Arc::new(it.weights.select(Axis(1), &sources(order, it.weights.ncols())));
        }
        _ => {}
    }
}

fn reorder_product(dot: &mut Dot, order: &[usize], axis: Axis) {
    dot.weights = Arc::new(dot.weights.select(axis, &sources(order, dot.weights.len_of(axis))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use mpqc_ir::import::{self, Options as ImportOptions};
    use mpqc_testbenches::random_network;

    #[test]
    fn blocks_of_channels_move_together() {
        assert_eq!(sources(&[2, 0, 1], 6), [2, 0, 1, 5, 3, 4]);
        assert_eq!(sources(&[2, 0, 1], 1), [0]);
        let mut order = shuffled(9, &mut Random(3));
        assert_ne!(order, (0..9).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..9).collect::<Vec<_>>());
    }

    /// A relation that cannot fail says nothing: one operator of a stretch that does not change with the others is seen.
    #[test]
    fn a_stretch_that_changes_in_part_gives_other_outputs() {
        let mut seen = [0, 0];
        for seed in (0..40).step_by(2) {
            let case = random_network::draw(seed);
            let network = import::import(&case.model, &ImportOptions::default()).expect("imports");
            let frames: Vec<Frame> = case.frames.iter().map(|frame| vec![frame.clone()]).collect();
            let network = pipeline::lower(&network).expect("lowers");
            let Some((path, channels)) = longest(&network) else { continue };
            let mut partly = network.clone();
            let order: Vec<usize> = (0..channels).rev().collect();
            path[..path.len() - 1]
                .iter()
                .enumerate()
                .for_each(|(i, node)| reorder(&mut partly, *node, &order, i == 0));
            let same = pipeline::execute(&partly, &frames).expect("runs")
                == pipeline::execute(&network, &frames).expect("runs");
            seen[usize::from(same)] += 1;
        }
        assert!(seen[0] > 5 * seen[1], "{seen:?}");
    }

    fn longest(network: &IntNetwork) -> Option<(Vec<NodeIndex>, usize)> {
        let stretches = network.topological().into_iter().filter_map(|node| stretch(network, node));
        stretches.filter(|(_, channels)| *channels > 2).max_by_key(|(path, _)| path.len())
    }
}
