//! Files that appear whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

/// A file that is written beside its place and has its name once it is finished, so that nobody ever reads half of it; unfinished, it goes.
/// A file that was there is replaced, and its permissions are kept; of a link, the file where it leads to. What is there and is no file, a
/// device or a pipe, is written itself.
#[derive(Debug)]
pub struct WholeFile {
    path: PathBuf,
    /// None where `path` is written itself.
    draft: Option<TempPath>,
}

impl WholeFile {
    /// Begins the file of this path.
    ///
    /// # Errors
    /// Where its folder cannot be written, a link leads nowhere, there is a folder of that name, or there can be no such name.
    pub fn create(path: &Path) -> io::Result<Self> {
        let there = path.metadata();
        if there.as_ref().is_ok_and(|it| !it.is_file() && !it.is_dir()) {
            return Ok(WholeFile { path: path.to_owned(), draft: None });
        }
        let path = if path.is_symlink() { path.canonicalize()? } else { path.to_owned() };
        // As any file is made; temporary ones are private.
        let permissions = match there {
            Ok(it) if it.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(it) => it.permissions(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Permissions::from_mode(0o666),
            // A name that is too long, say: better now than when it is finished.
            Err(error) => return Err(error),
        };
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let draft = tempfile::Builder::new().permissions(permissions).tempfile_in(folder)?;
        Ok(WholeFile { path, draft: Some(NamedTempFile::into_temp_path(draft)) })
    }

    /// What is written for now.
    pub fn place(&self) -> &Path {
        self.draft.as_deref().unwrap_or(&self.path)
    }

    /// What to write to.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn writer(&self) -> io::Result<File> {
        File::options().write(true).open(self.place())
    }

    /// Writes all of the file and gives it its name.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(self, bytes: &[u8]) -> io::Result<()> {
        self.writer()?.write_all(bytes)?;
        self.finish()
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// Where it cannot have it.
    pub fn finish(self) -> io::Result<()> {
        let Some(draft) = self.draft else { return Ok(()) };
        draft.persist(&self.path).map_err(|error| error.error)
    }
}

/// Writes a file at once.
///
/// # Errors
/// As [`WholeFile`].
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    WholeFile::create(path)?.write(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(folder: &Path) -> usize {
        fs::read_dir(folder).expect("a folder").count()
    }

    #[test]
    fn a_file_is_whole_or_not_there() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a");
        let half = WholeFile::create(&path).expect("begins");
        half.writer().expect("opens").write_all(b"ha").expect("writes");
        assert!(!path.exists());
        drop(half);
        assert_eq!(names(folder.path()), 0);
        write_whole(&path, b"old").expect("writes");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("ours");
        write_whole(&path, b"new").expect("writes");
        let mode = path.metadata().expect("is there").permissions().mode();
        assert_eq!((fs::read(&path).expect("is there"), mode & 0o777), (b"new".to_vec(), 0o600));
        let taken = WholeFile::create(folder.path()).expect_err("a folder");
        let long = WholeFile::create(&folder.path().join("x".repeat(300))).expect_err("too long");
        assert_eq!(
            (taken.kind(), long.kind()),
            (io::ErrorKind::IsADirectory, io::ErrorKind::InvalidFilename)
        );
        assert_eq!(names(folder.path()), 1);
    }

    #[test]
    fn links_stay_links() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [path, link, loose] = ["a", "link", "loose"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink("a", &link).expect("links");
        std::os::unix::fs::symlink("nowhere", &loose).expect("links");
        fs::write(&path, b"old").expect("writes");
        write_whole(&link, b"new").expect("writes");
        assert_eq!((fs::read(&path).expect("is there"), link.is_symlink()), (b"new".to_vec(), true));
        assert!(write_whole(&loose, b"new").is_err() && loose.is_symlink());
    }

    #[test]
    fn devices_are_written_and_not_replaced() {
        let full = write_whole(Path::new("/dev/full"), b"x").expect_err("it is full");
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/null", &link).expect("links");
        for path in [Path::new("/dev/null"), &link] {
            write_whole(path, b"x").expect("it takes all");
        }
        assert!(!fs::metadata("/dev/null").expect("is there").is_file());
    }
}
