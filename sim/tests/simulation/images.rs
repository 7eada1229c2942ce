//! Random small designs over the pixels of an image.

use mpqc_ir::design::Design;
use mpqc_ir::design::blocks::{MemoryStyle, Multiplier, RamStyle};
use mpqc_ir::design::testing::{Chain, Mac, Random};
use mpqc_ir::int_network::{PoolFunction, Window};
use mpqc_ir::number::IntType;
use proptest::prelude::*;

/// One more piece of a chain; numbers are folded into what is legal where it stands.
#[derive(Clone, Debug)]
pub enum Piece {
    /// A padding: top, left, bottom, right, and its code.
    Pad([usize; 4], i64),
    /// A window and what multiplies behind it.
    Window(Geometry, Behind),
    /// A padding, a line buffer and a MAC array of this many outputs.
    Lines(Geometry, usize),
    /// A pool of this kernel.
    Pool([usize; 2], PoolFunction),
    /// A fork whose ways are concatenated.
    Concat,
    /// A residual connection: a fork, a window with a MAC array, an addition; a FIFO of all beats beside it.
    Residual(usize, usize),
    /// Some beats of a pixel (or of a row of pixels) left out or repeated.
    Reorder(bool),
}

/// A kernel in two axes.
#[derive(Clone, Debug)]
pub struct Geometry {
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    pads: [usize; 4],
}

/// What stands behind a window.
#[derive(Clone, Debug)]
pub enum Behind {
    /// A MAC array: outputs of a group, PE, SIMD, groups, words of the ring beyond the exact ones.
    Mac(usize, usize, usize, usize, usize),
    /// A depthwise array.
    Depthwise,
    /// A pool over the taps.
    Pool,
}

/// A design.
#[derive(Clone, Debug)]
pub struct Plan {
    pub size: [usize; 2],
    pub channels: usize,
    pub bits: u32,
    pub pieces: Vec<Piece>,
    pub seed: u64,
}

/// Any small plan.
pub fn image() -> impl Strategy<Value = Plan> {
    let pieces = proptest::collection::vec(piece(), 1..4);
    ([1usize..8, 1usize..8], 1usize..7, 1u32..5, pieces, any::<u64>())
        .prop_map(|(size, channels, bits, pieces, seed)| Plan { size, channels, bits, pieces, seed })
}

fn geometry() -> impl Strategy<Value = Geometry> {
    let pads = [0usize..3, 0usize..3, 0usize..3, 0usize..3];
    ([1usize..4, 1usize..4], [1usize..4, 1usize..4], [1usize..3, 1usize..3], pads)
        .prop_map(|(kernel, stride, dilation, pads)| Geometry { kernel, stride, dilation, pads })
}

fn behind() -> impl Strategy<Value = Behind> {
    prop_oneof![
        3 => (1usize..5, 0usize..5, 0usize..20, 0usize..6, 0usize..9)
            .prop_map(|(outputs, pe, simd, groups, extra)| Behind::Mac(outputs, pe, simd, groups, extra)),
        1 => Just(Behind::Depthwise),
        1 => Just(Behind::Pool),
    ]
}

fn piece() -> impl Strategy<Value = Piece> {
    let function = prop_oneof![Just(PoolFunction::Max), Just(PoolFunction::Sum)];
    prop_oneof![
        1 => ([0usize..3, 0usize..3, 0usize..3, 0usize..3], any::<i64>()).prop_map(|(p, v)| Piece::Pad(p, v)),
        4 => (geometry(), behind()).prop_map(|(geometry, behind)| Piece::Window(geometry, behind)),
        2 => (geometry(), 1usize..5).prop_map(|(geometry, outputs)| Piece::Lines(geometry, outputs)),
        1 => ([1usize..4, 1usize..4], function).prop_map(|(kernel, function)| Piece::Pool(kernel, function)),
        1 => Just(Piece::Concat),
        1 => (0usize..5, 0usize..20).prop_map(|(pe, simd)| Piece::Residual(pe, simd)),
        1 => any::<bool>().prop_map(Piece::Reorder),
    ]
}

