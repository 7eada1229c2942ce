//! Tests of the whole road, in one program.

mod accuracy;
mod boundaries;
mod command;
mod common;
mod fuzz;
mod metamorphic;
mod networks;
mod quantize;
mod regress;
mod robust;
mod seeing;
mod synth;
