//! Cycle-accurate simulation of a Design: bit-exact function and data-independent timing
