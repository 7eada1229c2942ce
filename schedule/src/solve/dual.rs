//! Prices with a high bound: those of much-used resources rise, those of idle ones fall.

use super::instance::{Instance, Load, scarcest};
use super::tree::Priced;
use crate::price::Score;

/// Rounds at least, so that what does not fit is told by a good mix.
const LEAST_ROUNDS: usize = 12;
/// Rounds at most; bound and mixes settle within 50 on the networks that were looked at.
const ROUNDS: usize = 64;
/// The best bound and the best mix are as good as equal then.
const CLOSE: f64 = 0.002;
/// Least factor on a price in a round, and least price.
const SLOWEST: f64 = 0.4;
const LEAST: f64 = 1e-6;

/// What the prices tell.
pub(super) struct Dual {
    /// The best mix on the way.
    pub picks: Vec<usize>,
    /// No mix has a smaller share of its scarcest resource.
    pub bound: f64,
    /// The prices of the bound; they add up to 1.
    pub price: Load,
}

/// Looks for the prices with the highest bound.
pub(super) fn ascend(instance: &Instance) -> Dual {
    let mut price: Load = [1.0 / 6.0; 6];
    let mut best: Option<(Score, f64, Vec<usize>)> = None;
    let mut bounds: Vec<(f64, Load)> = Vec::new();
    for round in 0..ROUNDS {
        let priced = Priced::new(instance, &price);
        let picks = priced.picks(instance);
        let used = instance.total(&picks);
        bounds.push((priced.least(), price));
        let score = Score::of(&used);
        if best.as_ref().is_none_or(|(b, ..)| score.better_than(b)) {
            best = Some((score, scarcest(&used), picks));
        }
        let bound = bounds.iter().map(|b| b.0).fold(0.0, f64::max);
        let found = best.as_ref().map_or(f64::INFINITY, |b| b.1);
        if (bound > 1.0 + CLOSE && round >= LEAST_ROUNDS) || found - bound < CLOSE * found {
            break;
        }
        adjust(&mut price, &used, round);
    }
    let (bound, price) = bounds.into_iter().fold((0.0, price), |a, b| if b.0 > a.0 { b } else { a });
    Dual { picks: best.map(|b| b.2).unwrap_or_default(), bound, price }
}

/// Prices around `price`, itself first: with a resource worth more or less. When some of the resources are given away,
/// the bounds of these are higher than its own.
pub(super) fn around(price: &Load) -> Vec<Load> {
    let dear = (0..price.len()).filter(|i| price[*i] > 10.0 * LEAST);
    let scaled = dear.flat_map(|i| [0.25, 0.6, 1.6, 4.0].map(|factor| scaled(price, i, factor)));
    std::iter::once(*price).chain(scaled).collect()
}

fn scaled(price: &Load, index: usize, factor: f64) -> Load {
    let mut price = *price;
    price[index] *= factor;
    normalize(&mut price);
    price
}

fn normalize(price: &mut Load) {
    let sum: f64 = price.iter().sum();
    price.iter_mut().for_each(|p| *p /= sum);
}

/// Multiplicative weights, in ever smaller steps.
fn adjust(price: &mut Load, used: &Load, round: usize) {
    let most = scarcest(used).max(f64::MIN_POSITIVE);
    let step = 1.0 / (1.0 + round as f64 / 6.0);
    for (price, used) in price.iter_mut().zip(used) {
        *price = (*price * (used / most).powf(step).max(SLOWEST.powf(step))).max(LEAST);
    }
    normalize(price);
}
