//! Names of blocks and streams: unique in the top module's one name space.

use mpqc_ir::verilog::is_keyword;
use std::collections::BTreeSet;

/// Signals that a stream's name becomes in Verilog, and the name itself.
const SIGNALS: [&str; 6] = ["", "_data", "_valid", "_ready", "_last", "_tlast_error"];

/// Hands out names that neither repeat nor collide with another stream's signals.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    /// Names with the top module's own ports taken.
    pub fn new() -> Names {
        Names(["aclk", "aresetn", "clk", "rst", "tlast_error"].into_iter().map(str::to_owned).collect())
    }

    /// `wanted`, or `wanted_2`, `wanted_3`, … where it or one of its signals is taken.
    pub fn unique(&mut self, wanted: &str) -> String {
        let free = |name: &String| {
            !is_keyword(name)
                && !is_axis(name)
                && SIGNALS.iter().all(|s| !self.0.contains(&format!("{name}{s}")))
        };
        let first = std::iter::once(wanted.to_owned());
        let mut candidates = first.chain((2u32..).map(|n| format!("{wanted}_{n}")));
        let name = candidates.find(free).expect("there are more numbers than names");
        self.0.extend(SIGNALS.iter().map(|s| format!("{name}{s}")));
        name
    }
}

/// Whether a name is that of a wire of an AXI4-Stream port: `s_axis_tdata`, `m1_axis_tlast`.
fn is_axis(name: &str) -> bool {
    let number = name.strip_prefix(['s', 'm']).unwrap_or_default();
    let wire = number.trim_start_matches(|c: char| c.is_ascii_digit());
    ["_axis_tdata", "_axis_tvalid", "_axis_tready", "_axis_tlast"].contains(&wire)
}

/// A legal Verilog identifier in lower case that reads like `text`.
pub(crate) fn identifier(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = text.chars().map(plain).collect();
    let name = name.trim_matches('_');
    let legal = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !is_keyword(name);
    if legal { name.to_owned() } else { format!("net_{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_never_collide_not_even_with_signals() {
        let mut names = Names::new();
        assert_eq!(names.unique("fc1"), "fc1");
        assert_eq!(names.unique("fc1"), "fc1_2");
        assert_eq!(names.unique("fc1_valid"), "fc1_valid_2");
        assert_eq!(names.unique("clk"), "clk_2");
        assert_eq!(names.unique("aclk"), "aclk_2");
        assert_eq!(names.unique("packed"), "packed_2");
        assert_eq!(names.unique("s_axis_tdata"), "s_axis_tdata_2");
        assert_eq!(names.unique("maxis"), "maxis");
    }

    #[test]
    fn identifiers_are_legal() {
        assert_eq!(identifier("TFC-1W1A.onnx"), "tfc_1w1a_onnx");
        assert_eq!(identifier("3x/§"), "net_3x");
        assert_eq!(identifier(""), "net_");
        assert_eq!(identifier("Packed"), "net_packed");
        assert_eq!(identifier("module"), "net_module");
        assert_eq!(identifier("logic"), "net_logic");
    }
}
