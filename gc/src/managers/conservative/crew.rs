//! Several threads that mark together.
//!
//! Each has a tracer and works on what is in it. One that has much gives a part to a queue when another has nothing. The work
//! is over when nobody has anything. The helpers live as long as one trace, allocate nothing, and are deaf to signals.

use super::mark::Tracer;
use crate::hidden::{Hidden, Stack};
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crossbeam::queue::ArrayQueue;
use crossbeam::utils::Backoff;
use std::thread::{Builder, available_parallelism, scope};

/// More threads than this fight over the memory.
const MOST: usize = 8;
/// How many objects change hands at once.
const PORTION: usize = 2048;
const HELPER_STACK: usize = 512 * 1024;

/// The threads that mark.
pub struct Crew {
    portions: ArrayQueue<Hidden<usize>>,
    /// How many threads there are, and how many of them have nothing to do.
    size: AtomicUsize,
    idle: AtomicUsize,
    /// All threads are there: from now on nobody allocates.
    complete: AtomicBool,
}

/// Does what `own` has to do, on this thread and on others.
pub fn work_together(own: &Tracer) {
    let size = available_parallelism().map_or(1, |count| count.get().min(MOST));
    if size == 1 {
        return own.drain(None);
    }
    let crew = Crew::new(size);
    let mask = block_signals();
    scope(|scope| {
        for _ in 1..size {
            let helper = Builder::new()
                .name("tandem-mark".into())
                .stack_size(HELPER_STACK)
                .spawn_scoped(scope, || crew.help());
            if helper.is_err() {
                crew.size.fetch_sub(1, Ordering::AcqRel);
            }
        }
        crew.complete.store(true, Ordering::Release);
        crew.work(own);
    });
    restore_signals(mask);
}

impl Crew {
    fn new(size: usize) -> Crew {
        Crew {
            portions: ArrayQueue::new(size),
            size: AtomicUsize::new(size),
            idle: AtomicUsize::new(0),
            complete: AtomicBool::new(false),
        }
    }

    fn help(&self) {
        let backoff = Backoff::new();
        while !self.complete.load(Ordering::Acquire) {
            backoff.snooze();
        }
        let tracer = Tracer::new();
        tracer.serve(|| self.work(&tracer));
    }

    fn work(&self, tracer: &Tracer) {
        loop {
            tracer.drain(Some(self));
            match self.wait_for_portion() {
                Some(mut portion) => tracer.take_over(&mut portion),
                None => return,
            }
        }
    }

    /// Gives a part of `objects` away if somebody has nothing to do.
    #[inline]
    pub fn share(&self, objects: &Stack<usize>) {
        if objects.len() >= 2 * PORTION && self.idle.load(Ordering::Relaxed) > self.portions.len() {
            self.give(objects);
        }
    }

    #[cold]
    fn give(&self, objects: &Stack<usize>) {
        let mut portion = Hidden::new();
        for object in (0..PORTION).map_while(|_| objects.pop()) {
            portion.push(object);
        }
        if let Err(mut refused) = self.portions.push(portion) {
            while let Some(object) = refused.pop() {
                objects.push(object);
            }
        }
    }

    /// What somebody gave away; `None` when nobody has anything to do. A thread stops being idle before it takes: so long as
    /// a portion is in the queue or in somebody's hands, not all are idle.
    fn wait_for_portion(&self) -> Option<Hidden<usize>> {
        self.idle.fetch_add(1, Ordering::AcqRel);
        let backoff = Backoff::new();
        loop {
            if !self.portions.is_empty() {
                self.idle.fetch_sub(1, Ordering::AcqRel);
                if let Some(portion) = self.portions.pop() {
                    return Some(portion);
                }
                self.idle.fetch_add(1, Ordering::AcqRel);
            }
            let idle = self.idle.load(Ordering::Acquire);
            if idle == self.size.load(Ordering::Acquire) && self.portions.is_empty() {
                return None;
            }
            backoff.snooze();
        }
    }
}

/// Blocks every signal in this thread, and in those that it starts. Returns what was blocked before.
fn block_signals() -> libc::sigset_t {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: both sets are filled in by these calls, and zeros are an empty set.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        before.assume_init()
    }
}

fn restore_signals(mask: libc::sigset_t) {
    // SAFETY: a set that `block_signals` returned.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const mask, core::ptr::null_mut()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each thread takes numbers and gives back smaller ones; all of them have to be met once.
    #[test]
    fn nothing_is_lost_and_everybody_goes_home() {
        const LEVELS: usize = 13;
        for size in [1, 2, 3, 8] {
            let crew = Crew::new(size);
            let met = AtomicUsize::new(0);
            scope(|scope| {
                for worker in 0..size {
                    let (crew, met) = (&crew, &met);
                    scope.spawn(move || {
                        let own = Stack::new();
                        if worker == 0 {
                            own.push(LEVELS);
                        }
                        loop {
                            while let Some(level) = own.pop() {
                                met.fetch_add(1, Ordering::Relaxed);
                                (0..2 * usize::from(level > 0)).for_each(|_| own.push(level - 1));
                                if own.len() > 4 && !crew.portions.is_full() {
                                    crew.give(&own);
                                }
                            }
                            let Some(mut portion) = crew.wait_for_portion() else {
                                return;
                            };
                            while let Some(level) = portion.pop() {
                                own.push(level);
                            }
                        }
                    });
                }
            });
            assert_eq!(met.into_inner(), (2 << LEVELS) - 1, "{size} threads");
        }
    }
}
