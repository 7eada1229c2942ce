//! Faults that change no behaviour that a stream shows, and why.

/// A fault is told by words of its description.
struct Explanation {
    words: &'static [&'static str],
    reason: &'static str,
}

const DOWN: &str = "of three beats, 0, 3, 2 ends as late as 0, 1, 2, and only its end is read: \
    down from 0 in w bits, an end e comes after 2^w - e steps, which is e where e is 2^(w-1)";

const EXPLANATIONS: &[Explanation] = &[
    Explanation { words: &["add_signs_add_2", "beat <= last ? 2'd0 : beat - 1'b1"], reason: DOWN },
    Explanation {
        words: &["thr_channels_axis_input_0", "beat    <= last ? 2'd0 : beat - 1'b1"],
        reason: DOWN,
    },
    Explanation {
        words: &["thr_two_steps_axis_input_0", "beat    <= last ? 2'd0 : beat - 1'b1"],
        reason: DOWN,
    },
    Explanation {
        words: &["fork3_axis_output_4", "beat <= m_axis_tlast ? 2'd0 : beat - 1'b1"],
        reason: DOWN,
    },
    Explanation {
        words: &["fifos_axis_output_3", "beat <= m_axis_tlast ? 2'd0 : beat - 1'b1"],
        reason: DOWN,
    },
    Explanation {
        words: &["groups_mac, ", "plane_join.v", "a = {{(SHIFT+1){1'b0}}, low[IN-1:SHIFT]}"],
        reason: "activations are unsigned there, so that sums of planes below the top one are never negative",
    },
    Explanation {
        words: &["pad_signs, ", "pad_1: value is 0"],
        reason: "of ±1, -1 is the bit 0, and so is a 0 that is no value of the type",
    },
    Explanation {
        words: &["lines_strides_differ_line_buffer_1", "column >= 3'd1 && column_phase"],
        reason: "the phase is the column's lowest bit: column 1 never has phase 0",
    },
];

/// Why a fault, told by its design's name and how [`rtl::Fault`](super::rtl::Fault) or [`model`](super::model) describes it, is none; nothing
/// where it is one.
pub fn explanation(fault: &str) -> Option<&'static str> {
    let fits = |it: &&Explanation| it.words.iter().all(|word| fault.contains(word));
    EXPLANATIONS.iter().find(fits).map(|it| it.reason)
}
