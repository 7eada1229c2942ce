//! `cargo xtask deny`: licenses and sources of all dependencies, as `deny.toml` allows them.
//!
//! That is what `cargo deny check licenses sources` does, without a program that has to be built first.

use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};
use std::error::Error;
use std::path::Path;
use std::process::Command;

/// What is read of `deny.toml`.
#[derive(Deserialize)]
struct Rules {
    licenses: Licenses,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

/// What is read of `cargo metadata`.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

/// Prints what is not allowed.
///
/// # Errors
/// Where `deny.toml` or Cargo's metadata cannot be read.
pub fn run() -> Result<bool, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let rules: Rules = toml::from_str(&std::fs::read_to_string(root.join("deny.toml"))?)?;
    let arguments = ["metadata", "--format-version", "1", "--locked"];
    let output = Command::new("cargo").args(arguments).current_dir(root).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let packages = serde_json::from_slice::<Metadata>(&output.stdout)?.packages;
    let complaints = complaints(&rules, &packages)?;
    complaints.iter().for_each(|complaint| println!("{complaint}"));
    println!("{} packages, {} complaints", packages.len(), complaints.len());
    Ok(complaints.is_empty())
}

/// One for every package whose license or source is not allowed.
fn complaints(rules: &Rules, packages: &[Package]) -> Result<Vec<String>, Box<dyn Error>> {
    let allowed = rules.licenses.allow.iter().map(|license| Licensee::parse(license));
    let allowed: Vec<Licensee> = allowed.collect::<Result<_, _>>()?;
    let mut complaints = Vec::new();
    for Package { name, version, license, source } in packages {
        let text = license.as_deref().unwrap_or_default();
        let fits = |it: &Expression| it.evaluate(|wanted| allowed.iter().any(|own| own.satisfies(wanted)));
        if !Expression::parse_mode(text, ParseMode::LAX).is_ok_and(|it| fits(&it)) {
            complaints.push(format!("{name} {version}: the license `{text}` is not in deny.toml"));
        }
        let known =
            |source: &String| rules.sources.allow_registry.iter().any(|it| source.ends_with(it.as_str()));
        if source.as_ref().is_some_and(|source| !known(source)) {
            complaints
                .push(format!("{name} {version}: it comes from {}", source.as_deref().unwrap_or_default()));
        }
    }
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_dependencies_are_allowed() {
        assert!(
            run().expect("Cargo tells its packages"),
            "a license or source that deny.toml does not allow"
        );
    }

    #[test]
    fn others_are_named() {
        let rules = "[licenses]\nallow = [\"MIT\"]\n[sources]\nallow-registry = [\"https://here\"]\n";
        let package = |license: Option<&str>, source: Option<&str>| Package {
            name: "x".into(),
            version: "1".into(),
            license: license.map(str::to_owned),
            source: source.map(str::to_owned),
        };
        let said = |package| complaints(&toml::from_str(rules).expect("rules"), &[package]).expect("a list");
        assert!(said(package(Some("MIT/GPL-3.0"), Some("registry+https://here"))).is_empty());
        assert!(said(package(Some("Apache-2.0 OR MIT"), None)).is_empty());
        assert_eq!(said(package(Some("GPL-3.0-only"), None)).len(), 1);
        assert_eq!(said(package(Some("MIT AND ISC"), Some("git+https://there"))).len(), 2);
        assert_eq!(said(package(None, None)).len(), 1);
    }
}
