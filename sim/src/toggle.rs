//! How often the operands of MAC arrays change their bits: the activity that estimates of dynamic power ask for.
//!
//! An operand register holds its bits between beats, so that only the order of beats matters and no cycle is
//! simulated. A rate is toggles per bit and beat: 0 for a constant, 0.5 for random bits, 1 for bits that change every time.

use crate::function::Evaluator;
use mpqc_ir::design::blocks::MacArray;
use mpqc_ir::design::{Block, Design, Stream};
use petgraph::graph::NodeIndex;
use serde::{Deserialize, Serialize};

/// The activity of an array's operands over all given frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// The array.
    pub name: String,
    /// ONNX nodes that it computes.
    pub origin: Vec<String>,
    /// Activations.
    pub x: Operand,
    /// Weights.
    pub w: Operand,
}

/// An operand: its bits, and how often they changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operand {
    /// Bits of a beat.
    pub bits: u64,
    /// Beats.
    pub beats: u64,
    /// Changes of a bit from a beat to the next.
    pub toggles: u64,
    /// Toggles per bit and beat.
    pub rate: f64,
}

impl Operand {
    fn new(bits: u64, beats: u64, toggles: u64) -> Operand {
        let steps = bits * beats.saturating_sub(1);
        Operand { bits, beats, toggles, rate: if steps == 0 { 0.0 } else { toggles as f64 / steps as f64 } }
    }
}

/// The words of an operand, one beat after another.
#[derive(Default)]
struct Register {
    words: Vec<u32>,
    beats: u64,
    toggles: u64,
}

impl Register {
    fn load(&mut self, words: &[u32]) {
        let changes = |(a, b): (&u32, &u32)| u64::from((a ^ b).count_ones());
        self.toggles += self.words.iter().zip(words).map(changes).sum::<u64>();
        self.beats += 1;
        self.words.clear();
        self.words.extend_from_slice(words);
    }
}

/// Activity of every MAC array while `frames` (integers of every input port in stream order) pass, one after another.
///
/// # Panics
/// As [`Evaluator::frame`].
pub fn activity(design: &Design, frames: &[Vec<Vec<i64>>]) -> Vec<Activity> {
    let evaluator = Evaluator::new(design);
    let arrays: Vec<(NodeIndex, &MacArray)> = design
        .topological()
        .into_iter()
        .filter_map(|node| match &design.graph[node].block {
            Block::MacArray(array) => Some((node, array)),
            _ => None,
        })
        .collect();
    let mut registers: Vec<Register> = arrays.iter().map(|_| Register::default()).collect();
    for frame in frames {
        let data = evaluator.frame(frame);
        for ((node, _), register) in arrays.iter().zip(&mut registers) {
            for edge in design.inputs_of(*node).into_iter().take(1) {
                send(&design.graph[edge], data.stream(edge), register);
            }
        }
    }
    let report = |((node, array), register): (&(NodeIndex, &MacArray), &Register)| Activity {
        name: design.graph[*node].name.clone(),
        origin: design.graph[*node].origin.clone(),
        x: Operand::new((array.simd as u64) * u64::from(array.x.bits), register.beats, register.toggles),
        w: weights(array, frames.len() as u64),
    };
    arrays.iter().zip(&registers).map(report).collect()
}

fn send(stream: &Stream, frame: &[i64], register: &mut Register) {
    let mut words = vec![0; stream.words()];
    for beat in 0..stream.beats_per_frame() {
        stream.pack_beat(frame, beat, &mut words);
        register.load(&words);
    }
}

/// The weights go round: a word a beat, all words a vector.
fn weights(array: &MacArray, frames: u64) -> Operand {
    let bits = (array.pe * array.simd) as u64 * u64::from(array.w.bits);
    let depth = array.depth();
    let changes = |beat: usize| {
        let next = (beat + 1) % depth;
        (0..array.pe * array.simd)
            .map(|lane| u64::from((weight(array, beat, lane) ^ weight(array, next, lane)).count_ones()))
            .sum::<u64>()
    };
    let round: Vec<u64> = (0..depth).map(changes).collect();
    let rounds = array.vectors as u64 * frames;
    // The last word of the last round is not followed by the first.
    let toggles = round.iter().sum::<u64>() * rounds - round.last().filter(|_| rounds > 0).unwrap_or(&0);
    Operand::new(bits, depth as u64 * rounds, toggles)
}

/// The bits of a weight in beat `beat` of a vector; zero beyond the matrix.
fn weight(array: &MacArray, beat: usize, lane: usize) -> u64 {
    let (nf, sf) = (beat / array.synapse_fold(), beat % array.synapse_fold());
    let at = [nf * array.pe + lane / array.simd, sf * array.simd + lane % array.simd];
    array.weights.get(at).map_or(0, |weight| array.w.encode(*weight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mpqc_ir::design::testing::{Chain, Mac};
    use mpqc_ir::number::IntType;

    #[test]
    fn changes_are_counted_bit_by_bit() {
        let u2 = IntType::quantizer(false, 2, false);
        let chain = Chain::new("toggle").input(u2, 1, 2);
        let weights = ndarray::arr2(&[[1, -1]]);
        let design =
            chain.mac_of(Mac::new(1, 1, 1).weights(IntType::quantizer(true, 2, true)), weights).finish();
        let [activity] = &activity(&design, &[vec![vec![3, 0]], vec![vec![3, 1]]])[..] else {
            panic!("one array")
        };
        // 3 0 3 1: two bits, two bits, one bit; weights 01 11 01 11: one bit each time.
        assert_eq!(activity.x, Operand { bits: 2, beats: 4, toggles: 5, rate: 5.0 / 6.0 });
        assert_eq!(activity.w, Operand { bits: 2, beats: 4, toggles: 3, rate: 0.5 });
    }
}
