//! Arrays in npy files.

use crate::npy::{self, NpyOutput};
use miette::Diagnostic;
use ndarray::ArrayD;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// An array file that cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum ArrayError {
    /// The file is not there, or not an npy file of numbers.
    #[error("cannot read `{path}`: {reason}")]
    #[diagnostic(code(bad_array), help("give an .npy file of floats, integers or booleans (numpy.save)"))]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file cannot be written.
    #[error("cannot write `{path}`: {reason}")]
    #[diagnostic(code(cannot_write), help("check that the folder exists and can be written"))]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

/// Reads an npy file of any real or integer type as float64.
pub fn read(path: &Path) -> Result<ArrayD<f64>, ArrayError> {
    let unread = |e: std::io::Error| ArrayError::Read { path: path.to_owned(), reason: e.to_string() };
    npy::whole(path, BufReader::new(File::open(path).map_err(unread)?))
}

/// Writes an array of frames as float32, the type of ONNX outputs.
pub fn write(path: &Path, array: &ArrayD<f64>) -> Result<(), ArrayError> {
    begin(path, array)?.finish()
}

/// Begins a file with an array, as [`write()`] does; it has its name once it is finished.
pub fn begin(path: &Path, array: &ArrayD<f64>) -> Result<NpyOutput, ArrayError> {
    let [frames, shape @ ..] = array.shape() else {
        return Err(ArrayError::Write { path: path.to_owned(), reason: "it has no axis of frames".into() });
    };
    let mut output = NpyOutput::create(path, *frames, shape)?;
    output.write(array)?;
    Ok(output)
}

/// Outputs may differ by so much, relatively: float32's rounding. Integers are far coarser.
pub const TOLERANCE: f64 = 1e-5;

/// How two arrays differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Difference {
    /// Elements compared.
    pub elements: usize,
    /// Elements further apart than the tolerance.
    pub different: usize,
    /// Largest absolute difference.
    pub largest: f64,
}

/// Compares element by element: `|a − b| ≤ tolerance · max(1, |b|)`; arrays of different length differ
/// everywhere.
pub fn compare(a: &ArrayD<f64>, b: &ArrayD<f64>, tolerance: f64) -> Difference {
    if a.len() != b.len() {
        let elements = a.len().max(b.len());
        return Difference { elements, different: elements, largest: f64::INFINITY };
    }
    let far = |x: f64, y: f64| (x - y).abs() > tolerance * y.abs().max(1.0) || x.is_nan() || y.is_nan();
    let mut difference = Difference { elements: a.len(), ..Difference::default() };
    for (x, y) in a.iter().zip(b.iter()) {
        difference.different += usize::from(far(*x, *y));
        difference.largest = difference.largest.max((x - y).abs());
    }
    difference
}

/// Index of each row's largest element; the first of equals.
pub fn classes(scores: &ArrayD<f64>) -> Vec<usize> {
    let best = |row: ndarray::ArrayViewD<f64>| {
        let start = (0, f64::NEG_INFINITY);
        row.iter().enumerate().fold(start, |best, (i, v)| if *v > best.1 { (i, *v) } else { best }).0
    };
    scores.outer_iter().map(best).collect()
}

impl Difference {
    /// Both together.
    pub fn and(self, other: Difference) -> Difference {
        Difference {
            elements: self.elements + other.elements,
            different: self.different + other.different,
            largest: self.largest.max(other.largest),
        }
    }
}

/// How often the largest of a row, or one of the five largest, is its label. A row of one element is the class itself, as
/// `ArgMax` gives it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Rows with a label.
    pub frames: u64,
    first: u64,
    five: u64,
    /// Elements of a row.
    classes: usize,
}

impl Score {
    /// Counts the rows of an array against their labels.
    pub fn count<'a>(&mut self, scores: &ArrayD<f64>, labels: impl Iterator<Item = &'a f64>) {
        for (row, label) in scores.outer_iter().zip(labels) {
            let row: Vec<f64> = row.iter().copied().collect();
            let rank = match row[..] {
                [class] => usize::from(class != *label),
                _ => rank(&row, *label),
            };
            self.frames += 1;
            self.first += u64::from(rank == 0);
            self.five += u64::from(rank < 5);
            self.classes = row.len();
        }
    }

    /// Fraction of rows whose largest element is at the label.
    pub fn top1(&self) -> f64 {
        self.first as f64 / self.frames.max(1) as f64
    }

    /// Fraction of rows whose label is among the five largest; where there are more than five.
    pub fn top5(&self) -> Option<f64> {
        (self.classes > 5).then(|| self.five as f64 / self.frames.max(1) as f64)
    }
}

/// How many elements come before the one at the label: larger ones, and equal ones before it.
fn rank(row: &[f64], label: f64) -> usize {
    let Some(own) = row.get(label as usize).filter(|_| label >= 0.0) else { return row.len().max(5) };
    let before = row.iter().enumerate().filter(|(i, v)| *v > own || (*v == own && (*i as f64) < label));
    before.count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr2;

    #[test]
    fn ties_go_to_the_first_and_five_are_enough() {
        let scores =
            arr2(&[[3., 1., 3., 0., 0., 0.], [1., 2., 3., 4., 5., 6.], [0., 0., 0., 0., 0., 0.]]).into_dyn();
        let mut score = Score::default();
        score.count(&scores, [2.0, 1.0, 5.0].iter());
        assert_eq!((score.top1(), score.top5()), (0.0, Some(2.0 / 3.0)));
        score.count(&scores, [0.0, 5.0].iter());
        assert_eq!((score.frames, score.top1()), (5, 0.4));
    }

    #[test]
    fn a_single_column_is_the_class() {
        let mut score = Score::default();
        score.count(&arr2(&[[7.0], [3.0]]).into_dyn(), [7.0, 1.0].iter());
        assert_eq!((score.top1(), score.top5()), (0.5, None));
    }
}
