//! The smallest memories that cost no throughput, found by timing alone.
//!
//! How fast a design could be with memories without end is known without them: each part of it that is cut off at its
//! memories runs at a rate of its own, and the slowest part sets the pace of all. Then memories grow together
//! until the design is as fast, and shrink one after another as long as it stays so. A design with a larger memory is never
//! slower, so in the end none of them can be one smaller (as by Geilen, Basten, Stuijk, DAC 2005, where designs
//! are dataflow graphs).
//!
//! ```
//! use mpqc_ir::design::testing::{Chain, Mac};
//! use mpqc_ir::number::IntType;
//! use mpqc_sim::{Stalls, sizing, timing::measure};
//!
//! // The products want all 16 beats of a vector before the first sum.
//! let u4 = IntType::quantizer(false, 4, false);
//! let chain = Chain::new("bypass").input(u4, 1, 16).fork(2).swap().fifo(2).swap();
//! let mut design = chain.mac(Mac::new(16, 1, 16)).lanes(1).add([1, 1]).finish();
//! assert!(measure(&design, 2, Stalls::None).is_err());
//! let depths = sizing::fifo_depths(&design)?;
//! sizing::apply(&mut design, &depths);
//! assert_eq!(measure(&design, 2, Stalls::None)?.cycles_per_frame, 16);
//! # Ok::<(), mpqc_sim::timing::TimingError>(())
//! ```

mod paced;
mod pieces;

pub use paced::{Sized, for_period};

use crate::timing::{Rate, TimingError, steady_rate};
use mpqc_ir::design::{Block, Design};
use petgraph::graph::NodeIndex;

/// For every `fifo`, the depth in beats with which the design is as fast as with FIFOs without end: none can be lower,
/// the others being as they are said here. Depths are looked for from those of the design.
///
/// # Errors
/// [`TimingError::Deadlock`] where the design cannot move whatever its FIFOs hold.
pub fn fifo_depths(design: &Design) -> Result<Vec<(NodeIndex, usize)>, TimingError> {
    smallest(design, Memory::Fifo)
}

/// For every `window`, the capacity in words with which the design is as fast as with windows that hold whole frames;
/// its FIFOs remain as they are. Less than [`exact_capacity`](mpqc_ir::design::blocks::Window::exact_capacity) where
/// rows arrive slowly, more where they come in bursts.
///
/// # Errors
/// As [`fifo_depths`].
pub fn window_capacities(design: &Design) -> Result<Vec<(NodeIndex, usize)>, TimingError> {
    smallest(design, Memory::Window)
}

/// Sets depths of FIFOs and capacities of windows.
pub fn apply(design: &mut Design, sizes: &[(NodeIndex, usize)]) {
    for (node, size) in sizes {
        match design.graph.node_weight_mut(*node).map(|node| &mut node.block) {
            Some(Block::Fifo(fifo)) => fifo.depth = *size,
            Some(Block::Window(window)) => window.capacity = *size,
            _ => {}
        }
    }
}

/// A kind of block that stores.
#[derive(Clone, Copy)]
enum Memory {
    Fifo,
    Window,
}

impl Memory {
    /// The size of a block, or where to begin; `None` for blocks of another kind.
    fn first(self, block: &Block) -> Option<usize> {
        match block {
            Block::Fifo(fifo) => self.least(block).map(|least| fifo.depth.max(least)),
            _ => self.least(block),
        }
    }

    /// The smallest size of a block; `None` for blocks of another kind.
    fn least(self, block: &Block) -> Option<usize> {
        match (self, block) {
            (Memory::Fifo, Block::Fifo(_)) => Some(2),
            (Memory::Window, Block::Window(_)) => Some(1),
            _ => None,
        }
    }

    /// A size of a block that is fed in every cycle with which it is never the one that waits.
    fn ample(self, block: &Block) -> Option<usize> {
        match (self, block) {
            (Memory::Fifo, Block::Fifo(_)) => Some(2),
            (Memory::Window, Block::Window(w)) => Some(w.frame_words() + w.exact_capacity()),
            _ => None,
        }
    }
}

fn smallest(design: &Design, memory: Memory) -> Result<Vec<(NodeIndex, usize)>, TimingError> {
    let sizes = sizes(design, |block| memory.first(block));
    if sizes.is_empty() {
        return Ok(sizes);
    }
    let mut search = Search { design: design.clone(), best: pieces::rate(design, memory)?, sizes };
    search.grow()?;
    for i in 0..search.sizes.len() {
        search.shrink(i, memory);
    }
    Ok(search.sizes)
}

/// A size of every block that has one.
fn sizes(design: &Design, size: impl Fn(&Block) -> Option<usize>) -> Vec<(NodeIndex, usize)> {
    let node = |node: NodeIndex| Some((node, size(&design.graph[node].block)?));
    design.graph.node_indices().filter_map(node).collect()
}

/// Sizes on their way to the smallest.
struct Search {
    design: Design,
    /// The rate to keep.
    best: Rate,
    sizes: Vec<(NodeIndex, usize)>,
}

impl Search {
    /// Doublings after which memories hold more than any frame has.
    const DOUBLINGS: usize = 26;

    /// Doubles all sizes until the rate is reached; then no memory needs to be larger than it was full, and one, so
    /// that it is never asked for room that it lacks.
    fn grow(&mut self) -> Result<(), TimingError> {
        let mut outcome = self.measure();
        for _ in 0..Self::DOUBLINGS {
            if outcome.as_ref().is_ok_and(|(rate, _)| rate.reaches(self.best)) {
                break;
            }
            self.sizes.iter_mut().for_each(|(_, size)| *size *= 2);
            outcome = self.measure();
        }
        let (rate, full) = outcome?;
        self.best = rate;
        self.sizes.iter_mut().zip(full).for_each(|((_, size), full)| *size = (*size).min(full + 1));
        Ok(())
    }

    /// The rate with the present sizes, and how full each memory was.
    fn measure(&mut self) -> Result<(Rate, Vec<usize>), TimingError> {
        apply(&mut self.design, &self.sizes);
        let (rate, occupancies) = steady_rate(&self.design)?;
        let full =
            |node: &NodeIndex| occupancies[node.index()].map_or(0, |memory| memory.high_water as usize);
        Ok((rate, self.sizes.iter().map(|(node, _)| full(node)).collect()))
    }

    /// Lowers one size as far as the rate stays, by bisection; first to the least.
    fn shrink(&mut self, i: usize, memory: Memory) {
        let (node, mut enough) = self.sizes[i];
        let least = memory.least(&self.design.graph[node].block).unwrap_or(enough);
        let (mut low, mut probe) = (least, least);
        while low < enough {
            self.sizes[i].1 = probe;
            match self.measure() {
                Ok((rate, _)) if rate.reaches(self.best) => enough = probe,
                _ => low = probe + 1,
            }
            probe = low.midpoint(enough);
        }
        self.sizes[i].1 = enough;
    }
}
