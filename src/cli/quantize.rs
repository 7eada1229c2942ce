//! Arguments of `quantize`, `cost` and `explore`.

use super::{Json, Model};
use clap::{Args, ValueEnum};
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// `mpqc quantize`.
#[derive(Args)]
pub struct Quantize {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub data: DataArgs,
    /// What must hold: avg-bits=4, or kib=40, or fps=5000,lut=40000,dsp=300,bram=150 (also ff, uram; none: the target's).
    #[arg(long, value_name = "KIND=N,…", value_parser = parse_budget)]
    pub budget: BudgetArg,
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub method: MethodArgs,
    #[command(flatten)]
    pub quantizers: QuantizerArgs,
    /// File that keeps the table of costs: read where it is there, made otherwise [default: made anew].
    #[arg(long, value_name = "JSON")]
    pub costs: Option<PathBuf>,
    /// Where to write the quantized network.
    #[arg(short, long, value_name = "ONNX")]
    pub output: PathBuf,
    /// Dialect of the quantized network.
    #[arg(long, value_enum, default_value_t = FormatArg::Qonnx)]
    pub format: FormatArg,
    /// Images to measure accuracies on (.npy): of the float network, of the quantized one, of the written file, of the simulated hardware.
    #[arg(long, value_name = "NPY", requires = "test_labels")]
    pub test: Option<PathBuf>,
    /// Their classes (.npy).
    #[arg(long, value_name = "NPY", requires = "test")]
    pub test_labels: Option<PathBuf>,
    #[command(flatten)]
    pub json: Json,
}

/// `mpqc cost`.
#[derive(Args)]
pub struct Cost {
    #[command(flatten)]
    pub model: Model,
    /// Frames per second to reach [default: as few as may be].
    #[arg(long)]
    pub fps: Option<f64>,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Array to calibrate scales with (.npy, [N, …]); once per model input [default: noise].
    #[arg(long, value_name = "NPY")]
    pub calib: Vec<PathBuf>,
    /// Widths of weights.
    #[arg(long, value_name = "N|N-M", value_parser = parse_bits, default_value = "1-8")]
    pub weight_bits: RangeInclusive<u32>,
    /// Widths of activations.
    #[arg(long, value_name = "N|N-M", value_parser = parse_bits, default_value = "2-8")]
    pub activation_bits: RangeInclusive<u32>,
    #[command(flatten)]
    pub json: Json,
}

/// `mpqc explore`.
#[derive(Args)]
pub struct Explore {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub data: DataArgs,
    /// A budget of the sweep, as `mpqc quantize` takes it; several times, or several separated by `;`.
    #[arg(long, value_name = "KIND=N,…", required = true, value_delimiter = ';', value_parser = parse_budget)]
    pub budget: Vec<BudgetArg>,
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub method: MethodArgs,
    /// Compare these ways: SENSITIVITY[:COST[:SOLVER[:GRANULARITY]]], as mse, measured:parameters, mse:hardware:greedy
    /// [default: what --sensitivity, --cost and --solver say].
    #[arg(long = "way", value_name = "WAY", value_delimiter = ',')]
    pub ways: Vec<String>,
    #[command(flatten)]
    pub quantizers: QuantizerArgs,
    /// Images to measure accuracies on (.npy).
    #[arg(long, value_name = "NPY")]
    pub test: PathBuf,
    /// Their classes (.npy).
    #[arg(long, value_name = "NPY")]
    pub test_labels: PathBuf,
    /// Build a design for budgets of weights too, at so many frames per second.
    #[arg(long, value_name = "N")]
    pub fps: Option<f64>,
    /// File that keeps the table of costs: read where it is there, made otherwise [default: made anew].
    #[arg(long, value_name = "JSON")]
    pub costs: Option<PathBuf>,
    /// Folder for explore.csv, explore.json and explore.html.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    #[command(flatten)]
    pub json: Json,
}

