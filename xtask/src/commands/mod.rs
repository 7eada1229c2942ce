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
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// Seconds of processor time that a command may take.
const SECONDS: u64 = 60;

/// How long a command may take, whatever else the machine does.
const PATIENCE: Duration = Duration::from_secs(600);

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
    /// The program [default: mpqc, built in release mode].
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Where commands run.
struct Campaign {
    program: PathBuf,
    /// What lies in each command's folder.
    before: Contents,
}

/// Runs them; prints findings, and how often each exit code came.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let campaign = Campaign::new(args.program.as_deref())?;
    let lines = Lines::new(&campaign.program)?;
    let judged = (args.seed..args.seed + args.lines).into_par_iter().map(|seed| {
        let line = lines.draw(&mut Random(seed));
        let judged = campaign.judged(&line).map_err(|error| format!("seed {seed}: {error}"))?;
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

impl Campaign {
    fn new(program: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        let program = program.map_or_else(built, |program| Ok(program.to_owned()))?.canonicalize()?;
        let before = ground::make(&program, tempfile::tempdir()?.path())?;
        Ok(Campaign { program, before })
    }

    /// The exit code of a command line, or what is wrong with how it ended.
    fn judged(&self, line: &[OsString]) -> Result<Result<i32, String>, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        ground::lay_out(&self.before, folder.path())?;
        let limits = format!("ulimit -v {MEMORY}; ulimit -t {SECONDS}; exec \"$@\"");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &limits]).args(["sh".as_ref(), self.program.as_os_str()]).args(line);
        // No outside tool is found.
        let nothing = folder.path().join("nothing");
        command.env_clear().env("PATH", &nothing).env("MPQC_TOOLS", &nothing).env("RAYON_NUM_THREADS", "1");
        command.current_dir(folder.path()).stdin(Stdio::null());
        let Some(output) = patiently(&mut command, PATIENCE)? else {
            return Ok(Err(format!("takes more than {} s", PATIENCE.as_secs())));
        };
        let after = ground::contents(folder.path());
        Ok(ending(&output).and_then(|code| left_well(code, &self.before, &after).map(|()| code)))
    }
}

/// The program as the sources are now.
fn built() -> Result<PathBuf, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let built = cargo.args(["build", "--release", "--quiet", "--bin", "mpqc"]).current_dir(&root).status()?;
    let own = std::env::current_exe()?;
    // Beside this program, or where this is a test, above it.
    let mut places = own.ancestors().skip(1).take(2).map(|folder| folder.join("mpqc"));
    let program = places.find(|path| built.success() && path.is_file());
    program.ok_or_else(|| "mpqc cannot be built beside this program: name one with --program".into())
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
    use super::ground::Entry;
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn a_few_lines_end_well() {
        let args = Args { lines: 40, seed: 1, program: None };
        assert!(run(&args).expect("the campaign runs"), "a command ends badly");
    }

    /// Else a campaign would try nothing but errors.
    #[test]
    fn good_lines_are_good() {
        let campaign = Campaign::new(None).expect("the campaign begins");
        for line in lines::GOOD {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let code = campaign.judged(&words).expect("the command runs");
            let good = match &*words[0].to_string_lossy() {
                // They need other programs, or waves; `doctor` says so.
                "verify" | "synth" | "diff" => 2,
                "doctor" => 1,
                _ => 0,
            };
            assert_eq!(code, Ok(good), "{line}");
        }
    }

    fn ended(wait_status: i32, said: &str) -> Output {
        let status = std::process::ExitStatus::from_raw(wait_status);
        Output { status, stdout: Vec::new(), stderr: said.into() }
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
        let before = Contents::from([("a".into(), Entry::File(vec![1]))]);
        let with = |path: &str, entry: Entry| {
            let mut after = before.clone();
            after.insert(path.into(), entry);
            Ok(after)
        };
        let file = || Entry::File(vec![2]);
        assert_eq!(left_well(2, &before, &Ok(before.clone())), Ok(()));
        assert!(left_well(2, &before, &with("a", file())).is_err());
        assert!(left_well(2, &before, &with("b", Entry::Folder)).is_err());
        assert_eq!(left_well(0, &before, &with("b", file())), Ok(()));
        assert!(left_well(0, &before, &with("c/.tmp12/d", file())).is_err());
    }
}
