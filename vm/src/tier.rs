//! The second tier: how the interpreter reaches a compiler of bytecode without knowing one.
//!
//! The interpreter counts how often code is entered and how often its loops turn. Hot code is given to the [`Tier`], whose
//! [`Compiled`] hangs off the code's cache table. Compiled code works on the same frames and leaves at any instruction, so
//! entering it is a jump at an instruction for which it has an entry. Invariant: compiled code runs only while its code
//! object has the instrumentation that it was compiled under.

use core::cell::Cell;
use core::sync::atomic::Ordering;

use layout::*;

use crate::code::{self, caches};
use crate::frame::CodeUnit;
use crate::interp::Flow;
use crate::opcodes::{BASE, op};
use crate::state::ThreadState;

/// What a compiler has made of a code object.
#[repr(C)]
pub struct Compiled {
    /// The address of its beginning, for other compiled code.
    pub start: usize,
    /// The eval breaker's word as it must be for this code to run: the version of the instrumentation, and no request.
    pub version: usize,
    /// For each unit of the code: where in code memory to enter there, 0 if nowhere.
    pub entries: Box<[u32]>,
    /// How many failed guards are left before the code is compiled anew.
    pub patience: Cell<u32>,
}

/// A compiler.
pub trait Tier: Sync {
    /// Compiles code, in its `attempt`th version. Nothing if that is not possible.
    fn compile(&self, code: &PyCodeObject, attempt: u32) -> Option<Box<Compiled>>;

    /// The code object dies: no frame is inside any version of its compiled code.
    fn forget(&self, code: &PyCodeObject);

    /// Goes on at an entry with the interpreter's registers, which it leaves for where the interpreter is to go on. `Deopt`
    /// says that a guard failed there.
    ///
    /// # Safety
    /// `entry` is from the table of the code that the registers' frame runs, and the code is current.
    unsafe fn enter(&self, registers: *mut u8, entry: u32) -> Flow;
}

struct State {
    tier: Cell<Option<&'static dyn Tier>>,
    threshold: Cell<u32>,
}

// SAFETY: written once at start-up.
unsafe impl Sync for State {}

static STATE: State = State {
    tier: Cell::new(None),
    threshold: Cell::new(u32::MAX),
};

/// How often code is compiled at most.
pub const ATTEMPTS: u32 = 8;

/// Makes the interpreter use a compiler for code that was entered or has turned `threshold` times. Call it before any code
/// runs.
pub fn install(tier: &'static dyn Tier, threshold: u32) {
    STATE.tier.set(Some(tier));
    STATE.threshold.set(threshold.max(1));
}

/// Whether there is a compiler.
#[inline(always)]
pub fn is_on() -> bool {
    STATE.tier.get().is_some()
}

/// Counts an entry of warm code; true if there is compiled code to go on in.
#[inline(always)]
pub fn entered(code: &PyCodeObject) -> bool {
    let Some(table) = caches::table(code) else {
        return false;
    };
    let heat = table.heat.get() + 1;
    table.heat.set(heat);
    (heat >= STATE.threshold.get() || !table.compiled.get().is_null()) && compile(code)
}

/// Counts a turn of a loop; true if there is compiled code to go on in.
#[inline(always)]
pub fn turned(code: &PyCodeObject) -> bool {
    let Some(table) = caches::table(code) else {
        return false;
    };
    if !table.compiled.get().is_null() {
        return true;
    }
    let heat = table.heat.get() + 1;
    table.heat.set(heat);
    heat >= STATE.threshold.get() && compile(code)
}

/// Compiles code that is hot, unless it is compiled already.
#[cold]
#[inline(never)]
fn compile(code: &PyCodeObject) -> bool {
    let (Some(tier), Some(table)) = (STATE.tier.get(), caches::table(code)) else {
        return false;
    };
    // SAFETY: null, or a box that the table owns.
    if let Some(compiled) = unsafe { table.compiled.get().as_ref() } {
        if compiled.version == code._co_instrumentation_version.get() {
            return true;
        }
        drop_compiled(table);
    }
    table.heat.set(0);
    let attempt = table.attempts.get();
    if attempt >= ATTEMPTS {
        return false;
    }
    table.attempts.set(attempt + 1);
    match tier.compile(code, attempt) {
        Some(compiled) => {
            table.compiled.set(Box::into_raw(compiled));
            redirect(code);
            true
        }
        None => {
            table.attempts.set(ATTEMPTS);
            false
        }
    }
}

