//! Integer networks made by hand, for tests and benches of this and the later stages.

use mpqc_ir::design::testing::Random;
use mpqc_ir::int_network::{
    Add, ArgMax, Decode, Depthwise, Dot, Host, InputPort, IntEdge, IntNetwork, IntNode, IntOp, OutputPort,
    Pad, Pool, PoolFunction, Reorder, Requantize, ScaleShift, Shape, Thresholds, Window,
};
use mpqc_ir::network::Network;
use mpqc_ir::number::IntType;
use mpqc_ir::scalar::FloatFn;
use ndarray::Array2;
use petgraph::graph::{DiGraph, NodeIndex};
use std::sync::Arc;

/// A tensor of a network under construction.
#[derive(Clone, Copy, Debug)]
pub struct Tensor {
    node: NodeIndex,
    /// Its type.
    pub ty: IntType,
    /// Its extent.
    pub shape: Shape,
}

/// Builds an [`IntNetwork`] operator by operator, with random weights.
#[derive(Clone, Debug)]
pub struct NetworkBuilder {
    graph: DiGraph<IntNode, IntEdge>,
    host: Host,
    random: Random,
}

impl NetworkBuilder {
    /// An empty network whose weights follow from `seed`.
    pub fn new(seed: u64) -> NetworkBuilder {
        let host = Host {
            prefix: Network::default(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            suffix: Network::default(),
        };
        NetworkBuilder { graph: DiGraph::new(), host, random: Random(seed) }
    }

    /// The network.
    pub fn finish(self, name: &str) -> IntNetwork {
        IntNetwork { name: name.to_owned(), graph: self.graph, host: self.host }
    }

    /// An input port for codes of `ty`.
    pub fn input(&mut self, ty: IntType, shape: Shape) -> Tensor {
        let port = self.host.inputs.len();
        self.host.inputs.push(InputPort {
            name: format!("input{port}"),
            ty,
            shape,
            tensor_shape: vec![1, shape.elements()],
            order: (0..shape.elements() as u32).collect(),
            scale: vec![1.0],
            zero: vec![0.0],
        });
        self.node(&format!("x{port}"), IntOp::Input(port), &[], ty, shape)
    }

    /// A matrix with random weights of `weight_type`; over the whole frame where `whole_frame`.
    pub fn dot(&mut self, x: Tensor, outputs: usize, weight_type: IntType, whole_frame: bool) -> Tensor {
        let inputs = if whole_frame { x.shape.elements() } else { x.shape.channels };
        let weights = self.random.matrix(outputs, inputs, weight_type);
        let accumulator = accumulator(&weights, &x.ty);
        let shape = if whole_frame { Shape::vector(outputs) } else { Shape { channels: outputs, ..x.shape } };
        let dot = Dot { weights: Arc::new(weights), groups: 1, weight_type, accumulator };
        let name = format!("fc{}", self.graph.node_count());
        self.node(&name, IntOp::Dot(dot), &[x], accumulator, shape)
    }

    /// A convolution with random weights.
    pub fn conv(&mut self, x: Tensor, window: Window, outputs: usize, weight_type: IntType) -> Tensor {
        let groups = window.groups;
        let windows = self.window(x, window);
        let columns = windows.shape.channels / groups;
        let weights = self.random.matrix(outputs, columns, weight_type);
        let accumulator = accumulator(&weights, &windows.ty);
        let shape = Shape { channels: outputs, ..windows.shape };
        let dot = Dot { weights: Arc::new(weights), groups, weight_type, accumulator };
        let name = format!("conv{}", self.graph.node_count());
        self.node(&name, IntOp::Dot(dot), &[windows], accumulator, shape)
    }

    /// A depthwise convolution with random weights.
    pub fn depthwise(&mut self, x: Tensor, window: Window, weight_type: IntType) -> Tensor {
        let taps = window.taps();
        let windows = self.window(x, window);
        let weights = self.random.matrix(taps, x.shape.channels, weight_type);
        let accumulator = accumulator(&weights.t().to_owned(), &windows.ty);
        let shape = Shape { channels: x.shape.channels, ..windows.shape };
        let op = IntOp::Depthwise(Depthwise { weights: Arc::new(weights), weight_type, accumulator });
        let name = format!("depthwise{}", self.graph.node_count());
        self.node(&name, op, &[windows], accumulator, shape)
    }

    /// The pixels under a kernel.
    pub fn window(&mut self, x: Tensor, window: Window) -> Tensor {
        let shape = window.output(x.shape);
        let ty = IntType::smallest(x.ty.min.min(window.value), x.ty.max.max(window.value));
        let ty = if x.ty.contains(window.value) { x.ty } else { ty };
        let name = format!("window{}", self.graph.node_count());
        self.node(&name, IntOp::Window(window), &[x], ty, shape)
    }

    /// A pool of rectangles of the pixels of `input`, which has as many elements as the tensor.
    pub fn pool(&mut self, x: Tensor, input: Shape, kernel: [usize; 2], function: PoolFunction) -> Tensor {
        let pool = Pool { function, input, kernel };
        let (ty, shape) = (pool.output_type(x.ty), pool.output());
        let name = format!("pool{}", self.graph.node_count());
        self.node(&name, IntOp::Pool(pool), &[x], ty, shape)
    }

    /// Zeros around a tensor.
    pub fn pad(&mut self, x: Tensor, pads: [usize; 4]) -> Tensor {
        let pad = Pad { pads, value: 0 };
        let shape = pad.output(x.shape);
        let name = format!("pad{}", self.graph.node_count());
        self.node(&name, IntOp::Pad(pad), &[x], x.ty, shape)
    }

    /// Channels side by side.
    pub fn concat(&mut self, operands: &[Tensor]) -> Tensor {
        let first = operands.first().expect("there is something to join");
        let channels = operands.iter().map(|x| x.shape.channels).sum();
        let low = operands.iter().map(|x| x.ty.min).min().unwrap_or(0);
        let high = operands.iter().map(|x| x.ty.max).max().unwrap_or(0);
        let name = format!("concat{}", self.graph.node_count());
        let shape = Shape { channels, ..first.shape };
        self.node(&name, IntOp::Concat, operands, IntType::smallest(low, high), shape)
    }

    /// Elements in another order.
    pub fn reorder(&mut self, x: Tensor, order: Vec<u32>, shape: Shape) -> Tensor {
        let name = format!("reorder{}", self.graph.node_count());
        self.node(&name, IntOp::Reorder(Reorder { order: Arc::new(order) }), &[x], x.ty, shape)
    }

    /// A requantizer to `output` with evenly spread thresholds per channel, and a multiply-add-shift form
    /// beside them where `scale` (a different function, of the same cost: tests of schedules compute nothing).
    pub fn requantize(&mut self, x: Tensor, output: IntType, scale: bool) -> Tensor {
        let levels = output.levels() as i64;
        let (low, high) = (x.ty.min, x.ty.max + 1);
        let at = |k: i64| low + 1 + (i128::from(high - low - 1) * i128::from(k) / i128::from(levels)) as i64;
        let table = Array2::from_shape_fn((x.shape.channels, levels as usize - 1), |(_, k)| at(k as i64));
        let thresholds =
            Thresholds { base: output.min, falling: vec![false; x.shape.channels], table: Arc::new(table) };
        let form = |r: &mut Random| ScaleShift {
            mul: (0..x.shape.channels).map(|_| r.within(1, 4095)).collect(),
            add: (0..x.shape.channels).map(|_| r.within(-(1 << 15), 1 << 15)).collect(),
            shift: 16,
            min: output.min,
            max: output.max,
        };
        let requantize = Requantize {
            output,
            thresholds: Some(Arc::new(thresholds)),
            scale: scale.then(|| Arc::new(form(&mut self.random))),
        };
        let name = format!("quant{}", self.graph.node_count());
        self.node(&name, IntOp::Requantize(requantize), &[x], output, x.shape)
    }

    /// The weighted sum of two tensors.
    pub fn add(&mut self, a: Tensor, b: Tensor, gains: [i64; 2]) -> Tensor {
        let ends = |t: &Tensor, g: i64| ((t.ty.min * g).min(t.ty.max * g), (t.ty.min * g).max(t.ty.max * g));
        let ((a0, a1), (b0, b1)) = (ends(&a, gains[0]), ends(&b, gains[1]));
        let name = format!("add{}", self.graph.node_count());
        self.node(&name, IntOp::Add(Add { gains }), &[a, b], IntType::smallest(a0 + b0, a1 + b1), a.shape)
    }

    /// The `k` largest channels; with their values where `k > 1`.
    pub fn argmax(&mut self, x: Tensor, k: usize) -> Tensor {
        let index_bits = (usize::BITS - (x.shape.channels - 1).leading_zeros()).max(1);
        let with_value = k > 1;
        let index = IntType::smallest(0, x.shape.channels as i64 - 1);
        let pair = IntType::smallest(x.ty.min << index_bits, ((x.ty.max + 1) << index_bits) - 1);
        let op = IntOp::ArgMax(ArgMax { k, with_value, index_bits });
        let shape = Shape { channels: k, ..x.shape };
        self.node("best", op, &[x], if with_value { pair } else { index }, shape)
    }

    /// An output port.
    pub fn output(&mut self, x: Tensor) {
        let port = self.host.outputs.len();
        self.host.outputs.push(OutputPort {
            name: format!("output{port}"),
            ty: x.ty,
            shape: x.shape,
            tensor_shape: vec![1, x.shape.elements()],
            order: (0..x.shape.elements() as u32).collect(),
            decode: Decode::Real(FloatFn::default()),
        });
        self.node(&format!("y{port}"), IntOp::Output(port), &[x], x.ty, x.shape);
    }

    fn node(&mut self, name: &str, op: IntOp, from: &[Tensor], ty: IntType, shape: Shape) -> Tensor {
        let origin = vec![format!("onnx_{name}")];
        let node = self.graph.add_node(IntNode { name: name.to_owned(), origin, op });
        for (to, x) in from.iter().enumerate() {
            self.graph.add_edge(x.node, node, IntEdge { ty: x.ty, shape: x.shape, scale: None, to });
        }
        Tensor { node, ty, shape }
    }
}

/// A chain of fully connected layers `widths[0] → widths[1] → …` with `x` activations between them.
pub fn chain(seed: u64, widths: &[usize], x: IntType, w: IntType) -> IntNetwork {
    let mut b = NetworkBuilder::new(seed);
    let mut t = b.input(x, Shape::vector(widths[0]));
    for (i, outputs) in widths.iter().enumerate().skip(1) {
        t = b.dot(t, *outputs, w, false);
        if i + 1 < widths.len() {
            t = b.requantize(t, x, x.bits > 4);
        }
    }
    b.output(t);
    b.finish("chain")
}

fn accumulator(weights: &Array2<i64>, x: &IntType) -> IntType {
    let end = |row: ndarray::ArrayView1<i64>, pick: fn(i64, i64) -> i64| -> i64 {
        row.iter().map(|w| pick(w * x.min, w * x.max)).sum()
    };
    let min = weights.rows().into_iter().map(|row| end(row, i64::min)).min().unwrap_or(0);
    let max = weights.rows().into_iter().map(|row| end(row, i64::max)).max().unwrap_or(0);
    IntType::smallest(min, max)
}
