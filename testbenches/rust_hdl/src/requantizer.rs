//! What the requantizers have in common.

/// A model of a requantizer; `P` are the constants of one channel.
pub trait Requantizer<P> {
    /// The code of `x`.
    ///
    /// # Panics
    /// If the constants do not fit into the model's signals.
    fn code(&mut self, x: i64, constants: &P) -> i64;
}
