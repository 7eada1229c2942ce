//! Arrays in npy files.

use miette::Diagnostic;
use ndarray::ArrayD;
use ndarray_npy::{ReadNpyError, ReadableElement, read_npy, write_npy};
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

/// A reader of one element type.
type Reader = fn(&Path) -> Result<ArrayD<f64>, ReadNpyError>;

/// Reads an npy file of any real or integer type as float64.
pub fn read(path: &Path) -> Result<ArrayD<f64>, ArrayError> {
    let mut result = try_type::<f32>(path, f64::from);
    let others: [Reader; 9] = [
        |p| try_type::<f64>(p, |v| v),
        |p| try_type::<u8>(p, f64::from),
        |p| try_type::<i8>(p, f64::from),
        |p| try_type::<i16>(p, f64::from),
        |p| try_type::<u16>(p, f64::from),
        |p| try_type::<i32>(p, f64::from),
        |p| try_type::<u32>(p, f64::from),
        |p| try_type::<i64>(p, |v| v as f64),
        |p| try_type::<bool>(p, |v| f64::from(u8::from(v))),
    ];
    for read in others {
        if !matches!(result, Err(ReadNpyError::WrongDescriptor(_))) {
            break;
        }
        result = read(path);
    }
    result.map_err(|e| ArrayError::Read { path: path.to_owned(), reason: e.to_string() })
}

fn try_type<T: ReadableElement + Copy>(
    path: &Path,
    convert: impl Fn(T) -> f64,
) -> Result<ArrayD<f64>, ReadNpyError> {
    read_npy::<_, ArrayD<T>>(path).map(|array| array.mapv(convert))
}

/// Writes an array as float32, the type of ONNX outputs.
pub fn write(path: &Path, array: &ArrayD<f64>) -> Result<(), ArrayError> {
    let failed = |reason: String| ArrayError::Write { path: path.to_owned(), reason };
    write_npy(path, &array.mapv(|v| v as f32)).map_err(|e| failed(e.to_string()))
}

/// How two arrays differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
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

/// Fraction of rows whose class is their label.
pub fn accuracy(scores: &ArrayD<f64>, labels: &ArrayD<f64>) -> f64 {
    let right = classes(scores).iter().zip(labels).filter(|(class, label)| **class as f64 == **label).count();
    right as f64 / labels.len().max(1) as f64
}
