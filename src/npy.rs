//! Arrays as streams: frame by frame out of npy files, pipes and into them, whatever their length.

mod header;

use header::checked;

use crate::arrays::ArrayError;
use mpqc_sim::whole::WholeFile;
use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use npyz::{NpyFile, NpyWriter, Order, WriterBuilder};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Elements of an array of any real or integer type.
type Elements<'r> = Box<dyn Iterator<Item = io::Result<f64>> + 'r>;

/// A whole array of any real or integer type, in either order.
///
/// # Errors
/// Where it is not an npy file of numbers, or its length is not what its header says.
pub(crate) fn whole(name: &Path, mut reader: impl Read) -> Result<ArrayD<f64>, ArrayError> {
    let (shape, order, elements) = opened(name, &mut reader)?;
    let values = elements.collect::<Result<Vec<f64>, _>>().map_err(|e| broken(name, e.to_string()))?;
    if reader.read(&mut [0]).map_err(|e| broken(name, e.to_string()))? > 0 {
        return Err(broken(name, "it goes on behind its array".into()));
    }
    let shape = IxDyn(&shape).set_f(order == Order::Fortran);
    ArrayD::from_shape_vec(shape, values).map_err(|e| broken(name, e.to_string()))
}

/// Shape, order and elements.
fn opened<'r>(name: &Path, reader: impl Read + 'r) -> Result<(Vec<usize>, Order, Elements<'r>), ArrayError> {
    let file = checked(reader).and_then(NpyFile::new).map_err(|e| broken(name, e.to_string()))?;
    let (shape, order) = (file.shape().iter().map(|n| *n as usize).collect(), file.order());
    let kind = file.dtype().descr();
    let unread = || format!("its elements are {kind}: none of float32, float64, integers and booleans");
    let elements = elements(file).ok_or_else(|| broken(name, unread()))?;
    Ok((shape, order, elements))
}

/// An array of frames that is read as they are asked for.
pub struct NpyFrames<'r> {
    name: PathBuf,
    shape: Vec<usize>,
    left: usize,
    elements: Elements<'r>,
}

impl NpyFrames<'static> {
    /// An array file.
    ///
    /// # Errors
    /// Where it is not an npy file of numbers in C order.
    pub fn open(path: &Path) -> Result<Self, ArrayError> {
        let file = File::open(path).map_err(|e| broken(path, e.to_string()))?;
        NpyFrames::new(path, BufReader::with_capacity(1 << 20, file))
    }
}

impl<'r> NpyFrames<'r> {
    /// An array from a reader, called `name` in errors. After its last frame the reader is behind the array.
    ///
    /// # Errors
    /// As [`NpyFrames::open`].
    pub fn new(name: &Path, reader: impl Read + 'r) -> Result<Self, ArrayError> {
        let (shape, order, elements) = opened(name, reader)?;
        if order != Order::C {
            return Err(broken(name, "it is in Fortran order; save numpy.ascontiguousarray of it".into()));
        }
        let left = *shape.first().ok_or_else(|| broken(name, "it has no axis of frames".into()))?;
        Ok(NpyFrames { name: name.to_owned(), shape, left, elements })
    }

    /// Frames that are left.
    pub fn left(&self) -> usize {
        self.left
    }

    /// The next frames, at most `count`: `[n, …]`; none at the end.
    ///
    /// # Errors
    /// Where the array ends early.
    pub fn next(&mut self, count: usize) -> Result<ArrayD<f64>, ArrayError> {
        let mut shape = self.shape.clone();
        shape[0] = count.min(self.left);
        let size = shape.iter().try_fold(1_usize, |size, n| size.checked_mul(*n));
        let size =
            size.ok_or_else(|| self.broken("its shape has more elements than can be counted".into()))?;
        let values: Vec<f64> = self
            .elements
            .by_ref()
            .take(size)
            .collect::<Result<_, _>>()
            .map_err(|e| self.broken(e.to_string()))?;
        self.left -= shape[0];
        ArrayD::from_shape_vec(IxDyn(&shape), values).map_err(|e| self.broken(e.to_string()))
    }

    fn broken(&self, reason: String) -> ArrayError {
        broken(&self.name, reason)
    }
}

fn broken(path: &Path, reason: String) -> ArrayError {
    ArrayError::Read { path: path.to_owned(), reason }
}

fn elements<'r>(file: NpyFile<impl Read + 'r>) -> Option<Elements<'r>> {
    macro_rules! of {
        ($file:ident; $($type:ty => $convert:expr),* $(,)?) => {
            $(let $file = match $file.try_data::<$type>() {
                Ok(data) => return Some(Box::new(data.map(|v| v.map($convert)))),
                Err(file) => file,
            };)*
        };
    }
    of!(file;
        f32 => f64::from, f64 => |v| v, u8 => f64::from, i8 => f64::from, i16 => f64::from, u16 => f64::from,
        i32 => f64::from, u32 => f64::from, i64 => |v| v as f64, u64 => |v| v as f64, bool => |v| f64::from(u8::from(v)),
    );
    drop(file);
    None
}

/// An array of float32 (the type of ONNX outputs) that is written as its frames come; a file has its name only when it is
/// whole.
pub struct NpySink<W: Write> {
    name: PathBuf,
    writer: NpyWriter<f32, W>,
}

impl<W: Write> NpySink<W> {
    /// An array of `frames` frames of `shape`, called `name` in errors.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn new(name: &Path, writer: W, frames: usize, shape: &[usize]) -> Result<Self, ArrayError> {
        let shape: Vec<u64> = [frames].iter().chain(shape).map(|n| *n as u64).collect();
        let options = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(writer);
        let writer = options.begin_nd().map_err(|e| unwritten(name, &e))?;
        Ok(NpySink { name: name.to_owned(), writer })
    }

    /// Writes frames `[n, …]`.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn write(&mut self, frames: &ArrayD<f64>) -> Result<(), ArrayError> {
        let values = frames.iter().map(|v| *v as f32);
        self.writer.extend(values).map_err(|e| unwritten(&self.name, &e))
    }

    /// Ends the array.
    ///
    /// # Errors
    /// Where fewer frames were written than announced.
    pub fn finish(self) -> Result<(), ArrayError> {
        self.writer.finish().map_err(|e| unwritten(&self.name, &e))
    }
}

/// A file that appears whole or not at all.
pub struct NpyOutput {
    sink: NpySink<BufWriter<File>>,
    file: WholeFile,
}

impl NpyOutput {
    /// A file at `path`, of `frames` frames of `shape`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn create(path: &Path, frames: usize, shape: &[usize]) -> Result<Self, ArrayError> {
        let file = WholeFile::create(path).map_err(|e| unwritten(path, &e))?;
        let writer = BufWriter::new(file.writer().map_err(|e| unwritten(path, &e))?);
        Ok(NpyOutput { sink: NpySink::new(path, writer, frames, shape)?, file })
    }

    /// As [`NpySink::write`].
    ///
    /// # Errors
    /// As [`NpySink::write`].
    pub fn write(&mut self, frames: &ArrayD<f64>) -> Result<(), ArrayError> {
        self.sink.write(frames)
    }

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    /// As [`NpySink::finish`].
    pub fn finish(self) -> Result<(), ArrayError> {
        let path = self.sink.name.clone();
        self.sink.finish()?;
        self.file.finish().map_err(|e| unwritten(&path, &e))
    }
}

fn unwritten(path: &Path, reason: &io::Error) -> ArrayError {
    ArrayError::Write { path: path.to_owned(), reason: reason.to_string() }
}
