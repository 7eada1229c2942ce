//! Arguments.

mod quantize;

pub use quantize::*;

use clap::{Args, Parser, Subcommand, ValueEnum};
use mpqc_ir::design::Resources;
use std::path::PathBuf;

/// Mixed-precision neural networks to verified Verilog, in seconds.
#[derive(Parser)]
#[command(version, max_term_width = 110)]
pub struct Cli {
    /// Log every stage to stderr (as RUST_LOG=info does; twice: debug).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Turn an ONNX model into a design folder: Verilog, memory images, design.json.
    Compile(Compile),
    /// Turn a float ONNX model into a quantized one whose bit widths keep a budget.
    Quantize(Box<Quantize>),
    /// Say what every layer of a float model takes at every pair of bit widths.
    Cost(Cost),
    /// Sweep budgets and ways to choose bit widths: accuracy against what the design takes.
    Explore(Box<Explore>),
    /// List every node of a model that cannot be hardware, with the reason and the way out.
    Check(Check),
    /// Print a model (or a compiled design folder) at one stage of the road.
    Inspect(Inspect),
    /// Simulate a design folder, bit by bit and cycle by cycle.
    Sim(Sim),
    /// Prove a design folder's Verilog equal to the simulator, every stream in every cycle, with Verilator.
    Verify(Verify),
    /// Run the specification alone: the model in the reference executor, no hardware.
    Run(Run),
    /// Synthesize a design folder's blocks with Yosys: predicted beside synthesized resources.
    Synth(Synth),
    /// Compare two files of waves: name the first difference by stream and layer.
    Diff(Diff),
    /// Write a design folder's report.html and report.json again, with what other commands left there since.
    Report(Report),
    /// Compile, simulate, verify and synthesize the models of a manifest; compare with a baseline.
    Regress(Regress),
    /// Measure: our designs beside published figures, the simulator beside Verilator.
    #[command(subcommand)]
    Bench(Bench),
    /// List the targets.
    Targets(Json),
    /// Say which outside tools are found, and install the missing ones into the project's own folder.
    Doctor(Doctor),
}

/// The machine-readable form of a report.
#[derive(Args)]
pub struct Json {
    /// Print JSON with stable keys (docs/json.md).
    #[arg(long)]
    pub json: bool,
}

/// A model file.
#[derive(Args)]
pub struct Model {
    /// The ONNX model.
    pub model: PathBuf,
    /// Shape of a graph input, in place of the file's: NAME=1x3x32x32 (or the shape alone for a single input).
    #[arg(long = "input-shape", value_name = "[NAME=]AxBxC")]
    pub input_shape: Vec<String>,
}

/// How much hardware a design gets.
#[derive(Args)]
pub struct Folding {
    /// Target board or part: a name of `mpqc targets`, or a file of one's own that ends in `.toml`.
    #[arg(long, default_value = "ultra96")]
    pub target: String,
    /// Frames per second to reach with the least hardware.
    #[arg(long, conflicts_with = "fold")]
    pub fps: Option<f64>,
    /// Without --fps: as fast as the target allows (auto), fully parallel (max), or smallest (min).
    #[arg(long, value_enum, default_value_t = FoldArg::Auto)]
    pub fold: FoldArg,
    /// The most frames per second, or the least latency (with --fps: at that rate at least).
    #[arg(long, value_enum, default_value_t = ObjectiveArg::Throughput, conflicts_with = "fold")]
    pub objective: ObjectiveArg,
    /// Clock in MHz to plan for, in place of the target's.
    #[arg(long, value_name = "MHZ")]
    pub clock: Option<f64>,
    /// Choices of a `plan.json`, edited or not, in place of the search.
    #[arg(long, value_name = "PLAN", conflicts_with_all = ["fold", "fps", "objective"])]
    pub schedule: Option<PathBuf>,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// What of the target a design may use.
#[derive(Args)]
#[command(next_help_heading = "Resources that the design may use")]
pub struct LimitArgs {
    /// Most LUTs.
    #[arg(long, value_name = "N")]
    pub max_lut: Option<u64>,
    /// Most flip-flops.
    #[arg(long, value_name = "N")]
    pub max_ff: Option<u64>,
    /// Most DSP slices.
    #[arg(long, value_name = "N")]
    pub max_dsp: Option<u64>,
    /// Most block memories of 18 kbit.
    #[arg(long, value_name = "N")]
    pub max_bram: Option<u64>,
    /// Most UltraRAMs.
    #[arg(long, value_name = "N")]
    pub max_uram: Option<u64>,
    /// What the shell around the design takes: lut=12000,dsp=4 (lut, ff, dsp, bram, uram).
    #[arg(long, value_name = "KIND=N,…", value_parser = parse_reserve, default_value = "", hide_default_value = true)]
    pub reserve: Resources,
    /// Fraction of the target's LUTs to use at most [default: 0.8; 1 with --max-lut or --reserve lut=N].
    #[arg(long, value_name = "FRACTION")]
    pub fill: Option<f64>,
}

/// `lut=12000,dsp=4`.
fn parse_reserve(text: &str) -> Result<Resources, String> {
    let mut reserve = Resources::default();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (kind, count) = part.split_once('=').ok_or_else(|| format!("`{part}` is not KIND=N"))?;
        let count = count.parse().map_err(|e| format!("`{count}` is not a number: {e}"))?;
        let field = match kind.trim() {
            "lut" => &mut reserve.lut,
            "ff" => &mut reserve.ff,
            "dsp" => &mut reserve.dsp,
            "bram" | "bram18" => &mut reserve.bram18,
            "uram" => &mut reserve.uram,
            other => return Err(format!("`{other}` is none of lut, ff, dsp, bram, uram")),
        };
        *field = count;
    }
    Ok(reserve)
}

