//! Starting threads, and the handles by which others wait for them.
//!
//! A handle outlives its thread: it is shared by the Python object and the thread itself. What a thread is to call waits in
//! a global table until the thread has the interpreter's lock, since a collector does not see a stack that has not begun.

use core::cell::{Cell, RefCell};
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::os::unix::thread::JoinHandleExt as _;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use layout::*;

use crate::err::{self, Result, exc, raise};
use crate::lock::RawLock;
use crate::object::*;
use crate::protocol::call;
use crate::state;
use crate::threads;

/// How far a thread has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    NotStarted,
    Starting,
    Running,
    Done,
    Failed,
}

/// A thread that may be waited for.
pub struct Handle {
    /// `pthread_self()` of the thread; 0 before it starts.
    ident: AtomicU64,
    /// Touched under the interpreter's lock.
    progress: Cell<Progress>,
    /// Taken until the thread is about to end.
    ended: RawLock,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Whether shutdown does not wait for it.
    daemon: Cell<bool>,
}

// SAFETY: the cells are touched under the interpreter's lock; the rest is shared by its nature.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

struct Handles(RefCell<Vec<Weak<Handle>>>);

// SAFETY: touched under the interpreter's lock.
unsafe impl Sync for Handles {}

/// Handles of threads that have started.
static HANDLES: Handles = Handles(RefCell::new(Vec::new()));

impl Handle {
    /// A handle without a thread.
    pub fn new() -> Arc<Handle> {
        let ended = RawLock::new();
        ended.try_acquire();
        Arc::new(Handle {
            ident: AtomicU64::new(0),
            progress: Cell::new(Progress::NotStarted),
            ended,
            thread: Mutex::new(None),
            daemon: Cell::new(true),
        })
    }

    /// The handle of a thread that somebody else has started.
    pub fn of_running(ident: u64) -> Arc<Handle> {
        let handle = Handle::new();
        handle.ident.store(ident, Ordering::Relaxed);
        handle.progress.set(Progress::Running);
        enter(&handle);
        handle
    }

    /// The thread's identifier, 0 before it starts.
    pub fn ident(&self) -> u64 {
        self.ident.load(Ordering::Relaxed)
    }

    /// Whether the thread has ended.
    pub fn is_done(&self) -> bool {
        !self.ended.is_locked()
    }

    /// Says that it has ended, as far as others care.
    pub fn set_done(&self) -> Result<()> {
        self.check_started()?;
        self.forget();
        Ok(())
    }

    fn forget(&self) {
        self.progress.set(Progress::Done);
        self.ended.release();
    }

    fn check_started(&self) -> Result<()> {
        match self.progress.get() {
            Progress::NotStarted => raise!(RuntimeError, "thread not started"),
            Progress::Failed => raise!(RuntimeError, "thread failed to start"),
            _ => Ok(()),
        }
    }

    /// Waits for the thread to end, or for the time to be over.
    pub fn join(&self, timeout: Option<Duration>) -> Result<()> {
        self.check_started()?;
        if !self.is_done() {
            // SAFETY: asks about the calling thread.
            if self.ident() == unsafe { libc::pthread_self() } {
                return raise!(RuntimeError, "Cannot join current thread");
            }
            if threads::is_finalizing() {
                return raise!(
                    PythonFinalizationError,
                    "cannot join thread at interpreter shutdown"
                );
            }
            if !self.ended.acquire(timeout)? {
                return Ok(());
            }
            // It stays open for the others.
            self.ended.release();
        }
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // The thread has said its last word; a panic in it has been reported.
            let _ = threads::allow(|| thread.join());
        }
        self.progress.set(Progress::Done);
        Ok(())
    }
}

fn enter(handle: &Arc<Handle>) {
    let mut all = HANDLES.0.borrow_mut();
    all.retain(|h| h.strong_count() > 0);
    all.push(Arc::downgrade(handle));
}

fn live() -> Vec<Arc<Handle>> {
    HANDLES
        .0
        .borrow()
        .iter()
        .filter_map(Weak::upgrade)
        .collect()
}

/// Waits for all threads that shutdown waits for.
pub fn join_all() -> Result<()> {
    loop {
        let next = live().into_iter().find(|h| {
            // SAFETY: asks about the calling thread.
            !h.daemon.get() && !h.is_done() && h.ident() != unsafe { libc::pthread_self() }
        });
        let Some(handle) = next else { return Ok(()) };
        // An error is a signal's; it is reported, and the wait goes on.
        if handle.join(None).is_err() {
            err::write_unraisable(
                None,
                Some("Exception ignored while joining a thread in _thread._shutdown()"),
            );
        }
    }
}

