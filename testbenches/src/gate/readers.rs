//! The four tools, and how each is asked.

use super::icarus::Modules;
use super::{Gate, Sources};
use crate::tools::{ToolError, patiently};
use crate::verilator::VerilatorError;
use std::process::Command;
use std::time::Duration;

/// A tool that reads Verilog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reader {
    /// `verilator --lint-only -Wall`.
    Verilator,
    /// slang with `-Wconversion`.
    Slang,
    /// Yosys: `hierarchy -check; proc; check -assert`.
    Yosys,
    /// `iverilog -g2005 -Wall`: elaboration as Verilog-2005, module by module.
    Icarus,
}

impl Reader {
    /// All of them.
    pub const ALL: [Reader; 4] = [Reader::Verilator, Reader::Slang, Reader::Yosys, Reader::Icarus];
}

/// How long a tool may take for a design, Icarus for a module of it.
const PATIENCE: Duration = Duration::from_secs(240);

/// Said for a tool that took longer.
pub(super) const GAVE_UP: &str = "gave up: it took longer than 240 s";

/// slang from Python.
const SLANG: &str = include_str!("slang.py");

impl Gate {
    pub(super) fn has(&self, reader: Reader) -> bool {
        match reader {
            Reader::Verilator => self.verilator.is_some(),
            Reader::Slang => self.slang.is_some(),
            Reader::Yosys => self.yosys.is_some(),
            Reader::Icarus => self.icarus.is_some(),
        }
    }

    /// What a tool says; nothing where it is content, or not there.
    pub(super) fn read(&self, reader: Reader, sources: &Sources) -> Result<String, ToolError> {
        match reader {
            Reader::Verilator => self.verilate(sources),
            Reader::Slang => sources.said(self.slang.as_deref().map(Command::new), |command| {
                command.args(["-c", SLANG, sources.top]).args(sources.files)
            }),
            Reader::Yosys => sources.said(self.yosys.as_ref().map(|yosys| yosys.command()), |command| {
                command.args(["-q", "-p", &sources.yosys_script()])
            }),
            Reader::Icarus => self.elaborate(sources),
        }
    }

    /// Icarus, module by module. That it gave up on one is said where it says nothing else.
    fn elaborate(&self, sources: &Sources) -> Result<String, ToolError> {
        let Some(icarus) = &self.icarus else { return Ok(String::new()) };
        let modules = Modules::new(sources)?;
        let said = modules.tops().map(|top| {
            sources.said(Some(Command::new(icarus)), |command| {
                command.args(["-g2005", "-Wall", "-tnull", "-s", top.name]).args(modules.below(top))
            })
        });
        let said = said.filter(|said| !matches!(said, Ok(said) if said.is_empty()));
        let (open, said): (Vec<_>, Vec<_>) =
            said.collect::<Result<Vec<_>, _>>()?.into_iter().partition(|said| said == GAVE_UP);
        Ok(if said.is_empty() { open.into_iter().next().unwrap_or_default() } else { said.join("\n") })
    }

    fn verilate(&self, sources: &Sources) -> Result<String, ToolError> {
        let Some(verilator) = &self.verilator else { return Ok(String::new()) };
        let files: Vec<_> = sources.files.iter().map(|file| sources.folder.join(file)).collect();
        match verilator.lint(&files, sources.top) {
            Ok(()) => Ok(String::new()),
            Err(VerilatorError::Tool(error)) => Err(error),
            Err(error) => Ok(error.to_string()),
        }
    }
}

impl Sources<'_> {
    /// Runs a command in the folder. Of one that fails in silence the exit code is said.
    fn said(
        &self,
        command: Option<Command>,
        arguments: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<String, ToolError> {
        let Some(mut command) = command else { return Ok(String::new()) };
        let command = arguments(&mut command).current_dir(self.folder);
        let Some(output) = patiently(command, PATIENCE)? else { return Ok(GAVE_UP.to_owned()) };
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).trim().to_owned();
        let silent_failure = said.is_empty() && !output.status.success();
        Ok(if silent_failure { output.status.to_string() } else { said })
    }

    fn yosys_script(&self) -> String {
        format!(
            "read_verilog {}; hierarchy -check -top {}; proc; check -assert",
            self.files.join(" "),
            self.top
        )
    }
}
