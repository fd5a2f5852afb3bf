//! A set of classes that does not keep them alive: a Python set of weakrefs, each of which removes itself.

use core::ptr;

use crate::prelude::*;
use vm::types::set::{self, SetExt as _};
use vm::types::{cfunction, weakref};

/// The set; nothing is allocated while it is empty.
#[derive(Default)]
#[repr(transparent)]
pub struct WeakSet(Slot);

pub static REMOVE: PyMethodDef = o!("_destroy", remove, "");

/// The callback of a weakref; self is a weakref to the set.
fn remove(owner: &Obj, dead: &Obj) -> Result<()> {
    if let Some(owner) = weakref::get(owner) {
        // SAFETY: the callback was bound to a weakref to a set.
        unsafe { owner.cast::<PySetObject>() }.discard(dead)?;
    }
    Ok(())
}

impl WeakSet {
    fn get(&self) -> Option<Ref<PySetObject>> {
        // SAFETY: only sets are stored.
        self.0.get().map(|s| unsafe { s.into_cast() })
    }

    /// Whether the set has `o` in it; what cannot have weakrefs is in none.
    pub fn contains(&self, o: &Obj) -> Result<bool> {
        let Some(set) = self.get().filter(|s| s.len() > 0) else {
            return Ok(false);
        };
        match err::suppress(weakref::new_ref(o, None), &exc::TypeError)? {
            Some(reference) => set.contains(&reference),
            None => Ok(false),
        }
    }

    /// Adds `o`.
    pub fn add(&self, o: &Obj) -> Result<()> {
        let set = match self.get() {
            Some(set) => set,
            None => {
                let set = set::new_set(None)?;
                self.0.set(Some(set.clone().into_obj()));
                set
            }
        };
        let owner = weakref::new_ref(set.as_obj(), None)?;
        let callback = cfunction::new(ptr::from_ref(&REMOVE).cast_mut(), Some(&owner), None);
        set.add(&*weakref::new_ref(o, Some(&callback))?)
    }

    /// Those that are alive now.
    pub fn living(&self) -> Vec<Ref> {
        let (mut living, mut pos) = (Vec::new(), 0);
        if let Some(set) = self.get() {
            while let Some(reference) = set.next(&mut pos) {
                living.extend(weakref::get(&reference));
            }
        }
        living
    }

    /// Removes all.
    pub fn clear(&self) {
        if let Some(set) = self.get() {
            set.clear();
        }
    }

    /// A set of the weakrefs.
    pub fn copy(&self) -> Result {
        let set = self.get();
        Ok(set::new_set(set.as_ref().map(|s| s.as_obj()))?.into_obj())
    }

    /// Shows the collector the set.
    pub fn visit(&self, v: &mut Visitor) -> Visit {
        v.slot(&self.0)
    }

    /// Lets go of the set.
    pub fn drop_all(&self) {
        self.0.set(None);
    }
}
