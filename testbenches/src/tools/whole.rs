//! Files that appear whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Writes a file beside its place and renames it, so that nobody ever reads half of it.
///
/// # Errors
/// Where its folder cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(bytes)?;
    draft.persist(path).map(|_| ()).map_err(|error| error.error)
}
