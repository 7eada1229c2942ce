//! Streams: what flows between two blocks, and in which order.

use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// A valid/ready stream.
///
/// A frame is `vectors` vectors of `vector` elements; each vector is sent `repeats` times in a row, in beats
/// of `lanes` elements, element 0 first and in the lowest bits. The last beat of a vector is padded with
/// lanes of all-zero bits where `lanes` does not divide `vector`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// Unique, a legal Verilog identifier.
    pub name: String,
    /// Type of an element.
    pub elem: IntType,
    /// Elements per beat.
    pub lanes: usize,
    /// Elements per vector.
    pub vector: usize,
    /// Vectors per frame.
    pub vectors: usize,
    /// Times that each vector is sent.
    pub repeats: usize,
    /// Output port of the producer.
    pub from: usize,
    /// Input port of the consumer.
    pub to: usize,
}

impl Stream {
    /// Width of the data in bits.
    pub fn width(&self) -> usize {
        self.lanes * self.elem.bits as usize
    }

    /// 32-bit words that hold a beat.
    pub fn words(&self) -> usize {
        self.width().div_ceil(32)
    }

    /// Beats that one sending of a vector takes.
    pub fn beats_per_vector(&self) -> usize {
        self.vector.div_ceil(self.lanes)
    }

    /// Beats per frame.
    pub fn beats_per_frame(&self) -> usize {
        self.beats_per_vector() * self.repeats * self.vectors
    }

    /// Packs beat `beat` of a frame, whose elements are `frame` (vector after vector, each once), into
    /// `words` 32-bit words, least significant first.
    pub fn pack_beat(&self, frame: &[i64], beat: usize, words: &mut [u32]) {
        words.fill(0);
        let per_vector = self.beats_per_vector();
        let first = (beat / (per_vector * self.repeats)) * self.vector;
        let start = (beat % per_vector) * self.lanes;
        let end = (start + self.lanes).min(self.vector);
        for (lane, value) in frame[first + start..first + end].iter().enumerate() {
            put_bits(words, lane * self.elem.bits as usize, self.elem.bits, self.elem.encode(*value));
        }
    }
}

/// Writes `bits` bits of `pattern` at bit `at` of little-endian words that are zero there.
pub(crate) fn put_bits(words: &mut [u32], at: usize, bits: u32, pattern: u64) {
    let wide = u128::from(pattern) << (at % 32);
    let last = (at + bits as usize - 1) / 32;
    for (i, word) in words[at / 32..=last].iter_mut().enumerate() {
        *word |= (wide >> (32 * i)) as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_follow_vectors_repeats_and_padding() {
        let elem = IntType::quantizer(true, 5, false);
        let s =
            Stream { name: "s".into(), elem, lanes: 8, vector: 10, vectors: 2, repeats: 3, from: 0, to: 0 };
        assert_eq!((s.width(), s.words(), s.beats_per_frame()), (40, 2, 12));
        let frame: Vec<i64> = (0..20).map(|i| i - 10).collect();
        let mut words = vec![0; 2];
        s.pack_beat(&frame, 7, &mut words); // second vector, first repeat, second beat: 8, 9
        assert_eq!(words, [8 | 9 << 5, 0]);
        s.pack_beat(&frame, 2, &mut words); // first vector, second repeat, first beat
        let bits = u64::from(words[0]) | u64::from(words[1]) << 32;
        assert_eq!((0..8).map(|i| elem.decode(bits >> (5 * i))).collect::<Vec<_>>(), frame[..8]);
    }
}
