//! What the random designs reach: every kind of block.

use crate::designs::plan;
use crate::images::image;
use mpqc_ir::design::Block;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;

/// Designs of each strategy: as few as each property runs, so that what is found here is found there.
const CASES: usize = 300;

#[test]
fn random_designs_hold_every_block() {
    let mut runner = TestRunner::deterministic();
    let mut found = BTreeSet::new();
    for _ in 0..CASES {
        let vectors = plan().new_tree(&mut runner).expect("a plan").current().build();
        let pixels = image().new_tree(&mut runner).expect("an image").current().build();
        for design in [vectors, pixels] {
            found.extend(design.graph.node_weights().map(|node| node.block.kind()));
        }
    }
    let missing: Vec<_> = Block::KINDS.iter().filter(|kind| !found.contains(**kind)).collect();
    assert!(missing.is_empty(), "no random design has {missing:?}");
}
