//! Files that appear whole or not at all.

use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Writes a file beside its place and renames it, so that nobody ever reads half of it.
///
/// # Errors
/// Where its folder cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any file is made; temporary ones are private.
    let permissions = std::fs::Permissions::from_mode(0o666);
    let mut draft = tempfile::Builder::new().permissions(permissions).tempfile_in(folder)?;
    draft.write_all(bytes)?;
    draft.persist(path).map(|_| ()).map_err(|error| error.error)
}
