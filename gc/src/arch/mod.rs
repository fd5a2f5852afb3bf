//! What depends on the processor: spilling registers, the stack pointer, the thread pointer, prefetching.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub use aarch64::{Registers, prefetch, scrub_below, spill, thread_pointer};
#[cfg(target_arch = "x86_64")]
pub use x86_64::{Registers, prefetch, scrub_below, spill, thread_pointer};
