//! Developer commands: `cargo xtask test`, `fuzz`, `lint-rtl`, `mutate`, `formal`, `coverage`, `fuzz-inputs`, `fuzz-commands`, `deny`, `calibrate`, `bless`.

mod bless;
mod calibrate;
mod commands;
mod coverage;
mod deny;
mod designs;
mod formal;
mod fuzz;
mod inputs;
mod lint_rtl;
mod mutate;
mod onnx_cases;
mod onnxruntime;
mod test;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Developer commands of mpqc.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the tests need and run all of them; ends with one line of totals.
    Test(test::Args),
    /// Random networks: specification = simulator = Verilator.
    Fuzz(fuzz::Args),
    /// Generated Verilog at the lint gate: Verilator, slang, Yosys, Icarus, no waivers.
    LintRtl(lint_rtl::Args),
    /// Faults in Verilog and in the simulator's design: how many of them lock-step sees.
    Mutate(mutate::Args),
    /// Properties of every block, proved with SymbiYosys.
    Formal(formal::Args),
    /// Lines and bits of generated Verilog that the table of blocks reaches.
    Coverage(coverage::Args),
    /// Files that are nearly right, into everything that reads files.
    FuzzInputs(inputs::Args),
    /// Command lines that are nearly right, with files that are good, broken or missing.
    FuzzCommands(commands::Args),
    /// Licenses and sources of all dependencies, as `deny.toml` allows them.
    Deny,
    /// Synthesize blocks of every kind, fit the cost model to them, write the tables of its errors.
    Calibrate(calibrate::Args),
    /// Accept the present output of every snapshot test.
    Bless,
}

fn main() -> ExitCode {
    let good = match Cli::parse().command {
        Command::Test(args) => test::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::LintRtl(args) => lint_rtl::run(&args),
        Command::Mutate(args) => mutate::run(&args),
        Command::Formal(args) => formal::run(&args),
        Command::Coverage(args) => coverage::run(&args),
        Command::FuzzInputs(args) => inputs::run(&args),
        Command::FuzzCommands(args) => commands::run(&args),
        Command::Deny => deny::run(),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Bless => bless::run(),
    };
    match good {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(2)
        }
    }
}
