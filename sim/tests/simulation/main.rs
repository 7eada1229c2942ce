//! Function and timing against definitions, a naive data-carrying model, and each other.

mod coverage;
mod deadlock;
mod designs;
mod extrapolation;
mod function;
mod images;
mod lockstep;
mod naive;
mod seeing;
mod sizing;
mod throughput;
