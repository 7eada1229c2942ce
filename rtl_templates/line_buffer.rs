//! Line buffer.

use crate::condition::Condition;
use crate::text::{arriving, counter_bits, ranges};
use crate::walk::{Counter, Walk};
use crate::{Library, Rtl, RtlError, Site, ToRtl};
use askama::Template;
use mpqc_ir::design::blocks::{BlockSpec, LineBuffer};

#[derive(Template)]
#[template(path = "line_buffer.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    s_data: String,
    m_data: String,
    beat_bits: usize,
    walk: Walk,
    emits: Condition,
    rows: usize,
    columns: usize,
    row_pitch: usize,
    column_pitch: usize,
    stored_rows: usize,
    words: usize,
    address_bits: usize,
    ram: &'static str,
    buffer: &'static str,
}

impl Module {
    /// Whether a beat leaves something behind; with one tap, every pixel may be a window.
    fn moves(&self) -> bool {
        self.walk.registers().next().is_some() || self.stored_rows > 0 || self.columns > 1
    }
}

impl ToRtl for LineBuffer {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        site.check_lanes(self.lanes, self.input.channels)?;
        site.check_fill(self.fill, self.lanes)?;
        if self.window.pads != [0; 4] || self.window.groups != 1 {
            return Err(site.contradiction("a line buffer has no padding and one group"));
        }
        if self.window.output(self.input).pixels() == 0 {
            return Err(site.contradiction("an image holds a window at least"));
        }
        let mut library = vec![Library::buffer(self.output_depth())];
        library.extend((self.stored_rows() > 0 && self.row_words() > 1).then_some(Library::ram(self.memory)));
        library.extend((self.window.kernel[1] > 1).then_some(Library::Delay));
        Ok(site.own_block(module(self, site).render()?, library))
    }
}

fn module(block: &LineBuffer, site: &Site<'_>) -> Module {
    let beat_bits = block.lanes * block.elem.bits as usize;
    let ([s_data, m_data], blank) = ranges([beat_bits, block.window.taps() * beat_bits]);
    let walk = walk(block);
    let last = |name, axis| {
        let extent = block.window.extent(axis);
        [walk.from(name, extent - 1), walk.phase_is(name, 0)]
    };
    Module {
        header: header(block, site),
        module: site.module(),
        blank,
        s_data,
        m_data,
        beat_bits,
        emits: Condition::all(last("row", 0).into_iter().chain(last("column", 1))),
        walk,
        rows: block.window.kernel[0],
        columns: block.window.kernel[1],
        row_pitch: block.window.dilation[0],
        column_pitch: block.window.dilation[1] * block.slices(),
        stored_rows: block.stored_rows(),
        words: block.row_words(),
        address_bits: counter_bits(block.row_words()),
        ram: Library::ram(block.memory).name(),
        buffer: Library::buffer(block.output_depth()).name(),
    }
}

fn header(block: &LineBuffer, site: &Site<'_>) -> String {
    let (input, window) = (block.input, &block.window);
    let title = format!("windows of {} x {} pixels, a beat each slice", window.kernel[0], window.kernel[1]);
    let facts = [
        arriving(input, block.fill, block.elem, block.lanes),
        format!("Strides {:?}, dilations {:?} (rows, columns).", window.stride, window.dilation),
    ];
    site.header(&site.module(), &title, &facts)
}

/// The position in the image. A phase is 0 where a window ends that the stride does not leave out.
fn walk(block: &LineBuffer) -> Walk {
    let counter = |name, axis: usize, size: usize| {
        let (extent, stride) = (block.window.extent(axis), block.window.stride[axis]);
        let start = (stride - (extent - 1) % stride) % stride;
        Counter::new(name, size).with_phase(stride, start).that_matters(extent > 1 || stride > 1)
    };
    let (columns, rows) = (counter("column", 1, block.input.width), counter("row", 0, block.input.height));
    Walk::new("step", [Counter::new("slice", block.slices()).that_matters(false), columns, rows])
}
