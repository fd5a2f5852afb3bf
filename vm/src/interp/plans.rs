//! Plans for attributes at places that see many types: for a type's version, a name and a use, the form that an instruction
//! would be specialised to, with what its cache entry would hold.
//!
//! One table serves all code. A plan is good for as long as its type has that version; what more its form has to test is
//! tested as in the specialised instruction.

use core::cell::{Cell, UnsafeCell};
use core::ptr;

use layout::*;

use super::specialize;
use crate::code::caches::InlineCache;
use crate::object::*;
use crate::opcodes::op;
use crate::types::dict::DictExt;
use crate::types::dict::values::{FIRST_VALUE_OFFSET, Values};
use crate::types::instance;

const BITS: usize = 10;

/// What an attribute is wanted for.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Use {
    Load,
    /// A load of what is called next.
    Method,
    Store,
}

/// What a plan has found.
pub enum Found<'a> {
    Value(&'a Obj),
    /// A function that wants the owner for its `self`.
    Method(&'a Obj),
}

#[derive(Clone, Copy)]
struct Plan {
    /// 0 in plans that hold nothing.
    version: u32,
    /// The version of the keys that instances of the type share.
    keys: u32,
    /// The plan keeps it alive, since it knows it by its address.
    name: *const PyObject,
    /// The class's attribute, in a form that a scan of roots does not take for an object.
    hidden: usize,
    /// Where the values begin, or the place of the attribute.
    index: u32,
    place: u32,
    wanted: Use,
    /// The form; 0 if there is none.
    opcode: u8,
}

impl Plan {
    const NONE: Plan = Plan {
        version: 0,
        keys: 0,
        name: ptr::null(),
        hidden: !0,
        index: 0,
        place: 0,
        wanted: Use::Load,
        opcode: 0,
    };

    /// # Safety
    /// The owner's type has the plan's version, and the form is one that fills in the object.
    unsafe fn object<'a>(&self) -> &'a Obj {
        // SAFETY: the type, unchanged, holds it.
        unsafe { &*(!self.hidden as *const Obj) }
    }

    /// # Safety
    /// `at` is a place that the plan names, of an owner whose type has the plan's version.
    unsafe fn slot(owner: &Obj, at: u32) -> &Cell<*mut PyObject> {
        // SAFETY: the type, unchanged, has a reference there.
        unsafe { &*owner.as_ptr().cast::<u8>().add(at as usize).cast() }
    }

    /// The inline values of the owner, if it has its attributes there.
    ///
    /// # Safety
    /// As for [`slot`](Self::slot), of a form that has such values.
    unsafe fn values<'a>(&self, owner: &'a Obj) -> Option<&'a Values> {
        // SAFETY: the type, unchanged, has them there.
        let values: &Values =
            unsafe { &*owner.as_ptr().cast::<u8>().add(self.index as usize).cast() };
        values.is_valid().then_some(values)
    }

    /// Whether the owner has its attributes inline, and none that the class's would hide behind.
    fn not_shadowed(&self, owner: &Obj) -> bool {
        let keys = instance::shared_keys(owner.ty()).map_or(0, |keys| keys.version());
        instance::values(owner).is_some() && keys == self.keys
    }
}

struct Plans([UnsafeCell<Plan>; 1 << BITS]);

// SAFETY: used under the interpreter's lock.
unsafe impl Sync for Plans {}

static PLANS: Plans = Plans([const { UnsafeCell::new(Plan::NONE) }; 1 << BITS]);

/// The plan for a use, made if there is none.
#[inline(always)]
fn plan<'a>(owner: &Obj, name: &Obj, wanted: Use) -> Option<&'a Plan> {
    let version = owner.ty().tp_version_tag.get();
    // Names lie whole cells apart: the product's upper bits depend on every bit of both.
    let key = (u64::from(version) << 32) ^ (ptr::from_ref(name) as u64 >> 3) ^ wanted as u64;
    let number = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS)) as usize;
    let cell = PLANS.0[number].get();
    // SAFETY: plans change in `make` only, while nobody holds one.
    let found = unsafe { &*cell };
    if found.version == version
        && version != 0
        && ptr::eq(found.name, name)
        && found.wanted == wanted
    {
        return (found.opcode != 0).then_some(found);
    }
    make(cell, owner, name, wanted);
    None
}

