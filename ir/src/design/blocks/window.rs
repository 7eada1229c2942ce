//! Sliding window that reads each pixel as often as the folding behind it needs.

mod axis;

pub use axis::Axis;

use super::{BlockSpec, LutTerms, RamStyle, Resources, Target, is_zero};
use crate::design::cost::{counter, counter_bits, counters_bits};
use crate::int_network::{self, Shape};
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// Stores the rows under a kernel in a ring and sends every window's pixels, `lanes` channels a beat, `repeats`
/// times (once for each pass of the MAC array behind it). No pixel is stored twice or copied.
///
/// A window is sent group by group, each `repeats` times; a sending is its taps row by row, each tap the
/// group's slices of `lanes` channels. Taps in the padding send the padding's code and read nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Which pixels.
    pub window: int_network::Window,
    /// Extent of the input.
    pub input: Shape,
    /// Channels of `input` that the arriving stream does not have: they are the lanes of a pixel's last beat that no element
    /// fills, of zero bits.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fill: usize,
    /// Element type; holds the padding's code too.
    pub elem: IntType,
    /// Elements per beat; divides the channels of a group.
    pub lanes: usize,
    /// Times that each group of a window is sent.
    pub repeats: usize,
    /// Words (beats) that the ring holds; see [`Window::exact_capacity`].
    pub capacity: usize,
    /// Where the ring lives.
    pub memory: RamStyle,
}

impl Window {
    /// How rows are walked.
    pub fn rows(&self) -> Axis {
        Axis::new(&self.window, 0, self.input.height)
    }

    /// How columns are walked.
    pub fn columns(&self) -> Axis {
        Axis::new(&self.window, 1, self.input.width)
    }

    /// Beats per pixel of the input.
    pub fn slices(&self) -> usize {
        self.input.channels / self.lanes
    }

    /// Beats per tap of the output.
    pub fn group_slices(&self) -> usize {
        self.slices() / self.window.groups
    }

    /// Words of a kept row.
    pub fn row_words(&self) -> usize {
        self.columns().kept * self.slices()
    }

    /// Words kept of a frame.
    pub fn frame_words(&self) -> usize {
        self.rows().kept * self.row_words()
    }

    /// Beats of one sending of a group.
    pub fn sending(&self) -> usize {
        self.window.taps() * self.group_slices()
    }

    /// Beats that a window takes.
    pub fn beats_per_window(&self) -> usize {
        self.window.groups * self.repeats * self.sending()
    }

    /// Windows per frame.
    pub fn windows(&self) -> usize {
        self.rows().steps * self.columns().steps
    }

    /// Word, counted from the frame's first kept one, where the window at output row `y` and column `x` begins;
    /// before the image where it begins in the padding.
    pub fn origin(&self, y: usize, x: usize) -> i64 {
        let row = self.rows().first(y) * self.row_words() as i64;
        row + self.columns().first(x) * self.slices() as i64
    }

    /// Words of the frame that neither this window nor a later one reads, counted from the frame's first: all
    /// before the window's first pixel, none while the window begins in the padding above the image.
    pub fn base(&self, y: usize, x: usize) -> usize {
        match usize::try_from(self.rows().first(y)) {
            Err(_) => 0,
            Ok(row) => row * self.row_words() + self.columns().first(x).max(0) as usize * self.slices(),
        }
    }

    /// Words that are freed when the last beat of the window at (`y`, `x`) is read: up to the next window's
    /// [`Window::base`], or to the frame's end.
    pub fn freed(&self, y: usize, x: usize) -> usize {
        let (rows, columns) = (self.rows().steps, self.columns().steps);
        let next = match (x + 1 < columns, y + 1 < rows) {
            (true, _) => self.base(y, x + 1),
            (false, true) => self.base(y + 1, 0),
            (false, false) => self.frame_words(),
        };
        next - self.base(y, x)
    }

    /// The rows under the kernel, and those that arrive in the time of a row of windows but one: with these, no
    /// beat is lost between rows of windows.
    pub fn exact_capacity(&self) -> usize {
        let rows = self.rows();
        let extent = (rows.kernel - 1) * rows.dilation + 1;
        (extent + rows.stride - 1).min(rows.kept) * self.row_words()
    }
}

