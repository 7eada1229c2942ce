//! A design's folder on disk.

use crate::{CodegenError, File, emit};
use mpqc_ir::design::Design;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Writes a design's files into the folder `dir`, which appears whole or not at all.
///
/// An empty folder or one that holds a design is replaced; with `force`, any other too, and a file, but no device or pipe.
///
/// # Errors
/// As [`emit`](crate::emit()); where `dir` is something else; and where a file cannot be written.
pub fn write(design: &Design, dir: &Path, force: bool) -> Result<(), CodegenError> {
    write_with(design, &[], dir, force)
}

/// [`write()`] with further files in the folder, each a relative path and its text.
///
/// # Errors
/// As [`write()`].
pub fn write_with(
    design: &Design,
    more: &[(&str, String)],
    dir: &Path,
    force: bool,
) -> Result<(), CodegenError> {
    let mut files = emit(design)?;
    files.extend(
        more.iter()
            .map(|(path, text)| File { path: (*path).to_owned(), contents: text.clone().into_bytes() }),
    );
    let is_of_the_disk = |it: fs::Metadata| it.is_dir() || it.is_file() || it.is_symlink();
    let may_go = force && fs::symlink_metadata(dir).map_or(true, is_of_the_disk);
    if !may_go && !is_replaceable(dir)? {
        return Err(CodegenError::NotOurs(dir.to_owned()));
    }
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(at(parent))?;
    remove_stale(parent);
    let scratch = tempfile::Builder::new().prefix(SCRATCH).tempdir_in(parent).map_err(at(parent))?;
    let fresh = scratch.path().join("new");
    // A fully parallel design has no memory images, but its folder looks like every other.
    let images = fresh.join("mem");
    fs::create_dir_all(&images).map_err(at(&images))?;
    for file in &files {
        let path = fresh.join(&file.path);
        fs::create_dir_all(path.parent().unwrap_or(&fresh)).map_err(at(&path))?;
        fs::write(&path, &file.contents).map_err(at(&path))?;
    }
    swap(&fresh, dir, &scratch.path().join("old")).map_err(at(dir))
}

/// The Verilog files of a design's folder, each after those that it instantiates.
///
/// # Errors
/// Where `rtl/files.f` cannot be read.
pub fn rtl_files(dir: &Path) -> Result<Vec<PathBuf>, CodegenError> {
    let path = dir.join("rtl/files.f");
    let list = fs::read_to_string(&path).map_err(at(&path))?;
    Ok(list.lines().map(|line| dir.join(line)).collect())
}

/// The design of a folder, from its `design.json`.
///
/// # Errors
/// Where the file cannot be read, or is not a design.
pub fn read_design(dir: &Path) -> Result<Design, CodegenError> {
    let path = dir.join("design.json");
    let bytes = fs::read(&path).map_err(at(&path))?;
    serde_json::from_slice(&bytes).map_err(|source| CodegenError::Json { path, source })
}

/// Whether nothing is lost if `dir` goes: it does not exist, is empty, or holds a design.
fn is_replaceable(dir: &Path) -> Result<bool, CodegenError> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none() || dir.join("design.json").is_file()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(at(dir)(error)),
    }
}

/// How folders are called in which a design is written before it is put in its place.
const SCRATCH: &str = ".mpqc-";
/// Age of such a folder from which on nobody writes into it any more.
const STALE: Duration = Duration::from_secs(3600);

/// Removes what killed runs left in `parent`, as far as that is possible.
fn remove_stale(parent: &Path) {
    let is_stale = |entry: &fs::DirEntry| {
        let ours = entry.file_name().to_string_lossy().starts_with(SCRATCH);
        let changed = entry.metadata().and_then(|it| it.modified()).ok();
        ours && changed.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > STALE)
    };
    for entry in fs::read_dir(parent).into_iter().flatten().flatten().filter(is_stale) {
        let _ = fs::remove_dir_all(entry.path());
    }
}

/// Puts `fresh` in the place of `dir`; its former contents end up where `fresh` was, or in `old`. In no moment is a
/// folder missing that was there, and of two that are written at once one wins.
fn swap(fresh: &Path, dir: &Path, old: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    loop {
        let placed = renameat_with(CWD, fresh, CWD, dir, RenameFlags::NOREPLACE);
        match placed.map_err(io::Error::from) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) if is_unknown(&error) => return swap_by_steps(fresh, dir, old),
            other => return other,
        }
        match renameat_with(CWD, fresh, CWD, dir, RenameFlags::EXCHANGE).map_err(io::Error::from) {
            // Somebody took it away meanwhile: there is nothing to exchange any more.
            Err(error) if error.kind() == io::ErrorKind::NotFound && fresh.exists() => {}
            Err(error) if is_unknown(&error) => return swap_by_steps(fresh, dir, old),
            other => return other,
        }
    }
}

/// Whether a file system has no such renaming.
fn is_unknown(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

/// [`swap`] where the file system cannot exchange two names.
fn swap_by_steps(fresh: &Path, dir: &Path, old: &Path) -> io::Result<()> {
    let replaced = fs::symlink_metadata(dir).is_ok();
    if replaced {
        fs::rename(dir, old)?;
    }
    let moved = fs::rename(fresh, dir);
    if moved.is_err() && replaced {
        fs::rename(old, dir)?;
    }
    moved
}

/// An I/O error's place.
fn at(path: &Path) -> impl Fn(io::Error) -> CodegenError + '_ {
    move |source| CodegenError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_put_a_folder_in_its_place() {
        for swap in [swap, swap_by_steps] {
            let scratch = tempfile::tempdir().expect("a folder");
            let [fresh, dir, old] = ["fresh", "dir", "old"].map(|name| scratch.path().join(name));
            for text in ["first", "second"] {
                fs::create_dir_all(&fresh).expect("made");
                fs::write(fresh.join("a"), text).expect("written");
                swap(&fresh, &dir, &old).expect("moved");
                assert_eq!(fs::read_to_string(dir.join("a")).expect("read"), text);
                let _ = (fs::remove_dir_all(&fresh), fs::remove_dir_all(&old));
            }
        }
    }
}
