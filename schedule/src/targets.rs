//! Targets as data: one TOML file a board or part, `schedule/targets/NAME.toml` for those that are shipped.
//!
//! Resources are what the vendors' data sheets give; the clock is the one that designs are planned for, not a
//! measured one. `docs/schedule.md` tells the keys.

use include_dir::{Dir, include_dir};
use mpqc_ir::design::{Family, Pipeline, Resources, Target};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The shipped files.
static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/targets");

/// Names further folders with target files, as `PATH` names folders with programs.
pub const FOLDERS: &str = "MPQC_TARGETS";

/// Why there is no such target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// A name that no file has.
    #[error("unknown target `{name}`; did you mean `{nearest}`? The targets are: {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The known name with the fewest edits to it.
        nearest: String,
        /// All known names.
        known: Vec<String>,
    },
    /// A file that is not a target.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The key, what is wrong with it, and what is allowed.
        reason: String,
    },
}

/// A file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    part: String,
    family: Family,
    clock_mhz: f64,
    resources: Counts,
    #[serde(default)]
    pipeline: Pipeline,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counts {
    lut: u64,
    ff: u64,
    dsp: u64,
    bram18: u64,
    #[serde(default)]
    uram: u64,
}

/// Where a user's own target files are looked for: the folders of `$MPQC_TARGETS`, then `./targets`.
pub fn folders() -> Vec<PathBuf> {
    let named = std::env::var_os(FOLDERS).unwrap_or_default();
    std::env::split_paths(&named)
        .filter(|p| !p.as_os_str().is_empty())
        .chain([PathBuf::from("targets")])
        .collect()
}

/// The shipped target called `name` (upper and lower case alike).
///
/// # Errors
/// [`TargetError::Unknown`], with the names that exist.
pub fn find(name: &str) -> Result<Target, TargetError> {
    find_in(name, &[])
}

/// The target of a file (`name` ends in `.toml`), or else the one called `name`: a file of the first of `folders`
/// that has it, then a shipped one.
///
/// # Errors
/// [`TargetError`]; it names the file and the key, or the names that exist.
pub fn find_in(name: &str, folders: &[PathBuf]) -> Result<Target, TargetError> {
    if name.ends_with(".toml") {
        return read(Path::new(name));
    }
    let wanted = name.to_lowercase();
    let files = files(folders);
    match files.iter().find(|file| file.name().to_lowercase() == wanted) {
        Some(file) => file.target(),
        None => Err(unknown(name, files.iter().map(File::name).collect())),
    }
}

/// The shipped targets, by name.
pub fn all() -> Vec<Target> {
    all_in(&[]).expect("the shipped files are targets")
}

/// All targets that [`find_in`] finds: the folders', then the shipped ones, each by name.
///
/// # Errors
/// [`TargetError::File`] for the first file that is not a target.
pub fn all_in(folders: &[PathBuf]) -> Result<Vec<Target>, TargetError> {
    let mut targets: Vec<Target> = Vec::new();
    for file in files(folders) {
        if targets.iter().all(|t| t.name != file.name()) {
            targets.push(file.target()?);
        }
    }
    Ok(targets)
}

/// A file with a target that was not read yet.
enum File {
    Shipped(&'static include_dir::File<'static>),
    Own(PathBuf),
}

impl File {
    fn path(&self) -> &Path {
        match self {
            File::Shipped(file) => file.path(),
            File::Own(path) => path,
        }
    }

    fn name(&self) -> String {
        stem(self.path())
    }

    fn target(&self) -> Result<Target, TargetError> {
        match self {
            File::Shipped(file) => parse(file.path(), file.contents_utf8().unwrap_or_default()),
            File::Own(path) => read(path),
        }
    }
}

/// The files of the folders and the shipped ones, in the order in which they are asked.
fn files(folders: &[PathBuf]) -> Vec<File> {
    let own = folders.iter().flat_map(|folder| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(|e| Some(e.ok()?.path()));
        let mut paths: Vec<PathBuf> =
            entries.filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
        paths.sort();
        paths.into_iter().map(File::Own)
    });
    own.chain(SHIPPED.files().map(File::Shipped)).collect()
}

fn read(path: &Path) -> Result<Target, TargetError> {
    let text = std::fs::read_to_string(path).map_err(|e| bad_file(path, e.to_string()))?;
    parse(path, &text)
}

/// The target that a file describes, called as the file is.
///
/// # Errors
/// Where the text is no description of a target; `path` is told.
pub fn parse(path: &Path, text: &str) -> Result<Target, TargetError> {
    let d: Description =
        toml::from_str(text).map_err(|e| bad_file(path, e.to_string().trim_end().to_owned()))?;
    d.check().map_err(|reason| bad_file(path, reason))?;
    let Counts { lut, ff, dsp, bram18, uram } = d.resources;
    Ok(Target {
        name: stem(path),
        part: d.part,
        family: d.family,
        resources: Resources { lut, ff, dsp, bram18, uram },
        clock_mhz: d.clock_mhz,
        pipeline: d.pipeline,
    })
}

