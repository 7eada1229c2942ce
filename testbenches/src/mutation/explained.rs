//! Faults that change no behaviour that a stream shows, and why.

/// A fault is told by words of its description.
struct Explanation {
    words: &'static [&'static str],
    reason: &'static str,
}

const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        words: &["add_signs_add_2", "beat <= last ? 2'd0 : beat - 1'b1"],
        reason: "of three beats, 0, 3, 2 ends as late as 0, 1, 2, and only its end is read: \
            down from 0 in w bits, an end e comes after 2^w - e steps, which is e where e is 2^(w-1)",
    },
    Explanation {
        words: &["lines_strides_differ_line_buffer_1", "column >= 3'd1 && column_phase"],
        reason: "the phase is the column's lowest bit: column 1 never has phase 0",
    },
];

/// Why a fault, as [`rtl::Fault`](super::rtl::Fault) describes itself, is none; nothing where it is one.
pub fn explanation(fault: &str) -> Option<&'static str> {
    let fits = |it: &&Explanation| it.words.iter().all(|word| fault.contains(word));
    EXPLANATIONS.iter().find(fits).map(|it| it.reason)
}
