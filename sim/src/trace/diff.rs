//! The first difference between two files of waves.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use wellen::{SignalRef, simple};

/// Waves that could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// A file is not there, or holds no waves.
    #[error("cannot read waves from `{}`: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The files have no stream in common.
    #[error("the files have no signal in common; were they written from the same design?")]
    Unrelated,
}

/// Where two runs first differ.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The cycle: 0 is the first after reset.
    pub cycle: u64,
    /// The layer: the ONNX node whose scope the stream is in.
    pub layer: String,
    /// The stream.
    pub stream: String,
    /// Which of its wires: `valid`, `ready` or `data`.
    pub wire: String,
    /// What it shows in both files, in bits.
    pub values: [String; 2],
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Comparison {
    /// Signals of both files.
    pub compared: usize,
    /// Signals that only one of them has.
    pub only_in_one: Vec<String>,
    /// First and last cycle that both cover.
    pub cycles: [u64; 2],
    /// The first difference; in the design's order of streams where several differ in one cycle.
    pub difference: Option<Difference>,
}

/// Nanoseconds a cycle, as [`super::Waves`] writes them.
const PERIOD: u64 = 10;

/// A file in memory.
struct File {
    waves: simple::Waveform,
    /// Signals by path, and their place in the file.
    signals: BTreeMap<Vec<String>, (usize, SignalRef)>,
}

/// Compares two files that [`super::Waves`] wrote (or any others with such scopes) over the cycles that both cover.
///
/// # Errors
/// Where a file cannot be read, or they have nothing in common.
pub fn diff(a: &Path, b: &Path) -> Result<Comparison, DiffError> {
    let files = [File::read(a)?, File::read(b)?];
    let common: Vec<&Vec<String>> =
        files[0].signals.keys().filter(|path| files[1].signals.contains_key(*path)).collect();
    if common.is_empty() {
        return Err(DiffError::Unrelated);
    }
    let only_in_one = [[0, 1], [1, 0]].into_iter().flat_map(|[one, other]| files[one].without(&files[other]));
    let only_in_one = only_in_one.collect();
    let spans = files.each_ref().map(File::span);
    let span = [spans[0][0].max(spans[1][0]), spans[0][1].min(spans[1][1])];
    let found = common.iter().filter_map(|path| first(&files, path, span));
    let difference = found.min_by_key(|(time, place, _, _)| (*time, *place));
    Ok(Comparison {
        compared: common.len(),
        only_in_one,
        cycles: span.map(|time| time / PERIOD),
        difference: difference.map(|(time, _, path, values)| named(time, path, values)),
    })
}

/// When and where a signal differs, with its place in the file and its values.
type Found<'a> = (u64, usize, &'a [String], [String; 2]);

/// Where one signal first differs.
fn first<'a>(files: &[File; 2], path: &'a Vec<String>, span: [u64; 2]) -> Option<Found<'a>> {
    let of = files.each_ref().map(|file| file.changes(path));
    let mut times: Vec<u64> = of.iter().flatten().map(|(time, _)| (*time).max(span[0])).collect();
    times.sort_unstable();
    times.dedup();
    let value = |changes: &[(u64, String)], time: u64| {
        let at = changes.partition_point(|(change, _)| *change <= time);
        at.checked_sub(1).map_or_else(|| "x".to_owned(), |at| changes[at].1.clone())
    };
    let mut shown = times.into_iter().filter(|time| *time <= span[1]);
    shown.find_map(|time| {
        let values = [value(&of[0], time), value(&of[1], time)];
        (values[0] != values[1]).then(|| (time, files[0].signals[path].0, &path[..], values))
    })
}

fn named(time: u64, path: &[String], values: [String; 2]) -> Difference {
    let part = |back: usize| {
        path.len().checked_sub(back).and_then(|i| path.get(i)).cloned().unwrap_or_else(|| "top".into())
    };
    Difference { cycle: time / PERIOD, layer: part(3), stream: part(2), wire: part(1), values }
}

impl File {
    fn read(path: &Path) -> Result<File, DiffError> {
        let failed = |reason: String| DiffError::Read { path: path.to_owned(), reason };
        std::fs::metadata(path).map_err(|e| failed(e.to_string()))?;
        let mut waves = simple::read(path).map_err(|e| failed(e.to_string()))?;
        let hierarchy = waves.hierarchy();
        let mut signals = BTreeMap::new();
        for (place, var) in hierarchy.all_vars().enumerate() {
            let var = &hierarchy[var];
            let full = var.full_name(hierarchy);
            signals.insert(full.split('.').map(str::to_owned).collect(), (place, var.signal_ref()));
        }
        let all: Vec<SignalRef> = signals.values().map(|(_, signal)| *signal).collect();
        waves.load_signals(&all);
        Ok(File { waves, signals })
    }

    /// Signals that the other has not.
    fn without(&self, other: &File) -> Vec<String> {
        let alone = self.signals.keys().filter(|path| !other.signals.contains_key(*path));
        alone.map(|path| path.join(".")).collect()
    }

    /// First and last time of a window: before the first, readers show unknown values.
    fn span(&self) -> [u64; 2] {
        let known = |path: &Vec<String>| {
            let changes = self.changes(path);
            changes.into_iter().find(|(_, value)| value.contains(['0', '1'])).map(|(time, _)| time)
        };
        let last = self.waves.time_table().last().copied().unwrap_or(0);
        [self.signals.keys().filter_map(known).min().unwrap_or(0), last]
    }

    /// Times and values of a signal's changes.
    fn changes(&self, path: &Vec<String>) -> Vec<(u64, String)> {
        let times = self.waves.time_table();
        let Some(signal) = self.waves.get_signal(self.signals[path].1) else { return Vec::new() };
        let text = |value: wellen::SignalValueRef<'_>| value.to_bit_string().unwrap_or_default();
        signal.iter_changes().map(|(time, value)| (times[time as usize], text(value))).collect()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { cycle, layer, stream, wire, values: [a, b] } = self;
        let shown = |bits: &str| match bits.len() {
            0..=64 => bits.to_owned(),
            n => format!("{}… ({n} bits)", &bits[n - 64..]),
        };
        write!(
            f,
            "cycle {cycle}, layer `{layer}`, stream `{stream}`: {wire} is {} and {}",
            shown(a),
            shown(b)
        )
    }
}
