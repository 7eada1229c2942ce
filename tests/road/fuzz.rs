//! Thirty random networks, half of them over images: specification = integers = simulator = Verilator.
//! `cargo xtask fuzz --cases N` runs more.

use mpqc::campaign::{self, Rtl, Verdict};
use mpqc_testbenches::random_network;

/// Runs the cases of some seeds; a refusal is not an equality, and few are allowed.
fn campaign(seeds: std::ops::Range<u64>) {
    let verilator = crate::common::verilator();
    let mut refused = Vec::new();
    for seed in seeds.clone() {
        let case = random_network::draw(seed);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let rtl = Rtl { folder: &folder.path().join("design"), verilator: &verilator };
        match campaign::check(&case, Some(&rtl)).expect("every stage runs") {
            Verdict::Equal { cycles } => assert!(cycles > 0),
            Verdict::Refused(codes) => refused.push(codes),
            Verdict::Different(how) => panic!("seed {seed} ({}): {how}", case.description),
        }
    }
    assert!(refused.len() as u64 * 10 <= seeds.end - seeds.start, "too many refusals: {refused:?}");
}

#[test]
fn fifteen_networks() {
    campaign(100..115);
}

#[test]
fn fifteen_more_networks() {
    campaign(115..130);
}

/// A quantizer whose lowest threshold is always reached, on unsigned values.
#[test]
fn a_threshold_of_zero() {
    campaign(1010..1011);
}

#[test]
fn the_same_seed_draws_the_same_network() {
    let (a, b) = (random_network::draw(5), random_network::draw(5));
    assert_eq!((a.model, a.description), (b.model, b.description));
}
