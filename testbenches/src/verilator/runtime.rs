//! What all models share: Verilator's runtime and the shim as objects, Verilator's headers precompiled.
//!
//! Parsing the headers takes twice as long as compiling a small model, so a precompiled header pays from the third model on.

use super::{
    Verilator, VerilatorError,
    cache::{Key, Sharing},
};
use crate::tools::ToolError;
use rayon::prelude::*;
use std::{fs, path::PathBuf};

const SHIM: &str = include_str!("shim.cpp");
/// The parts of Verilator's runtime that models without traces, coverage and delays use.
const PARTS: [&str; 2] = ["verilated", "verilated_threads"];
const PRELUDE: &str = "#include \"verilated.h\"\n#include \"verilated_syms.h\"\n";

/// Products in the cache that every model is built with.
pub(super) struct Runtime {
    /// A header that lies beside its precompiled form; the compiler takes the latter if it can.
    pub(super) prelude: PathBuf,
    /// Objects to link.
    pub(super) objects: Vec<PathBuf>,
}

impl Verilator {
    /// Finds or makes the shared products; processes that need them at once wait for one to make them.
    pub(super) fn runtime(&self) -> Result<Runtime, VerilatorError> {
        let key = self.runtime_key();
        let (prelude, objects) = rayon::join(|| self.prelude(&key), || self.objects(&key));
        Ok(Runtime { prelude: prelude?, objects: objects? })
    }

    /// All that decides what the shared products are.
    pub(super) fn runtime_key(&self) -> String {
        let mut key = Key::default();
        key.add(self.fingerprint.as_bytes());
        key.add(self.compiler.identity().as_bytes());
        key.add(SHIM.as_bytes());
        key.add(PRELUDE.as_bytes());
        key.text()
    }

    /// The folders of Verilator's headers.
    pub(super) fn includes(&self) -> Vec<PathBuf> {
        let include = self.root.join("include");
        vec![include.join("vltstd"), include]
    }

    fn prelude(&self, key: &str) -> Result<PathBuf, VerilatorError> {
        let header = self.text(&format!("prelude-{key}.h"), PRELUDE)?;
        self.cache.product(&format!("prelude-{key}.h.gch"), Sharing::Wait, |folder| {
            let compiled = folder.join("prelude.gch");
            self.compiler.header(&header, &compiled, &self.includes())?;
            Ok::<_, VerilatorError>(compiled)
        })?;
        Ok(header)
    }

    fn objects(&self, key: &str) -> Result<Vec<PathBuf>, VerilatorError> {
        let part = |name: &'static str| (name, self.root.join("include").join(name).with_extension("cpp"));
        let shim = ("shim", self.text(&format!("shim-{key}.cpp"), SHIM)?);
        let sources: Vec<_> = PARTS.map(part).into_iter().chain([shim]).collect();
        sources
            .par_iter()
            .map(|(name, source)| {
                self.cache.product(&format!("{name}-{key}.o"), Sharing::Wait, |folder| {
                    let object = folder.join("object.o");
                    self.compiler.object(source, &object, &self.includes(), None)?;
                    Ok(object)
                })
            })
            .collect()
    }

    /// A file of a given text.
    fn text(&self, name: &str, text: &str) -> Result<PathBuf, ToolError> {
        self.cache.product(name, Sharing::Race, |folder| {
            let file = folder.join("text");
            fs::write(&file, text).map_err(ToolError::io("write", &file))?;
            Ok(file)
        })
    }
}
