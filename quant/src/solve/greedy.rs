//! Step by step from the widest candidates down.

use super::{Infeasible, Picks, Problem, Solution, Solver, add, excess, fits, unbeaten};

/// Takes the least loss of everything, then again and again the next item of what loses least for what it frees, until all
/// budgets hold. Never goes back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Greedy;

impl Solver for Greedy {
    fn name(&self) -> &'static str {
        "greedy"
    }

    fn solve(&self, problem: &Problem) -> Result<Solution, Infeasible> {
        let mut reduced = problem.clone();
        for child in &mut reduced.children {
            child.items.iter_mut().for_each(|items| *items = unbeaten(items));
        }
        let best = |items: &Vec<super::Item>| {
            let all = items.iter().enumerate().map(|(pick, item)| (pick, item.loss));
            all.fold((0, f64::INFINITY), |best, it| if it.1 < best.1 { it } else { best }).0
        };
        let parents: Vec<usize> = reduced.parents.iter().map(best).collect();
        let of = |child: &super::Child| best(&child.items[parents[child.parent]]);
        let mut picks = Picks { children: reduced.children.iter().map(of).collect(), parents };
        while !fits(reduced.load(&picks)) {
            let Some((child, pick)) = next(&reduced, &picks) else {
                return Err(Infeasible { least: reduced.least(), proved: false });
            };
            picks.children[child] = pick;
        }
        let loss = reduced.loss(&picks);
        let (load, bound) = (reduced.load(&picks), f64::NEG_INFINITY);
        Ok(Solution { picks: reduced.tags(&picks), load, loss, bound, optimal: false, nodes: 0 })
    }
}

/// The child's pick that loses least for what it brings back of what is beyond the budgets.
fn next(problem: &Problem, picks: &Picks) -> Option<(usize, usize)> {
    let load = problem.load(picks);
    let mut best: Option<(f64, (usize, usize))> = None;
    for (index, child) in problem.children.iter().enumerate() {
        let items = &child.items[picks.parents[child.parent]];
        let now = &items[picks.children[index]];
        for (pick, item) in items.iter().enumerate() {
            let mut after = load.clone();
            add(&mut after, &item.load, 1.0);
            add(&mut after, &now.load, -1.0);
            let freed = excess(load.iter()) - excess(after);
            let price = (item.loss - now.loss) / freed;
            if freed > 1e-12 && best.is_none_or(|(least, _)| price < least) {
                best = Some((price, (index, pick)));
            }
        }
    }
    best.map(|(_, step)| step)
}
