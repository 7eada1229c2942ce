//! What may be asked of quantization.

use mpqc_quant::{Granularity, Measured, Mse, Ompq, Options, Sensitivity};
use std::ops::RangeInclusive;

/// What must hold.
#[derive(Clone, Debug)]
pub enum Budget {
    /// Mean bits of a weight at most.
    MeanBits(f64),
    /// Kibibytes of weights at most.
    KiB(f64),
    /// A target, a rate and limits, as the scheduler takes them.
    Hardware(Box<mpqc_schedule::Options>),
}

/// A sensitivity by name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// The squared error of the values.
    Mse,
    /// The loss over so many frames.
    Measured {
        /// Frames at most.
        frames: usize,
    },
    /// Orthogonality of layers, of one batch.
    Ompq {
        /// Frames of the batch.
        frames: usize,
        /// How steeply importance falls.
        beta: f64,
    },
}

/// A cost by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CostModel {
    /// What the scheduler says.
    #[default]
    Hardware,
    /// Bits of weights.
    Parameters,
}

/// A solver by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SolverKind {
    /// Branch and bound.
    #[default]
    Exact,
    /// Step by step.
    Greedy,
    /// The same bits everywhere.
    Uniform,
}

/// How a network is quantized and its widths are chosen.
#[derive(Clone, Debug)]
pub struct Request {
    /// Quantizers.
    pub options: Options,
    /// Widths of weights to look at.
    pub weight_bits: RangeInclusive<u32>,
    /// Widths of activations; unless told 8 for budgets of weights, 2 to 8 for those of hardware.
    pub activation_bits: Option<RangeInclusive<u32>>,
    /// Sensitivity.
    pub method: Method,
    /// Cost.
    pub cost: CostModel,
    /// Solver.
    pub solver: SolverKind,
    /// What shares a width.
    pub granularity: Granularity,
    /// What must hold.
    pub budget: Budget,
}

impl Request {
    /// The widths of activations to look at.
    pub fn activation_bits(&self) -> RangeInclusive<u32> {
        match (&self.activation_bits, &self.budget) {
            (Some(bits), _) => bits.clone(),
            (None, Budget::Hardware(_)) => 2..=8,
            (None, _) => 8..=8,
        }
    }
}

impl Request {
    /// Sensitivity, cost and solver by name.
    pub fn names(&self) -> [String; 3] {
        let cost = match (&self.budget, self.cost) {
            (Budget::Hardware(_), CostModel::Hardware) => "hardware",
            _ => "parameters",
        };
        let solver = match self.solver {
            SolverKind::Exact => "exact",
            SolverKind::Greedy => "greedy",
            SolverKind::Uniform => "uniform",
        };
        [self.method.sensitivity().name(), cost, solver].map(str::to_owned)
    }
}

impl Method {
    /// The method.
    pub fn sensitivity(self) -> Box<dyn Sensitivity> {
        match self {
            Method::Mse => Box::new(Mse),
            Method::Measured { frames } => Box::new(Measured { frames }),
            Method::Ompq { frames, beta } => Box::new(Ompq { frames, beta }),
        }
    }
}
