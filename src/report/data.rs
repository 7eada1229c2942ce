//! What the report holds.

use super::{ReportError, memory, pipeline};
use crate::arrays::Difference;
use mpqc_ir::design::{Resources, Target};
use mpqc_ir::int_network::IntNetwork;
use mpqc_schedule::{LayerReport, Schedule};
use mpqc_sim::Stalls;
use mpqc_sim::timing::{Profile, Timing, measure};
use mpqc_sim::toggle::Activity;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// All that is known of a design; `report.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Version of this format: [`Report::VERSION`].
    pub version: u32,
    /// Version of mpqc.
    pub mpqc: String,
    /// What was compiled.
    pub model: Model,
    /// For what.
    pub target: Target,
    /// The figures that matter first.
    pub summary: Summary,
    /// Dot products with all that serves them, producers first.
    pub layers: Vec<Layer>,
    /// Groups of blocks that compute the same ONNX nodes, producers first.
    pub stages: Vec<Stage>,
    /// Streams between them.
    pub edges: Vec<Edge>,
    /// One frame's way through the empty pipeline; full memories; what sets the pace.
    pub profile: Profile,
    /// Cycles of blocks, streams and memories without stalls, over [`Report::FRAMES`] frames.
    pub timing: Timing,
    /// Every memory.
    pub memories: Vec<Memory>,
    /// What the compiler decided, and why.
    pub decisions: Vec<Decision>,
    /// What `mpqc sim` found last.
    pub simulated: Option<Simulated>,
    /// What `mpqc verify` found last.
    pub verified: Option<Verified>,
    /// What `mpqc synth` found: from `synth.json`.
    pub synthesized: Option<Synthesized>,
}

/// The network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Model {
    /// Its name, and the design's.
    pub name: String,
    /// Multiply-accumulates of a frame.
    pub macs: u64,
    /// Weights, and their bits in all.
    pub weights: u64,
    /// Bits of all weights.
    pub weight_bits: u64,
    /// What runs on the host before the hardware, and after it.
    pub host: [HostPart; 2],
}

/// Operators that run on the host, and the tensors at the border.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HostPart {
    /// ONNX operators.
    pub operators: Vec<String>,
    /// Name, shape and type of every port.
    pub ports: Vec<String>,
}

/// The figures that matter first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// Frames per second at the planned clock.
    pub fps: f64,
    /// The planned clock.
    pub clock_mhz: f64,
    /// Exact distance of frames in the steady state.
    pub cycles_per_frame: u64,
    /// From the first beat in through the last beat out of the first frame.
    pub latency_cycles: u64,
    /// The same in microseconds.
    pub latency_us: f64,
    /// Operations (two a multiply-accumulate) per second, in 10⁹.
    pub gops: f64,
    /// Estimates over all blocks.
    pub resources: Resources,
}

/// A layer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Layer {
    /// As the scheduler chose it (`compile --json` has the same).
    #[serde(flatten)]
    pub choice: serde_json::Map<String, serde_json::Value>,
    /// Instance name.
    pub name: String,
    /// Its cycles of a frame over those of the slowest block.
    pub utilization: f64,
    /// Estimate.
    pub predicted: Resources,
}

/// Blocks that compute the same ONNX nodes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stage {
    /// The first ONNX node, else the block.
    pub name: String,
    /// Instance names of its blocks.
    pub blocks: Vec<String>,
    /// Kinds of them.
    pub kinds: Vec<String>,
    /// Cycles of a frame that its slowest block needs.
    pub cycles: u64,
    /// Estimate.
    pub resources: Resources,
}

/// A stream between two stages.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Edge {
    /// Its name.
    pub stream: String,
    /// Indices of stages.
    pub from: usize,
    /// As above.
    pub to: usize,
    /// Type of an element.
    pub element: String,
    /// Elements of a beat.
    pub lanes: usize,
    /// Bits of a beat.
    pub bits: usize,
    /// Beats of a frame.
    pub beats: u64,
    /// Beats per cycle in the steady state.
    pub rate: f64,
    /// Bits per second at the planned clock, in 10⁹.
    pub gbit_s: f64,
}

/// A memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Memory {
    /// Instance name of its block.
    pub block: String,
    /// What it holds: weights, thresholds, window, replay, FIFO.
    pub content: String,
    /// Where it lives.
    pub style: String,
    /// Words.
    pub words: u64,
    /// Bits of a word.
    pub bits: u64,
}

/// Something that was decided.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// How often the largest outputs were the labels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Frames with a label.
    pub frames: u64,
    /// Fraction whose largest output is the label.
    pub top1: f64,
    /// Fraction whose label is among the five largest; of at least six.
    pub top5: Option<f64>,
}

