//! Proofs of library modules, from `testbenches/formal/*.sv`.

use mpqc_codegen::with_needs;
use mpqc_testbenches::formal::{Proof, View, parse, with_properties};
use mpqc_testbenches::synthesis::SourceFile;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// A proof for every line of parameters of every file.
///
/// # Errors
/// Where a file cannot be read or its head says something unknown.
pub fn proofs() -> Result<Vec<Proof>, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testbenches/formal");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let files = files.iter().filter(|file| file.extension().is_some_and(|it| it == "sv"));
    Ok(files.map(|file| of_file(file)).collect::<Result<Vec<_>, _>>()?.concat())
}

fn of_file(file: &Path) -> Result<Vec<Proof>, Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let claims = parse(&text).map_err(|line| format!("{}: `{line}` is no claim", file.display()))?;
    let mut sources = match claims.with.is_empty() {
        true => library(std::slice::from_ref(&name))?,
        false => library(&claims.with)?,
    };
    match claims.with.is_empty() {
        true => sources.iter_mut().filter(|source| source.path == path(&name)).for_each(|source| {
            source.text = with_properties(&source.text, &text);
        }),
        false => sources.push(SourceFile { path: path(&name), text: text.clone() }),
    }
    let proof = |(reach, parameters): &(_, Vec<(String, usize)>)| Proof {
        name: parameters.iter().fold(name.clone(), |text, (key, value)| format!("{text} {key}={value}")),
        claim: claims.claim.clone(),
        reach: *reach,
        view: View::Whole,
        top: name.clone(),
        parameters: parameters.clone(),
        sources: sources.clone(),
        memories: Vec::new(),
    };
    Ok(claims.proofs.iter().map(proof).collect())
}

fn path(module: &str) -> String {
    format!("{module}.v")
}

/// Library modules with all that they need.
fn library(names: &[String]) -> Result<Vec<SourceFile>, String> {
    let sources = with_needs(names).ok_or_else(|| format!("{names:?} are not all of the library"))?;
    Ok(sources.into_iter().map(|(name, text)| SourceFile { path: path(&name), text }).collect())
}
