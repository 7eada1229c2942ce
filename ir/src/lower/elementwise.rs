//! Element-wise operators: further steps of the scalar function, per channel.

use super::context::{Call, Lowering};
use super::value::{IntValue, Value};
use super::{Lowered, join};
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{Network, Op};
use crate::number::{Exact, exact, inverse_sqrt};
use crate::scalar::{Step, zip};
use crate::tensor::{AxisParam, Constant};
use ndarray::ArrayD;
use num_traits::{One, Signed, Zero};
use petgraph::graph::NodeIndex;

/// A float operator stands between two hardware layers.
pub(crate) fn float_inside(network: &Network, call: &Call, culprit: NodeIndex) -> Diagnostic {
    let culprit = &network.graph[culprit];
    Diagnostic::new(
        Code::FloatInside,
        call.name(network),
        format!(
            "its operand comes from the float operator {} `{}` behind other hardware",
            culprit.operator, culprit.name
        ),
        format!(
            "replace `{}` by an operator that hardware has{}, or end the network before it",
            culprit.name,
            nearest(&culprit.op)
        ),
    )
}

/// What hardware has in place of an operator that it lacks.
fn nearest(op: &Op) -> &'static str {
    match op {
        Op::Concat { .. } => " (it joins the channels of streams: axis 1, or the last one)",
        Op::Pad { .. } => " (it pads the pixels of an image, not channels)",
        Op::ReduceMean { .. } => " (it averages pixels; a mean of channels is a 1×1 convolution)",
        Op::Mul | Op::Div => " (it multiplies by constants, one per channel)",
        _ => " (docs/lower.md)",
    }
}

/// A parameter along an axis of the real tensor, as one value or one per channel of the stream.
pub(crate) fn axis_values(value: &IntValue, param: &AxisParam, node: &str) -> Result<Vec<Exact>, Diagnostic> {
    let Some(axis) = param.axis.filter(|_| param.values.len() > 1) else {
        return Ok(vec![exact(param.values[0])]);
    };
    let mut shape = vec![1; value.index.ndim()];
    if axis < shape.len() {
        shape[axis] = param.values.len();
    }
    let array = ArrayD::from_shape_vec(shape, param.values.clone())
        .map_err(|e| not_per_channel(node, &e.to_string()))?;
    channel_values(value, &array, node)
}

/// A constant that broadcasts against the real tensor, as one value or one per channel of the stream.
pub(crate) fn channel_values(
    value: &IntValue,
    constant: &ArrayD<f64>,
    node: &str,
) -> Result<Vec<Exact>, Diagnostic> {
    if let (1, Some(single)) = (constant.len(), constant.first()) {
        return Ok(vec![exact(*single)]);
    }
    let shape = value.index.shape();
    let spread = constant.broadcast(shape).ok_or_else(|| {
        not_per_channel(
            node,
            &format!("a constant of shape {:?} does not broadcast to {shape:?}", constant.shape()),
        )
    })?;
    let mut channels: Vec<Option<f64>> = vec![None; value.shape.channels];
    for (position, real) in value.index.iter().zip(spread.iter()) {
        let slot = &mut channels[value.channel(*position)];
        if slot.is_some_and(|known| known != *real) {
            return Err(not_per_channel(node, "the constant differs between elements of one channel"));
        }
        *slot = Some(*real);
    }
    Ok(channels.into_iter().map(|v| exact(v.unwrap_or(0.0))).collect())
}

/// A constant tensor that broadcasts against the real tensor, exactly, as one value or one per channel of the stream.
pub(crate) fn constant_values(
    value: &IntValue,
    constant: &Constant,
    node: &str,
) -> Result<Vec<Exact>, Diagnostic> {
    let Constant::Quantized { codes, scale, zero_point, .. } = constant else {
        return channel_values(value, &constant.to_real(), node);
    };
    let along = |param: &AxisParam| {
        let mut shape = vec![1; codes.ndim()];
        param.axis.into_iter().for_each(|axis| shape[axis] = param.values.len());
        let spread = ArrayD::from_shape_vec(shape, param.values.clone());
        channel_values(value, &spread.map_err(|e| not_per_channel(node, &e.to_string()))?, node)
    };
    let codes = channel_values(value, &codes.mapv(|code| code as f64), node)?;
    let centered = zip(&codes, &along(zero_point)?, |code, zero| code - zero);
    Ok(zip(&centered, &along(scale)?, |code, scale| code * scale))
}

fn not_per_channel(node: &str, why: &str) -> Diagnostic {
    Diagnostic::new(
        Code::BadShape,
        node,
        why,
        "hardware has one constant per channel: give the constant the shape [C]",
    )
}

