//! Networks of operators on codes: `QLinearConv` and ONNX Runtime's `QLinearAdd`, `QLinearConcat`, …

use super::super::layer::{extents, scale};
use super::super::qdq::{Code, TYPICAL_CODE};
use super::super::writer::Writer;
use super::Image;
use super::window::Window;
use mpqc_ir::design::testing::Random;
use mpqc_ir::onnx::testing::{NodeBuilder, tensor_i8, tensor_i32};

/// A network under construction; the current tensor holds codes.
struct OnCodes<'a> {
    writer: &'a mut Writer,
    random: &'a mut Random,
    image: Image,
    code: Code,
    signed: bool,
}

/// From a float image to a vector of floats; its length.
pub(super) fn stack(writer: &mut Writer, random: &mut Random, image: Image) -> usize {
    writer.notes.push(format!("QLinear {:?}", image.shape()));
    let signed = random.within(0, 1) == 0;
    let code = Code::draw(writer, random, image.spread, Some(signed));
    writer.then("QuantizeLinear", &[&code.scale, &code.zero], |n| n);
    let mut net = OnCodes { writer, random, image, code, signed };
    for _ in 0..net.random.within(1, 3) {
        net.stage();
    }
    net.head()
}

/// Weights as operands: the tensor, its scale, its zero point; then the scales.
struct Weights {
    names: [String; 3],
    scales: Vec<f32>,
}

