//! Float operators: type, operands and attributes of operator set 13.

use super::{dims, unwritten, writer::Writer};
use crate::diagnostic::Diagnostic;
use crate::network::{ConvAttributes, Network, Op, PoolAttributes};
use crate::onnx::build::{NodeBuilder, node};
use petgraph::graph::NodeIndex;

/// Adds attributes to a node.
type Attributes = Box<dyn FnOnce(NodeBuilder) -> NodeBuilder>;

/// Writes an operator.
pub(super) fn write(writer: &mut Writer<'_>, network: &Network, at: NodeIndex) -> Result<(), Diagnostic> {
    let found = &network.graph[at];
    let outputs = writer.outputs(at);
    let Some(y) = outputs.iter().find(|name| !name.is_empty()).cloned() else { return Ok(()) };
    let mut operands = writer.operands(at);
    operands.extend(more_operands(writer, &y, &found.op, network, at));
    let (kind, attributes) = plain(&found.op)
        .map(|kind| (kind, none()))
        .or_else(|| windowed(&found.op))
        .or_else(|| along_axes(&found.op))
        .or_else(|| numbers(&found.op))
        .ok_or_else(|| unwritten("thresholds and codes are not written"))?;
    let built = node(kind, operands.iter().map(String::as_str), outputs.iter().map(String::as_str));
    writer.node(attributes(built.name(&found.name)));
    Ok(())
}

fn none() -> Attributes {
    Box::new(|node| node)
}

/// Operators without attributes.
fn plain(op: &Op) -> Option<&'static str> {
    Some(match op {
        Op::MatMul => "MatMul",
        Op::Add => "Add",
        Op::Sub => "Sub",
        Op::Mul => "Mul",
        Op::Div => "Div",
        Op::Pow => "Pow",
        Op::Sqrt => "Sqrt",
        Op::Neg => "Neg",
        Op::Relu => "Relu",
        Op::Sign => "Sign",
        Op::Sigmoid => "Sigmoid",
        Op::Tanh => "Tanh",
        Op::Identity => "Identity",
        Op::Clip { .. } => "Clip",
        Op::Reshape { .. } => "Reshape",
        Op::Pad { .. } => "Pad",
        Op::LeakyRelu { slope } if slope.axis.is_some() => "PRelu",
        _ => return None,
    })
}

/// Convolutions and pools.
fn windowed(op: &Op) -> Option<(&'static str, Attributes)> {
    let conv = |conv: &ConvAttributes, padding: Vec<usize>| {
        let ConvAttributes { kernel, strides, dilations, pads, group } = conv.clone();
        let attributes: Attributes = Box::new(move |node| {
            let node = window(node, [&kernel, &strides, &dilations, &pads]).attr_int("group", group as i64);
            match padding.iter().any(|p| *p > 0) {
                true => node.attr_ints("output_padding", &dims(&padding)),
                false => node,
            }
        });
        attributes
    };
    let pool = |pool: &PoolAttributes, average: bool| {
        let pool = pool.clone();
        let attributes: Attributes = Box::new(move |node| {
            let PoolAttributes { kernel, strides, dilations, pads, .. } = &pool;
            let node = if average {
                let node = node.attr_ints("kernel_shape", &dims(kernel)).attr_ints("strides", &dims(strides));
                let node = node.attr_ints("pads", &dims(pads));
                node.attr_int("count_include_pad", i64::from(pool.count_include_pad))
            } else {
                window(node, [kernel, strides, dilations, pads])
            };
            node.attr_int("ceil_mode", i64::from(pool.ceil_mode))
        });
        attributes
    };
    Some(match op {
        Op::Conv(attributes) => ("Conv", conv(attributes, Vec::new())),
        Op::ConvTranspose { conv: attributes, output_padding } => {
            ("ConvTranspose", conv(attributes, output_padding.clone()))
        }
        Op::MaxPool(attributes) => ("MaxPool", pool(attributes, false)),
        Op::AveragePool(attributes) => ("AveragePool", pool(attributes, true)),
        _ => return None,
    })
}

fn window(node: NodeBuilder, [kernel, strides, dilations, pads]: [&Vec<usize>; 4]) -> NodeBuilder {
    let node = node.attr_ints("kernel_shape", &dims(kernel)).attr_ints("strides", &dims(strides));
    node.attr_ints("dilations", &dims(dilations)).attr_ints("pads", &dims(pads))
}

