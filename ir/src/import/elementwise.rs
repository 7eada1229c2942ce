//! Operators on each element: arithmetic, activations, `BatchNormalization`.

use super::axis;
use super::call::{Call, Outputs};
use super::quantizers_qdq::clipped;
use super::registry::Registry;
use super::value::Value;
use crate::diagnostic::{Code, Diagnostic};
use crate::network::Op;
use crate::onnx::ElemType;
use crate::tensor::AxisParam;

/// Registers the family.
pub(super) fn register(registry: &mut Registry) {
    registry.insert("Add", 2..=2, &[], |call| binary(call, Op::Add));
    registry.insert("Sub", 2..=2, &[], |call| binary(call, Op::Sub));
    registry.insert("Mul", 2..=2, &[], |call| binary(call, Op::Mul));
    registry.insert("Div", 2..=2, &[], divide);
    registry.insert("Pow", 2..=2, &[], |call| binary(call, Op::Pow));
    registry.insert("Sum", 1..=usize::MAX, &[], sum);
    registry
        .insert("Max", 1..=2, &[], |call| bounded(call, |bound| Op::Clip { min: Some(bound), max: None }));
    registry
        .insert("Min", 1..=2, &[], |call| bounded(call, |bound| Op::Clip { min: None, max: Some(bound) }));
    registry.insert("Sqrt", 1..=1, &[], |call| unary(call, Op::Sqrt));
    registry.insert("Neg", 1..=1, &[], |call| unary(call, Op::Neg));
    registry.insert("Relu", 1..=1, &[], |call| unary(call, Op::Relu));
    registry.insert("Sign", 1..=1, &[], |call| unary(call, Op::Sign));
    registry.insert("Sigmoid", 1..=1, &[], |call| unary(call, Op::Sigmoid));
    registry.insert("Tanh", 1..=1, &[], |call| unary(call, Op::Tanh));
    registry.insert("HardSigmoid", 1..=1, &["alpha", "beta"], hard_sigmoid);
    registry.insert("LeakyRelu", 1..=1, &["alpha"], leaky_relu);
    registry.insert("PRelu", 2..=2, &[], prelu);
    registry.insert("Clip", 1..=3, &["max", "min"], clip);
    registry.insert("BatchNormalization", 5..=5, NORM_ATTRIBUTES, batch_normalization);
    registry.insert("Identity", 1..=1, &[], |call| unary(call, Op::Identity));
    registry.insert("Dropout", 1..=3, &["ratio", "seed"], dropout);
    registry.insert("Cast", 1..=1, &["round_mode", "saturate", "to"], cast);
}

const NORM_ATTRIBUTES: &[&str] = &["epsilon", "momentum", "spatial", "training_mode"];

/// Adds an operator of one operand that keeps shape and element type.
fn unary(call: &mut Call<'_, '_>, op: Op) -> Outputs {
    let x = call.operand(0)?;
    let shape = x.shape.clone();
    Ok(vec![call.emit(op, &[&x], shape)?.with_elem(x.elem)])
}

fn binary(call: &mut Call<'_, '_>, op: Op) -> Outputs {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    broadcast(call, op, &a, &b).map(|output| vec![output])
}

/// Adds a broadcast operator under the node's name.
pub(super) fn broadcast(call: &mut Call<'_, '_>, op: Op, a: &Value, b: &Value) -> Result<Value, Diagnostic> {
    let shape = axis::broadcast_shape(&a.shape, &b.shape);
    let shape =
        shape.ok_or_else(|| call.bad_shape(format!("{:?} and {:?} do not broadcast", a.shape, b.shape)))?;
    Ok(call.emit(op, &[a, b], shape)?.with_elem(a.elem))
}

fn divide(call: &mut Call<'_, '_>) -> Outputs {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    let constant = [&a, &b].iter().all(|value| call.data(value).is_some());
    if a.is_int() && !constant {
        let reason = format!("a quotient of {} elements drops its remainder", a.elem);
        return Err(call.unsupported(reason, "cast to float before the division"));
    }
    binary(call, Op::Div)
}

