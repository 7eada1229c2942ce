//! Random small designs.

use mpqc_ir::design::Design;
use mpqc_ir::design::blocks::{MemoryStyle, Multiplier};
use mpqc_ir::design::testing::{Chain, Mac, Random};
use mpqc_ir::number::IntType;
use proptest::prelude::*;

/// One more piece of a chain; numbers are folded into what is legal where it stands.
#[derive(Clone, Debug)]
pub enum Piece {
    /// A MAC array and its requantizer: outputs, SIMD, PE, weight bits (0 is bipolar), codes.
    Mac(usize, usize, usize, u32, Codes),
    /// Other lanes.
    Lanes(usize),
    /// A FIFO.
    Fifo(usize),
    /// A fork whose one way leaves the design at once.
    Tap,
    /// A fork whose one way is scaled and added to the other.
    Bypass,
    /// A second input of the same layout, added.
    SecondInput,
}

/// What a requantizer makes: bits (0 is bipolar), and how.
#[derive(Clone, Debug)]
pub struct Codes {
    bits: u32,
    thresholds: bool,
    per_channel: bool,
}

/// A design.
#[derive(Clone, Debug)]
pub struct Plan {
    pub vectors: usize,
    pub vector: usize,
    pub lanes: usize,
    pub bits: u32,
    pub pieces: Vec<Piece>,
    /// Ends in an ArgMax.
    pub argmax: bool,
    pub seed: u64,
}

/// Any small plan.
pub fn plan() -> impl Strategy<Value = Plan> {
    let size = (1usize..4, 1usize..20, 1usize..20, 0u32..6);
    let pieces = proptest::collection::vec(piece(), 0..6);
    (size, pieces, any::<bool>(), any::<u64>()).prop_map(
        |((vectors, vector, lanes, bits), pieces, argmax, seed)| Plan {
            vectors,
            vector,
            lanes: 1 + lanes % vector,
            bits,
            pieces,
            argmax,
            seed,
        },
    )
}

fn piece() -> impl Strategy<Value = Piece> {
    let codes = (0u32..6, any::<bool>(), any::<bool>()).prop_map(|(bits, thresholds, per_channel)| Codes {
        bits,
        thresholds,
        per_channel,
    });
    prop_oneof![
        4 => (1usize..12, 0usize..20, 0usize..12, 0u32..6, codes)
            .prop_map(|(outputs, simd, pe, w, codes)| Piece::Mac(outputs, simd, pe, w, codes)),
        2 => (1usize..12).prop_map(Piece::Lanes),
        1 => (2usize..20).prop_map(Piece::Fifo),
        1 => Just(Piece::Tap),
        1 => Just(Piece::Bypass),
        1 => Just(Piece::SecondInput),
    ]
}

/// An unsigned type, or ±1 for 0 bits.
fn codes(bits: u32) -> IntType {
    if bits == 0 { IntType::BIPOLAR } else { IntType::quantizer(false, bits, false) }
}

impl Plan {
    /// The design of this plan.
    pub fn build(&self) -> Design {
        let elem = codes(self.bits);
        let mut chain = Chain::new("random").seed(self.seed).vectors(self.vectors);
        chain = chain.input(elem, self.lanes, self.vector);
        let mut at = At { elem, vector: self.vector, lanes: self.lanes };
        for piece in &self.pieces {
            chain = at.put(piece, chain);
        }
        // An ArgMax sends its k channels as one beat; a TopK wants one lane.
        let k = 1 + self.seed as usize % at.vector.min(3);
        match (self.argmax, k) {
            (true, 1) => chain.argmax(1, self.seed & 4 != 0).finish(),
            (true, k) => chain.lanes(1).argmax(k, true).finish(),
            (false, _) => chain.finish(),
        }
    }
}

/// The layout of the open stream.
struct At {
    elem: IntType,
    vector: usize,
    lanes: usize,
}

impl At {
    fn put(&mut self, piece: &Piece, chain: Chain) -> Chain {
        match piece {
            Piece::Mac(outputs, simd, pe, w, codes) => self.mac(chain, *outputs, *simd, *pe, *w, codes),
            Piece::Lanes(lanes) => {
                self.lanes = 1 + lanes % self.vector;
                chain.lanes(self.lanes)
            }
            Piece::Fifo(depth) => chain.fifo(*depth),
            Piece::Tap => chain.fork(2),
            Piece::Bypass => {
                let chain =
                    self.requantize(chain.fork(2), &Codes { bits: 2, thresholds: false, per_channel: true });
                self.add(chain)
            }
            Piece::SecondInput => {
                self.elem = codes(3);
                let chain = chain.input(self.elem, self.lanes, self.vector);
                self.add(chain)
            }
        }
    }

    /// Adds, and brings the sum back to few bits.
    fn add(&mut self, chain: Chain) -> Chain {
        self.requantize(chain.add([3, -2]), &Codes { bits: 3, thresholds: true, per_channel: false })
    }

    fn mac(&mut self, chain: Chain, outputs: usize, simd: usize, pe: usize, w: u32, codes: &Codes) -> Chain {
        let simd = 1 + simd % self.vector;
        let pe = 1 + pe % outputs;
        let w = if w == 0 { IntType::BIPOLAR } else { IntType::quantizer(true, w, false) };
        let binary = w.is_bipolar() && self.elem.is_bipolar();
        let multiplier = if binary { Multiplier::Xnor } else { Multiplier::Dsp };
        let mac = Mac::new(outputs, simd, pe).weights(w).multiplier(multiplier).memory(MemoryStyle::Block);
        (self.vector, self.lanes) = (outputs, pe);
        self.requantize(chain.mac(mac), codes)
    }

    fn requantize(&mut self, chain: Chain, to: &Codes) -> Chain {
        self.elem = codes(to.bits);
        if to.thresholds || self.elem.is_bipolar() {
            return chain.thresholds(self.elem, to.per_channel);
        }
        chain.scale_shift(self.elem, to.per_channel, true)
    }
}

/// Random frames of a design's inputs.
pub fn frames(design: &Design, count: usize, seed: u64) -> Vec<Vec<Vec<i64>>> {
    let mut random = Random(seed);
    let mut port = |node: &petgraph::graph::NodeIndex| {
        let stream = &design.graph[design.outputs_of(*node)[0]];
        (0..stream.vector * stream.vectors).map(|_| random.value(stream.elem)).collect::<Vec<i64>>()
    };
    (0..count).map(|_| design.inputs.iter().map(&mut port).collect()).collect()
}
