//! A design that cannot move is an error that names who waits.

use mpqc_ir::design::testing::{Chain, Mac};
use mpqc_ir::number::IntType;
use mpqc_sim::Stalls;
use mpqc_sim::timing::{TimingError, measure};

#[test]
fn a_bypass_without_fifo_is_named() {
    // The MAC array wants all 16 beats before its first result; the bypass holds two.
    let u4 = IntType::quantizer(false, 4, false);
    let chain = Chain::new("bypass").input(u4, 1, 16).fork(2).mac(Mac::new(16, 1, 1)).add([1, 1]);
    for stalls in [Stalls::None, Stalls::Random { seed: 5 }] {
        let error = measure(&chain.clone().finish(), 2, stalls).expect_err("the bypass is too short");
        let TimingError::Deadlock { cycle, quiet, waiting } = &error;
        // Where no end changes by itself, the first cycle in which nothing moves is the last.
        assert!(if stalls == Stalls::None { *cycle < 100 } else { *quiet >= 10_000 }, "{error}");
        assert!(
            waiting.iter().any(|w| w.starts_with("add_") && w.contains("waits for a beat of mac_array_"))
        );
        assert!(waiting.iter().any(|w| w.starts_with("fork_") && w.contains("waits for add_")), "{error}");
    }
}
