//! Short gains for a sum that only a quantizer reads.
//!
//! Exact gains of two float32 scales have 24 bits. Where the sum becomes a code, shorter ones do as well if they keep
//! apart all pairs of operands that the quantizer keeps apart: for every step of every channel, the largest new sum
//! of the pairs below it is less than the smallest of those above. The pairs are few enough to look at each.

use super::scale_shift;
use super::thresholds::{Channel, Steps};
use crate::number::IntType;

/// Most pairs of operands that are looked at.
const MAX_PAIRS: u64 = 1 << 17;

/// Largest value of the smaller gain that is tried.
const MAX_GAIN: i64 = 1 << 12;

/// From so many steps on a multiplication is worth `MULTIPLIED_BITS` bits.
const MANY_STEPS: i64 = 32;

/// Bits more of the sum.
const MULTIPLIED_BITS: u32 = 5;

/// Pairs next to a step that a candidate is tried on first.
const NEAR: usize = 4;

/// Short gains, the type of their sum, and the quantizer's steps on it.
pub(crate) struct NarrowSum {
    pub gains: [i64; 2],
    pub ty: IntType,
    pub steps: Steps,
}

/// The smallest gains that tell the steps apart like `gains` do, if they make the sum narrower. Where there are many
/// steps, a few bits more are spent if the quantizer is a multiplication then.
pub(crate) fn narrow(gains: [i64; 2], operands: [IntType; 2], steps: &Steps) -> Option<NarrowSum> {
    let pairs = Pairs::new(gains, operands)?;
    let (cuts, exact) = (pairs.cuts(steps), pairs.sum_type(gains));
    let fits = |g: &[i64; 2]| pairs.near(&cuts, *g) && pairs.apart(&cuts, *g);
    let mut candidates = candidates(gains);
    let smallest = pairs.narrowed(candidates.find(fits)?, steps);
    let widest = exact.bits.min(smallest.ty.bits + MULTIPLIED_BITS);
    if steps.max - steps.min < MANY_STEPS || is_multiplied(&smallest) {
        return (smallest.ty.bits < exact.bits).then_some(smallest);
    }
    let size = |gains: [i64; 2]| gains[0].abs().min(gains[1].abs());
    let mut last = smallest.gains;
    let apart = std::iter::from_fn(|| {
        last = candidates.find(|g| 4 * size(*g) >= 5 * size(last) && fits(g))?;
        Some(pairs.narrowed(last, steps))
    });
    let better = apart.take_while(|n| n.ty.bits <= widest && n.ty.bits < exact.bits).find(is_multiplied);
    Some(better.unwrap_or(smallest)).filter(|n| n.ty.bits < exact.bits)
}

/// Whether the steps are those of a multiplication.
fn is_multiplied(sum: &NarrowSum) -> bool {
    scale_shift::fit(&sum.steps).is_some()
}

/// Pairs of gains near the ratio of the exact ones, by size.
fn candidates([p, q]: [i64; 2]) -> impl Iterator<Item = [i64; 2]> {
    let swap = p.abs() < q.abs();
    let (small, large) = if swap { (p, q) } else { (q, p) };
    let limit = MAX_GAIN.min(small.abs().max(1));
    (1..limit).flat_map(move |size| {
        let size = size * small.signum();
        let exact = large as f64 / small as f64 * size as f64;
        let both = [exact.round(), if exact.round() > exact { exact.floor() } else { exact.ceil() }];
        both.map(|other| if swap { [size, other as i64] } else { [other as i64, size] })
    })
}

/// Pairs of operands by their exact sums.
struct Pairs {
    /// Exact sum and operands, ascending.
    sorted: Vec<(i64, [i64; 2])>,
}

fn sum(gains: [i64; 2], pair: [i64; 2]) -> i64 {
    gains[0] * pair[0] + gains[1] * pair[1]
}

impl Pairs {
    fn new(gains: [i64; 2], operands: [IntType; 2]) -> Option<Pairs> {
        if operands[0].levels().saturating_mul(operands[1].levels()) > MAX_PAIRS {
            return None;
        }
        let values = |ty: IntType| (ty.min..=ty.max).filter(move |v| ty.contains(*v));
        let [a, b] = operands;
        let pairs = values(a).flat_map(|x| values(b).map(move |y| [x, y]));
        let mut sorted: Vec<_> = pairs.map(|pair| (sum(gains, pair), pair)).collect();
        sorted.sort_unstable();
        Some(Pairs { sorted })
    }

    /// Where the steps of all channels cut the sorted pairs.
    fn cuts(&self, steps: &Steps) -> Vec<usize> {
        let cut = |c: &Channel, first: i64| match c.falling {
            false => self.sorted.partition_point(|(s, _)| *s < first),
            true => self.sorted.partition_point(|(s, _)| !*s >= first),
        };
        let mut all: Vec<usize> =
            steps.channels.iter().flat_map(|c| c.first.iter().map(move |first| cut(c, *first))).collect();
        all.sort_unstable();
        all.dedup();
        all.retain(|at| *at > 0 && *at < self.sorted.len());
        all
    }

