//! What the person at the terminal sees while jobs run: one bar for each stage, and a line for each failure. Where
//! there is no terminal, the lines remain.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub fn new(stage: &'static str, jobs: usize) -> Progress {
        let bar = ProgressBar::new(jobs as u64);
        let style =
            ProgressStyle::with_template("{prefix:>12} {bar:30} {pos}/{len} {elapsed} {wide_msg}");
        bar.set_style(style.expect("a valid template"));
        bar.set_prefix(stage);
        bar.enable_steady_tick(Duration::from_millis(200));
        let progress = Progress { bar };
        if progress.bar.is_hidden() {
            progress.say(&format!("{stage}: {jobs} to run"));
        }
        progress
    }

    pub fn begin(&self, job: &str) {
        self.bar.set_message(job.to_owned());
    }

    pub fn end(&self) {
        self.bar.inc(1);
    }

    /// A line that stays.
    pub fn say(&self, line: &str) {
        if self.bar.is_hidden() {
            eprintln!("{line}");
        } else {
            self.bar.println(line);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
