//! Commands that may take too long.

use super::ToolError;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// What a command printed, if it ended in time; else it is ended, with its children.
///
/// # Errors
/// Where it cannot be started, or not be ended.
pub fn patiently(command: &mut Command, patience: Duration) -> Result<Option<Output>, ToolError> {
    let program = Path::new(command.get_program()).to_owned();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn();
    let child = child.map_err(ToolError::io("run", &program))?;
    let group = child.id();
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || send.send(child.wait_with_output()));
    match receive.recv_timeout(patience) {
        Ok(output) => output.map(Some).map_err(ToolError::io("run", &program)),
        Err(_) => {
            // The tool's own children go with it.
            let group = rustix::process::Pid::from_raw(group as i32);
            let killed =
                group.map(|it| rustix::process::kill_process_group(it, rustix::process::Signal::KILL));
            killed.unwrap_or(Ok(())).map_err(|e| ToolError::io("end", &program)(e.into()))?;
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_ended() {
        let patience = Duration::from_millis(300);
        let slow = patiently(Command::new("sh").args(["-c", "sleep 60 & sleep 60"]), patience);
        assert!(slow.expect("it starts").is_none());
        let fast = patiently(Command::new("echo").arg("a"), Duration::from_secs(60)).expect("it starts");
        assert_eq!(fast.expect("it ends").stdout, b"a\n");
    }
}