/// One sum after the other: exact arithmetic does not mind the order.
fn sum(call: &mut Call<'_, '_>) -> Outputs {
    let all = call.all_operands()?;
    let (last, first) = all.split_last().expect("the registry asks for one operand at least");
    let Some((first, between)) = first.split_first() else { return unary(call, Op::Identity) };
    let mut partial = first.clone();
    for (index, term) in between.iter().enumerate() {
        partial = call.part(&format!("sum{index}"), |call| broadcast(call, Op::Add, &partial, term))?;
    }
    broadcast(call, Op::Add, &partial, last).map(|output| vec![output])
}

/// `Max` and `Min` against one constant number.
fn bounded(call: &mut Call<'_, '_>, op: fn(f64) -> Op) -> Outputs {
    if call.operands.len() == 1 {
        return unary(call, Op::Identity);
    }
    let first = call.operand(0)?;
    let (x, bound) = if call.data(&first).is_some() { (call.operand(1)?, 0) } else { (first, 1) };
    let bound = call.number(bound, "bound")?;
    let shape = x.shape.clone();
    Ok(vec![call.emit(op(bound), &[&x], shape)?.with_elem(x.elem)])
}

fn hard_sigmoid(call: &mut Call<'_, '_>) -> Outputs {
    let (alpha, beta) = (call.float("alpha", 0.2)?, call.float("beta", 0.5)?);
    unary(call, Op::HardSigmoid { alpha, beta })
}

fn leaky_relu(call: &mut Call<'_, '_>) -> Outputs {
    let slope = AxisParam::scalar(call.float("alpha", 0.01)?);
    unary(call, Op::LeakyRelu { slope })
}

fn prelu(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let slope = call.broadcast_param(1, "slope", &x.shape)?;
    unary(call, Op::LeakyRelu { slope })
}

fn clip(call: &mut Call<'_, '_>) -> Outputs {
    let bounds = if call.opset < 11 {
        [call.read(call.node.float("min"))?, call.read(call.node.float("max"))?]
            .map(|bound| bound.map(f64::from))
    } else {
        [bound(call, 1)?, bound(call, 2)?]
    };
    if bounds.iter().flatten().any(|bound| bound.is_nan()) {
        return Err(call.bad_value("a bound is NaN", "use finite bounds, or none"));
    }
    let open = f64::from(f32::MAX);
    let [min, max] = [bounds[0].filter(|min| *min > -open), bounds[1].filter(|max| *max < open)];
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        return Err(call.bad_value("the lower bound exceeds the upper one", "exchange the bounds"));
    }
    let x = call.operand(0)?;
    match clipped(call, &x, min, max)? {
        Some(codes) => Ok(vec![codes]),
        None => unary(call, Op::Clip { min, max }),
    }
}

/// A bound of `Clip`, which may be infinite.
fn bound(call: &Call<'_, '_>, index: usize) -> Result<Option<f64>, Diagnostic> {
    if call.optional(index).is_none() {
        return Ok(None);
    }
    let values = call.constant(index, "bound")?.to_real();
    match values.first() {
        Some(value) if values.len() == 1 => Ok(Some(*value)),
        _ => Err(call.bad_shape(format!("a bound of shape {:?} where one number is needed", values.shape()))),
    }
}

