//! What of a float network is quantized: the weights of its layers, and the tensors between them.
//!
//! - A *layer* multiplies by constant weights: `Conv`, `ConvTranspose`, `Gemm`, `MatMul`.
//! - A *point* is a tensor that is quantized: what enters a layer, a sum of two tensors, a concatenation or an average.
//!   It is taken at the end of the element-wise operators behind whatever computes it, and before operators that
//!   only move elements, so that these move codes.
//! - Points that meet in a sum or a concatenation share a width and, up to a power of two, a scale: they are a *group*.
//!   The activations of every layer belong to one group.

use crate::edit::{constant, uses};
use crate::fold::{channel_axis, replace};
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_ir::network::{Network, Op};
use petgraph::graph::NodeIndex;

/// An operator with constant weights.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Its name in the network.
    pub name: String,
    /// Its node.
    pub node: NodeIndex,
    /// The node of its weights.
    pub weights: NodeIndex,
    /// The tensor of its weights.
    pub weights_tensor: String,
    /// The tensor that it puts out.
    pub output: String,
    /// Axis of the weights that output channels run along; `None` where there is none.
    pub axis: Option<usize>,
    /// The group of its activations.
    pub group: usize,
    /// Number of weights.
    pub parameters: usize,
    /// Multiplications per frame.
    pub macs: usize,
}

/// A tensor that is quantized.
#[derive(Clone, Debug)]
pub struct Point {
    /// Its name in the network.
    pub tensor: String,
    /// What computes it, and which output of it.
    pub at: (NodeIndex, usize),
    /// Elements per frame.
    pub elements: usize,
    /// The group that it belongs to.
    pub group: usize,
    /// Whether nothing but element-wise operators lie between it and the network's input.
    pub input: bool,
}

/// A float network and what of it is quantized.
#[derive(Clone, Debug)]
pub struct Model {
    /// The network, every layer with weights of its own.
    pub network: Network,
    /// Layers, producers first.
    pub layers: Vec<Layer>,
    /// Points, producers first.
    pub points: Vec<Point>,
    /// Points that share a width, by index; every point is in one group.
    pub groups: Vec<Vec<usize>>,
}

impl Model {
    /// Reads layers, points and groups off a float network.
    ///
    /// # Errors
    /// `bad-value` where the network has quantizers already, `no-hardware` where it has no layer, `not-constant` where a
    /// layer has no constant weights.
    pub fn new(network: &Network) -> Result<Model, Diagnostic> {
        let mut network = network.clone();
        refuse_quantized(&network)?;
        own_weights(&mut network)?;
        let mut points = points(&network);
        let groups = groups(&network, &mut points);
        let layers = layers(&network, &points)?;
        if layers.is_empty() {
            let reason = "no operator multiplies by constant weights";
            let help = "quantize networks of Conv, ConvTranspose, Gemm or MatMul";
            return Err(Diagnostic::new(Code::NoHardware, &network.name, reason, help));
        }
        Ok(Model { network, layers, points, groups })
    }

    /// Whether a group is the network's input alone.
    pub fn is_input(&self, group: usize) -> bool {
        self.groups[group].iter().all(|point| self.points[*point].input)
    }

    /// Number of weights of all layers.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.parameters).sum()
    }

    /// Output channels of a layer; 1 where they are not told apart.
    pub fn channels(&self, layer: &Layer) -> usize {
        let Op::Constant(weights) = &self.network.graph[layer.weights].op else { return 1 };
        layer.axis.map_or(1, |axis| weights.shape()[axis])
    }
}

fn refuse_quantized(network: &Network) -> Result<(), Diagnostic> {
    let quantizes = |op: &Op| {
        matches!(
            op,
            Op::Quantize { .. }
                | Op::Dequantize { .. }
                | Op::BipolarQuantize { .. }
                | Op::MultiThreshold { .. }
        )
    };
    match network.graph.node_weights().find(|node| quantizes(&node.op)) {
        None => Ok(()),
        Some(node) => {
            let help =
                "give the float network; one that is quantized already goes straight to `mpqc compile`";
            let error = Diagnostic::new(Code::BadValue, &node.name, "the network is quantized already", help);
            Err(error.operator(&node.operator))
        }
    }
}

/// Whether an operator multiplies by weights.
fn is_layer(op: &Op) -> bool {
    matches!(op, Op::Conv(_) | Op::ConvTranspose { .. } | Op::Gemm { .. } | Op::MatMul)
}

