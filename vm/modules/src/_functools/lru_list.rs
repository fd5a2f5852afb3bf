//! The order of use of a cache's entries: a doubly linked list of [`Link`]s.
//!
//! Invariant: the list owns one reference to each link in it, and `linked` says that a link is in it. The cache's dict
//! owns another. Links are objects because the dict's values are.

use core::cell::Cell;
use core::ptr;

use crate::prelude::*;

/// An entry of a cache.
#[repr(C)]
pub struct Link {
    ob_base: PyObject,
    older: Cell<*const Link>,
    newer: Cell<*const Link>,
    linked: Cell<bool>,
    /// The key's hash.
    pub hash: Cell<isize>,
    /// The arguments of the call.
    pub key: Slot,
    /// What it answered.
    pub result: Slot,
}

static_type!(Link, LINK);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Link>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<Link>()
        .tp_traverse(|l: &Link, v: &mut Visitor| {
            v.slot(&l.key)?;
            v.slot(&l.result)
        })
        .new_disallowed();
}

/// A new entry, in no list.
pub fn new_link(key: Ref, hash: isize, result: Ref) -> Result<Ref<Link>> {
    let link = Link {
        ob_base: header(),
        older: Cell::new(ptr::null()),
        newer: Cell::new(ptr::null()),
        linked: Cell::new(false),
        hash: Cell::new(hash),
        key: key.into(),
        result: result.into(),
    };
    create(&LINK, link)
}

/// Entries from the one not used for longest to the one used last.
pub struct LruList {
    oldest: Cell<*const Link>,
    newest: Cell<*const Link>,
}

impl LruList {
    /// A list of nothing.
    pub const fn new() -> LruList {
        LruList {
            oldest: Cell::new(ptr::null()),
            newest: Cell::new(ptr::null()),
        }
    }

    /// Sets the two pointers that meet between `older` and `newer`; null stands for the list's ends.
    fn join(&self, older: *const Link, newer: *const Link) {
        // SAFETY: links in the list are alive, since it owns them.
        let (before, after) = unsafe { (older.as_ref(), newer.as_ref()) };
        before.map_or(&self.oldest, |l| &l.newer).set(newer);
        after.map_or(&self.newest, |l| &l.older).set(older);
    }

    fn insert(&self, older: *const Link, link: Ref<Link>, newer: *const Link) {
        let was_linked = link.linked.replace(true);
        debug_assert!(!was_linked, "a link is in one list, once");
        let p = link.into_raw().cast::<Link>().cast_const();
        self.join(older, p);
        self.join(p, newer);
    }

    /// Adds an entry as the one used last.
    pub fn push_newest(&self, link: Ref<Link>) {
        self.insert(self.newest.get(), link, ptr::null());
    }

    /// Adds an entry as the one not used for longest.
    pub fn push_oldest(&self, link: Ref<Link>) {
        self.insert(ptr::null(), link, self.oldest.get());
    }

    /// Takes an entry out; none if it is in no list.
    pub fn remove(&self, link: &Link) -> Option<Ref<Link>> {
        if !link.linked.replace(false) {
            return None;
        }
        self.join(
            link.older.replace(ptr::null()),
            link.newer.replace(ptr::null()),
        );
        // SAFETY: the list owned a reference to each of its links.
        Some(unsafe { Ref::from_owned(ptr::from_ref(link).cast_mut()) })
    }

    /// Takes out the entry not used for longest.
    pub fn pop_oldest(&self) -> Option<Ref<Link>> {
        // SAFETY: links in the list are alive.
        unsafe { self.oldest.get().as_ref() }.and_then(|link| self.remove(link))
    }

    /// Takes all entries out.
    pub fn take_all(&self) -> Vec<Ref<Link>> {
        core::iter::from_fn(|| self.pop_oldest()).collect()
    }

    /// Shows the collector the entries.
    pub fn visit(&self, v: &mut Visitor) -> Visit {
        let mut at = self.oldest.get();
        // SAFETY: links in the list are alive.
        while let Some(link) = unsafe { at.as_ref() } {
            v.visit_ptr(link.as_ptr())?;
            at = link.newer.get();
        }
        Ok(())
    }
}

impl Drop for LruList {
    fn drop(&mut self) {
        drop(self.take_all());
    }
}
