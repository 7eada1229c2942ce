//! Readers that do not come back.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A reader that takes so long hangs, however busy the machine is.
const HANGS: Duration = Duration::from_secs(120);

/// What each thread reads at the moment.
pub struct Watch {
    reads: Vec<Mutex<Option<Read>>>,
    keep: PathBuf,
}

struct Read {
    reader: &'static str,
    input: Vec<u8>,
    since: Instant,
}

impl Watch {
    /// Of so many threads; inputs that hang are kept in a folder.
    pub fn new(threads: usize, keep: &Path) -> Self {
        Watch { reads: (0..threads).map(|_| Mutex::new(None)).collect(), keep: keep.to_owned() }
    }

    /// Tells that a thread begins to read an input.
    pub fn begins(&self, thread: usize, reader: &'static str, input: &[u8]) {
        *locked(&self.reads[thread]) = Some(Read { reader, input: input.to_vec(), since: Instant::now() });
    }

    /// Tells that it has read it.
    pub fn ends(&self, thread: usize) {
        *locked(&self.reads[thread]) = None;
    }

    /// Keeps the inputs of readers that hang now, each at most once a call; their files.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn hanging(&self) -> std::io::Result<Vec<PathBuf>> {
        self.longer_than(HANGS)
    }

    fn longer_than(&self, patience: Duration) -> std::io::Result<Vec<PathBuf>> {
        let mut kept = Vec::new();
        for (thread, read) in self.reads.iter().enumerate() {
            let read = locked(read);
            let Some(read) = read.as_ref().filter(|read| read.since.elapsed() > patience) else { continue };
            std::fs::create_dir_all(&self.keep)?;
            let path = self.keep.join(format!("{}-hangs-{thread}", read.reader));
            std::fs::write(&path, &read.input)?;
            kept.push(path);
        }
        Ok(kept)
    }
}

fn locked(read: &Mutex<Option<Read>>) -> MutexGuard<'_, Option<Read>> {
    read.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_kept_and_what_ends_is_not() {
        let keep = tempfile::tempdir().expect("a temporary folder");
        let watch = Watch::new(2, keep.path());
        watch.begins(0, "npy", b"slow");
        watch.begins(1, "onnx", b"quick");
        watch.ends(1);
        assert!(watch.hanging().expect("nothing is written").is_empty());
        let kept = watch.longer_than(Duration::ZERO).expect("it is written");
        assert_eq!(kept, [keep.path().join("npy-hangs-0")]);
        assert_eq!(std::fs::read(&kept[0]).expect("it is there"), b"slow");
    }
}
