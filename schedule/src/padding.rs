//! Padded folding of convolutions: numbers of lanes that do not divide the channels of a pixel.
//!
//! A pixel is a whole number of beats. The lanes of its last beat that no channel has carry zero bits, as in every
//! stream; to the window and the array they are channels, whose weights are zero.

use crate::fold::Parallel;
use crate::layer::{Front, Image, Layer};
use mpqc_ir::int_network::Dot;
use ndarray::{Array2, s};
use std::sync::Arc;

impl Layer {
    /// Whether the channels of its image may be padded: they are not in groups, and a weight can be zero.
    pub fn can_be_padded(&self) -> bool {
        let Front::Image(image) = &self.front else { return false };
        image.window.groups == 1 && self.overlap.is_none() && self.dot.weight_type.contains(0)
    }

    /// Channels that a fold adds to every pixel.
    pub fn padding(&self, fold: Parallel) -> usize {
        match &self.front {
            Front::Image(image) if self.can_be_padded() && fold.pixels == 1 && fold.neighbours == 1 => {
                let (lanes, channels) = (image.lanes(fold), image.input.channels);
                channels.next_multiple_of(lanes) - channels
            }
            _ => 0,
        }
    }

    /// The same layer with `extra` more channels of its image, whose weights are zero.
    pub fn padded(&self, extra: usize) -> Layer {
        let image = match &self.front {
            Front::Image(image) if extra > 0 => image,
            _ => return self.clone(),
        };
        let (channels, taps) = (image.input.channels, image.window.taps());
        let mut weights = Array2::zeros((self.outputs(), taps * (channels + extra)));
        for tap in 0..taps {
            let (from, to) = (tap * channels, tap * (channels + extra));
            weights
                .slice_mut(s![.., to..to + channels])
                .assign(&self.dot.weights.slice(s![.., from..from + channels]));
        }
        let dot = Dot { weights: Arc::new(weights), ..self.dot.clone() };
        let mut wide = Image { padding: extra, ..image.clone() };
        wide.input.channels += extra;
        Layer { dot, front: Front::Image(wide), ..self.clone() }
    }
}
