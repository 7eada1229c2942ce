//! Exact lowering: `Network` → `IntNetwork`.
//!
//! One walk over the network gives every tensor a `Value`: a constant, a host float, or a *scalar
//! function of a stream of integers*. Multiply-accumulates start a new stream; batch norms, biases, scales,
//! activations and quantizers only extend the function; reshapes and transposes only permute the positions.
//! Where the next multiply-accumulate (or the end) needs integer codes, the function up to its last quantizer
//! becomes one requantizer, proved on every reachable input (`requantize.rs`).
//!
//! What stands before the first quantizer or cannot be integers after the last multiply-accumulate stays on
//! the host (`host.rs`). Everything that cannot be is reported at once.

mod average;
mod channels;
mod concat;
mod context;
mod conv;
mod conv_transpose;
mod elementwise;
mod host;
mod integers;
mod join;
mod layout;
mod linear;
mod mac;
mod names;
mod narrow_sum;
mod pad;
mod pool;
mod quantizer;
mod requantize;
mod scale_shift;
mod shape;
mod tail;
mod thresholds;
mod value;
mod weights;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::int_network::IntNetwork;
use crate::network::{Network, Op};
use context::{Call, Lowering};
use petgraph::graph::NodeIndex;
use value::Value;

/// Lowers a network, or says everything that cannot be hardware.
pub fn lower(network: &Network) -> Result<IntNetwork, Diagnostics> {
    let mut lowering = Lowering::new(network);
    for node in network.topological() {
        let values = lower_node(&mut lowering, node);
        lowering.store(node, values);
    }
    lowering.finish()
}

fn lower_node(lowering: &mut Lowering, node: NodeIndex) -> Vec<Value> {
    let outputs = value::output_count(lowering.network, node);
    let call = lowering.call(node);
    if call.operands.iter().flatten().any(|o| matches!(o.value, Value::Failed)) {
        return vec![Value::Failed; outputs];
    }
    match dispatch(lowering, &call).and_then(|values| short(lowering, &call, values)) {
        Ok(mut values) => {
            values.resize(outputs.max(values.len()), Value::Failed);
            values
        }
        Err(diagnostic) => {
            lowering.report(diagnostic.operator(lowering.network.graph[node].operator.clone()));
            vec![Value::Failed; outputs]
        }
    }
}

/// Steps of a scalar function at most: every step is carried along, and evaluated where steps are searched.
const MOST_STEPS: usize = 256;

/// The values, unless one is a function of more steps than are folded.
fn short(lowering: &Lowering, call: &Call, values: Vec<Value>) -> Lowered {
    let long = |value: &Value| matches!(value, Value::Int(it) if it.function.0.len() > MOST_STEPS);
    match values.iter().any(long) {
        false => Ok(values),
        true => Err(Diagnostic::new(
            Code::TooLong,
            call.name(lowering.network),
            format!(
                "more than {MOST_STEPS} scalar operations follow each other without a matrix between them"
            ),
            "drop quantizers and activations that do nothing, or merge them in the export",
        )),
    }
}

type Lowered = Result<Vec<Value>, Diagnostic>;

/// One line a family of operators.
fn dispatch(lowering: &mut Lowering, call: &Call) -> Lowered {
    match call.op {
        Op::Input { datatype } => host::input(lowering, call, *datatype),
        Op::Output => Ok(Vec::new()),
        Op::Constant(constant) => Ok(vec![Value::Constant(constant.clone().into())]),
        Op::Quantize { .. }
        | Op::Dequantize { .. }
        | Op::BipolarQuantize { .. }
        | Op::MultiThreshold { .. } => quantizer::lower(lowering, call),
        Op::MatMul | Op::Gemm { .. } => linear::lower(lowering, call),
        Op::Conv(_) => conv::lower(lowering, call),
        Op::ConvTranspose { .. } => conv_transpose::lower(lowering, call),
        Op::MaxPool(_) => pool::max(lowering, call),
        Op::AveragePool(_) => average::pooled(lowering, call),
        Op::ReduceMean { .. } => average::reduced(lowering, call),
        Op::Add | Op::Sub | Op::Mul | Op::Div => elementwise::arithmetic(lowering, call),
        Op::BatchNormalization { .. } => elementwise::batch_normalization(lowering, call),
        Op::Relu
        | Op::LeakyRelu { .. }
        | Op::Clip { .. }
        | Op::Sign
        | Op::Neg
        | Op::HardSigmoid { .. }
        | Op::Sigmoid
        | Op::Tanh => elementwise::unary(lowering, call),
        Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Identity
        | Op::Split { .. }
        | Op::Upsample { .. }
        | Op::SpaceToDepth { .. }
        | Op::DepthToSpace { .. } => shape::lower(call),
        Op::Concat { axis } => concat::lower(lowering, call, *axis),
        Op::Pad { .. } => pad::lower(lowering, call),
        Op::ArgMax { .. } | Op::TopK { .. } => tail::lower(lowering, call),
        _ => Ok(call.on_host()),
    }
}