impl OnCodes<'_> {
    fn stage(&mut self) {
        match self.random.within(0, 6) {
            0 => self.max_pool(),
            1 => self.residual(),
            2 => self.beside_itself(),
            3 => self.activation("QLinearLeakyRelu", |n| n.attr_float("alpha", 0.125)),
            4 => self.activation("QLinearSigmoid", |n| n),
            _ => {
                let outputs = self.random.within(1, 6) as usize;
                let window = Window::draw(self.random, &self.image, 3);
                self.convolve(outputs, &window);
            }
        }
    }

    /// Codes for values of size `spread` become the current ones.
    fn recode(&mut self, spread: f64) {
        self.code = Code::draw(self.writer, self.random, spread, Some(self.signed));
    }

    /// Spread of the current values.
    fn spread(&self) -> f64 {
        TYPICAL_CODE * self.code.step
    }

    fn weights(&mut self, dims: &[usize], per_channel: bool) -> Weights {
        let count = if per_channel { dims[0] } else { 1 };
        let scales: Vec<f32> = (0..count).map(|_| scale(self.random, 0.01)).collect();
        let mut draw = |low: i64, high: i64| self.random.within(low, high) as i8;
        let codes: Vec<i8> = (0..dims.iter().product()).map(|_: usize| draw(-127, 127)).collect();
        let zeros: Vec<i8> = if per_channel { vec![0; count] } else { vec![draw(-3, 3)] };
        let along: &[i64] = if per_channel { &[count as i64] } else { &[] };
        let (name, zero) = (self.writer.name("weight"), self.writer.name("weight_zero"));
        self.writer.constant(tensor_i8(&name, &extents(dims), &codes));
        self.writer.constant(tensor_i8(&zero, along, &zeros));
        let scale = self.writer.floats("weight_scale", along, &scales);
        Weights { names: [name, scale, zero], scales }
    }

    fn bias(&mut self, outputs: usize) -> String {
        let bias: Vec<i32> = (0..outputs).map(|_| self.random.within(-3000, 3000) as i32).collect();
        let name = self.writer.name("bias");
        self.writer.constant(tensor_i32(&name, &[outputs as i64], &bias));
        name
    }

    fn convolve(&mut self, outputs: usize, window: &Window) {
        let inputs = self.image.channels;
        let dims = [&[outputs, inputs], &window.kernel[..]].concat();
        let per_channel = self.random.within(0, 1) == 0;
        let Weights { names: [w, ws, wz], scales } = self.weights(&dims, per_channel);
        let (from, bias) = (self.code.clone(), self.bias(outputs));
        let terms = (inputs * window.taps()) as f64;
        self.recode(TYPICAL_CODE * f64::from(scales[0]) * self.spread() * terms.sqrt());
        let to = self.code.clone();
        let operands =
            [&from.scale, &from.zero, &w, &ws, &wz, &to.scale, &to.zero, &bias].map(String::as_str);
        self.writer.then("QLinearConv", &operands, |n| window.attributes(n));
        self.writer.notes.push(format!("conv {inputs}→{outputs} {}", window.text()));
        self.image.size = window.positions(&self.image.size);
        self.image.channels = outputs;
    }

    fn max_pool(&mut self) {
        let window = Window::draw(self.random, &self.image, 3).dense();
        self.writer.unary("MaxPool", |n| window.attributes(n));
        self.writer.notes.push(format!("maximum {}", window.text()));
        self.image.size = window.positions(&self.image.size);
    }

    fn residual(&mut self) {
        let (a, from) = (self.writer.current.clone(), self.code.clone());
        let window = Window::same(self.random, &self.image);
        self.convolve(self.image.channels, &window);
        let through = self.code.clone();
        self.recode(self.spread() + TYPICAL_CODE * from.step);
        let to = self.code.clone();
        let operands = [&through.scale, &through.zero, &a, &from.scale, &from.zero, &to.scale, &to.zero]
            .map(String::as_str);
        self.writer.then("QLinearAdd", &operands, microsoft);
        self.writer.notes.push("residual".into());
    }

    /// A concatenation with a convolution of the same image.
    fn beside_itself(&mut self) {
        let (a, from, channels) = (self.writer.current.clone(), self.code.clone(), self.image.channels);
        let window = Window::same(self.random, &self.image);
        let outputs = self.random.within(1, 4) as usize;
        self.convolve(outputs, &window);
        let (b, through) = (self.writer.current.clone(), self.code.clone());
        self.recode(self.spread().max(TYPICAL_CODE * from.step));
        let to = self.code.clone();
        let operands = [&to.scale, &to.zero, &a, &from.scale, &from.zero, &b, &through.scale, &through.zero];
        let axis = |n| microsoft(n).attr_int("axis", 1);
        self.writer.current = self.writer.apply("QLinearConcat", &operands.map(String::as_str), axis);
        self.writer.notes.push("concat".into());
        self.image.channels += channels;
    }

    /// A scalar function between two codes.
    fn activation(&mut self, operator: &str, change: fn(NodeBuilder) -> NodeBuilder) {
        let (from, spread) = (self.code.clone(), self.spread());
        self.recode(spread.min(if operator == "QLinearSigmoid" { 1.0 } else { spread }));
        let to = self.code.clone();
        let operands = [&from.scale, &from.zero, &to.scale, &to.zero].map(String::as_str);
        self.writer.then(operator, &operands, |n| change(microsoft(n)));
        self.writer.notes.push(operator.into());
    }

    /// A mean of all pixels, a fully connected layer, floats.
    fn head(&mut self) -> usize {
        if self.random.within(0, 1) == 0 || self.image.elements() > 160 {
            self.activation("QLinearGlobalAveragePool", |n| n);
            self.image.size.iter_mut().for_each(|length| *length = 1);
        }
        self.writer.unary("Flatten", |n| n.attr_int("axis", 1));
        let (inputs, outputs) = (self.image.elements(), self.random.within(1, 10) as usize);
        let Weights { names: [w, ws, wz], scales } = self.weights(&[outputs, inputs], true);
        let (from, bias) = (self.code.clone(), self.bias(outputs));
        self.recode(TYPICAL_CODE * f64::from(scales[0]) * self.spread() * (inputs as f64).sqrt());
        let to = self.code.clone();
        let operands =
            [&from.scale, &from.zero, &w, &ws, &wz, &bias, &to.scale, &to.zero].map(String::as_str);
        self.writer.then("QGemm", &operands, |n| microsoft(n).attr_int("transB", 1));
        self.writer.then("DequantizeLinear", &[&to.scale, &to.zero], |n| n);
        self.writer.notes.push(format!("{inputs}→{outputs}"));
        outputs
    }
}

/// ONNX Runtime's own domain.
fn microsoft(node: NodeBuilder) -> NodeBuilder {
    node.domain("com.microsoft")
}
