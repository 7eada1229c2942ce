//! `mpqc synth` on a small design: predicted beside synthesized, the report that it leaves, exit codes.

use crate::common::{json, mpqc, yosys};
use mpqc_ir::design::Design;
use mpqc_ir::design::testing::{Chain, Mac};
use mpqc_ir::number::IntType;
use std::path::Path;

/// A multiplier, a FIFO and adapters, for a device of which all counts are known.
fn design() -> Design {
    let i8 = IntType::quantizer(true, 8, false);
    let mac = Mac::new(2, 1, 1).weights(i8).multiplier(mpqc_ir::design::blocks::Multiplier::Dsp);
    let mut design = Chain::new("small").input(i8, 1, 4).fifo(16).mac(mac).finish();
    design.target = mpqc_schedule::targets::find("ultra96").expect("a known target");
    design
}

fn synth(folder: &Path, more: &[&str]) -> std::process::Output {
    mpqc(&[&["synth", &folder.to_string_lossy(), "--json"], more].concat())
}

#[test]
fn blocks_are_synthesized_and_summed() {
    yosys();
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join("small");
    mpqc_codegen::write(&design(), &folder, false).expect("writes");

    let output = synth(&folder, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report = json(&output);
    let blocks = report["blocks"].as_array().expect("a list");
    assert_eq!(blocks.len(), design().graph.node_count());
    let sum =
        |key: &str| blocks.iter().map(|b| b["synthesized"]["resources"][key].as_u64().unwrap()).sum::<u64>();
    for key in ["ff", "dsp", "bram18", "uram"] {
        assert_eq!(report["total"]["synthesized"][key], sum(key), "{key}");
    }
    let fifo = blocks.iter().find(|block| block["kind"] == "fifo").expect("a FIFO");
    assert_eq!(fifo["synthesized"]["ram_luts"], 8, "sixteen bytes are one RAM32M16");
    assert_eq!(
        (&report["total"]["predicted"]["dsp"], &report["total"]["synthesized"]["dsp"]),
        (&1.into(), &1.into())
    );
    assert_eq!(report["total"]["error"]["dsp"], 0.0);
    let left = std::fs::read(folder.join("synth.json")).expect("the report is left in the folder");
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&left).expect("JSON"), report);

    let all_reserved = synth(&folder, &["--reserve-lut", "70560"]);
    assert_eq!(all_reserved.status.code(), Some(1), "no LUT is left for the design");
    assert_eq!(json(&all_reserved)["fits"], false);
}

#[test]
fn unknown_names_are_bad_usage() {
    yosys();
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join("small");
    mpqc_codegen::write(&design(), &folder, false).expect("writes");
    for (arguments, said) in [(["--block", "nothing"], "axis_input_0"), (["--target", "ultra69"], "ultra96")]
    {
        let output = synth(&folder, &arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{arguments:?} names what there is");
    }
}
