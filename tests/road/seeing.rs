//! What users see: reports, waves, progress, the stream server; and what they call.

use crate::common::{read, shared, verilator};
use mpqc::report;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

#[path = "../../examples/compile_and_simulate.rs"]
mod compile_and_simulate;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpqc"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn mpqc(arguments: &[&str]) -> Output {
    let output = command(arguments).output().expect("the command runs");
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a text file")
}

const INPUT: &str = "examples/digits/digits_test.input.npy";

fn digits(folder: &Path) -> String {
    let design = folder.join("digits").to_string_lossy().into_owned();
    mpqc(&["compile", "examples/digits/digits_mlp_w4a4.onnx", "--fps", "100000", "-o", &design]);
    design
}

#[test]
fn the_example_runs() {
    compile_and_simulate::main().expect("the example runs");
}

/// `compile` writes the report, `sim` and `verify` add to it, `synth.json` is taken where it is there and ignored where it
/// is nonsense.
#[test]
fn the_report_grows_with_what_is_known() {
    verilator();
    let folder = tempfile::tempdir().expect("a folder");
    let design = digits(folder.path());
    let path = Path::new(&design);
    let fresh = report::read(path).expect("a report");
    assert!(fresh.simulated.is_none() && fresh.verified.is_none() && fresh.synthesized.is_none());
    assert!(fresh.summary.fps >= 100_000.0 && !fresh.profile.critical.is_empty());
    assert_eq!(fresh.timing.cycles_per_frame, fresh.summary.cycles_per_frame);
    assert!(text(&path.join("report.html")).contains("not yet verified"));

    let labels = "examples/digits/digits_test.labels.npy";
    mpqc(&["sim", &design, "--input", INPUT, "--labels", labels, "--toggle"]);
    mpqc(&["verify", &design, "--input", INPUT, "--frames", "3"]);
    let block = &fresh.stages[1].blocks[0];
    let counts = r#"{"lut": 41234, "ff": 2, "dsp": 3, "bram18": 4, "uram": 0}"#;
    let synthesis = format!(
        r#"{{"total": {{"synthesized": {counts}}}, "blocks": [{{"name": "{block}", "synthesized": {{"resources": {counts}}}}}]}}"#
    );
    std::fs::write(path.join("synth.json"), synthesis).expect("written");
    mpqc(&["report", &design]);

    let known = report::read(path).expect("a report");
    let simulated = known.simulated.as_ref().expect("a simulation");
    assert!(simulated.accuracy.expect("labels were given").top1 > 0.9);
    assert!(simulated.activity.as_ref().expect("toggles were asked for").iter().all(|a| a.x.rate > 0.0));
    assert!(known.verified.as_ref().expect("a proof").is_good());
    assert_eq!(known.synthesized_of(&known.stages[1]).expect("a count").lut, 41234);
    let page = text(&path.join("report.html"));
    for word in ["RTL = simulator, 6 frames", "top-1", "41,234", "Operand activity"] {
        assert!(page.contains(word), "`{word}` is missing");
    }
    std::fs::write(path.join("synth.json"), "{").expect("written");
    assert!(report::read(path).expect("a report").synthesized.is_none());
}

/// Nothing from outside: no script, no link, no image by address.
#[test]
fn the_page_stands_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = text(&Path::new(&digits(folder.path())).join("report.html"));
    for outside in ["http:", "https:", "<script", "<link", "src=", "@import", "url(h"] {
        assert!(!page.contains(outside), "`{outside}` in the page");
    }
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("max-width: 600px"));
}

