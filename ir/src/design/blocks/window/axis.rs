//! One axis of a window.

use crate::int_network;

/// How a window walks an axis: rows or columns that no window reads are left out on arrival, and what is kept
/// is walked with the stride and the padding that remain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Rows or columns that arrive.
    pub arriving: usize,
    /// Those from here on are dropped: no window reaches them.
    pub used: usize,
    /// Of every `period` of the others…
    pub period: usize,
    /// … the first `length` are kept, where the first that arrives is number `phase` of a period.
    pub length: usize,
    /// See `length`.
    pub phase: usize,
    /// How many are kept.
    pub kept: usize,
    /// Positions of the kernel.
    pub steps: usize,
    /// Taps of the kernel.
    pub kernel: usize,
    /// Kept ones between neighbouring positions.
    pub stride: usize,
    /// Kept ones between neighbouring taps.
    pub dilation: usize,
    /// Padding before the first kept one.
    pub before: usize,
}

impl Axis {
    /// Axis 0 (rows) or 1 (columns) of `window`, over `arriving` of them.
    pub fn new(window: &int_network::Window, axis: usize, arriving: usize) -> Axis {
        let (extent, stride, before) = (window.extent(axis), window.stride[axis], window.pads[axis]);
        let (kernel, dilation) = (window.kernel[axis], window.dilation[axis]);
        let steps = window.positions(axis, arriving);
        let reached = (steps.saturating_sub(1) * stride + extent).saturating_sub(before);
        let used = reached.min(arriving);
        let all = Axis {
            arriving,
            used,
            period: 1,
            length: 1,
            phase: 0,
            kept: used,
            steps,
            kernel,
            stride,
            dilation,
            before,
        };
        if extent >= stride {
            return all;
        }
        let padding = (0..before).filter(|i| i % stride < extent).count();
        let gaps = Axis { period: stride, length: extent, phase: before % stride, ..all };
        let kept = (0..used).filter(|i| gaps.keeps(*i)).count();
        Axis { kept, stride: extent, before: padding, ..gaps }
    }

    /// Whether arriving row or column `i` is kept.
    pub fn keeps(&self, i: usize) -> bool {
        i < self.used && (i + self.phase) % self.period < self.length
    }

    /// The kept one where position `position` begins; negative in the padding.
    pub fn first(&self, position: usize) -> i64 {
        (position * self.stride) as i64 - self.before as i64
    }

    /// The kept one under tap `tap` of position `position`; `None` in the padding.
    pub fn source(&self, position: usize, tap: usize) -> Option<usize> {
        let at = self.first(position) + (tap * self.dilation) as i64;
        usize::try_from(at).ok().filter(|i| *i < self.kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every tap of every position finds, among the kept ones, what it reads of all.
    #[test]
    fn taps_find_their_source() {
        for (kernel, stride, dilation) in [(3, 1, 1), (1, 2, 1), (2, 3, 1), (3, 2, 2), (2, 5, 2), (3, 4, 1)] {
            for (pad, after, size) in [(0, 0, 11), (1, 0, 12), (0, 1, 9), (1, 1, 13)] {
                let window = int_network::Window {
                    kernel: [kernel, 1],
                    stride: [stride, 1],
                    dilation: [dilation, 1],
                    pads: [pad.min((kernel - 1) * dilation), 0, after.min((kernel - 1) * dilation), 0],
                    value: 0,
                    groups: 1,
                };
                let axis = Axis::new(&window, 0, size);
                let kept: Vec<usize> = (0..size).filter(|i| axis.keeps(*i)).collect();
                assert_eq!(kept.len(), axis.kept);
                for (position, tap) in (0..axis.steps).flat_map(|p| (0..kernel).map(move |t| (p, t))) {
                    let source = axis.source(position, tap).map(|i| kept[i]);
                    assert_eq!(source, window.source(0, size, position, tap), "{window:?} {position} {tap}");
                }
            }
        }
    }
}
