//! The standard way from Verilog to primitives, a script of Yosys per family.
//!
//! A chip of one's own has no primitives: there logic becomes gates of two and three inputs and plain flip-flops, and memories become
//! macros of the sizes that the cost model counts in (`asic_memories.txt`).

use super::{SourceFile, Unit};
use mpqc_ir::design::{Family, Target};
use std::fmt::Write;

/// File that a script writes its statistics to.
pub(super) const STATISTICS: &str = "stat.json";
/// File with the memories of a chip of one's own.
const MEMORIES: &str = "memories.txt";
/// Modules that asked to be kept are flattened, too, once all is mapped.
const UNKEPT: &str = "setattr -mod -unset keep_hierarchy\nflatten\n";
/// File that a script writes its netlist to.
pub(super) const NETLIST: &str = "unit.json";

/// How a unit is synthesized.
///
/// The hierarchy stays until additions have become carry chains (`alumacc`) and is flattened then: across modules, Yosys
/// would join small adders into macros that map worse. Modules that ask to be kept (tables) stay until all is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The family.
    pub family: Family,
    /// Whether large memories may go to UltraRAM.
    pub ultra_ram: bool,
}

impl Flow {
    /// The flow for a target.
    pub fn new(target: &Target) -> Self {
        let family = target.family;
        Self { family, ultra_ram: family == Family::UltrascalePlus && target.resources.uram > 0 }
    }

    /// A file that the scripts read, beside those of a unit.
    pub(super) fn support(self) -> Option<SourceFile> {
        let text = include_str!("asic_memories.txt").to_owned();
        (self.family == Family::Asic).then(|| SourceFile { path: MEMORIES.to_owned(), text })
    }

    /// The script that counts a unit whose files lie under the current folder.
    pub fn script(self, unit: &Unit) -> String {
        format!("{}tee -q -o {STATISTICS} stat{} -json\n", self.mapping(unit), self.technology())
    }

    /// The script that writes a unit's netlist, with names that a person can follow.
    pub fn netlist_script(self, unit: &Unit) -> String {
        format!("{}autoname\nblackbox =A:whitebox\nwrite_json {NETLIST}\n", self.mapping(unit))
    }

    /// From Verilog to the flat module `unit` of primitives.
    fn mapping(self, unit: &Unit) -> String {
        let mut script = String::new();
        let paths =
            |files: &[SourceFile]| files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>().join(" ");
        if !unit.interfaces.is_empty() {
            let _ = writeln!(script, "read_verilog -lib {}", paths(&unit.interfaces));
        }
        let _ = writeln!(script, "read_verilog -defer {}", paths(&unit.sources));
        let parameters: String =
            unit.parameters.iter().map(|(name, value)| format!(" -chparam {name} {value}")).collect();
        let _ = writeln!(script, "hierarchy -check -top {}{parameters}", unit.module);
        if unit.module != "unit" {
            // With parameters its name would be made up.
            script.push_str("rename -top unit\n");
        }
        script.push_str(&self.stages());
        script
    }

    fn stages(self) -> String {
        let (command, flatten_before) = match self.family {
            Family::UltrascalePlus if self.ultra_ram => {
                ("synth_xilinx -family xcup -noiopad -noclkbuf -uram", "fine")
            }
            Family::UltrascalePlus => ("synth_xilinx -family xcup -noiopad -noclkbuf", "fine"),
            Family::Series7 => ("synth_xilinx -family xc7 -noiopad -noclkbuf", "fine"),
            Family::Ecp5 => ("synth_ecp5 -noflatten -top unit", "map_gates"),
            Family::Asic => return gates(),
        };
        format!(
            "{command} -run begin:{flatten_before}\nflatten\n{command} -run {flatten_before}:check\n{UNKEPT}opt_clean\n"
        )
    }

    fn technology(self) -> &'static str {
        match self.family {
            Family::UltrascalePlus | Family::Series7 => " -tech xilinx",
            Family::Ecp5 | Family::Asic => "",
        }
    }
}

/// From modules to gates, flip-flops without enables or resets (which thereby are gates, too) and macros of memories.
fn gates() -> String {
    format!(
        "synth -run begin:fine\nflatten\nopt -full\nsetattr -set rom_style \"logic\" a:rom_style=distributed a:syn_romstyle=logic\n\
         memory_libmap -lib {MEMORIES}\nsynth -run fine:check\n{UNKEPT}dfflegalize -cell $_DFF_P_ 01\n\
         abc -g AND,NAND,OR,NOR,XOR,XNOR,MUX,AOI3,OAI3\nopt_clean\n"
    )
}
