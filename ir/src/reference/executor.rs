//! Runs a network: order, constants and lifetimes of tensors are worked out once, then frames flow.

use super::eval;
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{Network, Op};
use crate::number::IntType;
use ndarray::ArrayD;
use petgraph::graph::NodeIndex;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// A tensor's place in a run.
pub(super) type Slot = usize;

/// The tensors of a run that are alive.
pub(super) type Tensors<'a> = Vec<Option<Cow<'a, ArrayD<f64>>>>;

/// A graph input.
struct Input {
    name: String,
    /// The shape of one frame; `None` where nothing reads the input.
    shape: Option<Vec<usize>>,
    datatype: Option<IntType>,
    slot: Slot,
}

/// One operator to evaluate.
pub(super) struct Step {
    name: String,
    operator: String,
    op: Op,
    /// Where the operands are.
    pub(super) inputs: Vec<Option<Slot>>,
    /// Where the outputs go, by position; those that nothing reads are dropped.
    pub(super) outputs: Vec<(usize, Slot)>,
    /// What nothing reads any more after this step.
    dead: Vec<Slot>,
}

/// A network, ready to run.
pub struct Executor {
    inputs: Vec<Input>,
    outputs: Vec<(String, Option<Slot>)>,
    constants: Vec<(Slot, ArrayD<f64>)>,
    /// What is computed, in order.
    pub(super) steps: Vec<Step>,
    /// The tensors' names, by slot.
    pub(super) names: Vec<String>,
}

impl Executor {
    /// Prepares a network: converts its constants and orders its operators.
    ///
    /// # Panics
    /// If the graph has a cycle: importers refuse cycles.
    pub fn new(network: &Network) -> Executor {
        let order = network.topological();
        let slots = Slots::new(network, &order);
        let executor = Executor {
            inputs: network.inputs.iter().map(|&node| slots.input(network, node)).collect(),
            outputs: network.outputs.iter().map(|&node| slots.output(network, node)).collect(),
            constants: order.iter().filter_map(|&node| slots.constant(network, node)).collect(),
            steps: order.iter().filter_map(|&node| slots.step(network, node)).collect(),
            names: slots.names,
        };
        executor.with_lifetimes()
    }

    /// The name and the shape of one frame of each input, in the model's order; a shape is `None` where nothing
    /// reads the input.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, Option<&[usize]>)> {
        self.inputs.iter().map(|input| (input.name.as_str(), input.shape.as_deref()))
    }

    /// One frame: a tensor for each input, in the model's order, to a tensor for each output.
    ///
    /// # Errors
    /// [`Code::BadInput`] where the frame is not what the model takes, and what [`eval`] finds, with the node's
    /// name.
    pub fn run(&self, frame: &[ArrayD<f64>]) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
        let mut tensors = self.start(frame)?;
        for step in &self.steps {
            step.run(&mut tensors)?;
            step.dead.iter().for_each(|&slot| tensors[slot] = None);
        }
        self.collect(&tensors)
    }

    /// The model's outputs among the tensors of a finished run.
    pub(super) fn collect(&self, tensors: &Tensors<'_>) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
        self.outputs.iter().map(|(name, slot)| output(tensors, name, *slot)).collect()
    }

    /// One frame as [`Executor::run`] takes it, to every tensor that something reads, by name.
    ///
    /// # Errors
    /// As [`Executor::run`].
    pub fn trace(&self, frame: &[ArrayD<f64>]) -> Result<BTreeMap<String, ArrayD<f64>>, Diagnostic> {
        let mut tensors = self.start(frame)?;
        for step in &self.steps {
            step.run(&mut tensors)?;
        }
        let named = self.names.iter().cloned().zip(tensors);
        Ok(named.filter_map(|(name, tensor)| Some((name, tensor?.into_owned()))).collect())
    }

    /// Many frames, in parallel.
    ///
    /// # Errors
    /// As [`Executor::run`].
    pub fn run_batch(&self, frames: &[Vec<ArrayD<f64>>]) -> Result<Vec<Vec<ArrayD<f64>>>, Diagnostic> {
        frames.par_iter().map(|frame| self.run(frame)).collect()
    }

    /// The tensors that are there before the first step.
    pub(super) fn start<'a>(&'a self, frame: &'a [ArrayD<f64>]) -> Result<Tensors<'a>, Diagnostic> {
        if frame.len() != self.inputs.len() {
            let reason = format!("{} tensors for a model of {} inputs", frame.len(), self.inputs.len());
            return Err(Diagnostic::new(Code::BadInput, "inputs", reason, "give one array for each input"));
        }
        let mut tensors: Tensors<'a> = vec![None; self.names.len()];
        for (slot, constant) in &self.constants {
            tensors[*slot] = Some(Cow::Borrowed(constant));
        }
        for (input, x) in self.inputs.iter().zip(frame) {
            input.check(x)?;
            tensors[input.slot] = Some(Cow::Borrowed(x));
        }
        Ok(tensors)
    }

    /// Marks in each step what it is the last to read.
    fn with_lifetimes(mut self) -> Executor {
        let mut read: Vec<bool> = vec![false; self.names.len()];
        self.outputs.iter().filter_map(|(_, slot)| *slot).for_each(|slot| read[slot] = true);
        for step in self.steps.iter_mut().rev() {
            for &slot in step.inputs.iter().flatten() {
                if !std::mem::replace(&mut read[slot], true) {
                    step.dead.push(slot);
                }
            }
        }
        self
    }
}

