//! AXI4-Stream master adapter.

use crate::text::{counter_bits, ranges};
use crate::{Library, Rtl, RtlError, Site, ToRtl};
use askama::Template;
use mpqc_ir::design::blocks::AxisOutput;

#[derive(Template)]
#[template(path = "axis_output.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    tdata: String,
    s_data: String,
    width: usize,
    tdata_bits: usize,
    beats: usize,
    bits: usize,
}

impl ToRtl for AxisOutput {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        let width = site.input(0)?.width();
        let tdata_bits = width.next_multiple_of(8);
        let ([tdata, s_data], blank) = ranges([tdata_bits, width]);
        let (module, beats) = (site.module(), self.beats_per_frame);
        let fact = format!(
            "A beat holds {} x {}; a frame is {} beats.",
            self.lanes, self.elem, self.beats_per_frame
        );
        let header = site.header(&module, "AXI4-Stream master adapter", &[fact]);
        let bits = counter_bits(beats);
        let text =
            Module { header, module, blank, tdata, s_data, width, tdata_bits, beats, bits }.render()?;
        let mut rtl = site.own_block(text, vec![Library::StreamSkid]);
        let axis = ["tvalid", "tready", "tdata", "tlast"];
        rtl.instance
            .ports
            .extend(axis.map(|wire| (format!("m_axis_{wire}"), format!("{}_{wire}", site.axis))));
        Ok(rtl)
    }
}
