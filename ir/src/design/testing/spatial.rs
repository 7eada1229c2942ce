//! Blocks over the pixels of an image.

use super::{Chain, Head, accumulator};
use crate::design::blocks::{
    Concat, Depthwise, LineBuffer, MemoryStyle, Multiplier, Pad, Pool, RamStyle, Reorder, Window,
};
use crate::int_network::{self, PoolFunction, Shape};
use crate::number::IntType;
use std::sync::Arc;

impl Chain {
    /// Windows over the vectors, read as the pixels of an image of `height` rows, each group sent `repeats` times,
    /// out of a ring of `exact_capacity` words and `extra` more.
    pub fn window(self, height: usize, window: int_network::Window, repeats: usize, extra: usize) -> Self {
        let head = self.top();
        let (input, fill) = image(head, height);
        let memory = if extra == 0 { RamStyle::Distributed } else { RamStyle::Block };
        let mut block =
            Window { window, input, fill, elem: head.elem, lanes: head.lanes, repeats, capacity: 0, memory };
        block.capacity = block.exact_capacity() + extra;
        let vectors = block.windows() * block.window.groups;
        let vector = block.window.taps() * input.channels / block.window.groups;
        self.extend(block.into(), |head| Head { vector, vectors, repeats, interval: 1, ..head })
    }

    /// Whole windows over the vectors, read as the pixels of an image of `height` rows.
    pub fn line_buffer(self, height: usize, window: int_network::Window, memory: RamStyle) -> Self {
        let head = self.top();
        let (input, fill) = image(head, height);
        let output = window.output(input);
        let block = LineBuffer { window, input, fill, elem: head.elem, lanes: head.lanes, memory };
        let lanes = block.out_lanes();
        let (vector, vectors) = (output.channels, output.pixels());
        self.extend(block.into(), |head| Head { vector, vectors, lanes, interval: 1, ..head })
    }

    /// `pads` pixels of `value` around the vectors, read as the pixels of an image of `height` rows.
    pub fn pad(self, height: usize, pads: [usize; 4], value: i64) -> Self {
        let head = self.top();
        let pad = int_network::Pad { pads, value };
        let (input, fill) = image(head, height);
        let block = Pad { pad, input, fill, elem: head.elem, lanes: head.lanes };
        let (vector, vectors) = (input.channels, block.output().pixels());
        self.extend(block.into(), |head| Head { vector, vectors, interval: 1, ..head })
    }

    /// Pools the vectors, read as pixels of `channels` elements of an image of `height` rows.
    pub fn pool(self, height: usize, channels: usize, kernel: [usize; 2], function: PoolFunction) -> Self {
        let head = self.top();
        let width = head.vector * head.vectors / channels / height;
        let pool = int_network::Pool { function, input: Shape { height, width, channels }, kernel };
        let output = pool.output_type(head.elem);
        let vectors = pool.output().pixels();
        let block = Pool { pool, elem: head.elem, output, lanes: head.lanes };
        let elem = output;
        self.extend(block.into(), |head| Head { elem, vector: channels, vectors, interval: 1, ..head })
    }

    /// A depthwise product of random weights over windows of `taps` taps.
    pub fn depthwise(mut self, taps: usize, w: IntType, multiplier: Multiplier, memory: MemoryStyle) -> Self {
        let head = self.top().clone();
        let channels = head.vector / taps;
        let weights = self.random.matrix(taps, channels, w);
        let acc = accumulator(&weights.t().to_owned(), head.elem);
        let product = int_network::Depthwise { weights: Arc::new(weights), weight_type: w, accumulator: acc };
        let (x, lanes, vectors) = (head.elem, head.lanes, head.vectors);
        let block = Depthwise { product, x, lanes, multiplier, memory, operand_stages: 1, vectors };
        self.extend(block.into(), |head| Head { elem: acc, vector: channels, interval: 1, ..head })
    }

    /// Joins the channels of the top `ways` streams, the lowest first.
    pub fn concat(mut self, ways: usize) -> Self {
        let operands = self.heads.split_off(self.heads.len() - ways);
        let types: Vec<IntType> = operands.iter().map(|h| h.elem).collect();
        let (min, max) = (types.iter().map(|t| t.min).min(), types.iter().map(|t| t.max).max());
        let output = match types.iter().all(IntType::is_bipolar) {
            true => IntType::BIPOLAR,
            false => IntType::smallest(min.unwrap_or(0), max.unwrap_or(0)),
        };
        let first = operands.first().expect("a concatenation has operands").clone();
        let channels: Vec<usize> = operands.iter().map(|h| h.vector).collect();
        let vector = channels.iter().sum();
        let block = Concat { operands: types, channels, output, lanes: first.lanes, vectors: first.vectors };
        let node = self.add_block(block.into());
        operands.iter().enumerate().for_each(|(port, head)| self.connect(head, node, port));
        self.heads.push(Head { node, port: 0, elem: output, vector, interval: 1, ..first });
        self
    }

    /// Sends the beats of each group of `group` beats in another order; the result is read as vectors of `vector`
    /// elements.
    pub fn reorder(self, group: usize, order: Vec<u32>, vector: usize, memory: RamStyle) -> Self {
        let head = self.top();
        let groups = head.beats_per_frame() / group;
        let vectors = groups * order.len() * head.lanes / vector;
        let block =
            Reorder { elem: head.elem, lanes: head.lanes, group, order: Arc::new(order), groups, memory };
        self.extend(block.into(), |head| Head { vector, vectors, interval: 1, ..head })
    }
}

/// A stream's vectors as the pixels of an image, whose channels fill whole beats, and how many of these the vectors do not
/// have.
fn image(head: &Head, height: usize) -> (Shape, usize) {
    assert!(head.repeats == 1 && head.vectors.is_multiple_of(height), "an image is whole rows of pixels");
    let channels = head.vector.next_multiple_of(head.lanes);
    (Shape { height, width: head.vectors / height, channels }, channels - head.vector)
}
