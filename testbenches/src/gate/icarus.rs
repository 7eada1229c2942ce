//! How Icarus reads a design: module by module.
//!
//! Icarus looks through all instances of a module with generate blocks for each of them, so that a thousand parallel
//! multipliers take it hours. But a module without parameters is the same wherever it stands: each is elaborated alone, on
//! top of the modules with parameters, the library's above all, and of the bare heads of all others, which say what ports
//! there are. That is every module under all the parameters it has.

use super::Sources;
use crate::tools::ToolError;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

/// A file, and the module in it that has the file's name.
pub(super) struct Module<'a> {
    file: &'a str,
    /// The module's name.
    pub name: &'a str,
    /// Its ports alone; none where it has parameters.
    head: Option<String>,
}

impl<'a> Module<'a> {
    fn read(folder: &Path, file: &'a str) -> Result<Self, ToolError> {
        let path = folder.join(file);
        let text = fs::read_to_string(&path).map_err(ToolError::io("read", &path))?;
        let name = Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or(file);
        let head = head(&text, name);
        if head.is_none() && !text.contains(&format!("module {name} #(")) {
            let why = io::Error::other(format!("it has no module `{name}` with ports, a line each"));
            return Err(ToolError::io("read", &path)(why));
        }
        Ok(Module { file, name, head })
    }
}

/// A module's text up to its ports, and its end.
fn head(text: &str, name: &str) -> Option<String> {
    let start = text.find(&format!("module {name} (\n"))?;
    let ports = &text[start..][..text[start..].find("\n);\n")?];
    Some(format!("`default_nettype none\n{ports}\n);\nendmodule\n`default_nettype wire\n"))
}

/// The modules of a design, and a folder with the heads of those that have no parameters.
pub(super) struct Modules<'a> {
    modules: Vec<Module<'a>>,
    heads: tempfile::TempDir,
}

impl<'a> Modules<'a> {
    /// Reads all files, writes the heads.
    pub fn new(sources: &Sources<'a>) -> Result<Self, ToolError> {
        let modules = sources.files.iter().map(|file| Module::read(sources.folder, file));
        let modules = modules.collect::<Result<Vec<_>, _>>()?;
        if !modules.iter().any(|it| it.name == sources.top && it.head.is_some()) {
            let why = io::Error::other(format!("no file has a module `{}` without parameters", sources.top));
            return Err(ToolError::io("read", sources.folder)(why));
        }
        let heads = tempfile::tempdir().map_err(ToolError::io("make", &std::env::temp_dir()))?;
        for Module { name, head, .. } in &modules {
            let path = heads.path().join(name);
            head.iter().try_for_each(|text| fs::write(&path, text)).map_err(ToolError::io("write", &path))?;
        }
        Ok(Modules { modules, heads })
    }

    /// What to elaborate: all modules without parameters.
    pub fn tops(&self) -> impl Iterator<Item = &Module<'a>> {
        self.modules.iter().filter(|it| it.head.is_some())
    }

    /// The files to read for one of them: its own, those of modules with parameters, heads.
    pub fn below(&self, top: &Module) -> Vec<OsString> {
        let file = |module: &Module| {
            let whole = module.head.is_none() || module.name == top.name;
            if whole { module.file.into() } else { self.heads.path().join(module.name).into() }
        };
        self.modules.iter().map(file).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_has_the_ports_and_nothing_else() {
        let text = "// m: a module\n`default_nettype none\n\nmodule m (\n    input wire a,\n    output wire b\n);\n\n    assign b = a;\n\nendmodule\n";
        let expected = "`default_nettype none\nmodule m (\n    input wire a,\n    output wire b\n);\nendmodule\n`default_nettype wire\n";
        assert_eq!(head(text, "m").as_deref(), Some(expected));
        assert_eq!(head(&text.replace("module m (", "module m #(\n    parameter W = 1\n) ("), "m"), None);
    }
}
