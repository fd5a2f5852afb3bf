//! Values on a frame's stack: references tagged with who keeps the object alive.
//!
//! Under a counting manager a word whose lowest bit is set is *borrowed*: a local variable, a constant or a frame further
//! down keeps the object alive for as long as the word may be used, so neither copying nor dropping it touches the count.
//! Under the other managers nothing is ever tagged and every operation here compiles to a move. Invariant: a tagged word
//! never leaves its frame (for the heap, or for the caller) without [`StackRef::heap_safe`] or [`StackRef::into_ref`].

use core::marker::PhantomData;

use gc::{Manager, RefCount};
use layout::PyObject;

use crate::object::{self, Obj, Ref};

/// A word of a frame. With `M = RefCount`, the default, its operations obey the tags and the objects' headers, so they
/// are right under every manager; the interpreter loop names its own manager to save the work.
#[repr(transparent)]
pub struct StackRef<M = RefCount> {
    bits: usize,
    manager: PhantomData<M>,
}

impl<M> Clone for StackRef<M> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for StackRef<M> {}

const BORROWED: usize = 1;
const INTEGER: usize = 3;

impl<M> StackRef<M> {
    /// No value: an unbound local, or the absent `self` of a call. It counts as borrowed, so dropping it does nothing.
    pub const NULL: Self = Self::from_bits(BORROWED);

    #[inline(always)]
    pub const fn from_bits(bits: usize) -> Self {
        StackRef {
            bits,
            manager: PhantomData,
        }
    }

    #[inline(always)]
    pub const fn bits(self) -> usize {
        self.bits
    }

    /// The same word, for other code.
    #[inline(always)]
    pub fn with<N>(self) -> StackRef<N> {
        StackRef::from_bits(self.bits)
    }

    #[inline(always)]
    pub fn is_null(self) -> bool {
        self.bits == BORROWED
    }

    /// A small number, which is no object.
    #[inline(always)]
    pub fn integer(value: isize) -> Self {
        Self::from_bits((value as usize) << 2 | INTEGER)
    }

    #[inline(always)]
    pub fn is_integer(self) -> bool {
        self.bits & INTEGER == INTEGER
    }

    #[inline(always)]
    pub fn to_integer(self) -> isize {
        self.bits as isize >> 2
    }

    /// The object's address; null for [`NULL`](Self::NULL).
    #[inline(always)]
    pub fn as_ptr(self) -> *mut PyObject {
        (self.bits & !BORROWED) as *mut PyObject
    }

    /// The object. The word must be an object's; the borrow is good until the word is dropped.
    #[inline(always)]
    pub fn obj<'a>(self) -> &'a Obj {
        debug_assert!(!self.is_null() && !self.is_integer());
        // SAFETY: a word that is not null keeps, or borrows from what keeps, its object.
        unsafe { &*self.as_ptr() }
    }

    /// The object, if there is one.
    #[inline(always)]
    pub fn opt<'a>(self) -> Option<&'a Obj> {
        if self.is_null() {
            None
        } else {
            Some(self.obj())
        }
    }

    #[inline(always)]
    pub fn is(self, o: &Obj) -> bool {
        core::ptr::eq(self.as_ptr(), o)
    }

    /// Whether dropping the word does nothing.
    #[inline(always)]
    pub fn is_borrowed(self) -> bool {
        self.bits & BORROWED != 0
    }

    /// Takes over a reference.
    #[inline(always)]
    pub fn owned(r: Ref) -> Self {
        Self::from_bits(r.into_raw() as usize)
    }

    /// A word that owns nothing, for an immortal object.
    #[inline(always)]
    pub fn immortal(o: &Obj) -> Self
    where
        M: Manager,
    {
        Self::borrowed(o)
    }

    /// A word that owns nothing, for an object that something else keeps alive while the word is in use.
    #[inline(always)]
    pub fn borrowed(o: &Obj) -> Self
    where
        M: Manager,
    {
        let bits = core::ptr::from_ref(o) as usize;
        Self::from_bits(if M::FACTS.counts {
            bits | BORROWED
        } else {
            bits
        })
    }

    /// The same object, borrowed from this word.
    #[inline(always)]
    pub fn borrow(self) -> Self
    where
        M: Manager,
    {
        Self::from_bits(if M::FACTS.counts {
            self.bits | BORROWED
        } else {
            self.bits
        })
    }

    /// A word with its own reference.
    #[inline(always)]
    pub fn new(o: &Obj) -> Self
    where
        M: Manager,
    {
        if M::FACTS.counts {
            // SAFETY: the object is alive.
            unsafe { object::incref(core::ptr::from_ref(o).cast_mut()) };
        }
        Self::from_bits(core::ptr::from_ref(o) as usize)
    }

    /// A copy: as long-lived as the word itself.
    #[inline(always)]
    pub fn dup(self) -> Self
    where
        M: Manager,
    {
        if M::FACTS.counts && !self.is_borrowed() {
            // SAFETY: a word that is not borrowed owns a reference to a live object.
            unsafe { object::incref(self.as_ptr()) };
        }
        self
    }

    /// Drops the word.
    #[inline(always)]
    pub fn close(self)
    where
        M: Manager,
    {
        if M::FACTS.counts && !self.is_borrowed() {
            // SAFETY: the word owns a reference, and ends here.
            unsafe { object::decref_quietly(self.as_ptr()) };
        }
    }

    /// Turns the word into an owned reference.
    #[inline(always)]
    pub fn into_ref(self) -> Ref
    where
        M: Manager,
    {
        debug_assert!(!self.is_null() && !self.is_integer());
        let p = self.as_ptr();
        // SAFETY: the word owns a reference, which moves; or it borrows one, which is made.
        unsafe {
            if M::FACTS.counts && self.is_borrowed() {
                object::incref(p);
            }
            Ref::from_owned(p)
        }
    }

    /// As [`into_ref`](Self::into_ref), for a word that may be null.
    #[inline(always)]
    pub fn into_opt(self) -> Option<Ref>
    where
        M: Manager,
    {
        if self.is_null() {
            None
        } else {
            Some(self.into_ref())
        }
    }

    /// An owned reference beside the word.
    #[inline(always)]
    pub fn to_ref(self) -> Ref {
        // SAFETY: the word's object is alive.
        unsafe { Ref::from_borrowed(self.as_ptr()) }
    }

    /// The word, made to own its reference so that it may outlive its frame.
    #[inline(always)]
    pub fn heap_safe(self) -> Self
    where
        M: Manager,
    {
        if M::FACTS.counts && self.is_borrowed() && !self.is_null() && !self.is_integer() {
            return Self::owned(self.into_ref());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_words() {
        for value in [0, 1, -1, 12345, -98765] {
            let word = StackRef::<RefCount>::integer(value);
            assert!(word.is_integer() && !word.is_null());
            assert_eq!(word.to_integer(), value);
        }
        assert!(StackRef::<RefCount>::NULL.is_null() && !StackRef::<RefCount>::NULL.is_integer());
        assert!(StackRef::<RefCount>::NULL.as_ptr().is_null());
    }
}
