//! Bytes that are nearly those of a good file.

use mpqc_ir::design::testing::Random;

/// Changes of a file at most.
const MOST_CHANGES: i64 = 4;

/// Numbers that are often wrong.
const NUMBERS: [u64; 8] = [0, 1, 0x7f, 0x80, 0xff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

/// `seed` with a few changes, parts of `other` among them.
pub fn mutated(seed: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..random.within(1, MOST_CHANGES) {
        change(&mut bytes, other, random);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let (start, end) = range(bytes.len(), random);
    match random.within(0, 8) {
        0 if start < bytes.len() => bytes[start] ^= 1 << random.within(0, 7),
        1 if start < bytes.len() => bytes[start] = random.bits() as u8,
        2 => bytes.truncate(start),
        3 => drop(bytes.drain(start..end)),
        4 => {
            let copied = bytes[start..end].to_vec();
            bytes.splice(start..start, copied);
        }
        5 => number(bytes, start, random),
        6 => {
            let (from, to) = range(other.len(), random);
            bytes.splice(start..end, other[from..to].iter().copied());
        }
        7 => digits(bytes, random),
        _ => bytes.insert(start, random.bits() as u8),
    }
}

/// A short range.
fn range(length: usize, random: &mut Random) -> (usize, usize) {
    let start = random.within(0, length as i64) as usize;
    let longest = if random.within(0, 3) == 0 { length } else { 16 };
    (start, start + random.within(0, (length - start).min(longest) as i64) as usize)
}

/// An interesting number over what is there.
fn number(bytes: &mut [u8], start: usize, random: &mut Random) {
    let value = NUMBERS[random.within(0, NUMBERS.len() as i64 - 1) as usize].to_le_bytes();
    let width = 1 << random.within(0, 3);
    for (byte, new) in bytes[start..].iter_mut().zip(&value[..width]) {
        *byte = *new;
    }
}

/// Another number in place of a decimal one, as texts have them.
fn digits(bytes: &mut Vec<u8>, random: &mut Random) {
    let from = random.within(0, bytes.len() as i64) as usize;
    let Some(start) = bytes[from..].iter().position(u8::is_ascii_digit).map(|at| from + at) else { return };
    let end = start + bytes[start..].iter().take_while(|it| it.is_ascii_digit()).count();
    let value = match random.within(0, 2) {
        0 => random.within(-3, 3).to_string(),
        1 => NUMBERS[random.within(0, NUMBERS.len() as i64 - 1) as usize].to_string(),
        _ => format!("{}.5e{}", random.within(-9, 9), random.within(-400, 400)),
    };
    bytes.splice(start..end, value.bytes());
}
