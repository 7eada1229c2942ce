//! Runs again from the middle: some tensors of a run replaced, only what depends on them computed.

use super::executor::{Executor, Slot, Tensors};
use crate::diagnostic::Diagnostic;
use ndarray::ArrayD;
use std::borrow::Cow;

/// All tensors of a run of one frame.
pub struct Run<'a> {
    executor: &'a Executor,
    tensors: Tensors<'a>,
}

/// What changes when tensors are replaced: the steps that read them, and the steps that read those.
#[derive(Clone, Debug)]
pub struct Change {
    replaced: Vec<Slot>,
    steps: Vec<usize>,
}

impl Executor {
    /// Runs one frame as [`Executor::run`] does, and keeps every tensor.
    ///
    /// # Errors
    /// As [`Executor::run`].
    pub fn keep<'a>(&'a self, frame: &'a [ArrayD<f64>]) -> Result<Run<'a>, Diagnostic> {
        let mut tensors = self.start(frame)?;
        for step in &self.steps {
            step.run(&mut tensors)?;
        }
        Ok(Run { executor: self, tensors })
    }

    /// What replacing tensors, by name, changes; names that no tensor has change nothing.
    pub fn change(&self, tensors: &[&str]) -> Change {
        let named = tensors.iter().filter_map(|tensor| self.names.iter().position(|name| name == tensor));
        let replaced: Vec<Slot> = named.collect();
        let mut touched = vec![false; self.names.len()];
        replaced.iter().for_each(|slot| touched[*slot] = true);
        let mut steps = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let reads = step.inputs.iter().flatten().any(|slot| touched[*slot]);
            let is_replaced = step.outputs.iter().any(|(_, slot)| replaced.contains(slot));
            if reads && !is_replaced {
                steps.push(index);
                step.outputs.iter().for_each(|(_, slot)| touched[*slot] = true);
            }
        }
        Change { replaced, steps }
    }
}

impl Run<'_> {
    /// The tensor of a name.
    pub fn tensor(&self, name: &str) -> Option<&ArrayD<f64>> {
        let slot = self.executor.names.iter().position(|other| other == name)?;
        self.tensors[slot].as_deref()
    }

    /// The outputs of the run.
    ///
    /// # Errors
    /// As [`Executor::run`].
    pub fn outputs(&self) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
        self.executor.collect(&self.tensors)
    }

    /// The outputs where the tensors of `change` are `values`, in its order.
    ///
    /// # Errors
    /// As [`Executor::run`].
    pub fn again(&self, change: &Change, values: &[&ArrayD<f64>]) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
        let mut tensors: Tensors<'_> =
            self.tensors.iter().map(|tensor| tensor.as_deref().map(Cow::Borrowed)).collect();
        for (slot, value) in change.replaced.iter().zip(values) {
            tensors[*slot] = Some(Cow::Borrowed(*value));
        }
        for step in &change.steps {
            self.executor.steps[*step].run(&mut tensors)?;
        }
        self.executor.collect(&tensors)
    }
}
