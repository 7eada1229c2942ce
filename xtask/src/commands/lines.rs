//! Command lines that are nearly right.

use super::ground::PATHS;
use mpqc_ir::design::testing::Random;
use std::error::Error;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::Command;

/// Good lines to start from.
pub const GOOD: [&str; 22] = [
    "compile model.onnx -o out",
    "compile cnn.onnx -o out --target board.toml --fps 1000 --json",
    "compile model.onnx -o out --schedule plan.json",
    "compile model.onnx -o design --max-lut 9000 --objective latency --reserve lut=100",
    "check model.onnx --input-shape 1x64",
    "inspect cnn.onnx --stage design --dot",
    "inspect design --json",
    "sim design --input input.npy --output out.npy --labels labels.npy",
    "sim design --frames 3 --wave out.fst --stall random:3 --from 2 --to 90",
    "sim design --toggle --input input.npy",
    "sim design --stdin-npy",
    "run model.onnx --input input.npy --output out.npy",
    "quantize float.onnx --calib calib.npy --budget avg-bits=4 --output out.onnx --frames 8 --sensitivity mse",
    "cost float.onnx --weight-bits 2-3 --activation-bits 4",
    "explore float.onnx --calib calib.npy --budget kib=2 --test calib.npy --test-labels classes.npy --output out --way mse",
    "verify design --frames 2",
    "synth design --block matmul_0",
    "diff waves.fst waves.fst",
    "report design",
    "regress manifest.toml --junit out.xml --keep out --update",
    "targets --json",
    "doctor",
];

/// Values that are often wrong, and some that are right somewhere.
const VALUES: [&str; 26] = [
    "",
    "0",
    "1",
    "-1",
    "7",
    "1e9",
    "1e-300",
    "0.5",
    "nan",
    "inf",
    "-inf",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999",
    "none",
    "random:5",
    "random:",
    "1x64",
    "0x0x0",
    "4294967296x4294967296",
    "lut=1",
    "lut=1,lut=2,=",
    "fps=1e7,lut=1",
    "8-2",
    "ecp5-25k",
    "é\u{202e}\n",
];

/// An option of a command.
struct Flag {
    name: String,
    /// Whether a value follows.
    takes: bool,
    choices: Vec<String>,
}

/// All options of all commands.
pub struct Lines(Vec<Flag>);

impl Lines {
    /// Reads what the command's own help says.
    ///
    /// # Errors
    /// Where the program cannot be started.
    pub fn new(program: &Path) -> Result<Self, Box<dyn Error>> {
        let mut commands: Vec<&str> = GOOD.iter().filter_map(|line| line.split(' ').next()).collect();
        commands.dedup();
        let mut flags: Vec<Flag> = Vec::new();
        for command in commands {
            let help = Command::new(program).args([command, "-h"]).output()?;
            if !help.status.success() {
                return Err(format!("mpqc {command} -h fails").into());
            }
            let new = String::from_utf8(help.stdout)?.lines().filter_map(flag).collect::<Vec<_>>();
            flags.extend(new);
        }
        flags.sort_by(|a, b| a.name.cmp(&b.name));
        flags.dedup_by(|a, b| a.name == b.name);
        // It would install.
        flags.retain(|flag| flag.name != "--install");
        Ok(Lines(flags))
    }

    /// A line with a few changes.
    pub fn draw(&self, random: &mut Random) -> Vec<OsString> {
        let mut line: Vec<OsString> = one_of(&GOOD, random).split(' ').map(OsString::from).collect();
        for _ in 0..random.within(0, 3) {
            self.change(&mut line, random);
        }
        line
    }

    fn change(&self, line: &mut Vec<OsString>, random: &mut Random) {
        let at = random.within(0, line.len() as i64) as usize;
        match random.within(0, 7) {
            0 | 1 if at < line.len() => line[at] = value(random),
            2 if at < line.len() => drop(line.remove(at)),
            3 => line.insert(at, value(random)),
            4 if at < line.len() => line.push(line[at].clone()),
            _ => {
                let flag = one_of(&self.0, random);
                line.push(flag.name.clone().into());
                let choice = (!flag.choices.is_empty() && random.within(0, 3) > 0)
                    .then(|| one_of(&flag.choices, random).into());
                line.extend(flag.takes.then(|| choice.unwrap_or_else(|| value(random))));
            }
        }
    }
}

/// The option that a line of help describes.
fn flag(line: &str) -> Option<Flag> {
    let name = line.split_whitespace().take(2).find(|word| word.starts_with("--"))?;
    let choices = line.split_once("[possible values: ").and_then(|(_, rest)| rest.split_once(']'));
    let choices = choices.map_or(Vec::new(), |(list, _)| list.split(", ").map(str::to_owned).collect());
    let takes = line.contains(&format!("{name} <"));
    Some(Flag { name: name.trim_end_matches("...").to_owned(), takes, choices })
}

fn value(random: &mut Random) -> OsString {
    match random.within(0, 15) {
        0 => OsString::from_vec(vec![b'm', 0xff, 0xfe, b'l']),
        1 => OsString::from("x".repeat(1 << random.within(0, 16))),
        2..7 => one_of(&VALUES, random).into(),
        _ => one_of(&PATHS, random).into(),
    }
}

fn one_of<'a, T>(all: &'a [T], random: &mut Random) -> &'a T {
    &all[random.within(0, all.len() as i64 - 1) as usize]
}
