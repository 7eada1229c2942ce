//! Designs in lock-step: RTL = simulator in every cycle, with and without stalls.

use mpqc_ir::design::Design;
use mpqc_ir::design::testing::Random;
use mpqc_sim::Stalls;
use mpqc_testbenches::lockstep::Lockstep;
use mpqc_testbenches::tools::{self, Tool};
use mpqc_testbenches::verilator::Verilator;
use std::sync::OnceLock;

const FRAMES: usize = 12;

/// Verilator, installed if it is missing.
fn verilator() -> &'static Verilator {
    static FOUND: OnceLock<Verilator> = OnceLock::new();
    FOUND.get_or_init(|| {
        if tools::verilator().is_err() {
            tools::install(Tool::Verilator, &|line| eprintln!("{line}")).expect("Verilator installs");
        }
        tools::verilator().expect("Verilator is installed")
    })
}

fn frames(design: &Design) -> Vec<Vec<Vec<i64>>> {
    let mut random = Random(99);
    let ports = &design.host.inputs;
    let mut port =
        |p: &mpqc_ir::int_network::InputPort| (0..p.shape.elements()).map(|_| random.value(p.ty)).collect();
    (0..FRAMES).map(|_| ports.iter().map(&mut port).collect()).collect()
}

fn lockstep(design: &Design) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().join("design");
    mpqc_codegen::write(design, &folder, false).expect("writes");
    let files = mpqc_codegen::rtl_files(&folder).expect("lists its files");
    verilator().lint(&files, &design.name).unwrap_or_else(|e| panic!("{}: {e}", design.name));
    let frames = frames(design);
    for stalls in [Stalls::None, Stalls::Random { seed: 3 }, Stalls::Random { seed: 4 }] {
        let job =
            Lockstep { design, folder: &folder, files: files.clone(), frames: &frames, stalls, waves: None };
        let report = job.run(verilator(), &|_| {}).unwrap_or_else(|e| panic!("{}: {e}", design.name));
        assert!(
            report.mismatch.is_none(),
            "{}: {}",
            design.name,
            report.mismatch.map(|m| m.to_string()).unwrap_or_default()
        );
    }
}

/// Holds each design in lock-step.
pub fn all(designs: impl IntoIterator<Item = Design>) {
    designs.into_iter().for_each(|design| lockstep(&design));
}
