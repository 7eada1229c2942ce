//! Width conversion: which lanes to go through, and what that costs.

use super::flow::Layout;
use mpqc_ir::design::blocks::{BlockSpec, WidthConverter};
use mpqc_ir::design::{Resources, Target};

/// The converters from `from`'s lanes to `lanes`, in order: none, one, or two where neither lane count divides
/// the other. Two go through the greatest common divisor where that sustains a frame in `limit` cycles, else
/// through the least common multiple, which always does.
pub(crate) fn converters(from: &Layout, lanes: usize, limit: u64) -> Vec<WidthConverter> {
    let mut steps = Vec::new();
    let mut at = *from;
    for next in path(from, lanes, limit) {
        steps.push(WidthConverter {
            elem: at.elem,
            in_lanes: at.lanes,
            out_lanes: next,
            vector: at.vector,
            vectors: at.vectors * at.repeats,
        });
        at.lanes = next;
    }
    steps
}

/// Resources of [`converters`].
pub(crate) fn conversion_cost(from: &Layout, lanes: usize, limit: u64, target: &Target) -> Resources {
    converters(from, lanes, limit).iter().map(|c| c.cost(target)).sum()
}

fn path(from: &Layout, lanes: usize, limit: u64) -> Vec<usize> {
    let (small, large) = (from.lanes.min(lanes), from.lanes.max(lanes));
    if small == large {
        return Vec::new();
    }
    if large.is_multiple_of(small) {
        return vec![lanes];
    }
    let divisor = gcd(small, large);
    let narrow = Layout { lanes: divisor, ..*from };
    if narrow.beats() as u64 <= limit { vec![divisor, lanes] } else { vec![small / divisor * large, lanes] }
}

/// Greatest common divisor (Euclid).
pub(crate) fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Lanes of a port at the edge of the design, for a stream that is `inner` lanes wide inside: `inner` itself
/// within [`PORT_BITS`] a beat, else the largest divisor of it that is; but never so narrow that a frame takes
/// more than `limit` cycles.
pub(crate) fn port_lanes(inside: &Layout, limit: u64) -> usize {
    let sustains = |lanes: &usize| Layout { lanes: *lanes, ..*inside }.beats() as u64 <= limit;
    let narrow = |lanes: &usize| lanes * inside.elem.bits as usize <= PORT_BITS;
    let divisors: Vec<usize> = (1..=inside.lanes).filter(|d| inside.lanes.is_multiple_of(*d)).collect();
    let widest_narrow = divisors.iter().rev().copied().find(|d| narrow(d) && sustains(d));
    widest_narrow.or_else(|| divisors.iter().copied().find(sustains)).unwrap_or(inside.lanes)
}

/// Width of an AXI port's beat that is exceeded only where the frame rate needs it.
pub(crate) const PORT_BITS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use mpqc_ir::number::IntType;

    fn layout(lanes: usize, vector: usize) -> Layout {
        Layout { elem: IntType::quantizer(false, 8, false), lanes, vector, vectors: 1, repeats: 1 }
    }

    #[test]
    fn lanes_that_divide_take_one_converter() {
        assert_eq!(path(&layout(4, 64), 16, 4), [16]);
        assert_eq!(path(&layout(16, 64), 4, 16), [4]);
        assert!(path(&layout(4, 64), 4, 16).is_empty());
    }

    #[test]
    fn lanes_that_do_not_divide_go_through_gcd_or_lcm() {
        assert_eq!(path(&layout(12, 60), 8, 15), [4, 8]);
        assert_eq!(path(&layout(12, 60), 8, 14), [24, 8]);
    }

    #[test]
    fn ports_are_narrow_where_the_rate_allows() {
        assert_eq!(port_lanes(&layout(16, 64), 64), 16);
        assert_eq!(port_lanes(&layout(49, 784), 784), 7);
        assert_eq!(port_lanes(&layout(49, 784), 16), 49);
        assert_eq!(port_lanes(&layout(784, 784), 1), 784);
    }
}
