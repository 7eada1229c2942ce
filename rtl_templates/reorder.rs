//! Reordering.

use crate::text::{counter_bits, ranges};
use crate::{Library, Memory, Rtl, RtlError, Site, ToRtl, Word};
use askama::Template;
use mpqc_ir::design::blocks::Reorder;

#[derive(Template)]
#[template(path = "reorder.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    data: String,
    width: usize,
    group: usize,
    order_len: usize,
    /// Width of an address of the memory.
    address_bits: usize,
    /// Width of a beat's number in its group.
    word_bits: usize,
    order_bits: usize,
    /// The word that is read, by the half.
    read_address: String,
    rom: &'static str,
    path: String,
    first: String,
    ram: &'static str,
}

impl ToRtl for Reorder {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        if self.order.is_empty() || self.order.iter().any(|beat| *beat as usize >= self.group) {
            return Err(site.contradiction("an order names beats of its group"));
        }
        let module = module(self, site);
        let mut library = vec![Library::ram(self.memory)];
        library.extend((self.order.len() > 1).then_some(rom(self)));
        let mut rtl = site.own_block(module.render()?, library);
        if self.order.len() > 1 {
            let words = self.order.iter().map(|beat| word(self, *beat)).collect();
            rtl.memories.push(Memory { path: module.path, words });
        }
        Ok(rtl)
    }
}

fn module(block: &Reorder, site: &Site<'_>) -> Module {
    let width = block.lanes * block.elem.bits as usize;
    let ([data], blank) = ranges([width]);
    let word_bits = counter_bits(block.group);
    let facts = [
        format!("{} in beats of {} lanes.", block.elem, block.lanes),
        format!("Of each {} beats that arrive, {} leave.", block.group, block.order.len()),
    ];
    Module {
        header: site.header(&site.module(), "beats in another order", &facts),
        module: site.module(),
        blank,
        data,
        width,
        group: block.group,
        order_len: block.order.len(),
        address_bits: counter_bits(2 * block.group),
        word_bits,
        order_bits: counter_bits(block.order.len()),
        read_address: read_address(block),
        rom: rom(block).name(),
        path: site.memory("order"),
        first: word(block, block.order.first().copied().unwrap_or(0)).literal(),
        ram: Library::ram(block.memory).name(),
    }
}

fn word(block: &Reorder, beat: u32) -> Word {
    let mut word = Word::new();
    word.push(counter_bits(block.group) as u32, u64::from(beat));
    word
}

fn rom(block: &Reorder) -> Library {
    if block.order_in_block() { Library::RomBlock } else { Library::Rom }
}

/// The halves lie one behind the other.
fn read_address(block: &Reorder) -> String {
    let group = block.group;
    match group.is_power_of_two() {
        _ if group == 1 => "read_half ^ word".to_owned(),
        true => "{read_half, word}".to_owned(),
        false => {
            let bits = counter_bits(2 * group);
            let more = bits - counter_bits(group);
            let word = if more > 0 { format!("{{{more}'d0, word}}") } else { "word".to_owned() };
            format!("{word} + (read_half ? {bits}'d{group} : {bits}'d0)")
        }
    }
}
