//! Device families that open synthesis knows.

use super::SynthesisError;
use serde::{Deserialize, Serialize};

/// A family of devices with the same primitives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// AMD UltraScale+ (Zynq UltraScale+, Kria, Virtex, Kintex, Artix UltraScale+).
    UltraScalePlus,
    /// AMD 7 series (Zynq-7000, Artix-7, Kintex-7, Virtex-7, Spartan-7).
    Series7,
    /// Lattice ECP5.
    Ecp5,
}

impl Family {
    /// The family of a part, by the vendor's name of it.
    ///
    /// # Errors
    /// [`SynthesisError::UnknownPart`] for any other.
    pub fn of_part(part: &str) -> Result<Self, SynthesisError> {
        let lower = part.to_lowercase();
        let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| lower.starts_with(prefix));
        match () {
            () if starts(&["xczu", "xck", "xcvu", "xcku", "xcau"]) => Ok(Self::UltraScalePlus),
            () if starts(&["xc7"]) => Ok(Self::Series7),
            () if starts(&["lfe5u"]) => Ok(Self::Ecp5),
            () => Err(SynthesisError::UnknownPart(part.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_name_their_family() {
        for (part, family) in [
            ("xczu3eg-sbva484-1-e", Family::UltraScalePlus),
            ("xck26-sfvc784-2lv-c", Family::UltraScalePlus),
            ("xc7z020clg400-1", Family::Series7),
            ("LFE5U-25F-6BG381C", Family::Ecp5),
        ] {
            assert_eq!(Family::of_part(part).unwrap(), family, "{part}");
        }
        let error = Family::of_part("none").unwrap_err().to_string();
        assert!(error.contains("`none`") && error.contains("--target"), "{error}");
    }
}
