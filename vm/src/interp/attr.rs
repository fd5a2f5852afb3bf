//! Attributes. Specialised forms are guarded by the version of the owner's type, which any change to the class takes away.

use core::cell::Cell;

use gc::Manager;
use layout::*;

use super::names::push_null_if;
use super::plans::{self, Found, Use};
use super::regs::Regs;
use super::{Flow, bind, cached, specialize};
use crate::code::caches::InlineCache;
use crate::err::Result;
use crate::object::*;
use crate::opcodes::caches;
use crate::protocol::object;
use crate::stackref::StackRef;
use crate::types::dict::DictExt;
use crate::types::dict::values::{FIRST_VALUE_OFFSET, Values};
use crate::types::instance;
use crate::types::module::Module;
use crate::types::type_::attributes::{Method, get_method};

#[inline(always)]
pub fn load_attr<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let name = r.name(oparg >> 1);
    if let Some(cache) = r.cache_if_warm(caches::LOAD_ATTR)
        && cache.tick()
    {
        specialize::load_attr(
            r.here(caches::LOAD_ATTR),
            cache,
            r.obj(1),
            name,
            oparg & 1 != 0,
        );
        return Flow::Redo;
    }
    if oparg & 1 == 0 {
        if let Some(Found::Value(value)) = plans::load(r.obj(1), name, Use::Load) {
            return found(r, oparg, value);
        }
        let value = object::getattr(r.obj(1), name);
        return r.finish(1, value);
    }
    match plans::load(r.obj(1), name, Use::Method) {
        Some(Found::Method(method)) => {
            let owner = r.peek(1);
            r.poke(1, StackRef::new(method));
            r.push(owner);
            return Flow::Next;
        }
        Some(Found::Value(value)) => return found(r, oparg, value),
        None => {}
    }
    // For a call: a method and its self, which saves making a bound method.
    match get_method(r.obj(1), name) {
        Ok(Method::Unbound(function)) => {
            let owner = r.peek(1);
            r.poke(1, StackRef::owned(function));
            r.push(owner);
            Flow::Next
        }
        Ok(Method::Value(value)) => {
            r.replace(1, StackRef::owned(value));
            r.push(StackRef::NULL);
            Flow::Next
        }
        Err(_) => Flow::Error,
    }
}

#[inline(always)]
pub fn store_attr<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let name = r.name(oparg);
    if let Some(cache) = r.cache_if_warm(caches::STORE_ATTR)
        && cache.tick()
    {
        specialize::store_attr(r.here(caches::STORE_ATTR), cache, r.obj(1), name);
        return Flow::Redo;
    }
    match plans::store(r.obj(1), name, r.obj(2).new_ref()) {
        Ok(old) => {
            let (owner, value) = (r.peek(1), r.peek(2));
            r.shrink(2);
            if !old.is_null() {
                StackRef::<M>::from_bits(old as usize).close();
            }
            owner.close();
            value.close();
            Flow::Next
        }
        Err(value) => {
            let result = object::setattr(r.obj(1), name, Some(&value));
            r.finish_drop(2, result)
        }
    }
}

#[inline(always)]
pub fn delete_attr<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let result: Result<()> = object::setattr(r.obj(1), r.name(oparg), None);
    r.finish_drop(1, result)
}

// ---- Specialised loads ----

/// Whether the owner's type is the one that the cache knows.
#[inline(always)]
fn same_type<M: Manager>(r: &Regs<M>, caches: usize) -> bool {
    r.obj(1).ty().tp_version_tag.get() == r.cache(caches).version.get()
}

/// Replaces the owner by the attribute, with the empty `self` that a call expects.
#[inline(always)]
fn found<M: Manager>(r: &mut Regs<M>, oparg: u32, value: &Obj) -> Flow {
    let value = StackRef::new(value);
    r.replace(1, value);
    push_null_if(r, oparg & 1 != 0);
    Flow::Next
}

/// An inline value of the instance. The cache holds where the values begin, and where this one is.
#[inline(always)]
pub fn load_attr_instance_value<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if !same_type(r, caches::LOAD_ATTR) {
        return Flow::Deopt;
    }
    let slot = inline_slot(r.obj(1), r.cache(caches::LOAD_ATTR));
    match slot.and_then(|slot| slot.borrow_obj()) {
        Some(value) => found(r, oparg, value),
        None => Flow::Deopt,
    }
}

