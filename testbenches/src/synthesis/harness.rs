//! What stands around a module that is placed and routed alone.
//!
//! A module has more ports than a device has pins, and pins are far from its logic. Therefore every input bit comes from a
//! register of a long shift register and every output bit ends in a register, the registers being joined by exclusive
//! ors to one pin, so that nothing is optimized away. Clock and the two ends are the only pins. Primitives are written out:
//! the module's own mapping is not touched.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The ports of the module `unit` in a netlist of Yosys.
#[derive(Deserialize)]
struct Netlist {
    modules: BTreeMap<String, Module>,
}

#[derive(Deserialize)]
struct Module {
    ports: BTreeMap<String, Port>,
}

/// A port: direction and bits.
#[derive(Deserialize)]
struct Port {
    direction: String,
    bits: Vec<serde_json::Value>,
}

/// The Verilog of the module `harness` around the module `unit` of a netlist.
///
/// # Errors
/// Where the netlist cannot be read, or the module has no clock.
pub(super) fn harness(netlist: &str) -> Result<String, String> {
    let netlist: Netlist = serde_json::from_str(netlist).map_err(|error| error.to_string())?;
    let ports = &netlist.modules.get("unit").ok_or("there is no module `unit`")?.ports;
    let clock =
        ["clk", "aclk"].into_iter().find(|name| ports.contains_key(*name)).ok_or("it has no clock")?;
    let with = |direction: &str| {
        let port = move |(name, port): (&String, &Port)| {
            (port.direction == direction && name != clock).then(|| (name.clone(), port.bits.len()))
        };
        ports.iter().filter_map(port).collect::<Vec<(String, usize)>>()
    };
    Ok(render(clock, &with("input"), &with("output")))
}

fn render(clock: &str, inputs: &[(String, usize)], outputs: &[(String, usize)]) -> String {
    let bits = |ports: &[(String, usize)]| ports.iter().map(|(_, width)| width).sum::<usize>().max(1);
    let (taken, given) = (bits(inputs), bits(outputs));
    let mut text = format!(
        "module harness (input wire clk, input wire in, output wire out);\n\
         wire [{taken}:0] x;\nwire [{}:0] y, seen;\nwire [{given}:0] sum;\nassign x[0] = in;\nassign sum[0] = 1'b0;\n\
         assign out = sum[{given}];\n",
        given - 1
    );
    for bit in 0..taken {
        let _ = writeln!(
            text,
            "{}",
            flip_flop(&format!("in_{bit}"), &format!("x[{bit}]"), &format!("x[{}]", bit + 1))
        );
    }
    for bit in 0..given {
        let (next, mixed) = (format!("sum[{}]", bit + 1), format!("mixed_{bit}"));
        let _ = writeln!(
            text,
            "{}",
            flip_flop(&format!("out_{bit}"), &format!("y[{bit}]"), &format!("seen[{bit}]"))
        );
        let _ = writeln!(
            text,
            "wire {mixed};\nLUT4 #(.INIT(16'h6666)) mix_{bit} (.A(seen[{bit}]), .B(sum[{bit}]), .C(1'b0), .D(1'b0), .Z({mixed}));"
        );
        let _ = writeln!(text, "{}", flip_flop(&format!("sum_{bit}"), &mixed, &next));
    }
    let joined = |ports: &[(String, usize)], wires: &str, first: usize| {
        let mut next = first;
        let mut join = |(name, width): &(String, usize)| {
            let low = next;
            next += width;
            format!(", .{name}({wires}[{low} +: {width}])")
        };
        ports.iter().map(&mut join).collect::<String>()
    };
    let _ = writeln!(
        text,
        "unit unit (.{clock}(clk){}{});\nendmodule",
        joined(inputs, "x", 1),
        joined(outputs, "y", 0)
    );
    text
}

fn flip_flop(name: &str, from: &str, to: &str) -> String {
    format!(
        "TRELLIS_FF #(.GSR(\"DISABLED\"), .CEMUX(\"1\"), .CLKMUX(\"CLK\"), .LSRMUX(\"LSR\"), .REGSET(\"RESET\")) {name} \
         (.CLK(clk), .LSR(1'b0), .DI({from}), .Q({to}));"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_has_a_register() {
        let netlist = r#"{"modules": {"LUT4": {"ports": {}}, "unit": {"ports": {
            "clk": {"direction": "input", "bits": [2]}, "a": {"direction": "input", "bits": [3, 4]},
            "b": {"direction": "output", "bits": [5, "0", 6]}}}}}"#;
        let text = harness(netlist).unwrap();
        assert_eq!(text.matches("TRELLIS_FF").count(), 2 + 2 * 3);
        assert!(text.contains("unit unit (.clk(clk), .a(x[1 +: 2]), .b(y[0 +: 3]));"), "{text}");
    }

    #[test]
    fn a_module_without_a_clock_is_refused() {
        let netlist = r#"{"modules": {"unit": {"ports": {"a": {"direction": "input", "bits": [2]}}}}}"#;
        assert!(harness(netlist).unwrap_err().contains("clock"));
    }
}
