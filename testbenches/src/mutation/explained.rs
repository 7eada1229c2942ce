//! Faults that change no behaviour that a stream shows, and why.

/// A fault of a design of the table of blocks, told by words of its description.
struct Explanation {
    design: &'static str,
    words: &'static [&'static str],
    reason: &'static str,
}

const DOWN: &str = "a counter of three beats that goes 0, 3, 2 ends as late as one that goes 0, 1, 2, and only its end is read";

const EXPLANATIONS: &[Explanation] = &[
    Explanation { design: "add_signs", words: &["add_2.v", "? 2'd0 : beat - 1'b1"], reason: DOWN },
    Explanation { design: "thr_channels", words: &["axis_input_0.v", "? 2'd0 : beat - 1'b1"], reason: DOWN },
    Explanation { design: "thr_two_steps", words: &["axis_input_0.v", "? 2'd0 : beat - 1'b1"], reason: DOWN },
    Explanation { design: "fork3", words: &["axis_output_4.v", "? 2'd0 : beat - 1'b1"], reason: DOWN },
    Explanation { design: "fifos", words: &["axis_output_3.v", "? 2'd0 : beat - 1'b1"], reason: DOWN },
    Explanation {
        design: "groups_mac",
        words: &["plane_join.v", "a = {{(SHIFT+1){1'b0}}, low[IN-1:SHIFT]}"],
        reason: "activations are unsigned there, so that sums of planes below the top one are never negative",
    },
    Explanation {
        design: "pad_signs",
        words: &["pad_1: value is 0"],
        reason: "of ±1, -1 is the bit 0, and so is a 0 that is no value of the type",
    },
    Explanation {
        design: "lines_strides_differ",
        words: &["line_buffer_1.v", "column >= 3'd1 && column_phase"],
        reason: "the phase is the column's lowest bit: column 1 never has phase 0",
    },
];

/// Why a fault of a design, as [`rtl::Fault`](super::rtl::Fault) or [`model::fault`](super::model::fault) describes it, is none; nothing where it
/// is one.
pub fn explanation(design: &str, fault: &str) -> Option<&'static str> {
    let fits = |it: &&Explanation| it.design == design && it.words.iter().all(|word| fault.contains(word));
    EXPLANATIONS.iter().find(fits).map(|it| it.reason)
}

#[cfg(test)]
mod tests {
    use super::super::{model, rtl};
    use super::*;
    use mpqc_ir::design::testing::cases;

    /// Else an explanation has outlived the Verilog that it is about.
    #[test]
    fn every_explanation_is_of_a_fault() {
        let designs = cases();
        for it in EXPLANATIONS {
            let design = designs.iter().find(|design| design.name == it.design).expect("it is in the table");
            let folder = tempfile::tempdir().expect("a temporary folder");
            let folder = folder.path().join("design");
            mpqc_codegen::write(design, &folder, false).expect("writes");
            let in_rtl = rtl::Operator::ALL.into_iter().flat_map(|operator| {
                rtl::faults(&folder, operator).expect("reads").into_iter().map(|fault| fault.to_string())
            });
            let in_model = model::Operator::ALL.into_iter().flat_map(|operator| {
                (0..32).filter_map(move |seed| Some(model::fault(design, operator, seed)?.0))
            });
            let known = |fault: String| explanation(it.design, &fault) == Some(it.reason);
            assert!(in_rtl.chain(in_model).any(known), "{}: {:?}", it.design, it.words);
        }
    }
}
