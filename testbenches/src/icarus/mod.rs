//! A fourth opinion: the whole design in Icarus Verilog, where a value that nobody wrote is `x` and stays visible.
//!
//! A bench in Verilog, written here, drives the AXI4-Stream inputs from a memory image and writes every beat that leaves an
//! output as a line of hexadecimal digits. Before the reset every register is `x`; a beat with an `x` in it is a difference.

mod bench;

use crate::tools::{Tool, ToolError, on_path};
use bench::{Bench, End};
use mpqc_ir::design::Design;
use mpqc_sim::function::Evaluator;
use mpqc_sim::trace::{Source, ends, tdata_width};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Icarus Verilog's two programs.
#[derive(Clone, Debug)]
pub struct Icarus {
    compiler: PathBuf,
    simulator: PathBuf,
}

/// A design with what goes in.
pub struct Run<'a> {
    /// The design.
    pub design: &'a Design,
    /// Its folder, an absolute path.
    pub folder: &'a Path,
    /// Its Verilog files.
    pub files: &'a [PathBuf],
    /// Integers of every input port, frame by frame.
    pub frames: &'a [Vec<Vec<i64>>],
    /// Whether sources and sinks hold back at random.
    pub stalls: bool,
    /// Whether a beat whose `tlast` is wrong follows the frames: nothing that comes out then is compared.
    pub rude: bool,
}

impl Icarus {
    /// The programs on `PATH`.
    ///
    /// # Errors
    /// [`ToolError::Missing`].
    pub fn find() -> Result<Self, ToolError> {
        let missing = || ToolError::Missing { tool: Tool::Icarus, rejected: Vec::new() };
        let program = |name| on_path(name).ok_or_else(missing);
        Ok(Icarus { compiler: program("iverilog")?, simulator: program("vvp")? })
    }

    /// Runs a design; the first beat of an output that is not the simulator's, in words.
    ///
    /// # Errors
    /// Where a file cannot be written or a program not be started.
    pub fn difference(&self, run: &Run) -> Result<Option<String>, ToolError> {
        let scratch = tempfile::tempdir().map_err(ToolError::io("create", std::env::temp_dir()))?;
        let bench = run.bench(scratch.path());
        bench.write(scratch.path())?;
        let compiled = scratch.path().join("bench.vvp");
        let mut compile = Command::new(&self.compiler);
        compile.args(["-g2005", "-s", "bench", "-o"]).arg(&compiled).arg(scratch.path().join("bench.v"));
        if let Some(complaint) = complaint(compile.args(run.files).current_dir(run.folder))? {
            return Ok(Some(complaint));
        }
        if let Some(complaint) =
            complaint(Command::new(&self.simulator).arg("-n").arg(&compiled).current_dir(run.folder))?
        {
            return Ok(Some(complaint));
        }
        run.compared(scratch.path(), &bench)
    }
}

/// What a command says in vain: its output, if it fails.
fn complaint(command: &mut Command) -> Result<Option<String>, ToolError> {
    let output = command.output().map_err(ToolError::io("run", command.get_program()))?;
    let said = || String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned();
    Ok((!output.status.success()).then(said))
}

impl Run<'_> {
    /// Writes the bench and what goes in.
    pub(crate) fn write_bench(&self, scratch: &Path) -> Result<(), ToolError> {
        self.bench(scratch).write(scratch)
    }

    fn bench(&self, scratch: &Path) -> Bench {
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        let evaluator = Evaluator::new(self.design);
        let results: Vec<Vec<Vec<i64>>> = self.frames.iter().map(|frame| evaluator.outputs(frame)).collect();
        for watch in ends(self.design) {
            let stream = &self.design.graph[watch.layout];
            let (port, data, list) = match watch.source {
                Source::Input(port) => (port, self.frames, &mut inputs),
                Source::Output(port) => (port, &results[..], &mut outputs),
                Source::Inside(_) => continue,
            };
            let mut beats = Vec::new();
            for frame in data {
                beats.extend((0..stream.beats_per_frame()).map(|beat| hex(stream, &frame[port], beat)));
            }
            let (prefix, width) = (watch.name.clone(), tdata_width(stream));
            list.push(End { prefix, width, beats_per_frame: stream.beats_per_frame(), beats });
        }
        Bench {
            top: self.design.name.clone(),
            scratch: scratch.display().to_string(),
            inputs,
            outputs,
            stalls: self.stalls,
            rude: self.rude,
        }
    }

    fn compared(&self, scratch: &Path, bench: &Bench) -> Result<Option<String>, ToolError> {
        for (port, end) in bench.outputs.iter().enumerate() {
            let path = scratch.join(format!("out{port}.hex"));
            let text = fs::read_to_string(&path).map_err(ToolError::io("read", &path))?;
            let found: Vec<&str> = text.lines().collect();
            // A window whose first taps are padding may begin the next frame before it is there: more beats are no fault.
            let same = |beat: &usize| {
                let expected = end.beats[*beat].trim_start_matches('0');
                found.get(*beat).is_some_and(|it| it.trim_start_matches('0') == expected)
            };
            if let Some(beat) = (0..end.beats.len()).find(|beat| !same(beat)) {
                let (found, expected) = (found.get(beat).unwrap_or(&"nothing"), &end.beats[beat]);
                return Ok(Some(format!("Icarus: beat {beat} of {}: {found} for {expected}", end.prefix)));
            }
        }
        Ok(None)
    }
}

/// A beat in hexadecimal digits.
fn hex(stream: &mpqc_ir::design::Stream, frame: &[i64], beat: usize) -> String {
    let mut words = vec![0; stream.words()];
    stream.pack_beat(frame, beat, &mut words);
    words.iter().rev().map(|word| format!("{word:08x}")).collect()
}
