//! The parts of a design's folder that are synthesized alone.

use super::Error;
use mpqc_codegen::{BlockFiles, block_files};
use mpqc_ir::design::Design;
use mpqc_testbenches::synthesis::{SourceFile, Unit};
use petgraph::graph::NodeIndex;
use std::collections::BTreeSet;
use std::path::Path;

/// Blocks with their Verilog, and the top module with black boxes in their places.
#[derive(Clone, Debug)]
pub struct Units {
    /// Blocks, producers before consumers.
    pub blocks: Vec<(NodeIndex, Unit)>,
    /// What joins them, where all blocks are asked for.
    pub glue: Option<Unit>,
}

impl Units {
    /// What is placed and routed, by name: the whole design, or the blocks that were asked for.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn placed(&self, design: &Design, folder: &Path) -> Result<Vec<(String, Unit)>, Error> {
        let named = |(node, unit): &(NodeIndex, Unit)| (design.graph[*node].name.clone(), unit.clone());
        match self.glue {
            None => Ok(self.blocks.iter().map(named).collect()),
            Some(_) => Ok(vec![(design.name.clone(), whole(design, folder)?)]),
        }
    }
}

/// The units of the blocks of these names, or of all blocks and the top module; read from the design's folder.
///
/// # Errors
/// Where a name is unknown or a file cannot be read.
pub fn units(design: &Design, folder: &Path, names: &[String]) -> Result<Units, Error> {
    check_names(design, names)?;
    let parts = block_files(design)?;
    let wanted = |part: &&BlockFiles| names.is_empty() || names.contains(&design.graph[part.node].name);
    let blocks = parts.iter().filter(wanted).map(|part| Ok((part.node, block_unit(design, folder, part)?)));
    let blocks = blocks.collect::<Result<_, Error>>()?;
    let glue = if names.is_empty() { Some(glue(design, folder, &parts)?) } else { None };
    Ok(Units { blocks, glue })
}

fn check_names(design: &Design, names: &[String]) -> Result<(), Error> {
    let known: Vec<String> = design.graph.node_weights().map(|node| node.name.clone()).collect();
    match names.iter().find(|name| !known.contains(name)) {
        Some(name) => Err(Error::NoBlock { name: name.clone(), known }),
        None => Ok(()),
    }
}

fn block_unit(design: &Design, folder: &Path, part: &BlockFiles) -> Result<Unit, Error> {
    let unit = Unit {
        module: part.module.clone(),
        parameters: part.parameters.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
        sources: read_all(folder, &part.sources)?,
        memories: read_all(folder, &part.memories)?,
        interfaces: Vec::new(),
    };
    Ok(unit.anonymous(&format!("mem/{}_", design.graph[part.node].name)))
}

fn glue(design: &Design, folder: &Path, parts: &[BlockFiles]) -> Result<Unit, Error> {
    let modules: BTreeSet<String> = parts.iter().map(|part| format!("rtl/{}.v", part.module)).collect();
    Ok(Unit {
        module: design.name.clone(),
        parameters: Vec::new(),
        sources: vec![read(folder, &format!("rtl/{}.v", design.name))?],
        memories: Vec::new(),
        interfaces: modules.iter().map(|path| read(folder, path)).collect::<Result<_, _>>()?,
    })
}

/// The top module with all blocks.
fn whole(design: &Design, folder: &Path) -> Result<Unit, Error> {
    let parts = block_files(design)?;
    let paths = |files: fn(&BlockFiles) -> &[String]| -> Vec<String> {
        let all: BTreeSet<&String> = parts.iter().flat_map(files).collect();
        all.into_iter().cloned().collect()
    };
    let mut sources = read_all(folder, &paths(|part| &part.sources))?;
    sources.push(read(folder, &format!("rtl/{}.v", design.name))?);
    Ok(Unit {
        module: design.name.clone(),
        parameters: Vec::new(),
        sources,
        memories: read_all(folder, &paths(|part| &part.memories))?,
        interfaces: Vec::new(),
    })
}

fn read_all(folder: &Path, paths: &[String]) -> Result<Vec<SourceFile>, Error> {
    paths.iter().map(|path| read(folder, path)).collect()
}

fn read(folder: &Path, path: &str) -> Result<SourceFile, Error> {
    let file = folder.join(path);
    let text = std::fs::read_to_string(&file).map_err(|source| Error::Io { path: file, source })?;
    Ok(SourceFile { path: path.to_owned(), text })
}
