//! Branches: residual sums, concatenations, splits.

use super::window::Window;
use super::{Image, MAX_CHANNELS, Sketch};
use mpqc_ir::onnx::testing::tensor_i64;

impl Sketch<'_> {
    /// A sum of a convolution and what goes around it, and a quantizer.
    pub fn residual(&mut self) {
        if self.budget < 2 {
            return self.layer();
        }
        let around = (self.writer.current.clone(), self.image.clone());
        let shortcut = self.once_in(3);
        let (axes, stride) = (self.image.size.len(), self.draw(1, 2));
        let window =
            if shortcut { Window::point(axes, stride) } else { Window::same(self.random, &self.image) };
        let outputs = if shortcut { self.draw(1, 6) } else { self.image.channels };
        self.convolve(outputs, 1, &window);
        self.quantize();
        let (through, image) = (self.writer.current.clone(), self.image.clone());
        (self.writer.current, self.image) = around;
        if shortcut {
            self.convolve(outputs, 1, &window);
            self.quantize();
        }
        self.writer.then("Add", &[&through], |n| n);
        self.note(if shortcut { "residual with a convolution" } else { "residual" });
        self.image.spread += image.spread;
        self.quantize();
    }

    /// Two convolutions side by side, and a quantizer of both.
    pub fn joined(&mut self) {
        if self.budget < 2 {
            return self.layer();
        }
        let (tensor, image) = (self.writer.current.clone(), self.image.clone());
        let window = Window::same(self.random, &self.image);
        let outputs = self.draw(1, 4);
        self.convolve(outputs, 1, &window);
        self.quantize();
        let first = (self.writer.current.clone(), self.image.clone());
        (self.writer.current, self.image) = (tensor, image);
        if self.once_in(2) {
            let outputs = self.draw(1, 4);
            self.convolve(outputs, 1, &window);
            self.quantize();
        }
        self.concatenate(&first);
    }

    /// `Concat` behind `first`, and a quantizer.
    fn concatenate(&mut self, first: &(String, Image)) {
        let parts = [first.0.clone(), self.writer.current.clone()];
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        self.writer.current = self.writer.apply("Concat", &parts, |n| n.attr_int("axis", 1));
        self.note("concat");
        self.image.channels += first.1.channels;
        self.image.spread = self.image.spread.max(first.1.spread);
        self.quantize();
    }

    /// Some channels through a convolution, the others past it.
    pub fn split(&mut self) {
        let channels = self.image.channels;
        if self.budget == 0 || !(2..MAX_CHANNELS).contains(&channels) {
            return self.layer();
        }
        let some = self.draw(1, channels - 1);
        let lengths = self.writer.name("split");
        self.writer.constant(tensor_i64(&lengths, &[2], &[some as i64, (channels - some) as i64]));
        let current = self.writer.current.clone();
        let parts = self.writer.apply_for(2, "Split", &[&current, &lengths], |n| n.attr_int("axis", 1));
        self.note(format!("split {some} of {channels}"));
        let past = (parts[1].clone(), Image { channels: channels - some, ..self.image.clone() });
        self.writer.current.clone_from(&parts[0]);
        self.image.channels = some;
        let window = Window::same(self.random, &self.image);
        let outputs = self.draw(1, 4);
        self.convolve(outputs, 1, &window);
        self.quantize();
        self.concatenate(&past);
    }
}
