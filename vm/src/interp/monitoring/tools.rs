//! The tools: who they are, which events they want, and what to call.

use core::cell::Cell;
use core::sync::atomic::Ordering;

use layout::*;

use super::event;
use super::sites;
use crate::err::Result;
use crate::frame::{Frame, current};
use crate::interp::control::EVENTS;
use crate::threads;

pub const COUNT: usize = 8;
/// Tools from here on are the runtime's own.
pub const PUBLIC: usize = 6;
pub const SYS_PROFILE: usize = 6;
pub const SYS_TRACE: usize = 7;

/// A field of the table that follows: read and written under the lock.
pub struct Tools {
    /// For each event, a bit for each tool that wants it everywhere.
    pub global: [Cell<u8>; event::UNGROUPED],
    pub callbacks: [[Cell<*mut PyObject>; event::COUNT]; COUNT],
    pub names: [Cell<*mut PyObject>; COUNT],
    /// The number of the present configuration: a multiple of what fits below the eval breaker's event bits.
    pub version: Cell<usize>,
    /// The configuration in which disabled locations were last enabled again.
    pub restarted: Cell<usize>,
}

// SAFETY: used under the lock.
unsafe impl Sync for Tools {}

pub static TOOLS: Tools = Tools {
    global: [const { Cell::new(0) }; event::UNGROUPED],
    callbacks: [const { [const { Cell::new(core::ptr::null_mut()) }; event::COUNT] }; COUNT],
    names: [const { Cell::new(core::ptr::null_mut()) }; COUNT],
    version: Cell::new(0),
    restarted: Cell::new(0),
};

/// Whether no tool wants an event anywhere.
#[inline]
pub fn nobody_wants(event: usize) -> bool {
    TOOLS.global[event].get() == 0
}

/// The events that a tool has asked for, as bits.
pub fn events_of(tool: usize) -> u32 {
    (0..event::UNGROUPED)
        .filter(|&e| TOOLS.global[e].get() >> tool & 1 != 0)
        .fold(0, |set, e| set | 1 << e)
}

/// Changes the events that a tool wants everywhere.
pub fn set_events(tool: usize, events: u32) -> Result<()> {
    if events_of(tool) == events {
        return Ok(());
    }
    for (e, tools) in TOOLS.global.iter().enumerate() {
        let others = tools.get() & !(1 << tool);
        tools.set(others | ((events >> e & 1) as u8) << tool);
    }
    new_version()
}

/// Starts a new configuration: all code is brought up to date, code that runs at once.
pub fn new_version() -> Result<()> {
    TOOLS.version.set(TOOLS.version.get() + EVENTS + 1);
    for ts in threads::states() {
        let breaker = ts.eval_breaker();
        let requests = breaker.load(Ordering::Relaxed) & EVENTS;
        breaker.store(requests | TOOLS.version.get(), Ordering::Relaxed);
    }
    for ts in threads::states() {
        // SAFETY: the frames of a thread are chained to live frames.
        let mut frame = unsafe { Frame::first_complete(current(ts)) };
        while let Some(this) = frame {
            sites::instrument(this.code())?;
            // SAFETY: as above.
            frame = unsafe { Frame::first_complete(this.previous) };
        }
    }
    Ok(())
}

/// Enables disabled locations again.
pub fn restart() -> Result<()> {
    TOOLS.restarted.set(TOOLS.version.get() + EVENTS + 1);
    new_version()
}
