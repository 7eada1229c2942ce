//! What the evaluator computes, against definitions.

use crate::designs::{frames, plan};
use crate::images::image;
use mpqc_ir::design::blocks::{MemoryStyle, Multiplier, RamStyle};
use mpqc_ir::design::testing::{Chain, Mac, Random};
use mpqc_ir::design::{Block, Design};
use mpqc_ir::int_network::{self, PoolFunction, Shape, Window};
use mpqc_ir::number::IntType;
use mpqc_sim::function::Evaluator;
use ndarray::Array2;
use proptest::prelude::*;

/// A type of any kind and width.
fn any_type(max_bits: u32) -> impl Strategy<Value = IntType> {
    prop_oneof![
        1 => Just(IntType::BIPOLAR),
        2 => (1..=max_bits, any::<bool>()).prop_map(|(bits, signed)| IntType::quantizer(signed, bits, false)),
    ]
}

/// `y[v][o] = Σ w[o][i] · x[v][i]`, in 128 bits.
fn products(weights: &Array2<i64>, x: &[i64]) -> Vec<i64> {
    let dot = |x: &[i64], w: ndarray::ArrayView1<'_, i64>| {
        x.iter().zip(w).map(|(x, w)| i128::from(*x) * i128::from(*w)).sum::<i128>() as i64
    };
    x.chunks(weights.ncols()).flat_map(|x| weights.outer_iter().map(move |w| dot(x, w))).collect()
}

fn mac(x: IntType, w: IntType, weights: &Array2<i64>, vectors: usize) -> Design {
    let (outputs, inputs) = weights.dim();
    let mac = Mac::new(outputs, inputs, outputs).weights(w);
    Chain::new("mac").vectors(vectors).input(x, inputs, inputs).mac_of(mac, weights.clone()).finish()
}

proptest! {
    /// Every kernel: ±1, 16, 32 and 64 bits, at sizes around its blocks of lanes and rows.
    #[test]
    fn a_mac_array_multiplies(
        x in any_type(24), w in any_type(24),
        inputs in 1usize..150, outputs in 1usize..40, vectors in 1usize..140, seed: u64,
    ) {
        let mut random = Random(seed);
        let weights = random.matrix(outputs, inputs, w);
        let input: Vec<i64> = (0..inputs * vectors).map(|_| random.value(x)).collect();
        let expected = products(&weights, &input);
        let result = Evaluator::new(&mac(x, w, &weights, vectors)).outputs(&[input]);
        prop_assert_eq!(&result[0], &expected);
    }

    #[test]
    fn sums_at_the_ends_of_their_range_do_not_wrap(x in any_type(16), w in any_type(16), inputs in 1usize..70) {
        for (xs, ws) in [(x.min, w.min), (x.min, w.max), (x.max, w.min), (x.max, w.max)] {
            let weights = Array2::from_elem((3, inputs), ws);
            let input = vec![xs; inputs];
            let result = Evaluator::new(&mac(x, w, &weights, 1)).outputs(std::slice::from_ref(&input));
            prop_assert_eq!(&result[0], &products(&weights, &input));
        }
    }

    #[test]
    fn frame_outputs_and_batch_agree(
        design in prop_oneof![plan().prop_map(|p| p.build()), image().prop_map(|p| p.build())],
        count in 0usize..40, seed: u64,
    ) {
        let (inputs, evaluator) = (frames(&design, count, seed), Evaluator::new(&design));
        let single: Vec<_> = inputs.iter().map(|frame| evaluator.outputs(frame)).collect();
        for (frame, outputs) in inputs.iter().zip(&single) {
            let data = evaluator.frame(frame);
            prop_assert!(outputs.iter().enumerate().all(|(port, output)| data.output(port) == output));
        }
        prop_assert_eq!(evaluator.batch(&inputs), single);
    }

    /// Blocks over pixels, in words of every width.
    #[test]
    fn blocks_over_pixels_are_their_operators(
        elem in any_type(40), size in [3usize..8, 3usize..8], channels in 1usize..7, groups in any::<bool>(), seed: u64,
    ) {
        let mut random = Random(seed);
        let input = Shape { height: size[0], width: size[1], channels };
        let x: Vec<i64> = (0..input.elements()).map(|_| random.value(elem)).collect();
        let chain = || Chain::new("pixels").vectors(input.pixels()).input(elem, 1, channels);
        let out = |chain: Chain| Evaluator::new(&chain.finish()).outputs(std::slice::from_ref(&x)).swap_remove(0);
        let value = random.value(elem);
        let (kernel, stride, groups) = ([3, 2], [1, 2], if groups { channels } else { 1 });
        let bare = Window { kernel, stride, dilation: [1, 1], pads: [0; 4], value, groups };
        let window = Window { pads: [1, 1, 2, 0], ..bare.clone() };
        prop_assert_eq!(out(chain().window(size[0], window.clone(), 1, 0)), window.apply(input, &x));
        let lines = Window { groups: 1, ..bare.clone() };
        let sliced = Window { groups: channels, ..bare };
        prop_assert_eq!(out(chain().line_buffer(size[0], lines, RamStyle::Block)), sliced.apply(input, &x));
        let pads = int_network::Pad { pads: [1, 0, 2, 3], value };
        prop_assert_eq!(out(chain().pad(size[0], pads.pads, value)), pads.apply(input, &x));
        for function in [PoolFunction::Max, PoolFunction::Sum] {
            let pool = int_network::Pool { function, input, kernel: [2, 3] };
            prop_assert_eq!(out(chain().pool(size[0], channels, pool.kernel, function)), pool.apply(&x));
        }
        let w = IntType::quantizer(true, 6, false);
        let design = chain().depthwise(1, w, Multiplier::Dsp, MemoryStyle::Block).finish();
        let products = design.graph.node_weights().find_map(|node| match &node.block {
            Block::Depthwise(block) => Some(block.product.apply(&x)),
            _ => None,
        });
        prop_assert_eq!(Some(Evaluator::new(&design).outputs(std::slice::from_ref(&x)).swap_remove(0)), products);
    }
}
