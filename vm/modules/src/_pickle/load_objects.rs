//! The opcodes that make objects of others, fill them in, and find classes.

use super::errors::unpickling;
use super::load::{self, ascii, line_text, utf8};
use super::opcodes::*;
use super::unpickler::Unpickler;
use super::{ESCAPE_DECODE, EXTENSION_CACHE, INVERTED_REGISTRY};
use crate::prelude::*;
use vm::types::bytes::{self, BytesExt as _};
use vm::types::dict::{self, DictExt as _};
use vm::types::list::{self, ListExt as _};
use vm::types::memoryview;
use vm::types::set::{self, SetExt as _};

/// Runs one opcode.
pub fn step(u: &Unpickler, opcode: u8) -> Result<()> {
    match opcode {
        APPEND => append(u, u.depth().wrapping_sub(1)),
        APPENDS => append(u, u.unmark()?),
        SETITEM => set_items(u, u.depth().wrapping_sub(2)),
        SETITEMS => set_items(u, u.unmark()?),
        DICT => load_dict(u),
        ADDITEMS => add_items(u),
        FROZENSET => {
            let items = list::from_vec(u.pop_mark()?);
            u.push(set::new_frozenset(Some(items.as_obj()))?.into_obj());
            Ok(())
        }
        GLOBAL => {
            let module = line_text(u, utf8)?;
            let name = line_text(u, utf8)?;
            push(u, u.resolve(&module, &name))
        }
        STACK_GLOBAL => {
            let name = u.pop()?;
            let module = u.pop()?;
            let is_text = |o: &Obj| o.is_exact::<PyUnicodeObject>();
            if !is_text(&name) || !is_text(&module) {
                return unpickling(format_args!("STACK_GLOBAL requires str"));
            }
            push(u, u.resolve(&module, &name))
        }
        REDUCE => {
            let arguments = u.pop()?;
            let callable = u.pop()?;
            match arguments.downcast::<PyTupleObject>() {
                Some(arguments) => push(u, call::call_tuple_dict(&callable, arguments, None)),
                None => raise!(TypeError, "argument list must be a tuple"),
            }
        }
        NEWOBJ => load_newobj(u, false),
        NEWOBJ_EX => load_newobj(u, true),
        INST => load_inst(u),
        OBJ => load_obj(u),
        BUILD => load_build(u),
        PERSID => load_persid(u),
        BINPERSID => {
            let id = u.pop()?;
            load_persistent(u, &id)
        }
        NEXT_BUFFER => load_next_buffer(u),
        READONLY_BUFFER => load_readonly_buffer(u),
        _ => load::invalid(opcode),
    }
}

fn push(u: &Unpickler, made: Result) -> Result<()> {
    u.push(made?);
    Ok(())
}

// ---- Filling containers ----

/// The container below `start`, which is not to be below the last mark; nothing if there is nothing to put in it.
fn container(u: &Unpickler, start: usize) -> Result<Option<Ref>> {
    let depth = u.depth();
    if start > depth || start <= u.fence.get() {
        return u.underflow();
    }
    if depth == start {
        return Ok(None);
    }
    Ok(u.stack.borrow().get(start - 1).cloned())
}

fn append(u: &Unpickler, start: usize) -> Result<()> {
    let Some(o) = container(u, start)? else {
        return Ok(());
    };
    let items = u.take_from(start);
    if let Some(l) = o.downcast_exact::<PyListObject>() {
        for item in items {
            l.try_push(item)?;
        }
        return Ok(());
    }
    if let Some(extend) = proto::getattr_opt(&o, intern!("extend"))? {
        return call::call1(&extend, list::from_vec(items).as_obj()).map(drop);
    }
    let append = proto::getattr(&o, intern!("append"))?;
    items
        .iter()
        .try_for_each(|item| call::call1(&append, item).map(drop))
}

fn set_items(u: &Unpickler, start: usize) -> Result<()> {
    let Some(o) = container(u, start)? else {
        return Ok(());
    };
    if !(u.depth() - start).is_multiple_of(2) {
        return unpickling(format_args!("odd number of items for SETITEMS"));
    }
    let items = u.take_from(start);
    let exact = o.downcast_exact::<PyDictObject>();
    for pair in items.chunks_exact(2) {
        match exact {
            Some(d) => d.set(&pair[0], &pair[1])?,
            None => proto::setitem(&o, &pair[0], &pair[1])?,
        }
    }
    Ok(())
}

