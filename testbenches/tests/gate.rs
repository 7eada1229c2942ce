//! Every block alone between input and output adapters, over a table of parameters, at the lint gate.

use mpqc_ir::design::testing::cases;
use mpqc_testbenches::gate::{Gate, Reader};

#[test]
fn every_block_passes_the_gate() {
    let gate = Gate::install(&|line| eprintln!("{line}")).expect("the gate's tools install");
    if !gate.readers().contains(&Reader::Icarus) {
        eprintln!("skipped, no Icarus: the other three read on");
    }
    let mut failures = Vec::new();
    for design in cases() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let folder = folder.path().join("design");
        mpqc_codegen::write(&design, &folder, false).expect("writes");
        let files = mpqc_codegen::rtl_files(&folder).expect("lists its files");
        let findings = gate.check(&folder, &design.name, &files).expect("the tools run");
        failures.extend(findings.iter().map(|it| format!("{}, {:?}: {}", design.name, it.reader, it.said)));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