/// What `mpqc sim` found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Simulated {
    /// Stalls at both ends.
    pub stall: String,
    /// Wall time.
    pub seconds: f64,
    /// Cycles, blocks, streams, memories.
    pub timing: Timing,
    /// With labels.
    pub accuracy: Option<Accuracy>,
    /// With expected outputs.
    pub expected: Option<Difference>,
    /// With `--toggle`.
    pub activity: Option<Vec<Activity>>,
}

/// What `mpqc verify` found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verified {
    /// Whether the Verilog has no warning.
    pub lint_clean: bool,
    /// Lock-step runs.
    pub runs: Vec<VerifiedRun>,
}

/// A lock-step run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerifiedRun {
    /// Stalls at both ends.
    pub stall: String,
    /// Frames that went through.
    pub frames: usize,
    /// Cycles compared.
    pub cycles: u64,
    /// Streams compared.
    pub streams: usize,
    /// Handshakes whose data were compared.
    pub handshakes: u64,
    /// The first difference, in words.
    pub mismatch: Option<String>,
}

/// What synthesis counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Synthesized {
    /// All blocks, and what joins them.
    pub total: Resources,
    /// Block by block.
    pub blocks: Vec<SynthesizedBlock>,
}

/// What synthesis counted in a block.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SynthesizedBlock {
    /// Instance name.
    pub name: String,
    /// As synthesized.
    pub resources: Resources,
}

impl Report {
    /// Version of the format.
    pub const VERSION: u32 = 1;

    /// Frames of [`Report::timing`]: most of them in the steady state.
    pub const FRAMES: u64 = 100;

    /// Frames over which memories are watched.
    pub const WATCHED: u64 = Profile::FRAMES;

    /// Bins of the timeline.
    const BINS: usize = 240;

    /// The report of a schedule, before anything ran.
    ///
    /// # Errors
    /// Where the pipeline does not move.
    pub fn new(integers: &IntNetwork, schedule: &Schedule) -> Result<Report, ReportError> {
        let design = &schedule.design;
        let timing = measure(design, Self::FRAMES, Stalls::None)?;
        let clock = design.target.clock_mhz;
        let cycles = timing.cycles_per_frame.max(1);
        let fps = clock * 1e6 / cycles as f64;
        let pipeline = pipeline::Pipeline::new(design, cycles);
        let profile = Profile::new(design, &timing, Self::BINS);
        Ok(Report {
            version: Self::VERSION,
            mpqc: env!("CARGO_PKG_VERSION").into(),
            model: Model::new(integers, schedule),
            target: design.target.clone(),
            summary: Summary {
                fps,
                clock_mhz: clock,
                cycles_per_frame: cycles,
                latency_cycles: timing.latency_cycles,
                latency_us: timing.latency_cycles as f64 / clock,
                gops: 2.0 * integers.macs() as f64 * fps / 1e9,
                resources: schedule.resources,
            },
            layers: schedule.layers.iter().map(|layer| Layer::new(layer, cycles)).collect(),
            decisions: decisions(schedule, &profile, cycles),
            profile,
            timing,
            memories: memory::memories(design),
            stages: pipeline.stages,
            edges: pipeline.edges,
            simulated: None,
            verified: None,
            synthesized: None,
        })
    }

    /// Takes what `synth.json` says, if it is there and can be read: it is another command's file, and no report fails for
    /// it.
    pub(super) fn take_synthesis(&mut self, folder: &Path) {
        self.synthesized = None;
        let Ok(bytes) = std::fs::read(folder.join("synth.json")) else { return };
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(&bytes) else { return };
        let resources = |value: &serde_json::Value| serde_json::from_value::<Resources>(value.clone()).ok();
        let block = |block: &serde_json::Value| {
            let resources = resources(&block["synthesized"]["resources"])?;
            Some(SynthesizedBlock { name: block["name"].as_str()?.to_owned(), resources })
        };
        let Some(total) = resources(&json["total"]["synthesized"]) else { return };
        let blocks = json["blocks"].as_array().into_iter().flatten().filter_map(block).collect();
        self.synthesized = Some(Synthesized { total, blocks });
    }

    /// What synthesis counted in a stage's blocks.
    pub fn synthesized_of(&self, stage: &Stage) -> Option<Resources> {
        let all = &self.synthesized.as_ref()?.blocks;
        let own = all.iter().filter(|block| stage.blocks.contains(&block.name));
        Some(own.map(|block| block.resources).sum())
    }
}

impl Verified {
    /// Whether nothing differs.
    pub fn is_good(&self) -> bool {
        self.lint_clean && self.runs.iter().all(|run| run.mismatch.is_none())
    }

    /// Frames of all runs.
    pub fn frames(&self) -> usize {
        self.runs.iter().map(|run| run.frames).sum()
    }
}