/// What a network is calibrated with.
#[derive(Args)]
pub struct DataArgs {
    /// Array to calibrate with (.npy, [N, …]); once per model input, in order.
    #[arg(long, value_name = "NPY", required = true)]
    pub calib: Vec<PathBuf>,
    /// Classes of the frames (.npy): sensitivities are measured against them, and against the float network without.
    #[arg(long, value_name = "NPY")]
    pub labels: Option<PathBuf>,
    /// Frames to calibrate with at most, picked at random.
    #[arg(long, value_name = "N", default_value_t = 512)]
    pub frames: usize,
    /// Start of the random numbers that pick frames.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// The chip.
#[derive(Args)]
pub struct TargetArgs {
    /// Target board or part: a name of `mpqc targets`, or a file of one's own that ends in `.toml`.
    #[arg(long, default_value = "ultra96")]
    pub target: String,
    /// Clock in MHz to plan for, in place of the target's.
    #[arg(long, value_name = "MHZ")]
    pub clock: Option<f64>,
}

/// The three slots.
#[derive(Args, Clone)]
#[command(next_help_heading = "How widths are chosen")]
pub struct MethodArgs {
    /// What a width costs in accuracy.
    #[arg(long, value_enum, default_value_t = SensitivityArg::Measured)]
    pub sensitivity: SensitivityArg,
    /// What a width takes of the chip, for budgets of hardware.
    #[arg(long, value_enum, default_value_t = CostArg::Hardware)]
    pub cost: CostArg,
    /// Who chooses.
    #[arg(long, value_enum, default_value_t = SolverArg::Exact)]
    pub solver: SolverArg,
    /// What shares a width.
    #[arg(long, value_enum, default_value_t = GranularityArg::Layer)]
    pub granularity: GranularityArg,
    /// Widths of weights to look at [default: 1-8; 2-8 with --granularity channel; 2-4 with ompq at avg-bits of 4 or fewer].
    #[arg(long, value_name = "N|N-M", value_parser = parse_bits)]
    pub weight_bits: Option<RangeInclusive<u32>>,
    /// Widths of activations to look at [default: 8 for budgets of weights, 2-8 for those of hardware].
    #[arg(long, value_name = "N|N-M", value_parser = parse_bits)]
    pub activation_bits: Option<RangeInclusive<u32>>,
    /// Frames that `measured` runs at most.
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub measured_frames: usize,
    /// Frames of the batch of `ompq` at most.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub batch: usize,
    /// How steeply importance falls in `ompq`.
    #[arg(long, default_value_t = 1.0)]
    pub beta: f64,
}

/// Quantizers.
#[derive(Args)]
#[command(next_help_heading = "Quantizers")]
pub struct QuantizerArgs {
    /// Which scales: any, or powers of two.
    #[arg(long, value_enum, default_value_t = ScalesArg::Free)]
    pub scales: ScalesArg,
    /// Codes of weights.
    #[arg(long, value_enum, default_value_t = FormArg::Symmetric)]
    pub weights: FormArg,
    /// Codes of activations that may be negative.
    #[arg(long, value_enum, default_value_t = FormArg::Symmetric)]
    pub activations: FormArg,
    /// One scale for all weights of a layer, instead of one for each output channel.
    #[arg(long)]
    pub per_tensor: bool,
    /// Ranges: min-max, percentile=P, mse or entropy.
    #[arg(long, value_parser = parse_range, default_value = "mse")]
    pub range: mpqc_quant::Range,
    /// Bits of the network's input; fewer where its values need fewer.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub input_bits: u32,
    /// Bits of biases [default: float32, folded into thresholds].
    #[arg(long, value_name = "N")]
    pub bias_bits: Option<u32>,
    /// Most bits of an accumulator.
    #[arg(long, value_name = "N")]
    pub accumulator_bits: Option<u32>,
    /// Keep batch normalizations as operators of their own.
    #[arg(long)]
    pub keep_batch_norm: bool,
    /// Make ranges of channels equal across layers first.
    #[arg(long)]
    pub equalize: bool,
    /// Leave biases as they are, whatever the weights' mean errors.
    #[arg(long)]
    pub no_bias_correction: bool,
}

/// `--sensitivity`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SensitivityArg {
    /// Squared error of the values: no data for weights.
    Mse,
    /// The loss with one layer at one width.
    Measured,
    /// Orthogonality of layers (OMPQ): one batch, no labels.
    Ompq,
}

/// `--cost`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CostArg {
    /// What the scheduler says at the rate.
    Hardware,
    /// Bits of weights.
    Parameters,
}

/// `--solver`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SolverArg {
    /// Branch and bound.
    Exact,
    /// Step by step from the widest.
    Greedy,
    /// The same bits everywhere.
    Uniform,
}

/// `--granularity`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GranularityArg {
    /// One width a layer.
    Layer,
    /// One width an output channel; for budgets of hardware, one for each of up to eight classes of a layer's channels.
    Channel,
}

/// `--scales`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScalesArg {
    /// Any float32.
    Free,
    /// Powers of two: a requantizer is a shift.
    Pow2,
}

/// `--weights`, `--activations`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormArg {
    /// −2^(b−1) … 2^(b−1) − 1.
    Symmetric,
    /// Without the most negative code.
    Narrow,
    /// With a zero point.
    Asymmetric,
}

/// `--format`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// QONNX: `Quant`, `BipolarQuant`.
    Qonnx,
    /// `QuantizeLinear`, `Clip`, `DequantizeLinear`.
    Qdq,
}

