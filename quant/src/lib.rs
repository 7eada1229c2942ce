//! Bit widths that fit the chip: post-training quantization, and allocation with the compiler's own costs.
//!
//! Every method of allocating bits is one program with three slots:
//! `sensitivity[layer][bits] × cost[layer][bits] → solver` ([`Sensitivity`], [`Cost`], [`Solver`]; [`allocate`]).
//! Around it: [`prepare`] turns a float [`Network`](mpqc_ir::network::Network) and frames into a [`Subject`] (batch
//! normalization folded, layers and tensors to quantize found, their values observed), [`Search`] chooses widths until the built
//! design keeps the budget, and [`Subject::network`] makes the quantized network of widths, which
//! [`mpqc_ir::export`] writes. `docs/quantize.md` tells the whole.

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
pub use allocate::{Allocation, Class, Granularity, allocate, classes};
pub use assemble::{Subject, Widths, mean};
pub use calibrate::{FEWEST_FRAMES, Frames, Values, observe};
pub use correct::{correct_biases, round_biases};
pub use cost::{Cost, Costs, Hardware, LayerTable, Load, Parameters, Table};
pub use equalize::equalize;
pub use evaluate::{Aim, Head, labels, scores};
pub use fold::fold_batch_norms;
pub use meet::{Attempt, Met, Search};
pub use model::{Layer, Model, Point};
pub use options::{Form, Options, Range, Scales, Style};
pub use prepare::prepare;
pub use sensitivity::{Candidates, Evidence, Losses, Measured, Mse, Ompq, Progress, Sensitivity, by_channel};
pub use solve::{Child, Exact, Greedy, Infeasible, Item, Picks, Problem, Solution, Solver};
