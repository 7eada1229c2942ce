//! `mpqc synth` on a small design: predicted beside synthesized, the report that it leaves, exit codes.

use crate::common::{installed, json, mpqc};
use mpqc_ir::design::Design;
use mpqc_ir::design::testing::{Chain, Mac};
use mpqc_ir::number::IntType;
use mpqc_testbenches::tools::Tool;
use std::path::{Path, PathBuf};

/// A multiplier, a FIFO and adapters, for a device of which all counts are known.
fn design() -> Design {
    let i8 = IntType::quantizer(true, 8, false);
    let mac = Mac::new(2, 1, 1).weights(i8).multiplier(mpqc_ir::design::blocks::Multiplier::Dsp);
    let mut design = Chain::new("small").input(i8, 1, 4).fifo(16).mac(mac).finish();
    design.target = mpqc_schedule::targets::find("ultra96").expect("a known target");
    design
}

/// The design's folder, where Yosys is installed; it goes with the temporary one around it.
fn written() -> (tempfile::TempDir, PathBuf) {
    installed(Tool::Yosys);
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join("small");
    mpqc_codegen::write(&design(), &folder, false).expect("writes");
    (parent, folder)
}

fn synth(folder: &Path, more: &[&str]) -> std::process::Output {
    mpqc(&[&["synth", &folder.to_string_lossy(), "--json"], more].concat())
}

#[test]
fn blocks_are_synthesized_and_summed() {
    let (_parent, folder) = written();

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
fn a_chip_of_ones_own_is_counted_in_gates() {
    let (_parent, folder) = written();
    let output = synth(&folder, &["--target", "asic"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report = json(&output);
    let blocks = report["blocks"].as_array().expect("a list");
    let of =
        |kind: &str| &blocks.iter().find(|block| block["kind"] == kind).expect("it is there")["synthesized"];
    assert_eq!(of("fifo")["cells"]["$__REGISTER_FILE_"], 1, "sixteen bytes are in one register file");
    let multiplier = of("mac_array")["gates"].as_u64().expect("a count");
    assert!(multiplier > 300, "an 8 × 8 multiplier has some four hundred gates: {multiplier}");
    let (total, predicted) = (&report["total"], &report["total"]["predicted"]);
    assert_eq!(
        (&predicted["dsp"], &total["synthesized"]["dsp"]),
        (&1.into(), &0.into()),
        "its array was planned with a slice"
    );
    assert_eq!(predicted["ff"], total["synthesized"]["ff"]);
}

#[test]
fn a_placed_block_has_a_clock_and_a_slowest_path() {
    installed(Tool::NextpnrEcp5);
    let (_parent, folder) = written();

    let output = synth(&folder, &["--target", "ecp5-25k", "--pnr", "--block", "fifo_1"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let clock = &json(&output)["clocks"][0];
    assert_eq!(clock["name"], "fifo_1");
    assert!(clock["fmax_mhz"].as_f64().expect("a number") > 50.0, "{clock}");
    let (wires, all) = (&clock["worst"]["routing_ns"], &clock["worst"]["delay_ns"]);
    assert!(wires.as_f64() < all.as_f64() && wires.as_f64() > Some(0.0), "{clock}");
    assert!(!folder.join("synth.json").exists(), "a part of the design leaves no report");

    let elsewhere = synth(&folder, &["--pnr"]);
    assert_eq!(elsewhere.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&elsewhere.stderr).contains("ecp5-85k"), "says what can be placed");
}

#[test]
fn networks_are_compared_with_published_figures() {
    let models = crate::common::shared().map(|shared| shared.join("models"));
    let Some(models) = models else { return };
    let models = models.to_string_lossy();
    let output =
        mpqc(&["bench", "anchors", "--no-synth", "--network", "tfc_1w1a", "--models", &models, "--json"]);
    let row = &json(&output)[0];
    assert_eq!((&row["network"], &row["cycles"]), (&"tfc_1w1a".into(), &196.into()));
    let (ours, ratio) = (row["our_cycles"].as_f64(), row["ratio"].as_f64());
    assert_eq!(ratio, ours.map(|ours| 196.0 / ours));
    assert_eq!(row["usable"]["lut"], 70_560 - 12_000);
    let good = row["fits"] == true && ours <= Some(49.0);
    assert_eq!(output.status.code(), Some(i32::from(!good)));
    let unknown = mpqc(&["bench", "anchors", "--network", "nothing", "--models", &models]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("tfc_2w2a"), "names what there is");
}

#[test]
fn unknown_names_are_bad_usage() {
    let (_parent, folder) = written();
    for (arguments, said) in [(["--block", "nothing"], "axis_input_0"), (["--target", "ultra69"], "ultra96")]
    {
        let output = synth(&folder, &arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{arguments:?} names what there is");
    }
}
