//! x86-64, System V: six callee-saved registers and the stack pointer; the thread pointer is at `fs:0`.

use core::arch::{asm, naked_asm};

/// The stack pointer first, then the callee-saved registers. All others are on the caller's stack at a call.
pub type Registers = [usize; 7];

/// Stores the registers as they are at the call.
///
/// # Safety
/// `registers` can be written.
#[unsafe(naked)]
pub unsafe extern "C" fn spill(registers: *mut Registers) {
    naked_asm!(
        "mov [rdi], rsp",
        "mov [rdi + 8], rbx",
        "mov [rdi + 16], rbp",
        "mov [rdi + 24], r12",
        "mov [rdi + 32], r13",
        "mov [rdi + 40], r14",
        "mov [rdi + 48], r15",
        "ret",
    )
}

/// The address of the thread control block, above the thread's static storage.
pub fn thread_pointer() -> usize {
    let address;
    // SAFETY: reads one word of the thread's own control block.
    unsafe { asm!("mov {}, fs:0", out(reg) address, options(nostack, preserves_flags, readonly)) };
    address
}

/// Brings the cache line of `address`, which may be any, closer.
#[inline(always)]
pub fn prefetch(address: usize) {
    // SAFETY: a hint that touches nothing.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(
            address as *const i8,
        )
    };
}

/// Zeroes what returned calls have left in the `bytes` (a multiple of 8) below the caller's frame.
///
/// # Safety
/// The stack has so much room left.
#[unsafe(naked)]
pub unsafe extern "C" fn scrub_below(bytes: usize) {
    naked_asm!(
        "mov rax, rsp",
        "sub rax, rdi",
        "2:",
        "mov qword ptr [rax], 0",
        "add rax, 8",
        "cmp rax, rsp",
        "jb 2b",
        "ret",
    )
}
