//! Adder of two streams with constant gains.

use crate::text::{counter_bits, ranges, resized};
use crate::{Library, Rtl, RtlError, Site, ToRtl};
use askama::Template;
use mpqc_ir::design::blocks::Add;

#[derive(Template)]
#[template(path = "add.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    s0_data: String,
    s1_data: String,
    m_data: String,
    lanes: usize,
    sum_bits: usize,
    result_bits: usize,
    sides: Vec<Side>,
    /// Lanes of a vector's last beat that are not padding, where padding would not sum to zero by itself.
    masked: Option<usize>,
    beats: usize,
    beat_bits: usize,
}

/// An operand.
struct Side {
    bits: usize,
    /// In the width of the sum.
    wide: String,
    /// Times its gain, by shifts and additions: no tool takes a DSP slice for it.
    weighted: String,
    /// What no bit of the sum depends on.
    unused: Option<String>,
    gain: i64,
}

impl ToRtl for Add {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        let (stream, sum_bits) = (site.input(0)?, self.output.bits as usize);
        let bits = self.operands.map(|ty| ty.bits as usize);
        let result_bits = self.lanes * sum_bits;
        let ([s0_data, s1_data, m_data], blank) =
            ranges([self.lanes * bits[0], self.lanes * bits[1], result_bits]);
        let title =
            format!("{} * {} + {} * {}", self.gains[0], self.operands[0], self.gains[1], self.operands[1]);
        let fact = format!("Beats of {} lanes; sums are {}.", self.lanes, self.output);
        let last_lanes = stream.vector % self.lanes;
        let biased = self.operands.iter().any(|ty| ty.is_bipolar());
        let module = Module {
            header: site.header(&site.module(), &title, &[fact]),
            module: site.module(),
            blank,
            s0_data,
            s1_data,
            m_data,
            lanes: self.lanes,
            sum_bits,
            result_bits,
            sides: (0..2).map(|i| side(self, i)).collect(),
            masked: (last_lanes > 0 && biased).then_some(last_lanes),
            beats: stream.beats_per_vector(),
            beat_bits: counter_bits(stream.beats_per_vector()),
        };
        Ok(site.own_block(module.render()?, vec![Library::StreamSkid]))
    }
}

fn side(add: &Add, i: usize) -> Side {
    let (ty, gain, sum_bits) = (add.operands[i], add.gains[i], add.output.bits as usize);
    let bits = ty.bits as usize;
    let name = format!("x{i}");
    let wide = match (ty.is_bipolar(), sum_bits) {
        (true, 1) => "1'b1".to_owned(),
        (true, n) => format!("{{{{{}{{!{name}[0]}}}}, 1'b1}}", n - 1),
        (false, n) => resized(&name, bits, ty.is_signed(), n),
    };
    let weighted = weighted(&format!("wide{i}"), gain, sum_bits);
    let whole = weighted.is_none().then(|| format!("wide{i}"));
    let upper = (bits > sum_bits).then(|| format!("{name}[{}:{sum_bits}]", bits - 1));
    let unused = [whole, upper].into_iter().flatten().reduce(|a, b| format!("{a}, {b}"));
    Side { bits, wide, weighted: weighted.unwrap_or_else(|| "{SUM{1'b0}}".into()), unused, gain }
}

/// `gain` times a wire, in so many bits; nothing where none of them can be set.
fn weighted(name: &str, gain: i64, bits: usize) -> Option<String> {
    let magnitude = gain.unsigned_abs();
    let ones = (0..bits.min(64)).filter(|bit| magnitude >> bit & 1 == 1);
    let terms: Vec<String> =
        ones.map(|bit| if bit == 0 { name.to_owned() } else { format!("({name} << {bit})") }).collect();
    let sum = (!terms.is_empty()).then(|| terms.join(" + "))?;
    Some(if gain < 0 { format!("-({sum})") } else { sum })
}
