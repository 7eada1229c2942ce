//! Concatenation of channels.

use crate::text::{ranges, resized};
use crate::walk::{Counter, Walk};
use crate::{Library, Rtl, RtlError, Site, ToRtl};
use askama::Template;
use mpqc_ir::design::blocks::Concat;

#[derive(Template)]
#[template(path = "concat.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    m_data: String,
    lanes: usize,
    bits: usize,
    width: usize,
    walk: Walk,
    operands: Vec<Operand>,
}

/// An operand.
struct Operand {
    data: String,
    bits: usize,
    /// Whether it is its turn.
    turn: String,
    /// A lane in the width of the result.
    wide: String,
}

impl ToRtl for Concat {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        if self.operands.len() < 2 || self.operands.len() != self.channels.len() {
            return Err(site.contradiction("a concatenation joins the channels of two operands at least"));
        }
        self.channels.iter().try_for_each(|channels| site.check_lanes(self.lanes, *channels))?;
        Ok(site.own_block(module(self, site).render()?, vec![Library::StreamSkid]))
    }
}

fn module(concat: &Concat, site: &Site<'_>) -> Module {
    let bits = concat.output.bits as usize;
    let data = |bits: usize| ranges([concat.lanes * bits]).0.concat();
    let walk = Walk::new("step", [Counter::new("beat", concat.all_beats())]);
    let mut operands: Vec<Operand> = (0..concat.operands.len()).map(|i| operand(concat, i, &walk)).collect();
    let longest = operands.iter().map(|o| o.data.len()).max().unwrap_or(0).max(data(bits).len());
    operands.iter_mut().for_each(|operand| operand.data = format!("{:<longest$}", operand.data));
    let facts = [
        format!("Channels of the operands: {:?}, in beats of {} lanes.", concat.channels, concat.lanes),
        format!("Results are {}.", concat.output),
    ];
    Module {
        header: site.header(&site.module(), "the channels of each operand, pixel by pixel", &facts),
        module: site.module(),
        blank: " ".repeat(longest),
        m_data: format!("{:<longest$}", data(bits)),
        lanes: concat.lanes,
        bits,
        width: concat.lanes * bits,
        walk,
        operands,
    }
}

fn operand(concat: &Concat, i: usize, walk: &Walk) -> Operand {
    let (ty, first) = (concat.operands[i], (0..i).map(|i| concat.beats(i)).sum::<usize>());
    let bits = ty.bits as usize;
    let turn = crate::condition::Condition::all([
        walk.from("beat", first),
        walk.below("beat", first + concat.beats(i)),
    ]);
    Operand {
        data: ranges([concat.lanes * bits]).0.concat(),
        bits,
        turn: turn.text(),
        wide: resized(&format!("x{i}"), bits, ty.is_signed(), concat.output.bits as usize),
    }
}
