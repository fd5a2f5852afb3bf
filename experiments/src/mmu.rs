//! Minimum mutator utilisation (Cheng and Blelloch, "A parallel, real-time garbage collector", 2001): of all windows of
//! one length, the smallest share that the program had to itself.

use crate::record::Pause;

/// The utilisation of the worst window of `window` nanoseconds within a run of `elapsed` nanoseconds. None where the window
/// is longer than the run.
pub fn mmu(pauses: &[Pause], elapsed: u64, window: u64) -> Option<f64> {
    if window == 0 || window > elapsed {
        return None;
    }
    // A worst window starts where a pause starts or ends where one ends.
    let starts = pauses.iter().map(|pause| pause.start_ns);
    let ends = pauses
        .iter()
        .map(|pause| (pause.start_ns + pause.pause_ns).saturating_sub(window));
    let worst = starts
        .chain(ends)
        .map(|start| paused_within(pauses, start.min(elapsed - window), window))
        .max();
    Some(1.0 - worst.unwrap_or(0) as f64 / window as f64)
}

/// `pauses` are in order of their starts and do not overlap.
fn paused_within(pauses: &[Pause], start: u64, window: u64) -> u64 {
    let end = start + window;
    let first = pauses.partition_point(|pause| pause.start_ns + pause.pause_ns <= start);
    pauses[first..]
        .iter()
        .take_while(|pause| pause.start_ns < end)
        .map(|pause| (pause.start_ns + pause.pause_ns).min(end) - pause.start_ns.max(start))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Kind;

    fn pause(start_ns: u64, pause_ns: u64) -> Pause {
        Pause {
            start_ns,
            pause_ns,
            kind: Kind::Collection,
        }
    }

    #[test]
    fn no_pause_leaves_all() {
        assert_eq!(mmu(&[], 100, 10), Some(1.0));
        assert_eq!(mmu(&[], 100, 200), None);
    }

    #[test]
    fn the_worst_window_counts() {
        let pauses = [pause(10, 5), pause(20, 10), pause(80, 1)];
        assert_eq!(mmu(&pauses, 100, 5), Some(0.0));
        assert_eq!(mmu(&pauses, 100, 20), Some(0.25));
        assert_eq!(mmu(&pauses, 100, 100), Some(0.84));
    }
}
