//! Rearrangements of pixels and channels.

use super::super::layer::extents;
use super::{MAX_CHANNELS, MAX_LENGTH, Sketch};
use mpqc_ir::onnx::testing::tensor_i64;

impl Sketch<'_> {
    /// One of them, of codes.
    pub fn rearranged(&mut self) {
        let flat = self.image.size.len() == 1;
        match self.draw(0, 5) {
            0 => self.enlarge(),
            1 if !flat => self.space_to_depth(),
            2 if !flat => self.depth_to_space(),
            3 if !flat => self.channels_last(),
            4 if !flat => self.swap_rows_and_columns(),
            _ => self.pad(),
        }
    }

    /// `Resize` to the nearest pixel.
    fn enlarge(&mut self) {
        let limit = MAX_LENGTH / 2;
        let factors: Vec<usize> = self
            .image
            .size
            .clone()
            .into_iter()
            .map(|n| if n > limit { 1 } else { self.draw(1, 2) })
            .collect();
        let scales: Vec<f32> = [1, 1].iter().chain(&factors).map(|f| *f as f32).collect();
        let scales = self.writer.floats("scales", &[scales.len() as i64], &scales);
        self.writer.then("Resize", &["", &scales], |n| {
            n.attr_string("mode", "nearest")
                .attr_string("coordinate_transformation_mode", "asymmetric")
                .attr_string("nearest_mode", "floor")
        });
        self.note(format!("resize {factors:?}"));
        self.image.size.iter_mut().zip(&factors).for_each(|(n, factor)| *n *= factor);
    }

    fn space_to_depth(&mut self) {
        let even = self.image.size.iter().all(|n| n % 2 == 0);
        if !even || self.image.channels * 4 > MAX_CHANNELS {
            return self.pad();
        }
        self.writer.unary("SpaceToDepth", |n| n.attr_int("blocksize", 2));
        self.note("space to depth");
        self.image.channels *= 4;
        self.image.size.iter_mut().for_each(|n| *n /= 2);
    }

    fn depth_to_space(&mut self) {
        let short = self.image.size.iter().all(|n| 2 * n <= MAX_LENGTH);
        if !short || !self.image.channels.is_multiple_of(4) {
            return self.enlarge();
        }
        let mode = if self.once_in(2) { "DCR" } else { "CRD" };
        self.writer.unary("DepthToSpace", |n| n.attr_int("blocksize", 2).attr_string("mode", mode));
        self.note(format!("depth to space {mode}"));
        self.image.channels /= 4;
        self.image.size.iter_mut().for_each(|n| *n *= 2);
    }

    /// Channels last and back, a quantizer between.
    fn channels_last(&mut self) {
        self.writer.unary("Transpose", |n| n.attr_ints("perm", &[0, 2, 3, 1]));
        self.quantize();
        self.writer.unary("Transpose", |n| n.attr_ints("perm", &[0, 3, 1, 2]));
        self.note("channels last and back");
    }

    fn swap_rows_and_columns(&mut self) {
        self.writer.unary("Transpose", |n| n.attr_ints("perm", &[0, 1, 3, 2]));
        self.note("rows and columns swapped");
        self.image.size.reverse();
    }

    /// `Pad` with zeros.
    fn pad(&mut self) {
        let room = |n: &usize| MAX_LENGTH.saturating_sub(*n).min(4) / 2;
        let rooms: Vec<usize> = self.image.size.iter().map(room).collect();
        let sides: Vec<usize> =
            [&rooms[..], &rooms].concat().iter().map(|room| self.draw(0, *room)).collect();
        let (begin, end) = sides.split_at(rooms.len());
        let pads = extents(&[&[0, 0], begin, &[0, 0], end].concat());
        let name = self.writer.name("pads");
        self.writer.constant(tensor_i64(&name, &[pads.len() as i64], &pads));
        self.writer.then("Pad", &[&name], |n| n.attr_string("mode", "constant"));
        self.note(format!("pad {sides:?}"));
        self.image.size.iter_mut().zip(begin.iter().zip(end)).for_each(|(n, (b, e))| *n += b + e);
    }
}
