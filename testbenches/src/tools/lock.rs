//! A lock between processes: held as long as the value lives, released by the system even if the process is killed.

use super::ToolError;
use std::{
    fs::{File, OpenOptions},
    path::Path,
};

/// An exclusive lock on a file, which is created if needed and never removed (removing it would let two in).
pub(crate) struct FileLock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl FileLock {
    /// Waits until no other process, and no other thread of this one, holds the lock.
    pub(crate) fn exclusive(path: &Path) -> Result<Self, ToolError> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
        let file = file.map_err(ToolError::io("open", path))?;
        file.lock().map_err(ToolError::io("lock", path))?;
        Ok(Self(file))
    }
}