    /// Whether the pairs next to every cut are kept apart.
    fn near(&self, cuts: &[usize], gains: [i64; 2]) -> bool {
        cuts.iter().all(|&at| {
            let below = &self.sorted[at.saturating_sub(NEAR)..at];
            let above = &self.sorted[at..(at + NEAR).min(self.sorted.len())];
            let most = below.iter().map(|(_, pair)| sum(gains, *pair)).max();
            most < above.iter().map(|(_, pair)| sum(gains, *pair)).min()
        })
    }

    /// Whether all pairs are kept apart at every cut.
    fn apart(&self, cuts: &[usize], gains: [i64; 2]) -> bool {
        let sums: Vec<i64> = self.sorted.iter().map(|(_, pair)| sum(gains, *pair)).collect();
        let mut least = sums.clone();
        for i in (1..least.len()).rev() {
            least[i - 1] = least[i - 1].min(least[i]);
        }
        let (mut most, mut seen) = (i64::MIN, 0);
        cuts.iter().all(|&at| {
            most = sums[seen..at].iter().copied().fold(most, i64::max);
            seen = at;
            most < least[at]
        })
    }

    fn narrowed(&self, gains: [i64; 2], steps: &Steps) -> NarrowSum {
        let ty = self.sum_type(gains);
        let channels = steps.channels.iter().map(|c| self.channel(c, gains, ty)).collect();
        NarrowSum { gains, ty, steps: Steps { channels, ..*steps } }
    }

    fn sum_type(&self, gains: [i64; 2]) -> IntType {
        let sums = || self.sorted.iter().map(|(_, pair)| sum(gains, *pair));
        IntType::smallest(sums().min().unwrap_or(0), sums().max().unwrap_or(0))
    }

    /// A channel's steps on the sums by `gains`.
    fn channel(&self, exact: &Channel, gains: [i64; 2], ty: IntType) -> Channel {
        let in_order = |s: i64| if exact.falling { !s } else { s };
        let pair = |(s, pair): &(i64, [i64; 2])| (in_order(*s), in_order(sum(gains, *pair)));
        let mut pairs: Vec<(i64, i64)> = self.sorted.iter().map(pair).collect();
        if exact.falling {
            pairs.reverse();
        }
        let (range, mut most) = ((in_order(ty.min), in_order(ty.max)), i64::MIN);
        let range = (range.0.min(range.1), range.0.max(range.1));
        let mut least: Vec<i64> = pairs.iter().map(|p| p.1).chain([range.1 + 1]).collect();
        for i in (1..least.len()).rev() {
            least[i - 1] = least[i - 1].min(least[i]);
        }
        let mut seen = 0;
        let mut place = |first: i64| {
            let at = pairs.partition_point(|p| p.0 < first);
            most = pairs[seen..at].iter().fold(most, |most, p| most.max(p.1));
            seen = at;
            (least[at], most.max(range.0 - 1))
        };
        let (first, below) = exact.first.iter().map(|t| place(*t)).unzip();
        Channel { falling: exact.falling, range, first, below }
    }
}

#[cfg(test)]
mod tests {
    use super::super::thresholds::find;
    use super::*;
    use crate::number::{Rounding, exact};
    use crate::scalar::{ScalarFn, Step};

    /// Codes of 4 bits of `scale · sum + offset`.
    fn quantizer(scales: &[f64], offset: f64) -> ScalarFn {
        let scales = scales.iter().map(|s| exact(*s)).collect();
        ScalarFn::affine(scales, vec![exact(offset)]).then(Step::Round {
            rounding: Rounding::HalfEven,
            offset: vec![0],
            min: Some(vec![-8]),
            max: Some(vec![7]),
        })
    }

    fn code(steps: &Steps, channel: usize, sum: i64) -> i64 {
        let Channel { falling, first, .. } = &steps.channels[channel];
        let v = if *falling { !sum } else { sum };
        steps.min + first.iter().filter(|t| v >= **t).count() as i64
    }

    #[test]
    fn short_gains_give_the_same_codes() {
        let gains = [5_287_313, -13_984_811];
        let operands = [IntType::quantizer(true, 6, false), IntType::quantizer(false, 5, false)];
        let exact = Pairs::new(gains, operands).expect("few pairs").sum_type(gains);
        let steps = find(&quantizer(&[3.1e-8, -1.7e-8], 0.3), exact, 2, false);
        let narrow = narrow(gains, operands, &steps).expect("short gains");
        assert!(narrow.ty.bits + 8 < exact.bits, "{} instead of {exact}", narrow.ty);
        for (a, b) in (-32..32).flat_map(|a| (0..32).map(move |b| (a, b))) {
            for channel in 0..2 {
                let wanted = code(&steps, channel, sum(gains, [a, b]));
                assert_eq!(code(&narrow.steps, channel, sum(narrow.gains, [a, b])), wanted);
            }
        }
    }

    #[test]
    fn too_many_pairs_are_left_alone() {
        let wide = IntType::quantizer(true, 10, false);
        let steps = find(&quantizer(&[1e-9], 0.0), IntType::smallest(-1 << 40, 1 << 40), 1, false);
        assert!(narrow([5_287_313, 13_984_811], [wide, wide], &steps).is_none());
    }
}
