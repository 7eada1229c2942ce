//! Outside tools: where they are, which exact build each one is, and how to get it.
//!
//! Nothing here is needed to compile or simulate a network; Verilator is needed to check the Verilog, Yosys and
//! nextpnr measure it, and Icarus gives a further opinion on it. A tool is taken from `PATH` when it is there and works, otherwise from the
//! project's own folder ([`folder`]), into which [`install()`] puts it. Tools are told apart by a hash of their binary,
//! because version strings are not reliable across packagings.

mod doctor;
mod error;
mod install;
mod lock;
mod patience;
mod python;
mod search;
mod verilator;
mod wasm;

pub use doctor::{ToolReport, doctor};
pub use error::ToolError;
pub use install::{install, wheel};
pub(crate) use lock::FileLock;
pub use patience::patiently;
pub use python::{PythonPackage, interpreter};
pub use search::folder;
pub(crate) use search::{fingerprint, on_path, version_line};
pub use verilator::verilator;
pub use wasm::{WasmTool, nextpnr_ecp5, yosys};

use serde::Serialize;

/// An outside tool that mpqc can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// The C++ compiler that turns Verilator's output into a shared library.
    CxxCompiler,
    /// Verilator: lint gate and yardstick simulator of the generated Verilog.
    Verilator,
    /// Yosys: open synthesis, for resource counts.
    Yosys,
    /// nextpnr for Lattice ECP5: open place and route, for clocks.
    NextpnrEcp5,
    /// Icarus Verilog: a four-state simulator, a further reader of the generated Verilog.
    Icarus,
}

impl Tool {
    /// Every tool, in the order in which `doctor` lists them.
    pub const ALL: [Self; 5] =
        [Self::CxxCompiler, Self::Verilator, Self::Yosys, Self::NextpnrEcp5, Self::Icarus];

    /// The name that users know it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CxxCompiler => "C++ compiler",
            Self::Verilator => "Verilator",
            Self::Yosys => "Yosys",
            Self::NextpnrEcp5 => "nextpnr-ecp5",
            Self::Icarus => "Icarus Verilog",
        }
    }

    /// What mpqc does with it.
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::CxxCompiler => "compiles Verilator's models for `mpqc verify`",
            Self::Verilator => {
                "lints the Verilog and runs it in lock-step with the simulator (`mpqc verify`)"
            }
            Self::Yosys => "synthesizes the Verilog to count resources (`mpqc synth`)",
            Self::NextpnrEcp5 => "places and routes for ECP5 to measure clocks (`mpqc synth --pnr`)",
            Self::Icarus => "reads the Verilog a second time, with four-state values",
        }
    }

    /// How to get it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::CxxCompiler => "install g++ with the system's package manager, or set CXX",
            Self::Verilator | Self::Yosys | Self::NextpnrEcp5 => "run `mpqc doctor --install`",
            Self::Icarus => "install `iverilog` with the system's package manager (optional)",
        }
    }

    /// Whether [`install()`] can put it into the project's folder.
    pub const fn is_installable(self) -> bool {
        matches!(self, Self::Verilator | Self::Yosys | Self::NextpnrEcp5)
    }
}