fn unsigned(bits: u32) -> IntType {
    IntType::quantizer(false, bits, false)
}

/// One of the divisors of a number.
fn divisor(of: usize, choice: usize) -> usize {
    let divisors: Vec<usize> = (1..=of).filter(|d| of.is_multiple_of(*d)).collect();
    divisors[choice % divisors.len()]
}

impl Plan {
    /// The design of this plan.
    pub fn build(&self) -> Design {
        let [height, width] = self.size;
        let elem = unsigned(self.bits);
        let chain = Chain::new("image").seed(self.seed).vectors(height * width);
        let mut random = Random(self.seed);
        let lanes = divisor(self.channels, random.bits() as usize % 9);
        let mut at = At { elem, height, width, channels: self.channels, random };
        let chain = chain.input(elem, lanes, self.channels);
        self.pieces.iter().fold(chain, |chain, piece| at.put(piece, chain)).finish()
    }
}

/// The image in the open stream.
struct At {
    elem: IntType,
    height: usize,
    width: usize,
    channels: usize,
    random: Random,
}

impl At {
    fn put(&mut self, piece: &Piece, chain: Chain) -> Chain {
        match piece {
            Piece::Pad(pads, value) => self.pad(chain, *pads, *value),
            Piece::Window(geometry, behind) => self.window(chain, geometry, behind),
            Piece::Lines(geometry, outputs) => self.lines(chain, geometry, *outputs),
            Piece::Pool(kernel, function) => self.pool(chain, *kernel, *function),
            Piece::Concat => self.concat(chain),
            Piece::Residual(pe, simd) => self.residual(chain, *pe, *simd),
            Piece::Reorder(rows) => self.reorder(chain, *rows),
        }
    }

    /// Beats of some divisor of the channels.
    fn slice(&mut self, chain: Chain, channels: usize) -> (Chain, usize) {
        let lanes = divisor(channels, self.random.bits() as usize % 9);
        (chain.lanes(lanes), lanes)
    }

    fn pad(&mut self, chain: Chain, pads: [usize; 4], value: i64) -> Chain {
        let (chain, _) = self.slice(chain, self.channels);
        let value = value.rem_euclid(self.elem.max + 1);
        let chain = chain.pad(self.height, pads, value);
        self.height += pads[0] + pads[2];
        self.width += pads[1] + pads[3];
        chain
    }

    /// The window of a geometry that has at least one position here.
    fn fit(&mut self, geometry: &Geometry, groups: usize) -> Window {
        let size = [self.height, self.width];
        let axis = |i: usize| {
            let dilation = geometry.dilation[i];
            let kernel = geometry.kernel[i].min((size[i] - 1) / dilation + 1);
            (kernel, dilation, (kernel - 1) * dilation)
        };
        let ((rows, down, above), (columns, right, beside)) = (axis(0), axis(1));
        let [top, left, bottom, last] = geometry.pads;
        Window {
            kernel: [rows, columns],
            stride: geometry.stride,
            dilation: [down, right],
            pads: [top.min(above), left.min(beside), bottom.min(above), last.min(beside)],
            value: self.random.value(self.elem),
            groups,
        }
    }

    fn moved(&mut self, window: &Window) {
        (self.height, self.width) = (window.positions(0, self.height), window.positions(1, self.width));
    }

    fn requantize(&mut self, chain: Chain, channels: usize) -> Chain {
        self.elem = unsigned(3);
        self.channels = channels;
        chain.thresholds(self.elem, true)
    }