impl Window {
    /// What is counted: positions, taps, sendings, and what arrives where some of it is dropped.
    fn counters(&self) -> [usize; 9] {
        let (rows, columns) = (self.rows(), self.columns());
        let dropped = |axis: Axis| if axis.kept < axis.arriving { axis.arriving + axis.period } else { 1 };
        [
            rows.steps,
            columns.steps,
            rows.kernel,
            columns.kernel,
            self.group_slices(),
            self.repeats,
            self.window.groups,
            dropped(rows),
            dropped(columns),
        ]
    }

    /// The ring, its addresses, the counters, and the choice of the padding.
    fn terms(&self) -> LutTerms {
        let width = self.lanes as u64 * u64::from(self.elem.bits);
        let padded = if self.window.pads == [0; 4] { 0 } else { width };
        LutTerms::new(
            self.memory.cost(self.capacity as u64, width).lut,
            [
                ("address_bits", counter_bits(self.capacity)),
                ("counter_bits", counters_bits(&self.counters())),
                ("padded_bits", padded),
                ("block", 1),
            ],
        )
    }
}

impl BlockSpec for Window {
    fn cost(&self, _: &Target) -> Resources {
        let width = self.lanes as u64 * u64::from(self.elem.bits);
        let ring = self.memory.cost(self.capacity as u64, width);
        let register = if self.memory == RamStyle::Distributed { width } else { 0 };
        // Addresses to write and to read; the distance between both; what is stored.
        let walk = 4 * counter_bits(self.capacity) + 4 + register;
        let registers = Resources { ff: walk, ..Resources::default() };
        let all = ring + registers + self.counters().into_iter().map(counter).sum();
        all.with_luts(self.terms().luts("window"))
    }

    fn lut_terms(&self) -> Option<LutTerms> {
        Some(self.terms())
    }

    fn cycles_per_frame(&self) -> u64 {
        let arriving = self.input.pixels() * self.slices();
        (self.windows() * self.beats_per_window()).max(arriving) as u64
    }

    /// The register that the memory is read into takes a beat every cycle by itself.
    fn output_depth(&self) -> u32 {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(size: usize, kernel: usize, stride: usize, pad: usize) -> Window {
        let window = int_network::Window {
            kernel: [kernel; 2],
            stride: [stride; 2],
            dilation: [1; 2],
            pads: [pad; 4],
            value: 0,
            groups: 1,
        };
        Window {
            window,
            input: Shape { height: size, width: size, channels: 4 },
            fill: 0,
            elem: IntType::quantizer(false, 4, false),
            lanes: 2,
            repeats: 3,
            capacity: 0,
            memory: RamStyle::Distributed,
        }
    }

    #[test]
    fn a_padded_convolution_keeps_three_rows() {
        let w = window(8, 3, 1, 1);
        assert_eq!((w.exact_capacity(), w.frame_words(), w.windows()), (3 * 16, 128, 64));
        assert_eq!((w.origin(0, 0), w.base(0, 5), w.freed(0, 7)), (-18, 0, 0));
        assert_eq!((w.base(1, 0), w.base(1, 2), w.freed(1, 2)), (0, 2, 2));
        assert_eq!((w.origin(2, 3), w.freed(7, 7)), (20, 128 - w.base(7, 7)));
    }

    #[test]
    fn strides_drop_what_no_window_reads() {
        let skipping = window(8, 1, 2, 0);
        assert_eq!((skipping.frame_words(), skipping.exact_capacity()), (16 * 2, 4 * 2));
        let overlapping = window(8, 3, 2, 0);
        assert_eq!((overlapping.rows().kept, overlapping.exact_capacity()), (7, 4 * 7 * 2));
    }

    #[test]
    fn all_words_are_freed_in_a_frame() {
        for (size, kernel, stride, pad) in
            [(7, 3, 1, 1), (8, 3, 2, 1), (9, 5, 1, 2), (6, 1, 2, 0), (9, 2, 3, 1)]
        {
            let w = window(size, kernel, stride, pad);
            let (rows, columns) = (w.rows().steps, w.columns().steps);
            let positions = (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x)));
            assert_eq!(positions.map(|(y, x)| w.freed(y, x)).sum::<usize>(), w.frame_words());
        }
    }
}
