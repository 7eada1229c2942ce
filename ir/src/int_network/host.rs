//! Host values to streams and back.

use super::{Decode, Host, InputPort, OutputPort};
use crate::diagnostic::{Code, Diagnostic};
use crate::reference::Executor;
use ndarray::ArrayD;

/// The host parts of a network, ready to run.
pub struct HostRunner<'a> {
    host: &'a Host,
    prefix: Executor,
    suffix: Executor,
}

impl<'a> HostRunner<'a> {
    /// Prepares both parts.
    pub fn new(host: &'a Host) -> Self {
        HostRunner { host, prefix: Executor::new(&host.prefix), suffix: Executor::new(&host.suffix) }
    }

    /// One frame of model inputs as the integers of each input port, in stream order.
    pub fn encode(&self, inputs: &[ArrayD<f64>]) -> Result<Vec<Vec<i64>>, Diagnostic> {
        let real = self.prefix.run(inputs)?;
        self.host.inputs.iter().zip(&real).map(|(port, tensor)| port.encode(tensor)).collect()
    }

    /// The integers of each output port (and the frame's model inputs) as the model's outputs.
    pub fn decode(
        &self,
        outputs: &[Vec<i64>],
        inputs: &[ArrayD<f64>],
    ) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
        let mut real: Vec<ArrayD<f64>> =
            self.host.outputs.iter().zip(outputs).map(|(port, stream)| port.decode(stream)).collect();
        real.extend_from_slice(inputs);
        self.suffix.run(&real)
    }
}

impl InputPort {
    /// The codes of a real tensor, in stream order.
    pub fn encode(&self, tensor: &ArrayD<f64>) -> Result<Vec<i64>, Diagnostic> {
        if tensor.len() != self.order.len() {
            let reason = format!("{} elements arrive, {} are expected", tensor.len(), self.order.len());
            return Err(Diagnostic::new(
                Code::BadInput,
                &self.name,
                reason,
                "give one frame of the model's input shape",
            ));
        }
        let mut stream = vec![0; self.order.len()];
        let channels = self.shape.channels;
        for (real, position) in tensor.iter().zip(&self.order) {
            let position = *position as usize;
            stream[position] = self.code(*real, position % channels)?;
        }
        Ok(stream)
    }

    /// The code of a real value. It is an integer of the port's type by construction, up to float64's
    /// rounding; anything else is an input that breaks the model's promise.
    fn code(&self, real: f64, channel: usize) -> Result<i64, Diagnostic> {
        let at = |v: &[f64]| if v.len() == 1 { v[0] } else { v[channel % v.len()] };
        let code = real / at(&self.scale) + at(&self.zero);
        let nearest = code.round();
        let whole = (code - nearest).abs() <= 1e-6 * nearest.abs().max(1.0);
        if whole && self.ty.contains(nearest as i64) {
            return Ok(nearest as i64);
        }
        let reason = format!("the value {real} is not one of the {} that the model promises", self.ty);
        Err(Diagnostic::new(
            Code::BadInput,
            &self.name,
            reason,
            "give integers of the annotated type, or remove the annotation",
        ))
    }
}

impl OutputPort {
    /// The real tensor of a stream.
    pub fn decode(&self, stream: &[i64]) -> ArrayD<f64> {
        let channels = self.shape.channels;
        let values = self
            .order
            .iter()
            .map(|p| self.decode.value(*p as usize % channels, stream[*p as usize]))
            .collect();
        ArrayD::from_shape_vec(self.tensor_shape.clone(), values)
            .expect("one position per element of the shape")
    }
}

impl Decode {
    fn value(&self, channel: usize, integer: i64) -> f64 {
        match self {
            Decode::Real(function) => function.eval(channel, integer as f64),
            Decode::TopIndex { index_bits } => (integer & ((1 << index_bits) - 1)) as f64,
            Decode::TopValue { index_bits, real } => real.eval(channel, (integer >> index_bits) as f64),
        }
    }
}
