//! Constants: words of any width, and the memory images of `$readmemh`.

use mpqc_ir::number::IntType;

/// A word of any width, built from the lowest bit up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    bits: usize,
    digits: Vec<u8>,
}

impl Word {
    /// An empty word.
    pub fn new() -> Self {
        Word::default()
    }

    /// The word of some values, the first in the lowest bits.
    pub fn of(ty: IntType, values: impl IntoIterator<Item = i64>) -> Self {
        let mut word = Word::new();
        for value in values {
            word.push(ty.bits, ty.encode(value));
        }
        word
    }

    /// Appends `bits` bits above those that are there.
    pub fn push(&mut self, bits: u32, pattern: u64) {
        for i in 0..bits {
            if self.bits.is_multiple_of(4) {
                self.digits.push(0);
            }
            if let Some(digit) = self.digits.last_mut() {
                *digit |= u8::from(pattern >> i & 1 == 1) << (self.bits % 4);
            }
            self.bits += 1;
        }
    }

    /// Width in bits.
    pub fn width(&self) -> usize {
        self.bits
    }

    /// All digits in hexadecimal, most significant first.
    pub fn hex(&self) -> String {
        self.digits.iter().rev().map(|d| char::from_digit(u32::from(*d), 16).unwrap_or('0')).collect()
    }

    /// As a Verilog literal.
    pub fn literal(&self) -> String {
        format!("{}'h{}", self.bits, self.hex())
    }
}

/// A memory image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Path in the design's folder, as the Verilog reads it.
    pub path: String,
    /// Words, address 0 first, all of one width.
    pub words: Vec<Word>,
}

impl Memory {
    /// The file: a word a line.
    pub fn hex(&self) -> String {
        self.words.iter().map(|word| word.hex() + "\n").collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fill_from_the_lowest_bit() {
        let ty = IntType::quantizer(true, 3, false);
        let word = Word::of(ty, [1, -1, -4]);
        assert_eq!((word.width(), word.literal()), (9, "9'h139".to_owned()));
        assert_eq!(Word::of(IntType::BIPOLAR, [1, -1, 1]).literal(), "3'h5");
    }
}
