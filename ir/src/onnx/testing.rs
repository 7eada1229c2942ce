//! [`build`](super::build) under the name that tests know it by.

pub use super::build::*;
