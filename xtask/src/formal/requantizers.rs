//! Requantizers against the specification's function, for all sums of all channels.

use super::blocks::{Module, modules};
use mpqc_ir::design::Block;
use mpqc_ir::design::testing::cases;
use mpqc_ir::int_network::Thresholds;
use mpqc_ir::number::{Encoding, IntType};
use mpqc_testbenches::formal::{Proof, Reach, View};
use mpqc_testbenches::synthesis::SourceFile;
use std::error::Error;
use std::fmt::Write;

/// Sums for which a solver is asked; where there are more, it seldom ends, and they are tried one by one.
const FEW: i64 = 512;

/// A proof for the requantizers of the table of blocks that look sums up in few thresholds.
///
/// # Errors
/// Where a design cannot be emitted.
pub fn proofs() -> Result<Vec<Proof>, Box<dyn Error>> {
    let mut proofs = Vec::new();
    for design in cases() {
        for module in modules(&design)? {
            proofs.extend(Spec::of(&design.graph[module.node].block).map(|spec| spec.proof(&module)));
        }
    }
    Ok(proofs)
}

/// A requantizer, and its function as Verilog that knows nothing of how the block does it.
struct Spec<'a> {
    input: IntType,
    output: IntType,
    lanes: usize,
    channels: usize,
    code: Box<dyn Fn(usize) -> String + 'a>,
}

impl<'a> Spec<'a> {
    fn of(block: &'a Block) -> Option<Self> {
        let Block::Thresholds(it) = block else { return None };
        let code = Box::new(|channel| thresholds(&it.table, channel, it.output.is_bipolar()));
        let (input, output, lanes, channels) = (it.input, it.output, it.lanes, it.channels);
        (input.max - input.min < FEW).then_some(Spec { input, output, lanes, channels, code })
    }

    /// The block takes the same beat again and again; every beat of codes is the specification's of its channels.
    fn proof(&self, module: &Module) -> Proof {
        let top = format!("{}_is_specified", module.name);
        let beats = self.channels.div_ceil(self.lanes);
        let mut sources = module.sources.clone();
        sources.push(SourceFile { path: format!("{top}.v"), text: self.harness(&top, &module.name) });
        let values = if self.input.is_bipolar() { 2 } else { self.input.max - self.input.min + 1 };
        Proof {
            name: format!("{} = specification", module.name),
            claim: format!(
                "codes are the specification's, for all {values} sums of {} channels",
                self.channels
            ),
            reach: Reach::Bounded { depth: 2 * beats + 12 },
            view: View::Whole,
            top,
            parameters: Vec::new(),
            sources,
            memories: module.memories.clone(),
        }
    }

    fn harness(&self, top: &str, block: &str) -> String {
        let (x, y) = (self.input.bits as usize, self.output.bits as usize);
        let (last, lanes) = (self.channels.div_ceil(self.lanes) - 1, self.lanes);
        let (s_data, m_data) = (lanes * x - 1, lanes * y - 1);
        let mut text = format!(
            "module {top} (input wire clk, input wire rst, input wire m_ready);\n\
             \x20   (* anyconst *) wire [{s_data}:0] s_data;\n    wire s_ready;\n    wire m_valid;\n    wire [{m_data}:0] m_data;\n\
             \x20   reg [7:0] beat;\n    reg f_past = 1'b0;\n    always @(posedge clk) f_past <= 1'b1;\n\
             \x20   always @* if (!f_past) assume (rst); else assume (!rst);\n\
             \x20   {block} block (.clk(clk), .rst(rst), .s_valid(1'b1), .s_ready(s_ready), .s_data(s_data),\n\
             \x20       .m_valid(m_valid), .m_ready(m_ready), .m_data(m_data));\n\
             \x20   always @(posedge clk)\n        if (rst) beat <= 8'd0;\n\
             \x20       else if (m_valid && m_ready) beat <= beat == 8'd{last} ? 8'd0 : beat + 8'd1;\n"
        );
        for lane in 0..lanes {
            self.write_lane(&mut text, lane);
        }
        text + "endmodule\n"
    }

    /// What a lane's code must be, beat by beat; padding is not looked at.
    fn write_lane(&self, text: &mut String, lane: usize) {
        let (x, y) = (self.input.bits as usize, self.output.bits as usize);
        let slice = format!("s_data[{}:{}]", lane * x + x - 1, lane * x);
        let wide = match self.input.encoding {
            Encoding::Signed => format!("$signed({slice})"),
            Encoding::Unsigned => format!("$signed({{1'b0, {slice}}})"),
            Encoding::Bipolar => format!("({slice} ? 64'sd1 : -64'sd1)"),
        };
        let _ = writeln!(text, "    wire signed [63:0] x{lane} = {wide};\n    reg signed [63:0] code{lane};");
        let _ = writeln!(
            text,
            "    reg known{lane};\n    always @* begin\n        known{lane} = 1'b1;\n        case (beat)"
        );
        for (beat, channel) in (lane..self.channels).step_by(self.lanes).enumerate() {
            let code = (self.code)(channel).replace("x_", &format!("x{lane}"));
            let _ = writeln!(text, "            8'd{beat}: code{lane} = {code};");
        }
        let _ = writeln!(
            text,
            "            default: begin\n                code{lane} = 64'sd0;\n                known{lane} = 1'b0;\n            end\n        endcase\n    end"
        );
        let code = match self.output.is_bipolar() {
            true => format!("(code{lane} > 64'sd0)"),
            false => format!("code{lane}[{}:0]", y - 1),
        };
        let slice = format!("m_data[{}:{}]", lane * y + y - 1, lane * y);
        let _ = writeln!(
            text,
            "    always @(posedge clk) if (f_past && m_valid && known{lane}) assert ({slice} == {code});"
        );
    }
}

/// `base` and a step for every threshold that the value, or its complement, has reached.
fn thresholds(function: &Thresholds, channel: usize, bipolar: bool) -> String {
    let row = if function.table.nrows() == 1 { 0 } else { channel };
    let value = if function.falling[row] { "(~x_)" } else { "x_" };
    let step = if bipolar { 2 } else { 1 };
    let reached = function.table.row(row);
    let reached =
        reached.iter().map(|t| format!(" + ({value} >= {} ? {} : 64'sd0)", literal(*t), literal(step)));
    format!("{}{}", literal(function.base), reached.collect::<String>())
}

/// A signed number of 64 bits.
fn literal(value: i64) -> String {
    if value < 0 { format!("(-64'sd{})", value.unsigned_abs()) } else { format!("64'sd{value}") }
}
