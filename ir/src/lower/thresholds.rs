//! The steps of a scalar function: where each code begins, found by search over the reachable range.

use crate::int_network::Thresholds;
use crate::number::IntType;
use crate::scalar::{Evaluator, ScalarFn};
use ndarray::Array2;
use rayon::prelude::*;
use std::sync::Arc;

/// Every channel's steps over a range of integers: the complete description of a monotone function.
pub(crate) struct Steps {
    /// Smallest code of any channel.
    pub min: i64,
    /// Largest code of any channel.
    pub max: i64,
    /// Distance between neighbouring codes: 2 for ±1, else 1.
    pub stride: i64,
    /// One per channel, or one for all.
    pub channels: Vec<Channel>,
}

/// One channel's steps, for `v = x` where it rises and `v = !x = −x − 1` where it falls.
#[derive(Clone)]
pub(crate) struct Channel {
    pub falling: bool,
    /// Range of `v`.
    pub range: (i64, i64),
    /// `first[k − 1]` is the smallest `v` whose code is at least `min + k·stride`; `range.1 + 1` if none is.
    pub first: Vec<i64>,
    /// The largest `v` that occurs below each of `first`.
    pub below: Vec<i64>,
}

/// Finds the steps of `function` for inputs of `input`'s range.
pub(crate) fn find(function: &ScalarFn, input: IntType, channels: usize, bipolar: bool) -> Steps {
    let count = if function.is_uniform() { 1 } else { channels };
    let evaluate = |c: usize| Monotone::new(function, c, input);
    let ends: Vec<(i64, i64)> = (0..count).into_par_iter().map(|c| evaluate(c).ends()).collect();
    let (min, max, stride) = match bipolar {
        true => (-1, 1, 2),
        false => {
            (ends.iter().map(|e| e.0).min().unwrap_or(0), ends.iter().map(|e| e.1).max().unwrap_or(0), 1)
        }
    };
    let channels = (0..count).into_par_iter().map(|c| evaluate(c).channel(min, max, stride)).collect();
    Steps { min, max, stride, channels }
}

/// A channel's function as a rising function of `v`.
struct Monotone<'a> {
    evaluator: Evaluator<'a>,
    falling: bool,
    range: (i64, i64),
}

impl<'a> Monotone<'a> {
    fn new(function: &'a ScalarFn, channel: usize, input: IntType) -> Self {
        let falling = function.falls(channel);
        let range = if falling { (!input.max, !input.min) } else { (input.min, input.max) };
        Monotone { evaluator: Evaluator::new(function, channel), falling, range }
    }

    fn code(&self, v: i64) -> i64 {
        self.evaluator.code(if self.falling { !v } else { v })
    }

    fn ends(&self) -> (i64, i64) {
        (self.code(self.range.0), self.code(self.range.1))
    }

    fn channel(&self, min: i64, max: i64, stride: i64) -> Channel {
        let mut first = vec![self.range.1 + 1; ((max - min) / stride) as usize];
        let (low, high) = self.ends();
        let rank = |code: i64| ((code - min) / stride) as usize;
        first[..rank(low)].fill(self.range.0);
        self.fill(&mut first, &rank, (self.range.0, rank(low)), (self.range.1, rank(high)));
        let below = first.iter().map(|t| t - 1).collect();
        Channel { falling: self.falling, range: self.range, first, below }
    }

    /// Halves the span until its ends are neighbours: every step between equal codes is skipped.
    fn fill(&self, first: &mut [i64], rank: &dyn Fn(i64) -> usize, low: (i64, usize), high: (i64, usize)) {
        if low.1 == high.1 {
            return;
        }
        if high.0 - low.0 == 1 {
            first[low.1..high.1].fill(high.0);
            return;
        }
        let middle = low.0 + (high.0 - low.0) / 2;
        let middle = (middle, rank(self.code(middle)));
        self.fill(first, rank, low, middle);
        self.fill(first, rank, middle, high);
    }
}

impl Channel {
    /// The steps of `min + max − code`: code `k` from the top ends where the turned one begins.
    fn turned(&self) -> Channel {
        let mirror = |v: &Vec<i64>| v.iter().rev().map(|t| !t).collect();
        Channel {
            falling: !self.falling,
            range: (!self.range.1, !self.range.0),
            first: mirror(&self.below),
            below: mirror(&self.first),
        }
    }
}

impl Steps {
    /// Type of the codes.
    pub fn output(&self) -> IntType {
        if self.stride == 2 { IntType::BIPOLAR } else { IntType::smallest(self.min, self.max) }
    }

    /// The steps of `min + max − code` in the channels that are marked, of `code` in the others; all, if none is marked.
    pub fn turned(&self, channels: &[bool]) -> Steps {
        let turned = |(c, turn): (usize, &bool)| {
            let channel = if self.channels.len() == 1 { &self.channels[0] } else { &self.channels[c] };
            if *turn { channel.turned() } else { channel.clone() }
        };
        let channels = match channels.contains(&true) {
            true => channels.iter().enumerate().map(turned).collect(),
            false => self.channels.clone(),
        };
        Steps { channels, ..*self }
    }

    /// The function as comparisons.
    pub fn thresholds(&self) -> Thresholds {
        let columns = ((self.max - self.min) / self.stride) as usize;
        let values = self.channels.iter().flat_map(|c| c.first.iter().copied()).collect();
        let table = Array2::from_shape_vec((self.channels.len(), columns), values)
            .expect("every channel has one step per code above the smallest");
        Thresholds {
            base: self.min,
            falling: self.channels.iter().map(|c| c.falling).collect(),
            table: Arc::new(table),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Rounding, exact};
    use crate::scalar::Step;

    #[test]
    fn steps_describe_rising_and_falling_channels() {
        let f = ScalarFn::affine(vec![exact(0.3), exact(-0.7)], vec![exact(0.1)]).then(Step::Round {
            rounding: Rounding::HalfEven,
            offset: vec![0],
            min: Some(vec![-4]),
            max: Some(vec![9]),
        });
        let input = IntType::smallest(-20, 33);
        let table = find(&f, input, 2, false).thresholds();
        for c in 0..2 {
            let eval = Evaluator::new(&f, c);
            for x in input.min..=input.max {
                let v = if table.falling[c] { !x } else { x };
                let code = table.base + table.table.row(c).iter().filter(|t| v >= **t).count() as i64;
                assert_eq!(code, eval.code(x), "channel {c} at {x}");
            }
        }
    }
}
