//! Targets: boards and parts with their resources and clock.

use super::Resources;
use serde::{Deserialize, Serialize};

/// A device to compile for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Name on the command line.
    pub name: String,
    /// Device name of the vendor.
    pub part: String,
    /// What the device holds.
    pub resources: Resources,
    /// Clock that designs are planned for, in MHz.
    pub clock_mhz: f64,
}
