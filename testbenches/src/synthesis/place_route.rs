//! Placing and routing with nextpnr.

use super::flow::NETLIST;
use super::synthesizer::{failure, scratch, write};
use super::{Part, SourceFile, SynthesisError, Synthesizer, Timing, Unit, cache::Cache, harness::harness};
use crate::tools::{self, WasmTool};
use std::{fs, path::Path, process::Stdio};

/// The clock that nextpnr is told to reach, in MHz: above what any of our blocks reaches, so that it does not stop early.
const WANTED_MHZ: u32 = 200;

/// nextpnr for a device.
#[derive(Clone, Debug)]
pub struct PlaceRoute {
    nextpnr: WasmTool,
    fingerprint: String,
    part: Part,
    seed: u32,
    cache: Cache,
}

impl PlaceRoute {
    /// Finds nextpnr; `seed` starts the placement's random numbers.
    ///
    /// # Errors
    /// [`SynthesisError::Tool`] if there is none.
    pub fn new(part: Part, seed: u32) -> Result<Self, SynthesisError> {
        let nextpnr = tools::nextpnr_ecp5()?;
        let fingerprint = nextpnr.fingerprint()?;
        Ok(Self { nextpnr, fingerprint, part, seed, cache: Cache::new() })
    }

    /// Synthesizes a unit, places and routes it between registers, and returns its clock under the name `name`.
    ///
    /// # Errors
    /// As synthesis; [`SynthesisError::NotRouted`] where the device is too small or no route is found.
    pub fn run(&self, synthesizer: &Synthesizer, unit: &Unit, name: &str) -> Result<Timing, SynthesisError> {
        let script = synthesizer.flow().netlist_script(unit);
        let tools = format!("{} {} {:?}", synthesizer.fingerprint(), self.fingerprint, self.arguments());
        let key = Cache::key(unit, &script, &tools);
        if let Some(timing) = self.cache.get(&key) {
            return Ok(Timing { name: name.to_owned(), ..timing });
        }
        let folder = scratch(unit)?;
        let report = self.place(synthesizer, &script, folder.path(), name)?;
        let timing = Timing::parse(&report, name, self.seed).map_err(unreadable(name))?;
        self.cache.put(&key, &timing)?;
        Ok(timing)
    }

    /// The timing report of the unit in `folder`.
    fn place(
        &self,
        synthesizer: &Synthesizer,
        script: &str,
        folder: &Path,
        name: &str,
    ) -> Result<String, SynthesisError> {
        synthesizer.execute(script, folder, name)?;
        let around = harness(&read(folder, NETLIST)?).map_err(unreadable(name))?;
        write(folder, &SourceFile { path: "harness.v".to_owned(), text: around })?;
        let join = format!(
            "read_json {NETLIST}\nread_verilog harness.v\nhierarchy -top harness\nflatten\nwrite_json placed.json\n"
        );
        synthesizer.execute(&join, folder, name)?;
        let mut command = self.nextpnr.command();
        command.args(self.arguments()).current_dir(folder).stdin(Stdio::null());
        failure(&mut command)?
            .map_or(Ok(()), |output| Err(SynthesisError::NotRouted { module: name.to_owned(), output }))?;
        read(folder, "timing.json")
    }

    fn arguments(&self) -> Vec<String> {
        let fixed =
            "--json placed.json --report timing.json --lpf-allow-unconstrained --timing-allow-fail -q";
        let chosen = format!("--freq {WANTED_MHZ} --seed {}", self.seed);
        let words = fixed.split(' ').chain(chosen.split(' ')).map(str::to_owned);
        self.part.arguments().into_iter().chain(words).collect()
    }
}

fn read(folder: &Path, file: &str) -> Result<String, SynthesisError> {
    let path = folder.join(file);
    fs::read_to_string(&path).map_err(SynthesisError::io("read", path))
}

fn unreadable(module: &str) -> impl Fn(String) -> SynthesisError {
    let module = module.to_owned();
    move |reason| SynthesisError::Unreadable { module: module.clone(), reason }
}
