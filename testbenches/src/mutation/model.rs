//! Faults of the design that the simulator runs: a parameter of a block that is not what the Verilog has.

use mpqc_ir::design::blocks::Thresholds;
use mpqc_ir::design::testing::Random;
use mpqc_ir::design::{Block, Design};
use ndarray::Array2;
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// A weight of a MAC array or a depthwise one.
    Weight,
    /// A threshold, one higher or lower.
    Threshold,
    /// A channel whose function falls rises, or the reverse.
    Direction,
    /// A factor, an addend or the shift of a scale.
    Scale,
    /// A gain of an addition.
    Gain,
    /// The code of padding.
    Padding,
    /// Two places of a reordering.
    Order,
    /// A buffer of one beat less.
    Depth,
    /// Registers at other places of an adder tree or a search.
    Latency,
}

impl Operator {
    /// All of them.
    pub const ALL: [Operator; 9] = [
        Operator::Weight,
        Operator::Threshold,
        Operator::Direction,
        Operator::Scale,
        Operator::Gain,
        Operator::Padding,
        Operator::Order,
        Operator::Depth,
        Operator::Latency,
    ];
}

/// The design with one fault, drawn by chance, and what it is; nothing where no block has such a parameter.
pub fn fault(design: &Design, operator: Operator, seed: u64) -> Option<(String, Design)> {
    let mut random = Random(seed);
    let mut mutant = design.clone();
    let nodes: Vec<NodeIndex> = design.graph.node_indices().collect();
    let first = random.within(0, nodes.len() as i64 - 1) as usize;
    for node in nodes[first..].iter().chain(&nodes[..first]) {
        let block = &mut mutant.graph[*node];
        if let Some(what) = change(&mut block.block, operator, &mut random) {
            return Some((format!("{}: {what}", block.name), mutant));
        }
    }
    None
}

fn change(block: &mut Block, operator: Operator, random: &mut Random) -> Option<String> {
    match (operator, block) {
        (Operator::Weight, Block::MacArray(mac)) => entry(&mut mac.weights, random),
        (Operator::Weight, Block::Depthwise(it)) => entry(&mut it.product.weights, random),
        (Operator::Threshold, Block::Thresholds(it)) => threshold(it, random),
        (Operator::Direction, Block::Thresholds(it)) => {
            let falling = &mut Arc::make_mut(&mut it.table).falling;
            let at = index(falling.len(), random)?;
            falling[at] = !falling[at];
            Some(format!("channel {at}"))
        }
        (Operator::Scale, Block::ScaleShift(it)) => scale(Arc::make_mut(&mut it.function), random),
        (Operator::Gain, Block::Add(add)) => {
            let at = index(2, random)?;
            add.gains[at] += 1;
            Some(format!("gain {at}"))
        }
        (Operator::Padding, Block::Pad(pad)) => one_more(&mut pad.pad.value, pad.elem.max, "value"),
        (Operator::Padding, Block::Window(it)) if it.window.pads.iter().any(|pad| *pad > 0) => {
            one_more(&mut it.window.value, it.elem.max, "value")
        }
        (Operator::Order, Block::Reorder(it)) => {
            let order = Arc::make_mut(&mut it.order);
            let (a, b) = (index(order.len(), random)?, index(order.len(), random)?);
            (order[a] != order[b]).then(|| order.swap(a, b)).map(|()| format!("{a} and {b}"))
        }
        (Operator::Depth, Block::Fifo(it)) => one_less(&mut it.depth, 1, "depth"),
        (Operator::Depth, Block::Replay(it)) => one_less(&mut it.capacity, it.beats, "capacity"),
        (Operator::Latency, Block::MacArray(mac)) => {
            let before = mac.stages();
            let what = moved(&mut mac.per_stage);
            what.filter(|_| mac.stages() != before)
        }
        (Operator::Latency, Block::Thresholds(it)) => {
            let before = it.stages();
            let what = moved(&mut it.per_stage);
            what.filter(|_| it.stages() != before)
        }
        _ => None,
    }
}

fn index(length: usize, random: &mut Random) -> Option<usize> {
    (length > 0).then(|| random.within(0, length as i64 - 1) as usize)
}

/// An entry of a matrix: one less, or one more where it is the least.
fn entry(matrix: &mut Arc<Array2<i64>>, random: &mut Random) -> Option<String> {
    let (row, column) = (index(matrix.nrows(), random)?, index(matrix.ncols(), random)?);
    let least = matrix.iter().min().copied().unwrap_or(0);
    let value = &mut Arc::make_mut(matrix)[[row, column]];
    *value += if *value > least { -1 } else { 1 };
    Some(format!("[{row}, {column}] is {value}"))
}

/// A threshold one off, where a value that can come lies between the old one and the new.
fn threshold(block: &mut Thresholds, random: &mut Random) -> Option<String> {
    let before = block.clone();
    let what = entry(&mut Arc::make_mut(&mut block.table).table, random);
    if !differ(&before, block) {
        *block = before;
        return None;
    }
    what
}

/// Whether a code of any value of the input's type differs; taken for granted where there are too many values.
fn differ(a: &Thresholds, b: &Thresholds) -> bool {
    let step = if a.input.is_bipolar() { 2 } else { 1 };
    let values = || (a.input.min..=a.input.max).step_by(step);
    let code = |of: &Thresholds, channel, x| of.table.code(channel, x, of.output);
    let any = |channel| values().any(|x| code(a, channel, x) != code(b, channel, x));
    values().count() > 1 << 16 || (0..a.channels).any(any)
}

fn scale(function: &mut mpqc_ir::int_network::ScaleShift, random: &mut Random) -> Option<String> {
    let at = index(function.mul.len(), random)?;
    match random.within(0, 2) {
        0 => function.mul[at] += 1,
        1 => function.add[at] += 1 << function.shift,
        _ => function.shift += 1,
    }
    Some(format!("channel {at}"))
}

fn one_more(value: &mut i64, max: i64, what: &str) -> Option<String> {
    *value += if *value < max { 1 } else { -1 };
    Some(format!("{what} is {value}"))
}

fn one_less(value: &mut usize, least: usize, what: &str) -> Option<String> {
    (*value > least).then(|| *value -= 1).map(|()| format!("{what} is {value}"))
}

fn moved(per_stage: &mut usize) -> Option<String> {
    *per_stage = if *per_stage > 1 { 1 } else { 64 };
    Some(format!("a register every {per_stage} levels"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mpqc_ir::design::testing::cases;

    #[test]
    fn a_threshold_between_two_values_that_come_is_no_fault() {
        let designs = cases();
        let bipolar = designs.iter().find(|design| design.name == "thr_from_bipolar").expect("in the table");
        for seed in 0..40 {
            let Some((what, mutant)) = fault(bipolar, Operator::Threshold, seed) else { continue };
            let table = |design: &Design| {
                let blocks = design.graph.node_weights().map(|node| node.block.clone());
                blocks.filter_map(|it| if let Block::Thresholds(it) = it { Some(it) } else { None }).next()
            };
            let (old, new) = (table(bipolar).expect("a table"), table(&mutant).expect("a table"));
            assert!(differ(&old, &new), "{what} changes no code");
        }
    }
}
