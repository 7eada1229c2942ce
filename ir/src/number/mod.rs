//! Number formats: the integers that hardware carries, the roundings of quantizers, exact rationals.

mod exact;
mod int_type;
mod rounding;

pub use exact::{Exact, exact, inverse_sqrt};
pub use int_type::{Encoding, IntType};
pub use rounding::Rounding;
pub(crate) use rounding::saturating_i64;