#[test]
fn waves_differ_where_runs_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let design = digits(folder.path());
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (all, window, stalled) = (file("all.fst"), file("window.fst"), file("stalled.fst"));
    mpqc(&["sim", &design, "--input", INPUT, "--wave", &all]);
    mpqc(&["sim", &design, "--input", INPUT, "--wave", &window, "--from", "100", "--to", "300"]);
    mpqc(&["sim", &design, "--input", INPUT, "--wave", &stalled, "--stall", "random:1"]);
    assert_eq!(mpqc(&["diff", &all, &window]).status.code(), Some(0));
    let output = mpqc(&["diff", &all, &stalled, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for key in ["cycle", "layer", "stream", "wire"] {
        assert!(!json["difference"][key].is_null(), "{key} is missing");
    }
}

/// Two arrays in, two arrays out, each as soon as it is asked for; nothing on stderr, which is no terminal.
#[test]
fn the_stream_server_answers_array_by_array() {
    let folder = tempfile::tempdir().expect("a folder");
    let design = digits(folder.path());
    let file = folder.path().join("y.npy");
    mpqc(&["sim", &design, "--input", INPUT, "--output", &file.to_string_lossy()]);
    let expected = read(&file);
    let mut server = command(&["sim", &design, "--stdin-npy"]);
    let mut server =
        server.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    let question = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(INPUT)).expect("a file");
    let mut pipe = server.stdin.take().expect("piped");
    let asking = std::thread::spawn(move || (0..2).try_for_each(|_| pipe.write_all(&question)));
    let output = server.wait_with_output().expect("it ends with its input");
    asking.join().expect("no panic").expect("all was taken");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut stream = &output.stdout[..];
    for _ in 0..2 {
        let mut answer = mpqc::npy::NpyFrames::new(Path::new("stdout"), &mut stream).expect("an array");
        let count = answer.left();
        assert_eq!(answer.next(count).expect("whole"), expected);
    }
    assert!(stream.is_empty());
}

/// Peak memory in KiB of a simulation of `frames` frames.
#[cfg(target_os = "linux")]
fn peak(design: &str, input: &Path) -> u64 {
    let mut child = command(&["sim", design, "--input", &input.to_string_lossy(), "--json"])
        .stdout(Stdio::null())
        .spawn()
        .expect("the command runs");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("a child").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    peak
}

/// Twenty times the frames, the same memory.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_flat_in_the_number_of_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let design = digits(folder.path());
    let images = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(INPUT));
    let file = |times: usize| {
        let path = folder.path().join(format!("{times}.npy"));
        let views = vec![images.view(); times];
        let all = ndarray::concatenate(ndarray::Axis(0), &views).expect("equal shapes");
        mpqc::arrays::write(&path, &all).expect("written");
        path
    };
    let (few, many) = (peak(&design, &file(4)), peak(&design, &file(80)));
    println!("{} frames: {few} KiB, {} frames: {many} KiB", 4 * images.shape()[0], 80 * images.shape()[0]);
    assert!(many < few + few / 2 + 4096, "memory grows: {few} KiB, {many} KiB");
}

/// The 10,000 images of MNIST, with accuracy and exact cycles.
#[test]
fn ten_thousand_images_take_less_than_two_seconds() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let design = folder.path().join("tfc").to_string_lossy().into_owned();
    mpqc(&["compile", &shared.join("models/tfc_2w2a.onnx").to_string_lossy(), "-o", &design]);
    let (images, labels) = crate::accuracy::images(&shared.join("data/mnist_test.npz"));
    let input = folder.path().join("x.npy");
    let pixels = images.mapv(|v| f64::from(f32::from(v) / 255.0)).into_dyn();
    mpqc::arrays::write(&input, &pixels).expect("written");
    let classes = folder.path().join("labels.npy");
    mpqc::arrays::write(&classes, &labels.mapv(f64::from).into_dyn()).expect("written");
    let (input, classes) = (input.to_string_lossy(), classes.to_string_lossy());
    let output = mpqc(&["sim", &design, "--input", &input, "--labels", &classes, "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let seconds = json["seconds"].as_f64().expect("a time");
    println!("10,000 images in {seconds:.2} s, accuracy {}", json["accuracy"]);
    assert!((json["accuracy"].as_f64().expect("labels were given") - 0.966).abs() < 1e-9);
    assert!(json["top5"].as_f64().is_some_and(|top5| top5 > 0.99));
    assert!(seconds < 2.0, "{seconds} s");
}

/// A race of a small network: both sides do the same, and the report has what it promises.
#[test]
fn the_race_with_verilator_is_between_equals() {
    verilator();
    let model = "examples/digits/digits_cnn_mixed.onnx";
    let output =
        mpqc(&["bench", "sim", model, "--fps", "100000", "--frames", "2", "--seconds", "0.2", "--json"]);
    assert!(output.status.success());
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let row = &json["rows"][0];
    for key in ["frames", "ours_cpu_s", "verilator_cpu_s", "ratio", "verilator_cycles", "ratio_of_one_run"] {
        assert!(row[key].as_f64().is_some_and(|number| number > 0.0), "{key} is missing");
    }
    assert_eq!((row["model"].as_str(), row["equal"].as_bool()), (Some("digits_cnn_mixed"), Some(true)));
}
