//! Verilator driver, lock-step verification and outside tools

pub mod coverage;
pub mod formal;
pub mod gate;
pub mod icarus;
pub mod lockstep;
pub mod mutation;
pub mod random_network;
pub mod synthesis;
pub mod tools;
pub mod verilator;
pub mod yardstick;