/// `Add`, `Sub`, `Mul`, `Div` of a stream and a constant, or of two streams.
pub(crate) fn arithmetic(lowering: &mut Lowering, call: &Call) -> Lowered {
    let (Some(a), Some(b)) = (call.operand(0), call.operand(1)) else { return Ok(call.on_host()) };
    match (&a.value, &b.value) {
        (Value::Int(value), Value::Constant(c)) => with_constant(lowering, call, value, c, false),
        (Value::Constant(c), Value::Int(value)) => with_constant(lowering, call, value, c, true),
        (Value::Int(_), Value::Int(_)) if matches!(call.op, Op::Add | Op::Sub) => {
            join::lower(lowering, call, a, b)
        }
        _ => Ok(call.on_host()),
    }
}

fn with_constant(
    lowering: &Lowering,
    call: &Call,
    value: &IntValue,
    constant: &Constant,
    constant_first: bool,
) -> Lowered {
    let name = call.name(lowering.network);
    let Ok(c) = constant_values(value, constant, &name) else { return Ok(call.on_host()) };
    let (one, zero) = (|| vec![Exact::one()], || vec![Exact::zero()]);
    let minus = |v: &[Exact]| v.iter().map(|x| -x).collect::<Vec<_>>();
    let (mul, add) = match (call.op, constant_first) {
        (Op::Add, _) => (one(), c),
        (Op::Sub, false) => (one(), minus(&c)),
        (Op::Sub, true) => (minus(&one()), c),
        (Op::Mul, _) => (c, zero()),
        (Op::Div, false) if c.iter().all(|x| !x.is_zero()) => (c.iter().map(Exact::recip).collect(), zero()),
        _ => return Ok(call.on_host()),
    };
    Ok(vec![Value::Int(value.then(Step::Affine { mul, add }, &name))])
}

/// `scale · (x − mean) / √(var + ε) + bias`, exactly.
pub(crate) fn batch_normalization(lowering: &Lowering, call: &Call) -> Lowered {
    let Some(Value::Int(value)) = call.operand(0).map(|o| &o.value) else { return Ok(call.on_host()) };
    let Op::BatchNormalization { epsilon } = call.op else { return Ok(call.on_host()) };
    let name = call.name(lowering.network);
    let mut params = Vec::new();
    for i in 1..5 {
        let Some(Value::Constant(c)) = call.operand(i).map(|o| &o.value) else {
            return Err(Diagnostic::new(
                Code::NotConstant,
                name,
                "its parameters are not constant",
                "export the model for inference",
            ));
        };
        let along = AxisParam { values: c.to_real().into_iter().collect(), axis: Some(1) };
        params.push(axis_values(value, &along, &name)?);
    }
    let [gamma, beta, mean, var] = &params[..] else { return Ok(call.on_host()) };
    let root =
        var.iter().map(|v| inverse_sqrt(&(v + exact(*epsilon)))).collect::<Option<Vec<_>>>().ok_or_else(
            || {
                Diagnostic::new(
                    Code::BadValue,
                    &name,
                    "variance + epsilon is not positive",
                    "check the exported statistics",
                )
            },
        )?;
    let mul = zip(gamma, &root, |g, r| g * r);
    let add = zip(beta, &zip(mean, &mul, |m, s| m * s), |b, shift| b - shift);
    Ok(vec![Value::Int(value.then(Step::Affine { mul, add }, &name))])
}

/// Activations of one operand.
pub(crate) fn unary(lowering: &Lowering, call: &Call) -> Lowered {
    let Some(Value::Int(value)) = call.operand(0).map(|o| &o.value) else { return Ok(call.on_host()) };
    let name = call.name(lowering.network);
    let clamp = |min: Option<f64>, max: Option<f64>| Step::Clamp { min: min.map(exact), max: max.map(exact) };
    let steps = match call.op {
        Op::Relu => vec![clamp(Some(0.0), None)],
        Op::Clip { min, max } => vec![clamp(*min, *max)],
        Op::Sign => vec![Step::Sign],
        // Two in a row have no exact decision (see `Evaluator`).
        Op::Sigmoid | Op::Tanh if value.function.ends_transcendental() => return Ok(call.on_host()),
        Op::Sigmoid => vec![Step::Sigmoid],
        Op::Tanh => vec![Step::Tanh],
        Op::Neg => vec![Step::affine(-Exact::one(), Exact::zero())],
        Op::HardSigmoid { alpha, beta } => {
            vec![Step::affine(exact(*alpha), exact(*beta)), clamp(Some(0.0), Some(1.0))]
        }
        Op::LeakyRelu { slope } => {
            let slope = axis_values(value, slope, &name)?;
            if slope.iter().any(Signed::is_negative) {
                return Ok(call.on_host());
            }
            vec![Step::Leaky { slope }]
        }
        _ => return Ok(call.on_host()),
    };
    Ok(vec![Value::Int(steps.into_iter().fold(value.clone(), |v, step| v.then(step, &name)))])
}
