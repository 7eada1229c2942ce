//! Arguments.

use clap::{Args, Parser, Subcommand, ValueEnum};
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
    /// Compare two files of waves: name the first difference by stream and layer.
    Diff(Diff),
    /// Write a design folder's report.html and report.json again, with what other commands left there since.
    Report(Report),
    /// Measure mpqc itself.
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
    /// Target board or part (`mpqc targets`).
    #[arg(long, default_value = "ultra96")]
    pub target: String,
    /// Frames per second to reach with the least hardware.
    #[arg(long, conflicts_with = "fold")]
    pub fps: Option<f64>,
    /// Without --fps: as fast as the target allows (auto), fully parallel (max), or smallest (min).
    #[arg(long, value_enum, default_value_t = FoldArg::Auto)]
    pub fold: FoldArg,
    /// Clock in MHz to plan for, in place of the target's.
    #[arg(long, value_name = "MHZ")]
    pub clock: Option<f64>,
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
    #[arg(long, default_value = "none", value_parser = parse_stalls)]
    pub stall: mpqc_sim::Stalls,
}

fn parse_stalls(text: &str) -> Result<mpqc_sim::Stalls, String> {
    match text.split_once(':') {
        None if text == "none" => Ok(mpqc_sim::Stalls::None),
        Some(("random", seed)) => seed
            .parse()
            .map(|seed| mpqc_sim::Stalls::Random { seed })
            .map_err(|e| format!("the seed is not a number: {e}")),
        _ => Err("give `none` or `random:SEED`".into()),
    }
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
    /// At most this many frames in lock-step.
    #[arg(long, default_value_t = 16)]
    pub frames: usize,
    /// Only this stall pattern: `none` or `random:SEED` [default: none, then random:1].
    #[arg(long, value_parser = parse_stalls)]
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

/// `mpqc bench`.
#[derive(Args)]
pub struct Bench {
    /// What is measured.
    #[command(subcommand)]
    pub what: BenchCommand,
}

/// What can be measured.
#[derive(Subcommand)]
pub enum BenchCommand {
    /// The simulator beside Verilator: same design, same frames, no traces; processor seconds a frame.
    Sim(BenchSim),
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
