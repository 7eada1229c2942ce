//! Random networks, half of them over images: specification = integers = simulator = Verilator. Chance chooses how the
//! layers of thirty are built, the search those of eight. `cargo xtask fuzz --cases N` runs more, `--plans` by chance.

use mpqc::campaign::{self, Chooser, Rtl, Verdict};
use mpqc_testbenches::random_network;

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
