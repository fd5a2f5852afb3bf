//! What the loop is asked to do between instructions: signals, calls from other threads, collections, giving up the lock.

use core::sync::atomic::Ordering;

use layout::*;

use crate::err::{self, Result};
use crate::object::*;
use crate::protocol::call;
use crate::state::ThreadState;

/// The requests: bits of the eval breaker, as C numbers them.
pub mod request {
    pub const DROP_LOCK: usize = 1 << 0;
    pub const SIGNALS: usize = 1 << 1;
    pub const CALLS: usize = 1 << 2;
    pub const ASYNC_EXCEPTION: usize = 1 << 3;
    pub const COLLECT: usize = 1 << 4;
    pub const STOP: usize = 1 << 5;
}

/// Asks the thread for something. Any thread may ask.
pub fn ask(ts: &ThreadState, what: usize) {
    ts.eval_breaker().fetch_or(what, Ordering::Release);
}

/// Takes a request back, and says whether there was one.
fn take(ts: &ThreadState, what: usize) -> bool {
    ts.eval_breaker().fetch_and(!what, Ordering::AcqRel) & what != 0
}

/// Does what was asked for, between two instructions of the loop that calls. An error is an exception that the running code
/// gets.
#[cold]
#[inline(never)]
pub fn handle_pending(ts: &'static ThreadState) -> Result<()> {
    if take(ts, request::STOP) {
        crate::threads::stop_if_asked(ts);
    }
    if take(ts, request::SIGNALS)
        && let Err(raised) = crate::signals::run_handlers()
    {
        // The handlers after the one that raised run at the next opportunity.
        return Err(raised);
    }
    if take(ts, request::CALLS) {
        crate::pending_calls::run()?;
    }
    if take(ts, request::COLLECT) {
        gc::collect_pending(super::native_calls::innermost_loop(ts));
    }
    if take(ts, request::DROP_LOCK) {
        crate::threads::yield_lock(ts);
    }
    if take(ts, request::ASYNC_EXCEPTION)
        && let Some(exception) = ts.base.async_exc.take_ref()
    {
        return Err(raise_async(exception));
    }
    Ok(())
}

/// What another thread has raised here: an exception or, as C has it, its class.
fn raise_async(exception: Ref) -> err::Raised {
    if exception.is::<PyBaseExceptionObject>() {
        return err::set_exception(exception);
    }
    match call::call0(&exception) {
        Ok(made) => err::set_exception(made),
        Err(raised) => raised,
    }
}
