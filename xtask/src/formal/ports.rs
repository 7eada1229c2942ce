//! What holds at the handshakes of any block, as text for its module.

use super::frames::Frames;
use std::fmt::Write;

/// Prefixes of handshake ports, as `s`, `m` or `s_axis_t`.
pub struct Ports {
    /// Where beats come in.
    pub inputs: Vec<String>,
    /// Where they go out.
    pub outputs: Vec<String>,
}

impl Ports {
    /// Those of a module, by its header.
    pub fn of(text: &str) -> Ports {
        let ports = |direction: &str| {
            let lines = text.lines().map(str::trim).filter(|line| line.starts_with(direction));
            let names = lines.filter_map(|line| line.trim_end_matches(',').split(' ').next_back());
            names.filter_map(|name| name.strip_suffix("valid")).map(str::to_owned).collect()
        };
        Ports { inputs: ports("input "), outputs: ports("output ") }
    }

    /// A beat on offer stays as it is: assumed of the inputs, asserted of the outputs.
    pub fn rules(&self) -> String {
        self.offers_stay("assert", |port| format!("({port}valid && $stable({port}data))"))
    }

    /// The same of handshakes alone.
    fn handshakes(&self, word: &str) -> String {
        self.offers_stay(word, |port| format!("({port}valid)"))
    }

    fn offers_stay(&self, outputs: &str, stays: impl Fn(&str) -> String) -> String {
        let mut text = "    always @(posedge clk)\n        if (f_past) begin\n".to_owned();
        let inputs = self.inputs.iter().map(|port| ("assume", port));
        for (word, port) in inputs.chain(self.outputs.iter().map(|port| (outputs, port))) {
            let stays = stays(port);
            let _ =
                writeln!(text, "            if ($past({port}valid && !{port}ready && !rst)) {word} {stays};");
        }
        text + "        end\n"
    }

    /// Where every input offers and every output takes, a handshake happens within `patience` cycles.
    pub fn progress(&self, patience: u64) -> String {
        let able = self.inputs.iter().map(|port| format!("{port}valid"));
        let able: Vec<String> = able.chain(self.outputs.iter().map(|port| format!("{port}ready"))).collect();
        let moves = any(self.inputs.iter().chain(&self.outputs));
        format!(
            "{}    reg [15:0] f_idle;\n    always @(posedge clk)\n        if (rst || {moves} || !({})) f_idle <= 16'd0;\n\
             \x20       else f_idle <= f_idle + 1'b1;\n    always @(posedge clk) if (f_past) assert (f_idle < 16'd{patience});\n",
            self.handshakes("assert"),
            able.join(" && ")
        )
    }

    /// Outputs keep what they offer, as [`Ports::rules`] proves. No output begins a frame that no input has begun. Once no input offers anything and no output has moved for `patience`
    /// cycles, though all of them take, every frame that came in whole has left.
    pub fn conservation(&self, frames: &Frames, patience: u64) -> String {
        let mut text = self.handshakes("assume");
        let early = frames.early();
        let inputs = self.inputs.iter().zip(&frames.inputs).map(|(port, beats)| counted(port, *beats, early));
        let outputs =
            self.outputs.iter().zip(&frames.outputs).map(|(port, beats)| counted(port, *beats, "1'b0"));
        inputs.chain(outputs).for_each(|counted| text += &counted);
        let offered: Vec<String> = self.inputs.iter().map(|port| format!("{port}valid")).collect();
        let taken: Vec<String> = self.outputs.iter().map(|port| format!("{port}ready")).collect();
        let _ = write!(
            text,
            "    reg [15:0] f_quiet;\n    always @(posedge clk)\n        if (rst || {} || {} || !({})) f_quiet <= 16'd0;\n\
             \x20       else f_quiet <= f_quiet + 1'b1;\n    always @(posedge clk)\n        if (f_past) begin\n",
            any(self.outputs.iter()),
            offered.join(" || "),
            taken.join(" && ")
        );
        let begun = if frames.leads { "done" } else { "begun" };
        for (input, output) in self.inputs.iter().flat_map(|i| self.outputs.iter().map(move |o| (i, o))) {
            let _ = writeln!(text, "            assert ({output}f_{begun} <= {input}f_begun);");
        }
        let even = |port: &String| format!("{port}f_beat == 0 && {port}f_done == {}f_done", self.inputs[0]);
        let came: Vec<String> = self.inputs.iter().map(even).collect();
        for output in &self.outputs {
            let left = if frames.runs_on() {
                format!("{output}f_done == {}f_done", self.inputs[0])
            } else {
                even(output)
            };
            let _ = writeln!(
                text,
                "            if (f_quiet == 16'd{patience} && {}) assert ({left});",
                came.join(" && ")
            );
        }
        text + "        end\n"
    }
}

/// Whether any of these ports moves.
fn any<'a>(ports: impl Iterator<Item = &'a String>) -> String {
    let moves: Vec<String> = ports.map(|port| format!("({port}valid && {port}ready)")).collect();
    format!("({})", moves.join(" || "))
}

/// Place within a frame, and frames begun and done, of a port; a frame ends after its beats, or `early`.
fn counted(port: &str, beats: usize, early: &str) -> String {
    let last = beats - 1;
    format!(
        "    reg [15:0] {port}f_beat;\n    reg [7:0] {port}f_begun;\n    reg [7:0] {port}f_done;\n    always @(posedge clk)\n        if (rst) begin\n\
         \x20           {port}f_beat <= 16'd0;\n            {port}f_begun <= 8'd0;\n            {port}f_done <= 8'd0;\n\
         \x20       end else if ({port}valid && {port}ready) begin\n\
         \x20           {port}f_beat <= {port}f_beat == 16'd{last} || {early} ? 16'd0 : {port}f_beat + 1'b1;\n\
         \x20           if ({port}f_beat == 0) {port}f_begun <= {port}f_begun + 1'b1;\n\
         \x20           if ({port}f_beat == 16'd{last} || {early}) {port}f_done <= {port}f_done + 1'b1;\n        end\n"
    )
}

/// `wire last_x = x == 3'd4;` says that `x` is never more than 4.
pub fn counters(text: &str) -> String {
    let range = |line: &str| {
        let (name, rest) = line.trim().strip_prefix("wire last")?.split_once(" = ")?.1.split_once(" == ")?;
        let end = rest.split(';').next()?;
        let plain =
            |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
        (plain(name, "_") && plain(end, "'")).then(|| format!("            assert ({name} <= {end});\n"))
    };
    let ranges: String = text.lines().filter_map(range).collect();
    match ranges.is_empty() {
        true => String::new(),
        false => format!("    always @(posedge clk)\n        if (f_past) begin\n{ranges}        end\n"),
    }
}