fn output(tensors: &Tensors<'_>, name: &str, slot: Option<Slot>) -> Result<ArrayD<f64>, Diagnostic> {
    let tensor = slot.and_then(|slot| tensors[slot].as_deref());
    tensor.cloned().ok_or_else(|| {
        Diagnostic::new(Code::BrokenGraph, name, "nothing computes this output", "connect or remove it")
    })
}

impl Step {
    /// Computes the step's outputs from its operands.
    pub(super) fn run(&self, tensors: &mut Tensors<'_>) -> Result<(), Diagnostic> {
        let operands: Vec<_> =
            self.inputs.iter().map(|slot| slot.and_then(|slot| tensors[slot].as_deref())).collect();
        let results = eval(&self.op, &operands).map_err(|e| self.blame(e))?;
        let mut results: Vec<_> = results.into_iter().map(Some).collect();
        for &(position, slot) in &self.outputs {
            let result = results.get_mut(position).and_then(Option::take);
            let result = result.ok_or_else(|| self.blame(no_output(position)))?;
            tensors[slot] = Some(Cow::Owned(result));
        }
        Ok(())
    }

    fn blame(&self, error: Diagnostic) -> Diagnostic {
        Diagnostic { node: self.name.clone(), ..error }.operator(&self.operator)
    }
}

fn no_output(position: usize) -> Diagnostic {
    let reason = format!("output {position} is read, but the operator has none");
    Diagnostic::new(Code::BrokenGraph, "", reason, "check the model with onnx.checker")
}

impl Input {
    fn check(&self, x: &ArrayD<f64>) -> Result<(), Diagnostic> {
        if let Some(shape) = self.shape.as_ref().filter(|shape| x.shape() != shape.as_slice()) {
            let reason = format!("the frame has shape {:?}, the model takes {shape:?}", x.shape());
            return Err(Diagnostic::new(
                Code::BadInput,
                &self.name,
                reason,
                "give frames of the model's shape",
            ));
        }
        let Some(datatype) = self.datatype else { return Ok(()) };
        match x.iter().find(|v| v.fract() != 0.0 || !datatype.contains(**v as i64)) {
            None => Ok(()),
            Some(v) => {
                let reason = format!("the model promises {datatype} here, the frame has {v}");
                let help = "quantize the data as the model's datatype annotation says";
                Err(Diagnostic::new(Code::BadInput, &self.name, reason, help))
            }
        }
    }
}

/// The slots of all tensors that something reads, and of all inputs.
struct Slots {
    of: HashMap<(NodeIndex, usize), Slot>,
    names: Vec<String>,
}

impl Slots {
    fn new(network: &Network, order: &[NodeIndex]) -> Slots {
        let mut slots = Slots { of: HashMap::new(), names: Vec::new() };
        for &input in &network.inputs {
            slots.add((input, 0), &network.graph[input].name);
        }
        for &node in order {
            // petgraph iterates from the newest edge to the oldest
            let mut wires: Vec<_> = network.graph.edges(node).map(|edge| edge.weight()).collect();
            wires.sort_by_key(|wire| wire.from);
            wires.into_iter().for_each(|wire| slots.add((node, wire.from), &wire.tensor));
        }
        slots
    }

    fn add(&mut self, tensor: (NodeIndex, usize), name: &str) {
        let next = self.names.len();
        if *self.of.entry(tensor).or_insert(next) == next {
            self.names.push(name.to_owned());
        }
    }

    fn input(&self, network: &Network, node: NodeIndex) -> Input {
        let Op::Input { datatype } = network.graph[node].op else {
            unreachable!("a network lists input nodes as its inputs");
        };
        let shape = network.graph.edges(node).next().map(|edge| edge.weight().shape.clone());
        Input { name: network.graph[node].name.clone(), shape, datatype, slot: self.of[&(node, 0)] }
    }

    fn output(&self, network: &Network, node: NodeIndex) -> (String, Option<Slot>) {
        let operand = network.operands(node).into_iter().next().flatten();
        let slot = operand.map(|(producer, wire)| self.of[&(producer, wire.from)]);
        (network.graph[node].name.clone(), slot)
    }

    fn constant(&self, network: &Network, node: NodeIndex) -> Option<(Slot, ArrayD<f64>)> {
        let Op::Constant(constant) = &network.graph[node].op else { return None };
        Some((*self.of.get(&(node, 0))?, constant.to_real().as_standard_layout().into_owned()))
    }

    fn step(&self, network: &Network, node: NodeIndex) -> Option<Step> {
        let found = &network.graph[node];
        if matches!(found.op, Op::Input { .. } | Op::Constant(_) | Op::Output) {
            return None;
        }
        let slot = |operand: Option<(NodeIndex, &crate::network::Wire)>| {
            operand.map(|(producer, wire)| self.of[&(producer, wire.from)])
        };
        let mut outputs: Vec<_> = network.graph.edges(node).map(|edge| edge.weight().from).collect();
        outputs.sort_unstable();
        outputs.dedup();
        Some(Step {
            name: found.name.clone(),
            operator: found.operator.clone(),
            op: found.op.clone(),
            inputs: network.operands(node).into_iter().map(slot).collect(),
            outputs: outputs.into_iter().map(|from| (from, self.of[&(node, from)])).collect(),
            dead: Vec::new(),
        })
    }
}
