//! Replay buffer: an instance of `replay`.

use crate::{Library, Rtl, RtlError, Site, ToRtl};
use mpqc_ir::design::blocks::Replay;

impl ToRtl for Replay {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        if self.capacity < self.beats || self.repeats < 2 {
            return Err(site.contradiction("a replay buffer holds a vector and sends it twice at least"));
        }
        let parameters = [
            ("WIDTH", site.input(0)?.width()),
            ("BEATS", self.beats),
            ("REPEATS", self.repeats),
            ("CAPACITY", self.capacity),
        ];
        Ok(site.library_block(Library::Replay, &parameters))
    }
}
