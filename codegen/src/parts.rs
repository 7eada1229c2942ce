//! Which of a design's files make each block: for tools that look at a block alone.

use crate::CodegenError;
use crate::emit::{block_rtl, library};
use mpqc_ir::design::Design;
use mpqc_rtl_templates::{Library, Rtl};
use petgraph::graph::NodeIndex;

/// A block's files in its design's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockFiles {
    /// The block.
    pub node: NodeIndex,
    /// The module that the design's top module instantiates for it.
    pub module: String,
    /// Parameters of the instance and their values.
    pub parameters: Vec<(&'static str, usize)>,
    /// Paths of the Verilog files of that module and all below it.
    pub sources: Vec<String>,
    /// Paths of the memory images that these read.
    pub memories: Vec<String>,
}

/// The files of every block, in the order of [`Design::topological`].
///
/// # Errors
/// As [`emit`](crate::emit()): where blocks contradict themselves.
pub fn block_files(design: &Design) -> Result<Vec<BlockFiles>, CodegenError> {
    Ok(block_rtl(design)?.iter().map(|(node, rtl)| files_of(*node, rtl)).collect())
}

fn files_of(node: NodeIndex, rtl: &Rtl) -> BlockFiles {
    let shared = library(rtl.library.iter().copied()).into_iter().map(|module| module.name().to_owned());
    let own = rtl.modules.iter().map(|source| source.module.clone());
    BlockFiles {
        node,
        module: rtl.instance.module.clone(),
        parameters: rtl.instance.parameters.clone(),
        sources: shared.chain(own).map(|module| format!("rtl/{module}.v")).collect(),
        memories: rtl.memories.iter().map(|memory| memory.path.clone()).collect(),
    }
}

/// The library modules of these names and all that they instantiate: their names and texts; nothing where one is unknown.
pub fn with_needs(names: &[String]) -> Option<Vec<(String, String)>> {
    let find = |name: &String| Library::ALL.iter().copied().find(|module| module.name() == name);
    let modules = names.iter().map(find).collect::<Option<Vec<_>>>()?;
    let all = library(modules.into_iter()).into_iter();
    Some(all.map(|module| (module.name().to_owned(), module.text().to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit;
    use mpqc_ir::design::testing::{Chain, Mac};
    use mpqc_ir::number::IntType;
    use std::collections::BTreeSet;

    #[test]
    fn blocks_and_the_top_module_are_all_files() {
        let u4 = IntType::quantizer(false, 4, false);
        let design = Chain::new("d").input(u4, 2, 12).fifo(4).mac(Mac::new(6, 4, 3)).finish();
        let written: BTreeSet<String> = emit(&design).unwrap().into_iter().map(|file| file.path).collect();
        let parts = block_files(&design).unwrap();
        let mut named: BTreeSet<String> =
            parts.iter().flat_map(|part| [&part.sources[..], &part.memories].concat()).collect();
        named.extend(["rtl/d.v", "rtl/files.f", "design.json"].map(str::to_owned));
        assert_eq!(named, written);
        let fifo = parts.iter().find(|part| part.module == "fifo").unwrap();
        assert_eq!(fifo.parameters, [("WIDTH", 8), ("DEPTH", 4)]);
        assert_eq!((fifo.sources.len(), fifo.memories.len()), (1, 0));
    }
}
