//! Padding of an image.

use crate::condition::Condition;
use crate::text::{arriving, ranges};
use crate::walk::{Counter, Walk};
use crate::{Library, Rtl, RtlError, Site, ToRtl, Word};
use askama::Template;
use mpqc_ir::design::blocks::Pad;

#[derive(Template)]
#[template(path = "pad.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    data: String,
    width: usize,
    walk: Walk,
    arrives: String,
    code: String,
}

impl ToRtl for Pad {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        site.check_lanes(self.lanes, self.input.channels)?;
        site.check_fill(self.fill, self.lanes)?;
        let (width, walk) = (self.lanes * self.elem.bits as usize, walk(self));
        let ([data], blank) = ranges([width]);
        let module = Module {
            header: header(self, site),
            module: site.module(),
            blank,
            data,
            width,
            arrives: arrives(self, &walk).text(),
            walk,
            code: Word::of(self.elem, std::iter::repeat_n(self.pad.value, self.lanes)).literal(),
        };
        Ok(site.own_block(module.render()?, vec![Library::StreamSkid]))
    }
}

fn header(pad: &Pad, site: &Site<'_>) -> String {
    let ([top, left, bottom, right], input) = (pad.pad.pads, pad.input);
    let facts = [
        format!(
            "Added: {top} rows above, {left} columns left, {bottom} rows below, {right} columns right, of {}.",
            pad.pad.value
        ),
        arriving(input, pad.fill, pad.elem, pad.lanes),
    ];
    site.header(&site.module(), "pixels of one code around an image", &facts)
}

/// The position in the padded image.
fn walk(pad: &Pad) -> Walk {
    let ([top, left, bottom, right], output) = (pad.pad.pads, pad.output());
    Walk::new(
        "step",
        [
            Counter::new("slice", pad.slices()).that_matters(false),
            Counter::new("column", output.width).that_matters(left + right > 0),
            Counter::new("row", output.height).that_matters(top + bottom > 0),
        ],
    )
}

/// Whether the position is a pixel of the image.
fn arrives(pad: &Pad, walk: &Walk) -> Condition {
    let ([top, left, bottom, right], input) = (pad.pad.pads, pad.input);
    let axis = |name, before: usize, size: usize, after: usize| {
        let ends = if after > 0 { walk.below(name, before + size) } else { Condition::Always };
        Condition::all([if before > 0 { walk.from(name, before) } else { Condition::Always }, ends])
    };
    Condition::all([axis("row", top, input.height, bottom), axis("column", left, input.width, right)])
}
