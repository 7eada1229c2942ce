//! Fork: an instance of `stream_fork`, whose outputs are lanes of one port.

use crate::{Library, Rtl, RtlError, Site, ToRtl};
use mpqc_ir::design::blocks::Fork;

impl ToRtl for Fork {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        if site.outputs.len() != self.ways || self.ways < 2 {
            return Err(site.contradiction("a fork has a consumer for each of two ways at least"));
        }
        let parameters = [("WIDTH", site.input(0)?.width()), ("WAYS", self.ways)];
        let one = Site { outputs: Vec::new(), ..site.clone() };
        let mut rtl = one.library_block(Library::StreamFork, &parameters);
        rtl.instance
            .ports
            .extend(["valid", "ready", "data"].map(|wire| (format!("m_{wire}"), lanes(site, wire))));
        Ok(rtl)
    }
}

/// The concatenation of a wire of all outputs, port 0 in the lowest lane.
fn lanes(site: &Site<'_>, wire: &str) -> String {
    let names: Vec<String> = site.outputs.iter().rev().map(|s| format!("{}_{wire}", s.name)).collect();
    format!("{{{}}}", names.join(", "))
}
