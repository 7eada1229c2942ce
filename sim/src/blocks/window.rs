//! Sliding window: a ring that is read as the folding behind it needs.

mod reader;

use self::reader::Reader;
use super::Simulate;
use crate::function::{Function, Windows};
use crate::timing::{Control, Handshakes, Occupancy, Raster};
use mpqc_ir::design::blocks::Window;

/// What is stored, which beat arrives next (marked: kept) and which is read next, and whether the output register
/// holds a beat.
#[derive(Clone, Debug)]
pub(crate) struct WindowControl {
    arriving: Raster,
    reader: Reader,
    occupancy: Occupancy,
    /// Words written less words freed; negative where a window whose last taps lie in the padding frees words that
    /// have yet to arrive.
    stored: i64,
    valid: bool,
}


impl Simulate for Window {
    type Control = WindowControl;

    fn control(&self) -> WindowControl {
        let (rows, columns) = (self.rows(), self.columns());
        let kept_rows = (0..rows.arriving).map(|row| rows.keeps(row));
        let kept_columns = (0..columns.arriving).map(|column| columns.keeps(column));
        WindowControl {
            arriving: Raster::new(kept_rows, kept_columns, self.slices()),
            reader: Reader::new(self),
            occupancy: Occupancy::empty(self.capacity as u64),
            stored: 0,
            valid: false,
        }
    }

    fn function(&self) -> Function {
        Function::of(Windows {
            window: self.window.clone(),
            input: self.input,
            fill: self.fill,
            elem: self.elem,
        })
    }
}

impl WindowControl {
    fn available(&self) -> bool {
        self.reader.padding() || self.reader.ahead() < self.stored
    }

    /// Takes over an arriving beat; the words that it adds.
    fn arrive(&mut self) -> i64 {
        let kept = self.arriving.marked();
        self.arriving.step();
        i64::from(kept)
    }
}

impl Control for WindowControl {
    fn valid(&self, _: usize) -> bool {
        self.valid
    }

    fn ready(&self, _: usize, _: bool) -> bool {
        self.stored < self.occupancy.capacity as i64 || !self.arriving.marked()
    }

    fn clock(&mut self, handshakes: Handshakes<'_>) {
        let pop = handshakes.popped(0);
        let load = self.available() && (!self.valid || pop);
        let freed = if load { self.reader.step() } else { 0 };
        let written = if handshakes.taken(0) { self.arrive() } else { 0 };
        self.valid = load || (self.valid && !pop);
        self.stored = self.stored + written - freed;
        self.occupancy.hold(self.stored.max(0) as u64);
    }

    fn settled(&self) -> bool {
        self.valid || !self.available()
    }

    fn state(&self, into: &mut Vec<u64>) {
        self.arriving.state(into);
        self.reader.state(into);
        into.extend([self.stored as u64, u64::from(self.valid)]);
    }

    fn occupancy(&self) -> Option<Occupancy> {
        Some(self.occupancy)
    }
}