/// Replaces a plan, for the next time.
#[cold]
#[inline(never)]
fn make(cell: *mut Plan, owner: &Obj, name: &Obj, wanted: Use) {
    let cache = InlineCache::empty();
    let chosen = match wanted {
        Use::Load | Use::Method => {
            specialize::instance_attribute(&cache, owner, name, wanted == Use::Method)
        }
        Use::Store => specialize::store_form(&cache, owner, name),
    };
    let version = owner.ty().tp_version_tag.get();
    let served = chosen.filter(|&form| form != op::LOAD_ATTR_PROPERTY);
    let new = Plan {
        version,
        keys: cache.second_version.get(),
        name: name.as_ptr(),
        hidden: !(cache.object.get() as usize),
        index: cache.index.get(),
        place: cache.extra.get() as u32,
        wanted,
        opcode: served.unwrap_or(0),
    };
    if version == 0 || !crate::types::str_::is_interned(name) {
        return;
    }
    replace(cell, new);
}

fn replace(cell: *mut Plan, new: Plan) {
    // SAFETY: the new name is live, the old one is what the plan kept; nobody holds the plan.
    unsafe {
        if !new.name.is_null() {
            incref(new.name.cast_mut());
        }
        let old = cell.replace(new);
        drop(Ref::from_owned_opt(old.name.cast_mut()));
    }
}

/// Forgets everything.
pub fn clear() {
    for cell in &PLANS.0 {
        replace(cell.get(), Plan::NONE);
    }
}

/// An attribute as a plan finds it; `None` leaves it to the protocol.
#[inline]
pub fn load<'a>(owner: &'a Obj, name: &Obj, wanted: Use) -> Option<Found<'a>> {
    let plan = plan(owner, name, wanted)?;
    // SAFETY: the plan is for the owner's type as it is; what the forms mean is up to `specialize`.
    unsafe {
        match plan.opcode {
            op::LOAD_ATTR_INSTANCE_VALUE => {
                plan.values(owner)?;
                Plan::slot(owner, plan.place).borrow_obj().map(Found::Value)
            }
            op::LOAD_ATTR_SLOT => Plan::slot(owner, plan.index).borrow_obj().map(Found::Value),
            op::LOAD_ATTR_WITH_HINT => {
                let entry = instance::existing_dict(owner)?.entry_at(plan.index as usize);
                let (key, value) = entry?;
                key.is_same(name).then_some(Found::Value(value))
            }
            op::LOAD_ATTR_METHOD_WITH_VALUES => plan
                .not_shadowed(owner)
                .then(|| Found::Method(plan.object())),
            op::LOAD_ATTR_METHOD_NO_DICT => Some(Found::Method(plan.object())),
            op::LOAD_ATTR_METHOD_LAZY_DICT => {
                let dict = Plan::slot(owner, plan.index).get();
                dict.is_null().then(|| Found::Method(plan.object()))
            }
            op::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES => plan
                .not_shadowed(owner)
                .then(|| Found::Value(plan.object())),
            op::LOAD_ATTR_NONDESCRIPTOR_NO_DICT => Some(Found::Value(plan.object())),
            _ => None,
        }
    }
}

/// Stores an attribute as a plan says: the old value, null if there was none, or the new one back if the protocol is to
/// store it.
#[inline]
pub fn store(owner: &Obj, name: &Obj, value: Ref) -> Result<*mut PyObject, Ref> {
    let Some(plan) = plan(owner, name, Use::Store) else {
        return Err(value);
    };
    // SAFETY: the plan is for the owner's type as it is; what the forms mean is up to `specialize`.
    unsafe {
        match plan.opcode {
            op::STORE_ATTR_SLOT => Ok(Plan::slot(owner, plan.index).replace(value.into_raw())),
            op::STORE_ATTR_INSTANCE_VALUE => {
                let own_dict = !(*managed_dict(owner.as_ptr())).is_null();
                let Some(values) = plan.values(owner).filter(|_| !own_dict) else {
                    return Err(value);
                };
                let old = Plan::slot(owner, plan.place).replace(value.into_raw());
                if old.is_null() {
                    let first = plan.index as usize + FIRST_VALUE_OFFSET;
                    values.note_added((plan.place as usize - first) / size_of::<usize>());
                }
                Ok(old)
            }
            _ => Err(value),
        }
    }
}
