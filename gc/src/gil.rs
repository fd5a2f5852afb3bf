//! State that only the thread that holds the GIL touches.
//!
//! The heap and the managers keep their state in statics, so that the allocation path has no indirection and no lock.
//! `Gil` is what makes that sound: the interpreter promises that one thread at a time runs anything of this crate.

use core::ops::Deref;

/// A static whose accesses the GIL serialises. The content uses `Cell`s.
#[repr(transparent)]
pub struct Gil<T>(T);

// SAFETY: every function of this crate requires the GIL, so two threads never access the content at the same time.
unsafe impl<T> Sync for Gil<T> {}

impl<T> Gil<T> {
    pub const fn new(content: T) -> Self {
        Gil(content)
    }
}

impl<T> Deref for Gil<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0
    }
}
