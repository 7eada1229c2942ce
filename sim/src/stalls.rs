//! How the two ends of a design behave.

use std::fmt;
use std::str::FromStr;

/// How the two ends of a design behave; written `none` or `random:SEED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stalls {
    /// Sources offer a beat in every cycle until the frames run out; sinks take one in every cycle.
    None,
    /// Sources withhold `valid` and sinks withhold `ready` at random, in phases from always to never. An
    /// offered beat stays until it is taken (AMBA AXI4-Stream, ARM IHI 0051, 2.2.1).
    Random {
        /// Equal seeds give equal runs.
        seed: u64,
    },
}

/// A text that names no stall pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no stall pattern: give `none` or `random:SEED`")]
pub struct StallsError(String);

impl fmt::Display for Stalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stalls::None => f.pad("none"),
            Stalls::Random { seed } => f.pad(&format!("random:{seed}")),
        }
    }
}

impl FromStr for Stalls {
    type Err = StallsError;

    fn from_str(text: &str) -> Result<Stalls, StallsError> {
        let seed = text.strip_prefix("random:").and_then(|seed| seed.parse().ok());
        match (text, seed) {
            ("none", _) => Ok(Stalls::None),
            (_, Some(seed)) => Ok(Stalls::Random { seed }),
            _ => Err(StallsError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_as_they_are_written() {
        for stalls in [Stalls::None, Stalls::Random { seed: 17 }] {
            assert_eq!(stalls.to_string().parse(), Ok(stalls));
        }
        assert!("random".parse::<Stalls>().is_err() && "random:x".parse::<Stalls>().is_err());
    }
}
