//! What the evaluator computes, against definitions.

use crate::designs::{frames, plan};
use crate::images::image;
use mpqc_ir::design::Design;
use mpqc_ir::design::testing::{Chain, Mac, Random};
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
}
