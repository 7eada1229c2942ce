//! Convolutions, and what stands between them and the next quantizer.

use super::super::layer::{activation, batch_normalization};
use super::window::Window;
use super::{Image, MAX_LENGTH, Sketch};

/// Most outputs of a convolution.
const MAX_OUTPUTS: usize = 8;

impl Sketch<'_> {
    /// A convolution, scalar functions, perhaps a maximum on either side of the quantizer.
    pub fn layer(&mut self) {
        if self.budget == 0 {
            return self.pool();
        }
        self.convolution();
        self.until_codes();
    }

    /// From sums to codes.
    pub fn until_codes(&mut self) {
        self.scalar_functions();
        let pools = self.draw(0, 5);
        if pools == 0 {
            self.max_pool();
        }
        self.quantize();
        if pools == 1 {
            self.max_pool();
        }
    }

    /// Any convolution.
    pub fn convolution(&mut self) {
        let (outputs, groups) = self.channels();
        let window = match self.draw(0, 4) {
            0 => Window::point(self.image.size.len(), 1),
            _ => Window::draw(self.random, &self.image, 5),
        };
        self.convolve(outputs, groups, &window);
    }

    /// Outputs and groups: dense, grouped or depthwise.
    fn channels(&mut self) -> (usize, usize) {
        let inputs = self.image.channels;
        let divisors: Vec<usize> = (2..=inputs).filter(|d| inputs.is_multiple_of(*d)).collect();
        match self.draw(0, 5) {
            0 => (inputs, inputs),
            1 if !divisors.is_empty() => {
                let at = self.draw(0, divisors.len() - 1);
                let groups = divisors[at];
                (groups * self.draw(1, (MAX_OUTPUTS / groups).max(1)), groups)
            }
            _ => (self.draw(1, MAX_OUTPUTS), 1),
        }
    }

    /// `Conv` with or without a bias.
    pub fn convolve(&mut self, outputs: usize, groups: usize, window: &Window) {
        self.budget = self.budget.saturating_sub(1);
        let inputs = self.image.channels;
        let dims = [&[outputs, inputs / groups], &window.kernel[..]].concat();
        let weights = self.dialect.weights(self.writer, self.random, &dims, 0);
        let mut constants = vec![weights.name.clone()];
        if self.once_in(2) {
            constants.push(self.dialect.bias(self.writer, self.random, outputs, &weights, self.image.spread));
        }
        let constants: Vec<&str> = constants.iter().map(String::as_str).collect();
        let attributes = |n| window.attributes(n).attr_int("group", groups as i64);
        self.writer.then("Conv", &constants, attributes);
        self.note(format!("conv {inputs}→{outputs} /{groups} {} {}", window.text(), weights.note));
        let terms = (inputs / groups * window.taps()) as f64;
        let spread = self.image.spread * weights.size * terms.sqrt();
        self.image = Image { channels: outputs, size: window.positions(&self.image.size), spread };
    }

    /// `ConvTranspose` and a quantizer.
    pub fn transposed_convolution(&mut self) {
        if self.budget == 0 || self.image.size.iter().any(|length| *length > 4) {
            return self.layer();
        }
        self.budget -= 1;
        let (inputs, outputs) = (self.image.channels, self.draw(1, 4));
        let (kernel, stride) = (self.draw(1, 3), self.draw(1, 2));
        let extra = self.draw(0, stride - 1);
        let pad = if kernel > 1 && extra == 0 { self.draw(0, 1) } else { 0 };
        let axes = self.image.size.len();
        let length = |n: &usize| ((n - 1) * stride + kernel + extra).saturating_sub(2 * pad);
        let size: Vec<usize> = self.image.size.iter().map(length).collect();
        if size.iter().any(|n| *n == 0 || *n > MAX_LENGTH) {
            return self.layer();
        }
        let dims = [vec![inputs, outputs], vec![kernel; axes]].concat();
        let weights = self.dialect.weights(self.writer, self.random, &dims, 1);
        let all = |value: usize, count: usize| vec![value as i64; count];
        self.writer.then("ConvTranspose", &[&weights.name], |n| {
            n.attr_ints("kernel_shape", &all(kernel, axes))
                .attr_ints("strides", &all(stride, axes))
                .attr_ints("pads", &all(pad, 2 * axes))
                .attr_ints("output_padding", &all(extra, axes))
        });
        self.note(format!(
            "transposed conv {inputs}→{outputs} k{kernel} s{stride} p{pad} +{extra} {}",
            weights.note
        ));
        let terms = (inputs * kernel.pow(axes as u32)) as f64;
        let spread = self.image.spread * weights.size * terms.sqrt();
        self.image = Image { channels: outputs, size, spread };
        self.until_codes();
    }

    /// A batch normalization and an activation, or not.
    fn scalar_functions(&mut self) {
        if self.once_in(2) {
            batch_normalization(self.writer, self.random, self.image.channels, self.image.spread);
            self.image.spread = 1.5;
        }
        match self.draw(0, 9) {
            0 => self.parametric_relu(),
            1 => self.squashed("Sigmoid"),
            2 => self.squashed("Tanh"),
            3 => self.squashed("HardSigmoid"),
            4 => self.clip(),
            _ => activation(self.writer, self.random),
        }
    }

    fn parametric_relu(&mut self) {
        let channels = self.image.channels;
        let slopes: Vec<f32> = (0..channels).map(|_| self.random.within(0, 64) as f32 / 128.0).collect();
        let dims = [vec![channels as i64], vec![1; self.image.size.len()]].concat();
        let slopes = self.writer.floats("slope", &dims, &slopes);
        self.writer.then("PRelu", &[&slopes], |n| n);
        self.note("prelu");
    }

    /// A function to 0..1 or −1..1 of values brought to a size that it bends.
    fn squashed(&mut self, operator: &str) {
        let factor = self.writer.floats("factor", &[], &[(1.5 / self.image.spread) as f32]);
        self.writer.then("Mul", &[&factor], |n| n);
        self.writer.unary(operator, |n| n);
        self.note(operator);
        self.image.spread = 0.7;
    }

    fn clip(&mut self) {
        let high = (self.image.spread * self.draw(1, 4) as f64) as f32;
        let low = if self.once_in(2) { 0.0 } else { -high / 2.0 };
        let (low, high) = (self.writer.floats("low", &[], &[low]), self.writer.floats("high", &[], &[high]));
        self.writer.then("Clip", &[&low, &high], |n| n);
        self.note("clip");
    }
}
