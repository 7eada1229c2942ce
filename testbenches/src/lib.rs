//! Verilator driver, lock-step verification and outside tools
