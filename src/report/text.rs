//! Numbers as people read them.

/// With a comma every three digits.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three digits and a prefix: 57.9 M.
pub(super) fn si(number: f64) -> String {
    let scales = [(1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")];
    let (scale, prefix) = scales.into_iter().find(|(scale, _)| number >= *scale).unwrap_or((1.0, ""));
    let value = number / scale;
    let decimals = if prefix.is_empty() || value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.decimals$}{prefix}")
}

/// A fraction in percent.
pub(super) fn percent(fraction: f64) -> String {
    let decimals = if fraction >= 0.9995 || fraction == 0.0 { 0 } else { 1 };
    format!("{:.decimals$} %", 100.0 * fraction)
}

/// So many of something.
pub(super) fn plural(count: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// At most `length` characters; the middle gives way.
pub(super) fn shortened(text: &str, length: usize) -> String {
    let count = text.chars().count();
    if count <= length {
        return text.to_owned();
    }
    let (head, tail) = (length / 2, length - length / 2 - 1);
    let first: String = text.chars().take(head).collect();
    let last: String = text.chars().skip(count - tail).collect();
    format!("{first}…{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_grouped() {
        assert_eq!([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([7.0, 5.79e7, 1.5e12, 123456.0].map(si), ["7", "57.9 M", "1.50 T", "123 k"]);
        assert_eq!([0.0, 0.123, 1.0].map(percent), ["0 %", "12.3 %", "100 %"]);
        assert_eq!(shortened("/features/0/Conv_with_a_name", 11), "/feat…_name");
        assert_eq!([1, 2000].map(|n| plural(n, "frame")), ["1 frame", "2,000 frames"]);
    }
}
