//! `cargo xtask test`: every test of the workspace, and one line of totals.

use crate::onnx_cases;
use mpqc_testbenches::tools;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Names the folder of ONNX's node tests.
const ONNX_CASES: &str = "MPQC_ONNX_TESTS";

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Further arguments of `cargo test`, such as a filter.
    #[arg(trailing_var_arg = true)]
    rest: Vec<String>,
}

/// Counts of `test result:` lines.
#[derive(Default)]
struct Totals {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// Runs all tests in release mode (the networks are real, and so is their arithmetic).
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    for report in tools::doctor().iter().filter(|it| it.path.is_none() && it.tool.is_installable()) {
        eprintln!("installing {} into {}", report.name, tools::folder().display());
        tools::install(report.tool, &|line| eprintln!("  {line}"))?;
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--workspace", "--release", "--no-fail-fast"])
        .args(&args.rest)
        .envs(onnx_cases().map(|folder| (ONNX_CASES, folder)))
        .stdout(Stdio::piped())
        .spawn()?;
    let mut totals = Totals::default();
    for line in BufReader::new(cargo.stdout.take().ok_or("no output of cargo")?).lines() {
        let line = line?;
        println!("{line}");
        totals.add(&line);
    }
    let good = cargo.wait()?.success();
    println!("{} passed, {} failed, {} skipped", totals.passed, totals.failed, totals.ignored);
    Ok(good && totals.failed == 0 && totals.passed > 0)
}

/// ONNX's node tests, where the environment does not name them; without them their test says that it is skipped.
fn onnx_cases() -> Option<PathBuf> {
    if std::env::var_os(ONNX_CASES).is_some() {
        return None;
    }
    onnx_cases::folder().inspect_err(|error| eprintln!("ONNX's node tests are skipped: {error}")).ok()
}

impl Totals {
    /// `test result: ok. 12 passed; 0 failed; 1 ignored; …`
    fn add(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for count in counts.1.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let number = number.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}
