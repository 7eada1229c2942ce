//! FIFO: an instance of `fifo`.

use crate::{Library, Rtl, RtlError, Site, ToRtl};
use mpqc_ir::design::blocks::Fifo;

impl ToRtl for Fifo {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        if self.depth < 2 {
            return Err(site.contradiction("a FIFO holds two beats at least"));
        }
        let parameters = [("WIDTH", site.input(0)?.width()), ("DEPTH", self.depth)];
        Ok(site.library_block(Library::Fifo, &parameters))
    }
}