fn load_dict(u: &Unpickler) -> Result<()> {
    let items = u.pop_mark()?;
    if items.len() % 2 != 0 {
        return unpickling(format_args!("odd number of items for DICT"));
    }
    let d = dict::new();
    for pair in items.chunks_exact(2) {
        d.set(&pair[0], &pair[1])?;
    }
    u.push(d.into_obj());
    Ok(())
}

fn add_items(u: &Unpickler) -> Result<()> {
    let mark = u.unmark()?;
    let Some(o) = container(u, mark)? else {
        return Ok(());
    };
    let items = u.take_from(mark);
    if let Some(s) = o.downcast::<PySetObject>() {
        return s.update(tuple::from_vec(items).as_obj());
    }
    let add = proto::getattr(&o, intern!("add"))?;
    items
        .iter()
        .try_for_each(|item| call::call1(&add, item).map(drop))
}

// ---- Instances ----

/// Calls `cls.__new__` by its slot.
fn load_newobj(u: &Unpickler, has_keywords: bool) -> Result<()> {
    let name = if has_keywords { "NEWOBJ_EX" } else { "NEWOBJ" };
    let keywords = has_keywords.then(|| u.pop()).transpose()?;
    let arguments = u.pop()?;
    let class = u.pop()?;
    let Some(tp) = class.downcast::<PyTypeObject>() else {
        return unpickling(format_args!(
            "{name} class argument must be a type, not {:.200}",
            class.tp_name()
        ));
    };
    let Some(make) = tp.tp_new.get() else {
        return unpickling(format_args!(
            "{name} class argument '{:.200}' doesn't have __new__",
            type_name(tp)
        ));
    };
    if !arguments.is::<PyTupleObject>() {
        return unpickling(format_args!(
            "{name} args argument must be a tuple, not {:.200}",
            arguments.tp_name()
        ));
    }
    if let Some(other) = keywords.as_ref().filter(|k| !k.is::<PyDictObject>()) {
        return unpickling(format_args!(
            "{name} kwargs argument must be a dict, not {:.200}",
            other.tp_name()
        ));
    }
    let keywords = keywords
        .as_ref()
        .map_or(core::ptr::null_mut(), |k| k.as_ptr());
    let tp = core::ptr::from_ref(tp).cast_mut();
    // SAFETY: a slot of the class, with a tuple and a dict or null; it answers with an owned reference or an error.
    push(u, unsafe {
        err::from_owned(make(tp, arguments.as_ptr(), keywords))
    })
}

fn instantiate(u: &Unpickler, class: &Obj, arguments: Vec<Ref>) -> Result<()> {
    let plain = arguments.is_empty()
        && class.is::<PyTypeObject>()
        && proto::getattr_opt(class, intern!("__getinitargs__"))?.is_none();
    let made = match plain {
        true => call::method(class, intern!("__new__"), &[class]),
        false => call::call_tuple_dict(class, &tuple::from_vec(arguments), None),
    };
    push(u, made)
}

fn load_inst(u: &Unpickler) -> Result<()> {
    let mark = u.unmark()?;
    let module = line_text(u, ascii)?;
    let name = line_text(u, ascii)?;
    let class = u.resolve(&module, &name)?;
    let arguments = u.take_from(mark);
    instantiate(u, &class, arguments)
}

fn load_obj(u: &Unpickler) -> Result<()> {
    let mark = u.unmark()?;
    if u.depth() <= mark {
        return u.underflow();
    }
    let mut arguments = u.take_from(mark);
    let class = arguments.remove(0);
    instantiate(u, &class, arguments)
}

