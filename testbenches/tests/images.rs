//! Blocks over the pixels of images, alone and in chains, over a table of parameters: RTL = simulator in every
//! cycle, with and without stalls.

mod common;

use mpqc_ir::design::testing::images;

/// The designs of the table whose names begin so.
fn all_of(prefix: &str) {
    let designs = images().into_iter().filter(|design| design.name.starts_with(prefix));
    let mut any = false;
    common::all(designs.inspect(|_| any = true));
    assert!(any, "no design is called {prefix}…");
}

macro_rules! designs_called {
    ($($prefix:ident)*) => {
        $(#[test]
        fn $prefix() {
            all_of(stringify!($prefix));
        })*

        #[test]
        fn every_design_has_its_test() {
            let missing = |name: &String| ![$(stringify!($prefix)),*].iter().any(|prefix| name.starts_with(prefix));
            let names: Vec<String> = images().into_iter().map(|d| d.name).filter(missing).collect();
            assert!(names.is_empty(), "{names:?}");
        }
    };
}

designs_called! { pad window groups lines pool depthwise concat residual reorder conv }