#[inline(always)]
fn inline_values<'a>(o: &'a Obj, cache: &InlineCache) -> &'a Values {
    // SAFETY: instances of the type, unchanged, have their values at this offset.
    unsafe {
        &*o.as_ptr()
            .cast::<u8>()
            .add(cache.index.get() as usize)
            .cast()
    }
}

/// The cached value's place, if the instance has its attributes inline.
#[inline(always)]
fn inline_slot<'a>(o: &'a Obj, cache: &InlineCache) -> Option<&'a Cell<*mut PyObject>> {
    if inline_values(o, cache).is_valid() {
        // SAFETY: as above: the value is among them.
        Some(unsafe { &*o.as_ptr().cast::<u8>().add(cache.extra.get()).cast() })
    } else {
        None
    }
}

/// An entry of the instance's dict, by its index.
#[inline(always)]
pub fn load_attr_with_hint<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if !same_type(r, caches::LOAD_ATTR) {
        return Flow::Deopt;
    }
    let index = r.cache(caches::LOAD_ATTR).index.get() as usize;
    let entry = instance::existing_dict(r.obj(1)).and_then(|d| d.entry_at(index));
    match entry {
        Some((key, value)) if key.is_same(r.name(oparg >> 1)) => found(r, oparg, value),
        _ => Flow::Deopt,
    }
}

/// A member of `__slots__`, at its offset.
#[inline(always)]
pub fn load_attr_slot<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if !same_type(r, caches::LOAD_ATTR) {
        return Flow::Deopt;
    }
    match slot_at(r.obj(1), r.cache(caches::LOAD_ATTR).index.get()).borrow_obj() {
        Some(value) => found(r, oparg, value),
        None => Flow::Deopt,
    }
}

#[inline(always)]
fn slot_at(o: &Obj, offset: u32) -> &core::cell::Cell<*mut PyObject> {
    // SAFETY: the type, unchanged, has an object member at this offset.
    unsafe { &*o.as_ptr().cast::<u8>().add(offset as usize).cast() }
}

/// An entry of a module's namespace.
#[inline(always)]
pub fn load_attr_module<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let cache = r.cache(caches::LOAD_ATTR);
    let Some(module) = r.obj(1).downcast_exact::<Module>() else {
        return Flow::Deopt;
    };
    // SAFETY: a module's namespace is a dict.
    let namespace: Option<&PyDictObject> = module.dict.borrow().map(|d| unsafe { d.cast() });
    match namespace.and_then(|d| cached::value(d, cache)) {
        Some(value) => found(r, oparg, value),
        None => Flow::Deopt,
    }
}

/// A class's own attribute. The cache holds the value, which the class, unchanged, keeps.
#[inline(always)]
pub fn load_attr_class<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let cache = r.cache(caches::LOAD_ATTR);
    match r.obj(1).downcast::<PyTypeObject>() {
        Some(tp) if tp.tp_version_tag.get() == cache.version.get() => {
            // SAFETY: the class, unchanged, holds it.
            found(r, oparg, unsafe { &*cache.object.get() })
        }
        _ => Flow::Deopt,
    }
}

/// As [`load_attr_class`], where the metaclass might have something to say.
#[inline(always)]
pub fn load_attr_class_with_metaclass_check<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if r.obj(1).ty().tp_version_tag.get() != r.cache(caches::LOAD_ATTR).second_version.get() {
        return Flow::Deopt;
    }
    load_attr_class(r, oparg)
}

/// A property whose getter is a Python function.
#[inline(always)]
pub fn load_attr_property<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let cache = r.cache(caches::LOAD_ATTR);
    if !same_type(r, caches::LOAD_ATTR) || r.ts.base.py_recursion_remaining.get() <= 1 {
        return Flow::Deopt;
    }
    // SAFETY: the type, unchanged, holds the property, and that its getter, which never changes.
    let getter: &PyFunctionObject = unsafe { &*cache.object.get().cast() };
    if getter.func_version.get() != cache.second_version.get() {
        return Flow::Deopt;
    }
    let word = StackRef::<M>::new(getter.as_obj());
    let Some(callee) = bind::push_near(r.ts, word, 1) else {
        word.close();
        return Flow::Deopt;
    };
    bind::set_argument(callee, 0, r.peek(1));
    r.shrink(1);
    // SAFETY: the frame was just made ready for this.
    unsafe { r.enter(callee, 1 + caches::LOAD_ATTR) };
    Flow::Next
}

