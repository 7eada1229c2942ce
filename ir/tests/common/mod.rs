//! Lowered networks held against the reference executor.

#![allow(dead_code)] // every test file uses its part

pub mod build;

use mpqc_ir::import::{Options, import};
use mpqc_ir::int_network::{HostRunner, IntNetwork};
use mpqc_ir::lower::lower;
use mpqc_ir::network::Network;
use mpqc_ir::reference::Executor;
use ndarray::ArrayD;
use petgraph::visit::EdgeRef;
use std::path::PathBuf;

/// `$MPQC_SHARED/models` or `../shared/models` beside the workspace.
pub fn models() -> Option<PathBuf> {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = std::env::var_os("MPQC_SHARED").map_or_else(default, PathBuf::from).join("models");
    folder.is_dir().then_some(folder)
}

/// A float32 array in float64.
pub fn read(path: PathBuf) -> ArrayD<f64> {
    ndarray_npy::read_npy::<_, ArrayD<f32>>(path).expect("a float32 array").mapv(f64::from)
}

/// Imports and lowers a model whose float input may have another shape.
pub fn lowered(bytes: &[u8], options: &Options) -> (Network, IntNetwork) {
    let network = import(bytes, options).expect("imports");
    let integers = lower(&network).unwrap_or_else(|found| panic!("{:#?}", found.0));
    (network, integers)
}

/// The integers' meaning equals the reference executor's outputs, frame by frame.
pub fn assert_equal(network: &Network, integers: &IntNetwork, frames: &[Vec<ArrayD<f64>>]) {
    let host = HostRunner::new(&integers.host);
    let executor = Executor::new(network);
    for inputs in frames {
        let codes = host.encode(inputs).expect("encodes");
        check_types(integers, &codes);
        let streams = integers.execute(&codes);
        let found = host.decode(&streams, inputs).expect("decodes");
        let wanted = executor.run(inputs).expect("runs");
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(&wanted) {
            assert_eq!(found.shape(), wanted.shape());
            for ((at, got), want) in found.indexed_iter().zip(wanted) {
                let close = (got - want).abs() <= 1e-6 * want.abs().max(1.0);
                assert!(close, "element {at:?} is {got}, expected {want}\n{}", integers.to_text());
            }
        }
    }
}

/// Every edge carries as many integers as its shape says, of its type.
fn check_types(integers: &IntNetwork, codes: &[Vec<i64>]) {
    let streams = integers.streams(codes);
    for edge in integers.graph.edge_references() {
        let (stream, use_) = (&streams[&edge.source()], edge.weight());
        let name = &integers.graph[edge.source()].name;
        assert_eq!(stream.len(), use_.shape.elements(), "{name}\n{}", integers.to_text());
        assert!(stream.iter().all(|v| use_.ty.contains(*v)), "{name} leaves {}", use_.ty);
    }
}

/// A generator of test inputs (Marsaglia's xorshift64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Uniform in `low..high`.
    pub fn real(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn tensor(&mut self, shape: &[usize], low: f64, high: f64) -> ArrayD<f64> {
        ArrayD::from_shape_fn(shape, |_| self.real(low, high))
    }
}
