//! ECP5 devices as place and route takes them.

use super::SynthesisError;

/// A Lattice ECP5 in a package, of a speed grade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Size, as nextpnr calls it: `25k`, `um-85k`.
    pub size: String,
    /// Speed grade: 6, 7 or 8.
    pub speed: u32,
    /// Package, as nextpnr calls it.
    pub package: &'static str,
}

impl Part {
    /// Reads the vendor's name: `LFE5U-25F-6BG381C` is 25k, speed 6, CABGA381 (FPGA-DS-02012, ordering information).
    ///
    /// # Errors
    /// [`SynthesisError::NotPlaceable`] for everything else.
    pub fn parse(name: &str) -> Result<Self, SynthesisError> {
        parse(&name.to_uppercase()).ok_or_else(|| SynthesisError::NotPlaceable(name.to_owned()))
    }

    /// Arguments of nextpnr.
    pub(super) fn arguments(&self) -> [String; 5] {
        let speed = self.speed.to_string();
        [format!("--{}", self.size), "--speed".into(), speed, "--package".into(), self.package.into()]
    }
}

fn parse(name: &str) -> Option<Part> {
    let mut fields = name.split('-');
    let (kind, size, rest) = (fields.next()?, fields.next()?, fields.next()?);
    let size = size.strip_suffix('F').filter(|size| ["12", "25", "45", "85"].contains(size))?;
    let size = match kind {
        "LFE5U" => format!("{size}k"),
        "LFE5UM" => format!("um-{size}k"),
        "LFE5UM5G" => format!("um5g-{size}k"),
        _ => return None,
    };
    let speed = rest.chars().next()?.to_digit(10).filter(|speed| (6..=8).contains(speed))?;
    let packages = [
        ("BG256", "CABGA256"),
        ("BG381", "CABGA381"),
        ("BG554", "CABGA554"),
        ("BG756", "CABGA756"),
        ("MG285", "CSFBGA285"),
    ];
    let package = packages.iter().find(|(code, _)| rest[1..].starts_with(code))?.1;
    Some(Part { size, speed, package })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_size_speed_and_package() {
        let part = |size: &str, speed, package| Part { size: size.into(), speed, package };
        assert_eq!(Part::parse("LFE5U-25F-6BG381C").unwrap(), part("25k", 6, "CABGA381"));
        assert_eq!(Part::parse("LFE5UM5G-85F-8BG756C").unwrap(), part("um5g-85k", 8, "CABGA756"));
        assert_eq!(part("45k", 7, "CSFBGA285").arguments().join(" "), "--45k --speed 7 --package CSFBGA285");
    }

    #[test]
    fn others_are_refused() {
        for name in [
            "xczu3eg-sbva484-1-e",
            "LFE5U-99F-6BG381C",
            "LFE5U-25F-5BG381C",
            "LFE5U-25F-6XX381C",
            "LFE5U",
            "",
        ] {
            assert!(Part::parse(name).is_err(), "{name}");
        }
    }
}