/// In the child after a fork: the threads behind the handles are gone.
pub fn after_fork_child() {
    for handle in live() {
        // SAFETY: asks about the calling thread.
        if handle.ident() == unsafe { libc::pthread_self() } {
            continue;
        }
        if let Ok(mut thread) = handle.thread.try_lock() {
            // Dropping would detach a thread that does not exist.
            core::mem::forget(thread.take());
        }
        handle.forget();
    }
    RUNNING.store(0, Ordering::Relaxed);
}

// ---- Starting ----

/// What a new thread calls.
struct Start {
    function: Ref,
    args: Ref<PyTupleObject>,
    kwargs: Option<Ref<PyDictObject>>,
    handle: Option<Arc<Handle>>,
}

struct Starting(RefCell<Vec<(usize, Start)>>);

// SAFETY: touched under the interpreter's lock.
unsafe impl Sync for Starting {}

/// Threads that do not have the lock yet.
static STARTING: Starting = Starting(RefCell::new(Vec::new()));
static NEXT_START: AtomicUsize = AtomicUsize::new(0);
/// How many threads started here are running.
static RUNNING: AtomicUsize = AtomicUsize::new(0);
/// The size of new threads' stacks; 0 is the system's.
static STACK_SIZE: AtomicUsize = AtomicUsize::new(0);

/// How many threads are running that were started here.
pub fn running() -> usize {
    RUNNING.load(Ordering::Relaxed)
}

/// The size of new threads' stacks.
pub fn stack_size() -> usize {
    STACK_SIZE.load(Ordering::Relaxed)
}

/// Sets the size of new threads' stacks.
pub fn set_stack_size(size: usize) {
    STACK_SIZE.store(size, Ordering::Relaxed);
}

/// The stack's size that the system gives by default.
fn default_stack_size() -> usize {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: writes to the struct.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_STACK, &mut limit) } == 0;
    let usual = 8 << 20;
    if known && limit.rlim_cur != libc::RLIM_INFINITY {
        (limit.rlim_cur as usize).clamp(1 << 20, 64 << 20)
    } else {
        usual
    }
}

/// Starts a thread that calls `function`. The answer is its identifier.
pub fn start(
    function: Ref,
    args: Ref<PyTupleObject>,
    kwargs: Option<Ref<PyDictObject>>,
    handle: Option<Arc<Handle>>,
    daemon: bool,
) -> Result<u64> {
    if threads::is_finalizing() {
        return raise!(
            PythonFinalizationError,
            "can't create new thread at interpreter shutdown"
        );
    }
    if let Some(h) = &handle {
        if h.progress.get() != Progress::NotStarted {
            return raise!(RuntimeError, "thread already started");
        }
        h.progress.set(Progress::Starting);
        h.daemon.set(daemon);
        enter(h);
    }
    let key = NEXT_START.fetch_add(1, Ordering::Relaxed);
    STARTING.0.borrow_mut().push((
        key,
        Start {
            function,
            args,
            kwargs,
            handle: handle.clone(),
        },
    ));
    let size = match stack_size() {
        0 => default_stack_size(),
        size => size,
    };
    RUNNING.fetch_add(1, Ordering::Relaxed);
    match std::thread::Builder::new()
        .stack_size(size)
        .spawn(move || run(key))
    {
        Ok(thread) => {
            let ident = thread.as_pthread_t();
            if let Some(h) = handle {
                // The new thread waits for the lock, so nobody has looked yet.
                h.ident.store(ident, Ordering::Relaxed);
                h.progress.set(Progress::Running);
                *h.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
            }
            Ok(ident)
        }
        Err(_) => {
            RUNNING.fetch_sub(1, Ordering::Relaxed);
            drop(take_start(key));
            if let Some(h) = handle {
                h.progress.set(Progress::Failed);
                h.ended.release();
            }
            raise!(RuntimeError, "can't start new thread")
        }
    }
}

fn take_start(key: usize) -> Option<Start> {
    let mut starting = STARTING.0.borrow_mut();
    let at = starting.iter().position(|(k, _)| *k == key)?;
    Some(starting.swap_remove(at).1)
}

/// A new thread's life.
fn run(key: usize) {
    let ts = threads::new_state();
    threads::acquire(ts);
    threads::add_state(ts);
    let Some(start) = take_start(key) else { return };
    let handle = start.handle.clone();
    call(start);
    RUNNING.fetch_sub(1, Ordering::Relaxed);
    // SAFETY: the state is this thread's, which ends here.
    unsafe { threads::end_thread(ts) };
    if let Some(handle) = handle {
        handle.ended.release();
    }
}

#[inline(never)]
fn call(start: Start) {
    let Start {
        function,
        args,
        kwargs,
        ..
    } = start;
    if call::call_tuple_dict(&function, &args, kwargs.as_deref()).is_err()
        && !err::clear_if(&exc::SystemExit)
    {
        let message = format!(
            "Exception ignored in thread started by {}",
            repr_lossy(&function)
        );
        err::write_unraisable(None, Some(&message));
    }
    debug_assert!(!state::current_ptr().is_null());
}
