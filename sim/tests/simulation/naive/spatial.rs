//! The blocks over the pixels of an image.

use super::{Beat, Queue};
use mpqc_ir::design::Block;
use mpqc_ir::design::blocks::{Concat, Depthwise, LineBuffer, Pad, Pool, Reorder, Window};
use mpqc_ir::int_network::PoolFunction;
use std::collections::VecDeque;

/// A block that shakes hands at each of its inputs by itself.
pub trait Spatial {
    /// The beat on offer.
    fn offer(&self) -> Option<&Beat>;

    /// Whether input `port` takes a beat.
    fn ready(&self, port: usize) -> bool;

    /// The clock edge: the beat taken at every input, and whether the one on offer is.
    fn edge(&mut self, taken: &mut [Option<Beat>], popped: bool);
}

/// The naive model of a block, if it is one over pixels that is no pipeline.
pub fn of(block: &Block) -> Option<Box<dyn Spatial>> {
    let depth = block.spec().output_depth() as usize;
    Some(match block.clone() {
        Block::Pad(spec) => Box::new(Padding { spec, at: 0, output: Queue::new(2) }),
        Block::Window(spec) => Box::new(Ring::new(spec)),
        Block::LineBuffer(spec) => Box::new(lines(spec, Queue::new(depth))),
        Block::Pool(spec) => Box::new(pools(spec, Queue::new(depth))),
        Block::Concat(spec) => Box::new(Turns { spec, at: 0, output: Queue::new(2) }),
        Block::Reorder(spec) => Box::new(Halves::new(spec)),
        _ => return None,
    })
}

/// Row, column and slice of beat `at` of an image.
fn position(at: usize, width: usize, slices: usize) -> (usize, usize, usize) {
    (at / slices / width, at / slices % width, at % slices)
}

struct Padding {
    spec: Pad,
    /// Beats of the padded image so far.
    at: usize,
    output: Queue,
}

impl Padding {
    fn inside(&self) -> bool {
        let [top, left, ..] = self.spec.pad.pads;
        let (row, column, _) = position(self.at, self.spec.output().width, self.spec.slices());
        let within = |at: usize, before: usize, size: usize| at >= before && at < before + size;
        within(row, top, self.spec.input.height) && within(column, left, self.spec.input.width)
    }
}

impl Spatial for Padding {
    fn offer(&self) -> Option<&Beat> {
        self.output.beats.front()
    }

    fn ready(&self, _: usize) -> bool {
        self.inside() && self.output.can_accept()
    }

    fn edge(&mut self, taken: &mut [Option<Beat>], popped: bool) {
        let code = vec![self.spec.pad.value; self.spec.lanes];
        let push =
            if self.inside() { taken[0].take() } else { Some(code).filter(|_| self.output.can_accept()) };
        self.at =
            (self.at + usize::from(push.is_some())) % (self.spec.output().pixels() * self.spec.slices());
        self.output.edge(push, popped);
    }
}

/// A beat to read: its index among the frame's kept words less the window's base, none in the padding; and the
/// words to free with it.
struct Read {
    off: Option<usize>,
    freed: usize,
}

struct Ring {
    spec: Window,
    /// Beats of the image so far.
    at: usize,
    stored: VecDeque<Beat>,
    /// Words freed before they have arrived.
    owed: usize,
    reads: Vec<Read>,
    /// Beats read of the frame.
    read: usize,
    output: Option<Beat>,
}

