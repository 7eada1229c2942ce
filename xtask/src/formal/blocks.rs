//! Properties that every block has, put into the module that the compiler writes for it: AXI4-Stream rules, counters in
//! range, progress, as many frames out as came in.

use super::frames::Frames;
use super::ports::{Ports, counters};
use mpqc_codegen::{block_files, emit};
use mpqc_ir::design::Design;
use mpqc_ir::design::testing::cases;
use mpqc_testbenches::formal::{Proof, Reach, View, with_properties};
use mpqc_testbenches::synthesis::SourceFile;
use petgraph::graph::NodeIndex;
use std::collections::BTreeSet;
use std::error::Error;

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

/// Three proofs a block. Of each kind of block the first one, or `all`.
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

fn of_module(design: &Design, module: &Module) -> [Proof; 3] {
    let own = format!("rtl/{}.v", module.name);
    let text = module.sources.iter().find(|it| it.path == own).map_or("", |it| &it.text);
    let (ports, frames, counters) = (Ports::of(text), Frames::of(design, module.node), counters(text));
    let (patience, quiet) = (frames.patience(), frames.patience() + stages(text));
    let proof = |name: &str, claim: String, reach, view, properties: &str| Proof {
        name: format!("{} {name}", module.name),
        claim,
        reach,
        view,
        top: module.name.clone(),
        parameters: Vec::new(),
        sources: with(module, properties),
        memories: module.memories.clone(),
    };
    [
        proof(
            "rules",
            "AXI4-Stream rules at every output, counters in range, from any state once reset".to_owned(),
            Reach::Induction { depth: 3 },
            View::Whole,
            &format!("{}{counters}", ports.rules()),
        ),
        proof(
            "progress",
            format!("something moves within {patience} cycles where it can"),
            frames.reach(),
            View::Control,
            &format!("{}{counters}", ports.progress(patience)),
        ),
        proof(
            "frames",
            format!("no frame out that did not come in; all that came in are out after {quiet} quiet cycles"),
            Reach::Bounded { depth: frames.depth(quiet) },
            View::Control,
            &ports.conservation(&frames, quiet),
        ),
    ]
}

/// Stages of the pipeline, of which bit `i` of `emit` says that stage `i` holds a result.
fn stages(text: &str) -> u64 {
    let declared = text.lines().find_map(|line| line.trim().strip_prefix("reg  [")?.split_once(":1] emit;"));
    declared.and_then(|(stages, _)| stages.parse().ok()).unwrap_or(0)
}

fn with(module: &Module, properties: &str) -> Vec<SourceFile> {
    let own = format!("rtl/{}.v", module.name);
    let mut sources = module.sources.clone();
    for source in sources.iter_mut().filter(|source| source.path == own) {
        source.text = with_properties(&source.text, properties);
    }
    sources
}
