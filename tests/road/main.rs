//! Tests of the whole road, in one program.

mod accuracy;
mod command;
mod common;
mod fuzz;
mod networks;
mod quantize;
mod regress;
mod robust;
mod seeing;
mod synth;
