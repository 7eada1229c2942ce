//! Which choices a layer allows, for plans that people write.

use crate::fold::{Candidate, Choice, Parallel};
use crate::layer::{Front, Layer};
use mpqc_ir::design::Target;
use mpqc_ir::design::blocks::DspRows;
use serde_json::{Map, Value};
use std::fmt::Display;

/// A key whose value a layer does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Illegal {
    /// The key.
    pub key: String,
    /// What is allowed.
    pub allowed: String,
}

impl Layer {
    /// A choice with its cost.
    ///
    /// # Errors
    /// The first key that the layer does not allow beside those before it.
    pub fn legal(&self, choice: &Choice, target: &Target) -> Result<Candidate, Illegal> {
        if let Some(illegal) = self.illegal_fold(choice.fold) {
            return Err(illegal);
        }
        let layer = self.folded(choice.fold);
        if let Some(illegal) = layer.illegal_rows(choice, target) {
            return Err(illegal);
        }
        let mut left = layer.variants_in(&[choice.dsp], choice.fold, target);
        for (key, value) in &keys(choice) {
            let allowed: Vec<Value> = left.iter().map(|c| keys(&c.choice)[key].clone()).collect();
            left.retain(|c| keys(&c.choice)[key] == *value);
            if left.is_empty() {
                return Err(Illegal { key: key.clone(), allowed: one_of(allowed) });
            }
        }
        Ok(left[0])
    }

    /// Any rows may be in DSP slices that can take the products.
    fn illegal_rows(&self, choice: &Choice, target: &Target) -> Option<Illegal> {
        let (DspRows { rows, products }, pe) = (choice.dsp, choice.fold.pe);
        let packings = self.packings(choice.fold.simd, target);
        let none = keys(&DspRows::NONE);
        let allowed = match packings.is_empty() {
            true => one_of([Value::Object(none)]),
            false => format!("{}, or rows 1 to {pe} of products {}", Value::Object(none), one_of(&packings)),
        };
        let good = choice.dsp == DspRows::NONE || (1..=pe).contains(&rows) && packings.contains(&products);
        (!good).then(|| illegal("dsp", allowed))
    }

    fn illegal_fold(&self, fold: Parallel) -> Option<Illegal> {
        let mut pixels = vec![1];
        pixels.extend(self.pixel_counts());
        if !pixels.contains(&fold.pixels) {
            return Some(illegal("pixels", one_of(pixels)));
        }
        let mut neighbours = vec![1];
        if fold.pixels == 1 {
            neighbours.extend(self.neighbour_counts());
        }
        if !neighbours.contains(&fold.neighbours) {
            return Some(illegal("neighbours", one_of(neighbours)));
        }
        if fold.neighbours > 1 {
            return self.folded(fold).illegal_sharing(fold);
        }
        if fold.pixels > 1 {
            let widest = self.folded(fold).widest();
            return different(&fold, &Parallel { pixels: fold.pixels, ..widest });
        }
        let outputs = self.group_outputs();
        if !allowed(fold.pe, outputs, self.dot.groups > 1) {
            return Some(illegal("pe", range(outputs, self.dot.groups > 1)));
        }
        match &self.front {
            Front::Vectors if fold.whole_windows => Some(illegal("whole_windows", "false")),
            Front::Vectors => {
                let even = self.dot.groups > 1;
                (!allowed(fold.simd, self.inputs(), even))
                    .then(|| illegal("simd", range(self.inputs(), even)))
            }
            Front::Image(image) if fold.whole_windows && image.window.groups > 1 => {
                Some(illegal("whole_windows", "false"))
            }
            Front::Image(image) => {
                let unit = if fold.whole_windows { image.window.taps() } else { 1 };
                let (channels, padded) = (image.group_channels(), self.can_be_padded());
                let lanes = (1..=channels).filter(|lanes| padded || channels.is_multiple_of(*lanes));
                let all: Vec<usize> = lanes.map(|lanes| lanes * unit).collect();
                (!all.contains(&fold.simd)).then(|| illegal("simd", one_of(all)))
            }
        }
    }
}

impl Layer {
    /// The first key that groups of neighbouring pixels do not allow: passes are whole, and beats are chunks of pixels.
    fn illegal_sharing(&self, fold: Parallel) -> Option<Illegal> {
        let outputs = self.outputs();
        if !allowed(fold.pe, outputs, true) {
            return Some(illegal("pe", range(outputs, true)));
        }
        let taps = match &self.front {
            Front::Vectors if fold.whole_windows => return Some(illegal("whole_windows", "false")),
            Front::Image(image) if fold.whole_windows => image.window.taps(),
            _ => 1,
        };
        let (elements, pixels) = (self.channels_of_pixel(), fold.neighbours);
        let divisors = (1..=elements).filter(|d| elements.is_multiple_of(*d));
        // A multiplier for every weight shares nothing.
        let some = |simd: &usize| *simd < self.inputs() || fold.pe < outputs;
        let all: Vec<usize> = divisors.map(|d| d * taps * pixels).filter(some).collect();
        (!all.contains(&fold.simd)).then(|| illegal("simd", one_of(all)))
    }
}

fn allowed(value: usize, most: usize, even: bool) -> bool {
    (1..=most).contains(&value) && (!even || most.is_multiple_of(value))
}

fn range(most: usize, even: bool) -> String {
    let all = (1..=most).filter(|v| most.is_multiple_of(*v));
    if even { one_of(all.collect::<Vec<_>>()) } else { format!("1 to {most}") }
}

/// The first key in which a fold is not the only one that there is.
fn different(fold: &Parallel, only: &Parallel) -> Option<Illegal> {
    let (fold, only) = (keys(fold), keys(only));
    only.iter().find(|(key, value)| fold[*key] != **value).map(|(key, value)| illegal(key, value))
}

fn illegal(key: &str, allowed: impl Display) -> Illegal {
    Illegal { key: key.to_owned(), allowed: allowed.to_string() }
}

/// The keys of a choice, or of its fold, as a plan writes them.
pub(crate) fn keys(choice: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(choice) {
        Ok(Value::Object(keys)) => keys,
        _ => unreachable!("a choice is a structure of plain values"),
    }
}

/// Values in a row of words, each once.
pub(crate) fn one_of(values: impl IntoIterator<Item = impl Display>) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in values.into_iter().map(|v| v.to_string()) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", ")
}
