//! Pieces of Verilog text that templates share.

use mpqc_ir::int_network::Shape;
use mpqc_ir::number::{Encoding, IntType};
use std::cmp::Ordering;

/// `[7:0]` for a width of 8.
pub(crate) fn range(width: usize) -> String {
    format!("[{}:0]", width - 1)
}

/// `[7:0]` for each width, padded to the longest; the last is that of a single wire: blank.
pub(crate) fn ranges<const N: usize>(widths: [usize; N]) -> ([String; N], String) {
    let plain = widths.map(range);
    let longest = plain.iter().map(String::len).max().unwrap_or(0);
    (plain.map(|range| format!("{range:<longest$}")), " ".repeat(longest))
}

/// Bits of a counter that counts `0..n`.
pub(crate) fn counter_bits(n: usize) -> usize {
    (usize::BITS - n.saturating_sub(1).leading_zeros()).max(1) as usize
}

/// The expression that brings the wire `name` of `from` bits to `to` bits, by its sign or by zeros; the
/// upper bits are left off where `to` is less.
pub(crate) fn resized(name: &str, from: usize, signed: bool, to: usize) -> String {
    let more = to.saturating_sub(from);
    match (to.cmp(&from), signed) {
        (Ordering::Less, _) => format!("{name}[{}:0]", to - 1),
        (Ordering::Equal, _) => name.to_owned(),
        (Ordering::Greater, false) => format!("{{{more}'d0, {name}}}"),
        (Ordering::Greater, true) => format!("{{{{{more}{{{name}[{}]}}}}, {name}}}", from - 1),
    }
}

/// The signed expression of a stream's element `name`, and its width.
pub(crate) fn signed(name: &str, ty: IntType) -> (String, usize) {
    let bits = ty.bits as usize;
    match ty.encoding {
        Encoding::Signed => (format!("$signed({name})"), bits),
        Encoding::Unsigned => (format!("$signed({{1'b0, {name}}})"), bits + 1),
        Encoding::Bipolar => (format!("$signed({{!{name}, 1'b1}})"), 2),
    }
}

/// A value as an unsigned literal of `bits` bits, in two's complement.
pub(crate) fn constant(bits: usize, value: i64) -> String {
    let mask = if bits >= 64 { u64::MAX } else { (1 << bits) - 1 };
    format!("{bits}'h{:x}", value as u64 & mask)
}

/// What a module's head says of the image that it takes.
pub(crate) fn arriving(input: Shape, fill: usize, elem: IntType, lanes: usize) -> String {
    let Shape { height, width, channels } = input;
    let (beats, arrive) = (channels / lanes, channels - fill);
    let filled = if fill == 0 { String::new() } else { format!(", the last {fill} of which are zero") };
    format!(
        "Arriving: {height} x {width} pixels of {arrive} x {elem}, in {beats} beats of {lanes} lanes{filled}."
    )
}

/// Words of one length, filled with blanks.
pub(crate) fn aligned<const N: usize>(words: [&str; N]) -> [String; N] {
    let longest = words.map(str::len).into_iter().max().unwrap_or(0);
    words.map(|word| format!("{word:longest$}"))
}

/// Text from a model as a comment may hold it: printable ASCII.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

/// Words joined by a separator, in comment lines of at most 110 columns.
pub(crate) fn comment(first: &str, items: &[String], separator: &str) -> String {
    let mut lines = String::new();
    let mut line = format!("// {first}");
    for (i, item) in items.iter().enumerate() {
        let last = i + 1 == items.len();
        let piece = format!(" {}{}", item, if last { "" } else { separator });
        if line.len() + piece.len() > 110 {
            lines += line.trim_end();
            lines.push('\n');
            line = "//  ".to_owned();
        }
        line += &piece;
    }
    lines + line.trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_align() {
        assert_eq!(ranges([8, 128]), (["[7:0]  ".to_owned(), "[127:0]".to_owned()], "       ".to_owned()));
    }

    #[test]
    fn wires_are_resized_by_their_sign() {
        assert_eq!(resized("x", 4, true, 6), "{{2{x[3]}}, x}");
        assert_eq!(resized("x", 4, false, 6), "{2'd0, x}");
        assert_eq!((resized("x", 4, true, 4).as_str(), resized("x", 4, true, 3).as_str()), ("x", "x[2:0]"));
        assert_eq!(constant(5, -3), "5'h1d");
    }

    #[test]
    fn counters_have_at_least_one_bit() {
        assert_eq!([1, 2, 3, 4, 5].map(counter_bits), [1, 1, 2, 2, 3]);
    }

    #[test]
    fn long_comments_wrap() {
        let names: Vec<String> = (0..12).map(|i| format!("a_long_node_name_{i}")).collect();
        let text = comment("ONNX nodes:", &names, ",");
        assert_eq!(text.lines().count(), 3);
        assert!(text.lines().all(|line| line.len() <= 110 && line.starts_with("// ")));
    }
}
