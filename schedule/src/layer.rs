//! What the choice of folds needs to know of a network: its dot products and how their streams meet.

use crate::floor::floor;
use crate::order::Channels;
use mpqc_ir::design::blocks::Overlap;
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_ir::int_network::{Dot, IntEdge, IntNetwork, IntNode, IntOp, Requantize, Shape, Window};
use mpqc_ir::number::IntType;
use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use std::collections::BTreeMap;

/// A dot product with the requantizer that alone consumes it, if there is one.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    /// Its node in the network.
    pub node: NodeIndex,
    /// The matrix and its types.
    pub dot: Dot,
    /// Type of an activation.
    pub x: IntType,
    /// What the rows of its array can be, by the widths of weights.
    pub channels: Channels,
    /// Vectors per frame (of all groups).
    pub vectors: usize,
    /// How its vectors come about.
    pub front: Front,
    /// Whether its vectors are groups of neighbouring pixels.
    pub overlap: Overlap,
    /// Pixels of padding at the left and the right of a row before it falls into groups.
    pub sides: [usize; 2],
    /// The requantizer that takes every sum, where it is the only consumer.
    pub follower: Option<(NodeIndex, Requantize)>,
}

impl Layer {
    /// Elements per input vector of a group.
    pub fn inputs(&self) -> usize {
        self.dot.weights.ncols() / self.overlap.taps * self.overlap.pixels
    }

    /// Outputs of a group.
    pub fn group_outputs(&self) -> usize {
        self.outputs() / self.dot.groups
    }

    /// Elements per output vector.
    pub fn outputs(&self) -> usize {
        self.dot.weights.nrows()
    }
}

/// How a layer's input vectors come about.
#[derive(Clone, Debug)]
pub(crate) enum Front {
    /// They arrive as they are.
    Vectors,
    /// They are the windows of an image: a convolution.
    Image(Image),
}

/// An image whose windows only one layer reads.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// The window's node in the network.
    pub node: NodeIndex,
    /// Which pixels.
    pub window: Window,
    /// Extent of the image.
    pub input: Shape,
    /// Channels of it that the network does not have.
    pub padding: usize,
}

/// A stream from one layer's requantizer to the next layer: where lanes must be converted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// Index of the producing layer.
    pub from: usize,
    /// Index of the consuming layer.
    pub to: usize,
    /// Type of the elements between them.
    pub elem: IntType,
}

/// The scheduling problem: layers in topological order, the links between them, and a floor.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    /// Dot products, producers first.
    pub layers: Vec<Layer>,
    /// Which layer feeds which, through element-wise operators only.
    pub links: Vec<Link>,
    /// Cycles per frame below which no fold helps, because another block needs them.
    pub floor: u64,
}

/// Lanes that an [`mpqc_ir::design::blocks::ArgMax`] compares in one cycle at most.
pub(crate) const ARGMAX_LANES: usize = 4;

impl Problem {
    /// Reads the problem off a network.
    ///
    /// # Errors
    /// `bad-shape` where a matrix does not fit the tensor that it multiplies.
    pub fn new(network: &IntNetwork) -> Result<Problem, Diagnostic> {
        let order = network.topological();
        let mut layers = Vec::new();
        for &node in &order {
            if let IntOp::Dot(dot) = &network.graph[node].op {
                layers.push(layer(network, node, dot)?);
            }
        }
        let nodes = order.iter().map(|&n| floor(network, n));
        let floor = nodes.chain(layers.iter().map(Layer::floor)).max().unwrap_or(1).max(1);
        let links = links(network, &order, &layers);
        Ok(Problem { layers, links, floor })
    }
}

/// A node's input edges, by operand.
pub(crate) fn operands(network: &IntNetwork, node: NodeIndex) -> Vec<EdgeIndex> {
    let edges = network.graph.edges_directed(node, Direction::Incoming);
    let mut edges: Vec<_> = edges.map(|e| (e.weight().to, e.id())).collect();
    edges.sort();
    edges.into_iter().map(|(_, id)| id).collect()
}

