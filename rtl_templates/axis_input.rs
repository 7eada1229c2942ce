//! AXI4-Stream slave adapter.

use crate::text::{counter_bits, ranges};
use crate::{Library, Rtl, RtlError, Site, ToRtl};
use askama::Template;
use mpqc_ir::design::blocks::AxisInput;

#[derive(Template)]
#[template(path = "axis_input.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    tdata: String,
    m_data: String,
    width: usize,
    tdata_bits: usize,
    beats: usize,
    bits: usize,
}

impl ToRtl for AxisInput {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        let width = site.output(0)?.width();
        let tdata_bits = width.next_multiple_of(8);
        let ([tdata, m_data], blank) = ranges([tdata_bits, width]);
        let (module, beats) = (site.module(), self.beats_per_frame);
        let header = site.header(&module, "AXI4-Stream slave adapter", &facts(self));
        let bits = counter_bits(beats);
        let text =
            Module { header, module, blank, tdata, m_data, width, tdata_bits, beats, bits }.render()?;
        let mut rtl = site.own_block(text, vec![Library::StreamSkid]);
        let axis = ["tvalid", "tready", "tdata", "tlast"];
        rtl.instance
            .ports
            .extend(axis.map(|wire| (format!("s_axis_{wire}"), format!("{}_{wire}", site.axis))));
        rtl.instance.ports.push(("tlast_error".to_owned(), format!("{}_tlast_error", site.node.name)));
        Ok(rtl)
    }
}

fn facts(block: &AxisInput) -> Vec<String> {
    vec![format!(
        "A beat holds {} x {}; a frame is {} beats.",
        block.lanes, block.elem, block.beats_per_frame
    )]
}
