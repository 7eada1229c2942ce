//! A float network with widths becomes a quantized network.

use crate::affine::Affine;
use crate::calibrate::{Values, group_quantizers};
use crate::edit::{constant, insert_behind, pruned};
use crate::model::Model;
use crate::options::Options;
use crate::weights::{Quantized, quantize};
use mpqc_ir::network::{Network, Op, QuantizedAs, Quantizer};
use mpqc_ir::number::Rounding;
use mpqc_ir::tensor::{AxisParam, Constant};
use ndarray::Axis;
use serde::{Deserialize, Serialize};

/// Widths of everything that is quantized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Widths {
    /// Bits of each layer's weights: one width, or one for each output channel.
    pub weights: Vec<Vec<u32>>,
    /// Bits of each group's activations.
    pub activations: Vec<u32>,
}

impl Widths {
    /// The same bits for all weights, and the same for all activations.
    pub fn uniform(model: &Model, weights: u32, activations: u32) -> Widths {
        Widths {
            weights: vec![vec![weights]; model.layers.len()],
            activations: vec![activations; model.groups.len()],
        }
    }

    /// Mean bits of a weight.
    pub fn mean_weight_bits(&self, model: &Model) -> f64 {
        let all = model.layers.iter().zip(&self.weights);
        let bits: f64 = all.map(|(layer, bits)| layer.parameters as f64 * mean(bits)).sum();
        bits / model.parameters().max(1) as f64
    }
}

/// Mean of a layer's widths: its channels have equally many weights.
pub fn mean(bits: &[u32]) -> f64 {
    bits.iter().map(|b| f64::from(*b)).sum::<f64>() / bits.len().max(1) as f64
}

/// A model with everything that is known of its values: what widths need to become a network.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The model.
    pub model: Model,
    /// The values of its points.
    pub values: Vec<Values>,
    /// How it is quantized.
    pub options: Options,
}

impl Subject {
    /// A layer's weights at a width, or at one for each channel.
    pub fn weights(&self, layer: usize, bits: &[u32]) -> Quantized {
        let layer = &self.model.layers[layer];
        let values = constant(&self.model.network, layer.weights).expect("a layer's weights are constant");
        quantize(&values, layer.axis, bits, &self.options)
    }

    /// The quantizers of a group's points at a width.
    pub fn activations(&self, group: usize, bits: u32) -> Vec<Affine> {
        group_quantizers(&self.model, &self.values, group, bits, &self.options)
    }

    /// The largest sum of the magnitudes of an output channel's weight codes, at a width.
    pub fn largest_row(&self, layer: usize, bits: u32) -> f64 {
        let Constant::Quantized { codes, zero_point, .. } = self.weights(layer, &[bits]).constant else {
            return 0.0;
        };
        let axis = self.model.layers[layer].axis;
        let sum = |(channel, part): (usize, ndarray::ArrayViewD<'_, i64>)| {
            let zero = zero_point.at(if zero_point.axis.is_some() { channel } else { 0 });
            part.iter().map(|code| (*code as f64 - zero).abs()).sum::<f64>()
        };
        match axis {
            Some(axis) => codes.axis_iter(Axis(axis)).enumerate().map(sum).fold(0.0, f64::max),
            None => sum((0, codes.view())),
        }
    }

    /// Bits of an accumulator that holds every sum of a row of weight codes times activations of a width.
    pub fn accumulator_bits(&self, layer: usize, row: f64, bits: u32) -> u32 {
        let of_code =
            |affine: &Affine| (affine.ty.max - affine.zero).abs().max((affine.ty.min - affine.zero).abs());
        let group = self.model.layers[layer].group;
        let largest = self.activations(group, bits).iter().map(of_code).max().unwrap_or(0);
        (row * largest as f64 + 1.0).log2().ceil() as u32 + 1
    }

    /// The width of the network's input: as asked, or fewer bits where its values need fewer.
    pub fn input_bits(&self, group: usize) -> u32 {
        let points = self.model.groups[group].iter();
        let own = points.map(|point| self.values[*point].own_bits().unwrap_or(u32::MAX)).max();
        self.options.input_bits.min(own.unwrap_or(u32::MAX))
    }

    /// The fewest bits of a group that exist: one bit is unsigned only.
    pub fn fewest_bits(&self, group: usize) -> u32 {
        if self.model.groups[group].iter().any(|point| self.values[*point].signed) { 2 } else { 1 }
    }

    /// The network at widths: weights as codes, a quantizer behind every point.
    pub fn network(&self, widths: &Widths) -> Network {
        let mut network = self.model.network.clone();
        for (index, layer) in self.model.layers.iter().enumerate() {
            let quantized = self.weights(index, &widths.weights[index]);
            network.graph[layer.weights].op = Op::Constant(quantized.constant);
        }
        for (group, bits) in widths.activations.iter().enumerate() {
            let quantizers = self.activations(group, *bits);
            for (point, affine) in self.model.groups[group].iter().zip(quantizers) {
                let point = &self.model.points[*point];
                insert_behind(
                    &mut network,
                    point.at,
                    format!("{}.quantized", point.tensor),
                    quantizer(&affine),
                );
            }
        }
        pruned(&network)
    }
}

/// The operator of a quantizer.
pub(crate) fn quantizer(affine: &Affine) -> Op {
    let scalar = AxisParam::scalar;
    let quantizer = Quantizer {
        scale: scalar(affine.scale),
        zero_point: scalar(affine.zero as f64),
        min: scalar(affine.ty.min as f64),
        max: scalar(affine.ty.max as f64),
        rounding: Rounding::HalfEven,
    };
    Op::Quantize { quantizer, output: QuantizedAs::Real }
}
