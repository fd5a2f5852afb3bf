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

/// What [`keep_registers`] returns.
pub type Kept = [usize; 2];

/// Makes the function that it is inlined into save the callee-saved registers of its caller, all in its frame: above its
/// locals, or, those that the compiler keeps for itself, where it puts what this returns.
#[inline(always)]
pub fn keep_registers() -> Kept {
    let (rbx, rbp);
    // SAFETY: reads two registers; what it declares to change makes the compiler save the others.
    unsafe {
        asm!(
            "mov {}, rbx",
            "mov {}, rbp",
            out(reg) rbx,
            out(reg) rbp,
            out("r12") _,
            out("r13") _,
            out("r14") _,
            out("r15") _,
            options(nostack, preserves_flags, nomem)
        )
    };
    [rbx, rbp]
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

/// A function that [`call_quietly`] can call.
pub type Rare = unsafe extern "C" fn(usize, usize) -> usize;

/// Calls the function in `rax` with the arguments in `r10` and `r11`. Only `rax` and the vector registers change.
#[unsafe(naked)]
unsafe extern "C" fn preserve() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rdi",
        "push rsi",
        "push rdx",
        "push rcx",
        "push r8",
        "push r9",
        "push r10",
        "push r11",
        "and rsp, -16",
        "mov rdi, r10",
        "mov rsi, r11",
        "call rax",
        "mov r11, [rbp - 64]",
        "mov r10, [rbp - 56]",
        "mov r9, [rbp - 48]",
        "mov r8, [rbp - 40]",
        "mov rcx, [rbp - 32]",
        "mov rdx, [rbp - 24]",
        "mov rsi, [rbp - 16]",
        "mov rdi, [rbp - 8]",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
    )
}

/// `f(a, b)`, for what hot code seldom does: the call leaves all registers of the caller alone, so that code in which it
/// occurs need not save any.
///
/// # Safety
/// As `f` says.
#[inline(always)]
pub unsafe fn call_quietly(f: Rare, a: usize, b: usize) -> usize {
    let result;
    // SAFETY: as for `f`. The call keeps clear of the 128 bytes below the stack pointer, which may be in use; what the
    // callee changes is declared, and the stack pointer is restored.
    unsafe {
        asm!(
            "lea rsp, [rsp - 128]",
            ".cfi_adjust_cfa_offset 128",
            "call {}",
            "lea rsp, [rsp + 128]",
            ".cfi_adjust_cfa_offset -128",
            sym preserve,
            inlateout("rax") f => result,
            in("r10") a,
            in("r11") b,
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
            out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
            out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
            out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
            options(nostack),
        )
    };
    result
}
