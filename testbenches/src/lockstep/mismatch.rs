//! The first difference, and the cycles before it.

use super::history::History;
use mpqc_ir::design::Design;
use mpqc_sim::trace::{Beat, Watch};
use serde::Serialize;
use std::fmt;

/// Cycles shown before a difference.
const SHOWN: usize = 16;

/// A stream in one cycle, on one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// The wire `valid`.
    pub valid: bool,
    /// The wire `ready`.
    pub ready: bool,
    /// The data in hexadecimal, where `valid`.
    pub data: Option<String>,
}

/// One cycle of the stream that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The cycle; 0 is the first after reset.
    pub cycle: u64,
    /// The Verilog's side.
    pub rtl: Side,
    /// The simulator's side.
    pub sim: Side,
}

/// The first difference between RTL and simulator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The stream.
    pub stream: String,
    /// The block that drives it.
    pub block: String,
    /// That block's kind.
    pub kind: String,
    /// ONNX nodes that the block computes.
    pub onnx_nodes: Vec<String>,
    /// The cycle.
    pub cycle: u64,
    /// What differs.
    pub what: String,
    /// The stream's last cycles on both sides, the difference last.
    pub rows: Vec<Row>,
}

impl Mismatch {
    pub(super) fn new(
        design: &Design,
        watches: &[Watch],
        at: usize,
        what: String,
        history: &History,
    ) -> Self {
        let watch = &watches[at];
        let block = &design.graph[watch.block];
        let mut rows: Vec<Row> = history
            .moments()
            .map(|m| Row { cycle: m.cycle, rtl: side(&m.rtl[at]), sim: side(&m.sim[at]) })
            .collect();
        rows.drain(..rows.len().saturating_sub(SHOWN));
        Mismatch {
            stream: watch.name.clone(),
            block: block.name.clone(),
            kind: block.block.kind().to_owned(),
            onnx_nodes: block.origin.clone(),
            cycle: rows.last().map_or(0, |row| row.cycle),
            what,
            rows,
        }
    }
}

fn side(beat: &Beat) -> Side {
    let hex = || beat.data.iter().rev().map(|word| format!("{word:08x}")).collect::<String>();
    Side { valid: beat.valid, ready: beat.ready, data: beat.valid.then(hex) }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = self.data.as_deref().unwrap_or("-");
        write!(f, "{} {} {data}", u8::from(self.valid), u8::from(self.ready))
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "cycle {}: stream `{}` differs in {}", self.cycle, self.stream, self.what)?;
        writeln!(f, "  block `{}` ({}), ONNX {}", self.block, self.kind, self.onnx_nodes.join(", "))?;
        writeln!(f, "  {:>8}    RTL: valid ready data    simulator: valid ready data", "cycle")?;
        for row in &self.rows {
            let mark = if row.rtl == row.sim { ' ' } else { '!' };
            writeln!(f, "{mark} {:>8}    {}    {}", row.cycle, row.rtl, row.sim)?;
        }
        Ok(())
    }
}
