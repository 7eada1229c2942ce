//! Multiply-add-shift requantizer: a module with control and constants, and one for the arithmetic of a lane.

use crate::flow::Flow;
use crate::text::{constant, ranges, resized, signed};
use crate::{Library, Memory, Rtl, RtlError, Site, Source, ToRtl, Word};
use askama::Template;
use mpqc_ir::design::blocks::{BlockSpec, ScaleShift};

#[derive(Template)]
#[template(path = "scale_shift.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    s_data: String,
    m_data: String,
    flow: Flow,
    lanes: usize,
    x_bits: usize,
    code_bits: usize,
    mul_bits: usize,
    constant_bits: usize,
    table_beats: usize,
    path: String,
    word: String,
    /// Lanes of a vector's last beat that are not padding, where some are.
    last_lanes: usize,
}

#[derive(Template)]
#[template(path = "scale_shift_lane.v")]
struct LaneModule {
    header: String,
    module: String,
    blank: String,
    x_range: String,
    mul_range: String,
    add_range: String,
    code_range: String,
    /// Signed expressions and their widths.
    x: (String, usize),
    mul: (String, usize),
    add: (String, usize),
    wider: (&'static str, usize),
    narrower: (&'static str, usize),
    product_bits: usize,
    sum_bits: usize,
    wide_product: String,
    wide_add: String,
    dsp: bool,
    shift: u32,
    code: Code,
}

impl ToRtl for ScaleShift {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        if self.output.is_bipolar() {
            return Err(site.contradiction("a shift cannot make bipolar codes"));
        }
        let lane = lane_module(self, site);
        let mut library = vec![Library::buffer(self.output_depth())];
        library.extend((!self.dsp).then_some(Library::LutMultiply));
        library.extend((table_beats(self) > 1).then_some(Library::Rom));
        let mut rtl = site.own_block(module(self, site).render()?, library);
        rtl.modules.push(Source::new(lane.module.clone(), &lane.render()?));
        if table_beats(self) > 1 {
            let words = (0..table_beats(self)).map(|beat| word(self, beat)).collect();
            rtl.memories.push(Memory { path: path(site), words });
        }
        Ok(rtl)
    }
}

fn path(site: &Site<'_>) -> String {
    site.memory("constants")
}

/// Beats whose constants differ.
fn table_beats(block: &ScaleShift) -> usize {
    if block.function.mul.len().max(block.function.add.len()) > 1 { block.beats() } else { 1 }
}

/// The constants of a beat: of each lane the factor, and above it the addend.
fn word(block: &ScaleShift, beat: usize) -> Word {
    let mut word = Word::new();
    for lane in 0..block.lanes {
        let channel = beat * block.lanes + lane;
        for (values, ty) in [(&block.function.mul, block.mul_type()), (&block.function.add, block.add_type())]
        {
            let channel = if values.len() == 1 { 0 } else { channel };
            word.push(ty.bits, ty.encode(values.get(channel).copied().unwrap_or(0)));
        }
    }
    word
}

fn module(block: &ScaleShift, site: &Site<'_>) -> Module {
    let (x_bits, code_bits) = (block.input.bits as usize, block.output.bits as usize);
    let ([s_data, m_data], blank) = ranges([block.lanes * x_bits, block.lanes * code_bits]);
    let left_over = block.channels % block.lanes;
    let table_beats = table_beats(block);
    let counted = if left_over > 0 || table_beats > 1 { block.beats() } else { 1 };
    let flow = Flow::new(block, ScaleShift::STAGES, counted, block.lanes * code_bits).masking(left_over > 0);
    let title = format!("{} to {} by multiplication, addition and shift", block.input, block.output);
    let fact = format!("{} channels in {} beats of {} lanes.", block.channels, block.beats(), block.lanes);
    let mul_bits = block.mul_type().bits as usize;
    Module {
        header: site.header(&site.module(), &title, &[fact]),
        module: site.module(),
        blank,
        s_data,
        m_data,
        flow,
        lanes: block.lanes,
        x_bits,
        code_bits,
        mul_bits,
        constant_bits: mul_bits + block.add_type().bits as usize,
        table_beats,
        path: path(site),
        word: word(block, 0).literal(),
        last_lanes: left_over,
    }
}

fn lane_module(block: &ScaleShift, site: &Site<'_>) -> LaneModule {
    let module = format!("{}_lane", site.module());
    let ([x_range, mul_range, add_range, code_range], blank) =
        ranges([block.input, block.mul_type(), block.add_type(), block.output].map(|ty| ty.bits as usize));
    let (x, mul, add) =
        (signed("x", block.input), signed("mul", block.mul_type()), signed("add", block.add_type()));
    let product_bits = x.1 + mul.1;
    let sum_bits = product_bits.max(add.1).max(block.sum_type().signed_bits() as usize);
    let (wider, narrower) =
        if x.1 >= mul.1 { (("a", x.1), ("b", mul.1)) } else { (("b", mul.1), ("a", x.1)) };
    let code = Code::new(block, sum_bits);
    LaneModule {
        header: site.header(&module, "clamp((x * mul + add) >> shift) of a lane", &[]),
        module,
        blank,
        x_range,
        mul_range,
        add_range,
        code_range,
        wide_product: resized("product2", product_bits, true, sum_bits),
        wide_add: resized("add2", add.1, true, sum_bits),
        x,
        mul,
        add,
        wider,
        narrower,
        product_bits,
        sum_bits,
        dsp: block.dsp,
        shift: block.function.shift,
        code,
    }
}

/// The clamp and the code.
struct Code {
    clamps_low: bool,
    clamps_high: bool,
    /// Bounds as signed literals of the sum's width, and as codes.
    min: String,
    max: String,
    code_min: String,
    code_max: String,
    /// The code of a result within the bounds.
    within: String,
    unused: Option<String>,
}

impl Code {
    fn new(block: &ScaleShift, sum_bits: usize) -> Self {
        let (function, sum, bits) = (&block.function, block.sum_type(), block.output.bits as usize);
        let shift = function.shift.min(63);
        let (clamps_low, clamps_high) = (sum.min >> shift < function.min, sum.max >> shift > function.max);
        let bound = |v: i64| constant(sum_bits, v).replacen('h', "sh", 1);
        let fits = !clamps_low && !clamps_high && sum_bits > bits;
        let whole = sum_bits == bits;
        Code {
            clamps_low,
            clamps_high,
            min: bound(function.min),
            max: bound(function.max),
            code_min: constant(bits, function.min),
            code_max: constant(bits, function.max),
            within: if whole { "$unsigned(shifted)".into() } else { resized("shifted", sum_bits, true, bits) },
            unused: fits.then(|| format!("shifted[{}:{bits}]", sum_bits - 1)),
        }
    }
}
