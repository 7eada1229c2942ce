//! The cheapest mix at given prices, exactly: dynamic programming from the last layers to the first.
//!
//! A layer has one link into it that is priced (where streams join, the first); the links are a forest then, and
//! how a layer is chosen matters to those behind it by the lanes that it gives only.

use super::instance::{Instance, Load, dot};

/// What layers cost with all layers behind them.
pub(super) struct Priced {
    /// Of all layers behind a layer, by its exit.
    behind: Vec<Vec<f64>>,
    /// Of a layer with its converters and all behind it, by the exit of the layer before; and the item.
    arriving: Vec<Vec<(f64, usize)>>,
    /// The layer before, where there is one.
    before: Vec<Option<usize>>,
}

impl Priced {
    /// Prices an instance.
    pub fn new(instance: &Instance, price: &Load) -> Priced {
        let stages = &instance.stages;
        let mut priced = Priced {
            behind: stages.iter().map(|s| vec![0.0; s.exits.len()]).collect(),
            arriving: vec![Vec::new(); stages.len()],
            before: vec![None; stages.len()],
        };
        for layer in (0..stages.len()).rev() {
            let entering = priced.entering(instance, layer, price);
            let link = instance.links.iter().find(|l| l.to == layer && l.in_forest);
            let Some(link) = link else {
                priced.arriving[layer] = vec![least(entering.into_iter())];
                continue;
            };
            priced.before[layer] = Some(link.from);
            for (exit, row) in link.loads.iter().enumerate() {
                let costs =
                    row.iter().zip(&entering).map(|(load, (cost, item))| (cost + dot(price, load), *item));
                let cheapest = least(costs);
                priced.behind[link.from][exit] += cheapest.0;
                priced.arriving[layer].push(cheapest);
            }
        }
        priced
    }

    /// The cheapest item of a layer for each entry, with all behind it.
    fn entering(&self, instance: &Instance, layer: usize, price: &Load) -> Vec<(f64, usize)> {
        let stage = &instance.stages[layer];
        let mut cheapest = vec![(f64::INFINITY, 0); stage.entries.len()];
        for (index, item) in stage.items.iter().enumerate() {
            let cost = dot(price, &item.load) + self.behind[layer][item.exit];
            if cost < cheapest[item.entry].0 {
                cheapest[item.entry] = (cost, index);
            }
        }
        cheapest
    }

    /// Cost of the cheapest mix.
    pub fn least(&self) -> f64 {
        let roots = self.arriving.iter().zip(&self.before).filter(|(_, before)| before.is_none());
        roots.map(|(arriving, _)| arriving[0].0).sum()
    }

    /// The cheapest mix.
    pub fn picks(&self, instance: &Instance) -> Vec<usize> {
        let mut picks = Vec::new();
        for (arriving, before) in self.arriving.iter().zip(&self.before) {
            let exit = before.map_or(0, |before: usize| instance.item(&picks, before).exit);
            picks.push(arriving[exit].1);
        }
        picks
    }

    /// Cost of the layers behind a layer of this exit.
    pub fn behind(&self, layer: usize, exit: usize) -> f64 {
        self.behind[layer][exit]
    }

    /// Cost of a layer and all behind it, where the layer before has this exit.
    pub fn arriving(&self, layer: usize, exit: usize) -> f64 {
        self.arriving[layer][exit].0
    }

    /// The layer whose exit matters to a layer.
    pub fn before(&self, layer: usize) -> Option<usize> {
        self.before[layer]
    }
}

fn least(costs: impl Iterator<Item = (f64, usize)>) -> (f64, usize) {
    costs.fold((f64::INFINITY, 0), |a, b| if b.0 < a.0 { b } else { a })
}