impl Ring {
    fn new(spec: Window) -> Self {
        let (rows, columns) = (spec.rows().steps, spec.columns().steps);
        let windows = (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x)));
        let reads = windows.flat_map(|(y, x)| Self::window(&spec, y, x)).collect();
        Ring { spec, at: 0, stored: VecDeque::new(), owed: 0, reads, read: 0, output: None }
    }

    fn window(spec: &Window, y: usize, x: usize) -> Vec<Read> {
        let mut reads = Vec::new();
        for group in 0..spec.window.groups {
            for _ in 0..spec.repeats {
                for tap in 0..spec.window.taps() {
                    for slice in 0..spec.group_slices() {
                        let row = spec.rows().source(y, tap / spec.window.kernel[1]);
                        let pixel = row.zip(spec.columns().source(x, tap % spec.window.kernel[1]));
                        let slice = group * spec.group_slices() + slice;
                        let index = pixel.map(|(r, c)| r * spec.row_words() + c * spec.slices() + slice);
                        reads.push(Read { off: index.map(|i| i - spec.base(y, x)), freed: 0 });
                    }
                }
            }
        }
        reads.last_mut().expect("a window has taps").freed = spec.freed(y, x);
        reads
    }

    fn keeps(&self) -> bool {
        let (row, column, _) = position(self.at, self.spec.input.width, self.spec.slices());
        self.spec.rows().keeps(row) && self.spec.columns().keeps(column)
    }

    /// The beat that the reader is at, if it is there.
    fn available(&self) -> Option<Beat> {
        match self.reads[self.read].off {
            None => Some(vec![self.spec.window.value; self.spec.lanes]),
            Some(off) => self.stored.get(off).cloned(),
        }
    }
}

impl Spatial for Ring {
    fn offer(&self) -> Option<&Beat> {
        self.output.as_ref()
    }

    fn ready(&self, _: usize) -> bool {
        !self.keeps() || self.stored.len() < self.spec.capacity
    }

    fn edge(&mut self, taken: &mut [Option<Beat>], popped: bool) {
        let load = self.available().filter(|_| self.output.is_none() || popped);
        if popped {
            self.output = None;
        }
        if load.is_some() {
            self.output = load;
            self.owed += self.reads[self.read].freed;
            self.read = (self.read + 1) % self.reads.len();
        }
        if let Some(beat) = taken[0].take() {
            self.stored.extend(Some(beat).filter(|_| self.keeps()));
            self.at = (self.at + 1) % (self.spec.input.pixels() * self.spec.slices());
        }
        let freed = self.owed.min(self.stored.len());
        self.stored.drain(..freed);
        self.owed -= freed;
    }
}

/// From the beats so far to what the last of them completes.
type Completion = dyn Fn(&[Beat]) -> Beat;

/// An image that arrives, of which some beats complete a result.
struct Image {
    /// Beats so far.
    beats: Vec<Beat>,
    total: usize,
    completes: Box<dyn Fn(usize) -> bool>,
    /// What the last of the beats so far completes.
    result: Box<Completion>,
    output: Queue,
}

impl Spatial for Image {
    fn offer(&self) -> Option<&Beat> {
        self.output.beats.front()
    }

    fn ready(&self, _: usize) -> bool {
        !(self.completes)(self.beats.len()) || self.output.can_accept()
    }

    fn edge(&mut self, taken: &mut [Option<Beat>], popped: bool) {
        let mut push = None;
        if let Some(beat) = taken[0].take() {
            let completes = (self.completes)(self.beats.len());
            self.beats.push(beat);
            push = completes.then(|| (self.result)(&self.beats));
        }
        if self.beats.len() == self.total {
            self.beats.clear();
        }
        self.output.edge(push, popped);
    }
}

fn lines(spec: LineBuffer, output: Queue) -> Image {
    let (total, width, slices) = (spec.input.pixels() * spec.slices(), spec.input.width, spec.slices());
    let [down, right] = spec.window.dilation;
    let [height, length] = spec.window.kernel;
    let completes = move |at: usize| {
        let (row, column, _) = position(at, width, slices);
        spec.emits(row, column)
    };
    let result = move |beats: &[Beat]| {
        let last = beats.len() - 1;
        let before = |rows: usize, columns: usize| &beats[last - (rows * width + columns) * slices];
        let rows = (0..height).rev().map(|row| row * down);
        rows.flat_map(|r| (0..length).rev().flat_map(move |c| before(r, c * right).clone())).collect()
    };
    Image { beats: Vec::new(), total, completes: Box::new(completes), result: Box::new(result), output }
}