impl Description {
    /// What TOML's types do not say.
    fn check(&self) -> Result<(), String> {
        let Pipeline { adder_levels_per_stage, threshold_steps_per_stage, memory_registers } = self.pipeline;
        let wrong = [
            (self.clock_mhz.is_finite() && self.clock_mhz > 0.0, "clock_mhz", "a positive number of MHz"),
            (self.resources.lut > 0, "resources.lut", "at least 1"),
            (self.resources.ff > 0, "resources.ff", "at least 1"),
            (adder_levels_per_stage > 0, "pipeline.adder_levels_per_stage", "at least 1"),
            (threshold_steps_per_stage > 0, "pipeline.threshold_steps_per_stage", "at least 1"),
            ((1..=2).contains(&memory_registers), "pipeline.memory_registers", "1 or 2"),
        ];
        let first = wrong.into_iter().find(|(good, ..)| !good);
        first.map_or(Ok(()), |(_, key, allowed)| Err(format!("`{key}` must be {allowed}")))
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

fn bad_file(path: &Path, reason: String) -> TargetError {
    TargetError::File { path: path.to_owned(), reason }
}

fn unknown(name: &str, known: Vec<String>) -> TargetError {
    let wanted = name.to_lowercase();
    let nearest = known.iter().min_by_key(|k| edits(&wanted, k)).cloned().unwrap_or_default();
    TargetError::Unknown { name: name.to_owned(), nearest, known }
}

/// Edit distance (Levenshtein), one row of the table at a time.
fn edits(a: &str, b: &str) -> usize {
    let mut costs: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        costs[0] = i + 1;
        for (j, cb) in b.chars().enumerate() {
            let replace = diagonal + usize::from(ca != cb);
            diagonal = costs[j + 1];
            costs[j + 1] = replace.min(costs[j] + 1).min(diagonal + 1);
        }
    }
    costs.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_file_is_a_target_with_a_source() {
        assert_eq!(all().len(), SHIPPED.files().count());
        for file in SHIPPED.files() {
            assert!(file.contents_utf8().is_some_and(|t| t.starts_with("# ")), "{}", file.path().display());
        }
    }

    #[test]
    fn a_known_name_is_found_in_any_case() {
        let target = find("Ultra96").unwrap();
        assert_eq!((target.name.as_str(), target.resources.dsp), ("ultra96", 360));
        assert_eq!((target.family, target.pipeline), (Family::UltrascalePlus, Pipeline::default()));
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_and_the_list() {
        let error = find("pynqz2").unwrap_err();
        assert!(matches!(&error, TargetError::Unknown { nearest, .. } if nearest == "pynq-z2"));
        assert!(error.to_string().contains("zcu104"));
    }

    #[test]
    fn a_users_file_is_found_by_path_and_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, GOOD).unwrap();
        let by_path = find(&path.to_string_lossy()).unwrap();
        let folders = [folder.path().to_owned()];
        assert_eq!(by_path, find_in("mine", &folders).unwrap());
        assert_eq!(by_path.pipeline, Pipeline { adder_levels_per_stage: 1, ..Pipeline::default() });
        assert_eq!(all_in(&folders).unwrap()[0], by_path);
    }

    #[test]
    fn a_wrong_file_names_the_key_and_what_is_allowed() {
        let cases = [
            (
                GOOD.replace("asic", "fpga"),
                vec!["`fpga`", "`ultrascale-plus`", "`7-series`", "family = \"fpga\""],
            ),
            (GOOD.replace("dsp", "dps"), vec!["`dps`", "`lut`, `ff`, `dsp`, `bram18`, `uram`"]),
            (GOOD.replace("lut = 100", ""), vec!["missing field `lut`"]),
            (
                GOOD.replace("stage = 1", "stage = 0"),
                vec!["`pipeline.adder_levels_per_stage` must be at least 1"],
            ),
            (GOOD.replace("250.0", "-1.0"), vec!["`clock_mhz` must be a positive number"]),
            (GOOD.replace("ff = 200", "ff = \"many\""), vec!["ff = \"many\"", "expected u64"]),
        ];
        for (text, expected) in cases {
            let error = parse(Path::new("mine.toml"), &text).unwrap_err().to_string();
            let all = expected.iter().chain(&["mine.toml"]).all(|part| error.contains(part));
            assert!(all, "{error}");
        }
    }

    const GOOD: &str = "part = \"x\"\nfamily = \"asic\"\nclock_mhz = 250.0\n[resources]\nlut = 100\nff = 200\ndsp = 0\n\
                        bram18 = 0\n[pipeline]\nadder_levels_per_stage = 1\n";

    #[test]
    fn edit_distance_counts_inserts_deletes_and_replacements() {
        for (a, b, n) in [("", "abc", 3), ("kitten", "sitting", 3), ("abc", "abc", 0), ("abc", "", 3)] {
            assert_eq!(edits(a, b), n);
        }
    }
}