/// A node's output edges in an order that depends on the graph alone.
pub(crate) fn uses(network: &IntNetwork, node: NodeIndex) -> Vec<EdgeIndex> {
    let edges = network.graph.edges_directed(node, Direction::Outgoing);
    let mut edges: Vec<_> = edges.map(|e| (e.target(), e.weight().to, e.id())).collect();
    edges.sort();
    edges.into_iter().map(|(_, _, id)| id).collect()
}

/// The edge at operand `index` of a node.
///
/// # Errors
/// `bad-shape` where the node has no such operand.
pub(crate) fn operand(
    network: &IntNetwork,
    node: NodeIndex,
    index: usize,
) -> Result<(EdgeIndex, &IntEdge), Diagnostic> {
    let id = operands(network, node).get(index).copied();
    id.map(|id| (id, &network.graph[id]))
        .ok_or_else(|| bad_shape(&network.graph[node], format!("operand {index} is missing")))
}

/// `bad-shape` about a node of the integer network.
pub(crate) fn bad_shape(node: &IntNode, reason: String) -> Diagnostic {
    let name = node.origin.first().cloned().unwrap_or_else(|| node.name.clone());
    Diagnostic::new(Code::BadShape, name, reason, "check the model's shapes with `mpqc check`")
}

/// Vectors per frame of a matrix with `inputs` columns over a tensor of `shape`; `None` where it does not fit.
pub(crate) fn vectors_of(inputs: usize, shape: Shape) -> Option<usize> {
    if inputs == shape.channels { Some(shape.pixels()) } else { (inputs == shape.elements()).then_some(1) }
}

fn layer(network: &IntNetwork, node: NodeIndex, dot: &Dot) -> Result<Layer, Diagnostic> {
    let (_, edge) = operand(network, node, 0)?;
    let columns = dot.weights.ncols() * dot.groups;
    let vectors = vectors_of(columns, edge.shape).ok_or_else(|| {
        let (c, n) = (edge.shape.channels, edge.shape.elements());
        let reason = format!("a matrix of {columns} columns over vectors of {c} (frames of {n}) elements");
        bad_shape(&network.graph[node], reason)
    })?;
    let follower = match uses(network, node).as_slice() {
        [only] => {
            let (_, to) = network.graph.edge_endpoints(*only).expect("a graph's own edge has endpoints");
            match &network.graph[to].op {
                IntOp::Requantize(r) => Some((to, r.clone())),
                _ => None,
            }
        }
        _ => None,
    };
    let front = image(network, node).map_or(Front::Vectors, Front::Image);
    let channels = Channels::of(network, node, dot);
    let (overlap, sides) = (Overlap::NONE, [0; 2]);
    Ok(Layer { node, dot: dot.clone(), x: edge.ty, channels, vectors, front, overlap, sides, follower })
}

/// The image before a dot product that alone reads its windows.
fn image(network: &IntNetwork, dot: NodeIndex) -> Option<Image> {
    let producer = network.graph.neighbors_directed(dot, Direction::Incoming).next()?;
    let IntOp::Window(window) = &network.graph[producer].op else { return None };
    let (_, edge) = operand(network, producer, 0).ok()?;
    let alone = uses(network, producer).len() == 1;
    alone.then(|| Image { node: producer, window: window.clone(), input: edge.shape, padding: 0 })
}

/// Follows element-wise operators from every layer to the layers that it feeds.
fn links(network: &IntNetwork, order: &[NodeIndex], layers: &[Layer]) -> Vec<Link> {
    let index: BTreeMap<NodeIndex, usize> = layers.iter().enumerate().map(|(i, l)| (l.node, i)).collect();
    let mut sources: BTreeMap<NodeIndex, Vec<usize>> = BTreeMap::new();
    let mut links = Vec::new();
    for &node in order {
        let mut from = Vec::new();
        for edge in network.graph.edges_directed(node, Direction::Incoming) {
            from.extend(sources.get(&edge.source()).into_iter().flatten().copied());
        }
        from.sort_unstable();
        from.dedup();
        if let Some(&to) = index.get(&node) {
            links.extend(from.iter().map(|&from| Link { from, to, elem: layers[to].x }));
            from = vec![to];
        }
        sources.insert(node, from);
    }
    links
}
