//! What may stand in the place of a line. Comments stay as they are.

use std::ops::Range;

/// A line with a range replaced.
fn spliced(line: &str, range: Range<usize>, with: &str) -> String {
    format!("{}{with}{}", &line[..range.start], &line[range.end..])
}

/// The part of a line before its comment.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

/// Ranges of a pattern in the code of a line.
fn all(line: &str, pattern: &str) -> Vec<Range<usize>> {
    code(line).match_indices(pattern).map(|(at, it)| at..at + it.len()).collect()
}

fn replaced(line: &str, pattern: &str, with: &str) -> Vec<String> {
    all(line, pattern).into_iter().map(|range| spliced(line, range, with)).collect()
}

/// Ranges of the digits behind a mark, such as `'d`, in the code of a line.
fn digits(line: &str, mark: &str, radix: u32) -> Vec<Range<usize>> {
    let end = |start: usize| start + code(line)[start..].chars().take_while(|c| c.is_digit(radix)).count();
    all(line, mark).into_iter().map(|it| it.end..end(it.end)).filter(|range| !range.is_empty()).collect()
}

/// The number that a parameter, whose name ends so, has in an instance: `.X_SIGNED  (1)`.
fn parameter(line: &str, name: &str) -> Vec<Range<usize>> {
    let after = |it: Range<usize>| {
        let gap = line[it.end..].len() - line[it.end..].trim_start().len();
        line[it.end + gap..].starts_with('(').then_some(it.end + gap + 1)
    };
    let ends: Vec<usize> = all(line, name).into_iter().filter_map(after).collect();
    digits(line, "(", 10).into_iter().filter(|range| ends.contains(&range.start)).collect()
}

/// A number one off: less where it can be.
fn one_off(number: &str) -> Option<String> {
    let value: u64 = number.parse().ok()?;
    Some(value.checked_sub(1).unwrap_or(value + 1).to_string())
}

/// Ends of counters, and their steps.
pub(super) fn counters(line: &str) -> Vec<String> {
    let compares = [" == ", " >= "].iter().any(|it| code(line).contains(it));
    let ends = digits(line, "'d", 10).into_iter().filter(|_| compares);
    let mut variants: Vec<String> =
        ends.filter_map(|range| Some(spliced(line, range.clone(), &one_off(&line[range])?))).collect();
    variants.extend(replaced(line, " + 1'b1", " - 1'b1"));
    if code(line).contains("LAST_") {
        variants.extend(replaced(line, " - 1;", " - 2;"));
    }
    variants
}

/// Arms of a choice, sides of a subtraction.
pub(super) fn swapped(line: &str) -> Vec<String> {
    choice(line).into_iter().chain(subtraction(line)).collect()
}

fn choice(line: &str) -> Option<String> {
    let [question] = &all(line, " ? ")[..] else { return None };
    let [colon] = &all(line, " : ")[..] else { return None };
    let end = code(line).rfind(';')?;
    let (yes, no) = (line.get(question.end..colon.start)?, line.get(colon.end..end)?);
    (yes != no).then(|| spliced(line, question.end..end, &format!("{no} : {yes}")))
}

fn subtraction(line: &str) -> Option<String> {
    let [minus] = &all(line, " - ")[..] else { return None };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let left = line[..minus.start].rfind(|c| !plain(c))? + 1;
    let right = minus.end + line[minus.end..].find(|c| !plain(c))?;
    let (a, b) = (&line[left..minus.start], &line[minus.end..right]);
    let names = [a, b].iter().all(|it| it.starts_with(|c: char| c.is_ascii_lowercase()));
    names.then(|| spliced(line, left..right, &format!("{b} - {a}")))
}

/// Signs that are lost: of shifts, of parameters, of extensions, and of wires that are compared or multiplied. Addition
/// in two's complement does not ask for a sign.
pub(super) fn unsigned(text: &str, line: &str) -> Vec<String> {
    let mut variants = replaced(line, ">>>", ">>");
    let set = parameter(line, "SIGNED").into_iter().filter(|range| &line[range.clone()] == "1");
    variants.extend(set.map(|range| spliced(line, range, "0")));
    variants.extend(extension(line));
    let declared = ["wire signed [", "reg  signed [", "reg signed ["];
    variants.extend(declared.iter().filter(|_| asks_for_sign(text, line)).flat_map(|pattern| {
        let plain = pattern.replace("signed ", "");
        replaced(line, pattern, &plain)
    }));
    variants
}

/// `{{3{x[4]}}, x}`: the sign is repeated.
fn extension(line: &str) -> Option<String> {
    let open = code(line).find("{{").map(|at| at + 2)?;
    let inner = open + line[open..].find('{')? + 1;
    let close = inner + line[inner..].find("}}")?;
    let sign = &line[inner..close];
    (sign.ends_with(']') && !sign.contains("'b")).then(|| spliced(line, inner..close, "1'b0"))
}

