//! Properties that every block has, put into the module that the compiler writes for it: AXI4-Stream rules, counters in
//! range, progress, as many beats out as beats in ask for.

use mpqc_codegen::{block_files, emit};
use mpqc_ir::design::Design;
use mpqc_ir::design::testing::cases;
use mpqc_testbenches::formal::{Proof, Reach, with_properties};
use mpqc_testbenches::synthesis::SourceFile;
use petgraph::graph::NodeIndex;
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write;

/// Cycles in which something moves if it can.
const PATIENCE: usize = 24;

/// Cycles of a bounded proof: a little more than a block may wait.
const DEPTH: usize = 30;

/// The module of a block, with all below it.
pub struct Module {
    /// The block.
    pub node: NodeIndex,
    /// Its name.
    pub name: String,
    /// Verilog.
    pub sources: Vec<SourceFile>,
    /// Images.
    pub memories: Vec<SourceFile>,
}

/// The modules that a design has for its blocks alone; library modules have files of properties.
///
/// # Errors
/// Where the design cannot be emitted.
pub fn modules(design: &Design) -> Result<Vec<Module>, Box<dyn Error>> {
    let files = emit(design)?;
    let read = |paths: &[String]| {
        let named = files.iter().filter(|file| paths.contains(&file.path));
        named
            .map(|file| SourceFile {
                path: file.path.clone(),
                text: String::from_utf8_lossy(&file.contents).into_owned(),
            })
            .collect()
    };
    let own = block_files(design)?.into_iter().filter(|part| part.parameters.is_empty());
    let module = own.map(|part| Module {
        node: part.node,
        name: part.module,
        sources: read(&part.sources),
        memories: read(&part.memories),
    });
    Ok(module.collect())
}

/// Two proofs a block: what holds forever, and what is bounded. Of each kind of block the first one, or `all`.
///
/// # Errors
/// Where a design cannot be emitted.
pub fn proofs(all: bool) -> Result<Vec<Proof>, Box<dyn Error>> {
    let mut seen = BTreeSet::new();
    let mut proofs = Vec::new();
    for design in cases() {
        for module in modules(&design)? {
            if seen.insert(design.graph[module.node].block.kind()) || all {
                proofs.extend(of_module(&design, &module));
            }
        }
    }
    Ok(proofs)
}

fn of_module(design: &Design, module: &Module) -> [Proof; 2] {
    let text = &module
        .sources
        .iter()
        .find(|it| it.path == format!("rtl/{}.v", module.name))
        .map_or("", |it| &it.text);
    let ports = Ports::of(text);
    let forever = format!("{}{}", ports.rules(), counters(text));
    let frame = Frame::of(design, module.node);
    let proof = |name: &str, claim: &str, reach, properties: &str| Proof {
        name: format!("{} {name}", module.name),
        claim: claim.to_owned(),
        reach,
        top: module.name.clone(),
        parameters: Vec::new(),
        sources: with(module, properties),
        memories: module.memories.clone(),
    };
    [
        proof(
            "rules",
            "AXI4-Stream rules at every output, counters in range, from any state once reset",
            Reach::Induction { depth: 3 },
            &forever,
        ),
        proof(
            "progress",
            &format!("something moves within {PATIENCE} cycles where it can; no beat too many or too few"),
            Reach::Bounded { depth: DEPTH },
            &format!("{}{}", ports.progress(), ports.conservation(frame)),
        ),
    ]
}

fn with(module: &Module, properties: &str) -> Vec<SourceFile> {
    let own = format!("rtl/{}.v", module.name);
    let mut sources = module.sources.clone();
    for source in sources.iter_mut().filter(|source| source.path == own) {
        source.text = with_properties(&source.text, properties);
    }
    sources
}

/// Beats of a frame at the first input and the first output.
#[derive(Clone, Copy)]
struct Frame {
    taken: usize,
    given: usize,
}

impl Frame {
    fn of(design: &Design, node: NodeIndex) -> Frame {
        let beats = |edges: Vec<petgraph::graph::EdgeIndex>| {
            edges.first().map_or(1, |edge| design.graph[*edge].beats_per_frame())
        };
        let (taken, given) = (beats(design.inputs_of(node)), beats(design.outputs_of(node)));
        // An adapter's other side is the AXI port, beat for beat.
        let adapter = design.inputs_of(node).is_empty() || design.outputs_of(node).is_empty();
        if adapter { Frame { taken: 1, given: 1 } } else { Frame { taken, given } }
    }
}

/// Prefixes of handshake ports, as `s`, `m` or `s_axis_t`.
struct Ports {
    inputs: Vec<String>,
    outputs: Vec<String>,
}

impl Ports {
    fn of(text: &str) -> Ports {
        let ports = |direction: &str| {
            let lines = text.lines().map(str::trim).filter(|line| line.starts_with(direction));
            let names = lines.filter_map(|line| line.trim_end_matches(',').split(' ').next_back());
            names.filter_map(|name| name.strip_suffix("valid")).map(str::to_owned).collect()
        };
        Ports { inputs: ports("input "), outputs: ports("output ") }
    }

    /// A beat on offer stays: assumed of the inputs, asserted of the outputs.
    fn rules(&self) -> String {
        let mut text = "    always @(posedge clk)\n        if (f_past) begin\n".to_owned();
        let sides = self
            .inputs
            .iter()
            .map(|port| ("assume", port))
            .chain(self.outputs.iter().map(|port| ("assert", port)));
        for (word, port) in sides {
            let _ = writeln!(
                text,
                "            if ($past({port}valid && !{port}ready && !rst)) {word} ({port}valid && $stable({port}data));"
            );
        }
        text + "        end\n"
    }

    /// Where every input offers and every output takes, a handshake happens within [`PATIENCE`] cycles.
    fn progress(&self) -> String {
        let able = self.inputs.iter().map(|port| format!("{port}valid"));
        let able: Vec<String> = able.chain(self.outputs.iter().map(|port| format!("{port}ready"))).collect();
        let all = self.inputs.iter().chain(&self.outputs);
        let moves: Vec<String> = all.map(|port| format!("({port}valid && {port}ready)")).collect();
        format!(
            "{}    reg [7:0] f_idle;\n    always @(posedge clk)\n        if (rst || {} || !({})) f_idle <= 8'd0;\n\
             \x20       else f_idle <= f_idle + 1'b1;\n    always @(posedge clk) if (f_past) assert (f_idle < 8'd{PATIENCE});\n",
            self.rules(),
            moves.join(" || "),
            able.join(" && ")
        )
    }

    /// Beats out are not more than those of the frames that have begun.
    fn conservation(&self, frame: Frame) -> String {
        let (Some(input), Some(output)) = (self.inputs.first(), self.outputs.first()) else {
            return String::new();
        };
        let Frame { taken, given } = frame;
        format!(
            "    reg [31:0] f_taken;\n    reg [31:0] f_given;\n    always @(posedge clk)\n        if (rst) begin\n\
             \x20           f_taken <= 32'd0;\n            f_given <= 32'd0;\n        end else begin\n\
             \x20           if ({input}valid && {input}ready) f_taken <= f_taken + 1'b1;\n\
             \x20           if ({output}valid && {output}ready) f_given <= f_given + 1'b1;\n        end\n\
             \x20   wire [31:0] f_begun = (f_taken + 32'd{}) / 32'd{taken};\n\
             \x20   always @(posedge clk) if (f_past) assert (f_given <= f_begun * 32'd{given});\n",
            taken - 1
        )
    }
}

/// `wire last_x = x == 3'd4;` says that `x` is never more than 4.
fn counters(text: &str) -> String {
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
