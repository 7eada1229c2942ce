//! How fast function and timing run on this machine, on one core:
//! `cargo run --release -p mpqc-sim --example speed`.

use mpqc_ir::design::testing::{Chain, Mac, Random};
use mpqc_ir::design::{Block, Design};
use mpqc_ir::int_network::{PoolFunction, Window};
use mpqc_ir::number::IntType;
use mpqc_sim::Stalls;
use mpqc_sim::function::Evaluator;
use mpqc_sim::sizing::{apply, fifo_depths, window_capacities};
use mpqc_sim::timing::{Engine, measure};
use std::time::{Duration, Instant};

/// Codes and weights of so many bits; one bit is ±1.
fn types(bits: u32) -> (IntType, IntType) {
    match bits {
        1 => (IntType::BIPOLAR, IntType::BIPOLAR),
        _ => (IntType::quantizer(false, bits, false), IntType::quantizer(true, bits, true)),
    }
}

/// The network of FINN's TFC (784-64-64-64-10), 16 cycles a frame.
fn tfc(bits: u32) -> Design {
    let (x, w) = types(bits);
    let mut chain = Chain::new("tfc").input(x, 49, 784);
    for (outputs, simd, pe) in [(64, 196, 16), (64, 32, 8), (64, 32, 8), (10, 16, 10)] {
        chain = chain.mac(Mac::new(outputs, simd, pe).weights(w));
        chain = if outputs == 64 { chain.thresholds(x, true) } else { chain };
    }
    chain.finish()
}

/// One matrix at many pixels, as convolutions are.
fn pixels(bits: u32, (vectors, inputs, outputs): (usize, usize, usize), requantize: bool) -> Design {
    let (x, w) = types(bits);
    let chain = Chain::new("pixels").vectors(vectors).input(x, inputs, inputs);
    let chain = chain.mac(Mac::new(outputs, inputs, outputs).weights(w));
    if requantize { chain.thresholds(x, true).finish() } else { chain.finish() }
}

/// A convolution of UltraNet: outputs, kernel, PE, SIMD, and rows of its image.
struct Layer(usize, usize, usize, usize, usize);

/// UltraNet (DAC-SDC 2020, <https://github.com/heheda365/ultra_net>) at 320 × 160 pixels: 199.5 million products
/// a frame, 460,800 cycles or fewer in every layer.
fn ultranet(bits: u32) -> Design {
    let layers = [
        Layer(16, 3, 16, 3, 160),
        Layer(32, 3, 16, 8, 80),
        Layer(64, 3, 16, 8, 40),
        Layer(64, 3, 8, 8, 20),
        Layer(64, 3, 4, 4, 10),
        Layer(64, 3, 4, 4, 10),
        Layer(64, 3, 4, 4, 10),
        Layer(64, 3, 4, 4, 10),
        Layer(36, 1, 1, 1, 10),
    ];
    let chain = Chain::new("ultranet").vectors(160 * 320).input(types(bits).0, 3, 3);
    let chain = layers.into_iter().fold(chain, |chain, Layer(outputs, size, pe, simd, rows)| {
        let chain = convolution(chain, rows, outputs, size, 1, [pe, simd]);
        if rows == 10 { chain } else { chain.pool(rows, outputs, [2, 2], PoolFunction::Max) }
    });
    chain.finish()
}

/// A convolution with a requantizer: outputs, kernel, stride, folding.
fn convolution(
    chain: Chain,
    rows: usize,
    outputs: usize,
    size: usize,
    stride: usize,
    fold: [usize; 2],
) -> Chain {
    let (x, w) = types(4);
    let ([pe, simd], pads) = (fold, [size / 2; 4]);
    let window =
        Window { kernel: [size; 2], stride: [stride; 2], dilation: [1; 2], pads, value: 0, groups: 1 };
    let chain = chain.lanes(simd).window(rows, window, outputs / pe, 0);
    chain.mac(Mac::new(outputs, simd, pe).weights(w)).thresholds(x, true)
}

/// Residual blocks as in ResNet-8 (MLPerf Tiny): two convolutions beside a FIFO, or beside one of 1 × 1 pixel.
fn resnet() -> Design {
    let chain = Chain::new("resnet").vectors(32 * 32).input(types(8).0, 3, 3);
    let chain = convolution(chain, 32, 16, 3, 1, [8, 3]);
    let block = |chain: Chain, rows: usize, outputs: usize, stride: usize| {
        let mut chain = chain.lanes(8).fork(2);
        if stride > 1 {
            chain = convolution(chain, rows, outputs, 1, stride, [2, 8]);
        }
        chain = chain.lanes(8).fifo(2).swap();
        let chain = convolution(chain, rows, outputs, 3, stride, [8, 8]);
        let chain = convolution(chain, rows / stride, outputs, 3, 1, [16, 8]).lanes(8);
        chain.add([1, 1]).thresholds(types(4).0, false)
    };
    let chain = block(chain, 32, 16, 1);
    let chain = block(chain, 32, 32, 2);
    block(chain, 16, 64, 2).finish()
}

