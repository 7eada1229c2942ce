//! Running Yosys.

use super::{Counts, Flow, SourceFile, SynthesisError, Unit, cache::Cache, flow::STATISTICS};
use crate::tools::{self, WasmTool};
use rayon::prelude::*;
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// Yosys processes at once: each takes a core, and up to some gigabytes for a large block.
const PROCESSES: usize = 2;

/// Yosys with a flow and its results so far.
#[derive(Clone, Debug)]
pub struct Synthesizer {
    yosys: WasmTool,
    fingerprint: String,
    flow: Flow,
    cache: Cache,
}

impl Synthesizer {
    /// Finds Yosys.
    ///
    /// # Errors
    /// [`SynthesisError::Tool`] if there is none.
    pub fn new(flow: Flow) -> Result<Self, SynthesisError> {
        let yosys = tools::yosys()?;
        let fingerprint = yosys.fingerprint()?;
        Ok(Self { yosys, fingerprint, flow, cache: Cache::new() })
    }

    /// How units are synthesized.
    pub fn flow(&self) -> Flow {
        self.flow
    }

    /// Hash of the Yosys that is used.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What Yosys makes of each unit, equal ones once; `progress` is told how many units are done.
    ///
    /// # Errors
    /// The first unit's that cannot be synthesized.
    pub fn run(
        &self,
        units: &[Unit],
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Counts>, SynthesisError> {
        let jobs: Vec<(String, String)> = units.iter().map(|unit| self.job(unit)).collect();
        let mut distinct: BTreeMap<&str, (&Unit, &str, usize)> = BTreeMap::new();
        for (unit, (script, key)) in units.iter().zip(&jobs) {
            distinct.entry(key).or_insert((unit, script, 0)).2 += 1;
        }
        let work: Vec<_> = distinct.into_iter().collect();
        let one = |(key, (unit, script, uses)): &(&str, (&Unit, &str, usize))| {
            let counts = self.counts(unit, script, key);
            progress(*uses);
            counts.map(|counts| ((*key).to_owned(), counts))
        };
        let run = || work.par_iter().with_max_len(1).map(one).collect::<Result<BTreeMap<_, _>, _>>();
        let results = match rayon::ThreadPoolBuilder::new().num_threads(PROCESSES).build() {
            Ok(pool) => pool.install(run)?,
            Err(_) => run()?,
        };
        Ok(jobs.iter().filter_map(|(_, key)| results.get(key).cloned()).collect())
    }

    /// A unit's script and the key of its result.
    fn job(&self, unit: &Unit) -> (String, String) {
        let script = self.flow.script(unit);
        let read: String = self.flow.support().into_iter().map(|file| file.text).collect();
        let key = Cache::key(unit, &(script.clone() + &read), &self.fingerprint);
        (script, key)
    }

    fn counts(&self, unit: &Unit, script: &str, key: &str) -> Result<Counts, SynthesisError> {
        if let Some(counts) = self.cache.get(key) {
            return Ok(counts);
        }
        let folder = scratch(unit)?;
        self.flow.support().iter().try_for_each(|file| write(folder.path(), file))?;
        self.execute(script, folder.path(), &unit.module)?;
        let statistics = folder.path().join(STATISTICS);
        let text = fs::read_to_string(&statistics).map_err(SynthesisError::io("read", statistics))?;
        let counts = Counts::parse(&text, self.flow.family, &boxes(unit))
            .map_err(|reason| SynthesisError::Unreadable { module: unit.module.clone(), reason })?;
        self.cache.put(key, &counts)?;
        Ok(counts)
    }

    /// Runs a script in a folder.
    pub(super) fn execute(&self, script: &str, folder: &Path, module: &str) -> Result<(), SynthesisError> {
        let source = SourceFile { path: "script.ys".to_owned(), text: script.to_owned() };
        write(folder, &source)?;
        let mut command = self.yosys.command();
        command.args(["-q", "-s", "script.ys"]).current_dir(folder).stdin(Stdio::null());
        match failure(&mut command)? {
            None => Ok(()),
            Some(output) => Err(SynthesisError::Refused { module: module.to_owned(), output }),
        }
    }
}

/// The modules of a unit that stay black boxes.
fn boxes(unit: &Unit) -> Vec<&str> {
    unit.interfaces.iter().filter_map(|file| Path::new(&file.path).file_stem()?.to_str()).collect()
}

/// A temporary folder with the files of a unit.
pub(super) fn scratch(unit: &Unit) -> Result<TempDir, SynthesisError> {
    let folder = tempfile::tempdir().map_err(SynthesisError::io("create", std::env::temp_dir()))?;
    unit.files().try_for_each(|file| write(folder.path(), file))?;
    Ok(folder)
}

pub(super) fn write(folder: &Path, file: &SourceFile) -> Result<(), SynthesisError> {
    let path = folder.join(&file.path);
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(SynthesisError::io("create", parent))?;
    fs::write(&path, &file.text).map_err(SynthesisError::io("write", path))
}

/// Runs a command; the end of what it printed, if it fails.
pub(super) fn failure(command: &mut Command) -> Result<Option<String>, SynthesisError> {
    let output = command.output().map_err(SynthesisError::io("run", command.get_program()))?;
    if output.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    Ok(Some(lines[lines.len().saturating_sub(12)..].join("\n")))
}
