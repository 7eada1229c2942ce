//! Random networks, half of them over images: specification = integers = simulator = Verilator. Chance chooses how the
//! layers of thirty are built, the search those of eight. `cargo xtask fuzz --cases N` runs more, `--plans` by chance.

use mpqc::campaign::readers::{READERS, Reader, good_files};
use mpqc::campaign::{self, Chooser, Rtl, Verdict};
use mpqc_testbenches::random_network;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Runs the cases of some seeds; a refusal is not an equality, and few are allowed.
fn campaign(seeds: std::ops::Range<u64>, chooser: fn(u64) -> Chooser) {
    let verilator = crate::common::verilator();
    let mut refused = Vec::new();
    for seed in seeds.clone() {
        let case = random_network::draw(seed);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let rtl = Rtl { folder: &folder.path().join("design"), verilator: &verilator, icarus: None };
        match campaign::check(&case, chooser(seed), Some(&rtl)).expect("every stage runs") {
            Verdict::Equal { cycles } => assert!(cycles > 0),
            Verdict::Refused(codes) => refused.push(codes),
            Verdict::Held(_) => unreachable!("relations were not asked for"),
            Verdict::Different(how) => panic!("seed {seed} ({}): {how}", case.description),
        }
    }
    assert!(refused.len() as u64 * 10 <= seeds.end - seeds.start, "too many refusals: {refused:?}");
}

fn chance(seed: u64) -> Chooser {
    Chooser::Chance { seed }
}

#[test]
fn fifteen_networks_by_chance() {
    campaign(100..115, chance);
}

#[test]
fn fifteen_more_networks_by_chance() {
    campaign(115..130, chance);
}

#[test]
fn eight_networks_as_the_search_builds_them() {
    campaign(130..138, |_| Chooser::Search);
}

/// A quantizer whose lowest threshold is always reached, on unsigned values.
#[test]
fn a_threshold_of_zero() {
    campaign(1010..1011, |_| Chooser::Search);
}

/// A depthwise product of one tap behind a layer whose rows do not divide its channels.
#[test]
fn lanes_that_no_window_divides() {
    campaign(3029..3030, chance);
}

/// A transposed convolution whose results are several pixels a vector: its channels have to stay where they are.
#[test]
fn channels_that_become_pixels() {
    campaign(9629..9630, |_| Chooser::Search);
}

#[test]
fn the_same_seed_draws_the_same_network() {
    let (a, b) = (random_network::draw(5), random_network::draw(5));
    assert_eq!((a.model, a.description), (b.model, b.description));
}

/// Whether a reader accepts a file; it must come back, and without a panic.
fn accepts(reader: Reader, file: Vec<u8>) -> bool {
    let (answer, answers) = mpsc::channel();
    thread::spawn(move || answer.send((reader.read)(&file)));
    let name = reader.name;
    answers
        .recv_timeout(Duration::from_secs(120))
        .unwrap_or_else(|why| panic!("{name} gives no answer: {why}"))
}

/// Files out of the corpora of guided fuzzing, each of which reaches something that others do not, and all that were findings. Of each
/// kind some are refused, and good files are read.
#[test]
fn files_that_guided_fuzzing_kept() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    for (reader, good) in READERS.into_iter().zip(good_files().expect("good files are made")) {
        let name = reader.name;
        let files = std::fs::read_dir(corpus.join(name)).expect("every reader has a folder");
        let files = files.map(|file| std::fs::read(file.expect("a file").path()).expect("it can be read"));
        let refused = files.filter(|file| !accepts(reader, file.clone())).count();
        assert!(refused > 0, "{name}: nothing was refused");
        assert!(good.into_iter().all(|file| accepts(reader, file)), "{name}: a good file was refused");
    }
}

/// `fuzz/` is no member of the workspace, so that no compiler would say that a name is wrong.
#[test]
fn every_reader_has_a_target_of_guided_fuzzing() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).expect("a manifest");
    for Reader { name, .. } in READERS {
        let target = std::fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).expect("a target");
        assert!(target.contains(&format!("readers::read(\"{name}\",")), "{target}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in the manifest");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), READERS.len());
}
