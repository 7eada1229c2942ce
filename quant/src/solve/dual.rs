//! Prices for the resources, so that the relaxed problem's bound is as high as possible.

use super::improve::improve;
use super::{Item, Picks, Problem, fits};

/// Prices, and what was met while they were looked for.
pub(super) struct Dual {
    /// Price of each budget.
    pub price: Vec<f64>,
    /// No choice within the budgets has a smaller loss.
    pub bound: f64,
    /// The best choice within the budgets that was met.
    pub best: Option<(Picks, f64)>,
}

/// Steps of the search.
const STEPS: usize = 300;
/// Steps without a better bound after which they become half as long.
const PATIENCE: usize = 10;

/// Looks for the prices with the highest bound, by subgradients of Polyak's length.
pub(super) fn ascend(problem: &Problem) -> Dual {
    let mut price = vec![0.0; problem.budgets];
    let mut dual = Dual { price: price.clone(), bound: f64::NEG_INFINITY, best: None };
    let (mut scale, mut idle, mut last) = (1.0, 0, Picks::default());
    for _ in 0..STEPS {
        let picks = cheapest(problem, &price);
        let over: Vec<f64> = problem.load(&picks).iter().map(|load| load - 1.0).collect();
        let bound = problem.loss(&picks) + price.iter().zip(&over).map(|(p, o)| p * o).sum::<f64>();
        idle += 1;
        if bound > dual.bound {
            (dual.bound, idle) = (bound, 0);
            dual.price.clone_from(&price);
        }
        if picks != last {
            dual.meet(problem, picks.clone());
            last = picks;
        }
        if idle >= PATIENCE {
            (scale, idle) = (scale / 2.0, 0);
        }
        let length: f64 = over.iter().map(|o| o * o).sum();
        let aim = dual.best.as_ref().map_or_else(|| bound.abs() + 1.0 + dual.bound.abs(), |(_, loss)| *loss);
        if length == 0.0 || aim - bound <= aim.abs() * 1e-12 {
            break;
        }
        let step = scale * (aim - bound) / length;
        price.iter_mut().zip(&over).for_each(|(p, o)| *p = f64::max(*p + step * o, 0.0));
    }
    dual
}

impl Dual {
    /// Keeps a choice, repaired and improved, if it is the best so far.
    fn meet(&mut self, problem: &Problem, mut picks: Picks) {
        improve(problem, &mut picks);
        let loss = problem.loss(&picks);
        let better = self.best.as_ref().is_none_or(|(_, best)| loss < *best);
        if better && fits(problem.load(&picks)) {
            self.best = Some((picks, loss));
        }
    }
}

/// Loss and price of an item.
pub(super) fn priced(item: &Item, price: &[f64]) -> f64 {
    item.loss + item.load.iter().zip(price).map(|(l, p)| l * p).sum::<f64>()
}

/// The item of the least loss and price, and what they are.
pub(super) fn least(items: &[Item], price: &[f64]) -> (usize, f64) {
    let all = items.iter().enumerate().map(|(i, item)| (i, priced(item, price)));
    all.fold((0, f64::INFINITY), |best, it| if it.1 < best.1 { it } else { best })
}

/// The choice of the least loss and price.
fn cheapest(problem: &Problem, price: &[f64]) -> Picks {
    let parent = |(parent, items): (usize, &Vec<Item>)| {
        let with = |(pick, item): (usize, &Item)| {
            let children = problem.of_parent(parent).map(|child| least(&child.items[pick], price).1);
            (pick, priced(item, price) + children.sum::<f64>())
        };
        let all = items.iter().enumerate().map(with);
        all.fold((0, f64::INFINITY), |best, it| if it.1 < best.1 { it } else { best }).0
    };
    let parents: Vec<usize> = problem.parents.iter().enumerate().map(parent).collect();
    let child = |child: &super::Child| least(&child.items[parents[child.parent]], price).0;
    Picks { children: problem.children.iter().map(child).collect(), parents }
}