/// `--objective`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ObjectiveArg {
    /// Most frames per second.
    Throughput,
    /// Fewest cycles from a frame's first beat in to its last beat out.
    Latency,
}

/// `--fold`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FoldArg {
    /// Fully parallel.
    Max,
    /// One multiplier a layer.
    Min,
    /// The smallest initiation interval that fits the target.
    Auto,
}

/// `mpqc compile`.
#[derive(Args)]
pub struct Compile {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub folding: Folding,
    /// Design folder to write [default: out/MODEL-TARGET].
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Replace an existing folder even if it is not a design.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub json: Json,
}

/// `mpqc check`.
#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub json: Json,
}

/// `mpqc inspect`.
#[derive(Args)]
pub struct Inspect {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub folding: Folding,
    /// Which representation.
    #[arg(long, value_enum, default_value_t = Stage::Network)]
    pub stage: Stage,
    /// Graphviz instead of a table.
    #[arg(long, conflicts_with = "json")]
    pub dot: bool,
    #[command(flatten)]
    pub json: Json,
}

/// A representation of the network.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// The ONNX graph, typed and shaped.
    Network,
    /// Integer operators.
    Int,
    /// Hardware blocks and streams.
    Design,
}

/// Stalls at both ends.
#[derive(Args)]
pub struct StallArg {
    /// `none`, or `random:SEED`: source and sink hold back at random.
    #[arg(long, default_value = "none")]
    pub stall: mpqc_sim::Stalls,
}

/// `mpqc regress`.
#[derive(Args)]
pub struct Regress {
    /// Models and targets, and what may change (docs/regress.md).
    pub manifest: PathBuf,
    /// Only this case; may be given several times.
    #[arg(long = "case", value_name = "NAME")]
    pub cases: Vec<String>,
    /// Results to compare with [default: what the manifest says, baseline.json beside it].
    #[arg(long, value_name = "JSON")]
    pub baseline: Option<PathBuf>,
    /// Take over what is measured as the baseline instead of comparing.
    #[arg(long)]
    pub update: bool,
    /// Write the results as JUnit XML too.
    #[arg(long, value_name = "XML")]
    pub junit: Option<PathBuf>,
    /// Keep the design folders here.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    #[command(flatten)]
    pub json: Json,
}

/// `mpqc sim`.
#[derive(Args)]
pub struct Sim {
    /// Design folder.
    pub folder: PathBuf,
    /// Input array (.npy, [N, …]); once per model input, in order. Without it only timing is simulated.
    #[arg(long, value_name = "NPY")]
    pub input: Vec<PathBuf>,
    /// Where to write the outputs (.npy); once per model output.
    #[arg(long, value_name = "NPY", requires = "input")]
    pub output: Vec<PathBuf>,
    /// Array to compare the (first) output with.
    #[arg(long, value_name = "NPY", requires = "input")]
    pub expected: Option<PathBuf>,
    /// Class of every frame (.npy): print how often the (first) output's largest element is it.
    #[arg(long, value_name = "NPY", requires = "input")]
    pub labels: Option<PathBuf>,
    /// At most this many frames; without input so many to time [default: all, 16].
    #[arg(long)]
    pub frames: Option<u64>,
    /// Be a stream server: npy arrays of frames on stdin, arrays of outputs on stdout, until stdin ends.
    #[arg(long, conflicts_with_all = ["input", "output", "expected", "labels", "wave", "toggle", "json"])]
    pub stdin_npy: bool,
    /// Write waves of all streams (FST, for GTKWave and Surfer), of the first 2 frames unless --frames says how many.
    #[arg(long, value_name = "FST")]
    pub wave: Option<PathBuf>,
    /// First cycle of the waves.
    #[arg(long, default_value_t = 0, requires = "wave")]
    pub from: u64,
    /// Last cycle of the waves [default: the last].
    #[arg(long, requires = "wave")]
    pub to: Option<u64>,
    /// Count bit toggles of the arrays' operands, over the first 16 frames unless --frames says how many.
    #[arg(long)]
    pub toggle: bool,
    #[command(flatten)]
    pub stall: StallArg,
    #[command(flatten)]
    pub json: Json,
}

