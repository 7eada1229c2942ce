//! `cargo xtask bless`: the present output becomes the expected one; read the diff before committing it.

use std::error::Error;
use std::process::Command;

/// Runs all tests with snapshots updated.
pub fn run() -> Result<bool, Box<dyn Error>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["test", "--workspace", "--release"])
        .env("INSTA_UPDATE", "always")
        .status()?;
    Ok(status.success())
}
