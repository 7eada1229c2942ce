//! Pinned packages of PyPI, each in a virtual environment of its own in the project's folder.
//!
//! A virtual environment cannot be moved, so it is built in place. Two things make that safe: a lock, so that of several
//! processes one installs and the others wait for it, and a mark that is written last, so that what a killed
//! installation leaves behind is never taken for a package.

use super::{FileLock, ToolError, search};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A pinned package with what it depends on.
#[derive(Debug, Clone, Copy)]
pub struct PythonPackage {
    /// What people call it.
    pub name: &'static str,
    /// Folder of its virtual environment in [`super::folder`].
    pub environment: &'static str,
    /// The release, as `pip install` takes it: `package==version`.
    pub requirement: &'static str,
}

impl PythonPackage {
    /// Installs the package, and then tries it out; returns its virtual environment, at once if the pinned release is
    /// already there, and after waiting if another process is installing it. `progress` is told of each step. Needs
    /// `python3` with its `venv` module and a network.
    ///
    /// # Errors
    /// [`ToolError::Install`] with the failed command and its output; [`ToolError::Io`] if the folder cannot be written
    /// or a program not started; whatever `try_out` returns.
    pub fn install(
        &self,
        progress: &dyn Fn(&str),
        try_out: &dyn Fn(&Path) -> Result<(), ToolError>,
    ) -> Result<PathBuf, ToolError> {
        self.install_in(&search::folder(), &|environment| {
            self.populate(environment, progress)?;
            progress(&format!("trying {}", self.requirement));
            try_out(environment)
        })
    }

    /// The virtual environment, if the installation was completed.
    pub fn installed(&self) -> Option<PathBuf> {
        let environment = search::folder().join(self.environment);
        self.is_complete(&environment).then_some(environment)
    }

    /// Runs a step of the installation.
    ///
    /// # Errors
    /// [`ToolError::Install`] if it fails; [`ToolError::Io`] if it cannot be started.
    pub fn run(&self, command: &mut Command) -> Result<(), ToolError> {
        let output = command.output().map_err(ToolError::io("run", command.get_program()))?;
        if output.status.success() {
            return Ok(());
        }
        let text = [output.stdout, output.stderr].concat();
        let output = last_lines(&String::from_utf8_lossy(&text), 20);
        Err(ToolError::Install { name: self.name, command: format!("{command:?}").replace('"', ""), output })
    }

    fn install_in(
        &self,
        folder: &Path,
        populate: &dyn Fn(&Path) -> Result<(), ToolError>,
    ) -> Result<PathBuf, ToolError> {
        fs::create_dir_all(folder).map_err(ToolError::io("create", folder))?;
        let _lock = FileLock::exclusive(&folder.join(format!("{}.lock", self.environment)))?;
        let environment = folder.join(self.environment);
        if self.is_complete(&environment) {
            return Ok(environment);
        }
        remove_leftover(&environment)?;
        populate(&environment)?;
        let mark = mark_of(&environment);
        fs::write(&mark, self.requirement).map_err(ToolError::io("write", mark))?;
        Ok(environment)
    }

    fn populate(&self, environment: &Path, progress: &dyn Fn(&str)) -> Result<(), ToolError> {
        progress(&format!("creating {}", environment.display()));
        self.run(Command::new("python3").args(["-m", "venv"]).arg(environment))?;
        progress(&format!("downloading {}", self.requirement));
        let quiet = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet"];
        self.run(Command::new(interpreter(environment)).args(quiet).arg(self.requirement))
    }

    fn is_complete(&self, environment: &Path) -> bool {
        fs::read_to_string(mark_of(environment)).is_ok_and(|mark| mark == self.requirement)
    }
}

/// The Python of a virtual environment.
pub fn interpreter(environment: &Path) -> PathBuf {
    environment.join("bin").join("python3")
}

/// A file of a package in a virtual environment.
pub(super) fn packaged(environment: &Path, file: impl AsRef<Path>) -> Option<PathBuf> {
    let versions = fs::read_dir(environment.join("lib")).ok()?;
    let packages = versions.flatten().map(|version| version.path().join("site-packages"));
    packages.map(|folder| folder.join(&file)).find(|file| file.is_file())
}

fn mark_of(environment: &Path) -> PathBuf {
    environment.join("mpqc-installed")
}

fn remove_leftover(environment: &Path) -> Result<(), ToolError> {
    match environment.exists() {
        true => fs::remove_dir_all(environment).map_err(ToolError::io("remove", environment)),
        false => Ok(()),
    }
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::Tool;
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const THING: PythonPackage = PythonPackage { name: "Thing", environment: "env", requirement: "thing==1" };

    fn fail(environment: &Path) -> Result<(), ToolError> {
        fs::create_dir(environment).map_err(ToolError::io("create", environment))?;
        fs::write(environment.join("half"), "").map_err(ToolError::io("write", environment))?;
        Err(ToolError::NotInstallable(Tool::Verilator))
    }

    #[test]
    fn a_half_installed_tool_is_not_taken_and_is_replaced() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let environment = folder.path().join("env");
        THING.install_in(folder.path(), &fail).expect_err("the first installation fails");
        assert!(environment.join("half").exists() && !THING.is_complete(&environment));
        THING
            .install_in(folder.path(), &|path| fs::create_dir(path).map_err(ToolError::io("create", path)))
            .expect("the second one works");
        assert!(!environment.join("half").exists() && THING.is_complete(&environment));
    }

    #[test]
    fn a_new_pin_replaces_the_old_release() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let create = |path: &Path| fs::create_dir(path).map_err(ToolError::io("create", path));
        THING.install_in(folder.path(), &create).expect("installs");
        let newer = PythonPackage { requirement: "thing==2", ..THING };
        assert!(!newer.is_complete(&folder.path().join("env")));
        newer.install_in(folder.path(), &create).expect("replaces");
        assert!(newer.is_complete(&folder.path().join("env")));
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
                scope.spawn(|| THING.install_in(folder.path(), &populate).expect("installs or waits"));
            }
        });
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}
