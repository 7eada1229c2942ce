//! A verilated design that runs.

use super::{
    Build, Probe, VerilatorError,
    ffi::{Instance, c_string},
    work_dir::WorkDir,
};
use std::{
    ffi::{CStr, CString},
    fmt,
    path::{Path, PathBuf},
};

/// A running model of a design. One clock cycle is:
///
/// ```text
/// set inputs → settle() → sample() → tick()
/// ```
///
/// The samples of a cycle are what the registers see at its closing edge: `valid`, `ready` and `data` of every stream
/// after everything combinational has settled.
pub struct Model {
    instance: Instance,
    top: String,
    work_dir: PathBuf,
    offsets: Vec<usize>,
    sample_words: usize,
    clock_is_high: bool,
}

/// Clock and reset are the first two inputs of the instance.
const CLOCK: usize = 0;
const RESET: usize = 1;
const FIRST_PORT: usize = 2;
/// The scope of the ports in Verilator's table of signals.
const PORTS: &CStr = c"TOP.TOP";

impl Model {
    /// Loads `library`, which was built from `build`, makes an instance, binds ports and probes, and evaluates it once
    /// with the clock low, in reset, all inputs zero. All this happens with `build.work_dir` as the process's current
    /// folder, since that is when `$readmemh` reads; other models wait meanwhile, and other threads should not use
    /// relative paths.
    ///
    /// # Errors
    /// [`VerilatorError::Load`], [`VerilatorError::NoSuchSignal`], [`VerilatorError::Width`], or
    /// [`VerilatorError::Run`] if the model complains, as it does for a memory file that is not there.
    pub fn open(library: &Path, build: &Build) -> Result<Self, VerilatorError> {
        let _work_dir = WorkDir::enter(&build.work_dir)?;
        let mut model = Self {
            instance: Instance::new(library, build.x_seed.map_or(0, verilator_seed))?,
            top: build.top.clone(),
            work_dir: build.work_dir.clone(),
            offsets: Vec::with_capacity(build.probes.len()),
            sample_words: 0,
            clock_is_high: false,
        };
        model.check(model.instance.message())?;
        model.bind_inputs(build)?;
        model.bind_probes(&build.probes)?;
        model.eval()?;
        Ok(model)
    }

    /// Where the words of probe `probe` begin in a sample. It has `ceil(width / 32)` of them, least significant first;
    /// bits above its width are zero.
    ///
    /// # Panics
    /// If there are not that many probes.
    pub fn offset(&self, probe: usize) -> usize {
        self.offsets[probe]
    }

    /// Words of a whole sample.
    pub fn sample_words(&self) -> usize {
        self.sample_words
    }

    /// Sets input `port`, counted as in [`Build::inputs`]; bits above its width are ignored. Takes effect with the next
    /// [`Model::settle`] or [`Model::tick`].
    ///
    /// # Panics
    /// If there is no such port or `words` has not exactly `ceil(width / 32)` words.
    pub fn set(&mut self, port: usize, words: &[u32]) {
        self.instance.set(FIRST_PORT + port, words);
    }

    /// Drives the reset port: `true` holds the design in reset (the port is low). A model starts in reset.
    pub fn hold_reset(&mut self, held: bool) {
        self.instance.set(RESET, &[u32::from(!held)]);
    }

    /// Holds the design in reset for `cycles` clock cycles, then releases it.
    ///
    /// # Errors
    /// As [`Model::tick`].
    pub fn reset(&mut self, cycles: usize) -> Result<(), VerilatorError> {
        self.hold_reset(true);
        (0..cycles).try_for_each(|_| self.tick())?;
        self.hold_reset(false);
        self.settle()
    }

    /// Lets everything combinational settle with the clock low.
    ///
    /// # Errors
    /// [`VerilatorError::Run`] if the model complains, now or earlier.
    pub fn settle(&mut self) -> Result<(), VerilatorError> {
        self.set_clock(false);
        self.eval()
    }

    /// Copies all probes into `words`, as of the last [`Model::settle`] or [`Model::tick`].
    ///
    /// # Panics
    /// If `words` has not exactly [`Model::sample_words`] words.
    pub fn sample(&self, words: &mut [u32]) {
        self.instance.sample(words);
    }

    /// One rising clock edge. The falling edge follows with the next [`Model::settle`] or `tick`, which saves an evaluation.
    ///
    /// # Errors
    /// As [`Model::settle`].
    pub fn tick(&mut self) -> Result<(), VerilatorError> {
        if self.clock_is_high {
            self.settle()?;
        }
        self.set_clock(true);
        self.eval()
    }

    fn set_clock(&mut self, high: bool) {
        self.instance.set(CLOCK, &[u32::from(high)]);
        self.clock_is_high = high;
    }

    fn eval(&mut self) -> Result<(), VerilatorError> {
        self.instance.eval().or_else(|message| self.check(message))
    }

    fn check(&self, message: String) -> Result<(), VerilatorError> {
        match message.is_empty() {
            true => Ok(()),
            false => {
                Err(VerilatorError::Run { top: self.top.clone(), message, work_dir: self.work_dir.clone() })
            }
        }
    }

    fn bind_inputs(&mut self, build: &Build) -> Result<(), VerilatorError> {
        let clock_and_reset = [(&build.clock, 1), (&build.reset, 1)];
        for (name, width) in
            clock_and_reset.into_iter().chain(build.inputs.iter().map(|it| (&it.name, it.width)))
        {
            let actual = self.instance.bind_input(PORTS, &c_string(name)?);
            self.check_width("input", name, width, actual)?;
        }
        Ok(())
    }

    fn bind_probes(&mut self, probes: &[Probe]) -> Result<(), VerilatorError> {
        let scope: CString = c_string(&format!("TOP.{}", self.top))?;
        for probe in probes {
            let actual = self.instance.bind_probe(&scope, &c_string(&probe.name)?);
            self.check_width("probe", &probe.name, probe.width_bits, actual)?;
            self.offsets.push(self.sample_words);
            self.sample_words += actual.div_ceil(32) as usize;
        }
        Ok(())
    }

    fn check_width(
        &self,
        kind: &'static str,
        name: &str,
        declared: u32,
        actual: u32,
    ) -> Result<(), VerilatorError> {
        let (top, name) = (self.top.clone(), name.to_owned());
        match actual {
            0 => Err(VerilatorError::NoSuchSignal { top, kind, name }),
            _ if actual == declared => Ok(()),
            _ => Err(VerilatorError::Width { top, name, declared, actual }),
        }
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("top", &self.top)
            .field("work_dir", &self.work_dir)
            .finish_non_exhaustive()
    }
}

/// Verilator's seeds are 1 to 2³¹ − 1; its 0 means "take the time", which no test could repeat.
fn verilator_seed(seed: u32) -> u32 {
    seed % 0x7fff_ffff + 1
}
