//! What of a target a design may use.

use mpqc_ir::design::{Family, Resources, Target};
use mpqc_ir::diagnostic::{Code, Diagnostic};

/// Fraction of a device's LUTs that is used unless told otherwise: placement and routing fail on fuller devices.
const FILL: f64 = 0.8;

/// Limits beside the target's own; the least of all that apply to a resource holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// Most LUTs of the design.
    pub lut: Option<u64>,
    /// Most flip-flops.
    pub ff: Option<u64>,
    /// Most DSP slices.
    pub dsp: Option<u64>,
    /// Most block memories of 18 kbit.
    pub bram18: Option<u64>,
    /// Most UltraRAMs.
    pub uram: Option<u64>,
    /// What something else on the device takes, such as the shell around the design.
    pub reserve: Resources,
    /// Fraction of the device's LUTs that may be used. Unless told 0.8, and 1 where the LUTs are limited in another
    /// way (`lut`, `reserve.lut`, or a chip of one's own): who states a limit knows it. Other resources may be used up.
    pub fill: Option<f64>,
}

impl Limits {
    /// What a design may take of `target`.
    pub fn usable(&self, target: &Target) -> Resources {
        let (all, reserve) = (target.resources, self.reserve);
        let within = |most: Option<u64>, all: u64, reserve: u64| {
            all.saturating_sub(reserve).min(most.unwrap_or(u64::MAX))
        };
        let filled = (all.lut as f64 * self.fill_of(target)) as u64;
        Resources {
            lut: within(self.lut, all.lut, reserve.lut).min(filled),
            ff: within(self.ff, all.ff, reserve.ff),
            dsp: within(self.dsp, all.dsp, reserve.dsp),
            bram18: within(self.bram18, all.bram18, reserve.bram18),
            uram: within(self.uram, all.uram, reserve.uram),
        }
    }

    fn fill_of(&self, target: &Target) -> f64 {
        let stated = self.lut.is_some() || self.reserve.lut > 0 || target.family == Family::Asic;
        self.fill.unwrap_or(if stated { 1.0 } else { FILL })
    }

    /// # Errors
    /// `bad-value` where the fill is no fraction, or more is reserved than there is.
    pub(crate) fn check(&self, target: &Target) -> Result<(), Diagnostic> {
        if self.fill.is_some_and(|fill| !(fill > 0.0 && fill <= 1.0)) {
            let reason = format!("{} is out of range", self.fill.unwrap_or_default());
            return Err(Diagnostic::new(Code::BadValue, "fill", reason, "give more than 0 and at most 1"));
        }
        let pairs = self.reserve.counts().into_iter().zip(target.resources.counts()).zip(Resources::NAMES);
        let too_much = pairs.into_iter().find(|((reserved, all), _)| reserved > all);
        let Some(((reserved, all), name)) = too_much else { return Ok(()) };
        let reason = format!("{reserved} {name} are reserved of the {all} of {}", target.name);
        Err(Diagnostic::new(Code::BadValue, "reserve", reason, "reserve at most what the target has"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::find;

    #[test]
    fn the_least_limit_holds_and_a_stated_one_replaces_the_default_fill() {
        let target = find("ultra96").unwrap();
        let lut = |limits: Limits| limits.usable(&target).lut;
        let reserve = Resources { lut: 12_000, dsp: 60, ..Resources::default() };
        assert_eq!(lut(Limits::default()), 56_448);
        assert_eq!(lut(Limits { reserve, ..Limits::default() }), 58_560);
        assert_eq!(lut(Limits { reserve, fill: Some(0.5), ..Limits::default() }), 35_280);
        assert_eq!(lut(Limits { reserve, lut: Some(70_000), ..Limits::default() }), 58_560);
        assert_eq!(lut(Limits { lut: Some(10_000), ..Limits::default() }), 10_000);
        let usable = Limits { reserve, bram18: Some(7), ..Limits::default() }.usable(&target);
        assert_eq!((usable.dsp, usable.bram18, usable.ff), (300, 7, 141_120));
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let target = find("ultra96").unwrap();
        let reserve = Resources { dsp: 361, ..Resources::default() };
        let error = Limits { reserve, ..Limits::default() }.check(&target).unwrap_err();
        assert_eq!(error.to_string(), "`reserve`: 361 DSP are reserved of the 360 of ultra96");
        assert!(Limits { fill: Some(f64::NAN), ..Limits::default() }.check(&target).is_err());
    }
}
