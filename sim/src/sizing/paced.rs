//! Sizes for designs of any size: enough for a frame every so many cycles.

use super::{apply, sizes};
use crate::Stalls;
use crate::timing::{Occupancy, Pace, TimingError, measure, pace};
use mpqc_ir::design::{Block, Design};
use petgraph::graph::NodeIndex;

/// FIFO depths, and the pace that a design keeps with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sized {
    /// Cycles between frames that the design keeps up with.
    pub period: u64,
    /// Depth of each FIFO in beats.
    pub depths: Vec<(NodeIndex, usize)>,
}

/// Frames beyond those of FIFOs without end after which a design that has not settled does not keep up.
const PATIENCE: u64 = 3;
/// Frames after which a design with FIFOs without end has settled, or never will.
const LONGEST: u64 = 24;
/// More than any frame has beats.
const ENDLESS: usize = 1 << 40;

/// The smallest period, from `period` on, that a design keeps with FIFOs without end, and depths that keep it: what
/// each FIFO holds at most, lowered by bisection in steps of 64 beats where `worthwhile` (of a FIFO at its depth) says
/// that it matters.
///
/// # Errors
/// [`TimingError::Deadlock`] where the design cannot move whatever its FIFOs hold.
pub fn for_period(
    design: &Design,
    period: u64,
    worthwhile: impl Fn(&Block) -> bool,
) -> Result<Sized, TimingError> {
    let mut design = design.clone();
    let mut depths = sizes(&design, |block| matches!(block, Block::Fifo(_)).then_some(ENDLESS));
    apply(&mut design, &depths);
    let (period, frames, full) = settle(&design, period)?;
    for (node, depth) in &mut depths {
        // One more, so that a FIFO is never asked for room that it lacks.
        *depth = (full[node.index()] + 1).max(2);
    }
    apply(&mut design, &depths);
    for sized in &mut depths {
        if worthwhile(&design.graph[sized.0].block) {
            sized.1 = lowest(&mut design, *sized, period, frames + PATIENCE);
        }
    }
    Ok(Sized { period, depths })
}

/// The first period from `period` on at which a design settles, the frames until then, and how full its memories were.
fn settle(design: &Design, mut period: u64) -> Result<(u64, u64, Vec<usize>), TimingError> {
    loop {
        match pace(design, period, LONGEST) {
            Pace::Kept { frames, occupancies } => {
                let full = |o: &Option<Occupancy>| o.map_or(0, |o| o.high_water as usize);
                return Ok((period, frames, occupancies.iter().map(full).collect()));
            }
            Pace::Missed { distance: Some(distance) } => period = distance.max(period + 1),
            // Not even two frames came out: free sources tell why.
            Pace::Missed { distance: None } => {
                let timing = measure(design, LONGEST, Stalls::None)?;
                period = timing.cycles_per_frame.max(2 * period);
            }
        }
    }
}

/// The least depth of one FIFO with which the design keeps its period, in steps of a memory primitive.
fn lowest(design: &mut Design, (node, enough): (NodeIndex, usize), period: u64, limit: u64) -> usize {
    let size = |i: usize| if i == 0 { 32 } else { 64 * i };
    let (mut low, mut high, mut best) = (0, if enough <= 32 { 0 } else { enough.div_ceil(64) }, enough);
    while low < high {
        let middle = low.midpoint(high);
        apply(design, &[(node, size(middle))]);
        match pace(design, period, limit) {
            Pace::Kept { .. } => (high, best) = (middle, size(middle)),
            Pace::Missed { .. } => low = middle + 1,
        }
    }
    apply(design, &[(node, best)]);
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use mpqc_ir::design::testing::{Chain, Mac};
    use mpqc_ir::number::IntType;

    #[test]
    fn a_bypass_holds_a_vector() {
        let u4 = IntType::quantizer(false, 4, false);
        let chain = Chain::new("bypass").input(u4, 1, 100).fork(2).swap().fifo(2).swap();
        let mut design = chain.mac(Mac::new(100, 1, 100)).lanes(1).add([1, 1]).finish();
        let sized = for_period(&design, 100, |_| true).expect("with deep FIFOs it moves");
        let [(node, depth)] = sized.depths[..] else { panic!("there is one FIFO") };
        assert!(depth > 100 && depth <= 192, "{depth}");
        apply(&mut design, &sized.depths);
        let timing = measure(&design, 5, Stalls::None).expect("it moves");
        assert_eq!((timing.cycles_per_frame, sized.period), (100, 100));
        apply(&mut design, &[(node, 64)]);
        assert!(measure(&design, 5, Stalls::None).is_err());
    }
}
