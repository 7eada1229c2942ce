//! Our designs beside what others have published: whole networks ([`anchors`]) and single layers ([`blocks`]).

pub mod anchors;
pub mod blocks;

use crate::synthesis;
use mpqc_ir::diagnostic::{Diagnostic, Diagnostics};
use serde::Deserialize;
use std::path::PathBuf;

/// What is compared with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Networks.
    pub anchor: Vec<anchors::Anchor>,
    /// Layers.
    pub layer: Vec<blocks::Layer>,
}

/// The published figures.
///
/// # Errors
/// [`Error::Figures`] where the file of this build is malformed.
pub fn figures() -> Result<Figures, Error> {
    Ok(toml::from_str(include_str!("anchors.toml"))?)
}

/// Why nothing was compared.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum Error {
    /// The figures cannot be read.
    #[error("the table of published figures is malformed: {0}")]
    Figures(#[from] toml::de::Error),
    /// A network that has no figures.
    #[error("there are no figures for `{name}`")]
    #[diagnostic(help("the networks are: {}", known.join(", ")))]
    NoFigures {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The models are elsewhere.
    #[error("there is no folder `{}` with models", .0.display())]
    #[diagnostic(help("give it by --models, or set MPQC_SHARED to the folder that holds `models`"))]
    NoModels(PathBuf),
    /// The model was not read or lowered.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Model(#[from] Diagnostics),
    /// It was not scheduled.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Schedule(#[from] Diagnostic),
    /// The Verilog was not written.
    #[error(transparent)]
    Codegen(#[from] mpqc_codegen::CodegenError),
    /// It was not synthesized.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Synthesis(#[from] synthesis::Error),
    /// There is no such target.
    #[error(transparent)]
    Target(#[from] mpqc_schedule::targets::TargetError),
    /// No folder to work in.
    #[error("no temporary folder: {0}; set TMPDIR to one that can be written")]
    Folder(#[from] std::io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_anchor_has_a_rate_and_a_harder_aim() {
        let figures = figures().unwrap();
        assert!(figures.anchor.iter().all(|a| a.cycles.is_some() != a.fps.is_some() && a.reach <= a.bar));
        assert!(figures.layer.iter().all(|layer| 64 % layer.pe == 0 && 64 % layer.simd == 0));
    }
}
