//! Pooling on the stream.

use crate::condition::Condition;
use crate::text::{constant, counter_bits, ranges, resized};
use crate::walk::{Counter, Walk};
use crate::{Library, Rtl, RtlError, Site, ToRtl};
use askama::Template;
use mpqc_ir::design::blocks::{BlockSpec, Pool};
use mpqc_ir::int_network::PoolFunction;

#[derive(Template)]
#[template(path = "pool.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    s_data: String,
    m_data: String,
    lanes: usize,
    x_bits: usize,
    y_bits: usize,
    walk: Walk,
    rows_fill: bool,
    begins: String,
    completes: String,
    /// Whether a beat's result so far is to be kept.
    keeps: Condition,
    /// Whether rectangles have several pixels.
    joins: bool,
    results: Results,
    wide: String,
    join: String,
    buffer: &'static str,
}

/// Where the results so far live.
struct Results {
    words: usize,
    address_bits: usize,
    /// The counter that is their address, or none where they have one of their own.
    address: Option<&'static str>,
    /// Whether the address goes back after a pixel that does not end its rectangle's row, and how far.
    again: Option<(String, String)>,
}

impl ToRtl for Pool {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        site.check_lanes(self.lanes, self.pool.input.channels)?;
        if self.pool.kernel.contains(&0) || self.pool.output().pixels() == 0 {
            return Err(site.contradiction("a pool has a whole rectangle of pixels at least"));
        }
        Ok(site.own_block(module(self, site).render()?, vec![Library::buffer(self.output_depth())]))
    }
}

fn module(pool: &Pool, site: &Site<'_>) -> Module {
    let (x_bits, y_bits) = (pool.elem.bits as usize, pool.output.bits as usize);
    let ([s_data, m_data], blank) = ranges([pool.lanes * x_bits, pool.lanes * y_bits]);
    let (walk, [height, width]) = (walk(pool), pool.pool.kernel);
    let pixel = |row, column| {
        let of_row = if rows_fill(pool) { walk.is("row", row) } else { walk.phase_is("row", row) };
        Condition::all([of_row, walk.phase_is("column", column)]).text()
    };
    Module {
        header: header(pool, site),
        module: site.module(),
        blank,
        s_data,
        m_data,
        lanes: pool.lanes,
        x_bits,
        y_bits,
        rows_fill: rows_fill(pool),
        begins: pixel(0, 0),
        completes: pixel(height - 1, width - 1),
        keeps: walk.below("column", pool.pool.output().width * width),
        joins: height * width > 1,
        results: results(pool, &walk),
        walk,
        wide: wide(pool),
        join: join(pool).to_owned(),
        buffer: Library::buffer(pool.output_depth()).name(),
    }
}

fn header(pool: &Pool, site: &Site<'_>) -> String {
    let (input, [height, width]) = (pool.pool.input, pool.pool.kernel);
    let what = match pool.pool.function {
        PoolFunction::Max => "largest",
        PoolFunction::Sum => "sum",
    };
    let facts = [
        format!("Arriving: {} x {} pixels of {} x {}.", input.height, input.width, input.channels, pool.elem),
        format!("Leaving: {}, in {} beats of {} lanes a pixel.", pool.output, pool.slices(), pool.lanes),
    ];
    site.header(&site.module(), &format!("the {what} of every {height} x {width} pixels"), &facts)
}

/// Whether rectangles fill the image to its end, so that rows are counted within them only.
fn rows_fill(pool: &Pool) -> bool {
    pool.pool.input.height.is_multiple_of(pool.pool.kernel[0])
}

/// The position in the image, with that in a rectangle.
fn walk(pool: &Pool) -> Walk {
    let (input, [height, width]) = (pool.pool.input, pool.pool.kernel);
    let rows = match rows_fill(pool) {
        true => Counter::new("row", height),
        false => Counter::new("row", input.height).with_phase(height, 0),
    };
    Walk::new(
        "step",
        [
            Counter::new("slice", pool.slices()).that_matters(pool.words() > 1),
            Counter::new("column", input.width).with_phase(width, 0).that_matters(width > 1),
            rows.that_matters(height > 1),
        ],
    )
}

fn results(pool: &Pool, walk: &Walk) -> Results {
    let (words, slices, width) = (pool.words(), pool.slices(), pool.pool.kernel[1]);
    let address_bits = counter_bits(words);
    let by_slice = words == slices;
    let pixel_again = Condition::all([walk.end("slice"), walk.phase_is("column", width - 1).not()]);
    let back = match slices {
        1 => "address".to_owned(),
        n => format!("address - {}", constant(address_bits, n as i64 - 1)),
    };
    Results {
        words,
        address_bits,
        address: by_slice.then_some("slice"),
        again: (width > 1).then(|| (pixel_again.text(), back)),
    }
}

/// A lane in the width of the result.
fn wide(pool: &Pool) -> String {
    let (x_bits, y_bits) = (pool.elem.bits as usize, pool.output.bits as usize);
    if pool.elem.is_bipolar() && y_bits > 1 {
        return format!("{{{{{}{{!x[0]}}}}, 1'b1}}", y_bits - 1);
    }
    resized("x", x_bits, pool.elem.is_signed(), y_bits)
}

/// The join of a lane with what was before it.
fn join(pool: &Pool) -> &'static str {
    let is_number = pool.elem.is_signed() && !pool.elem.is_bipolar();
    match (pool.pool.function, is_number) {
        (PoolFunction::Sum, _) => "(begins ? {Y_BITS{1'b0}} : partial) + wide",
        (PoolFunction::Max, true) => "begins || $signed(wide) > $signed(partial) ? wide : partial",
        (PoolFunction::Max, false) => "begins || wide > partial ? wide : partial",
    }
}
