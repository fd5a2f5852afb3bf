//! What depends on the processor: spilling registers, the stack pointer, the thread pointer, prefetching,
//! calls that disturb nothing.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub use aarch64::{
    Kept, Registers, call_quietly, keep_registers, prefetch, scrub_below, spill, thread_pointer,
};
#[cfg(target_arch = "x86_64")]
pub use x86_64::{
    Kept, Registers, call_quietly, keep_registers, prefetch, scrub_below, spill, thread_pointer,
};
