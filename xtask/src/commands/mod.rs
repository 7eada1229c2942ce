//! `cargo xtask fuzz-commands`: command lines that are nearly right, in a folder with files that are good, broken or missing.

mod ground;
mod lines;

use ground::Contents;
use lines::Lines;
use mpqc_ir::design::testing::Random;
use mpqc_testbenches::tools::patiently;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// A command that takes longer is a finding.
const PATIENCE: Duration = Duration::from_secs(60);

/// Address space of a command, in KiB.
const MEMORY: u64 = 8 << 20;

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// How many command lines.
    #[arg(long, default_value_t = 2000)]
    lines: u64,
    /// Seed of the first; each counts on from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The program [default: mpqc beside this one].
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Runs them; prints findings, and how often each exit code came.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let program = args.program.clone().map_or_else(built, Ok)?.canonicalize()?;
    let (lines, scratch) = (Lines::new(&program)?, tempfile::tempdir()?);
    let before = ground::make(scratch.path())?;
    let judged = (args.seed..args.seed + args.lines).into_par_iter().map(|seed| {
        let line = lines.draw(&mut Random(seed));
        let judged = judged(&program, &line, &before).map_err(|error| format!("seed {seed}: {error}"))?;
        judged.as_ref().err().inspect(|why| println!("seed {seed}: {why}: {line:?}"));
        Ok(judged)
    });
    let judged: Vec<Result<i32, String>> = judged.collect::<Result<_, String>>()?;
    let mut codes: BTreeMap<i32, usize> = BTreeMap::new();
    judged.iter().flatten().for_each(|code| *codes.entry(*code).or_default() += 1);
    let findings = judged.iter().filter(|it| it.is_err()).count();
    println!("{} command lines, exit codes {codes:?}, {findings} findings", judged.len());
    Ok(findings == 0)
}

/// The program that was built with this one, which may be one of its tests.
fn built() -> Result<PathBuf, Box<dyn Error>> {
    let own = std::env::current_exe()?;
    let beside =
        own.ancestors().skip(1).take(2).map(|folder| folder.join("mpqc")).find(|path| path.is_file());
    beside.ok_or_else(|| {
        "there is no mpqc beside this program: `cargo build` it, or name it with --program".into()
    })
}

/// The exit code of a command line, or what is wrong with how it ended.
fn judged(
    program: &Path,
    line: &[OsString],
    before: &Contents,
) -> Result<Result<i32, String>, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    ground::lay_out(before, folder.path())?;
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", &format!("ulimit -v {MEMORY}; exec \"$@\"")])
        .args(["sh".as_ref(), program.as_os_str()]);
    // No outside tool is found.
    command
        .args(line)
        .current_dir(folder.path())
        .env("PATH", "")
        .env("MPQC_TOOLS", folder.path().join("no tools"));
    let Some(output) = patiently(command.stdin(std::process::Stdio::null()), PATIENCE)? else {
        return Ok(Err(format!("takes more than {} s", PATIENCE.as_secs())));
    };
    Ok(ending(&output)
        .and_then(|code| left_well(code, before, &ground::contents(folder.path())).map(|()| code)))
}

/// The exit code, of a command that says why it fails.
fn ending(output: &Output) -> Result<i32, String> {
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        _ if said.contains("panicked at") => Err(said.lines().take(3).collect::<Vec<_>>().join(" ")),
        Some(2) if said.trim().is_empty() => Err("exit code 2, and not a word".into()),
        Some(code @ 0..=2) => Ok(code),
        _ => Err(output.status.to_string()),
    }
}

/// Whether a command left nothing half done: nothing where it failed, never a draft.
fn left_well(code: i32, before: &Contents, after: &std::io::Result<Contents>) -> Result<(), String> {
    let after = after.as_ref().map_err(|error| format!("what it left cannot be read: {error}"))?;
    let changed = |path: &&PathBuf| before.get(*path) != after.get(*path);
    let mut changes = before.keys().chain(after.keys()).filter(changed);
    let draft = |path: &PathBuf| path.iter().any(|part| part.as_encoded_bytes().starts_with(b"."));
    match changes.find(|path| code == 2 || draft(path)) {
        Some(path) => Err(format!("exit code {code}, and it left {}", path.display())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    fn ended(wait_status: i32, said: &str) -> Output {
        let status = std::process::ExitStatus::from_raw(wait_status);
        Output { status, stdout: Vec::new(), stderr: said.into() }
    }

    #[test]
    fn a_few_lines_end_well() {
        let args = Args { lines: 40, seed: 1, program: None };
        assert!(run(&args).expect("the campaign runs"), "a command ends badly");
    }

    #[test]
    fn bad_endings_are_told() {
        assert_eq!(ending(&ended(1 << 8, "")), Ok(1));
        assert_eq!(ending(&ended(2 << 8, "no such file")), Ok(2));
        assert!(ending(&ended(2 << 8, " \n")).is_err() && ending(&ended(101 << 8, "x")).is_err());
        assert!(ending(&ended(6, "")).is_err() && ending(&ended(0, "thread panicked at a.rs")).is_err());
    }

    #[test]
    fn what_is_left_behind_is_told() {
        let before = Contents::from([("a".into(), vec![1])]);
        let after = |path: &str| {
            Ok([before.clone(), Contents::from([(path.into(), vec![2])])].into_iter().flatten().collect())
        };
        assert_eq!(left_well(2, &before, &after("a").map(|_: Contents| before.clone())), Ok(()));
        assert!(left_well(2, &before, &after("a")).is_err() && left_well(2, &before, &after("b")).is_err());
        assert_eq!(left_well(0, &before, &after("b")), Ok(()));
        assert!(left_well(0, &before, &after("c/.tmp12/d")).is_err());
    }
}
