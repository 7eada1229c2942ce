//! Width converter: an instance of `width_up` or `width_down`.

use crate::{Library, Rtl, RtlError, Site, ToRtl};
use mpqc_ir::design::blocks::{BlockSpec, WidthConverter};

impl ToRtl for WidthConverter {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        let (wide, narrow) = (self.in_lanes.max(self.out_lanes), self.in_lanes.min(self.out_lanes));
        if wide == narrow || !wide.is_multiple_of(narrow) {
            return Err(site.contradiction("one number of lanes is a multiple of the other"));
        }
        let width = narrow * self.elem.bits as usize;
        let (ratio, beats) = (("RATIO", self.ratio()), ("BEATS", self.in_beats()));
        if self.is_up() {
            let depth = ("DEPTH", self.output_depth() as usize);
            return Ok(site.library_block(Library::WidthUp, &[("IN_WIDTH", width), ratio, beats, depth]));
        }
        let (last, depth) = (("LAST_RATIO", self.last_ratio()), ("DEPTH", self.input_depth() as usize));
        Ok(site.library_block(Library::WidthDown, &[("OUT_WIDTH", width), ratio, beats, last, depth]))
    }
}
