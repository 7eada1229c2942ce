//! Plans: the choices of a schedule as a file that a designer can edit.
//!
//! The keys of a layer are those of a choice, whatever it has; what is allowed is asked of the layer itself.

use crate::fold::{Candidate, Choice};
use crate::layer::{Layer, Problem};
use crate::legal::{keys, one_of};
use crate::planner::Solution;
use mpqc_ir::design::testing::Random;
use mpqc_ir::design::{Resources, Target};
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_ir::int_network::IntNetwork;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of the format that is written and read.
const VERSION: u32 = 1;

/// Choices for the layers of a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Version of the format: 1.
    version: u32,
    /// Cycles per frame that ports, converters and whatever else is not a layer must sustain.
    pub(crate) cycles: u64,
    /// Layers, by name; those that are not named are chosen by the search, within `cycles`.
    layers: Vec<LayerPlan>,
}

/// The choice for one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerPlan {
    /// Name of the layer.
    name: String,
    /// The keys of a choice.
    #[serde(flatten)]
    choice: Map<String, Value>,
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// `bad-input` where the text is no plan, or one of another version.
    pub fn from_json(text: &str) -> Result<Plan, Diagnostic> {
        let plan: Plan = serde_json::from_str(text).map_err(|e| {
            bad("plan", e.to_string(), "compare it with a `plan.json` that `mpqc compile` wrote")
        })?;
        match plan.version {
            VERSION => Ok(plan),
            other => {
                let reason = format!("version {other} of the format is not known");
                Err(bad("plan", reason, &format!("write version {VERSION}, as docs/json.md tells it")))
            }
        }
    }

    /// The text of a plan.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a plan is plain data") + "\n"
    }

    /// The plan that leads to a solution.
    pub(crate) fn of(network: &IntNetwork, problem: &Problem, solution: &Solution) -> Plan {
        let names = names(network, problem).into_iter().zip(&solution.choices);
        let layers = names.map(|(name, choice)| LayerPlan { name, choice: keys(choice) }).collect();
        Plan { version: VERSION, cycles: solution.limit, layers }
    }

    /// A plan of random choices that fit together, the same for the same `seed`: any fold, kind, memory, requantizer.
    ///
    /// # Errors
    /// `bad-shape` where an operator does not fit its operands.
    pub fn random(network: &IntNetwork, target: &Target, seed: u64) -> Result<Plan, Diagnostic> {
        let problem = Problem::new(network)?;
        let mut random = Random(seed);
        let share = fair_share(target, problem.layers.len());
        let draw = |layer| draw(layer, target, &share, &mut random);
        let drawn: Vec<Choice> = problem.layers.iter().map(draw).collect();
        let cycles = problem.layers.iter().zip(&drawn).map(|(l, c)| l.cycles(c.fold)).max().unwrap_or(1);
        let names = names(network, &problem).into_iter().zip(&drawn);
        let layers = names.map(|(name, choice)| LayerPlan { name, choice: keys(choice) }).collect();
        Ok(Plan { version: VERSION, cycles: cycles.max(problem.floor), layers })
    }

    /// The choices with their costs, in the layers' order; `None` for those that are not named.
    ///
    /// # Errors
    /// `bad-input` about the first layer or key that is not allowed, with what is.
    pub(crate) fn choices(
        &self,
        network: &IntNetwork,
        problem: &Problem,
        target: &Target,
    ) -> Result<Vec<Option<Candidate>>, Diagnostic> {
        if self.cycles < 1 {
            return Err(bad("plan", "`cycles` is 0".into(), "give at least 1"));
        }
        let names = names(network, problem);
        let mut choices = vec![None; names.len()];
        for layer in &self.layers {
            let Some(index) = names.iter().position(|n| *n == layer.name) else {
                let help = format!("the layers are: {}", one_of(&names));
                return Err(bad(&layer.name, "the network has no layer of this name".into(), &help));
            };
            if choices[index].is_some() {
                return Err(bad(&layer.name, "the plan names this layer twice".into(), "keep one of them"));
            }
            choices[index] = Some(layer.candidate(&problem.layers[index], target)?);
        }
        Ok(choices)
    }
}

