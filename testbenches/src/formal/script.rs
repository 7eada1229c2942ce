//! The head of a file of properties: what is claimed, and the parameters to prove it for.
//!
//! ```text
//! // claim: no beat is lost
//! // with: dot_packed
//! // prove 3: WIDTH=4 DEPTH=5
//! // check 20: WIDTH=1
//! ```

use super::Reach;

/// What the head of a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// What holds.
    pub claim: String,
    /// Library modules that the file's own module needs; where there is none, the properties go into the module of the
    /// file's name.
    pub with: Vec<String>,
    /// Proofs: how far each reaches, and the parameters.
    pub proofs: Vec<(Reach, Vec<(String, usize)>)>,
}

/// Reads the comment lines at the head of a file of properties.
///
/// # Errors
/// The line that says something else.
pub fn parse(text: &str) -> Result<Claims, String> {
    let mut claims = Claims::default();
    for line in text.lines().map_while(|line| line.strip_prefix("// ")) {
        let (key, value) = line.split_once(": ").ok_or(line)?;
        match key.split_once(' ') {
            None if key == "claim" => claims.claim = value.to_owned(),
            None if key == "with" => claims.with = value.split(' ').map(str::to_owned).collect(),
            Some((kind, depth)) => {
                let depth = depth.parse().map_err(|_| line)?;
                let reach = match kind {
                    "prove" => Reach::Induction { depth },
                    "check" => Reach::Bounded { depth },
                    _ => return Err(line.to_owned()),
                };
                claims.proofs.push((reach, parameters(value).ok_or(line)?));
            }
            None => return Err(line.to_owned()),
        }
    }
    Ok(claims)
}

fn parameters(text: &str) -> Option<Vec<(String, usize)>> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    text.split(' ').map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_and_others_refused() {
        let claims =
            parse("// claim: a, b\n// prove 3: W=2 D=5\n// check 9: W=1\nwire a;\n// x\n").expect("a head");
        assert_eq!(claims.claim, "a, b");
        assert_eq!(claims.proofs[0], (Reach::Induction { depth: 3 }, vec![("W".into(), 2), ("D".into(), 5)]));
        assert_eq!(claims.proofs[1].0, Reach::Bounded { depth: 9 });
        assert!(parse("// prove x: W=1\n").is_err() && parse("// check 1: W\n").is_err());
    }
}
