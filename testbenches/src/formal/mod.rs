//! Formal proofs of Verilog: SymbiYosys with an SMT solver, both from PyPI.
//!
//! A [`Proof`] is Verilog with assertions in it. By induction it holds forever, from any state that a reset leaves; bounded, it
//! holds for so many cycles after any state and a reset. Without clock edges that matter, a bounded proof is a whole one:
//! operands are symbols, so every value of them is looked at.

mod equivalence;
mod prover;
mod script;

pub use prover::{Outcome, Prover};
pub use script::{Claims, parse};

use crate::synthesis::SourceFile;

/// How far a proof reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// k-induction: forever.
    Induction {
        /// Cycles that are assumed before the one that is proved.
        depth: usize,
    },
    /// All runs of so many cycles.
    Bounded {
        /// Cycles.
        depth: usize,
    },
}

/// How much of the design the solver sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// All of it.
    Whole,
    /// What handshakes depend on: outputs whose names end in `data` are no outputs, and what only they need is gone. A multiplier
    /// or a memory that is left is an error.
    Control,
}

/// What is to be proved.
#[derive(Clone, Debug)]
pub struct Proof {
    /// A name to find it by.
    pub name: String,
    /// What holds if it succeeds.
    pub claim: String,
    /// How far.
    pub reach: Reach,
    /// What of it is looked at.
    pub view: View,
    /// The top module.
    pub top: String,
    /// Its parameters.
    pub parameters: Vec<(String, usize)>,
    /// Verilog, with assertions.
    pub sources: Vec<SourceFile>,
    /// Images that `$readmemh` finds at their paths.
    pub memories: Vec<SourceFile>,
}

/// A module with properties before its `endmodule`, where they see its registers, and with what all properties start from:
/// `f_past`, which says that a cycle has gone before, and a reset in the first cycle.
pub fn with_properties(module: &str, properties: &str) -> String {
    const START: &str = "    reg f_past = 1'b0;\n    always @(posedge clk) f_past <= 1'b1;\n\
        \x20   always @* if (!f_past) assume (rst);\n";
    match module.rfind("endmodule") {
        Some(end) => {
            format!("{}\n    // ---- Properties.\n{START}{properties}\n{}", &module[..end], &module[end..])
        }
        None => module.to_owned(),
    }
}

/// Yosys' commands for [`View::Control`].
const CONTROL: &str = "setattr -mod -unset keep_hierarchy *\nflatten\ndelete -output o:*data\nopt_clean -purge\nselect -assert-none t:$mul t:$mem_v2\n";

impl Proof {
    /// The input of SymbiYosys, which gives up after so many seconds.
    fn script(&self, seconds: u64) -> String {
        let (mode, depth) = match self.reach {
            Reach::Induction { depth } => ("prove", depth),
            Reach::Bounded { depth } => ("bmc", depth),
        };
        let defined = if mode == "bmc" { " -DBOUNDED" } else { "" };
        let paths = self.sources.iter().map(|file| file.path.as_str()).collect::<Vec<_>>().join(" ");
        let parameters: String =
            self.parameters.iter().map(|(name, value)| format!(" -chparam {name} {value}")).collect();
        let files: String =
            self.sources.iter().chain(&self.memories).map(|file| format!("{0} {0}\n", file.path)).collect();
        let top = &self.top;
        let view = match self.view {
            View::Whole => "",
            View::Control => CONTROL,
        };
        format!(
            "[options]\nmode {mode}\ndepth {depth}\ntimeout {seconds}\n\n[engines]\nsmtbmc yices\n\n[script]\n\
             read_verilog -formal -sv{defined} {paths}\nhierarchy -check -top {top}{parameters}\nprep\n{view}\n\
             [files]\n{files}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(claim: &str) -> Proof {
        let module = "module m (\n    input wire clk,\n    input wire rst\n);\n    reg [2:0] n;\n    always @(posedge clk)\n\
             \x20       if (rst || n == 3'd4) n <= 3'd0;\n        else n <= n + 1'b1;\nendmodule\n";
        let text =
            with_properties(module, &format!("    always @(posedge clk) if (f_past) assert ({claim});\n"));
        Proof {
            name: "counter".into(),
            claim: claim.into(),
            reach: Reach::Induction { depth: 3 },
            view: View::Whole,
            top: "m".into(),
            parameters: Vec::new(),
            sources: vec![SourceFile { path: "m.v".into(), text }],
            memories: Vec::new(),
        }
    }

    #[test]
    fn what_holds_is_proved_and_what_does_not_is_refuted() {
        let prover = Prover::install(60, &|line| eprintln!("{line}")).expect("the prover installs");
        assert_eq!(prover.run(&counter("n <= 3'd4")).expect("runs"), Outcome::Proved);
        assert!(matches!(prover.run(&counter("n <= 3'd3")).expect("runs"), Outcome::Refuted(_)));
    }

    /// Of a product of two inputs, and whether it is an output; `ready` is the control.
    fn product(port: &str) -> Proof {
        let module = format!(
            "module m (\n    input wire clk,\n    input wire rst,\n    input wire [15:0] a,\n    output wire [31:0] {port},\n\
             \x20   output reg ready\n);\n    assign {port} = a * a;\n    always @(posedge clk) ready <= !rst;\nendmodule\n"
        );
        let claim = "    always @(posedge clk) if (f_past) assert (ready == !$past(rst));\n";
        let text = with_properties(&module, claim);
        let sources = vec![SourceFile { path: "m.v".into(), text }];
        Proof { view: View::Control, sources, ..counter("") }
    }

    #[test]
    fn only_control_is_left_or_the_proof_is_no_proof() {
        let prover = Prover::install(60, &|line| eprintln!("{line}")).expect("the prover installs");
        assert_eq!(prover.run(&product("m_data")).expect("runs"), Outcome::Proved);
        assert!(matches!(prover.run(&product("m_sum")).expect("runs"), Outcome::Failed(_)));
    }

    #[test]
    fn a_proof_that_takes_too_long_is_open() {
        // Factors of a product of two primes of 31 bits.
        let module = "module m (\n    input wire clk,\n    input wire rst,\n    input wire [61:0] a, b\n);\nendmodule\n";
        let claim = "    always @(posedge clk) if (f_past) assert (a[61:31] != 0 || b[61:31] != 0 || a < 2 || b < 2 || a * b != 62'd3469777015535040377);\n";
        let text = with_properties(module, claim);
        let sources = vec![SourceFile { path: "m.v".into(), text }];
        let prover = Prover::install(5, &|line| eprintln!("{line}")).expect("the prover installs");
        assert_eq!(prover.run(&Proof { sources, ..counter("") }).expect("runs"), Outcome::Open);
    }
}
