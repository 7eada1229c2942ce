//! A block's place in a design: names, neighbours, and what follows from them for its Verilog.

use crate::text::{comment, printable};
use crate::{Instance, Library, Rtl, RtlError, Source};
use mpqc_ir::design::blocks::MemoryStyle;
use mpqc_ir::design::{BlockNode, Stream};

/// A block's place in a design.
#[derive(Clone, Debug)]
pub struct Site<'a> {
    /// Name of the design.
    pub design: &'a str,
    /// The block.
    pub node: &'a BlockNode,
    /// Its input streams, by port.
    pub inputs: Vec<&'a Stream>,
    /// Its output streams, by port.
    pub outputs: Vec<&'a Stream>,
    /// Prefix of the AXI4-Stream port that an input or output adapter stands behind; unused by others.
    pub axis: String,
}

impl Site<'_> {
    /// Name of the block's own module.
    pub(crate) fn module(&self) -> String {
        format!("{}_{}", self.design, self.node.name)
    }

    /// Path of a memory image, `mem/<block>_<what>.hex`.
    pub(crate) fn memory(&self, what: &str) -> String {
        format!("mem/{}_{what}.hex", self.node.name)
    }

    /// The comment above a module: what it is, where it came from, and a line for each fact.
    pub(crate) fn header(&self, module: &str, title: &str, facts: &[String]) -> String {
        let origin: Vec<String> = self.node.origin.iter().map(|name| printable(name)).collect();
        let mut lines = vec![format!("// {module}: {title}"), "//".to_owned()];
        lines.push(format!("// Network {}, block {}.", self.design, self.node.name));
        if !origin.is_empty() {
            lines.push(comment("ONNX nodes:", &origin, ","));
        }
        lines.extend(facts.iter().map(|fact| format!("// {fact}")));
        lines.join("\n")
    }

    /// The input stream of a port.
    pub(crate) fn input(&self, port: usize) -> Result<&Stream, RtlError> {
        self.inputs.get(port).copied().ok_or_else(|| self.contradiction("an input is not connected"))
    }

    /// The output stream of a port.
    pub(crate) fn output(&self, port: usize) -> Result<&Stream, RtlError> {
        self.outputs.get(port).copied().ok_or_else(|| self.contradiction("an output is not connected"))
    }

    /// An error about this block.
    pub(crate) fn contradiction(&self, reason: &'static str) -> RtlError {
        RtlError::Contradiction { block: self.node.name.clone(), reason }
    }

    /// Beats are whole slices of a pixel's channels.
    pub(crate) fn check_lanes(&self, lanes: usize, channels: usize) -> Result<(), RtlError> {
        if channels > 0 && channels.is_multiple_of(lanes) {
            return Ok(());
        }
        Err(self.contradiction("the lanes divide the channels of a pixel"))
    }

    /// Only the last beat of a pixel is filled.
    pub(crate) fn check_fill(&self, fill: usize, lanes: usize) -> Result<(), RtlError> {
        if fill < lanes {
            return Ok(());
        }
        Err(self.contradiction("less than a beat of a pixel is filled"))
    }

    /// Operands come in a stage, or in two where a word of block memory is registered once more.
    pub(crate) fn check_operands(
        &self,
        stages: usize,
        memory: MemoryStyle,
        words: usize,
    ) -> Result<(), RtlError> {
        if stages == 1 || stages == 2 && memory == MemoryStyle::Block && words > 1 {
            return Ok(());
        }
        Err(self.contradiction("words of block memory alone are registered once more"))
    }

    /// An instance of `module` with clock, reset and every stream joined to ports `s_…` and `m_…`
    /// (`s0_…`, `s1_…` where there are several).
    pub(crate) fn instance(&self, module: &str, parameters: &[(&'static str, usize)]) -> Instance {
        let mut ports = vec![("clk".to_owned(), "clk".to_owned()), ("rst".to_owned(), "rst".to_owned())];
        for (side, streams) in [("s", &self.inputs), ("m", &self.outputs)] {
            for (i, stream) in streams.iter().enumerate() {
                let prefix = if streams.len() == 1 { side.to_owned() } else { format!("{side}{i}") };
                ports.extend(
                    ["valid", "ready", "data"]
                        .map(|wire| (format!("{prefix}_{wire}"), format!("{}_{wire}", stream.name))),
                );
            }
        }
        Instance { module: module.to_owned(), parameters: parameters.to_vec(), ports }
    }

    /// The Verilog of a block that is an instance of a library module.
    pub(crate) fn library_block(&self, module: Library, parameters: &[(&'static str, usize)]) -> Rtl {
        let instance = self.instance(module.name(), parameters);
        Rtl { library: vec![module], instance, ..Rtl::default() }
    }

    /// The Verilog of a block that has a module of its own.
    pub(crate) fn own_block(&self, text: String, library: Vec<Library>) -> Rtl {
        let module = self.module();
        let instance = self.instance(&module, &[]);
        Rtl { modules: vec![Source::new(module, &text)], library, instance, memories: Vec::new() }
    }
}
