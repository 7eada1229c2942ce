//! The bench in Verilog.

use crate::tools::ToolError;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Cycles without a beat at an output after which a run ends.
const PATIENCE: u64 = 200_000;

/// Cycles that a sink which holds back at random refuses every beat, of so many: longer than pipelines and buffers are deep.
const BLOCKED: [u64; 2] = [64, 256];

/// An AXI4-Stream port of the design.
pub(super) struct End {
    /// `s_axis`, `m0_axis`, …
    pub prefix: String,
    /// Width of `tdata`.
    pub width: usize,
    /// Beats of a frame.
    pub beats_per_frame: usize,
    /// What goes in, or must come out, in hexadecimal digits.
    pub beats: Vec<String>,
}

/// What drives a design.
pub(super) struct Bench {
    pub top: String,
    pub scratch: String,
    pub inputs: Vec<End>,
    pub outputs: Vec<End>,
    pub stalls: bool,
    pub rude: bool,
}

impl Bench {
    /// Writes `bench.v` and the beats of every input.
    pub fn write(&self, folder: &Path) -> Result<(), ToolError> {
        let put = |name: String, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).map_err(ToolError::io("write", &path))
        };
        for (port, end) in self.inputs.iter().enumerate() {
            put(format!("in{port}.hex"), end.beats.join("\n") + "\n")?;
        }
        put("bench.v".to_owned(), self.text())
    }

    fn text(&self) -> String {
        let holds = if self.stalls { "$random(seed) % 3 == 0" } else { "1'b0" };
        let mut text = format!(
            "`timescale 1ns/1ns\nmodule bench;\n    reg aclk = 1'b0;\n    reg aresetn = 1'b0;\n    wire tlast_error;\n\
             \x20   integer seed = 1;\n    integer idle = 0;\n    integer cycle = 0;\n    integer left = {};\n    always #5 aclk = !aclk;\n",
            self.outputs.len()
        );
        let mut ports = vec!["aclk".to_owned(), "aresetn".to_owned(), "tlast_error".to_owned()];
        for (port, end) in self.inputs.iter().enumerate() {
            ports.extend(["tvalid", "tready", "tdata", "tlast"].map(|wire| format!("{}_{wire}", end.prefix)));
            self.source(&mut text, port, end, holds);
        }
        let [blocked, of] = BLOCKED;
        let blocks =
            if self.stalls { format!("{holds} || cycle % {of} < {blocked}") } else { holds.to_owned() };
        for (port, end) in self.outputs.iter().enumerate() {
            ports.extend(["tvalid", "tready", "tdata", "tlast"].map(|wire| format!("{}_{wire}", end.prefix)));
            self.sink(&mut text, port, end, &blocks);
        }
        let ports: Vec<String> = ports.iter().map(|port| format!(".{port}({port})")).collect();
        let _ = writeln!(text, "    {} dut ({});", self.top, ports.join(", "));
        text + &format!(
            "    initial begin\n        repeat (4) @(posedge aclk);\n        #1 aresetn = 1'b1;\n    end\n\
             \x20   always @(posedge aclk) begin\n        idle = idle + 1;\n        cycle = cycle + 1;\n\
             \x20       if (left == 0 && idle > 64 || idle > {PATIENCE}) $finish;\n    end\nendmodule\n"
        )
    }

    /// Beats from a memory; on idle pins `x`.
    fn source(&self, text: &mut String, port: usize, end: &End, holds: &str) {
        let End { prefix, width, beats_per_frame, beats } = end;
        let (bits, scratch) = (width - 1, &self.scratch);
        let count = beats.len() + usize::from(self.rude);
        let last_word = count.max(1) - 1;
        let _ = write!(
            text,
            "    reg [{bits}:0] beats{port} [0:{last_word}];\n    integer at{port} = 0;\n    reg offer{port} = 1'b0;\n\
             \x20   wire {prefix}_tvalid = offer{port};\n    wire {prefix}_tready;\n\
             \x20   wire [{bits}:0] {prefix}_tdata = offer{port} ? beats{port}[at{port}] : {width}'bx;\n\
             \x20   wire {prefix}_tlast = offer{port} ? (at{port} % {beats_per_frame} == {}) ^ (at{port} == {}) : 1'bx;\n\
             \x20   initial $readmemh(\"{scratch}/in{port}.hex\", beats{port});\n\
             \x20   always @(posedge aclk) begin : source{port}\n        reg took;\n\
             \x20       took = offer{port} && {prefix}_tready === 1'b1 && aresetn;\n        #1;\n\
             \x20       if (took) at{port} = at{port} + 1;\n\
             \x20       if (took || !offer{port}) offer{port} = aresetn && at{port} < {count} && !({holds});\n    end\n",
            beats_per_frame - 1,
            if self.rude { beats.len().to_string() } else { "-1".to_owned() }
        );
    }

    /// Beats into a file.
    fn sink(&self, text: &mut String, port: usize, end: &End, holds: &str) {
        let End { prefix, width, beats_per_frame, beats } = end;
        let (bits, count, scratch) = (width - 1, beats.len(), &self.scratch);
        let _ = write!(
            text,
            "    wire {prefix}_tvalid;\n    reg {prefix}_tready = 1'b0;\n    wire [{bits}:0] {prefix}_tdata;\n\
             \x20   wire {prefix}_tlast;\n    integer file{port};\n    integer given{port} = 0;\n\
             \x20   initial file{port} = $fopen(\"{scratch}/out{port}.hex\", \"w\");\n\
             \x20   always @(posedge aclk) begin : sink{port}\n\
             \x20       if (aresetn && {prefix}_tvalid !== 1'b0 && {prefix}_tready) begin\n            idle = 0;\n\
             \x20           if ({prefix}_tvalid !== 1'b1) $fdisplay(file{port}, \"tvalid is unknown\");\n\
             \x20           else if ({prefix}_tlast !== (given{port} % {beats_per_frame} == {}) || tlast_error !== 1'b0)\n\
             \x20               $fdisplay(file{port}, \"tlast is wrong\");\n\
             \x20           else $fdisplay(file{port}, \"%h\", {prefix}_tdata);\n\
             \x20           given{port} = given{port} + 1;\n            if (given{port} == {count}) left = left - 1;\n        end\n\
             \x20       #1 {prefix}_tready = !({holds});\n    end\n",
            beats_per_frame - 1
        );
    }
}
