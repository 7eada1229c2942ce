//! The Verilog of a design under Verilator, in lock-step with the simulator.

use mpqc_ir::design::Design;
use mpqc_sim::Stalls;
use mpqc_testbenches::lockstep::Lockstep;
use mpqc_testbenches::tools::{self, Tool};
use mpqc_testbenches::verilator::Verilator;
use std::sync::OnceLock;

/// Verilator, installed if there is none.
fn verilator() -> &'static Verilator {
    static FOUND: OnceLock<Verilator> = OnceLock::new();
    FOUND.get_or_init(|| {
        tools::verilator().unwrap_or_else(|_| {
            tools::install(Tool::Verilator, &|step| eprintln!("{step}")).expect("Verilator can be installed");
            tools::verilator().expect("an installed Verilator is found")
        })
    })
}

/// Runs the Verilog with and without stalls; every stream equals the simulator's in every cycle.
pub fn hold(design: &Design, frames: &[Vec<Vec<i64>>]) {
    let folder = tempfile::tempdir().expect("a folder for the design");
    let folder = folder.path().join(&design.name);
    mpqc_codegen::write(design, &folder, false).expect("the design is written");
    let files = mpqc_codegen::rtl_files(&folder).expect("the design lists its files");
    for stalls in [Stalls::None, Stalls::Random { seed: 1 }] {
        let files = files.clone();
        let run = Lockstep { design, folder: &folder, files, frames, stalls, waves: None };
        let report = run.run(verilator(), &|_| ()).expect("lock-step runs to its end");
        println!("{}: {} cycles, {} handshakes in RTL", design.name, report.cycles, report.handshakes);
        if let Some(mismatch) = report.mismatch {
            panic!("RTL and simulator differ ({stalls:?}):\n{mismatch}");
        }
        assert_eq!(report.frames, frames.len());
    }
}
