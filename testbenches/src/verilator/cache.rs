//! A folder of build products, each named by a hash of everything that went into it.
//!
//! A product is made under a temporary name and renamed when whole, so readers never see half of one; two processes that
//! make the same product replace it by an equal one. What was not used for longest goes first when there are too many.

use crate::tools::{FileLock, ToolError};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Libraries kept. A library takes 0.2 to 10 MB.
const KEPT: usize = 200;
/// What a killed build left behind is removed after this time; no build takes as long.
const STALE: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
}

/// A hash of the parts that decide what a product is.
#[derive(Default)]
pub(super) struct Key(blake3::Hasher);

impl Key {
    /// Adds a part; its length goes first, so that no two lists of parts hash alike.
    pub(super) fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes()).update(part);
    }

    /// As part of a file name.
    pub(super) fn text(&self) -> String {
        self.0.finalize().to_hex()[..24].to_owned()
    }
}

/// Whether several processes that need one product wait for the first to make it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Each makes its own; for products that few need at once.
    Race,
    /// One makes it and the others wait; for products that every process needs.
    Wait,
}

impl Cache {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The product `name`, which `make` builds in an empty folder, returning its path there, if it is not there yet.
    pub(super) fn product<E: From<ToolError>>(
        &self,
        name: &str,
        sharing: Sharing,
        make: impl FnOnce(&Path) -> Result<PathBuf, E>,
    ) -> Result<PathBuf, E> {
        let product = self.folder.join(name);
        if is_hit(&product) {
            return Ok(product);
        }
        fs::create_dir_all(&self.folder).map_err(ToolError::io("create", &self.folder))?;
        let lock = self.folder.join(format!("{name}.lock"));
        let _lock = (sharing == Sharing::Wait).then(|| FileLock::exclusive(&lock)).transpose()?;
        if is_hit(&product) {
            return Ok(product);
        }
        self.make(&product, make)?;
        self.prune();
        Ok(product)
    }

    fn make<E: From<ToolError>>(
        &self,
        product: &Path,
        make: impl FnOnce(&Path) -> Result<PathBuf, E>,
    ) -> Result<(), E> {
        let folder = tempfile::Builder::new().prefix("tmp-").tempdir_in(&self.folder);
        let folder = folder.map_err(ToolError::io("create a folder in", &self.folder))?;
        let made = make(folder.path())?;
        Ok(fs::rename(&made, product).map_err(ToolError::io("rename", made))?)
    }

    /// Removes old products. A failure is not worth a word: the next build tries again.
    fn prune(&self) {
        let mut libraries = Vec::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let Ok(modified) = entry.metadata().and_then(|data| data.modified()) else { continue };
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "so") {
                libraries.push((modified, path));
            } else if path.is_dir() && modified.elapsed().is_ok_and(|age| age > STALE) {
                let _ = fs::remove_dir_all(path);
            }
        }
        libraries.sort();
        let surplus = libraries.len().saturating_sub(KEPT);
        for (_, library) in libraries.drain(..surplus) {
            let _ = fs::remove_file(library);
        }
    }
}

/// Whether the product is there; its time of modification then becomes the time of its last use.
fn is_hit(product: &Path) -> bool {
    let Ok(file) = fs::OpenOptions::new().append(true).open(product) else { return product.is_file() };
    let _ = file.set_modified(SystemTime::now());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(folder: &Path) -> Result<PathBuf, ToolError> {
        let file = folder.join("made");
        fs::write(&file, "whole").map_err(ToolError::io("write", &file))?;
        Ok(file)
    }

    #[test]
    fn a_product_is_made_once_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let cache = Cache::new(folder.path().join("cache"));
        let product = cache.product("a.so", Sharing::Race, make).expect("made");
        assert_eq!(fs::read_to_string(&product).expect("readable"), "whole");
        let again =
            cache.product("a.so", Sharing::Race, |_| -> Result<_, ToolError> { panic!("made twice") });
        assert_eq!(again.expect("found"), product);
        assert_eq!(fs::read_dir(folder.path().join("cache")).expect("listed").count(), 1);
    }

    #[test]
    fn a_failure_leaves_no_product() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let cache = Cache::new(folder.path().to_path_buf());
        let fail = |_: &Path| Err(ToolError::NotInstallable(crate::tools::Tool::Icarus));
        cache.product("a.so", Sharing::Wait, fail).expect_err("nothing was made");
        assert!(!folder.path().join("a.so").exists());
    }

    #[test]
    fn the_least_recently_used_go_first() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let cache = Cache::new(folder.path().to_path_buf());
        for index in 0..KEPT + 3 {
            let path = folder.path().join(format!("{index}.so"));
            fs::write(&path, "").expect("written");
            let age = Duration::from_secs((KEPT + 3 - index) as u64 * 10);
            fs::File::options()
                .append(true)
                .open(&path)
                .expect("opened")
                .set_modified(SystemTime::now() - age)
                .expect("aged");
        }
        assert!(is_hit(&folder.path().join("0.so")));
        cache.prune();
        let left = |index: usize| folder.path().join(format!("{index}.so")).exists();
        assert!(left(0) && !left(1) && !left(2) && !left(3) && left(4) && left(KEPT + 2));
    }
}