fn batch_normalization(call: &mut Call<'_, '_>) -> Outputs {
    let all = call.all_operands()?;
    let x = &all[0];
    call.only_int("training_mode", 0, "export the model in inference mode (`model.eval()`)")?;
    call.only_int("spatial", 1, "normalize per channel")?;
    let epsilon = call.float("epsilon", 1e-5)?;
    let channels = match x.shape.get(1) {
        Some(channels) => *channels,
        None => return Err(call.bad_shape(format!("an input of shape {:?} has no channel axis", x.shape))),
    };
    for (index, what) in ["scale", "bias", "mean", "variance"].into_iter().enumerate() {
        let values = call.reals(index + 1, what)?;
        if values.shape() != [channels] {
            return Err(
                call.bad_shape(format!("a {what} of shape {:?} for {channels} channels", values.shape()))
            );
        }
        if index == 3 {
            check_variance(call, values.iter().copied(), epsilon)?;
        }
    }
    let operands: Vec<&Value> = all.iter().collect();
    Ok(vec![call.emit(Op::BatchNormalization { epsilon }, &operands, x.shape.clone())?])
}

fn check_variance(
    call: &Call<'_, '_>,
    mut values: impl Iterator<Item = f64>,
    epsilon: f64,
) -> Result<(), Diagnostic> {
    match values.find(|variance| *variance < 0.0 || variance + epsilon <= 0.0) {
        Some(variance) => {
            let reason = format!("a variance is {variance} (epsilon {epsilon})");
            Err(call.bad_value(reason, "variance + epsilon must be above 0: the channel was never trained"))
        }
        None => Ok(()),
    }
}

fn dropout(call: &mut Call<'_, '_>) -> Outputs {
    if call.optional(2).is_some() && call.number(2, "training mode")? != 0.0 {
        return Err(call.unsupported("the node is in training mode", "export the model with `model.eval()`"));
    }
    unary(call, Op::Identity)
}

/// A cast between types that hold the same values; on constants, also one that drops the fraction.
fn cast(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let code = i32::try_from(call.int("to", 0)?).unwrap_or(0);
    let to =
        call.read(ElemType::from_code(code).map_err(|mistake| call.node.attribute_error("to", mistake)))?;
    let Some(range) = to.int_range() else {
        let real = matches!(to, ElemType::Float | ElemType::Double | ElemType::Float16 | ElemType::Bfloat16);
        if !real {
            return Err(call.unsupported(format!("a cast to {to}"), "cast to float or to an integer type"));
        }
        return call.cast_to_float(&x, to);
    };
    if call.data(&x).is_some() {
        return call.cast_constant(&x, to, range);
    }
    if holds(to, x.elem) {
        return Ok(vec![unary(call, Op::Identity)?.remove(0).with_elem(to)]);
    }
    let reason = format!("a cast of {} to {to} at run time changes values", x.elem);
    Err(call.error(Code::UnsupportedAttribute, reason, "quantize with a quantizer instead"))
}

/// Whether every value of one type is one of the other.
fn holds(to: ElemType, from: ElemType) -> bool {
    match (to.int_range(), from.int_range()) {
        (Some(to), Some(from)) => to.0 <= from.0 && from.1 <= to.1,
        _ => false,
    }
}

impl Call<'_, '_> {
    fn cast_to_float(&mut self, x: &Value, to: ElemType) -> Outputs {
        if let Some(real) = self.data(x).map(|data| data.to_real()) {
            return Ok(vec![self.computed(crate::tensor::Constant::Float(real), to)?]);
        }
        Ok(vec![unary(self, Op::Identity)?.remove(0).with_elem(to)])
    }

    fn cast_constant(&mut self, x: &Value, to: ElemType, (min, max): (i64, i64)) -> Outputs {
        let real = self.data(x).map(|data| data.to_real()).unwrap_or_default();
        let whole =
            if to == ElemType::Bool { real.mapv(|v| f64::from(v != 0.0)) } else { real.mapv(f64::trunc) };
        let fits = |value: &f64| *value >= min as f64 && *value <= max as f64;
        match whole.iter().find(|value| !fits(value)) {
            Some(value) => Err(self.bad_value(format!("{value} is no {to}"), "cast to a wider type")),
            None => {
                let data = crate::tensor::Constant::Int(whole.mapv(|value| value as i64));
                Ok(vec![self.computed(data, to)?])
            }
        }
    }
}
