//! Every block alone between input and output adapters, over a table of parameters: what other tools say.

mod common;

use common::{Tool, cases};

/// Runs a tool over all cases; skipped where it is not installed.
fn all_cases_pass(tool: Tool) {
    let Some(program) = tool.find() else {
        eprintln!("skipped, no {tool:?}");
        return;
    };
    let failures: Vec<String> = cases().iter().filter_map(|d| tool.check(&program, d).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn verilator_has_no_warning() {
    all_cases_pass(Tool::Verilator);
}

#[test]
fn icarus_has_no_warning() {
    all_cases_pass(Tool::Icarus);
}

#[test]
fn yosys_finds_no_problem() {
    all_cases_pass(Tool::Yosys);
}
