//! Every block alone between input and output adapters, over a table of parameters.

mod common;

use common::{cases, lint};

#[test]
fn every_block_is_clean_under_verilator() {
    let Some(verilator) = common::verilator() else {
        eprintln!("skipped, no Verilator");
        return;
    };
    let failures: Vec<String> = cases().iter().filter_map(|design| lint(&verilator, design).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