/// The operand of a layer that is its constant weights, and the one that is not.
fn weights_of(network: &Network, node: NodeIndex) -> Option<(usize, usize)> {
    let is_constant = |at: usize| {
        let operand = network.operands(node).get(at).copied().flatten();
        operand.is_some_and(|(producer, _)| matches!(network.graph[producer].op, Op::Constant(_)))
    };
    match (is_constant(0), is_constant(1)) {
        (false, true) => Some((1, 0)),
        (true, false) => Some((0, 1)),
        _ => None,
    }
}

/// Gives every layer weights of its own, in float32.
fn own_weights(network: &mut Network) -> Result<(), Diagnostic> {
    for node in
        network.topological().into_iter().filter(|n| is_layer(&network.graph[*n].op)).collect::<Vec<_>>()
    {
        let Some((weights, _)) = weights_of(network, node) else {
            let found = &network.graph[node];
            let reason = "it multiplies two tensors; a MAC array multiplies by constant weights";
            let error =
                Diagnostic::new(Code::NotConstant, &found.name, reason, "make one operand an initializer");
            return Err(error.operator(&found.operator));
        };
        let values =
            network.operands(node)[weights].and_then(|(constant_node, _)| constant(network, constant_node));
        if let Some(values) = values {
            replace(network, node, weights, values);
        }
    }
    Ok(())
}

/// Whether an operator is a function of each element of its one operand that is not constant.
fn is_elementwise(network: &Network, node: NodeIndex) -> bool {
    match &network.graph[node].op {
        Op::BatchNormalization { .. } | Op::Relu | Op::LeakyRelu { .. } | Op::Clip { .. } | Op::Sign => true,
        Op::Sigmoid | Op::HardSigmoid { .. } | Op::Tanh | Op::Neg | Op::Sqrt => true,
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Pow => varying(network, node).len() == 1,
        _ => false,
    }
}

/// Whether an operator moves the elements of one operand, or picks among them.
fn is_move(op: &Op) -> bool {
    matches!(
        op,
        Op::Reshape { .. }
            | Op::Transpose { .. }
            | Op::Identity
            | Op::MaxPool(_)
            | Op::Pad { .. }
            | Op::Split { .. }
            | Op::Upsample { .. }
            | Op::SpaceToDepth { .. }
            | Op::DepthToSpace { .. }
    )
}

/// The producers of operands that are not constant, with the output that they give.
fn varying(network: &Network, node: NodeIndex) -> Vec<(NodeIndex, usize)> {
    let operands = network.operands(node).into_iter().flatten();
    let of = |(producer, wire): (NodeIndex, &mpqc_ir::network::Wire)| (producer, wire.from);
    operands.map(of).filter(|(producer, _)| !matches!(network.graph[*producer].op, Op::Constant(_))).collect()
}

/// The tensors that are quantized, in the order of the network; not yet grouped.
fn points(network: &Network) -> Vec<Point> {
    let order = network.topological();
    let needed = needed(network, &order);
    let mut points = Vec::new();
    for node in order {
        let op = &network.graph[node].op;
        let computes = matches!(op, Op::Input { .. } | Op::AveragePool(_) | Op::ReduceMean { .. })
            || is_layer(op)
            || matches!(op, Op::Add | Op::Sub)
            || is_elementwise(network, node);
        if !computes || !needed[node.index()] || goes_on(network, (node, 0)) {
            continue;
        }
        let Some((edge, _)) = uses(network, node, 0).into_iter().next() else { continue };
        let wire = &network.graph[edge];
        let elements = wire.shape.iter().product();
        let input = from_input(network, node);
        points.push(Point { tensor: wire.tensor.clone(), at: (node, 0), elements, group: 0, input });
    }
    points
}

/// Which nodes' outputs reach an operator that takes codes: a layer, a sum, an average.
fn needed(network: &Network, order: &[NodeIndex]) -> Vec<bool> {
    let mut needed = vec![false; network.graph.node_count()];
    for &node in order.iter().rev() {
        let reaches = |target: NodeIndex| {
            let op = &network.graph[target].op;
            let takes = is_layer(op) || matches!(op, Op::AveragePool(_) | Op::ReduceMean { .. });
            takes
                || needed[target.index()]
                || (matches!(op, Op::Add | Op::Sub) && varying(network, target).len() == 2)
        };
        needed[node.index()] = network.graph.neighbors(node).any(reaches);
    }
    needed
}

