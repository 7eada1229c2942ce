//! Files that appear whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file that is written beside its place and has its name once it is finished, so that nobody ever reads half of it; unfinished, it goes.
/// What is at its place and is no file, a device or a pipe, is written itself.
#[derive(Debug)]
pub struct WholeFile {
    path: PathBuf,
    /// None where `path` is written itself.
    draft: Option<NamedTempFile>,
}

impl WholeFile {
    /// Begins the file of this path.
    ///
    /// # Errors
    /// Where its folder cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        if path.metadata().is_ok_and(|it| !it.is_file() && !it.is_dir()) {
            return Ok(WholeFile { path: path.to_owned(), draft: None });
        }
        // A link stays one: where it leads to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // As any file is made; temporary ones are private.
        let permissions = Permissions::from_mode(0o666);
        let draft = tempfile::Builder::new().permissions(permissions).tempfile_in(folder)?;
        Ok(WholeFile { path, draft: Some(draft) })
    }

    /// What to write to.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn writer(&self) -> io::Result<File> {
        match &self.draft {
            Some(draft) => draft.as_file().try_clone(),
            None => File::options().write(true).open(&self.path),
        }
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// Where it cannot have it.
    pub fn finish(self) -> io::Result<()> {
        let Some(draft) = self.draft else { return Ok(()) };
        draft.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}

/// Writes a file at once.
///
/// # Errors
/// As [`WholeFile`].
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = WholeFile::create(path)?;
    file.writer()?.write_all(bytes)?;
    file.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(folder: &Path) -> usize {
        fs::read_dir(folder).expect("a folder").count()
    }

    #[test]
    fn a_file_is_whole_or_not_there_and_a_link_stays_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (path, link) = (folder.path().join("a"), folder.path().join("link"));
        let half = WholeFile::create(&path).expect("begins");
        half.writer().expect("opens").write_all(b"ha").expect("writes");
        assert!(!path.exists());
        drop(half);
        assert_eq!(names(folder.path()), 0);
        write_whole(&path, b"old").expect("writes");
        std::os::unix::fs::symlink("a", &link).expect("links");
        write_whole(&link, b"new").expect("writes");
        assert_eq!((fs::read(&path).expect("is there"), link.is_symlink()), (b"new".to_vec(), true));
        assert_eq!(names(folder.path()), 2);
    }

    #[test]
    fn devices_are_written_and_not_replaced() {
        let full = write_whole(Path::new("/dev/full"), b"x").expect_err("it is full");
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        write_whole(Path::new("/dev/null"), b"x").expect("it takes all");
        assert!(!fs::metadata("/dev/null").expect("is there").is_file());
    }
}
