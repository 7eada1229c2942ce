//! Faults that change no behaviour that a stream shows, and why.

use super::rtl::Fault;

/// A fault of a design of the table of blocks, told by words of its description.
struct Explanation {
    design: &'static str,
    words: &'static [&'static str],
    reason: &'static str,
}

const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        design: "groups_mac",
        words: &["plane_join.v", "a = {{(SHIFT+1){1'b0}}, low[IN-1:SHIFT]}"],
        reason: "activations are unsigned there, so that sums of planes below the top one are never negative",
    },
    Explanation {
        design: "pool_overlapping",
        words: &["pool_2.v", "column <= last_column ? column + 1'b1 : 5'd0"],
        reason: "27 columns are three times the nine of a rectangle: its phase begins anew without the end of the row",
    },
    Explanation {
        design: "lines_strides_differ",
        words: &["line_buffer_1.v", ".DEPTH        (15)"],
        reason: "the last word holds the last column, which no window of three columns in steps of two reaches",
    },
    Explanation {
        design: "add_nothing",
        words: &["add_2: gain 1"],
        reason: "the second operand is always 0",
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

/// Why a fault of a module of this text is none, by what it says alone: a counter of three beats that counts down, of which 0 and
/// the end, 2, are read. In two bits it goes 0, 3, 2 for 0, 1, 2.
pub fn explanation_by_text(fault: &Fault, text: &str) -> Option<&'static str> {
    let (before, _) = fault.after.split_once(" - 1'b1")?;
    let (arms, counter) = before.rsplit_once(' ')?;
    let read = |line: &str| words(line, counter).all(|(ahead, behind)| is_alike(ahead, behind));
    let alike = arms.ends_with("? 2'd0 :") && text.lines().all(read);
    alike.then_some(
        "a counter that goes 0, 3, 2 ends as late as one that goes 0, 1, 2, and only 0 and 2 are read",
    )
}

/// What stands before and behind each `word` in a line's code.
fn words<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let code = line.split("//").next().unwrap_or(line);
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).filter_map(move |(at, _)| {
        let (ahead, behind) = (&code[..at], &code[at + word.len()..]);
        let whole = !ahead.ends_with(is_part) && !behind.starts_with(is_part);
        whole.then_some((ahead.trim(), behind.trim_start()))
    })
}

/// Whether a counter between these is the same for both ways to count: declared, set, counted on, or compared with 0 or 2.
fn is_alike(ahead: &str, behind: &str) -> bool {
    let declared = behind.starts_with(';') && ahead.starts_with("reg") && ahead.ends_with("[1:0]");
    // In an expression, `<=` compares.
    let is_statement = ahead.is_empty() || ahead.ends_with(')');
    let from_0 = |value: &str| value.starts_with("2'd0;") || value.contains("? 2'd0 : ");
    let set = is_statement && behind.strip_prefix("<= ").is_some_and(from_0);
    let ends = |tail: &str| !tail.starts_with(|c: char| c.is_alphanumeric());
    let compared = ["== 2'd0", "== 2'd2"].iter().find_map(|it| behind.strip_prefix(it));
    declared || set || behind.starts_with("+ 1'b1") || compared.is_some_and(ends)
}

#[cfg(test)]
mod tests {
    use super::super::{model, rtl};
    use super::*;
    use mpqc_ir::design::testing::cases;

    const COUNTER: &str = "    reg  [1:0] beat;  // of the beat\n    wire last = beat == 2'd2;\n    wire beats = last;\n\
        \x20   if (step) beat <= last ? 2'd0 : beat + 1'b1;\n";

    fn down() -> Fault {
        let before = "    if (step) beat <= last ? 2'd0 : beat + 1'b1;".to_owned();
        let after = before.replace('+', "-");
        Fault { operator: rtl::Operator::CounterOffByOne, path: "rtl/m.v".into(), line: 4, before, after }
    }

    #[test]
    fn three_beats_may_be_counted_down_where_only_their_end_is_read() {
        assert!(explanation_by_text(&down(), COUNTER).is_some());
        let others = [
            "wire [1:0] address = beat;",
            "wire middle = beat == 2'd1;",
            "wire early = beat < 2'd2;",
            "wire first = beat <= 2'd1;",
            "if (beat <= 2'd1) n <= 1'b0;",
            "if (skip) beat <= 2'd1;",
        ];
        for line in others {
            assert_eq!(explanation_by_text(&down(), &format!("{COUNTER}    {line}\n")), None, "{line}");
        }
        let four = down().after.replace("2'd0", "3'd0");
        assert_eq!(explanation_by_text(&Fault { after: four, ..down() }, COUNTER), None);
    }

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
