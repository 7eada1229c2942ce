//! Formal proofs of Verilog: SymbiYosys with an SMT solver, both from PyPI.
//!
//! A [`Proof`] is Verilog with assertions in it. By induction it holds forever, from any state that a reset leaves; bounded, it
//! holds for so many cycles after any state and a reset. Without clock edges that matter, a bounded proof is a whole one:
//! operands are symbols, so every value of them is looked at.

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

/// What is to be proved.
#[derive(Clone, Debug)]
pub struct Proof {
    /// A name to find it by.
    pub name: String,
    /// What holds if it succeeds.
    pub claim: String,
    /// How far.
    pub reach: Reach,
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

impl Proof {
    /// The input of SymbiYosys.
    fn script(&self) -> String {
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
        format!(
            "[options]\nmode {mode}\ndepth {depth}\n\n[engines]\nsmtbmc yices\n\n[script]\n\
             read_verilog -formal -sv{defined} {paths}\nhierarchy -check -top {top}{parameters}\nprep\n\n[files]\n{files}"
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
            top: "m".into(),
            parameters: Vec::new(),
            sources: vec![SourceFile { path: "m.v".into(), text }],
            memories: Vec::new(),
        }
    }

    #[test]
    fn what_holds_is_proved_and_what_does_not_is_refuted() {
        let prover = Prover::install(&|line| eprintln!("{line}")).expect("the prover installs");
        assert_eq!(prover.run(&counter("n <= 3'd4")).expect("runs"), Outcome::Proved);
        assert!(matches!(prover.run(&counter("n <= 3'd3")).expect("runs"), Outcome::Refuted(_)));
    }
}
