//! `cargo xtask fuzz-inputs`: files that are nearly right, into everything that reads files.

mod mutate;
mod watch;

use mpqc::campaign::readers::{READERS, Reader, good_files};
use mpqc_ir::design::testing::Random;
use mutate::mutated;
use rayon::prelude::*;
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use watch::Watch;

/// An input that takes more of its thread's processor time is a finding: what other programs do meanwhile does not count.
const SLOW: Duration = Duration::from_secs(5);

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// How long, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Stop after so many inputs, if time is not up before.
    #[arg(long)]
    inputs: Option<u64>,
    /// Seed; each thread counts on from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only readers with this in their name.
    #[arg(long, default_value = "")]
    only: String,
    /// Write the good files that inputs are made of to this folder, one folder a reader, and stop.
    #[arg(long, value_name = "DIR")]
    seeds: Option<PathBuf>,
    /// Folder for the inputs that are findings.
    #[arg(long, default_value = "out/fuzz-inputs")]
    keep: PathBuf,
}

/// A reader, with good files.
struct Target {
    reader: Reader,
    corpus: Vec<Vec<u8>>,
}

/// What became of the inputs of a reader.
#[derive(Clone, Copy, Default)]
struct Tally {
    accepted: u64,
    refused: u64,
    findings: u64,
}

/// Draws inputs and has them read, or writes what they are drawn from.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let all = READERS.into_iter().zip(good_files()?);
    let targets: Vec<Target> = all
        .filter(|(reader, _)| reader.name.contains(&args.only))
        .map(|(reader, corpus)| Target { reader, corpus })
        .collect();
    if targets.is_empty() {
        let names = READERS.map(|reader| reader.name).join(", ");
        return Err(format!("no reader has `{}` in its name; there are {names}", args.only).into());
    }
    match &args.seeds {
        Some(folder) => write_seeds(&targets, folder),
        None => campaign(&targets, args),
    }
}

fn write_seeds(targets: &[Target], folder: &Path) -> Result<bool, Box<dyn Error>> {
    for target in targets {
        let folder = folder.join(target.reader.name);
        std::fs::create_dir_all(&folder)?;
        for (index, file) in target.corpus.iter().enumerate() {
            std::fs::write(folder.join(format!("good-{index}")), file)?;
        }
    }
    Ok(true)
}

/// Looks for readers that hang, until all have come back. The program ends where one does: its thread cannot be stopped.
fn watch_over(watch: &Watch, done: &AtomicBool) {
    while !done.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(100));
        match watch.hanging() {
            Ok(kept) if kept.is_empty() => {}
            Ok(kept) => {
                kept.iter().for_each(|path| println!("hangs: {}", path.display()));
                std::process::exit(1);
            }
            Err(error) => eprintln!("an input that hangs cannot be kept: {error}"),
        }
    }
}

/// Reads until time is up; prints a line a reader.
fn campaign(targets: &[Target], args: &Args) -> Result<bool, Box<dyn Error>> {
    // A panic is told with its input; the backtrace of each would bury it.
    std::panic::set_hook(Box::new(|_| {}));
    let (watch, done) = (Watch::new(rayon::current_num_threads(), &args.keep), AtomicBool::new(false));
    let started = Instant::now();
    let tallies = std::thread::scope(|scope| {
        scope.spawn(|| watch_over(&watch, &done));
        let tallies = read_all(targets, args, &watch);
        done.store(true, Ordering::Relaxed);
        tallies
    })?;
    let _ = std::panic::take_hook();
    for (name, Tally { accepted, refused, findings }) in &tallies {
        println!(
            "{name}: {} inputs, {accepted} accepted, {refused} refused, {findings} findings",
            accepted + refused + findings
        );
    }
    let all: u64 = tallies.values().map(|it| it.accepted + it.refused + it.findings).sum();
    let findings: u64 = tallies.values().map(|it| it.findings).sum();
    println!("{all} inputs in {:.0} s, {findings} findings", started.elapsed().as_secs_f64());
    Ok(findings == 0)
}

fn read_all<'a>(
    targets: &'a [Target],
    args: &Args,
    watch: &Watch,
) -> std::io::Result<BTreeMap<&'a str, Tally>> {
    let tallies = Mutex::new(BTreeMap::new());
    let (threads, started) = (rayon::current_num_threads(), Instant::now());
    (0..threads).into_par_iter().try_for_each(|thread| {
        let mut random = Random(args.seed.wrapping_mul(threads as u64).wrapping_add(thread as u64));
        let mut own: BTreeMap<&str, Tally> = BTreeMap::new();
        let share = args.inputs.map_or(u64::MAX, |inputs| inputs.div_ceil(threads as u64));
        for _ in (0..share).take_while(|_| started.elapsed() < Duration::from_secs(args.seconds)) {
            let target = &targets[random.within(0, targets.len() as i64 - 1) as usize];
            let input = draw(target, &mut random);
            watch.begins(thread, target.reader.name, &input);
            try_one(target, &input, &mut random, own.entry(target.reader.name).or_default(), args)?;
            watch.ends(thread);
        }
        merge(&tallies, &own);
        Ok::<(), std::io::Error>(())
    })?;
    Ok(tallies.into_inner().unwrap_or_default())
}

fn draw(target: &Target, random: &mut Random) -> Vec<u8> {
    let seed = &target.corpus[random.within(0, target.corpus.len() as i64 - 1) as usize];
    let other = &target.corpus[random.within(0, target.corpus.len() as i64 - 1) as usize];
    mutated(seed, other, random)
}

fn merge<'a>(all: &Mutex<BTreeMap<&'a str, Tally>>, own: &BTreeMap<&'a str, Tally>) {
    let mut all = all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for (name, tally) in own {
        let sum = all.entry(name).or_default();
        sum.accepted += tally.accepted;
        sum.refused += tally.refused;
        sum.findings += tally.findings;
    }
}

fn try_one(
    target: &Target,
    input: &[u8],
    random: &mut Random,
    tally: &mut Tally,
    args: &Args,
) -> std::io::Result<()> {
    let started = processor_time();
    let finding = match catch_unwind(AssertUnwindSafe(|| (target.reader.read)(input))) {
        Err(_) => Some("panic"),
        Ok(_) if processor_time().saturating_sub(started) > SLOW => Some("slow"),
        Ok(true) => {
            tally.accepted += 1;
            None
        }
        Ok(false) => {
            tally.refused += 1;
            None
        }
    };
    if let Some(kind) = finding {
        tally.findings += 1;
        std::fs::create_dir_all(&args.keep)?;
        let path = args.keep.join(format!("{}-{kind}-{:016x}", target.reader.name, random.bits()));
        std::fs::write(&path, input)?;
        println!("{kind}: {}", path.display());
    }
    Ok(())
}

/// What this thread has used so far.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_costs_no_processor_time_and_work_does() {
        let used = |work: &dyn Fn()| {
            let started = processor_time();
            work();
            processor_time() - started
        };
        assert!(used(&|| std::thread::sleep(Duration::from_millis(300))) < Duration::from_millis(100));
        let busy = used(&|| {
            let started = processor_time();
            while processor_time() - started < Duration::from_millis(20) {}
        });
        assert!(busy >= Duration::from_millis(20));
    }

    #[test]
    fn a_few_seconds_find_nothing() {
        let keep = tempfile::tempdir().expect("a temporary folder");
        let args = Args {
            seconds: 4,
            inputs: None,
            seed: 11,
            only: String::new(),
            seeds: None,
            keep: keep.path().into(),
        };
        assert!(run(&args).expect("the campaign runs"), "an input makes a reader panic or hang");
    }
}
