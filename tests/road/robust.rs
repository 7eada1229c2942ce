//! The command when the machine around it is not polite: folders, tools, threads, interruptions.

use crate::common::mpqc;
use mpqc_ir::onnx::ElemType;
use mpqc_ir::onnx::testing::{graph, model, node, value_info};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const MODEL: &str = "examples/digits/digits_mlp_w4a4.onnx";

/// `mpqc compile MODEL` as folded as can be, into `out`.
fn compile(out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpqc"));
    command.args(["compile", MODEL, "--fold", "min", "-o"]).arg(out).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn run(command: &mut Command) -> Output {
    command.output().expect("the command runs")
}

/// Exit code 2 and a message that names what is in the way.
fn refused(output: &Output, naming: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(naming) && !said.contains("panicked"), "{said}");
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => open.push(path),
                false => drop(all.insert(path.clone(), std::fs::read(&path).expect("readable"))),
            }
        }
    }
    all
}

/// Everything but reports, which hold the time that the compilation took.
fn design_files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let relative =
        |(path, bytes): (PathBuf, Vec<u8>)| (path.strip_prefix(folder).expect("inside").to_owned(), bytes);
    let all = files(folder).into_iter().map(relative);
    all.filter(|(path, _)| !path.starts_with("report.json") && !path.starts_with("report.html")).collect()
}

#[test]
fn one_thread_and_sixteen_write_the_same_bytes_also_where_names_are_not_ascii() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = |threads: &str| {
        let out = folder.path().join(format!("ein Ordner für {threads} Fäden"));
        let output = run(compile(&out).env("RAYON_NUM_THREADS", threads));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        design_files(&out)
    };
    let one = out("1");
    assert!(one.len() > 5 && one == out("16"));
}

#[test]
fn a_design_in_a_folder_of_any_name_is_simulated_and_verified() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("père & fils, 20 %");
    assert!(run(&mut compile(&out)).status.success());
    let out = out.to_string_lossy();
    for command in [vec!["sim", &out], vec!["verify", &out, "--frames", "1"]] {
        let output = mpqc(&command);
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn where_nothing_can_be_written_nothing_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "mine").expect("written");
    refused(&run(&mut compile(&file)), "file");
    refused(&run(&mut compile(&file.join("out"))), "file");
    assert_eq!(std::fs::read(&file).expect("still there"), b"mine");
    refused(&run(&mut compile(Path::new("/proc/nowhere"))), "/proc");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

/// A small file system of its own; only where this may be mounted.
#[test]
fn a_full_disk_leaves_the_old_design() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).expect("created");
    let mount = |size: &str| {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", size, "tmpfs"]).arg(&disk).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    if !mount("size=2m") {
        eprintln!("skipped, nothing may be mounted here");
        return;
    }
    let out = disk.join("out");
    let first = run(&mut compile(&out));
    let before = first.status.success().then(|| files(&out));
    std::fs::write(disk.join("filler"), vec![0; 4 << 20]).expect_err("the disk is full");
    let second = run(&mut compile(&out));
    let after = before.as_ref().map(|_| files(&out));
    let left = std::fs::read_dir(&disk).expect("a folder").count();
    let unmounted = Command::new("umount").arg(&disk).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    assert!(before.is_some(), "{}", String::from_utf8_lossy(&first.stderr));
    refused(&second, "No space left");
    assert_eq!((after, left), (before, 2), "the old design is whole, and nothing else is left");
}

#[test]
fn compilations_into_one_folder_do_not_mix() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let alone = |fold: &str| {
        let out = folder.path().join(format!("alone-{fold}"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpqc"));
        command
            .args(["compile", MODEL, "--fold", fold, "-o"])
            .arg(&out)
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(run(&mut command).status.success());
        design_files(&out)
    };
    let one_of = [alone("min"), alone("auto")];
    for _ in 0..3 {
        let mut running = ["min", "auto", "min", "auto"].map(|fold| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_mpqc"));
            command.args(["compile", MODEL, "--fold", fold, "-o"]).arg(&out);
            command.current_dir(env!("CARGO_MANIFEST_DIR")).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().expect("starts")
        });
        for child in &mut running {
            child.wait().expect("ends");
        }
        assert!(one_of.contains(&design_files(&out)), "a folder holds parts of two designs");
    }
}

#[test]
fn an_interrupted_compilation_leaves_no_half_design() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    assert!(run(&mut compile(&out)).status.success());
    let whole = design_files(&out);
    for milliseconds in [1, 5, 10, 20, 40, 60, 80, 120, 160] {
        let mut child = compile(&out).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().expect("killed");
        child.wait().expect("ends");
        // Between two renames there is no folder for a moment: then there is no design, but no half one either.
        assert!(!out.exists() || design_files(&out) == whole, "after {milliseconds} ms");
        if !out.exists() {
            assert!(run(&mut compile(&out)).status.success());
        }
    }
}

#[test]
fn without_tools_verify_says_how_to_get_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    assert!(run(&mut compile(&out)).status.success());
    let nothing = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpqc"));
        command
            .args(arguments)
            .arg(&out)
            .env("PATH", folder.path())
            .env("MPQC_TOOLS", folder.path().join("tools"));
        run(command.env_remove("VERILATOR_ROOT"))
    };
    refused(&nothing(&["verify"]), "mpqc doctor --install");
    refused(&nothing(&["synth"]), "mpqc doctor --install");
    assert!(nothing(&["sim"]).status.success(), "the simulator needs nothing");
}

/// A chain of so many `Relu`.
fn chain(nodes: usize) -> Vec<u8> {
    let name = |i: usize| if i == nodes { "y".to_owned() } else { format!("x{i}") };
    let shape = |name: &str| value_info(name, ElemType::Float, [1, 4]);
    let empty = graph().name("chain").input(shape("x0")).output(shape("y"));
    let whole = (0..nodes)
        .fold(empty, |graph, i| graph.node(node("Relu", [name(i).as_str()], [name(i + 1).as_str()])));
    model(whole).opset("", 13).to_bytes()
}

#[test]
fn a_hundred_thousand_nodes_take_time_in_proportion() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let seconds = |nodes: usize| {
        let path = folder.path().join("chain.onnx");
        std::fs::write(&path, chain(nodes)).expect("written");
        let started = std::time::Instant::now();
        let output = mpqc(&["check", &path.to_string_lossy()]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("panicked") && output.status.code().is_some_and(|code| code < 3), "{said}");
        started.elapsed().as_secs_f64()
    };
    let (few, many) = (seconds(10_000), seconds(100_000));
    assert!(many < 30.0 * few.max(0.2), "10,000 nodes: {few:.2} s, 100,000: {many:.2} s");
}