/// Operators that name axes.
fn along_axes(op: &Op) -> Option<(&'static str, Attributes)> {
    let axis = |axis: usize| -> Attributes { Box::new(move |node| node.attr_int("axis", axis as i64)) };
    Some(match op {
        Op::Softmax { axis: at } => ("Softmax", axis(*at)),
        Op::Concat { axis: at } => ("Concat", axis(*at)),
        Op::Split { axis: at, .. } => ("Split", axis(*at)),
        Op::Transpose { perm } => {
            let perm = dims(perm);
            ("Transpose", Box::new(move |node| node.attr_ints("perm", &perm)))
        }
        Op::ReduceMean { axes, keep_dims } => {
            let (axes, keep) = (dims(axes), i64::from(*keep_dims));
            ("ReduceMean", Box::new(move |node| node.attr_ints("axes", &axes).attr_int("keepdims", keep)))
        }
        Op::ArgMax { axis, keep_dims, last } => {
            let (axis, keep, last) = (*axis as i64, i64::from(*keep_dims), i64::from(*last));
            let attributes = move |node: NodeBuilder| {
                node.attr_int("axis", axis).attr_int("keepdims", keep).attr_int("select_last_index", last)
            };
            ("ArgMax", Box::new(attributes))
        }
        Op::TopK { axis, largest, .. } => {
            let (axis, largest) = (*axis as i64, i64::from(*largest));
            ("TopK", Box::new(move |node| node.attr_int("axis", axis).attr_int("largest", largest)))
        }
        _ => return None,
    })
}

/// Operators with numbers as attributes.
fn numbers(op: &Op) -> Option<(&'static str, Attributes)> {
    Some(match op {
        Op::Gemm { alpha, beta, trans_a, trans_b } => {
            let (alpha, beta) = (*alpha as f32, *beta as f32);
            let (a, b) = (i64::from(*trans_a), i64::from(*trans_b));
            let attributes = move |node: NodeBuilder| {
                let node = node.attr_float("alpha", alpha).attr_float("beta", beta);
                node.attr_int("transA", a).attr_int("transB", b)
            };
            ("Gemm", Box::new(attributes))
        }
        Op::BatchNormalization { epsilon } => {
            let epsilon = *epsilon as f32;
            ("BatchNormalization", Box::new(move |node| node.attr_float("epsilon", epsilon)))
        }
        Op::LeakyRelu { slope } => {
            let slope = slope.at(0) as f32;
            ("LeakyRelu", Box::new(move |node| node.attr_float("alpha", slope)))
        }
        Op::HardSigmoid { alpha, beta } => {
            let (alpha, beta) = (*alpha as f32, *beta as f32);
            ("HardSigmoid", Box::new(move |node| node.attr_float("alpha", alpha).attr_float("beta", beta)))
        }
        Op::Upsample { .. } => {
            let attributes = |node: NodeBuilder| {
                let node = node.attr_string("mode", "nearest").attr_string("nearest_mode", "floor");
                node.attr_string("coordinate_transformation_mode", "asymmetric")
            };
            ("Resize", Box::new(attributes))
        }
        Op::SpaceToDepth { block } => {
            let block = *block as i64;
            ("SpaceToDepth", Box::new(move |node| node.attr_int("blocksize", block)))
        }
        Op::DepthToSpace { block, crd } => {
            let (block, mode) = (*block as i64, if *crd { "CRD" } else { "DCR" });
            let attributes =
                move |node: NodeBuilder| node.attr_int("blocksize", block).attr_string("mode", mode);
            ("DepthToSpace", Box::new(attributes))
        }
        _ => return None,
    })
}

/// Parameters that ONNX has as further operands.
fn more_operands(writer: &mut Writer<'_>, y: &str, op: &Op, network: &Network, at: NodeIndex) -> Vec<String> {
    match op {
        Op::Clip { min, max } => {
            let mut bound = |part, bound: &Option<f64>| match bound {
                Some(bound) => writer.floats(y, part, &[], &[*bound]),
                None => String::new(),
            };
            vec![bound("min", min), bound("max", max)]
        }
        Op::Reshape { shape } => vec![writer.integers(y, "shape", shape)],
        Op::Split { lengths, .. } => vec![writer.integers(y, "split", lengths)],
        Op::TopK { k, .. } => vec![writer.integers(y, "k", &[*k])],
        Op::Pad { pads, value } => {
            vec![writer.integers(y, "pads", pads), writer.floats(y, "value", &[], &[*value])]
        }
        Op::Upsample { factors } => {
            let factors: Vec<f64> = factors.iter().map(|f| *f as f64).collect();
            vec![String::new(), writer.floats(y, "scales", &[factors.len()], &factors)]
        }
        Op::LeakyRelu { slope } if slope.axis.is_some() => {
            let rank = network.operands(at).into_iter().flatten().next().map_or(0, |(_, w)| w.shape.len());
            let mut shape = vec![1; rank];
            slope.axis.into_iter().for_each(|axis| shape[axis] = slope.values.len());
            vec![writer.floats(y, "slope", &shape, &slope.values)]
        }
        _ => Vec::new(),
    }
}
