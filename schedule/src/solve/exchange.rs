//! Single exchanges: another item of one layer at a time, while that helps.

use super::instance::{Instance, Load, plus, scarcest};
use crate::price::Score;

/// Passes over all layers.
const PASSES: usize = 4;

/// Improves a mix; the share of its scarcest resource.
pub(super) fn improve(instance: &Instance, picks: &mut [usize]) -> f64 {
    let mut best = instance.score(picks);
    for _ in 0..PASSES {
        let before = best;
        for layer in 0..picks.len() {
            best = improve_layer(instance, picks, layer, best);
        }
        if !best.better_than(&before) {
            break;
        }
    }
    scarcest(&instance.total(picks))
}

fn improve_layer(instance: &Instance, picks: &mut [usize], layer: usize, mut best: Score) -> Score {
    let own = plus(&instance.item(picks, layer).load, &conversions(instance, picks, layer));
    let total = instance.total(picks);
    let rest: Load = std::array::from_fn(|i| (total[i] - own[i]).max(0.0));
    let mut chosen = picks[layer];
    for (index, item) in instance.stages[layer].items.iter().enumerate() {
        let bare = plus(&rest, &item.load);
        // Without its converters an item costs less: a bound that saves most of the work.
        if !Score::of(&bare).better_than(&best) {
            continue;
        }
        picks[layer] = index;
        let score = Score::of(&plus(&bare, &conversions(instance, picks, layer)));
        if score.better_than(&best) {
            (chosen, best) = (index, score);
        }
    }
    picks[layer] = chosen;
    best
}

/// Converters between a layer and its neighbours.
fn conversions(instance: &Instance, picks: &[usize], layer: usize) -> Load {
    let touching = instance.links.iter().filter(|l| l.from == layer || l.to == layer);
    touching.fold(Load::default(), |sum, link| plus(&sum, &instance.conversion(link, picks)))
}
