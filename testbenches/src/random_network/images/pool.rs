//! Maxima and averages over windows.

use super::super::layer::extents;
use super::Sketch;
use super::window::Window;

impl Sketch<'_> {
    /// A pool of codes, quantized again where it averages.
    pub fn pool(&mut self) {
        if self.once_in(2) {
            return self.max_pool();
        }
        let window = Window::draw(self.random, &self.image, 4).dense();
        let with_padding = window.pads_any();
        self.writer.unary("AveragePool", |n| {
            window.attributes(n).attr_int("count_include_pad", i64::from(with_padding))
        });
        self.note(format!("average {}", window.text()));
        self.image.size = window.positions(&self.image.size);
        if !self.once_in(4) {
            self.quantize();
        }
    }

    /// `MaxPool` of whatever the current tensor holds.
    pub fn max_pool(&mut self) {
        let window = Window::draw(self.random, &self.image, 3);
        // A maximum of nothing has no value.
        let window = if window.misses(&self.image.size) { window.dense() } else { window };
        self.writer.unary("MaxPool", |n| window.attributes(n));
        self.note(format!("maximum {}", window.text()));
        self.image.size = window.positions(&self.image.size);
    }

    /// One number per channel: a mean or a maximum over all pixels, as one pixel.
    pub fn global_pool(&mut self) {
        let axes: Vec<usize> = (2..2 + self.image.size.len()).collect();
        match self.draw(0, 3) {
            0 => self.writer.unary("GlobalMaxPool", |n| n),
            1 => self.writer.unary("ReduceMean", |n| n.attr_ints("axes", &extents(&axes))),
            _ => self.writer.unary("GlobalAveragePool", |n| n),
        }
        self.note("global pool");
        self.image.size.iter_mut().for_each(|length| *length = 1);
        if self.once_in(2) {
            self.quantize();
        }
    }
}