    fn window(&mut self, chain: Chain, geometry: &Geometry, behind: &Behind) -> Chain {
        match behind {
            Behind::Mac(outputs, pe, simd, groups, extra) => {
                let groups = divisor(self.channels, *groups);
                let window = self.fit(geometry, groups);
                self.convolution(chain, &window, [*outputs, *pe, *simd], *extra)
            }
            Behind::Depthwise => {
                let window = self.fit(geometry, 1);
                let (chain, _) = self.slice(chain, self.channels);
                let (w, taps) = (IntType::quantizer(true, 3, false), window.taps());
                let chain = chain.window(self.height, window.clone(), 1, 0);
                self.moved(&window);
                let chain = chain.depthwise(taps, w, Multiplier::Dsp, MemoryStyle::Distributed);
                self.requantize(chain, self.channels)
            }
            Behind::Pool => {
                let window = self.fit(geometry, 1);
                let (chain, _) = self.slice(chain, self.channels);
                let chain = chain.window(self.height, window.clone(), 1, 2);
                self.moved(&window);
                chain.pool(self.height, self.channels, [1, window.taps()], PoolFunction::Max)
            }
        }
    }

    /// A window, and a MAC array of some outputs a group, PE and SIMD.
    fn convolution(&mut self, chain: Chain, window: &Window, size: [usize; 3], extra: usize) -> Chain {
        let [outputs, pe, simd] = size;
        let group = self.channels / window.groups;
        let (chain, _) = self.slice(chain, group);
        let pe = divisor(outputs, pe);
        let chain = chain.window(self.height, window.clone(), outputs / pe, extra);
        self.moved(window);
        let simd = 1 + simd % (window.taps() * group);
        let mac = Mac::new(outputs * window.groups, simd, pe).groups(window.groups);
        let chain = chain.mac(mac.memory(MemoryStyle::Block));
        self.requantize(chain, outputs * window.groups)
    }

    fn lines(&mut self, chain: Chain, geometry: &Geometry, outputs: usize) -> Chain {
        let mut window = self.fit(geometry, 1);
        let chain = self.pad(chain, std::mem::take(&mut window.pads), window.value);
        let chain = chain.line_buffer(self.height, window.clone(), RamStyle::Distributed);
        self.moved(&window);
        let simd = window.taps() * self.channels;
        let chain = chain.mac(Mac::new(outputs, simd, 1));
        self.requantize(chain, outputs)
    }

    fn pool(&mut self, chain: Chain, kernel: [usize; 2], function: PoolFunction) -> Chain {
        let kernel = [kernel[0].min(self.height), kernel[1].min(self.width)];
        let (chain, _) = self.slice(chain, self.channels);
        let chain = chain.pool(self.height, self.channels, kernel, function);
        (self.height, self.width) = (self.height / kernel[0], self.width / kernel[1]);
        if function == PoolFunction::Max { chain } else { self.requantize(chain, self.channels) }
    }

    fn concat(&mut self, chain: Chain) -> Chain {
        let (chain, lanes) = self.slice(chain, self.channels);
        let beats = self.channels / lanes;
        let chain = chain.fork(2).thresholds(unsigned(5), false).fifo(2 + beats).concat(2);
        self.elem = unsigned(5.max(self.elem.bits));
        self.requantize(chain, 2 * self.channels)
    }

    fn residual(&mut self, chain: Chain, pe: usize, simd: usize) -> Chain {
        let (chain, lanes) = self.slice(chain, self.channels);
        let beats = self.height * self.width * self.channels / lanes;
        let geometry = Geometry { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], pads: [1; 4] };
        let window = self.fit(&geometry, 1);
        let chain = chain.fork(2).swap().fifo(beats.max(2)).swap();
        let chain = match window.kernel {
            [3, 3] => self.convolution(chain, &window, [self.channels, pe, simd], 3).lanes(lanes),
            _ => chain,
        };
        self.requantize(chain.add([1, -2]), self.channels)
    }

    /// Beats backwards, the first one twice and the last one left out where there are several.
    fn reorder(&mut self, chain: Chain, rows: bool) -> Chain {
        let (chain, lanes) = self.slice(chain, self.channels);
        let group = self.channels / lanes * if rows { self.width } else { 1 };
        let mut order: Vec<u32> = (0..group as u32).rev().collect();
        if let Some(last) = order.first_mut() {
            *last = 0;
        }
        chain.reorder(group, order, self.channels, RamStyle::Distributed)
    }
}
