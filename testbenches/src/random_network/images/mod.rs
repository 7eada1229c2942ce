//! Networks over images: convolutions, pools, branches and rearrangements, drawn stage by stage.

mod branch;
mod convolution;
mod dialect;
mod head;
mod pool;
mod qlinear;
mod rearrange;
mod window;

use super::writer::Writer;
use dialect::Dialect;
use mpqc_ir::design::testing::Random;

/// Most pixels along an axis.
const MAX_LENGTH: usize = 12;

/// Most channels of an image.
const MAX_CHANNELS: usize = 16;

/// The image that the current tensor is.
#[derive(Clone)]
struct Image {
    channels: usize,
    /// Pixels along each axis: one, or rows and columns.
    size: Vec<usize>,
    /// Size of a typical value.
    spread: f64,
}

impl Image {
    fn shape(&self) -> Vec<usize> {
        [&[1, self.channels], &self.size[..]].concat()
    }

    fn elements(&self) -> usize {
        self.shape().iter().product()
    }
}

/// A network under construction.
struct Sketch<'a> {
    writer: &'a mut Writer,
    random: &'a mut Random,
    dialect: Dialect,
    image: Image,
    /// Convolutions that may still be drawn.
    budget: usize,
}

/// Draws an input and the network behind it. The input's shape, and how many numbers come out where they are a
/// vector.
pub(super) fn stack(writer: &mut Writer, random: &mut Random) -> (Vec<usize>, Option<usize>) {
    let size = match random.within(0, 5) {
        0 => vec![random.within(4, 12) as usize],
        _ => (0..2).map(|_| random.within(3, 9) as usize).collect(),
    };
    let image = Image { channels: random.within(1, 4) as usize, size, spread: 3.0 };
    let input = image.shape();
    let dialect = match random.within(0, 7) {
        0 => return (input, Some(qlinear::stack(writer, random, image))),
        1 | 2 => Dialect::Qdq,
        _ => Dialect::Qonnx,
    };
    writer.notes.push(format!("{dialect:?} {input:?}"));
    let mut sketch = Sketch { writer, random, dialect, image, budget: 4 };
    sketch.quantize_input();
    for _ in 0..sketch.draw(1, 4) {
        sketch.stage();
    }
    (input, sketch.head())
}

impl Sketch<'_> {
    fn draw(&mut self, low: usize, high: usize) -> usize {
        self.random.within(low as i64, high as i64) as usize
    }

    /// True once in `of` draws.
    fn once_in(&mut self, of: usize) -> bool {
        self.draw(1, of) == 1
    }

    fn note(&mut self, note: impl Into<String>) {
        self.writer.notes.push(note.into());
    }

    fn quantize_input(&mut self) {
        self.image.spread = self.dialect.codes(self.writer, self.random, self.image.spread, true);
    }

    /// A quantizer of the current image.
    fn quantize(&mut self) {
        self.image.spread = self.dialect.codes(self.writer, self.random, self.image.spread, false);
    }

    /// From codes to codes.
    fn stage(&mut self) {
        match self.draw(0, 9) {
            0..=3 => self.layer(),
            4 => self.pool(),
            5 => self.residual(),
            6 => self.joined(),
            7 => self.split(),
            8 => self.rearranged(),
            _ => self.transposed_convolution(),
        }
    }
}
