//! The driver on small designs. Verilator is installed if there is none, so that the test command needs no preparation.

use super::*;
use crate::tools::Tool;
use std::{fs, sync::OnceLock};
use tempfile::TempDir;

/// A counter, a memory read from a file, and values of every size that Verilator stores differently.
const COUNTER: &str = r#"`default_nettype none
module counter (
    input  wire        aclk,
    input  wire        aresetn,
    input  wire [3:0]  step,
    input  wire [69:0] pattern,
    input  wire [39:0] middle,
    output wire [95:0] mixed
);
    reg  [15:0] count;
    reg  [7:0]  rom [0:15];
    wire [7:0]  rom__data;
    wire [85:0] wide;
    wire        odd;
    wire signed [3:0] negative;

    initial $readmemh("mem/rom.hex", rom);

    always @(posedge aclk) begin
        if (!aresetn) count <= 16'd0;
        else count <= count + {12'd0, step};
    end

    assign rom__data = rom[count[3:0]];
    assign wide = {count, pattern};
    assign odd = count[0];
    assign negative = -4'sd3;
    assign mixed = {wide[69:30] ^ middle, wide[85:70], wide[29:0], rom__data, odd, ^negative};
endmodule
`default_nettype wire
"#;

/// A register that is never written: its value is where it started.
const UNKNOWN: &str = r#"module unknown (
    input  wire        aclk,
    input  wire        aresetn,
    input  wire        load,
    output wire [31:0] out
);
    reg [31:0] state;
    assign out = state;
    always @(posedge aclk) if (load && aresetn) state <= 32'd1;
endmodule
"#;

fn verilator() -> &'static Verilator {
    static FOUND: OnceLock<Verilator> = OnceLock::new();
    FOUND.get_or_init(|| {
        tools::verilator().unwrap_or_else(|_| {
            tools::install(Tool::Verilator, &|step| eprintln!("{step}")).expect("Verilator can be installed");
            tools::verilator().expect("an installed Verilator is found")
        })
    })
}

/// A design folder with one module in a file of its name.
fn design(top: &str, text: &str) -> (TempDir, Build) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join(format!("{top}.v"));
    fs::write(&file, text).expect("written");
    let mut build = Build::new(top, folder.path());
    build.files.push(file);
    (folder, build)
}

fn counter() -> (TempDir, Build) {
    let (folder, mut build) = design("counter", COUNTER);
    fs::create_dir(folder.path().join("mem")).expect("created");
    let image: String = (0..16).map(|index| format!("{:02x}\n", rom(index))).collect();
    fs::write(folder.path().join("mem/rom.hex"), image).expect("written");
    build.inputs = vec![Port::new("step", 4), Port::new("pattern", 70), Port::new("middle", 40)];
    build.probes = PROBES.iter().map(|(name, width)| Probe::new(*name, *width)).collect();
    (folder, build)
}

const PROBES: [(&str, u32); 8] = [
    ("count", 16),
    ("rom__data", 8),
    ("wide", 86),
    ("odd", 1),
    ("negative", 4),
    ("mixed", 96),
    ("middle", 40),
    ("pattern", 70),
];

fn rom(index: u32) -> u32 {
    (index * 37 + 11) & 0xff
}

fn words(value: u128, width: u32) -> Vec<u32> {
    (0..width.div_ceil(32)).map(|word| (value >> (32 * word)) as u32).collect()
}

fn mask(width: u32) -> u128 {
    (1 << width) - 1
}

/// What the probes of [`COUNTER`] must show.
fn expected(count: u32, pattern: u128, middle: u128) -> Vec<u32> {
    let wide = u128::from(count) << 70 | pattern;
    let low = u128::from(rom(count & 15)) << 2 | u128::from(count & 1) << 1 | 1;
    let mixed =
        ((wide >> 30 & mask(40)) ^ middle) << 56 | u128::from(count) << 40 | (pattern & mask(30)) << 10 | low;
    let values = [count.into(), rom(count & 15).into(), wide, (count & 1).into(), 13, mixed, middle, pattern];
    values.iter().zip(PROBES).flat_map(|(value, (_, width))| words(*value, width)).collect()
}

#[test]
fn every_probe_is_right_in_every_cycle() {
    let (_folder, build) = counter();
    let mut model = verilator().build(&build).expect("built");
    assert_eq!((model.sample_words(), model.offset(0), model.offset(3), model.offset(7)), (15, 0, 5, 12));
    model.reset(3).expect("reset");
    let (mut count, mut random) = (0_u32, 0x1234_5678_9abc_def0_1122_3344_5566_7788_u128);
    let mut sample = vec![0; model.sample_words()];
    for cycle in 0..1000 {
        random = random.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645).wrapping_add(cycle);
        let (step, pattern, middle) =
            ((random >> 120) as u32 & 15, random >> 20 & mask(70), random >> 7 & mask(40));
        model.set(0, &[step]);
        model.set(1, &words(random >> 20, 70));
        model.set(2, &words(random >> 7, 40));
        model.settle().expect("settles");
        model.sample(&mut sample);
        assert_eq!(sample, expected(count, pattern, middle), "cycle {cycle}");
        model.tick().expect("ticks");
        count = (count + step) & 0xffff;
    }
}

#[test]
fn two_ticks_without_a_settle_are_two_edges() {
    let (_folder, build) = counter();
    let mut model = verilator().build(&build).expect("built");
    model.reset(1).expect("reset");
    model.set(0, &[5]);
    for _ in 0..7 {
        model.tick().expect("ticks");
    }
    let mut sample = vec![0; model.sample_words()];
    model.sample(&mut sample);
    assert_eq!(sample[model.offset(0)], 35);
}

#[test]
fn instances_share_nothing_and_may_move_between_threads() {
    let (_folder, build) = counter();
    let run = |steps: u32| {
        let mut model = verilator().build(&build).expect("built");
        model.reset(2).expect("reset");
        std::thread::scope(|scope| {
            let work = scope.spawn(move || {
                model.set(0, &[1]);
                (0..steps).try_for_each(|_| model.tick()).expect("ticks");
                let mut sample = vec![0; model.sample_words()];
                model.sample(&mut sample);
                sample[model.offset(0)]
            });
            work.join().expect("no panic")
        })
    };
    let counts: Vec<u32> = std::thread::scope(|scope| {
        let run = &run;
        let threads: Vec<_> = (0..6).map(|index| scope.spawn(move || run(100 * index))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(counts, [0, 100, 200, 300, 400, 500]);
}

/// A counter that no cache has seen: its folder's name is in its text.
fn new_counter() -> (TempDir, Build) {
    let (folder, build) = counter();
    fs::write(&build.files[0], format!("{COUNTER}// {}\n", folder.path().display())).expect("written");
    (folder, build)
}

#[test]
fn the_second_build_comes_from_the_cache_and_a_change_does_not() {
    let (_folder, mut build) = new_counter();
    let first = verilator().library(&build).expect("built");
    fs::write(&first, "not built again").expect("written");
    assert_eq!(verilator().library(&build).expect("found"), first);
    assert_eq!(fs::read_to_string(&first).expect("readable"), "not built again");
    build.x_seed = Some(7);
    assert_eq!(verilator().library(&build).expect("found"), first, "a seed needs no other library");
    build.probes.pop();
    let second = verilator().library(&build).expect("built");
    assert_ne!(second, first, "other probes do");
    [first, second].iter().for_each(|library| fs::remove_file(library).expect("removed"));
}

#[test]
fn a_damaged_library_is_an_error_that_says_how_to_go_on() {
    let (_folder, build) = counter();
    let library = build.work_dir.join("counter.so");
    fs::write(&library, "not a library").expect("written");
    let error = Model::open(&library, &build).expect_err("refused").to_string();
    assert!(error.contains("delete the file"), "{error}");
}

#[test]
fn several_may_build_the_same_design_at_once() {
    let (_folder, build) = new_counter();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| verilator().build(&build).expect("built").reset(1).expect("runs"));
        }
    });
    fs::remove_file(verilator().library(&build).expect("found")).expect("removed");
}

#[test]
fn lint_is_silent_on_clean_verilog_and_reports_the_rest() {
    let (_folder, build) = design("unknown", UNKNOWN);
    verilator().lint(&build.files, "unknown").expect("clean");
    let (_folder, build) = design("unknown", &UNKNOWN.replace("32'd1", "31'd1"));
    let Err(VerilatorError::Lint(report)) = verilator().lint(&build.files, "unknown") else {
        panic!("a width mismatch passes the lint gate");
    };
    assert_eq!(report.messages.len(), 1, "{report}");
    assert!(report.messages[0].contains("WIDTH") && report.messages[0].contains("unknown.v:9"), "{report}");
}

#[test]
fn unknown_state_follows_the_seed() {
    let (_folder, mut build) = design("unknown", UNKNOWN);
    build.inputs.push(Port::new("load", 1));
    build.probes.push(Probe::new("out", 32));
    let mut start = |seed| {
        build.x_seed = seed;
        let mut sample = [0];
        verilator().build(&build).expect("built").sample(&mut sample);
        sample[0]
    };
    let values = [start(None), start(Some(1)), start(Some(1)), start(Some(2))];
    assert_eq!((values[0], values[1]), (0, values[2]), "{values:?}");
    assert!(values[1] != 0 && values[1] != values[3], "{values:?}");
}

#[test]
fn wrong_names_and_widths_are_refused() {
    let refusal = |change: fn(&mut Build)| {
        let (_folder, mut build) = counter();
        change(&mut build);
        verilator().build(&build).expect_err("refused").to_string()
    };
    assert!(
        refusal(|build| build.probes.push(Probe::new("nothing", 1))).contains("no probe vector `nothing`")
    );
    assert!(refusal(|build| build.probes.push(Probe::new("rom", 8))).contains("no probe vector `rom`"));
    assert!(
        refusal(|build| build.inputs.push(Port::new("nothing", 1))).contains("no input vector `nothing`")
    );
    assert!(refusal(|build| build.probes[0].width_bits = 15).contains("16 bits wide, but 15"));
    assert!(refusal(|build| build.clock = "../clock".into()).contains("plain Verilog identifier"));
}

#[test]
fn a_missing_memory_file_is_an_error() {
    let (folder, build) = counter();
    fs::remove_file(folder.path().join("mem/rom.hex")).expect("removed");
    let error = verilator().build(&build).expect_err("refused").to_string();
    assert!(error.contains("rom.hex") && error.contains("file not found"), "{error}");
}

#[test]
fn broken_verilog_is_an_error_with_its_place() {
    let (_folder, build) = design("broken", "module broken (input wire aclk);\n  assign x y;\nendmodule\n");
    let error = verilator().build(&build).expect_err("refused").to_string();
    assert!(error.contains("broken.v:2"), "{error}");
}

#[test]
fn a_design_that_ends_the_run_does_not_end_the_process() {
    let text = UNKNOWN.replace("state <= 32'd1", "$finish");
    let (_folder, mut build) = design("unknown", &text);
    build.inputs.push(Port::new("load", 1));
    let mut model = verilator().build(&build).expect("built");
    model.reset(2).expect("runs");
    model.set(0, &[1]);
    let error = model.tick().expect_err("$finish is reported").to_string();
    assert!(error.contains("$finish at"), "{error}");
}