#[inline(always)]
pub fn load_attr_getattribute_overridden<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    Flow::Deopt
}

/// Replaces the owner by a method and itself.
#[inline(always)]
fn unbound<M: Manager>(r: &mut Regs<M>) -> Flow {
    let owner = r.peek(1);
    // SAFETY: the type, unchanged, holds the method.
    let method = unsafe { &*r.cache(caches::LOAD_ATTR).object.get() };
    r.poke(1, StackRef::new(method));
    r.push(owner);
    Flow::Next
}

/// A class attribute that is no descriptor.
#[inline(always)]
fn from_class<M: Manager>(r: &mut Regs<M>) -> Flow {
    // SAFETY: the type, unchanged, holds the value.
    let value = unsafe { &*r.cache(caches::LOAD_ATTR).object.get() };
    let value = StackRef::new(value);
    r.replace(1, value);
    Flow::Next
}

/// Whether the instance has its attributes inline, and no name among them that the cached one would hide behind.
#[inline(always)]
fn not_shadowed<M: Manager>(r: &Regs<M>) -> bool {
    let owner = r.obj(1);
    let keys = instance::shared_keys(owner.ty()).map_or(0, |keys| keys.version());
    instance::values(owner).is_some() && keys == r.cache(caches::LOAD_ATTR).second_version.get()
}

#[inline(always)]
pub fn load_attr_method_with_values<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if same_type(r, caches::LOAD_ATTR) && not_shadowed(r) {
        unbound(r)
    } else {
        Flow::Deopt
    }
}

#[inline(always)]
pub fn load_attr_method_no_dict<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if same_type(r, caches::LOAD_ATTR) {
        unbound(r)
    } else {
        Flow::Deopt
    }
}

/// The instance could have a dict, but has none.
#[inline(always)]
pub fn load_attr_method_lazy_dict<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if same_type(r, caches::LOAD_ATTR)
        && slot_at(r.obj(1), r.cache(caches::LOAD_ATTR).index.get())
            .get()
            .is_null()
    {
        unbound(r)
    } else {
        Flow::Deopt
    }
}

#[inline(always)]
pub fn load_attr_nondescriptor_with_values<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if same_type(r, caches::LOAD_ATTR) && not_shadowed(r) {
        from_class(r)
    } else {
        Flow::Deopt
    }
}

#[inline(always)]
pub fn load_attr_nondescriptor_no_dict<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if same_type(r, caches::LOAD_ATTR) {
        from_class(r)
    } else {
        Flow::Deopt
    }
}

// ---- Specialised stores ----

#[inline(always)]
pub fn store_attr_instance_value<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let (owner, cache) = (r.obj(1), r.cache(caches::STORE_ATTR));
    if !same_type(r, caches::STORE_ATTR) {
        return Flow::Deopt;
    }
    // SAFETY: a type with inline values has a managed dict.
    if !unsafe { *managed_dict(owner.as_ptr()) }.is_null() {
        return Flow::Deopt;
    }
    let Some(slot) = inline_slot(owner, cache) else {
        return Flow::Deopt;
    };
    let value = r.peek(2).into_ref();
    let old = slot.replace(value.into_raw());
    let word = r.peek(1);
    r.shrink(2);
    if old.is_null() {
        let index = (cache.extra.get() - cache.index.get() as usize - FIRST_VALUE_OFFSET) / 8;
        inline_values(owner, cache).note_added(index);
    } else {
        StackRef::<M>::from_bits(old as usize).close();
    }
    word.close();
    Flow::Next
}

#[inline(always)]
pub fn store_attr_slot<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if !same_type(r, caches::STORE_ATTR) {
        return Flow::Deopt;
    }
    let slot = slot_at(r.obj(1), r.cache(caches::STORE_ATTR).index.get());
    let old = slot.replace(r.peek(2).into_ref().into_raw());
    let owner = r.peek(1);
    r.shrink(2);
    if !old.is_null() {
        StackRef::<M>::from_bits(old as usize).close();
    }
    owner.close();
    Flow::Next
}

/// Replaces the value of an entry of the instance's dict.
#[inline(always)]
pub fn store_attr_with_hint<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if !same_type(r, caches::STORE_ATTR) {
        return Flow::Deopt;
    }
    let Some(d) = instance::existing_dict(r.obj(1)) else {
        return Flow::Deopt;
    };
    let result = d.set(r.name(oparg), r.obj(2));
    r.finish_drop(2, result)
}