impl LayerPlan {
    fn candidate(&self, layer: &Layer, target: &Target) -> Result<Candidate, Diagnostic> {
        let choice = self.parse(layer, target)?;
        layer.legal(&choice, target).map_err(|illegal| {
            let value = &self.choice[&illegal.key];
            let reason = format!("`{}` cannot be {value} here", illegal.key);
            bad(&self.name, reason, &format!("allowed here: {}", illegal.allowed))
        })
    }

    /// The choice; any other choice of the layer tells the keys and, key by key, which one is wrong.
    fn parse(&self, layer: &Layer, target: &Target) -> Result<Choice, Diagnostic> {
        let some = layer.variants(layer.narrowest(), target);
        let mut template = keys(&some[0].choice);
        template.insert("neighbours".into(), 1.into());
        let known = format!("the keys of a layer are: name, {}", one_of(template.keys()));
        if let Some(key) = self.choice.keys().find(|key| !template.contains_key(*key)) {
            return Err(bad(&self.name, format!("`{key}` is not a key of a layer"), &known));
        }
        if let Some(key) = template.keys().find(|key| *key != "neighbours" && !self.choice.contains_key(*key))
        {
            return Err(bad(&self.name, format!("`{key}` is missing"), &known));
        }
        for (key, value) in &self.choice {
            let mut one = template.clone();
            one.insert(key.clone(), value.clone());
            serde_json::from_value::<Choice>(Value::Object(one))
                .map_err(|e| bad(&self.name, format!("`{key}`: {e}"), "correct the value"))?;
        }
        let choice = Value::Object(self.choice.clone());
        serde_json::from_value(choice).map_err(|e| bad(&self.name, e.to_string(), &known))
    }
}

fn bad(node: &str, reason: String, help: &str) -> Diagnostic {
    Diagnostic::new(Code::BadInput, node, reason, help)
}

/// Names of the layers: those of their nodes in the network, which are unique.
fn names(network: &IntNetwork, problem: &Problem) -> Vec<String> {
    problem.layers.iter().map(|layer| network.graph[layer.node].name.clone()).collect()
}

/// A candidate for a number of cycles between the layer's fewest and most, in logarithm, that takes at most `share`.
fn draw(layer: &Layer, target: &Target, share: &Resources, random: &mut Random) -> Choice {
    let (fewest, most) = (layer.floor(), layer.cycles(layer.narrowest()));
    let part = random.within(0, 1000) as f64 / 1000.0;
    let limit = (fewest as f64 * (most as f64 / fewest as f64).powf(part)).round() as u64;
    let mut all = layer.candidates(limit.clamp(fewest, most.max(fewest)), target);
    all.retain(|c| c.cost.fits(share));
    if all.is_empty() {
        all = layer.variants(layer.narrowest(), target);
    }
    // Few layers can share multipliers among neighbouring pixels: half of those that can do.
    let (sharing, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|c| c.choice.fold.neighbours > 1);
    let shares = others.is_empty() || !sharing.is_empty() && random.within(0, 1) == 1;
    let all = if shares { sharing } else { others };
    let mut choice = all[random.within(0, all.len() as i64 - 1) as usize].choice;
    if choice.dsp.rows > 0 {
        let mut split = choice;
        split.dsp.rows = random.within(1, choice.fold.pe as i64) as usize;
        // With other rows in slices it may take more than its share.
        if layer.legal(&split, target).is_ok_and(|it| it.cost.fits(share)) {
            choice = split;
        }
    }
    choice
}

/// What each of `layers` layers may take so that all fit with something to spare for what stands beside them.
fn fair_share(target: &Target, layers: usize) -> Resources {
    let part = |all: u64| all / (2 * layers.max(1) as u64);
    let Resources { lut, ff, dsp, bram18, uram } = target.resources;
    Resources { lut: part(lut), ff: part(ff), dsp: part(dsp), bram18: part(bram18), uram: part(uram) }
}
