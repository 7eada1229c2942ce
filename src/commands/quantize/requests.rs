//! Requests and data from the arguments.

use crate::cli::{
    BudgetArg, CostArg, DataArgs, FormArg, GranularityArg, MethodArgs, QuantizerArgs, ScalesArg,
    SensitivityArg, SolverArg, TargetArgs,
};
use crate::commands::{options::target, read_arrays};
use miette::Result;
use mpqc::pipeline;
use mpqc::quantize::{Budget, CostModel, Data, Method, Request, SolverKind};
use mpqc_ir::network::Network;
use mpqc_quant::{Form, Granularity, Options, Scales, Style, labels, scores};
use mpqc_schedule::Limits;

/// The frames to calibrate with, and their classes.
pub fn calibration(network: &Network, args: &DataArgs) -> Result<Data> {
    let frames = pipeline::split(network, &read_arrays(&args.calib)?)?;
    let labels = args.labels.as_ref().map(|path| {
        let classes = scores(network, &frames[..frames.len().min(1)])?.first().map_or(1, Vec::len);
        Ok::<_, miette::Report>(labels(&mpqc::arrays::read(path)?, frames.len(), classes)?)
    });
    Ok(Data { labels: labels.transpose()?, frames }.sample(args.frames, args.seed))
}

/// What is asked.
pub fn request(
    method: &MethodArgs,
    quantizers: &QuantizerArgs,
    chip: &TargetArgs,
    budget: &BudgetArg,
) -> Result<Request> {
    let channels = method.granularity == GranularityArg::Channel;
    // One bit is ±1 for a whole tensor, where other channels may have more; OMPQ's worth of a bit is the same for each bit of
    // a layer, so that its authors look at 2 to 4 bits after training.
    let ompq = method.sensitivity == SensitivityArg::Ompq;
    let fewest = if channels || ompq { 2 } else { 1 };
    let most = match budget {
        BudgetArg::MeanBits(bits) if ompq && *bits <= 4.0 => 4,
        _ => 8,
    };
    Ok(Request {
        options: options(quantizers),
        weight_bits: method.weight_bits.clone().unwrap_or(fewest..=most),
        activation_bits: method.activation_bits.clone(),
        method: match method.sensitivity {
            SensitivityArg::Mse => Method::Mse,
            SensitivityArg::Measured => Method::Measured { frames: method.measured_frames },
            SensitivityArg::Ompq => Method::Ompq { frames: method.batch, beta: method.beta },
        },
        cost: match method.cost {
            CostArg::Hardware => CostModel::Hardware,
            CostArg::Parameters => CostModel::Parameters,
        },
        solver: match method.solver {
            SolverArg::Exact => SolverKind::Exact,
            SolverArg::Greedy => SolverKind::Greedy,
            SolverArg::Uniform => SolverKind::Uniform,
        },
        granularity: if channels { Granularity::Channel } else { Granularity::Layer },
        budget: self::budget(budget, chip)?,
    })
}

/// The budget on a target.
pub fn budget(budget: &BudgetArg, chip: &TargetArgs) -> Result<Budget> {
    Ok(match budget {
        BudgetArg::MeanBits(bits) => Budget::MeanBits(*bits),
        BudgetArg::KiB(kib) => Budget::KiB(*kib),
        BudgetArg::Hardware { fps, limits } => {
            let of = |name: &str| limits.iter().find(|(kind, _)| kind == name).map(|(_, count)| *count);
            let (lut, ff, dsp) = (of("lut"), of("ff"), of("dsp"));
            let limits = Limits { lut, ff, dsp, bram18: of("bram"), uram: of("uram"), ..Limits::default() };
            let options = mpqc_schedule::Options { limits, ..on_chip(chip, Some(*fps))? };
            Budget::Hardware(Box::new(options))
        }
    })
}

/// Scheduling on a chip, at a rate or as fast as it goes.
pub fn on_chip(chip: &TargetArgs, fps: Option<f64>) -> Result<mpqc_schedule::Options> {
    Ok(mpqc_schedule::Options {
        fps,
        clock_mhz: chip.clock,
        ..mpqc_schedule::Options::new(target(&chip.target)?)
    })
}

/// How the quantized network is compiled, to see what the hardware answers.
pub fn compile_options(request: &Request, chip: &TargetArgs) -> Result<mpqc_schedule::Options> {
    match &request.budget {
        Budget::Hardware(options) => Ok((**options).clone()),
        _ => on_chip(chip, None),
    }
}

fn options(args: &QuantizerArgs) -> Options {
    let scales = if args.scales == ScalesArg::Pow2 { Scales::Pow2 } else { Scales::Free };
    let style = |form| {
        let form = match form {
            FormArg::Symmetric => Form::Symmetric,
            FormArg::Narrow => Form::Narrow,
            FormArg::Asymmetric => Form::Asymmetric,
        };
        Style { form, scales, range: args.range }
    };
    Options {
        weights: style(args.weights),
        per_channel: !args.per_tensor,
        activations: style(args.activations),
        input_bits: args.input_bits,
        keep_batch_norm: args.keep_batch_norm,
        equalize: args.equalize,
        correct_bias: !args.no_bias_correction,
        bias_bits: args.bias_bits,
        accumulator_bits: args.accumulator_bits,
    }
}