/// Makes function entries and loops look for compiled code.
fn redirect(code: &PyCodeObject) {
    let start = code::instructions(code).cast_mut();
    let mut at = 0;
    while at < code::units(code) {
        // SAFETY: `at` is an instruction of the code.
        let place = unsafe { start.add(at).cast::<u8>() };
        // SAFETY: as above.
        let opcode = unsafe { *place };
        let better = match opcode {
            op::RESUME | op::RESUME_CHECK => op::RESUME_COMPILED,
            op::JUMP_BACKWARD | op::JUMP_BACKWARD_NO_JIT => op::JUMP_BACKWARD_JIT,
            other => other,
        };
        if better != opcode {
            // SAFETY: another form of the instruction.
            unsafe { place.write(better) };
        }
        at += 1 + usize::from(crate::opcodes::CACHES[code::base_at(code, at) as usize]);
    }
}

/// The compiled code is not entered again; frames may still be inside it.
fn drop_compiled(table: &caches::CacheTable) {
    let compiled = table.compiled.replace(core::ptr::null_mut());
    if !compiled.is_null() {
        // SAFETY: the table owned the box.
        drop(unsafe { Box::from_raw(compiled) });
    }
}

/// Drops the compiled code of a code object that dies.
pub fn discard(code: &PyCodeObject) {
    if let (Some(tier), Some(table)) = (STATE.tier.get(), caches::table(code)) {
        drop_compiled(table);
        if table.attempts.get() > 0 {
            tier.forget(code);
        }
    }
}

/// How many guards have failed, by the generic opcode of the instruction.
static FAILURES: Failures = Failures([const { Cell::new(0) }; 256]);

struct Failures([Cell<u32>; 256]);

// SAFETY: used under the interpreter's lock.
unsafe impl Sync for Failures {}

/// How many guards of an opcode have failed.
pub fn failures(opcode: u8) -> u32 {
    FAILURES.0[usize::from(opcode)].get()
}

/// Notes a failed guard: code that keeps failing is dropped, and compiled anew once it is hot again.
///
/// # Safety
/// `ip` is at an instruction of the code.
#[cold]
pub unsafe fn failed(code: &PyCodeObject, ip: *const CodeUnit) {
    // SAFETY: the caller's.
    let opcode = BASE[usize::from(unsafe { *ip } as u8)];
    let count = &FAILURES.0[usize::from(opcode)];
    count.set(count.get().wrapping_add(1));
    let Some(table) = caches::table(code) else {
        return;
    };
    // SAFETY: null, or a box that the table owns.
    let Some(compiled) = (unsafe { table.compiled.get().as_ref() }) else {
        return;
    };
    match compiled.patience.get() {
        0 if table.attempts.get() < ATTEMPTS => drop_compiled(table),
        0 => {}
        left => compiled.patience.set(left - 1),
    }
}

/// The compiled code, if the thread may run it now.
#[inline(always)]
pub fn current<'a>(ts: &ThreadState, code: &'a PyCodeObject) -> Option<&'a Compiled> {
    let table = caches::table(code)?;
    // SAFETY: null, or a box that the table owns.
    let compiled = unsafe { table.compiled.get().as_ref() }?;
    (ts.eval_breaker().load(Ordering::Relaxed) == compiled.version).then_some(compiled)
}

/// Whether there is compiled code that the thread may run now.
#[inline(always)]
pub fn is_current(ts: &ThreadState, code: &PyCodeObject) -> bool {
    current(ts, code).is_some()
}

/// The compiled code's entry at an instruction, and the compiler that knows how to go there.
///
/// # Safety
/// `ip` points into the code.
#[inline]
pub unsafe fn entry(
    ts: &ThreadState,
    code: &PyCodeObject,
    ip: *const CodeUnit,
) -> Option<(&'static dyn Tier, u32)> {
    let compiled = current(ts, code)?;
    // SAFETY: both point into the code.
    let at = unsafe { ip.offset_from(code::instructions(code)) } as usize;
    match compiled.entries[at] {
        0 => None,
        entry => Some((STATE.tier.get()?, entry)),
    }
}
