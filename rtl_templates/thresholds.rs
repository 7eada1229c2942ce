//! Threshold requantizer: a module with control, and one for the binary search of a lane.

mod table;

use crate::flow::Flow;
use crate::text::{constant, counter_bits, range, ranges, resized};
use crate::{Library, Rtl, RtlError, Site, Source, ToRtl};
use askama::Template;
use mpqc_ir::design::blocks::{BlockSpec, Thresholds};
use mpqc_ir::number::IntType;
use table::Tables;

#[derive(Template)]
#[template(path = "thresholds.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    s_data: String,
    m_data: String,
    flow: Flow,
    /// Stages, from 1.
    stages: Vec<usize>,
    steps: usize,
    table_beats: usize,
    in_bits: usize,
    out_bits: usize,
    lanes: Vec<Lane>,
}

struct Lane {
    parameters: Vec<(String, String)>,
    is_padding: bool,
    code: String,
}

#[derive(Template)]
#[template(path = "thresholds_lane.v")]
struct LaneModule {
    header: String,
    module: String,
    blank: String,
    s_range: String,
    beat_range: String,
    count_range: String,
    /// Width of a threshold.
    bits: usize,
    sign: &'static str,
    /// Around what becomes as signed as thresholds are.
    cast: &'static str,
    end: &'static str,
    beats: usize,
    wide: String,
    unused: Option<String>,
    falls_range: String,
    steps: Vec<Step>,
    /// Registers between steps.
    stages: usize,
    output: String,
}

/// A step of the search.
struct Step {
    entries: usize,
    /// Range of the table, padded to the longest.
    range: String,
    in_file: bool,
    /// Address of the entry.
    index: String,
    /// Whether a register stands before it.
    registered: bool,
    /// What the steps before have found.
    count: String,
}

impl ToRtl for Thresholds {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        let rows = self.table.table.nrows();
        if rows != self.table.falling.len() || (rows != 1 && rows != self.channels) {
            return Err(site.contradiction("thresholds are one row for all channels, or one per channel"));
        }
        let tables = Tables::new(self);
        let mut rtl =
            site.own_block(module(self, site, &tables).render()?, vec![Library::buffer(self.output_depth())]);
        let lane = lane_module(self, site, &tables);
        rtl.modules.push(Source::new(lane.module.clone(), &lane.render()?));
        rtl.memories = tables.images(site);
        Ok(rtl)
    }
}

fn module(block: &Thresholds, site: &Site<'_>, tables: &Tables<'_>) -> Module {
    let (in_bits, out_bits) = (block.input.bits as usize, block.output.bits as usize);
    let ([s_data, m_data], blank) = ranges([block.lanes * in_bits, block.lanes * out_bits]);
    let last_lanes = block.channels % block.lanes;
    let counts_beats = tables.beats() > 1 || last_lanes > 0;
    let ragged = last_lanes > 0;
    let beats = if counts_beats { block.beats() } else { 1 };
    let stages = block.stages();
    let lane = |lane| Lane {
        parameters: tables.parameters(site, lane),
        is_padding: ragged && lane >= last_lanes,
        code: code(block, lane),
    };
    Module {
        header: header(block, site),
        module: site.module(),
        blank,
        s_data,
        m_data,
        flow: Flow::new(block, stages, beats, block.lanes * out_bits).masking(ragged),
        stages: (1..=stages).collect(),
        steps: block.steps(),
        table_beats: tables.beats(),
        in_bits,
        out_bits,
        lanes: (0..block.lanes).map(lane).collect(),
    }
}

fn header(block: &Thresholds, site: &Site<'_>) -> String {
    let title = format!("{} to {} by {} thresholds", block.input, block.output, block.table.table.ncols());
    let facts = [
        format!("{} channels in {} beats of {} lanes.", block.channels, block.beats(), block.lanes),
        format!("A binary search of {} steps, with {} registers in between.", block.steps(), block.stages()),
    ];
    site.header(&site.module(), &title, &facts)
}

/// The code of a lane's count.
fn code(block: &Thresholds, lane: usize) -> String {
    let (bits, base) = (block.output.bits as usize, block.table.base);
    let count = resized(&format!("count_{lane}"), block.steps(), false, bits);
    if block.output.is_bipolar() {
        return if base > 0 { "1'b1".to_owned() } else { count };
    }
    if base == 0 { count } else { format!("{} + {count}", constant(bits, base)) }
}

fn lane_module(block: &Thresholds, site: &Site<'_>, tables: &Tables<'_>) -> LaneModule {
    let (steps, beats, bits) = (block.steps(), tables.beats(), tables.ty.bits as usize);
    let module = format!("{}_lane", site.module());
    let literals = (0..steps).filter(|step| !tables.in_file(*step)).map(|step| tables.entries(step) * bits);
    let longest = literals.chain([beats]).map(|width| range(width).len()).max().unwrap_or(0);
    let ([s_range, beat_range, count_range], blank) =
        ranges([block.input.bits as usize, counter_bits(beats), steps]);
    LaneModule {
        header: site.header(&module, "how many thresholds a value has reached", &[]),
        module,
        blank,
        s_range,
        beat_range,
        count_range,
        bits,
        sign: if tables.ty.is_signed() { "signed " } else { "" },
        cast: if tables.ty.is_signed() { "$signed(" } else { "" },
        end: if tables.ty.is_signed() { ")" } else { "" },
        beats,
        wide: wide(block.input, bits),
        unused: unused(block.input, bits),
        falls_range: format!("{:<longest$}", range(beats)),
        steps: (0..steps).map(|step| step_of(block, tables, step, longest)).collect(),
        stages: block.stages(),
        output: found(steps),
    }
}

fn step_of(block: &Thresholds, tables: &Tables<'_>, step: usize, longest: usize) -> Step {
    let stage = block.stage_of(step);
    let index = match (tables.beats() > 1, step) {
        (true, 0) => "beat0".to_owned(),
        (true, _) => format!("{{beat{stage}, count{step}}}"),
        (false, _) => format!("count{step}"),
    };
    let entries = tables.entries(step);
    let range = format!("{:<longest$}", range(entries * tables.ty.bits as usize));
    let registered = step > 0 && stage > block.stage_of(step - 1);
    Step { entries, range, in_file: tables.in_file(step), index, registered, count: found(step) }
}

/// The bits of the count that the steps before `step` have found.
fn found(step: usize) -> String {
    match step {
        0 => String::new(),
        1 => "reached0".to_owned(),
        _ => format!("{{count{0}, reached{0}}}", step - 1),
    }
}

/// Bits of a value that the thresholds do without, as it has fewer values than its bits could hold.
fn unused(input: IntType, bits: usize) -> Option<String> {
    let all = input.bits as usize;
    (all > bits).then(|| format!("s_value[{}:{bits}]", all - 1))
}

/// The value in the width of the thresholds.
fn wide(input: IntType, bits: usize) -> String {
    if input.is_bipolar() {
        return format!("{{{{{}{{!s_value[0]}}}}, 1'b1}}", bits - 1);
    }
    resized("s_value", input.bits as usize, input.is_signed(), bits)
}
