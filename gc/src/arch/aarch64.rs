//! AArch64, AAPCS64: callee-saved x19 to x29, the low halves of v8 to v15, and the stack pointer.

use core::arch::{asm, naked_asm};

/// The stack pointer first, then the callee-saved registers. All others are on the caller's stack at a call.
pub type Registers = [usize; 20];

/// Stores the registers as they are at the call.
///
/// # Safety
/// `registers` can be written.
#[unsafe(naked)]
pub unsafe extern "C" fn spill(registers: *mut Registers) {
    naked_asm!(
        "mov x1, sp",
        "str x1, [x0]",
        "stp x19, x20, [x0, #8]",
        "stp x21, x22, [x0, #24]",
        "stp x23, x24, [x0, #40]",
        "stp x25, x26, [x0, #56]",
        "stp x27, x28, [x0, #72]",
        "str x29, [x0, #88]",
        "stp d8, d9, [x0, #96]",
        "stp d10, d11, [x0, #112]",
        "stp d12, d13, [x0, #128]",
        "stp d14, d15, [x0, #144]",
        "ret",
    )
}

/// What [`keep_registers`] returns.
pub type Kept = [usize; 2];

/// Makes the function that it is inlined into save the callee-saved registers of its caller, all in its frame: above its
/// locals, or, those that the compiler keeps for itself, where it puts what this returns.
#[inline(always)]
pub fn keep_registers() -> Kept {
    let (x19, x29);
    // SAFETY: reads two registers; what it declares to change makes the compiler save the others.
    unsafe {
        asm!(
            "mov {}, x19",
            "mov {}, x29",
            out(reg) x19,
            out(reg) x29,
            out("x20") _,
            out("x21") _,
            out("x22") _,
            out("x23") _,
            out("x24") _,
            out("x25") _,
            out("x26") _,
            out("x27") _,
            out("x28") _,
            options(nostack, preserves_flags, nomem)
        )
    };
    [x19, x29]
}

/// The address of the thread control block, below the thread's static storage.
pub fn thread_pointer() -> usize {
    let address;
    // SAFETY: reads a system register.
    unsafe {
        asm!("mrs {}, tpidr_el0", out(reg) address, options(nostack, preserves_flags, nomem))
    };
    address
}

/// Brings the cache line of `address`, which may be any, closer.
#[inline(always)]
pub fn prefetch(address: usize) {
    // SAFETY: a hint that touches nothing.
    unsafe {
        asm!("prfm pldl1keep, [{}]", in(reg) address, options(nostack, preserves_flags, readonly))
    };
}

/// Zeroes what returned calls have left in the `bytes` (a multiple of 16) below the caller's frame.
///
/// # Safety
/// The stack has so much room left.
#[unsafe(naked)]
pub unsafe extern "C" fn scrub_below(bytes: usize) {
    naked_asm!(
        "mov x2, sp",
        "sub x1, x2, x0",
        "2:",
        "stp xzr, xzr, [x1], #16",
        "cmp x1, x2",
        "b.lo 2b",
        "ret",
    )
}

/// A function that [`call_quietly`] can call.
pub type Rare = unsafe extern "C" fn(usize, usize) -> usize;

/// `f(a, b)`, for what hot code seldom does.
///
/// # Safety
/// As `f` says.
#[inline(always)]
pub unsafe fn call_quietly(f: Rare, a: usize, b: usize) -> usize {
    // SAFETY: the caller's.
    unsafe { f(a, b) }
}
