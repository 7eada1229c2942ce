//! Faults of Verilog and memory images, as a designer or a template makes them.

use super::text;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// A counter ends one early or late, or counts down.
    CounterOffByOne,
    /// The two arms of a choice, or the two sides of a subtraction.
    SwappedOperands,
    /// A signed number read as an unsigned one.
    DroppedSign,
    /// `ready` that does not change.
    StuckReady,
    /// `valid` that does not change.
    StuckValid,
    /// `&&` for `||`, or the reverse.
    WrongCondition,
    /// A bit of a threshold.
    WrongThreshold,
    /// A bit of a weight, a factor or an order in memory.
    MemoryBit,
    /// A buffer of one beat less.
    ShallowBuffer,
}

impl Operator {
    /// All of them.
    pub const ALL: [Operator; 9] = [
        Operator::CounterOffByOne,
        Operator::SwappedOperands,
        Operator::DroppedSign,
        Operator::StuckReady,
        Operator::StuckValid,
        Operator::WrongCondition,
        Operator::WrongThreshold,
        Operator::MemoryBit,
        Operator::ShallowBuffer,
    ];

    /// What may stand in the place of a line of a file whose whole text is given.
    fn variants(self, path: &str, text: &str, line: &str) -> Vec<String> {
        let verilog = path.ends_with(".v");
        let thresholds = path.contains("thresholds");
        match self {
            Operator::MemoryBit if !thresholds => text::memory_bits(verilog, line),
            Operator::WrongThreshold if verilog || thresholds => text::threshold_bits(verilog, line),
            _ if !verilog => Vec::new(),
            Operator::CounterOffByOne => text::counters(line),
            Operator::SwappedOperands => text::swapped(line),
            Operator::DroppedSign => text::unsigned(text, line),
            Operator::StuckReady => text::stuck("ready", line),
            Operator::StuckValid => text::stuck("valid", line),
            Operator::WrongCondition => text::conditions(line),
            Operator::ShallowBuffer => text::shallow(line),
            Operator::MemoryBit | Operator::WrongThreshold => Vec::new(),
        }
    }
}

/// A file with a line changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind.
    pub operator: Operator,
    /// Path of the file in the design's folder.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What it was.
    pub before: String,
    /// What it is.
    pub after: String,
}

impl Fault {
    /// The file with the fault, made from the file without.
    pub fn applied(&self, text: &str) -> String {
        let line = |(i, line)| if i + 1 == self.line { self.after.as_str() } else { line };
        text.lines().enumerate().map(line).flat_map(|line| [line, "\n"]).collect()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: `{}` for `{}`", self.path, self.line, self.after.trim(), self.before.trim())
    }
}

/// All faults of a kind in a design's folder.
///
/// # Errors
/// Where it cannot be read.
pub fn faults(folder: &Path, operator: Operator) -> io::Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for part in ["rtl", "mem"] {
        let mut files: Vec<_> =
            fs::read_dir(folder.join(part))?.flatten().map(|entry| entry.file_name()).collect();
        files.sort();
        for path in files.iter().map(|file| format!("{part}/{}", file.display())) {
            if !(path.ends_with(".v") || path.ends_with(".hex")) {
                continue;
            }
            faults.extend(in_file(&path, &fs::read_to_string(folder.join(&path))?, operator));
        }
    }
    let half = folder.join("rtl/stream_half.v").is_file();
    faults.retain(|fault| half || !fault.after.contains("stream_half #("));
    Ok(faults)
}

fn in_file(path: &str, text: &str, operator: Operator) -> Vec<Fault> {
    let variants = |(line, before): (usize, &str)| {
        let fault = |after| Fault {
            operator,
            path: path.to_owned(),
            line: line + 1,
            before: before.to_owned(),
            after,
        };
        operator.variants(path, text, before).into_iter().map(fault).collect::<Vec<_>>()
    };
    text.lines().enumerate().flat_map(variants).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "module m (\n    wire last = beat == 3'd4;  // of 3'd5\n    assign s_ready = a && b;\nendmodule\n";

    #[test]
    fn a_fault_changes_one_line_of_code() {
        let all = in_file("rtl/m.v", FILE, Operator::CounterOffByOne);
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!((all[0].line, all[0].after.trim()), (2, "wire last = beat == 3'd3;  // of 3'd5"));
        assert_eq!(all[0].applied(FILE), FILE.replace("3'd4", "3'd3"));
        assert_eq!(in_file("rtl/m.v", FILE, Operator::StuckReady).len(), 2);
        assert_eq!(in_file("rtl/m.v", FILE, Operator::WrongCondition).len(), 1);
        assert!(in_file("mem/m.hex", FILE, Operator::StuckReady).is_empty());
    }
}
