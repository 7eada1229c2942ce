//! Seconds of processor time beside seconds of wall time.

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use std::time::Instant;

/// How long something took.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Seconds {
    /// Processor time of all threads of this process.
    pub cpu: f64,
    /// Wall time.
    pub wall: f64,
}

/// Processor time of this process so far.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// What `work` gives, and how long it took. Other threads of the process should rest meanwhile.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Seconds) {
    let (begin, started) = (cpu(), Instant::now());
    let result = work();
    (result, Seconds { cpu: cpu() - begin, wall: started.elapsed().as_secs_f64() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_takes_wall_time_only() {
        let ((), seconds) = timed(|| std::thread::sleep(std::time::Duration::from_millis(30)));
        assert!(seconds.wall >= 0.03 && seconds.cpu < seconds.wall, "{seconds:?}");
    }
}
