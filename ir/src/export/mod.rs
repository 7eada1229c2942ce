//! [`Network`] to ONNX, the way back from [`crate::import`].
//!
//! Float operators are written with operator set 13. Quantizers that give real values, and quantized constants, are
//! written in one of two dialects ([`Format`]): QONNX's `Quant` and `BipolarQuant`, or pairs of `QuantizeLinear` and
//! `DequantizeLinear` with a `Clip` between them where the bits are fewer than the codes' type has. What is written
//! comes back through [`crate::import`] as the same codes.
//!
//! ```
//! use mpqc_ir::export::{Format, export};
//! use mpqc_ir::import::{Options, import};
//! use mpqc_ir::onnx::{ElemType, build::*};
//!
//! let graph = graph()
//!     .input(value_info("x", ElemType::Float, [1, 2]))
//!     .output(value_info("y", ElemType::Float, [1, 2]))
//!     .node(node("Relu", ["x"], ["y"]));
//! let network = import(&model(graph).to_bytes(), &Options::default()).unwrap();
//! let again = import(&export(&network, Format::Qonnx).unwrap(), &Options::default()).unwrap();
//! assert_eq!(network.to_text(), again.to_text());
//! ```

mod operators;
mod quantizers;
mod writer;

use crate::diagnostic::{Code, Diagnostic};
use crate::network::{Network, Op};
use crate::onnx::ElemType;
use crate::onnx::build::value_info;
use petgraph::graph::NodeIndex;
use writer::Writer;

/// How quantizers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `Quant` and `BipolarQuant` of `qonnx.custom_op.general`, any width.
    #[default]
    Qonnx,
    /// `QuantizeLinear`, `Clip`, `DequantizeLinear` on 8 and 16 bits.
    Qdq,
}

/// Writes a network as an ONNX file. Constants become float32.
///
/// # Errors
/// [`Code::UnsupportedAttribute`] for operators that have no such form: integer codes between operators and thresholds,
/// which only files that are quantized already have.
pub fn export(network: &Network, format: Format) -> Result<Vec<u8>, Diagnostic> {
    let mut writer = Writer::new(network, format);
    for &input in &network.inputs {
        let Some(wire) = network.graph.edges(input).next().map(|edge| edge.weight()) else { continue };
        if let Op::Input { datatype: Some(ty) } = network.graph[input].op {
            writer.annotate(&wire.tensor, ty);
        }
        writer.input(value_info(&wire.tensor, ElemType::Float, dims(&wire.shape)));
    }
    for node in network.topological() {
        write(&mut writer, network, node).map_err(|e| blame(network, node, e))?;
    }
    Ok(writer.finish())
}

fn write(writer: &mut Writer<'_>, network: &Network, node: NodeIndex) -> Result<(), Diagnostic> {
    match &network.graph[node].op {
        Op::Input { .. } | Op::Constant(_) => Ok(()),
        Op::Output => {
            let operand = network.operands(node).into_iter().flatten().next();
            let Some((producer, wire)) = operand else { return Ok(()) };
            let index = match network.graph[producer].op {
                Op::ArgMax { .. } => true,
                Op::TopK { .. } => wire.from == 1,
                _ => false,
            };
            let elem = if index { ElemType::Int64 } else { ElemType::Float };
            writer.output(value_info(&wire.tensor, elem, dims(&wire.shape)));
            Ok(())
        }
        Op::Quantize { .. } | Op::BipolarQuantize { .. } => quantizers::activation(writer, network, node),
        _ => operators::write(writer, network, node),
    }
}

fn dims(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|dim| *dim as i64).collect()
}

fn blame(network: &Network, node: NodeIndex, error: Diagnostic) -> Diagnostic {
    let node = &network.graph[node];
    Diagnostic { node: node.name.clone(), ..error }.operator(&node.operator)
}

/// An operator that is not written.
fn unwritten(reason: &str) -> Diagnostic {
    Diagnostic::new(Code::UnsupportedAttribute, "", reason, "start from the float network")
}
