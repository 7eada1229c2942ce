//! From a float network to a quantized one that keeps a budget: the methods of [`mpqc_quant`] under their names.
//!
//! A [`Request`] says how; [`Prepared`] holds what does not depend on the budget, so that many budgets can be tried; what
//! comes of one is a [`Met`].

mod picture;
mod report;
mod request;
mod sweep;
mod tables;

pub use picture::page;
pub use report::{LayerRow, PointRow, QuantizeReport, Seconds};
pub use request::{Budget, CostModel, Method, Request, SolverKind};
pub use sweep::{Row, csv, mark_front};
pub use tables::{Tables, TablesError};

use crate::pipeline::Frame;
use mpqc_ir::design::testing::Random;
use mpqc_ir::diagnostic::Diagnostic;
use mpqc_ir::network::Network;
use mpqc_quant::{
    Aim, Candidates, Costs, Evidence, Exact, Granularity, Greedy, Hardware, Losses, Met, Search, Solver,
    Subject, Widths, correct_biases, prepare, round_biases,
};
use std::time::Instant;

/// Frames to calibrate with, and labels where there are some.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// One frame an entry.
    pub frames: Vec<Frame>,
    /// As many classes, or none.
    pub labels: Option<Vec<usize>>,
}

impl Data {
    /// So many frames, picked at random, in their order; all of them where there are no more.
    pub fn sample(&self, count: usize, seed: u64) -> Data {
        let mut order: Vec<usize> = (0..self.frames.len()).collect();
        let mut random = Random(seed);
        for i in 0..count.min(order.len().saturating_sub(1)) {
            let last = order.len() as i64 - 1;
            order.swap(i, random.within(i as i64, last) as usize);
        }
        order.truncate(count);
        order.sort_unstable();
        let of = |labels: &Vec<usize>| order.iter().map(|i| labels[*i]).collect();
        Data {
            frames: order.iter().map(|i| self.frames[*i].clone()).collect(),
            labels: self.labels.as_ref().map(of),
        }
    }
}

/// Choices that branch and bound looks at, where channels have widths of their own.
const CHANNEL_NODES: u64 = 100_000;

/// A network with what is known of it before a budget is.
pub struct Prepared<'a> {
    /// What is asked.
    pub request: &'a Request,
    /// The network and its values.
    pub subject: Subject,
    /// The widths that are looked at.
    pub candidates: Candidates,
    /// What they cost in accuracy.
    pub losses: Losses,
    /// How long that took.
    pub seconds: Seconds,
    frames: Vec<Frame>,
}

/// Calibrates a network and tells what its widths cost in accuracy. `begin` is told how many steps that has, `step` how many are
/// done.
///
/// # Errors
/// What [`prepare`] and the sensitivities say of the network and the frames.
pub fn ready<'a>(
    network: &Network,
    data: Data,
    request: &'a Request,
    begin: impl FnOnce(usize),
    step: &(dyn Fn(usize) + Sync),
) -> Result<Prepared<'a>, Diagnostic> {
    let started = Instant::now();
    let subject = prepare(network, request.options.clone(), &data.frames)?;
    let candidates = subject.candidates(&request.weight_bits, &request.activation_bits())?;
    let calibration = started.elapsed().as_secs_f64();
    let aim = data.labels.map_or(Aim::Float, Aim::Labels);
    let evidence = Evidence { frames: &data.frames, aim: &aim };
    let method = request.method.sensitivity();
    begin(method.steps(&evidence));
    let losses = method.losses(&subject, &candidates, &evidence, step)?;
    let sensitivity = started.elapsed().as_secs_f64() - calibration;
    let seconds = Seconds { calibration, sensitivity, ..Seconds::default() };
    Ok(Prepared { request, subject, candidates, losses, seconds, frames: data.frames })
}

impl Prepared<'_> {
    /// The costs, where the budget is one of hardware and the cost model asks for them; `tables` keeps them for other budgets.
    ///
    /// # Errors
    /// What lowering and scheduling say.
    pub fn costs(&self, budget: &Budget, tables: &mut Tables) -> Result<Option<Costs>, Diagnostic> {
        let by_table = self.request.cost == CostModel::Hardware && self.request.solver != SolverKind::Uniform;
        let Budget::Hardware(options) = budget else { return Ok(None) };
        if !by_table {
            return Ok(None);
        }
        let hardware = Hardware { options: (**options).clone() };
        let table = tables.table(&hardware, &self.subject, &self.candidates)?;
        Ok(Some(table.costs(&self.subject, &self.candidates)))
    }

    /// Widths within a budget; `costs` are those of [`Prepared::costs`].
    ///
    /// # Errors
    /// `does-not-fit` where there are none.
    pub fn choose(&self, budget: &Budget, costs: Option<&Costs>) -> Result<Met, Diagnostic> {
        let exact = match self.request.granularity {
            Granularity::Layer => Exact::default(),
            // Classes of channels lose almost alike: what branch and bound could still find is less than the table's error.
            Granularity::Channel => Exact { nodes: CHANNEL_NODES },
        };
        let solver: &dyn Solver = if self.request.solver == SolverKind::Greedy { &Greedy } else { &exact };
        let search = Search {
            subject: &self.subject,
            candidates: &self.candidates,
            losses: &self.losses,
            granularity: self.request.granularity,
            solver,
            network: &|widths| self.network(widths),
        };
        let parameters = self.subject.model.parameters() as f64;
        match (budget, costs) {
            (Budget::MeanBits(bits), _) => match self.request.solver {
                SolverKind::Uniform => search.uniform_bits(*bits),
                _ => search.within_bits(bits * parameters),
            },
            (Budget::KiB(kib), _) => match self.request.solver {
                SolverKind::Uniform => search.uniform_bits(kib * 8192.0 / parameters),
                _ => search.within_bits(kib * 8192.0),
            },
            (Budget::Hardware(options), costs) => {
                let hardware = Hardware { options: (**options).clone() };
                match (self.request.solver, costs) {
                    (SolverKind::Uniform, _) => search.uniform_hardware(&hardware),
                    (_, Some(costs)) => search.within_hardware(&hardware, costs),
                    (_, None) => search.by_parameters(&hardware),
                }
            }
        }
    }

    /// The quantized network of widths, biases corrected and rounded as the options ask.
    ///
    /// # Errors
    /// What the executor says.
    pub fn network(&self, widths: &Widths) -> Result<Network, Diagnostic> {
        let options = &self.request.options;
        let mut network = self.subject.network(widths);
        if options.correct_bias {
            network = correct_biases(&self.subject, &network, &self.frames)?;
        }
        Ok(options.bias_bits.map_or(network.clone(), |bits| round_biases(&network, bits)))
    }
}
