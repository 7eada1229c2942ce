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

#[cfg(test)]
mod tests {
    use super::*;

    /// Other tests start models meanwhile, so the current folder may be looked at only while the lock is held.
    #[test]
    fn the_folder_before_comes_back() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let first = WorkDir::enter(folder.path()).expect("entered");
        let inside = env::current_dir().expect("current folder");
        let before = first.before.clone();
        drop(first);
        assert_eq!(inside, folder.path().canonicalize().expect("exists"));
        assert!(WorkDir::enter(&folder.path().join("missing")).is_err());
        assert_eq!(WorkDir::enter(folder.path()).expect("entered").before, before);
    }
}
