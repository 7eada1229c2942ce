//! Headers of npy files, looked at before they are parsed.
//!
//! An array of numbers has a dictionary in its header, and in it a tuple. Parsers of Python literals take time that doubles with
//! every bracket that stands in another; a bracket in a text cannot be told from others without parsing, so that all are counted.

use std::io::{self, Cursor, Read};

/// Brackets that may be opened: two are enough for numbers.
const OPENED: usize = 4;
/// Bytes of the longest header.
const LONGEST: u64 = 1 << 16;
/// Bytes before the length: magic and version.
const PREAMBLE: usize = 8;

/// The same bytes as `reader`, the header of which was looked at.
///
/// # Errors
/// Where it is none of an npy file of plain numbers, or cannot be read.
pub fn checked<R: Read>(mut reader: R) -> io::Result<impl Read> {
    let mut start = vec![0; PREAMBLE];
    fill(&mut reader, &mut start)?;
    if !start.starts_with(b"\x93NUMPY") {
        return Err(wrong("it does not begin as npy files do"));
    }
    // Version 1 has a length of two bytes, later ones of four.
    let mut length = [0; 8];
    let bytes = if start[6] == 1 { 2 } else { 4 };
    fill(&mut reader, &mut length[..bytes])?;
    start.extend_from_slice(&length[..bytes]);
    let length = u64::from_le_bytes(length);
    if length > LONGEST {
        return Err(wrong("its header is longer than 64 KiB"));
    }
    reader.by_ref().take(length).read_to_end(&mut start)?;
    let header = &start[PREAMBLE + bytes..];
    if header.iter().filter(|byte| b"[({".contains(byte)).count() > OPENED {
        return Err(wrong("its elements are not numbers: the header has more brackets than theirs"));
    }
    if elements(header).is_none() {
        return Err(wrong("its shape has more elements than can be counted"));
    }
    Ok(Cursor::new(start).chain(reader))
}

/// The product of the numbers in the header's tuple, if there is one.
fn elements(header: &[u8]) -> Option<u64> {
    let tuple = header.split(|byte| b"()".contains(byte)).nth(1).unwrap_or_default();
    let digits = tuple.split(|byte| !byte.is_ascii_digit()).filter(|digits| !digits.is_empty());
    digits
        .map(|digits| std::str::from_utf8(digits).ok()?.parse::<u64>().ok())
        .try_fold(1_u64, |all, n| all.checked_mul(n?))
}

fn wrong(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

fn fill(reader: &mut impl Read, bytes: &mut [u8]) -> io::Result<()> {
    reader.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => wrong("it ends before its header does"),
        _ => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str) -> Vec<u8> {
        let length = u16::try_from(header.len()).expect("a short header").to_le_bytes();
        [&b"\x93NUMPY\x01\x00"[..], &length, header.as_bytes(), b"data"].concat()
    }

    #[test]
    fn good_headers_pass_with_all_that_is_behind_them() {
        let good = file("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }");
        let mut read = Vec::new();
        checked(&good[..]).expect("a good header").read_to_end(&mut read).expect("it is in memory");
        assert_eq!(read, good);
    }

    #[test]
    fn what_a_parser_would_take_forever_for_is_refused() {
        let refused = |bytes: &[u8]| checked(bytes).map(drop).expect_err("no header of numbers").to_string();
        for brackets in ["[".repeat(40), "[']',".repeat(40)] {
            let deep = file(&format!("{brackets}{{'descr': '<i8'"));
            assert!(refused(&deep).contains("brackets"), "{}", refused(&deep));
        }
        let large = file("{'descr': '<f4', 'fortran_order': False, 'shape': (8589934592, 8589934592), }");
        assert!(refused(&large).contains("counted"), "{}", refused(&large));
        let long = [&b"\x93NUMPY\x02\x00"[..], &u32::MAX.to_le_bytes()].concat();
        assert!(refused(&long).contains("64 KiB"));
        assert!(refused(b"\x93NUMPX\x01\x00\x00\x00").contains("begin"));
        assert!(refused(b"\x93NUM").contains("ends"));
    }
}
