//! The C++ compiler: objects and shared libraries from Verilator's output.

use super::VerilatorError;
use crate::tools::{Tool, ToolError, on_path, version_line};
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

/// Flags for every object. `-O1` simulates as fast as `-O3` here and compiles in 60 % of the time. Hidden visibility and
/// no unique symbols keep several loaded models, each with its own runtime, from sharing state. `VL_USER_*` leaves out
/// the runtime's handlers that end the process, which the shim replaces.
const FLAGS: &[&str] = &[
    "-O1",
    "-w",
    "-fPIC",
    "-pthread",
    "-fvisibility=hidden",
    "-fvisibility-inlines-hidden",
    "-DVL_USER_FINISH",
    "-DVL_USER_STOP",
    "-DVL_USER_FATAL",
    "-DVL_USER_WARN",
];

/// What [`Compiler::tuned`] adds.
const TUNING: &[&str] = &["-O3", "-march=native"];

/// What [`Compiler::hasty`] adds: what runs for a moment, and once, is not worth optimizing.
const HASTE: &[&str] = &["-O0"];

/// A C++ compiler that takes g++'s flags.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: PathBuf,
    version: String,
    /// Flags for what is compiled, or for compiling; they stand behind the others, so that theirs is the last word.
    tuning: &'static [&'static str],
}

impl Compiler {
    /// The compiler of `$CXX`, or else `g++`, or else `c++`.
    ///
    /// # Errors
    /// [`ToolError::Missing`] if none of them runs.
    pub fn find() -> Result<Self, ToolError> {
        let named = env::var_os("CXX").filter(|name| !name.is_empty());
        let names = named.into_iter().chain(["g++", "c++"].map(OsString::from));
        names
            .filter_map(|name| on_path(&name))
            .find_map(|program| {
                let version = version_line(Command::new(&program), "--version")?;
                Some(Self { program, version, tuning: &[] })
            })
            .ok_or(ToolError::Missing { tool: Tool::CxxCompiler, rejected: Vec::new() })
    }

    /// The program, an absolute path.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The first line of what it says of its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The same compiler with all its optimizations, for this machine's processor.
    pub(super) fn tuned(self) -> Self {
        Self { tuning: TUNING, ..self }
    }

    /// The same compiler without optimizations.
    pub(super) fn hasty(self) -> Self {
        Self { tuning: HASTE, ..self }
    }

    /// All that decides what this compiler makes of a source.
    pub(super) fn identity(&self) -> String {
        format!("{} {} {}", self.program.display(), self.version, self.flags().collect::<Vec<_>>().join(" "))
    }

    /// Compiles `source` to `object`, searching `includes`, as if it began with the header `prelude`.
    pub(super) fn object(
        &self,
        source: &Path,
        object: &Path,
        includes: &[PathBuf],
        prelude: Option<&Path>,
    ) -> Result<(), VerilatorError> {
        let mut command = self.command(includes);
        if let Some(prelude) = prelude {
            command.arg("-include").arg(prelude);
        }
        command.arg("-c").arg(source).arg("-o").arg(object);
        run(command)
    }

    /// Precompiles a header.
    pub(super) fn header(
        &self,
        header: &Path,
        compiled: &Path,
        includes: &[PathBuf],
    ) -> Result<(), VerilatorError> {
        let mut command = self.command(includes);
        command.args(["-x", "c++-header"]).arg(header).arg("-o").arg(compiled);
        run(command)
    }

    fn command(&self, includes: &[PathBuf]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.flags());
        for include in includes {
            command.arg("-I").arg(include);
        }
        command
    }

    /// Links objects into a shared library that resolves all its symbols itself.
    pub(super) fn library(&self, objects: &[PathBuf], library: &Path) -> Result<(), VerilatorError> {
        let mut command = Command::new(&self.program);
        command.args(["-shared", "-pthread"]).args(strict_linking()).args(objects).arg("-o").arg(library);
        run(command)
    }

    fn flags(&self) -> impl Iterator<Item = &'static str> {
        // Clang never makes unique symbols and does not know the flag.
        let unique = (!self.version.contains("clang")).then_some("-fno-gnu-unique");
        FLAGS.iter().copied().chain(unique).chain(self.tuning.iter().copied())
    }
}

fn strict_linking() -> &'static [&'static str] {
    match cfg!(target_os = "linux") {
        true => &["-Wl,--no-undefined", "-Wl,-Bsymbolic"],
        false => &[],
    }
}

fn run(mut command: Command) -> Result<(), VerilatorError> {
    let output = command.output().map_err(ToolError::io("run", command.get_program()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let output = text.lines().take(40).collect::<Vec<_>>().join("\n");
    Err(VerilatorError::Compile { command: format!("{command:?}").replace('"', ""), output })
}
