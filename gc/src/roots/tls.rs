//! Thread-local storage, of every registered thread and every loaded module.
//!
//! glibc keeps, for each thread, a control block at the thread pointer, the storage of the modules loaded at start next to
//! it, and a vector that says where each module's storage is. For all threads but the first these lie on the thread's stack
//! mapping, which is scanned from the stack pointer up; storage that was allocated late lies in native memory, but the
//! vector of the first thread does not, so all vectors are read here.

use super::segments::for_each_module;
use super::threads;
use crate::arch;

/// No instance of the module's storage exists in this thread yet.
const UNALLOCATED: usize = usize::MAX;
/// `struct pthread`, in which `pthread_setspecific` keeps the first values.
const CONTROL_BLOCK: usize = 0x900;
/// Storage further from the thread pointer than this was not laid out with it.
const NEAR: usize = 32 * 1024;

#[cfg(target_arch = "x86_64")]
const VECTOR_OFFSET: usize = 8;
#[cfg(target_arch = "aarch64")]
const VECTOR_OFFSET: usize = 0;

/// Calls `scan` with each range, as start and length. The calling thread is registered.
pub fn for_each_range(mut scan: impl FnMut(usize, usize)) {
    let here = arch::thread_pointer();
    let mut nearby = 0;
    for_each_module(|module| {
        if module.tls_here != 0 {
            scan(module.tls_here, module.tls_size);
            nearby = nearby.max(extent(here, module.tls_here, module.tls_size));
        }
        for thread in threads::all().filter(|thread| thread.thread_pointer != here) {
            if let Some(start) = instance(thread.thread_pointer, module.tls_number) {
                scan(start, module.tls_size);
            }
        }
    });
    for thread in threads::all().filter(|thread| !thread.contains(thread.thread_pointer)) {
        let (start, length) = surroundings(thread.thread_pointer, nearby);
        scan(start, length);
    }
}

/// How far from the thread pointer such storage reaches, if it was laid out with it.
fn extent(thread_pointer: usize, start: usize, size: usize) -> usize {
    let distance = if cfg!(target_arch = "x86_64") {
        thread_pointer.wrapping_sub(start)
    } else {
        start.wrapping_sub(thread_pointer).wrapping_add(size)
    };
    if distance <= NEAR { distance } else { 0 }
}

/// The control block and the storage that was laid out with it.
fn surroundings(thread_pointer: usize, nearby: usize) -> (usize, usize) {
    if cfg!(target_arch = "x86_64") {
        (thread_pointer - nearby, nearby + CONTROL_BLOCK)
    } else {
        (thread_pointer - CONTROL_BLOCK, CONTROL_BLOCK + nearby)
    }
}

/// Where a thread's vector says that a module's storage is.
fn instance(thread_pointer: usize, number: usize) -> Option<usize> {
    if number == 0 {
        return None;
    }
    // SAFETY: glibc's control block, whose vector has its length in the slot before the first and two words for each slot.
    unsafe {
        let vector = *((thread_pointer + VECTOR_OFFSET) as *const *const [usize; 2]);
        if vector.is_null() || (*vector.sub(1))[0] < number {
            return None;
        }
        let start = (*vector.add(number))[0];
        (start != UNALLOCATED && start != 0).then_some(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;

    thread_local! {
        static WORD: Cell<usize> = const { Cell::new(0) };
    }

    /// What the loader says of the calling thread is what the thread's vector says.
    #[test]
    fn the_vector_agrees_with_the_loader() {
        let mut agreed = 0;
        for_each_module(|module| {
            if module.tls_here != 0 {
                assert_eq!(
                    instance(arch::thread_pointer(), module.tls_number),
                    Some(module.tls_here)
                );
                agreed += 1;
            }
        });
        assert!(agreed >= 2);
    }

    #[test]
    fn a_thread_local_lies_in_a_range() {
        let thread = threads::register_thread();
        let address = WORD.with(|word| core::ptr::from_ref(word) as usize);
        let mut found = false;
        for_each_range(|start, length| found |= (start..start + length).contains(&address));
        assert!(found);
        threads::unregister_thread(thread);
    }
}
