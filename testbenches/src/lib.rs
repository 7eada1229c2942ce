//! Verilator driver, lock-step verification and outside tools

pub mod tools;
pub mod verilator;