/// `mpqc verify`.
#[derive(Args)]
pub struct Verify {
    /// Design folder.
    pub folder: PathBuf,
    /// Input array (.npy, [N, …]); once per model input. Without it random integers of the input's type.
    #[arg(long, value_name = "NPY")]
    pub input: Vec<PathBuf>,
    /// Array to compare the (first) output with.
    #[arg(long, value_name = "NPY", requires = "input")]
    pub expected: Option<PathBuf>,
    /// At most this many frames in lock-step [default: 16, or those of 16384 cycles if they are more].
    #[arg(long)]
    pub frames: Option<usize>,
    /// Only this stall pattern: `none` or `random:SEED` [default: none, then random:1].
    #[arg(long)]
    pub stall: Option<mpqc_sim::Stalls>,
    #[command(flatten)]
    pub json: Json,
}

/// `mpqc run`.
#[derive(Args)]
pub struct Run {
    #[command(flatten)]
    pub model: Model,
    /// Input array (.npy, [N, …]); once per model input, in order.
    #[arg(long, value_name = "NPY", required = true)]
    pub input: Vec<PathBuf>,
    /// Where to write the outputs (.npy); once per model output.
    #[arg(long, value_name = "NPY")]
    pub output: Vec<PathBuf>,
    /// Array to compare the (first) output with.
    #[arg(long, value_name = "NPY")]
    pub expected: Option<PathBuf>,
    #[command(flatten)]
    pub json: Json,
}

/// `mpqc synth`.
#[derive(Args)]
pub struct Synth {
    /// Design folder; the report is left there as synth.json too.
    pub folder: PathBuf,
    /// Device to synthesize for (`mpqc targets`), in place of the one that the design was made for.
    #[arg(long)]
    pub target: Option<String>,
    /// Only this block; may be given several times.
    #[arg(long = "block", value_name = "NAME")]
    pub blocks: Vec<String>,
    /// LUTs to keep for what surrounds the design.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub reserve_lut: u64,
    /// Place and route too (ECP5): the design, or each --block alone; tells the clock and the slowest path.
    #[arg(long)]
    pub pnr: bool,
    /// With --pnr: start of the placement's random numbers.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "pnr")]
    pub seed: u32,
    #[command(flatten)]
    pub json: Json,
}

/// `mpqc bench`.
#[derive(Subcommand)]
pub enum Bench {
    /// Whole networks on the target of the published figures: cycles, resources, the figure, the ratio.
    Anchors(AnchorArgs),
    /// Layers of 64 × 64 at the same PE and SIMD as FINN's RTL, part by part.
    Blocks(Json),
    /// The simulator beside Verilator: same design, same frames, no traces; processor seconds a frame.
    Sim(Box<BenchSim>),
}

/// `mpqc bench anchors`.
#[derive(Args)]
pub struct AnchorArgs {
    /// Folder of the models [default: $MPQC_SHARED/models, or ../shared/models].
    #[arg(long, value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// Only this network; may be given several times.
    #[arg(long = "network", value_name = "NAME")]
    pub networks: Vec<String>,
    /// Predicted resources only: no Yosys.
    #[arg(long)]
    pub no_synth: bool,
    #[command(flatten)]
    pub json: Json,
}

/// `mpqc doctor`.
#[derive(Args)]
pub struct Doctor {
    /// Install what is missing and can be installed.
    #[arg(long)]
    pub install: bool,
    #[command(flatten)]
    pub json: Json,
}

/// `mpqc diff`.
#[derive(Args)]
pub struct Diff {
    /// Waves (.fst, .vcd).
    pub a: PathBuf,
    /// Other waves of the same design.
    pub b: PathBuf,
    #[command(flatten)]
    pub json: Json,
}

/// `mpqc report`.
#[derive(Args)]
pub struct Report {
    /// Design folder.
    pub folder: PathBuf,
    #[command(flatten)]
    pub json: Json,
}

/// `mpqc bench sim`.
#[derive(Args)]
pub struct BenchSim {
    /// ONNX models; the frames of MODEL.input.npy beside it, else random ones [default: five networks of $MPQC_SHARED or
    /// ../shared].
    pub models: Vec<PathBuf>,
    #[command(flatten)]
    pub folding: Folding,
    /// At most this many frames through Verilator.
    #[arg(long, default_value_t = 4)]
    pub frames: usize,
    /// Seconds that the simulator runs for, a model.
    #[arg(long, default_value_t = 2.0)]
    pub seconds: f64,
    #[command(flatten)]
    pub json: Json,
}