fn load_build(u: &Unpickler) -> Result<()> {
    if u.depth() < u.fence.get() + 2 {
        return u.underflow();
    }
    let state = u.pop()?;
    let o = u.top()?;
    if let Some(set_state) = proto::getattr_opt(&o, intern!("__setstate__"))? {
        return call::call1(&set_state, &state).map(drop);
    }
    let (state, slots) = match state.downcast::<PyTupleObject>().map(|t| t.items()) {
        Some([state, slots]) => (state.clone(), Some(slots.clone())),
        _ => (state, None),
    };
    if !state.is_none() {
        let Some(state) = state.downcast::<PyDictObject>() else {
            return unpickling(format_args!("state is not a dictionary"));
        };
        let attributes = proto::getattr(&o, intern!("__dict__"))?;
        let exact = attributes.downcast_exact::<PyDictObject>();
        for (key, value) in state.entries() {
            let key = match key.is_exact::<PyUnicodeObject>() {
                true => str_::interned(&key),
                false => key,
            };
            match exact {
                Some(d) => d.set(&key, &value)?,
                None => proto::setitem(&attributes, &key, &value)?,
            }
        }
    }
    let Some(slots) = slots.filter(|s| !s.is_none()) else {
        return Ok(());
    };
    let Some(slots) = slots.downcast::<PyDictObject>() else {
        return unpickling(format_args!("slot state is not a dictionary"));
    };
    for (name, value) in slots.entries() {
        proto::setattr(&o, &name, Some(&value))?;
    }
    Ok(())
}

// ---- What comes from elsewhere ----

fn load_persistent(u: &Unpickler, id: &Obj) -> Result<()> {
    match u.persistent_load.get() {
        Some(persistent_load) => push(u, call::call1(&persistent_load, id)),
        None => unpickling(format_args!(
            "A load persistent id instruction was encountered, but no persistent_load function was specified."
        )),
    }
}

fn load_persid(u: &Unpickler) -> Result<()> {
    let line = u.reader.line()?;
    let text = line[..line.len() - 1].to_vec();
    let id = match ascii(&text) {
        Ok(id) => id,
        Err(_) if err::clear_if(&exc::UnicodeDecodeError) => {
            return unpickling(format_args!(
                "persistent IDs in protocol 0 must be ASCII strings"
            ));
        }
        Err(raised) => return Err(raised),
    };
    load_persistent(u, &id)
}

/// Pushes what `copyreg` has a number for.
pub fn load_extension(u: &Unpickler, code: i64) -> Result<()> {
    if code <= 0 {
        return unpickling(format_args!("EXT specifies code <= 0"));
    }
    let key = int::from_i64(code);
    let cache = EXTENSION_CACHE.dict()?;
    if let Some(o) = cache.get(key.as_obj())? {
        u.push(o);
        return Ok(());
    }
    let Some(pair) = INVERTED_REGISTRY.dict()?.get(key.as_obj())? else {
        return raise!(ValueError, "unregistered extension code {code}");
    };
    let (module, name) = match pair.downcast::<PyTupleObject>().map(|t| t.items()) {
        Some([module, name]) if module.is::<PyUnicodeObject>() && name.is::<PyUnicodeObject>() => {
            (module, name)
        }
        _ => {
            return raise!(
                ValueError,
                "_inverted_registry[{code}] isn't a 2-tuple of strings"
            );
        }
    };
    let o = u.resolve(module, name)?;
    cache.set(key.as_obj(), &o)?;
    u.push(o);
    Ok(())
}

fn load_next_buffer(u: &Unpickler) -> Result<()> {
    let Some(buffers) = u.buffers.get() else {
        return unpickling(format_args!(
            "pickle stream refers to out-of-band data but no *buffers* argument was given"
        ));
    };
    match proto::next(&buffers)? {
        Some(buffer) => {
            u.push(buffer);
            Ok(())
        }
        None => unpickling(format_args!("not enough out-of-band buffers")),
    }
}

fn load_readonly_buffer(u: &Unpickler) -> Result<()> {
    let top = u.top()?;
    let view = memoryview::from_object(&top)?;
    let readonly = proto::getattr(view.as_obj(), intern!("readonly"))?;
    if proto::is_true(&readonly)? {
        return Ok(());
    }
    let view = call::method(view.as_obj(), intern!("toreadonly"), &[])?;
    u.pop()?;
    u.push(view);
    Ok(())
}

/// Bytes with their escapes replaced.
pub fn unescape(text: &[u8]) -> Result<Vec<u8>> {
    let decoded = call::call1(ESCAPE_DECODE.get()?, bytes::try_new(text)?.as_obj())?;
    let decoded = decoded
        .downcast::<PyTupleObject>()
        .and_then(|t| t.items().first());
    match decoded.and_then(|b| b.downcast::<PyBytesObject>()) {
        Some(decoded) => Ok(decoded.as_slice().to_vec()),
        None => raise!(
            TypeError,
            "escape_decode() should return bytes and a length"
        ),
    }
}
