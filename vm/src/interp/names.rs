//! Names that are looked up in namespaces: globals, builtins, and the locals of modules and classes.

use gc::Manager;
use layout::*;

use super::regs::Regs;
use super::{Flow, cached, errors, specialize};
use crate::err::{self, Result, exc};
use crate::object::*;
use crate::opcodes::caches;
use crate::protocol::object;
use crate::raise;
use crate::stackref::StackRef;
use crate::types::dict::{self, DictExt};

/// A value from a namespace, which need not be a dict.
pub fn lookup(namespace: &Obj, name: &Obj) -> Result<Option<Ref>> {
    match namespace.downcast_exact::<PyDictObject>() {
        Some(d) => d.get(name),
        None => err::suppress(object::getitem(namespace, name), &exc::KeyError),
    }
}

#[inline(always)]
pub fn load_name<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = load_name_slow(r.frame(), r.name(oparg));
    r.finish_push(value)
}

#[inline(never)]
fn load_name_slow(frame: &crate::frame::Frame, name: &Obj) -> Result {
    let Some(locals) = frame.locals() else {
        return raise!(SystemError, "no locals when loading {}", repr_lossy(name));
    };
    if let Some(value) = lookup(locals, name)? {
        return Ok(value);
    }
    global(frame.globals_obj(), frame.builtins(), name)
}

/// A global or builtin.
#[inline(never)]
pub fn global(globals: &Obj, builtins: &Obj, name: &Obj) -> Result {
    if let Some(value) = lookup(globals, name)? {
        return Ok(value);
    }
    match lookup(builtins, name)? {
        Some(value) => Ok(value),
        None => Err(errors::not_defined(name)),
    }
}

#[inline(always)]
pub fn store_name<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let result = store_name_slow(r.frame(), r.name(oparg), r.obj(1));
    r.finish_drop(1, result)
}

#[inline(never)]
fn store_name_slow(frame: &crate::frame::Frame, name: &Obj, value: &Obj) -> Result<()> {
    match frame.locals() {
        None => raise!(
            SystemError,
            "no locals found when storing {}",
            repr_lossy(name)
        ),
        Some(locals) => store(locals, name, value),
    }
}

fn store(namespace: &Obj, name: &Obj, value: &Obj) -> Result<()> {
    match namespace.downcast_exact::<PyDictObject>() {
        Some(d) => d.set(name, value),
        None => object::setitem(namespace, name, value),
    }
}

#[inline(always)]
pub fn delete_name<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let name = r.name(oparg);
    let result = match r.frame().locals() {
        None => raise!(SystemError, "no locals when deleting {}", repr_lossy(name)),
        Some(locals) => object::delitem(locals, name).map_err(|_| {
            err::clear();
            errors::not_defined(name)
        }),
    };
    r.finish_drop(0, result)
}

// ---- Globals ----

#[inline(always)]
pub fn load_global<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let name = r.name(oparg >> 1);
    let frame = r.frame();
    if let Some(cache) = r.cache_if_warm(caches::LOAD_GLOBAL)
        && cache.tick()
    {
        specialize::load_global(frame, r.here(caches::LOAD_GLOBAL), cache, name);
        return Flow::Redo;
    }
    match global(frame.globals_obj(), frame.builtins(), name) {
        Ok(value) => {
            r.push_ref(value);
            push_null_if(r, oparg & 1 != 0);
            Flow::Next
        }
        Err(_) => Flow::Error,
    }
}

/// The place for the `self` of a call, empty.
#[inline(always)]
pub fn push_null_if<M: Manager>(r: &mut Regs<M>, wanted: bool) {
    if wanted {
        r.push(StackRef::NULL);
    }
}

/// The cache holds the version of the namespace's keys and the index of the entry.
#[inline(always)]
pub fn load_global_module<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let cache = r.cache(caches::LOAD_GLOBAL);
    let globals = r.frame().globals();
    match cached::value(globals, cache) {
        Some(value) => {
            r.push(StackRef::new(value));
            push_null_if(r, oparg & 1 != 0);
            Flow::Next
        }
        None => Flow::Deopt,
    }
}

/// As for modules, with the version of the globals' keys, which lack the name, besides.
#[inline(always)]
pub fn load_global_builtin<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let cache = r.cache(caches::LOAD_GLOBAL);
    let frame = r.frame();
    if !cached::has_version(frame.globals(), cache.second_version.get()) {
        return Flow::Deopt;
    }
    // SAFETY: specialised only for frames whose builtins are a dict; the globals' version pins which builtins they are.
    let builtins: &PyDictObject = match frame.builtins().downcast_exact() {
        Some(builtins) => builtins,
        None => return Flow::Deopt,
    };
    match cached::value(builtins, cache) {
        Some(value) => {
            r.push(StackRef::new(value));
            push_null_if(r, oparg & 1 != 0);
            Flow::Next
        }
        None => Flow::Deopt,
    }
}

#[inline(always)]
pub fn store_global<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let result = store(r.frame().globals_obj(), r.name(oparg), r.obj(1));
    r.finish_drop(1, result)
}

#[inline(always)]
pub fn delete_global<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let name = r.name(oparg);
    let result = match r.frame().globals().del(name) {
        Ok(true) => Ok(()),
        Ok(false) => Err(errors::not_defined(name)),
        Err(raised) => Err(raised),
    };
    r.finish_drop(0, result)
}

// ---- Class bodies and annotation scopes ----

#[inline(always)]
pub fn load_locals<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let locals = match r.frame().locals() {
        Some(locals) => Ok(locals.new_ref()),
        None => errors::no_locals(""),
    };
    r.finish_push(locals)
}

#[inline(always)]
pub fn load_from_dict_or_globals<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let (namespace, name, frame) = (r.obj(1), r.name(oparg), r.frame());
    let value = match lookup(namespace, name) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => global(frame.globals_obj(), frame.builtins(), name),
        Err(raised) => Err(raised),
    };
    r.finish(1, value)
}

#[inline(always)]
pub fn setup_annotations<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = match r.frame().locals() {
        None => raise!(SystemError, "no locals found when setting up annotations"),
        Some(locals) => setup_annotations_slow(locals),
    };
    r.finish_drop(0, result)
}

#[cold]
fn setup_annotations_slow(locals: &Obj) -> Result<()> {
    let name = crate::intern!("__annotations__");
    if lookup(locals, name)?.is_none() {
        store(locals, name, dict::new().as_obj())?;
    }
    Ok(())
}

#[inline(always)]
pub fn load_build_class<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let value = match lookup(r.frame().builtins(), crate::intern!("__build_class__")) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => raise!(NameError, "__build_class__ not found"),
        Err(raised) => Err(raised),
    };
    r.finish_push(value)
}