/// Whether element-wise operators alone take a tensor further, perhaps behind operators that move it.
fn goes_on(network: &Network, (node, from): (NodeIndex, usize)) -> bool {
    match uses(network, node, from)[..] {
        [(_, target)] if is_elementwise(network, target) => true,
        [(_, target)]
            if is_move(&network.graph[target].op)
                && !matches!(network.graph[target].op, Op::Split { .. }) =>
        {
            goes_on(network, (target, 0))
        }
        _ => false,
    }
}

fn from_input(network: &Network, node: NodeIndex) -> bool {
    match network.graph[node].op {
        Op::Input { .. } => true,
        _ if is_elementwise(network, node) => {
            varying(network, node).iter().all(|(n, _)| from_input(network, *n))
        }
        _ => false,
    }
}

/// The points behind a tensor: itself, or what is moved and joined into it.
fn behind(network: &Network, points: &[Point], at: (NodeIndex, usize)) -> Vec<usize> {
    if let Some(point) = points.iter().position(|point| point.at == at) {
        return vec![point];
    }
    let op = &network.graph[at.0].op;
    if is_move(op) || matches!(op, Op::Concat { .. }) {
        return varying(network, at.0).into_iter().flat_map(|at| behind(network, points, at)).collect();
    }
    Vec::new()
}

/// Ties the points that meet in sums and concatenations, and numbers the groups.
fn groups(network: &Network, points: &mut [Point]) -> Vec<Vec<usize>> {
    let mut leader: Vec<usize> = (0..points.len()).collect();
    for node in network.topological() {
        let op = &network.graph[node].op;
        if !matches!(op, Op::Add | Op::Sub | Op::Concat { .. }) {
            continue;
        }
        let met: Vec<usize> =
            varying(network, node).into_iter().flat_map(|at| behind(network, points, at)).collect();
        for pair in met.windows(2) {
            let (a, b) = (leader[pair[0]], leader[pair[1]]);
            leader.iter_mut().filter(|l| **l == a.max(b)).for_each(|l| *l = a.min(b));
        }
    }
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for point in 0..points.len() {
        if leader[point] == point {
            points[point].group = groups.len();
            groups.push(vec![point]);
        } else {
            points[point].group = points[leader[point]].group;
            groups[points[point].group].push(point);
        }
    }
    groups
}

fn layers(network: &Network, points: &[Point]) -> Result<Vec<Layer>, Diagnostic> {
    let order = network.topological();
    let nodes = order.into_iter().filter(|node| is_layer(&network.graph[*node].op));
    nodes.map(|node| layer(network, points, node)).collect()
}

fn layer(network: &Network, points: &[Point], node: NodeIndex) -> Result<Layer, Diagnostic> {
    let found = &network.graph[node];
    let blame = |code, reason: &str, help: &str| {
        Diagnostic::new(code, &found.name, reason, help).operator(&found.operator)
    };
    let (at, x) = weights_of(network, node).ok_or_else(|| {
        blame(Code::NotConstant, "it has no constant weights", "make one operand an initializer")
    })?;
    let operands = network.operands(node);
    let missing = || blame(Code::BrokenGraph, "an operand is missing", "check the model with onnx.checker");
    let ((weights, wire), (producer, x_wire)) =
        (operands[at].ok_or_else(missing)?, operands[x].ok_or_else(missing)?);
    let point = behind(network, points, (producer, x_wire.from)).into_iter().next().ok_or_else(|| {
        let help = "let layers, sums, averages and element-wise operators be all that stands before it";
        blame(
            Code::FloatInside,
            "what it multiplies cannot be traced to a tensor that could be quantized",
            help,
        )
    })?;
    let axis = match found.op {
        Op::MatMul if at == 1 => wire.shape.len().checked_sub(1).filter(|_| wire.shape.len() > 1),
        Op::MatMul => wire.shape.len().checked_sub(2),
        ref op => channel_axis(op),
    };
    let output = uses(network, node, 0).first().map(|(edge, _)| network.graph[*edge].tensor.clone());
    Ok(Layer {
        name: found.name.clone(),
        node,
        weights,
        weights_tensor: wire.tensor.clone(),
        output: output.unwrap_or_default(),
        axis,
        group: points[point].group,
        parameters: wire.shape.iter().product(),
        macs: network.macs(node),
    })
}
