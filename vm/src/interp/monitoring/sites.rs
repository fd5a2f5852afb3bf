//! The table of a code object: for each location, the original instruction and the tools that want to hear of it.

use core::sync::atomic::Ordering;

use layout::*;

use super::event;
use super::lines;
use super::tools::TOOLS;
use crate::code::{self, units};
use crate::err::Result;
use crate::frame::CodeUnit;
use crate::interp::control::EVENTS;
use crate::opcodes::{BASE, CACHES, instrumented, op};
use crate::state;

/// The marker.
const MARKER: u8 = instrumented::INSTRUMENTED_INSTRUCTION;

/// A location. Tools are bits.
#[derive(Clone, Copy, Default)]
pub struct Site {
    /// The generic opcode.
    pub original: u8,
    /// Who wants the instruction's own event.
    pub event: u8,
    pub line: u8,
    pub instruction: u8,
    /// The number of its cache entry, taken away while the marker stands here.
    cache: CodeUnit,
}

impl Site {
    fn wanted(&self) -> bool {
        self.event | self.line | self.instruction != 0
    }
}

/// What monitoring keeps for a code object.
pub struct Sites {
    /// The tools that have asked for events in this code alone.
    pub local: [u8; event::LOCAL],
    /// The tools whose events the sites reflect.
    active: [u8; event::LOCAL],
    sites: Vec<Site>,
    pub lines: Vec<i32>,
    starts: Vec<bool>,
}

/// The code's table, if it has one.
#[expect(
    clippy::mut_from_ref,
    reason = "only the lock's holder looks at it, once at a time"
)]
pub fn table(code: &PyCodeObject) -> Option<&mut Sites> {
    // SAFETY: null, or a box that the code owns; only the lock's holder looks at it.
    unsafe { code._co_monitoring.get().cast::<Sites>().as_mut() }
}

/// The code's table, made if there is none.
pub fn table_or_new(code: &PyCodeObject) -> &mut Sites {
    if code._co_monitoring.get().is_null() {
        let made = Sites {
            local: [0; event::LOCAL],
            active: [0; event::LOCAL],
            sites: vec![Site::default(); units(code)],
            lines: lines::by_unit(code),
            starts: lines::starts(code),
        };
        code._co_monitoring
            .set(Box::into_raw(Box::new(made)).cast());
    }
    table(code).expect("just made")
}

/// Drops the table of a code object that dies.
pub fn forget(code: &PyCodeObject) {
    let table = code._co_monitoring.replace(core::ptr::null_mut());
    if !table.is_null() {
        // SAFETY: made by `table_or_new`.
        drop(unsafe { Box::from_raw(table.cast::<Sites>()) });
    }
}

/// The generic opcode behind a marker.
pub fn original_opcode(code: &PyCodeObject, at: usize) -> u8 {
    table(code)
        .and_then(|t| t.sites.get(at))
        .map_or(op::CACHE, |site| site.original)
}

impl Sites {
    pub fn site(&mut self, at: usize) -> &mut Site {
        &mut self.sites[at]
    }
}

/// Brings the code's markers up to date with what the tools want, and the thread to the present configuration.
pub fn instrument(code: &PyCodeObject) -> Result<()> {
    let version = TOOLS.version.get();
    let breaker = state::current().eval_breaker();
    breaker.store(
        breaker.load(Ordering::Relaxed) & EVENTS | version,
        Ordering::Relaxed,
    );
    let before = code._co_instrumentation_version.replace(version);
    if before == version || code::has_flag(code, CO_NO_MONITORING_EVENTS) {
        return Ok(());
    }
    let restarted = before < TOOLS.restarted.get();
    let local = table(code).map_or([0; event::LOCAL], |t| t.local);
    let wanted: [u8; event::LOCAL] = core::array::from_fn(|e| TOOLS.global[e].get() | local[e]);
    if wanted == [0; event::LOCAL] && code._co_monitoring.get().is_null() {
        return Ok(());
    }
    let table = table_or_new(code);
    let added: [u8; event::LOCAL] = core::array::from_fn(|e| {
        if restarted {
            wanted[e]
        } else {
            wanted[e] & !table.active[e]
        }
    });
    table.active = wanted;
    let first = code._co_firsttraceable.get().max(0) as usize;
    let mut at = 0;
    let mut oparg = 0;
    while at < units(code) {
        let opcode = code::base_at(code, at);
        // SAFETY: `at` is inside the code.
        let unit = unsafe { *code::instructions(code).add(at) };
        oparg = oparg << 8 | u32::from(unit >> 8);
        if at >= first && opcode != op::EXTENDED_ARG {
            let site = &mut table.sites[at];
            let update = |tools: &mut u8, e: usize| *tools = (*tools | added[e]) & wanted[e];
            if let Some(e) = event::of_instruction(opcode, oparg) {
                update(&mut site.event, e);
            }
            if table.starts[at] {
                update(&mut site.line, event::LINE);
            }
            update(&mut site.instruction, event::INSTRUCTION);
            mark(code, at, site, opcode);
        }
        if opcode != op::EXTENDED_ARG {
            oparg = 0;
        }
        at += 1 + usize::from(CACHES[opcode as usize]);
    }
    Ok(())
}

/// Whether the tools' wishes have changed since the code was brought up to date.
pub fn is_outdated(code: &PyCodeObject) -> bool {
    code._co_instrumentation_version.get() != TOOLS.version.get()
}

/// Puts the marker in place, or the original back. A marked instruction has no cache entry, so that it is never specialised.
fn mark(code: &PyCodeObject, at: usize, site: &mut Site, opcode: u8) {
    let place = code::instructions(code).wrapping_add(at).cast_mut();
    // SAFETY: the place, and the cache unit behind it, are inside the code.
    unsafe {
        let marked = *place as u8 == MARKER;
        if site.wanted() == marked {
            return;
        }
        let cache = (CACHES[opcode as usize] != 0).then(|| place.add(1));
        if marked {
            place.cast::<u8>().write(site.original);
            if let Some(cache) = cache {
                cache.write(site.cache);
            }
            return;
        }
        site.original = BASE[opcode as usize];
        place.cast::<u8>().write(MARKER);
        if let Some(cache) = cache {
            site.cache = cache.replace(0);
        }
    }
}

/// Which of a site's events.
#[derive(Clone, Copy, PartialEq)]
pub enum Which {
    Own,
    Line,
    Instruction,
}

/// Takes a tool off a location.
pub fn disable(code: &PyCodeObject, at: usize, which: Which, tool: usize) {
    let Some(table) = table(code) else { return };
    let site = &mut table.sites[at];
    let tools = match which {
        Which::Own => &mut site.event,
        Which::Line => &mut site.line,
        Which::Instruction => &mut site.instruction,
    };
    *tools &= !(1 << tool);
    let opcode = site.original;
    mark(code, at, site, opcode);
}
