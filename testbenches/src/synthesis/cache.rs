//! Results of earlier runs, by a hash of all that they depend on.

use super::{SynthesisError, Unit};
use crate::tools;
use mpqc_sim::whole::write_whole;
use serde::{Serialize, de::DeserializeOwned};
use std::{fs, path::PathBuf};

/// A folder of results.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache in the project's folder of tools.
    pub(super) fn new() -> Self {
        Self { folder: tools::folder().join("synthesis") }
    }

    /// The key of a unit that is synthesized by `script` of the Yosys with this fingerprint.
    pub(super) fn key(unit: &Unit, script: &str, fingerprint: &str) -> String {
        let mut hash = blake3::Hasher::new();
        let mut part = |text: &str| {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        [env!("CARGO_PKG_VERSION"), fingerprint, script].into_iter().for_each(&mut part);
        unit.files().flat_map(|file| [file.path.as_str(), file.text.as_str()]).for_each(&mut part);
        hash.finalize().to_hex()[..32].to_owned()
    }

    /// The result under a key; nothing if there is none or it cannot be read.
    pub(super) fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.path(key)).ok()?).ok()
    }

    /// Keeps a result; a file appears whole or not at all.
    pub(super) fn put<T: Serialize>(&self, key: &str, result: &T) -> Result<(), SynthesisError> {
        fs::create_dir_all(&self.folder).map_err(SynthesisError::io("create", &self.folder))?;
        let path = self.path(key);
        let bytes = serde_json::to_vec(result).unwrap_or_default();
        write_whole(&path, &bytes).map_err(SynthesisError::io("write", path))
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }
}