fn pools(spec: Pool, output: Queue) -> Image {
    let (width, slices) = (spec.pool.input.width, spec.slices());
    let (total, [height, length]) = (spec.pool.input.pixels() * slices, spec.pool.kernel);
    let function = spec.pool.function;
    let completes = move |at: usize| {
        let (row, column, _) = position(at, width, slices);
        spec.completes(row, column)
    };
    let result = move |beats: &[Beat]| {
        let last = beats.len() - 1;
        let pixels = (0..height).flat_map(|r| (0..length).map(move |c| last - (r * width + c) * slices));
        let join = |a: Beat, b: Beat| match function {
            PoolFunction::Max => a.into_iter().zip(b).map(|(a, b)| a.max(b)).collect(),
            PoolFunction::Sum => a.into_iter().zip(b).map(|(a, b)| a + b).collect(),
        };
        pixels.map(|at| beats[at].clone()).reduce(join).expect("a rectangle has pixels")
    };
    Image { beats: Vec::new(), total, completes: Box::new(completes), result: Box::new(result), output }
}

struct Turns {
    spec: Concat,
    /// Beats of the pixel so far.
    at: usize,
    output: Queue,
}

impl Turns {
    fn turn(&self) -> usize {
        let beats = (0..self.spec.channels.len()).flat_map(|i| vec![i; self.spec.beats(i)]);
        beats.collect::<Vec<_>>()[self.at]
    }
}

impl Spatial for Turns {
    fn offer(&self) -> Option<&Beat> {
        self.output.beats.front()
    }

    fn ready(&self, port: usize) -> bool {
        self.turn() == port && self.output.can_accept()
    }

    fn edge(&mut self, taken: &mut [Option<Beat>], popped: bool) {
        let push = taken[self.turn()].take();
        assert!(taken.iter().all(Option::is_none), "operands take turns");
        self.at = (self.at + usize::from(push.is_some())) % self.spec.all_beats();
        self.output.edge(push, popped);
    }
}

struct Halves {
    spec: Reorder,
    halves: [Vec<Beat>; 2],
    full: [bool; 2],
    writer: usize,
    reader: usize,
    /// Beats sent of the reader's half.
    sent: usize,
    output: Option<Beat>,
}

impl Halves {
    fn new(spec: Reorder) -> Self {
        let halves = [Vec::new(), Vec::new()];
        Halves { spec, halves, full: [false; 2], writer: 0, reader: 0, sent: 0, output: None }
    }
}

impl Spatial for Halves {
    fn offer(&self) -> Option<&Beat> {
        self.output.as_ref()
    }

    fn ready(&self, _: usize) -> bool {
        !self.full[self.writer]
    }

    fn edge(&mut self, taken: &mut [Option<Beat>], popped: bool) {
        let load = self.full[self.reader] && (self.output.is_none() || popped);
        if popped {
            self.output = None;
        }
        if load {
            let word = self.spec.order[self.sent] as usize;
            self.output = Some(self.halves[self.reader][word].clone());
            self.sent += 1;
        }
        if self.sent == self.spec.order.len() {
            self.halves[self.reader].clear();
            self.full[self.reader] = false;
            (self.reader, self.sent) = (1 - self.reader, 0);
        }
        if let Some(beat) = taken[0].take() {
            self.halves[self.writer].push(beat);
            if self.halves[self.writer].len() == self.spec.group {
                self.full[self.writer] = true;
                self.writer = 1 - self.writer;
            }
        }
    }
}

/// The work of a depthwise array: the sums of every slice of channels.
pub fn depthwise(block: Depthwise) -> impl FnMut(Vec<Beat>) -> Option<Beat> {
    let (slices, mut at) = (block.slices(), 0);
    let mut sums = vec![vec![0; block.lanes]; slices];
    move |x| {
        let (tap, slice) = (at / slices, at % slices);
        at = (at + 1) % block.beats();
        for ((lane, sum), x) in sums[slice].iter_mut().enumerate().zip(&x[0]) {
            *sum += block.product.weights[[tap, slice * block.lanes + lane]] * x;
        }
        let last = tap == block.taps() - 1;
        last.then(|| std::mem::replace(&mut sums[slice], vec![0; block.lanes]))
    }
}
