//! What a width takes: the second slot.

mod hardware;
mod parameters;

pub(crate) use hardware::load;
pub use hardware::{Hardware, LayerTable, Table};
pub use parameters::Parameters;

use crate::assemble::Subject;
use crate::sensitivity::Candidates;
use mpqc_ir::diagnostic::Diagnostic;

/// An amount of each resource.
pub type Load = Vec<f64>;

/// What each candidate takes, and what there is.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    /// Names of the resources.
    pub resources: Vec<&'static str>,
    /// What there is of each.
    pub budget: Load,
    /// For each group, at each of its candidates.
    pub activations: Vec<Vec<Load>>,
    /// For each layer, at each of its candidates and each of its group's: the ways to build it. None is empty.
    pub weights: Vec<Vec<Vec<Vec<Load>>>>,
    /// For each layer: how many widths its channels can have at once and be told apart in what they take.
    pub classes: Vec<usize>,
}

/// A way to tell what widths take.
pub trait Cost {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// The costs of all candidates.
    ///
    /// # Errors
    /// Where a width cannot be built.
    fn costs(&self, subject: &Subject, candidates: &Candidates) -> Result<Costs, Diagnostic>;
}
