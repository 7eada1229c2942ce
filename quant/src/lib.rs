//! Bit widths that fit the chip.
//!
//! Every method of allocating bits is one program with three slots: *sensitivity* (what a layer's or a tensor's width
//! costs in accuracy), *cost* (what it takes of the chip), *solver*.
//! `docs/quantize.md` tells the whole.

mod affine;
mod allocate;
mod assemble;
mod calibrate;
mod correct;
mod cost;
mod edit;
mod equalize;
mod evaluate;
mod fold;
mod meet;
mod model;
mod options;
mod prepare;
mod sensitivity;
mod solve;
mod weights;

pub use affine::{Affine, fit};
pub use allocate::{Allocation, Granularity, allocate};
pub use assemble::{Subject, Widths, mean};
pub use calibrate::{FEWEST_FRAMES, Frames, Values, observe};
pub use correct::{correct_biases, round_biases};
pub use cost::{Cost, Costs, Hardware, LayerTable, Load, Parameters, Table};
pub use equalize::equalize;
pub use evaluate::{Aim, Head, accuracy, labels, scores};
pub use fold::fold_batch_norms;
pub use meet::{Attempt, Met, Search};
pub use model::{Layer, Model, Point};
pub use options::{Form, Options, Range, Scales, Style};
pub use prepare::prepare;
pub use sensitivity::{Candidates, Evidence, Losses, Measured, Mse, Ompq, Progress, Sensitivity, by_channel};
pub use solve::{Child, Exact, Greedy, Infeasible, Item, Picks, Problem, Solution, Solver};
