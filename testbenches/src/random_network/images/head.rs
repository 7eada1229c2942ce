//! How a network over images ends.

use super::Sketch;
use super::window::Window;

/// Most inputs of a fully connected layer.
const MAX_INPUTS: usize = 160;

impl Sketch<'_> {
    /// A fully connected layer behind a global pool or all elements, whose outputs it returns; or a convolution.
    pub fn head(&mut self) -> Option<usize> {
        let how = self.draw(0, 5);
        if how == 0 {
            let outputs = self.draw(1, 6);
            let window = Window::point(self.image.size.len(), 1);
            self.convolve(outputs, 1, &window);
            return None;
        }
        if how < 3 || self.image.elements() > MAX_INPUTS {
            self.global_pool();
        }
        self.writer.unary("Flatten", |n| n.attr_int("axis", 1));
        let (inputs, outputs) = (self.image.elements(), self.draw(1, 10));
        self.dialect.linear(self.writer, self.random, inputs, outputs, self.image.spread);
        Some(outputs)
    }
}
