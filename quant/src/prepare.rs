//! From a float network and frames to everything that allocation needs.

use crate::assemble::Subject;
use crate::calibrate::{Frames, observe};
use crate::equalize::equalize;
use crate::fold::fold_batch_norms;
use crate::model::Model;
use crate::options::Options;
use crate::sensitivity::Candidates;
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_ir::network::Network;
use std::ops::RangeInclusive;

/// Folds, equalizes and observes a float network.
///
/// # Errors
/// `bad-value` where it is quantized already, `no-hardware` and `not-constant` where there is nothing to quantize,
/// `bad-input` where the frames are too few or not the network's.
pub fn prepare(network: &Network, options: Options, frames: &Frames) -> Result<Subject, Diagnostic> {
    let folded = if options.keep_batch_norm { network.clone() } else { fold_batch_norms(network) };
    let folded = if options.equalize { equalize(&folded) } else { folded };
    let model = Model::new(&folded)?;
    let values = observe(&model, frames)?;
    Ok(Subject { model, values, options })
}

/// Widest width of anything.
const WIDEST: u32 = 16;

impl Subject {
    /// The widths to look at: so many for weights, so many for activations. The input has the width that it needs, activations
    /// that may be negative have two bits at least.
    ///
    /// # Errors
    /// `bad-value` for a range that is empty or beyond 1 to 16.
    pub fn candidates(
        &self,
        weights: &RangeInclusive<u32>,
        activations: &RangeInclusive<u32>,
    ) -> Result<Candidates, Diagnostic> {
        for (name, range) in [("weight bits", weights), ("activation bits", activations)] {
            if range.is_empty() || *range.start() < 1 || *range.end() > WIDEST {
                let reason = format!("{} to {} is no range of widths", range.start(), range.end());
                let help = format!("give N or LEAST-MOST, from 1 to {WIDEST}");
                return Err(Diagnostic::new(Code::BadValue, name, reason, help));
            }
        }
        let of_group = |group: usize| -> Vec<u32> {
            if self.model.is_input(group) {
                return vec![self.input_bits(group).max(self.fewest_bits(group))];
            }
            let fewest = self.fewest_bits(group);
            let range = (*activations.start()).max(fewest)..=(*activations.end()).max(fewest);
            range.collect()
        };
        Ok(Candidates {
            weights: vec![weights.clone().collect(); self.model.layers.len()],
            activations: (0..self.model.groups.len()).map(of_group).collect(),
        })
    }
}
