//! What the surroundings do to a run: it is interrupted, runs twice at once, has no room, no tools, strange paths.

use crate::common::{files_of, mpqc, verilator};
use mpqc_ir::onnx::ElemType;
use mpqc_ir::onnx::testing::{graph, model as onnx, node, value_info};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/digits/digits_mlp_w4a4.onnx")
}

/// `mpqc compile` for a rate, under way.
fn compiling(fps: &str, out: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpqc"));
    command.arg("compile").arg(model()).args(["--fps", fps]).arg("-o").arg(out);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
}

/// The two designs that runs in `folder` can leave, made one after the other.
fn both_designs(folder: &Path) -> [Vec<(PathBuf, Vec<u8>)>; 2] {
    ["100000", "1000000"].map(|fps| {
        let out = folder.join(fps);
        assert!(compiling(fps, &out).wait().expect("it ends").success());
        files_of(&out)
    })
}

#[test]
fn a_run_that_is_killed_leaves_the_old_design_or_the_new_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let [slow, fast] = both_designs(folder.path());
    let out = folder.path().join("out");
    assert!(compiling("100000", &out).wait().expect("it ends").success());
    for milliseconds in (0..200).step_by(8) {
        let mut run = compiling("1000000", &out);
        std::thread::sleep(Duration::from_millis(milliseconds));
        let _ = run.kill();
        run.wait().expect("it ended");
        let files = files_of(&out);
        assert!(files == slow || files == fast, "after {milliseconds} ms the folder holds a mixture");
    }
}

#[test]
fn two_runs_in_one_folder_do_not_mix() {
    let folder = tempfile::tempdir().expect("a folder");
    let [slow, fast] = both_designs(folder.path());
    let out = folder.path().join("out");
    for _ in 0..10 {
        let runs = ["100000", "1000000", "100000", "1000000"].map(|fps| compiling(fps, &out));
        for mut run in runs {
            assert!(run.wait().expect("it ends").success());
        }
        let files = files_of(&out);
        assert!(files == slow || files == fast, "the folder holds a mixture");
    }
    let left = std::fs::read_dir(folder.path()).expect("read").count();
    assert_eq!(left, 3, "scratch folders are left");
}

#[test]
fn one_thread_and_sixteen_write_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let [one, sixteen] = ["1", "16"].map(|threads| {
        let out = folder.path().join(threads);
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpqc"));
        command.env("RAYON_NUM_THREADS", threads).arg("compile");
        command.arg("examples/digits/digits_cnn_mixed.onnx").current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(command.arg("-o").arg(&out).output().expect("it runs").status.success());
        files_of(&out)
    });
    assert!(one == sixteen);
}

#[test]
fn paths_with_spaces_and_letters_of_any_script_work() {
    verilator();
    let folder = tempfile::tempdir().expect("a folder");
    let strange = folder.path().join("a b/übung 漢字");
    std::fs::create_dir_all(&strange).expect("made");
    let (model_here, out) = (strange.join("mo del é.onnx"), strange.join("out ß"));
    std::fs::copy(model(), &model_here).expect("copied");
    let [model_here, out] = [model_here, out].map(|path| path.display().to_string());
    for arguments in [
        vec!["compile", &model_here, "--fps", "1e6", "-o", &out],
        vec!["sim", &out, "--input", "examples/digits/digits_test.input.npy", "--frames", "3"],
        vec!["verify", &out, "--frames", "2", "--stall", "none"],
    ] {
        let output = mpqc(&arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn places_that_cannot_be_written_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "mine").expect("written");
    let model = model().display().to_string();
    for (out, said) in
        [(file.join("design"), "file"), (PathBuf::from("/proc/design"), "/proc"), (file.clone(), "file")]
    {
        let output = mpqc(&["compile", &model, "-o", &out.display().to_string()]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && error.contains(said), "{}: {error}", out.display());
    }
    assert_eq!(std::fs::read_to_string(&file).expect("still there"), "mine");
}

#[test]
fn missing_tools_are_named_with_the_way_to_get_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    assert!(compiling("100000", &out).wait().expect("it ends").success());
    for (command, tool) in [("verify", "Verilator"), ("synth", "Yosys")] {
        let mut bare = Command::new(env!("CARGO_BIN_EXE_mpqc"));
        bare.env_clear().env("MPQC_TOOLS", folder.path().join("none")).arg(command).arg(&out);
        let output = bare.current_dir(folder.path()).output().expect("it runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let told = error.contains(tool) && error.contains("doctor --install");
        assert!(output.status.code() == Some(2) && told, "{command}: {error}");
    }
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
    let (out, model) = (disk.join("out").display().to_string(), model().display().to_string());
    let compile = || mpqc(&["compile", &model, "--fps", "100000", "-o", &out]);
    let first = compile();
    let before = first.status.success().then(|| files_of(Path::new(&out)));
    std::fs::write(disk.join("filler"), vec![0; 4 << 20]).expect_err("the disk is full");
    let second = compile();
    let after = before.as_ref().map(|_| files_of(Path::new(&out)));
    let left = std::fs::read_dir(&disk).expect("a folder").count();
    let unmounted = Command::new("umount").arg(&disk).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    assert!(before.is_some(), "{}", String::from_utf8_lossy(&first.stderr));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(second.status.code() == Some(2) && said.contains("No space left"), "{said}");
    assert_eq!((after, left), (before, 2), "the old design is whole, and nothing else is left");
}

/// A chain of so many `Relu`.
fn chain(nodes: usize) -> Vec<u8> {
    let name = |i: usize| if i == nodes { "y".to_owned() } else { format!("x{i}") };
    let shape = |name: &str| value_info(name, ElemType::Float, [1, 4]);
    let empty = graph().name("chain").input(shape("x0")).output(shape("y"));
    let whole = (0..nodes)
        .fold(empty, |graph, i| graph.node(node("Relu", [name(i).as_str()], [name(i + 1).as_str()])));
    onnx(whole).opset("", 13).to_bytes()
}

#[test]
fn a_hundred_thousand_nodes_are_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chain.onnx");
    std::fs::write(&path, chain(100_000)).expect("written");
    let output = mpqc(&["check", &path.display().to_string()]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("no-hardware"), "{said}");
}
