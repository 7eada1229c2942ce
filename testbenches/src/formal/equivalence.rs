//! Whether two texts of a design do the same: Yosys pairs registers and wires of the same name and proves pair after pair equal,
//! by induction over the cycles, for all inputs.

use super::prover::{Outcome, Prover, write};
use crate::synthesis::SourceFile;
use crate::tools::{ToolError, patiently};
use std::env;
use std::path::Path;
use std::time::Duration;

impl Prover {
    /// Whether two designs with the same top module are equal, cycle by cycle, in every run. [`Outcome::Refuted`] says that there is
    /// a pair for which that is not proved: they may be equal even so, where they differ in how they count.
    ///
    /// # Errors
    /// Where a file cannot be written or Yosys not be started.
    pub fn equivalent(&self, top: &str, designs: [&[SourceFile]; 2]) -> Result<Outcome, ToolError> {
        let folder = tempfile::tempdir().map_err(ToolError::io("create", env::temp_dir()))?;
        for (name, files) in ["gold", "gate"].into_iter().zip(designs) {
            let place = folder.path().join(name);
            for file in files {
                write(&place, &file.path, &file.text)?;
            }
            write(&place, "flat.ys", &flat(top, name, files))?;
            match self.yosys_said(&place, "flat.ys")? {
                Outcome::Proved => {}
                other => return Ok(other),
            }
        }
        write(folder.path(), "equal.ys", EQUAL)?;
        self.yosys_said(folder.path(), "equal.ys")
    }

    fn yosys_said(&self, folder: &Path, script: &str) -> Result<Outcome, ToolError> {
        let mut command = self.yosys(folder);
        let output = patiently(command.args(["-q", "-s", script]), Duration::from_secs(self.seconds()))?;
        Ok(match output {
            None => Outcome::Open,
            Some(output) if output.status.success() => Outcome::Proved,
            Some(output) => refuted(&String::from_utf8_lossy(&[output.stdout, output.stderr].concat())),
        })
    }
}

/// Pairs what is called the same, and proves.
const EQUAL: &str = "read_rtlil gold/flat.il\nread_rtlil gate/flat.il\nequiv_make gold gate both\nhierarchy -top both\nopt_clean\n\
    equiv_struct\nequiv_simple -undef\nequiv_induct -undef\nequiv_status -assert\n";

/// Flattens a design into one module.
fn flat(top: &str, name: &str, files: &[SourceFile]) -> String {
    let verilog = files.iter().filter(|file| file.path.ends_with(".v"));
    let paths: String = verilog.map(|file| format!(" {}", file.path)).collect();
    format!(
        "read_verilog -sv{paths}\nsetattr -mod -unset keep_hierarchy *\nprep -flatten -top {top}\nmemory_map\nasync2sync\n\
         opt_clean -purge\nrename -top {name}\ndelete {name} %n\nwrite_rtlil flat.il\n"
    )
}

/// Pairs that are not proved equal, or what went wrong.
fn refuted(said: &str) -> Outcome {
    let found = said.lines().find(|line| line.contains("unproven $equiv"));
    found.map_or_else(
        || Outcome::Failed(said.lines().last().unwrap_or_default().to_owned()),
        |line| Outcome::Refuted(line.trim().to_owned()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(next: &str) -> Vec<SourceFile> {
        let text = format!(
            "module m (input wire clk, input wire rst, output reg n, output reg [3:0] wide);\n\
             \x20   always @(posedge clk) n <= rst ? 1'b0 : {next};\n    always @(posedge clk) wide <= rst ? 4'd0 : wide + n;\nendmodule\n"
        );
        vec![SourceFile { path: "rtl/m.v".into(), text }]
    }

    #[test]
    fn a_counter_of_one_bit_counts_up_as_down() {
        let prover = Prover::install(120, &|line| eprintln!("{line}")).expect("the prover installs");
        let equal = |next| prover.equivalent("m", [&counter("n + 1'b1"), &counter(next)]).expect("it runs");
        assert_eq!(equal("n - 1'b1"), Outcome::Proved);
        assert!(matches!(equal("n"), Outcome::Refuted(_)), "{:?}", equal("n"));
    }
}
