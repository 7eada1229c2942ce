//! Developer commands: `cargo xtask test`, `cargo xtask fuzz`, `cargo xtask calibrate`, `cargo xtask bless`.

mod bless;
mod calibrate;
mod fuzz;
mod onnx_cases;
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
    /// Synthesize blocks of every kind, fit the cost model to them, write the tables of its errors.
    Calibrate(calibrate::Args),
    /// Accept the present output of every snapshot test.
    Bless,
}

fn main() -> ExitCode {
    let good = match Cli::parse().command {
        Command::Test(args) => test::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
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
