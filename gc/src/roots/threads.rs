//! Threads: where their stacks are, and what their registers held when they gave the GIL up.
//!
//! Invariant: each thread that may hold references is registered, and every one but the running one is published. A
//! published thread cannot touch references, but goes on using its stack: the frames that published it return, and with
//! them the places where they saved their callers' registers. Hence the snapshot of the innermost part.

use crate::arch::{self, Registers};
use crate::gil::Gil;
use crate::hidden::Hidden;
use core::cell::{Cell, UnsafeCell};
use core::mem::MaybeUninit;

const SNAPSHOT_WORDS: usize = 192;
const REGISTER_WORDS: usize = size_of::<Registers>() / size_of::<usize>();

/// A registered thread. The handle stays valid until `unregister_thread`.
pub struct ThreadStack {
    /// The registers and then the snapshot: hidden, as they say nothing about a thread that is not published.
    saved: UnsafeCell<Hidden<usize>>,
    published: Cell<bool>,
    lowest: usize,
    base: usize,
    pub(crate) thread_pointer: usize,
    next: Cell<*const ThreadStack>,
}

static THREADS: Gil<Cell<*const ThreadStack>> = Gil::new(Cell::new(core::ptr::null()));

/// Registers the calling thread, which has the GIL. Registering twice returns the same handle.
pub fn register_thread() -> &'static ThreadStack {
    if let Some(thread) = current() {
        return thread;
    }
    let (lowest, base) = stack_bounds();
    let mut saved = Hidden::new();
    saved.extend(REGISTER_WORDS + SNAPSHOT_WORDS, 0);
    let thread: &'static ThreadStack = Box::leak(Box::new(ThreadStack {
        saved: UnsafeCell::new(saved),
        published: Cell::new(false),
        lowest,
        base,
        thread_pointer: arch::thread_pointer(),
        next: Cell::new(THREADS.get()),
    }));
    THREADS.set(thread);
    thread
}

/// Forgets the calling thread, which has the GIL for the last time.
pub fn unregister_thread(thread: &'static ThreadStack) {
    remove(|candidate| core::ptr::eq(candidate, thread));
}

/// In the child after a fork, only the calling thread is left.
pub fn after_fork() {
    let here = arch::thread_pointer();
    remove(|candidate| candidate.thread_pointer != here);
}

fn remove(gone: impl Fn(&ThreadStack) -> bool) {
    let mut link: &Cell<*const ThreadStack> = &THREADS;
    while let Some(thread) = deref(link.get()) {
        if gone(thread) {
            link.set(thread.next.get());
            // SAFETY: it came from `Box::leak` and is no longer in the list.
            drop(unsafe { Box::from_raw(core::ptr::from_ref(thread).cast_mut()) });
        } else {
            link = &thread.next;
        }
    }
}

fn deref<'a>(thread: *const ThreadStack) -> Option<&'a ThreadStack> {
    // SAFETY: the list holds leaked boxes, which `remove` takes out before it drops them.
    unsafe { thread.as_ref() }
}

/// Notes the stack and the registers of the calling thread, which is about to give the GIL up.
#[inline(never)]
pub fn publish(thread: &ThreadStack) {
    // SAFETY: only the thread itself writes, and readers wait for `published` under the GIL.
    unsafe {
        let saved = (*thread.saved.get()).as_mut_slice().as_mut_ptr();
        arch::spill(saved.cast());
        let innermost = *saved;
        let words = thread.base.saturating_sub(innermost) / size_of::<usize>();
        core::ptr::copy_nonoverlapping(
            innermost as *const usize,
            saved.add(REGISTER_WORDS),
            words.min(SNAPSHOT_WORDS),
        );
    }
    thread.published.set(true);
}

/// The calling thread has the GIL again.
pub fn resume(thread: &ThreadStack) {
    thread.published.set(false);
}

/// What `publish` noted: the stack pointer comes first.
fn saved(thread: &ThreadStack) -> &[usize] {
    // SAFETY: written by `publish`, read under the GIL.
    unsafe { (*thread.saved.get()).as_slice() }
}

/// The handle of the calling thread.
pub fn current() -> Option<&'static ThreadStack> {
    let here = arch::thread_pointer();
    all().find(|thread| thread.thread_pointer == here)
}

/// All registered threads.
pub fn all() -> impl Iterator<Item = &'static ThreadStack> {
    let mut next = THREADS.get();
    core::iter::from_fn(move || {
        let thread = deref(next)?;
        next = thread.next.get();
        Some(thread)
    })
}

/// Whether the process has one thread.
pub fn is_alone() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.take(2).count() == 1)
}

/// Calls `scan` with each range, as start and length, of each thread's stack that may hold references. The calling thread
/// passes its own stack pointer, and has spilled its registers above it.
pub fn for_each_stack_range(here: usize, mut scan: impl FnMut(usize, usize)) {
    let own = register_thread();
    for thread in all() {
        if core::ptr::eq(thread, own) {
            thread.for_each_range(here, &mut scan);
        } else if thread.published.get() {
            let saved = saved(thread);
            scan(saved.as_ptr() as usize, size_of_val(saved));
            thread.for_each_range(saved[0], &mut scan);
        }
    }
}

impl ThreadStack {
    /// The used part of the stack. If the thread runs on a stack of somebody's making, all of that one, from its stack
    /// pointer on, and all that is mapped of its own.
    fn for_each_range(&self, innermost: usize, scan: &mut impl FnMut(usize, usize)) {
        if (self.lowest..self.base).contains(&innermost) {
            return scan(innermost, self.base - innermost);
        }
        for (start, end) in readable_mappings() {
            if (start..end).contains(&innermost) {
                scan(innermost, end - innermost);
            } else if start < self.base && end > self.lowest {
                let start = start.max(self.lowest);
                scan(start, end.min(self.base) - start);
            }
        }
    }

    /// Whether `address` lies in the mapping of the stack.
    pub fn contains(&self, address: usize) -> bool {
        (self.lowest..self.base).contains(&address)
    }
}

/// The lowest address of the calling thread's stack and the one above its highest; both are 0 if they are not known.
pub fn stack_bounds() -> (usize, usize) {
    thread_local! {
        // The kernel writes a list of all mappings to answer for the main thread.
        static BOUNDS: (usize, usize) = ask_for_stack_bounds();
    }
    BOUNDS.with(|bounds| *bounds)
}

fn ask_for_stack_bounds() -> (usize, usize) {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut lowest = core::ptr::null_mut();
    let mut size = 0;
    // SAFETY: glibc fills the attributes in, which are then read and destroyed.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) == 0 {
            libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut lowest, &raw mut size);
            libc::pthread_attr_destroy(attributes.as_mut_ptr());
        }
    }
    (lowest as usize, lowest as usize + size)
}

fn readable_mappings() -> impl Iterator<Item = (usize, usize)> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let ranges: Vec<_> = maps.lines().filter_map(parse_mapping).collect();
    ranges.into_iter()
}

fn parse_mapping(line: &str) -> Option<(usize, usize)> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let readable = rest.starts_with("rw");
    let number = |text| usize::from_str_radix(text, 16).ok();
    readable.then_some((number(start)?, number(end)?))
}
