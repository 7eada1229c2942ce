//! The lint gate: what four tools say of a design's Verilog. Silence is the only good answer; there are no waivers.
//!
//! Each sees what the others miss: Verilator widths and dead signals, slang a sign that is lost in mixed arithmetic, Yosys
//! two drivers of one wire, Icarus what is no Verilog-2005.

mod icarus;
mod readers;

pub use readers::Reader;

use crate::tools::{self, PythonPackage, Tool, ToolError, WasmTool, interpreter};
use crate::verilator::Verilator;
use std::path::{Path, PathBuf};
use std::process::Command;

/// slang, as a Python module.
const SLANG: PythonPackage =
    PythonPackage { name: "slang", environment: "slang-venv", requirement: "pyslang==12.1.0" };

/// The tools that were found.
pub struct Gate {
    verilator: Option<Verilator>,
    /// Python with slang's module.
    slang: Option<PathBuf>,
    yosys: Option<WasmTool>,
    icarus: Option<PathBuf>,
}

/// What a tool said of a design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The tool.
    pub reader: Reader,
    /// Its words.
    pub said: String,
}

/// Verilog to be read, relative to its folder.
pub(crate) struct Sources<'a> {
    folder: &'a Path,
    top: &'a str,
    files: &'a [String],
}

impl Finding {
    /// Whether the tool did not come to an end, instead of finding something.
    pub fn gave_up(&self) -> bool {
        self.said == readers::GAVE_UP
    }
}

impl Gate {
    /// The tools that are on this machine.
    pub fn find() -> Self {
        Gate {
            verilator: tools::verilator().ok(),
            slang: SLANG.installed().map(|environment| interpreter(&environment)),
            yosys: tools::yosys().ok(),
            icarus: tools::on_path("iverilog"),
        }
    }

    /// All tools, those that can be installed installed; Icarus only where the system has it.
    ///
    /// # Errors
    /// Where one cannot be installed.
    pub fn install(progress: &dyn Fn(&str)) -> Result<Self, ToolError> {
        let missing =
            [(Tool::Verilator, tools::verilator().is_err()), (Tool::Yosys, tools::yosys().is_err())];
        for (tool, _) in missing.iter().filter(|(_, missing)| *missing) {
            tools::install(*tool, progress)?;
        }
        let try_out = |environment: &Path| {
            SLANG.run(Command::new(interpreter(environment)).args(["-c", "import pyslang.driver"]))
        };
        SLANG.install(progress, &try_out)?;
        Ok(Self::find())
    }

    /// Which tools these are.
    pub fn readers(&self) -> Vec<Reader> {
        Reader::ALL.into_iter().filter(|reader| self.has(*reader)).collect()
    }

    /// Everything that the tools say of the module `top` in `files`, which lie in `folder`.
    ///
    /// # Errors
    /// Where a tool cannot be started.
    pub fn check(&self, folder: &Path, top: &str, files: &[PathBuf]) -> Result<Vec<Finding>, ToolError> {
        let relative = |file: &PathBuf| file.strip_prefix(folder).unwrap_or(file).display().to_string();
        let files: Vec<String> = files.iter().map(relative).collect();
        let sources = Sources { folder, top, files: &files };
        let mut findings = Vec::new();
        for reader in self.readers() {
            let said = self.read(reader, &sources)?;
            findings.extend((!said.is_empty()).then_some(Finding { reader, said }));
        }
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one tool alone would pass.
    const BROKEN: [(&str, Reader, &str); 4] = [
        ("width", Reader::Verilator, "  wire [3:0] n = a;\n  assign y = ^n;\n"),
        ("sign", Reader::Slang, "  wire signed [7:0] s = a * $signed({1'b0, a[2:0]});\n  assign y = ^s;\n"),
        ("drivers", Reader::Yosys, "  wire n = a[0];\n  assign y = ^a;\n  assign y = n;\n"),
        ("syntax", Reader::Icarus, "  always_comb y = ^a;\n"),
    ];

    #[test]
    fn each_tool_speaks_of_what_it_sees() {
        let gate = Gate::find();
        for (name, reader, text) in BROKEN.into_iter().filter(|(_, reader, _)| gate.has(*reader)) {
            let folder = tempfile::tempdir().expect("temporary folder");
            let file = folder.path().join("m.v");
            let module = format!("module m (\n  input wire [7:0] a,\n  output wire y\n);\n{text}endmodule\n");
            std::fs::write(&file, module).expect("written");
            let findings = gate.check(folder.path(), "m", &[file]).expect("the tools run");
            assert!(findings.iter().any(|it| it.reader == reader), "{name}: {findings:?}");
        }
    }

    /// A module that instances another, in files of their own, and what the other has wrong in it.
    #[test]
    fn icarus_sees_into_modules_and_between_them() {
        let icarus = Gate { verilator: None, slang: None, yosys: None, ..Gate::find() };
        if !icarus.has(Reader::Icarus) {
            return eprintln!("skipped, no Icarus");
        }
        let texts = [("a", "assign y = ^a;", 0), ("a", "assign y = ^b;", 1), ("b", "assign y = ^a;", 1)];
        for (port, body, count) in texts {
            let folder = tempfile::tempdir().expect("temporary folder");
            let module = |name: &str, body: &str| {
                let file = folder.path().join(format!("{name}.v"));
                let ports = "    input wire [7:0] a,\n    output wire y";
                let text = format!("module {name} (\n{ports}\n);\n    {body}\nendmodule\n");
                std::fs::write(&file, text).expect("written");
                file
            };
            let files = [module("top", &format!("below it (.{port}(a), .y(y));")), module("below", body)];
            let findings = icarus.check(folder.path(), "top", &files).expect("Icarus runs");
            assert_eq!(findings.len(), count, "{port}, {body}: {findings:?}");
        }
    }
}
