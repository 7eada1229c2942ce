//! All files of a design, in memory.

use crate::{CodegenError, json};
use mpqc_ir::design::{Design, Stream};
use mpqc_rtl_templates::{AxisPort, Library, Rtl, Site, Source, Top, rtl};
use petgraph::graph::{EdgeIndex, NodeIndex};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A file of a design's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Path in the folder, with `/` between its parts.
    pub path: String,
    /// What it holds.
    pub contents: Vec<u8>,
}

/// The files of a design, by path: `rtl/*.v` (a module a file), `rtl/files.f` (their paths), `mem/*.hex`
/// (what `$readmemh` reads, relative to the folder) and `design.json` (the design itself).
///
/// The same design gives the same bytes.
///
/// # Errors
/// Where blocks contradict themselves or each other.
pub fn emit(design: &Design) -> Result<Vec<File>, CodegenError> {
    if design.inputs.is_empty() || design.outputs.is_empty() {
        return Err(CodegenError::NoPorts);
    }
    let blocks = block_rtl(design)?;
    let sources = sources(design, &blocks)?;
    let list: String = sources.iter().map(|source| format!("rtl/{}.v\n", source.module)).collect();
    let memories = blocks.iter().flat_map(|(_, rtl)| &rtl.memories);
    let mut files: Vec<File> = memories
        .map(|memory| File { path: memory.path.clone(), contents: memory.hex().into_bytes() })
        .collect();
    files.push(File { path: "design.json".to_owned(), contents: design_json(design)? });
    files.push(File { path: "rtl/files.f".to_owned(), contents: list.into_bytes() });
    files.extend(
        sources
            .into_iter()
            .map(|s| File { path: format!("rtl/{}.v", s.module), contents: s.text.into_bytes() }),
    );
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The Verilog of every block, producers before consumers.
pub(crate) fn block_rtl(design: &Design) -> Result<Vec<(NodeIndex, Rtl)>, CodegenError> {
    let nodes = design.topological();
    nodes.par_iter().map(|node| Ok((*node, rtl(&site(design, *node))?))).collect()
}

fn design_json(design: &Design) -> Result<Vec<u8>, CodegenError> {
    json::to_bytes(design).map_err(|source| CodegenError::Json { path: PathBuf::from("design.json"), source })
}

/// All modules: the library's, the blocks', and the top module last.
fn sources(design: &Design, blocks: &[(NodeIndex, Rtl)]) -> Result<Vec<Source>, CodegenError> {
    let library = library(blocks.iter().flat_map(|(_, rtl)| rtl.library.iter().copied()));
    let library =
        library.into_iter().map(|m| Source { module: m.name().to_owned(), text: m.text().to_owned() });
    let own = blocks.iter().flat_map(|(_, rtl)| rtl.modules.iter().cloned());
    let mut sources: Vec<Source> = library.chain(own).collect();
    sources.push(top(design, blocks).to_source()?);
    let mut names = BTreeMap::new();
    match sources.iter().find(|source| names.insert(source.module.to_lowercase(), ()).is_some()) {
        Some(twice) => Err(CodegenError::NameTaken(twice.module.clone())),
        None => Ok(sources),
    }
}

/// Library modules with all that they need themselves.
pub(crate) fn library(used: impl Iterator<Item = Library>) -> BTreeSet<Library> {
    let mut all = BTreeSet::new();
    let mut open: Vec<Library> = used.collect();
    while let Some(module) = open.pop() {
        if all.insert(module) {
            open.extend(module.needs());
        }
    }
    all
}

fn site(design: &Design, node: NodeIndex) -> Site<'_> {
    let streams = |edges: Vec<EdgeIndex>| edges.into_iter().map(|edge| &design.graph[edge]).collect();
    Site {
        design: &design.name,
        node: &design.graph[node],
        inputs: streams(design.inputs_of(node)),
        outputs: streams(design.outputs_of(node)),
        axis: axis(design, node).unwrap_or_default(),
    }
}

/// Prefix of the AXI4-Stream port behind an adapter: `s_axis`, or `s0_axis`, `s1_axis` of several; `m_axis`
/// at outputs.
fn axis(design: &Design, node: NodeIndex) -> Option<String> {
    let of = |side: &str, nodes: &[NodeIndex]| {
        let position = nodes.iter().position(|n| *n == node)?;
        let number = if nodes.len() > 1 { position.to_string() } else { String::new() };
        Some(format!("{side}{number}_axis"))
    };
    of("s", &design.inputs).or_else(|| of("m", &design.outputs))
}

fn top(design: &Design, blocks: &[(NodeIndex, Rtl)]) -> Top {
    let port = |node: &NodeIndex, stream: &Stream| AxisPort {
        prefix: axis(design, *node).unwrap_or_default(),
        stream: stream.clone(),
    };
    let inputs = design.inputs.iter().flat_map(|n| design.outputs_of(*n).into_iter().map(move |e| (n, e)));
    let outputs = design.outputs.iter().flat_map(|n| design.inputs_of(*n).into_iter().map(move |e| (n, e)));
    Top {
        name: design.name.clone(),
        facts: vec![
            format!(
                "Planned for {} ({}) at {} MHz.",
                design.target.name, design.target.part, design.target.clock_mhz
            ),
            "Reset: aresetn, active low, sampled at the rising edge of aclk.".to_owned(),
            format!("Written by mpqc {}.", env!("CARGO_PKG_VERSION")),
        ],
        inputs: inputs.map(|(n, e)| port(n, &design.graph[e])).collect(),
        outputs: outputs.map(|(n, e)| port(n, &design.graph[e])).collect(),
        streams: design.graph.edge_weights().cloned().collect(),
        input_blocks: design.inputs.iter().map(|n| design.graph[*n].name.clone()).collect(),
        blocks: blocks.iter().map(|(n, rtl)| (design.graph[*n].name.clone(), rtl.instance.clone())).collect(),
    }
}