/// `--budget`.
#[derive(Clone, Debug, PartialEq)]
pub enum BudgetArg {
    /// `avg-bits=N`.
    MeanBits(f64),
    /// `kib=N`.
    KiB(f64),
    /// `fps=N,lut=N,…`.
    Hardware {
        /// Frames per second.
        fps: f64,
        /// Most of each resource that is named.
        limits: Vec<(String, u64)>,
    },
}

impl std::fmt::Display for BudgetArg {
    /// As it is given.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BudgetArg::MeanBits(bits) => write!(f, "avg-bits={bits}"),
            BudgetArg::KiB(kib) => write!(f, "kib={kib}"),
            BudgetArg::Hardware { fps, limits } => {
                write!(f, "fps={fps}")?;
                limits.iter().try_for_each(|(kind, count)| write!(f, ",{kind}={count}"))
            }
        }
    }
}

/// `avg-bits=4`, `kib=40`, `fps=5000,lut=40000,dsp=300,bram=150`.
fn parse_budget(text: &str) -> Result<BudgetArg, String> {
    let mut parts = Vec::new();
    for part in text.split(',').filter(|part| !part.trim().is_empty()) {
        let (kind, number) = part.split_once('=').ok_or_else(|| format!("`{part}` is not KIND=N"))?;
        let number: f64 = number.trim().parse().map_err(|e| format!("`{number}` is not a number: {e}"))?;
        if !number.is_finite() || number < 0.0 {
            return Err(format!("{number} is out of range: give a positive number"));
        }
        parts.push((kind.trim().to_owned(), number));
    }
    match &parts[..] {
        [(kind, bits)] if kind == "avg-bits" => return Ok(BudgetArg::MeanBits(*bits)),
        [(kind, kib)] if kind == "kib" => return Ok(BudgetArg::KiB(*kib)),
        _ => {}
    }
    let fps = parts.iter().find(|(kind, _)| kind == "fps").map(|(_, fps)| *fps).filter(|fps| *fps > 0.0);
    let fps =
        fps.ok_or("give avg-bits=N or kib=N alone, or fps=N with lut=N, ff=N, dsp=N, bram=N, uram=N")?;
    let limits =
        parts.into_iter().filter(|(kind, _)| kind != "fps").map(|(kind, number)| match kind.as_str() {
            "lut" | "ff" | "dsp" | "bram" | "uram" => Ok((kind, number as u64)),
            other => Err(format!("`{other}` is none of fps, lut, ff, dsp, bram, uram, avg-bits, kib")),
        });
    Ok(BudgetArg::Hardware { fps, limits: limits.collect::<Result<_, _>>()? })
}

/// `4` or `2-8`.
fn parse_bits(text: &str) -> Result<RangeInclusive<u32>, String> {
    let number = |text: &str| text.trim().parse::<u32>().map_err(|e| format!("`{text}` is not a width: {e}"));
    match text.split_once('-') {
        None => number(text).map(|bits| bits..=bits),
        Some((least, most)) => Ok(number(least)?..=number(most)?),
    }
}

/// `min-max`, `percentile=99.9`, `mse`, `entropy`.
fn parse_range(text: &str) -> Result<mpqc_quant::Range, String> {
    match (text, text.split_once('=')) {
        ("min-max", _) => Ok(mpqc_quant::Range::MinMax),
        ("mse", _) => Ok(mpqc_quant::Range::Mse),
        ("entropy", _) => Ok(mpqc_quant::Range::Entropy),
        (_, Some(("percentile", percent))) => match percent.parse() {
            Ok(percent) if (50.0..=100.0).contains(&percent) => Ok(mpqc_quant::Range::Percentile(percent)),
            _ => Err(format!("`{percent}` is no percentage from 50 to 100")),
        },
        _ => Err("give min-max, percentile=P, mse or entropy".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read_and_mistakes_named() {
        assert_eq!(parse_budget("avg-bits=2.5"), Ok(BudgetArg::MeanBits(2.5)));
        let limits = vec![("lut".to_owned(), 40_000), ("dsp".to_owned(), 300)];
        assert_eq!(
            parse_budget("fps=5000,lut=40000,dsp=300"),
            Ok(BudgetArg::Hardware { fps: 5000.0, limits })
        );
        for (text, said) in
            [("lut=4", "fps=N"), ("fps=1,lots=4", "`lots`"), ("fps", "KIND=N"), ("kib=x", "not a number")]
        {
            assert!(parse_budget(text).unwrap_err().contains(said), "{text}");
        }
    }

    #[test]
    fn widths_and_ranges_are_read() {
        assert_eq!((parse_bits("4"), parse_bits("2-8")), (Ok(4..=4), Ok(2..=8)));
        assert!(parse_bits("many").is_err());
        assert_eq!(parse_range("percentile=99.9"), Ok(mpqc_quant::Range::Percentile(99.9)));
        assert!(parse_range("percentile=7").is_err() && parse_range("best").is_err());
    }
}
