//! Branch and bound: parents first, each followed by its children, the cheapest at the dual's prices first.

use super::dual::{Dual, least, priced};
use super::improve::improve;
use super::{Picks, Problem, TOLERANCE, add, fits};

/// What came of it.
pub(super) struct Found {
    /// The best choice and its loss.
    pub best: Option<(Picks, f64)>,
    /// Whether everything else is excluded.
    pub complete: bool,
    /// Choices looked at.
    pub nodes: u64,
}

/// Something to decide.
#[derive(Clone, Copy)]
enum Turn {
    Parent(usize),
    Child(usize),
}

/// A search under way.
struct Search<'a> {
    problem: &'a Problem,
    price: &'a [f64],
    turns: Vec<Turn>,
    /// For each turn: least loss and price of all parents (with their children) that come after its parent.
    later: Vec<f64>,
    /// For each turn and resource: the least that what is undecided takes, were the parent's pick free.
    need: Vec<Vec<f64>>,
    /// For each child and pick of its parent: least loss and price.
    child_least: Vec<Vec<f64>>,
    best: Option<(Picks, f64)>,
    nodes: u64,
    most: u64,
}

/// Looks for the best choice.
pub(super) fn search(problem: &Problem, dual: &Dual, most: u64) -> Found {
    let mut search = Search::new(problem, dual, most);
    let picks = Picks { parents: vec![0; problem.parents.len()], children: vec![0; problem.children.len()] };
    let slack: f64 = dual.price.iter().sum();
    let complete = search.go(0, &mut picks.clone(), (-slack, 0.0), 0.0, &mut vec![0.0; problem.budgets]);
    if !complete && let Some((picks, loss)) = &mut search.best {
        improve(problem, picks);
        *loss = problem.loss(picks);
    }
    Found { best: search.best, complete, nodes: search.nodes }
}

impl<'a> Search<'a> {
    fn new(problem: &'a Problem, dual: &'a Dual, most: u64) -> Self {
        let price = dual.price.as_slice();
        let of = |child: &super::Child| child.items.iter().map(|items| least(items, price).1).collect();
        let child_least: Vec<Vec<f64>> = problem.children.iter().map(of).collect();
        let mut turns = Vec::new();
        for parent in 0..problem.parents.len() {
            turns.push(Turn::Parent(parent));
            let own = problem.children.iter().enumerate().filter(|(_, child)| child.parent == parent);
            turns.extend(own.map(|(child, _)| Turn::Child(child)));
        }
        let mut search = Search {
            problem,
            price,
            later: Vec::new(),
            need: Vec::new(),
            child_least,
            best: dual.best.clone(),
            nodes: 0,
            most,
            turns,
        };
        search.look_ahead();
        search
    }

    /// Fills `later` and `need`, from the last turn to the first.
    fn look_ahead(&mut self) {
        let (mut later, mut need) = (0.0, vec![0.0; self.problem.budgets]);
        let (mut laters, mut needs) = (Vec::new(), Vec::new());
        for turn in self.turns.iter().rev() {
            laters.push(later);
            needs.push(need.clone());
            match *turn {
                Turn::Parent(parent) => {
                    let items = self.problem.parents[parent].iter().enumerate();
                    let all =
                        items.map(|(pick, item)| priced(item, self.price) + self.children(parent, pick, 0));
                    later += all.fold(f64::INFINITY, f64::min);
                    add(&mut need, &least_loads(&self.problem.parents[parent]), 1.0);
                }
                Turn::Child(child) => {
                    let all: Vec<_> = self.problem.children[child].items.concat();
                    add(&mut need, &least_loads(&all), 1.0);
                }
            }
        }
        laters.reverse();
        needs.reverse();
        (self.later, self.need) = (laters, needs);
    }

    /// Least loss and price of a parent's children from index `from` on.
    fn children(&self, parent: usize, pick: usize, from: usize) -> f64 {
        let own =
            self.problem.children.iter().enumerate().skip(from).filter(|(_, child)| child.parent == parent);
        own.map(|(child, _)| self.child_least[child][pick]).sum()
    }

    /// Decides turn `turn`; `priced` is loss and price of what is decided (less the budgets' price), and the least of the
    /// parent's children that are not. False where it gave up.
    fn go(
        &mut self,
        turn: usize,
        picks: &mut Picks,
        (decided, open): (f64, f64),
        loss: f64,
        load: &mut Vec<f64>,
    ) -> bool {
        let Some(&now) = self.turns.get(turn) else {
            if fits(load.iter()) && self.best.as_ref().is_none_or(|(_, best)| loss < *best) {
                self.best = Some((picks.clone(), loss));
            }
            return true;
        };
        self.nodes += 1;
        if self.nodes > self.most {
            return false;
        }
        let problem = self.problem;
        let items = match now {
            Turn::Parent(parent) => &problem.parents[parent],
            Turn::Child(child) => {
                &problem.children[child].items[picks.parents[problem.children[child].parent]]
            }
        };
        let mut order: Vec<(f64, f64, usize)> = (0..items.len())
            .map(|pick| {
                let left = match now {
                    Turn::Parent(parent) => self.children(parent, pick, 0),
                    Turn::Child(child) => {
                        open - self.child_least[child][picks.parents[problem.children[child].parent]]
                    }
                };
                (priced(&items[pick], self.price), left, pick)
            })
            .collect();
        order.sort_by(|a, b| (a.0 + a.1).total_cmp(&(b.0 + b.1)));
        for (cost, left, pick) in order {
            let bound = decided + cost + left + self.later[turn];
            if self.excluded(bound) {
                break;
            }
            add(load, &items[pick].load, 1.0);
            let possible = load.iter().zip(&self.need[turn]).all(|(l, n)| l + n <= 1.0 + TOLERANCE);
            match now {
                Turn::Parent(parent) => picks.parents[parent] = pick,
                Turn::Child(child) => picks.children[child] = pick,
            }
            let loss = loss + items[pick].loss;
            let complete = !possible || self.go(turn + 1, picks, (decided + cost, left), loss, load);
            add(load, &items[pick].load, -1.0);
            if !complete {
                return false;
            }
        }
        true
    }

    /// Whether no choice of at least this loss is of interest any more.
    fn excluded(&self, bound: f64) -> bool {
        self.best.as_ref().is_some_and(|(_, best)| bound >= best - best.abs() * 1e-9)
    }
}

fn least_loads(items: &[super::Item]) -> Vec<f64> {
    let budgets = items.first().map_or(0, |item| item.load.len());
    (0..budgets).map(|r| items.iter().map(|item| item.load[r]).fold(f64::INFINITY, f64::min)).collect()
}
