//! The current folder of the process, borrowed for as long as a model reads its memory files.
//!
//! `$readmemh` paths are relative to the process's current folder, which all its threads share. A lock keeps models apart;
//! other threads should not rely on relative paths while a model starts.

use crate::tools::ToolError;
use std::{
    env,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

static CURRENT: Mutex<()> = Mutex::new(());

/// While it lives, the current folder is the one that was entered; then it is what it was before.
pub(super) struct WorkDir {
    before: PathBuf,
    _guard: MutexGuard<'static, ()>,
}

impl WorkDir {
    pub(super) fn enter(folder: &Path) -> Result<Self, ToolError> {
        let guard = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        let before = env::current_dir().map_err(ToolError::io("find", "the current folder"))?;
        env::set_current_dir(folder).map_err(ToolError::io("enter", folder))?;
        Ok(Self { before, _guard: guard })
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        // The folder may have been removed meanwhile; then there is nothing to go back to.
        let _ = env::set_current_dir(&self.before);
    }
}
