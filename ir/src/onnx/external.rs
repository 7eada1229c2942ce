//! External data: tensors whose bytes are in a file beside the model.
//!
//! The file's name comes from the model, hence from strangers: only what is within the model's folder is opened,
//! and nothing is allocated beyond what that file holds.
//! See <https://onnx.ai/onnx/repo-docs/ExternalData.html>.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::error::Mistake;
use super::model::Entry;

type Result<T> = std::result::Result<T, Mistake>;

/// Where the bytes of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct External<'a> {
    /// The file, relative to the model's folder.
    pub location: &'a str,
    /// The first byte in it.
    pub offset: u64,
    /// How many bytes; `None`: to the file's end.
    pub length: Option<u64>,
}

impl<'a> External<'a> {
    /// Reads `external_data`. Keys that are not known (such as `checksum`) are passed over.
    pub(super) fn from_entries(entries: &[Entry<'a>]) -> Result<Self> {
        let value = |key| entries.iter().find(|entry| entry.key == key).map(|entry| entry.value);
        let number = |key: &'static str| value(key).map(|text| parse(key, text)).transpose();
        let location = value("location").unwrap_or_default();
        if location.is_empty() {
            return Err(Mistake::MissingField { field: "external_data.location" });
        }
        Ok(External { location, offset: number("offset")?.unwrap_or(0), length: number("length")? })
    }

    /// Opens the file and finds the bytes in it, without reading them.
    pub(super) fn open(&self, folder: &Path) -> Result<Extent<'a>> {
        let path = self.resolve(folder)?;
        let file = File::open(&path).map_err(|error| self.io(&error))?;
        let size = file.metadata().map_err(|error| self.io(&error))?.len();
        let length = self.length.unwrap_or(size.saturating_sub(self.offset));
        match self.offset.checked_add(length) {
            Some(end) if end <= size => Ok(Extent { of: *self, file, length }),
            _ => Err(Mistake::ExternalPastEnd {
                location: self.location.into(),
                offset: self.offset,
                length,
                size,
            }),
        }
    }

    /// The file's true path, which must be that of a regular file within the folder, links followed.
    fn resolve(&self, folder: &Path) -> Result<PathBuf> {
        let outside = || Mistake::ExternalPath { location: self.location.into() };
        let inner = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if !Path::new(self.location).components().all(inner) {
            return Err(outside());
        }
        let folder = folder.canonicalize().map_err(|error| self.io(&error))?;
        let path = folder.join(self.location).canonicalize().map_err(|error| self.io(&error))?;
        if !path.starts_with(&folder) {
            return Err(outside());
        }
        let regular = fs::metadata(&path).map_err(|error| self.io(&error))?.is_file();
        if regular { Ok(path) } else { Err(self.io(&io::Error::other("not a regular file"))) }
    }

    fn io(&self, error: &io::Error) -> Mistake {
        Mistake::ExternalIo { location: self.location.into(), reason: error.to_string() }
    }
}

fn parse(key: &'static str, text: &str) -> Result<u64> {
    text.parse().map_err(|_| Mistake::ExternalNumber { key, value: text.into() })
}

/// Bytes of a file that are known to be there.
pub(super) struct Extent<'a> {
    of: External<'a>,
    file: File,
    /// How many bytes.
    pub(super) length: u64,
}

impl Extent<'_> {
    /// Reads the bytes.
    pub(super) fn read(mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file
            .seek(SeekFrom::Start(self.of.offset))
            .and_then(|_| self.file.take(self.length).read_to_end(&mut bytes))
            .map_err(|error| self.of.io(&error))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn external(location: &str) -> External<'_> {
        External { location, offset: 0, length: None }
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("w.bin"), b"0123456789").unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        folder
    }

    #[test]
    fn reads_what_it_is_told_to() {
        let folder = folder();
        let read = |offset, length| {
            let external = External { location: "./w.bin", offset, length };
            external.open(folder.path()).and_then(Extent::read)
        };
        assert_eq!(read(0, None), Ok(b"0123456789".to_vec()));
        assert_eq!(read(4, Some(3)), Ok(b"456".to_vec()));
        assert_eq!(read(10, None), Ok(Vec::new()));
    }

    #[test]
    fn lengths_past_the_end() {
        let folder = folder();
        for (offset, length) in [(4, Some(7)), (11, None), (u64::MAX, Some(2)), (0, Some(u64::MAX))] {
            let external = External { location: "w.bin", offset, length };
            let mistake = external.open(folder.path()).err();
            assert!(matches!(mistake, Some(Mistake::ExternalPastEnd { size: 10, .. })), "{mistake:?}");
        }
    }

    #[test]
    fn paths_out_of_the_folder() {
        let folder = folder();
        let sub = folder.path().join("sub");
        let absolute = folder.path().join("w.bin");
        for location in ["../w.bin", "x/../../w.bin", "/etc/passwd", absolute.to_str().unwrap()] {
            let mistake = external(location).open(&sub).err();
            assert_eq!(mistake, Some(Mistake::ExternalPath { location: location.into() }));
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_folder() {
        let folder = folder();
        let sub = folder.path().join("sub");
        std::os::unix::fs::symlink("../w.bin", sub.join("link.bin")).unwrap();
        assert!(matches!(external("link.bin").open(&sub).err(), Some(Mistake::ExternalPath { .. })));
        assert!(external("sub/link.bin").open(folder.path()).is_ok());
    }

    #[test]
    fn what_cannot_be_read() {
        let folder = folder();
        for location in ["sub", "none.bin", "nul\0.bin"] {
            let mistake = external(location).open(folder.path()).err();
            assert!(matches!(mistake, Some(Mistake::ExternalIo { .. })), "{mistake:?}");
        }
    }

    #[test]
    fn entries() {
        let entry = |key, value| Entry { key, value };
        let full =
            [entry("length", "12"), entry("location", "w"), entry("checksum", "?"), entry("offset", "4")];
        let expected = External { location: "w", offset: 4, length: Some(12) };
        assert_eq!(External::from_entries(&full), Ok(expected));
        let missing = Err(Mistake::MissingField { field: "external_data.location" });
        assert_eq!(External::from_entries(&[entry("offset", "4")]), missing);
        for text in ["-1", "", "1e3", "99999999999999999999"] {
            let wrong = External::from_entries(&[entry("location", "w"), entry("offset", text)]);
            assert_eq!(wrong, Err(Mistake::ExternalNumber { key: "offset", value: text.into() }));
        }
    }
}
