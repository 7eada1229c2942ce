//! Requantizers against the specification's function, for all sums of all channels.

use super::blocks::{Module, modules};
use mpqc_ir::design::Block;
use mpqc_ir::design::testing::cases;
use mpqc_ir::number::IntType;
use mpqc_testbenches::formal::{Proof, Reach};
use mpqc_testbenches::synthesis::SourceFile;
use std::error::Error;
use std::fmt::Write;

/// Sums of a channel that the specification is written down for, at most.
const MOST_SUMS: i64 = 1 << 12;

/// A proof for every requantizer of the table of blocks that has few enough sums.
///
/// # Errors
/// Where a design cannot be emitted.
pub fn proofs() -> Result<Vec<Proof>, Box<dyn Error>> {
    let mut proofs = Vec::new();
    for design in cases() {
        for module in modules(&design)? {
            proofs.extend(Spec::of(&design.graph[module.node].block).and_then(|spec| spec.proof(&module)));
        }
    }
    Ok(proofs)
}

/// A requantizer and its function.
struct Spec<'a> {
    input: IntType,
    output: IntType,
    lanes: usize,
    channels: usize,
    code: Box<dyn Fn(usize, i64) -> i64 + 'a>,
}

impl<'a> Spec<'a> {
    fn of(block: &'a Block) -> Option<Self> {
        let (input, output, lanes, channels, code): (_, _, _, _, Box<dyn Fn(usize, i64) -> i64>) = match block
        {
            Block::Thresholds(it) => (
                it.input,
                it.output,
                it.lanes,
                it.channels,
                Box::new(|channel, x| it.table.code(channel, x, it.output)),
            ),
            Block::ScaleShift(it) => (
                it.input,
                it.output,
                it.lanes,
                it.channels,
                Box::new(|channel, x| it.function.code(channel, x)),
            ),
            _ => return None,
        };
        let few = input.max - input.min < MOST_SUMS && channels <= 8;
        few.then_some(Spec { input, output, lanes, channels, code })
    }

    /// The block takes the same beat again and again; every beat of codes is the specification's of its channels.
    fn proof(&self, module: &Module) -> Option<Proof> {
        let top = format!("{}_is_specified", module.name);
        let beats = self.channels.div_ceil(self.lanes);
        let mut sources = module.sources.clone();
        sources.push(SourceFile { path: format!("{top}.v"), text: self.harness(&top, &module.name) });
        Some(Proof {
            name: format!("{} = specification", module.name),
            claim: format!(
                "codes are the specification's, for all {} sums of {} channels",
                self.sums(),
                self.channels
            ),
            reach: Reach::Bounded { depth: 2 * beats + 14 },
            top,
            parameters: Vec::new(),
            sources,
            memories: module.memories.clone(),
        })
    }

    fn sums(&self) -> i64 {
        if self.input.is_bipolar() { 2 } else { self.input.max - self.input.min + 1 }
    }

    fn harness(&self, top: &str, block: &str) -> String {
        let (x, y) = (self.input.bits as usize, self.output.bits as usize);
        let (beats, lanes) = (self.channels.div_ceil(self.lanes), self.lanes);
        let mut text = format!(
            "module {top} (input wire clk, input wire rst, input wire m_ready);\n\
             \x20   (* anyconst *) wire [{}:0] s_data;\n    wire s_ready;\n    wire m_valid;\n    wire [{}:0] m_data;\n\
             \x20   reg [7:0] beat;\n    reg f_past = 1'b0;\n    always @(posedge clk) f_past <= 1'b1;\n\
             \x20   always @* if (!f_past) assume (rst); else assume (!rst);\n\
             \x20   {block} block (.clk(clk), .rst(rst), .s_valid(1'b1), .s_ready(s_ready), .s_data(s_data),\n\
             \x20       .m_valid(m_valid), .m_ready(m_ready), .m_data(m_data));\n\
             \x20   always @(posedge clk)\n        if (rst) beat <= 8'd0;\n\
             \x20       else if (m_valid && m_ready) beat <= beat == 8'd{} ? 8'd0 : beat + 8'd1;\n",
            lanes * x - 1,
            lanes * y - 1,
            beats - 1
        );
        for lane in 0..lanes {
            self.write_lane(&mut text, lane);
        }
        text + "endmodule\n"
    }

    /// The specification of a lane: a table of codes by channel and sum.
    fn write_lane(&self, text: &mut String, lane: usize) {
        let (x, y, lanes) = (self.input.bits as usize, self.output.bits as usize, self.lanes);
        let _ = writeln!(text, "    reg [{}:0] code{lane};\n    reg reached{lane};", y - 1);
        let _ = writeln!(
            text,
            "    always @* begin\n        reached{lane} = 1'b1;\n        code{lane} = {y}'d0;"
        );
        let _ = writeln!(text, "        case ({{beat, s_data[{}:{}]}})", lane * x + x - 1, lane * x);
        for (beat, channel) in (lane..self.channels).step_by(lanes).enumerate() {
            for sum in self.all_sums() {
                let code = self.bits(self.output, (self.code)(channel, sum));
                let sum = self.bits(self.input, sum);
                let _ = writeln!(text, "            {{8'd{beat}, {x}'d{sum}}}: code{lane} = {y}'d{code};");
            }
        }
        let _ = writeln!(text, "            default: reached{lane} = 1'b0;\n        endcase\n    end");
        let slice = format!("m_data[{}:{}]", lane * y + y - 1, lane * y);
        let _ = writeln!(
            text,
            "    always @(posedge clk) if (f_past && m_valid && reached{lane}) assert ({slice} == code{lane});"
        );
    }

    fn all_sums(&self) -> Vec<i64> {
        if self.input.is_bipolar() { vec![-1, 1] } else { (self.input.min..=self.input.max).collect() }
    }

    /// A value as its bits.
    fn bits(&self, ty: IntType, value: i64) -> u64 {
        let value = if ty.is_bipolar() { i64::from(value > 0) } else { value };
        value as u64 & ((1 << ty.bits) - 1)
    }
}
