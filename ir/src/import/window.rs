//! Windows over spatial axes: attributes that convolutions and pools share, and the shapes they lead to.

use super::call::Call;
use super::value::Value;
use crate::diagnostic::Diagnostic;

type Result<T> = std::result::Result<T, Diagnostic>;

/// Kernel, stride, dilation and padding per spatial axis, with explicit paddings.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// Window size.
    pub(super) kernel: Vec<usize>,
    /// Distance of windows.
    pub(super) strides: Vec<usize>,
    /// Distance of a window's elements.
    pub(super) dilations: Vec<usize>,
    /// All begins, then all ends.
    pub(super) pads: Vec<usize>,
}

/// How paddings follow from `auto_pad`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AutoPad {
    /// As the attribute `pads` says.
    Explicit,
    /// None.
    Valid,
    /// As many outputs as `⌈input / stride⌉`; an odd element goes to the end.
    SameUpper,
    /// Likewise, an odd element goes to the begin.
    SameLower,
}

impl Call<'_, '_> {
    /// The attributes of a window over `input` (spatial lengths), `auto_pad` resolved.
    pub(super) fn window(&self, kernel: Vec<usize>, input: &[usize]) -> Result<Window> {
        let count = kernel.len();
        let strides = self.per_axis("strides", count, 1, 1)?;
        let dilations = self.per_axis("dilations", count, 1, 1)?;
        let mut pads = self.per_axis("pads", 2 * count, 0, 0)?;
        let auto = self.auto_pad()?;
        if auto == AutoPad::Valid {
            pads = vec![0; 2 * count];
        }
        let mut window = Window { kernel, strides, dilations, pads };
        if matches!(auto, AutoPad::SameUpper | AutoPad::SameLower) {
            for (axis, length) in input.iter().enumerate() {
                window.pad_same(axis, *length, auto);
            }
        }
        Ok(window)
    }

    /// Refuses windows over volumes.
    pub(super) fn check_spatial(&self, x: &Value) -> Result<()> {
        match x.rank() {
            0..=4 => Ok(()),
            rank => {
                Err(self
                    .unsupported(format!("{} spatial axes", rank - 2), "1 and 2 spatial axes are supported"))
            }
        }
    }

    /// The attribute `auto_pad`.
    pub(super) fn auto_pad(&self) -> Result<AutoPad> {
        match self.word("auto_pad", "NOTSET")? {
            "NOTSET" | "" => Ok(AutoPad::Explicit),
            "VALID" => Ok(AutoPad::Valid),
            "SAME_UPPER" => Ok(AutoPad::SameUpper),
            "SAME_LOWER" => Ok(AutoPad::SameLower),
            other => {
                Err(self.unsupported(format!("`auto_pad` = {other} does not exist"), "give explicit `pads`"))
            }
        }
    }

    /// The spatial lengths behind a window.
    pub(super) fn windows(&self, window: &Window, input: &[usize], ceil: bool) -> Result<Vec<usize>> {
        let along = |axis: usize| {
            window.count(axis, input[axis], ceil).ok_or_else(|| {
                let (kernel, length) = (window.extent(axis), input[axis]);
                self.bad_shape(format!(
                    "a window of {kernel} does not fit into axis {axis} of length {length}"
                ))
            })
        };
        (0..input.len()).map(along).collect()
    }
}

impl Window {
    /// The length that a window spans, dilation included.
    pub(super) fn extent(&self, axis: usize) -> usize {
        (self.kernel[axis] - 1).saturating_mul(self.dilations[axis]).saturating_add(1)
    }

    /// How many windows fit along an axis; with `ceil`, an incomplete last one counts unless it would start in
    /// the end's padding.
    fn count(&self, axis: usize, length: usize, ceil: bool) -> Option<usize> {
        let (begin, end) = (self.pads[axis], self.pads[axis + self.kernel.len()]);
        let room = (length + begin + end).checked_sub(self.extent(axis))?;
        let stride = self.strides[axis];
        let complete = room / stride + 1;
        let extra = ceil && room % stride != 0 && complete * stride < length + begin;
        Some(complete + usize::from(extra))
    }

    fn pad_same(&mut self, axis: usize, length: usize, auto: AutoPad) {
        let stride = self.strides[axis];
        let spanned = (length.div_ceil(stride).saturating_sub(1)).saturating_mul(stride);
        let total = spanned.saturating_add(self.extent(axis)).saturating_sub(length);
        self.divide(axis, total, auto);
    }

    /// Divides an axis's padding between both ends; the odd element goes to the begin, but for `SAME_UPPER`.
    pub(super) fn divide(&mut self, axis: usize, total: usize, auto: AutoPad) {
        let (less, more) = (total / 2, total - total / 2);
        let (begin, end) = if auto == AutoPad::SameUpper { (less, more) } else { (more, less) };
        let axes = self.kernel.len();
        self.pads[axis] = begin;
        self.pads[axis + axes] = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(kernel: usize, stride: usize, dilation: usize, pads: [usize; 2]) -> Window {
        let one = |value| vec![value];
        Window { kernel: one(kernel), strides: one(stride), dilations: one(dilation), pads: pads.to_vec() }
    }

    #[test]
    fn windows_are_counted() {
        assert_eq!(window(3, 1, 1, [1, 1]).count(0, 8, false), Some(8));
        assert_eq!(window(3, 2, 1, [0, 1]).count(0, 32, false), Some(16));
        assert_eq!(window(3, 1, 2, [0, 0]).count(0, 5, false), Some(1));
        assert_eq!(window(3, 1, 3, [0, 0]).count(0, 5, false), None);
        assert_eq!(window(2, 2, 1, [0, 0]).count(0, 5, true), Some(3));
        assert_eq!(window(1, 3, 1, [0, 2]).count(0, 4, true), Some(2), "a window in the padding alone");
    }

    #[test]
    fn same_padding() {
        for (auto, pads) in [(AutoPad::SameUpper, [0, 1]), (AutoPad::SameLower, [1, 0])] {
            let mut window = window(3, 2, 1, [0, 0]);
            window.pad_same(0, 32, auto);
            assert_eq!(window.pads, pads);
            assert_eq!(window.count(0, 32, false), Some(16));
        }
    }
}
