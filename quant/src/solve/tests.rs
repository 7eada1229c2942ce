//! Against a search through all choices.

use super::*;
use proptest::prelude::*;

/// Every choice of a small problem.
fn all(problem: &Problem) -> Vec<Picks> {
    let mut choices = vec![Picks::default()];
    for items in &problem.parents {
        choices = extend(&choices, |_| items.len(), |picks, pick| picks.parents.push(pick));
    }
    for child in &problem.children {
        let count = |picks: &Picks| child.items[picks.parents[child.parent]].len();
        choices = extend(&choices, count, |picks, pick| picks.children.push(pick));
    }
    choices
}

fn extend(
    choices: &[Picks],
    count: impl Fn(&Picks) -> usize,
    push: impl Fn(&mut Picks, usize),
) -> Vec<Picks> {
    let with = |picks: &Picks, pick| {
        let mut picks = picks.clone();
        push(&mut picks, pick);
        picks
    };
    choices
        .iter()
        .flat_map(|picks| (0..count(picks)).map(|pick| with(picks, pick)).collect::<Vec<_>>())
        .collect()
}

fn item(budgets: usize) -> impl Strategy<Value = Item> {
    (0.0f64..10.0, prop::collection::vec(0.01f64..0.6, budgets)).prop_map(|(loss, load)| Item {
        loss,
        load,
        tag: 0,
    })
}

fn items(budgets: usize) -> impl Strategy<Value = Vec<Item>> {
    prop::collection::vec(item(budgets), 1..4)
        .prop_map(|items| items.into_iter().enumerate().map(|(tag, item)| Item { tag, ..item }).collect())
}

fn problem() -> impl Strategy<Value = Problem> {
    (1usize..4).prop_flat_map(|budgets| {
        let parents = prop::collection::vec(items(budgets), 1..3);
        let children = prop::collection::vec((0usize..2, prop::collection::vec(items(budgets), 3)), 1..5);
        (parents, children).prop_map(move |(parents, children)| {
            let child = |(parent, items): (usize, Vec<Vec<Item>>)| {
                let parent = parent % parents.len();
                Child { parent, items: items[..parents[parent].len()].to_vec() }
            };
            Problem { budgets, children: children.into_iter().map(child).collect(), parents: parents.clone() }
        })
    })
}

proptest! {
    #[test]
    fn exact_is_the_best_of_all_choices(problem in problem()) {
        let fitting = all(&problem).into_iter().filter(|picks| fits(problem.load(picks)));
        let best = fitting.map(|picks| problem.loss(&picks)).fold(f64::INFINITY, f64::min);
        match Exact::default().solve(&problem) {
            Ok(solution) => {
                prop_assert!(solution.optimal && (solution.loss - best).abs() < 1e-9, "{} {best}", solution.loss);
                prop_assert!((problem.loss(&solution.picks) - best).abs() < 1e-9);
                prop_assert!(fits(problem.load(&solution.picks)) && fits(&solution.load));
            }
            Err(infeasible) => prop_assert!(infeasible.proved && best.is_infinite()),
        }
        if let Ok(greedy) = Greedy.solve(&problem) {
            prop_assert!(greedy.loss >= best - 1e-9 && fits(problem.load(&greedy.picks)));
        }
    }

    #[test]
    fn the_bound_holds_where_it_gives_up(problem in problem()) {
        let fitting = all(&problem).into_iter().filter(|picks| fits(problem.load(picks)));
        let best = fitting.map(|picks| problem.loss(&picks)).fold(f64::INFINITY, f64::min);
        if let Ok(solution) = (Exact { nodes: 1 }).solve(&problem) {
            prop_assert!(solution.bound <= best + 1e-9 && solution.loss >= best - 1e-9);
        }
    }
}

#[test]
fn what_cannot_be_says_how_much_is_short() {
    let item = |load: f64| Item { loss: 0.0, load: vec![load], tag: 0 };
    let problem = Problem {
        budgets: 1,
        parents: vec![vec![item(0.5), item(0.25)]],
        children: vec![Child { parent: 0, items: vec![vec![item(1.0)], vec![item(1.25)]] }],
    };
    let infeasible = Exact::default().solve(&problem).unwrap_err();
    assert_eq!(infeasible, Infeasible { least: vec![1.5], proved: true });
}
