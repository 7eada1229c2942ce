//! The blocks: function and timing of each in the file that bears its name.

use crate::function::Function;
use crate::timing::{Control, Handshakes, Occupancy, Sink, Source, Tick};
use mpqc_ir::design::Block;
use mpqc_ir::design::blocks as spec;

/// What a block's file states: how it is timed and what it computes.
pub(crate) trait Simulate {
    /// Control state, without data.
    type Control: Control;

    /// The state after reset.
    fn control(&self) -> Self::Control;

    /// What happens to the elements.
    fn function(&self) -> Function;
}

macro_rules! machines {
    ($($module:ident: $kind:ident,)*) => {
        $(mod $module;)*

        /// Control state of anything that shakes hands: a block, or what drives one end of a design.
        #[derive(Clone, Debug)]
        pub(crate) enum Machine {
            Source(Source),
            Sink(Sink),
            $($kind(<spec::$kind as Simulate>::Control),)*
        }

        impl Machine {
            /// A block's state after reset.
            pub fn new(block: &Block) -> Machine {
                match block { $(Block::$kind(block) => Machine::$kind(block.control()),)* }
            }
        }

        /// What a block computes.
        pub(crate) fn function(block: &Block) -> Function {
            match block { $(Block::$kind(block) => block.function(),)* }
        }

        macro_rules! dispatch {
            ($machine:expr, $control:ident => $call:expr) => {
                match $machine {
                    Machine::Source($control) => $call,
                    Machine::Sink($control) => $call,
                    $(Machine::$kind($control) => $call,)*
                }
            };
        }
    };
}
mpqc_ir::for_each_block!(machines);

impl Control for Machine {
    fn valid(&self, output: usize) -> bool {
        dispatch!(self, control => Control::valid(control, output))
    }

    fn ready(&self, input: usize, others_valid: bool) -> bool {
        dispatch!(self, control => Control::ready(control, input, others_valid))
    }

    fn clock(&mut self, handshakes: Handshakes<'_>) {
        dispatch!(self, control => Control::clock(control, handshakes));
    }

    fn settled(&self) -> bool {
        dispatch!(self, control => Control::settled(control))
    }

    fn tick(&mut self, handshakes: Handshakes<'_>) -> Tick {
        dispatch!(self, control => Control::tick(control, handshakes))
    }

    fn state(&self, into: &mut Vec<u64>) {
        dispatch!(self, control => Control::state(control, into));
    }

    fn occupancy(&self) -> Option<Occupancy> {
        dispatch!(self, control => Control::occupancy(control))
    }
}