fn sizing() {
    let mut design = resnet();
    let begin = Instant::now();
    let depths = fifo_depths(&design).expect("with deep FIFOs it moves");
    let found = begin.elapsed();
    apply(&mut design, &depths);
    let cycles = measure(&design, 1, Stalls::None).expect("it moves").cycles_per_frame;
    let depths: Vec<usize> = depths.into_iter().map(|(_, depth)| depth).collect();
    println!("ResNet-8: {cycles} cycles a frame with FIFOs of {depths:?} beats, found in {found:.0?}");
    let begin = Instant::now();
    let capacities = window_capacities(&design).expect("it moves");
    let found = begin.elapsed();
    for (node, words) in capacities {
        let Block::Window(window) = &design.graph[node].block else { continue };
        println!("    {}: {words} words, {} by rows", design.graph[node].name, window.exact_capacity());
    }
    println!("    found in {found:.0?}");
}

fn macs(design: &Design) -> f64 {
    let macs = design.graph.node_weights().map(|node| match &node.block {
        Block::MacArray(mac) => mac.weights.len() * mac.vectors,
        _ => 0,
    });
    macs.sum::<usize>() as f64
}

/// Seconds of one call, of the fastest of many within a second.
fn seconds(mut call: impl FnMut()) -> f64 {
    let (begin, mut best) = (Instant::now(), Duration::MAX);
    while begin.elapsed() < Duration::from_millis(700) {
        let call_begin = Instant::now();
        call();
        best = best.min(call_begin.elapsed());
    }
    best.as_secs_f64()
}

fn function(name: &str, design: &Design, frames: usize) {
    let mut random = Random(1);
    let stream = &design.graph[design.outputs_of(design.inputs[0])[0]];
    let mut frame = || vec![(0..stream.vector * stream.vectors).map(|_| random.value(stream.elem)).collect()];
    let inputs: Vec<Vec<Vec<i64>>> = (0..frames).map(|_| frame()).collect();
    let evaluator = Evaluator::new(design);
    let single = seconds(|| drop(evaluator.outputs(&inputs[0])));
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
    let batch = one_core.install(|| seconds(|| drop(evaluator.batch(&inputs)))) / frames as f64;
    let rate = |time: f64| format!("{:>10.0} frames/s {:>6.2} GMAC/s", 1.0 / time, macs(design) / time / 1e9);
    println!("{name:<34} single {}   batch {}", rate(single), rate(batch));
}

fn timing(name: &str, design: &Design) {
    let cycles = 5_000;
    let latency = measure(design, 1, Stalls::None).expect("the design moves").latency_cycles;
    let step = |stalls| {
        let mut full = Engine::new(design, stalls, u64::MAX);
        (0..latency).for_each(|_| full.advance());
        let run = || {
            let mut engine = full.clone();
            (0..cycles).for_each(|_| engine.advance());
        };
        cycles as f64 / seconds(run) / 1e6
    };
    let (plain, random) = (step(Stalls::None), step(Stalls::Random { seed: 1 }));
    let whole = seconds(|| drop(measure(design, 10_000, Stalls::None)));
    let blocks = design.graph.node_count();
    println!(
        "{name:<34} {blocks} blocks: {plain:.2} Mcycles/s, {random:.2} with stalls; measure {:.3} ms",
        whole * 1e3
    );
}

/// One frame of a network on one core: its outputs, and its cycles.
fn whole(name: &str, design: &Design) {
    let begin = Instant::now();
    let stream = &design.graph[design.outputs_of(design.inputs[0])[0]];
    drop(Evaluator::new(design).outputs(&[vec![1; stream.vector * stream.vectors]]));
    let outputs = begin.elapsed();
    let cycles = measure(design, 1, Stalls::None).expect("the network moves");
    let (all, latency) = (begin.elapsed(), cycles.latency_cycles);
    println!(
        "{name:<34} one frame: outputs in {outputs:.0?}, with {} cycles a frame, latency {latency}, in {all:.0?}",
        cycles.cycles_per_frame
    );
}

/// A chain whose arrays are all busy in every cycle, as in a balanced design of many layers.
fn balanced(layers: usize) -> Design {
    let (x, w) = types(4);
    let chain = Chain::new("balanced").vectors(100).input(x, 8, 64);
    let layer =
        |chain: Chain, _| chain.mac(Mac::new(64, 16, 4).weights(w)).thresholds(x, true).lanes(16).fifo(32);
    (0..layers).fold(chain, layer).finish()
}

fn functions() {
    for bits in [1, 2, 4, 8] {
        function(&format!("TFC {bits} bit"), &tfc(bits), 1000);
    }
    for bits in [1, 2, 4, 8, 15] {
        for (vectors, inputs, outputs) in [(12800, 27, 16), (3200, 144, 32), (800, 576, 64)] {
            let size = (vectors, inputs, outputs);
            function(&format!("{bits} bit {size:?}"), &pixels(bits, size, false), 2);
        }
    }
    function("2 bit, thresholds", &pixels(2, (3200, 144, 32), true), 2);
    function("4 bit, thresholds", &pixels(4, (3200, 144, 32), true), 2);
}

fn networks() {
    let design = ultranet(4);
    function("UltraNet, 4 bit", &design, 2);
    whole("UltraNet, 4 bit", &design);
}

fn timings() {
    timing("TFC", &tfc(2));
    timing("9 balanced layers", &balanced(9));
    timing("UltraNet", &ultranet(4));
}

/// Without arguments all of them; `function`, `timing`, `network` or `sizing` one.
fn main() {
    let chosen = std::env::args().nth(1);
    let parts: [(&str, fn()); 4] =
        [("function", functions), ("timing", timings), ("network", networks), ("sizing", sizing)];
    for (_, part) in parts.iter().filter(|(name, _)| chosen.as_deref().is_none_or(|chosen| chosen == *name)) {
        part();
    }
}
