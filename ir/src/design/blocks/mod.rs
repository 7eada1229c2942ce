//! Hardware blocks: parameters, ports and cost, one file a block.
//!
//! A block called `replay` is `replay.rs` here (parameters, cost), `rtl_templates/replay.{rs,v}` (Verilog),
//! `sim/src/blocks/replay.rs` (function and timing) and `testbenches/tests/blocks/replay.rs`. Adding a block
//! is adding those files and one line in [`for_each_block!`](crate::for_each_block).

mod add;
mod argmax;
mod axis_input;
mod axis_output;
mod concat;
mod depthwise;
mod fifo;
mod fork;
mod line_buffer;
mod mac_array;
mod pad;
mod pool;
mod ram;
mod reorder;
mod replay;
mod scale_shift;
mod thresholds;
mod width_converter;
mod window;

pub use add::Add;
pub use argmax::ArgMax;
pub use axis_input::AxisInput;
pub use axis_output::AxisOutput;
pub use concat::Concat;
pub use depthwise::Depthwise;
pub use fifo::Fifo;
pub use fork::Fork;
pub use line_buffer::LineBuffer;
pub use mac_array::{
    DspRows, Levels, MacArray, MemoryStyle, Multiplier, Overlap, Packing, Planes, RowClass, weight_bits,
};
pub use pad::Pad;
pub use pool::Pool;
pub use ram::RamStyle;
pub use reorder::Reorder;
pub use replay::Replay;
pub use scale_shift::ScaleShift;
pub use thresholds::Thresholds;
pub use width_converter::WidthConverter;
pub use window::{Axis, Window};

pub use super::lut_terms::{LutTerms, coefficient};

use super::{Resources, Target};
use serde::{Deserialize, Serialize};

/// The registry of blocks: calls `$m! { module: Type, … }`, so that every crate's table follows this list.
#[macro_export]
macro_rules! for_each_block {
    ($m:ident) => {
        $m! {
            axis_input: AxisInput,
            axis_output: AxisOutput,
            width_converter: WidthConverter,
            pad: Pad,
            window: Window,
            line_buffer: LineBuffer,
            replay: Replay,
            mac_array: MacArray,
            depthwise: Depthwise,
            thresholds: Thresholds,
            scale_shift: ScaleShift,
            pool: Pool,
            add: Add,
            concat: Concat,
            reorder: Reorder,
            argmax: ArgMax,
            fork: Fork,
            fifo: Fifo,
        }
    };
}

/// What every block states about itself.
pub trait BlockSpec {
    /// Resources that it takes on a target.
    fn cost(&self, target: &Target) -> Resources;

    /// What its LUTs are made of, where their number is fitted to synthesis.
    fn lut_terms(&self) -> Option<LutTerms> {
        None
    }

    /// Cycles that it needs for one frame when nothing stalls it: its initiation interval.
    fn cycles_per_frame(&self) -> u64;

    /// Depth of the output buffer: 1 (half rate, one register) or 2 (full rate, a register and its spill).
    fn output_depth(&self) -> u32;
}

macro_rules! block_enum {
    ($($module:ident: $kind:ident,)*) => {
        /// A hardware block with its parameters.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case", tag = "kind")]
        pub enum Block {
            $(#[doc = concat!("A `", stringify!($module), "`.")] $kind($kind),)*
        }

        impl Block {
            /// Names of all kinds of blocks, in the registry's order.
            pub const KINDS: &'static [&'static str] = &[$(stringify!($module)),*];

            /// The block's name: that of its files in every folder.
            pub fn kind(&self) -> &'static str {
                match self { $(Block::$kind(_) => stringify!($module),)* }
            }

            /// The block's own statements about itself.
            pub fn spec(&self) -> &dyn BlockSpec {
                match self { $(Block::$kind(block) => block,)* }
            }
        }

        $(impl From<$kind> for Block {
            fn from(block: $kind) -> Block { Block::$kind(block) }
        })*
    };
}
for_each_block!(block_enum);

/// Whether a field need not be written.
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Whether a field need not be written.
fn is_one(number: &usize) -> bool {
    *number == 1
}

/// What a field is that was not written.
fn one() -> usize {
    1
}
