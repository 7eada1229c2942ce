//! Sliding window: a ring memory, a writer that leaves out what no window reads, a reader that walks the windows.

mod bounds;
mod freed;
mod padding;
mod steps;

use crate::choice::{Case, Choice};
use crate::condition::Condition;
use crate::text::{arriving, constant, counter_bits, ranges};
use crate::walk::{Counter, Walk};
use crate::{Library, Rtl, RtlError, Site, ToRtl, Word};
use askama::Template;
use bounds::Bounds;
use mpqc_ir::design::blocks::{Axis, Window};

#[derive(Template)]
#[template(path = "window.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    data: String,
    width: usize,
    capacity: usize,
    address_bits: usize,
    stored_bits: usize,
    distance_bits: usize,
    ram: &'static str,
    writer: Walk,
    kept: Condition,
    reader: Walk,
    window_ends: Condition,
    padding: Vec<Condition>,
    code: String,
    hop: Choice,
    ring_hop: Choice,
    freed: Choice,
    first_address: String,
    first_distance: String,
}

impl ToRtl for Window {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        check(self, site)?;
        let bounds =
            Bounds::new(self).ok_or_else(|| site.contradiction("a window reads a pixel at least"))?;
        if self.capacity < bounds.needed {
            return Err(site.contradiction("the ring of a window holds one window at least"));
        }
        let reader = reader(self);
        let freed = freed::cases(self, &reader)
            .ok_or_else(|| site.contradiction("windows free words by another rule than the ring's"))?;
        let module = module(self, site, &bounds, reader, &freed);
        Ok(site.own_block(module.render()?, vec![Library::ram(self.memory)]))
    }
}

fn check(block: &Window, site: &Site<'_>) -> Result<(), RtlError> {
    if block.window.groups == 0 || !block.input.channels.is_multiple_of(block.window.groups) {
        return Err(site.contradiction("groups divide the channels of a pixel"));
    }
    site.check_lanes(block.lanes, block.input.channels / block.window.groups)?;
    site.check_fill(block.fill, block.lanes)?;
    if block.windows() == 0 || block.repeats == 0 {
        return Err(site.contradiction("an image holds a window at least, which is sent"));
    }
    Ok(())
}

fn module(block: &Window, site: &Site<'_>, bounds: &Bounds, reader: Walk, freed: &[Case]) -> Module {
    let width = block.lanes * block.elem.bits as usize;
    let ([data], blank) = ranges([width]);
    let (address_bits, distance_bits) = (counter_bits(block.capacity), bounds.distance_bits());
    let (first, writer) = (block.origin(0, 0), writer(block));
    let ring = |words: i64| words.rem_euclid(block.capacity as i64);
    let hops = steps::cases(block, &reader);
    let ring_hops: Vec<_> = hops.iter().map(|c| Case { value: ring(c.value), ..c.clone() }).collect();
    Module {
        header: header(block, site),
        module: site.module(),
        blank,
        data,
        width,
        capacity: block.capacity,
        address_bits,
        stored_bits: bounds.stored_bits(),
        distance_bits,
        ram: Library::ram(block.memory).name(),
        kept: Condition::all([
            kept(&writer, "in_row", &block.rows()),
            kept(&writer, "in_column", &block.columns()),
        ]),
        writer,
        window_ends: reader.end("group"),
        padding: padding::conditions(block, &reader),
        code: Word::of(block.elem, std::iter::repeat_n(block.window.value, block.lanes)).literal(),
        hop: Choice::new("hop", distance_bits, &hops),
        ring_hop: Choice::new("ring_hop", address_bits, &ring_hops),
        freed: Choice::new("freed", bounds.stored_bits(), freed),
        reader,
        first_address: constant(address_bits, ring(first)),
        first_distance: constant(distance_bits, first),
    }
}

fn header(block: &Window, site: &Site<'_>) -> String {
    let (input, window) = (block.input, &block.window);
    let title = format!("the pixels under a kernel of {} x {}", window.kernel[0], window.kernel[1]);
    let facts = [
        arriving(input, block.fill, block.elem, block.lanes),
        format!(
            "Strides {:?}, dilations {:?} (rows, columns), padding {:?} (top, left, bottom, right) of {}.",
            window.stride, window.dilation, window.pads, window.value
        ),
        format!(
            "Leaving: {} x {} windows of {} groups, each sent {} times.",
            block.rows().steps,
            block.columns().steps,
            window.groups,
            block.repeats
        ),
    ];
    site.header(&site.module(), &title, &facts)
}

/// The position of the arriving beat, where some are dropped.
fn writer(block: &Window) -> Walk {
    let axis = |name, axis: &Axis| {
        Counter::new(name, axis.arriving)
            .with_phase(axis.period, axis.phase)
            .that_matters(axis.kept < axis.arriving)
    };
    Walk::new(
        "take",
        [
            Counter::new("in_slice", block.slices()).that_matters(false),
            axis("in_column", &block.columns()),
            axis("in_row", &block.rows()),
        ],
    )
}

/// Whether a window reads the arriving row or column.
fn kept(writer: &Walk, name: &str, axis: &Axis) -> Condition {
    if axis.kept == axis.arriving {
        return Condition::Always;
    }
    let of_period =
        if axis.length < axis.period { writer.phase_below(name, axis.length) } else { Condition::Always };
    Condition::all([writer.below(name, axis.used), of_period])
}

/// The position of the beat to be read next.
fn reader(block: &Window) -> Walk {
    let counters = steps::dimensions(block).map(|dimension| Counter::new(dimension.name, dimension.count));
    Walk::new("load", counters).closing()
}
