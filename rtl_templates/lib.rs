//! Verilog for every hardware block: one template beside its typed context.
//!
//! A block becomes a module of its own ([`Source`], from `<block>.v` here), or an instance of a module of the
//! [`Library`] that is written once with parameters. `docs/blocks.md` states the cycles of both,
//! `docs/rtl.md` how they are written.

mod choice;
mod condition;
mod flow;
mod library;
mod memory;
mod product;
mod site;
mod text;
mod top;
mod walk;

pub use library::Library;
pub use memory::{Memory, Word};
pub use site::Site;
pub use top::{AxisPort, Top};

use mpqc_ir::design::Block;
use mpqc_ir::design::blocks;

/// A Verilog module of a design, in a file of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Name of the module.
    pub module: String,
    /// The file.
    pub text: String,
}

impl Source {
    /// The module of a rendered template. Parts that a template leaves out leave blank lines behind: of
    /// several in a row one stays, and none at the end.
    fn new(module: String, rendered: &str) -> Self {
        let mut text = String::with_capacity(rendered.len() + 1);
        for line in rendered.lines().map(str::trim_end) {
            if !line.is_empty() || !text.ends_with("\n\n") {
                text.push_str(line);
                text.push('\n');
            }
        }
        Source { module, text }
    }
}

/// An instance of a module in the top module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// Name of the module.
    pub module: String,
    /// Parameters and their values.
    pub parameters: Vec<(&'static str, usize)>,
    /// Ports and what they are joined to.
    pub ports: Vec<(String, String)>,
}

/// All that a block adds to a design's Verilog.
#[derive(Clone, Debug, Default)]
pub struct Rtl {
    /// Modules of its own.
    pub modules: Vec<Source>,
    /// Library modules that these and the instance use directly.
    pub library: Vec<Library>,
    /// Memory images that these read.
    pub memories: Vec<Memory>,
    /// The block in the top module.
    pub instance: Instance,
}

/// Why a block has no Verilog.
#[derive(Debug, thiserror::Error)]
pub enum RtlError {
    /// The parameters contradict each other; a scheduler makes no such block.
    #[error("block `{block}`: {reason}")]
    Contradiction {
        /// Name of the block.
        block: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A template failed to render.
    #[error("template: {0}")]
    Template(#[from] askama::Error),
}

/// What writes itself as Verilog.
trait ToRtl {
    /// The Verilog of this block at its place.
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError>;
}

macro_rules! block_modules {
    ($($module:ident: $kind:ident,)*) => {
        $(mod $module;)*

        /// The Verilog of a block at its place.
        ///
        /// # Errors
        /// Where the block's parameters contradict each other.
        pub fn rtl(site: &Site<'_>) -> Result<Rtl, RtlError> {
            match &site.node.block {
                $(Block::$kind(block) => <blocks::$kind as ToRtl>::to_rtl(block, site),)*
            }
        }
    };
}
mpqc_ir::for_each_block!(block_modules);
