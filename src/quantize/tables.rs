//! Tables of costs that were made before.

use miette::Diagnostic as Miette;
use mpqc_ir::diagnostic::Diagnostic;
use mpqc_ir::export::{Format, export};
use mpqc_quant::{Candidates, Hardware, Subject, Table, Widths};
use mpqc_sim::whole::write_whole;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Tables by what they depend on, in memory and, where there is a file, on disk.
#[derive(Debug, Default)]
pub struct Tables {
    file: Option<PathBuf>,
    /// A hash of this program, where there is a file: another build may cost otherwise.
    program: String,
    kept: Kept,
}

/// What the file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// Tables by the hash of everything that they depend on.
    tables: BTreeMap<String, Table>,
}

/// A file of tables that cannot be read or written.
#[derive(Debug, Error, Miette)]
#[error("`{path}`: {reason}")]
#[diagnostic(code(bad_costs), help("remove the file, or name another one with --costs; it is written anew"))]
pub struct TablesError {
    /// The file.
    path: PathBuf,
    /// What is wrong.
    reason: String,
}

impl Tables {
    /// The tables of a file; none where it does not exist yet, or where none is given.
    ///
    /// # Errors
    /// Where the file is something else.
    pub fn open(file: Option<&Path>) -> Result<Tables, TablesError> {
        let Some(path) = file else { return Ok(Tables::default()) };
        let wrong = |reason: String| TablesError { path: path.to_owned(), reason };
        let kept = match std::fs::read(path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Kept::default(),
            Err(e) => return Err(wrong(e.to_string())),
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|e| wrong(format!("no file of cost tables was written here: {e}")))?,
        };
        Ok(Tables { file: Some(path.to_owned()), program: program(), kept })
    }

    /// Writes the file, where there is one, whole or not at all.
    ///
    /// # Errors
    /// Where its folder cannot be written.
    pub fn save(&self) -> Result<(), TablesError> {
        let Some(path) = &self.file else { return Ok(()) };
        let wrong = |reason: String| TablesError { path: path.clone(), reason };
        let text = serde_json::to_vec(&self.kept).map_err(|e| wrong(e.to_string()))?;
        write_whole(path, &text).map_err(|e| wrong(e.to_string()))
    }

    /// The table of a network on a chip: the one that is kept, or a new one.
    ///
    /// # Errors
    /// What lowering and scheduling say.
    pub fn table(
        &mut self,
        hardware: &Hardware,
        subject: &Subject,
        candidates: &Candidates,
    ) -> Result<Table, Diagnostic> {
        let key = self.key(hardware, subject, candidates)?;
        if let Some(table) = self.kept.tables.get(&key) {
            return Ok(Table { usable: hardware.usable(), ..table.clone() });
        }
        let table = hardware.table(subject, candidates)?;
        self.kept.tables.insert(key, table.clone());
        Ok(table)
    }

    /// A hash of everything that a table depends on: this program, the chip and the rate, the widths, and the network as it is
    /// quantized (its weights, its scales). Not the limits: they are no part of what a layer takes, and of what stands beside the
    /// layers only as far as they say which resources are scarce.
    fn key(
        &self,
        hardware: &Hardware,
        subject: &Subject,
        candidates: &Candidates,
    ) -> Result<String, Diagnostic> {
        let mut hasher = blake3::Hasher::new();
        let options = &hardware.options;
        hasher.update(self.program.as_bytes());
        hasher.update(format!("{:?} {:?} {:?}", options.target, options.clock_mhz, options.fps).as_bytes());
        hasher.update(format!("{candidates:?} {:?}", subject.options).as_bytes());
        let network = subject.network(&Widths::uniform(&subject.model, 8, 8));
        hasher.update(&export(&network, Format::Qonnx)?);
        Ok(hasher.finalize().to_hex()[..32].to_owned())
    }
}

/// A hash of this program's bytes; its version where they cannot be read.
fn program() -> String {
    let bytes = std::env::current_exe().and_then(std::fs::read);
    bytes.map_or_else(|_| env!("CARGO_PKG_VERSION").into(), |bytes| blake3::hash(&bytes).to_hex().to_string())
}
