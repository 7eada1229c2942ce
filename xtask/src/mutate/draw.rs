//! Which faults are tried.

use crate::designs;
use mpqc::pipeline;
use mpqc_ir::design::Design;
use mpqc_ir::design::testing::{Random, cases};
use mpqc_testbenches::mutation::{explanation, explanation_by_text, model, rtl};
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

/// Designs that are looked at, at most, for a fault of a kind.
const TRIES: usize = 1000;

/// A design in a folder, with frames.
pub struct Place {
    pub(super) design: Design,
    pub(super) folder: PathBuf,
    pub(super) files: Vec<PathBuf>,
    pub(super) frames: Vec<Vec<Vec<i64>>>,
}

/// A fault and where it is.
pub struct Suspect<'a> {
    /// What it is called in the table.
    pub kind: String,
    /// The fault in words.
    pub what: String,
    /// Its design.
    pub place: &'a Place,
    pub(super) fault: Fault,
}

/// A fault of either side.
pub enum Fault {
    /// Of the Verilog.
    Rtl(rtl::Fault),
    /// Of what the simulator runs.
    Model(model::Operator, Box<Design>),
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Rtl(rtl::Operator),
    Model(model::Operator),
}

impl Place {
    fn new(design: Design, folder: PathBuf) -> Result<Place, Box<dyn Error>> {
        mpqc_codegen::write(&design, &folder, false)?;
        let files = mpqc_codegen::rtl_files(&folder)?;
        // As `mpqc verify` does.
        let frames = pipeline::random_streams(&design, pipeline::verified_frames(&design)?, 1);
        Ok(Place { design, folder, files, frames })
    }

    /// The design's name.
    pub fn name(&self) -> &str {
        &self.design.name
    }
}

impl Suspect<'_> {
    /// Why it is none, if that is known.
    pub fn explanation(&self) -> Option<&'static str> {
        let by_text = || match &self.fault {
            Fault::Rtl(fault) => {
                let text = std::fs::read_to_string(self.place.folder.join(&fault.path)).ok()?;
                explanation_by_text(fault, &text)
            }
            Fault::Model(..) => None,
        };
        explanation(self.place.name(), &self.what).or_else(by_text)
    }
}

/// Every block alone, and random networks, each in a folder of `root`.
pub fn places(root: &Path, seed: u64, random: usize) -> Result<Vec<Place>, Box<dyn Error>> {
    let mut designs = cases();
    designs.extend(designs::by_chance(seed, random)?.into_iter().map(|named| named.design));
    designs.into_iter().enumerate().map(|(i, design)| Place::new(design, root.join(i.to_string()))).collect()
}

/// `count` different faults of each kind.
pub fn suspects(places: &[Place], seed: u64, count: usize) -> Result<Vec<Suspect<'_>>, Box<dyn Error>> {
    let kinds = rtl::Operator::ALL.into_iter().map(Kind::Rtl);
    let kinds = kinds.chain(model::Operator::ALL.into_iter().map(Kind::Model));
    let mut suspects: Vec<Suspect> = Vec::new();
    for (i, kind) in kinds.enumerate() {
        let mut random = Random(seed.wrapping_mul(1000) + i as u64);
        let first = suspects.len();
        for _ in 0..TRIES {
            let place = &places[random.within(0, places.len() as i64 - 1) as usize];
            let drawn = kind.draw(place, &mut random)?;
            let is_new = |it: &Suspect| {
                suspects[first..].iter().all(|old| (&old.what, old.place.name()) != (&it.what, place.name()))
            };
            if let Some(suspect) = drawn.filter(is_new) {
                suspects.push(suspect);
            }
            if suspects.len() - first == count {
                break;
            }
        }
    }
    Ok(suspects)
}

impl Kind {
    fn draw<'a>(self, place: &'a Place, random: &mut Random) -> io::Result<Option<Suspect<'a>>> {
        let suspect = |what: String, kind: String, fault| Suspect { kind, what, place, fault };
        Ok(match self {
            Kind::Rtl(operator) => {
                let mut faults = rtl::faults(&place.folder, operator)?;
                let at = random.bits() as usize % faults.len().max(1);
                let fault = (!faults.is_empty()).then(|| faults.swap_remove(at));
                fault.map(|it| suspect(it.to_string(), format!("RTL {operator:?}"), Fault::Rtl(it)))
            }
            Kind::Model(operator) => {
                model::fault(&place.design, operator, random.bits()).map(|(what, mutant)| {
                    suspect(what, format!("simulator {operator:?}"), Fault::Model(operator, Box::new(mutant)))
                })
            }
        })
    }
}
