//! Independent models of the MAC processing element and the requantizers, in [rust-hdl](https://rust-hdl.org).
//!
//! Verilog and simulator of this project come from one design, and the same people wrote both. Here the same
//! arithmetic is written a third time, in another hardware language with its own simulator, so that a
//! misreading of an encoding, of a rounding or of a falling channel cannot hide in both.
//!
//! **Independent**: what a bit pattern means ([`operand`]), products and their sum over beats
//! ([`mac_element`]), the requantizers ([`threshold_counter`] compares with every threshold in turn, where
//! the hardware searches; [`scale_shift`] rounds down through complements, where the hardware shifts
//! arithmetically), and the packing of values into patterns. Nothing of this crate's library depends on
//! another crate of the workspace.
//!
//! **Shared** by the tests in `tests/three_way`: the parameters of a block (weights, tables, factors, types)
//! are read from the design that simulator and Verilog are made from, and the rows that belong to a channel
//! are picked as the design's documentation says. How a design comes from a network is therefore not held
//! here, and neither is timing: a model takes a vector whenever it is given one.
//!
//! Each model is written in rust-hdl's synthesizable subset and passes its checks for open signals, logic
//! loops and writes to inputs. Widths are const generics; the functions that make a model take them at run
//! time.
//!
//! ```
//! use mpqc_rust_hdl::{mac_element::mac_element, operand::Format};
//!
//! let mut element = mac_element(Format::unsigned(2), Format::signed(4));
//! assert_eq!(element.dot(&[3, 1, 2], &[-8, 7, 1], 2), -15);
//! ```

/// Evaluates an expression in which a width that is known only at run time is a constant.
macro_rules! with_width {
    ($bits:expr, $name:ident in [$($n:literal)*] => $body:expr) => {
        match $bits {
            $($n => {
                const $name: usize = $n;
                $body
            })*
            other => panic!("there is no model of {other} bits"),
        }
    };
}

mod clocked;
pub mod mac_element;
pub mod operand;
mod requantizer;
pub mod scale_shift;
pub mod threshold_counter;

pub use requantizer::Requantizer;
