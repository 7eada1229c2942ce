//! Bit widths that fit the chip.
//!
//! Every method of allocating bits is one program with three slots: *sensitivity* (what a layer's or a tensor's width
//! costs in accuracy), *cost* (what it takes of the chip), *solver*.
//! `docs/quantize.md` tells the whole.

mod affine;
mod assemble;
mod calibrate;
mod edit;
mod evaluate;
mod fold;
mod model;
mod options;
mod sensitivity;
mod solve;
mod weights;

pub use affine::{Affine, fit};
pub use assemble::{Subject, Widths};
pub use calibrate::{FEWEST_FRAMES, Frames, Values, observe};
pub use evaluate::{Aim, Head, accuracy, labels, scores};
pub use fold::fold_batch_norms;
pub use model::{Layer, Model, Point};
pub use options::{Form, Options, Range, Scales, Style};
pub use sensitivity::{Candidates, Evidence, Losses, Measured, Mse, Ompq, Progress, Sensitivity, by_channel};
pub use solve::{Child, Exact, Greedy, Infeasible, Item, Picks, Problem, Solution, Solver};
