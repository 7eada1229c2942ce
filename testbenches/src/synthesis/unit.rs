//! What is synthesized at once: a module with all below it.

use serde::{Deserialize, Serialize};

/// A text file, by its path under the folder of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Path with `/` between its parts.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// A module to synthesize alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Name of the module.
    pub module: String,
    /// Values of its parameters, where they are not the defaults.
    pub parameters: Vec<(String, usize)>,
    /// Its Verilog and that of all modules below.
    pub sources: Vec<SourceFile>,
    /// Images that `$readmemh` finds at their paths.
    pub memories: Vec<SourceFile>,
    /// Modules that are left as black boxes: only their ports are read.
    pub interfaces: Vec<SourceFile>,
}

impl Unit {
    /// The same unit without the names of its place: `module` becomes `unit`, the prefix of its memories `mem/unit`, and
    /// comment lines go. Equal blocks of different names then are equal units, and a name cannot move the result.
    pub fn anonymous(&self, memory_prefix: &str) -> Self {
        let rename = |text: &str| match self
            .sources
            .iter()
            .any(|file| file.path == format!("rtl/{}.v", self.module))
        {
            true => text.replace(&self.module, "unit").replace(memory_prefix, "mem/unit_"),
            false => text.to_owned(),
        };
        let file = |file: &SourceFile| SourceFile { path: rename(&file.path), text: file.text.clone() };
        let source = |source: &SourceFile| SourceFile { text: rename(&code(&source.text)), ..file(source) };
        Self {
            module: rename(&self.module),
            parameters: self.parameters.clone(),
            sources: self.sources.iter().map(source).collect(),
            memories: self.memories.iter().map(file).collect(),
            interfaces: self.interfaces.clone(),
        }
    }

    /// All files.
    pub(super) fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.sources.iter().chain(&self.memories).chain(&self.interfaces)
    }
}

/// The lines that are no comment.
fn code(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}