impl Model {
    fn new(integers: &IntNetwork, schedule: &Schedule) -> Model {
        let (prefix, suffix) = crate::pipeline::host_operators(integers);
        let port =
            |name: &str, shape: &[usize], ty: &dyn std::fmt::Display| format!("{name}: {shape:?} as {ty}");
        let inputs = integers.host.inputs.iter().map(|p| port(&p.name, &p.tensor_shape, &p.ty)).collect();
        let outputs = integers.host.outputs.iter().map(|p| port(&p.name, &p.tensor_shape, &p.ty)).collect();
        let (weights, weight_bits) = memory::weights(&schedule.design);
        Model {
            name: schedule.design.name.clone(),
            macs: integers.macs(),
            weights,
            weight_bits,
            host: [
                HostPart { operators: prefix, ports: inputs },
                HostPart { operators: suffix, ports: outputs },
            ],
        }
    }
}

impl Layer {
    fn new(layer: &LayerReport, cycles: u64) -> Layer {
        let mut choice = match serde_json::to_value(layer) {
            Ok(serde_json::Value::Object(map)) => map,
            _ => serde_json::Map::new(),
        };
        choice.remove("name");
        Layer {
            choice,
            name: layer.name.clone(),
            utilization: layer.cycles as f64 / cycles as f64,
            predicted: layer.resources,
        }
    }

    /// A number of the scheduler's choice.
    pub fn number(&self, key: &str) -> u64 {
        self.choice.get(key).and_then(serde_json::Value::as_u64).unwrap_or(0)
    }

    /// A word of it; empty where it is something else.
    pub fn word(&self, key: &str) -> String {
        match self.choice.get(key) {
            Some(serde_json::Value::String(word)) => word.replace('_', " "),
            Some(serde_json::Value::Object(map)) => {
                map.keys().next().cloned().unwrap_or_default().replace('_', " ")
            }
            _ => String::new(),
        }
    }
}

/// What was decided, and why.
fn decisions(schedule: &Schedule, profile: &Profile, cycles: u64) -> Vec<Decision> {
    let mut all = vec![pace(schedule, profile, cycles), stop(schedule)];
    all.extend(scarcest(schedule));
    all.extend(schedule.layers.iter().map(layer_decision));
    all
}

fn pace(schedule: &Schedule, profile: &Profile, cycles: u64) -> Decision {
    let slowest = profile.critical.join(", ");
    let why = match profile.critical.len() {
        0 => "no block was found to wait for another".to_owned(),
        1 => format!("{slowest} waits for nobody: it sets the pace"),
        _ => format!("{slowest} wait for each other in a ring: together they set the pace"),
    };
    let what = format!(
        "a frame every {cycles} cycles, {:.0} frames/s",
        schedule.design.target.clock_mhz * 1e6 / cycles as f64
    );
    Decision { what, why }
}

/// Why the search ended.
fn stop(schedule: &Schedule) -> Decision {
    let lines = schedule.stop.to_string();
    Decision { what: "why it is not faster or smaller".into(), why: lines.trim().replace('\n', "; ") }
}

/// The resource that is used most.
fn scarcest(schedule: &Schedule) -> Option<Decision> {
    let (used, there) = (&schedule.resources, &schedule.design.target.resources);
    let shares = [
        ("LUTs", used.lut, there.lut),
        ("flip-flops", used.ff, there.ff),
        ("DSP slices", used.dsp, there.dsp),
        ("block memories", used.bram18, there.bram18),
        ("UltraRAMs", used.uram, there.uram),
    ];
    let share = |(_, used, there): &(&str, u64, u64)| *used as f64 / (*there).max(1) as f64;
    let (name, used, there) = shares.into_iter().max_by(|a, b| share(a).total_cmp(&share(b)))?;
    let percent = 100.0 * used as f64 / there.max(1) as f64;
    Some(Decision {
        what: format!("{used} of {there} {name}"),
        why: format!("{name} are the scarcest of {}: {percent:.0} % is used", schedule.design.target.name),
    })
}

fn layer_decision(layer: &LayerReport) -> Decision {
    let multiplier = serde_json::to_value(layer.multiplier).ok();
    let multiplier = multiplier.as_ref().and_then(|m| m.as_str()).unwrap_or("other").to_uppercase();
    let parallel = (layer.pe * layer.simd * layer.pixels * layer.taps) as u64;
    let what = format!("{}: {} × {} multipliers in {multiplier}", layer.name, layer.pe, layer.simd);
    let padded = layer.cycles * parallel;
    let idle = 100.0 * (1.0 - layer.macs as f64 / padded.max(1) as f64);
    let why = format!(
        "{} products of {} × {} bits a frame, {parallel} at once, take {} cycles; {idle:.0} % of the array's slots are padding",
        layer.macs, layer.w_bits, layer.x_bits, layer.cycles
    );
    Decision { what, why }
}