/// Whether the wire that a line declares is compared, multiplied or shifted somewhere.
fn asks_for_sign(text: &str, line: &str) -> bool {
    let Some(rest) = code(line).split(']').nth(1) else { return false };
    let name = rest.trim().split([' ', ';', '[']).next().unwrap_or_default();
    let asks = |other: &str| {
        let words = code(other).split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let uses = words.filter(|word| *word == name).count() > 0 && other != line;
        uses && [" * ", " > ", " < ", " >= ", ">>>"].iter().any(|it| code(other).contains(it))
    };
    !name.is_empty() && text.lines().any(asks)
}

/// A handshake wire that does not change.
pub(super) fn stuck(wire: &str, line: &str) -> Vec<String> {
    let Some((target, _)) = code(line).split_once(" = ") else { return Vec::new() };
    let drives = target.trim_start().starts_with("assign ") && target.trim_end().ends_with(wire);
    let whole = drives && code(line).trim_end().ends_with(';');
    ["1'b0", "1'b1"].into_iter().filter(|_| whole).map(|value| format!("{target} = {value};")).collect()
}

/// One condition for the other.
pub(super) fn conditions(line: &str) -> Vec<String> {
    let mut variants = replaced(line, " && ", " || ");
    variants.extend(replaced(line, " || ", " && "));
    variants
}

/// A bit of every hexadecimal digit, one after another.
fn bits(line: &str, digits: Range<usize>) -> Vec<String> {
    let flip = |(at, c): (usize, char)| {
        let digit = c.to_digit(16)? ^ (1 << (at % 2));
        Some(spliced(line, digits.start + at..digits.start + at + 1, &format!("{digit:x}")))
    };
    line[digits.clone()].char_indices().filter_map(flip).collect()
}

/// Bits of a memory's word, or of a literal of weights.
pub(super) fn memory_bits(verilog: bool, line: &str) -> Vec<String> {
    match verilog {
        false => bits(line, 0..line.len()),
        true if code(line).contains(" WEIGHTS_") => {
            digits(line, "'h", 16).into_iter().flat_map(|range| bits(line, range)).collect()
        }
        true => Vec::new(),
    }
}

/// Bits of thresholds: parameters of a lane, or words of a file.
pub(super) fn threshold_bits(verilog: bool, line: &str) -> Vec<String> {
    match verilog {
        false => bits(line, 0..line.len()),
        true if code(line).trim_start().starts_with(".STEP") => {
            digits(line, "'h", 16).into_iter().flat_map(|range| bits(line, range)).collect()
        }
        true => Vec::new(),
    }
}

/// Depths of FIFOs, capacities of rings, and a two-deep buffer that is a one-deep one.
pub(super) fn shallow(line: &str) -> Vec<String> {
    let mut variants: Vec<String> = [".DEPTH", ".CAPACITY"]
        .iter()
        .flat_map(|name| parameter(line, name))
        .filter(|range| line[range.clone()].parse::<u64>().is_ok_and(|depth| depth > 1))
        .filter_map(|range| Some(spliced(line, range.clone(), &one_off(&line[range])?)))
        .collect();
    let instances = replaced(line, "    stream_skid #(", "    stream_half #(");
    variants.extend(instances);
    variants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_change_places() {
        assert_eq!(swapped("  wire a = c ? x : y;"), ["  wire a = c ? y : x;"]);
        assert_eq!(swapped("  held <= codes - half;"), ["  held <= half - codes;"]);
        assert!(swapped("  wire [A - 1:0] b;").is_empty());
    }

    #[test]
    fn signs_are_lost_where_they_count() {
        let text = "wire signed [3:0] a = x;\nwire signed [3:0] b = y;\nwire c = a > d;\n";
        assert_eq!(unsigned(text, "wire signed [3:0] a = x;"), ["wire [3:0] a = x;"]);
        assert!(unsigned(text, "wire signed [3:0] b = y;").is_empty());
        assert_eq!(unsigned("", "assign w = {{2{a[3]}}, a};"), ["assign w = {{2{1'b0}}, a};"]);
        assert_eq!(unsigned("", "    .X_SIGNED  (1),"), ["    .X_SIGNED  (0),"]);
        assert_eq!(unsigned("", "    .SIGNED    (1),"), ["    .SIGNED    (0),"]);
    }

    #[test]
    fn every_digit_loses_or_gains_a_bit() {
        assert_eq!(memory_bits(false, "0f"), ["1f", "0d"]);
        assert_eq!(threshold_bits(true, "  .STEP0 (8'h12),"), ["  .STEP0 (8'h02),", "  .STEP0 (8'h10),"]);
    }

    #[test]
    fn buffers_get_shallow() {
        assert_eq!(shallow("  .DEPTH (4)"), ["  .DEPTH (3)"]);
        assert_eq!(shallow("    stream_skid #("), ["    stream_half #("]);
        assert!(shallow("  .DEPTH (1)").is_empty());
    }
}
