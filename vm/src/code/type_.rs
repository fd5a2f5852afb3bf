//! The type `code`: construction from Python, comparison, life and death.

use core::hash::{Hash, Hasher};
use std::hash::DefaultHasher;

use layout::*;

use super::attributes::{GETSET, MEMBERS, METHODS};
use super::constants::same_constant;
use super::extra;
use super::new::{CodeParts, new};
use super::{caches, consts, kind, local_names, names, original};
use crate::args;
use crate::err::Result;
use crate::object::*;
use crate::protocol::object;
use crate::raise;
use crate::types::bytes;
use crate::types::str_::{self, StrExt};
use crate::types::tuple::{self, TupleExt};
use crate::types::type_::TypeBuilder;
use crate::types::type_::builder::CompareOp;
use crate::types::weakref;
use crate::watchers;

pub fn define(b: &mut TypeBuilder) {
    b.sizes(super::HEADER, 2)
        .tp_new(code_new)
        .tp_dealloc(code_dealloc)
        .tp_traverse(code_traverse)
        .tp_repr(code_repr)
        .tp_hash(code_hash)
        .tp_richcompare(code_richcompare)
        .weaklistoffset(core::mem::offset_of!(PyCodeObject, co_weakreflist))
        .methods(METHODS)
        .getset(GETSET)
        .members(MEMBERS);
}

// ---- Construction ----

/// The locals of a code object as Python gives them: three tuples of names.
pub struct Variables {
    pub names: Ref<PyTupleObject>,
    pub kinds: Ref<PyBytesObject>,
}

/// Merges variables, cells and free variables into one array. A name that is both a variable and a cell has one entry.
pub fn variables(
    counts: [i32; 3],
    flags: i32,
    varnames: &PyTupleObject,
    cellvars: &PyTupleObject,
    freevars: &PyTupleObject,
) -> Result<Variables> {
    let [argcount, posonly, kwonly] = counts.map(|n| n.max(0) as usize);
    let mut found: Vec<(Ref, u8)> = Vec::new();
    let arguments = argcount + kwonly;
    let varargs = flags & CO_VARARGS != 0;
    for (at, name) in varnames.items().iter().enumerate() {
        let argument = if at < posonly {
            kind::ARG_POSITIONAL
        } else if at < argcount {
            kind::ARG_POSITIONAL | kind::ARG_KEYWORD
        } else if at < arguments {
            kind::ARG_KEYWORD
        } else if varargs && at == arguments {
            kind::ARG_POSITIONAL | kind::ARG_VAR
        } else if flags & CO_VARKEYWORDS != 0 && at == arguments + usize::from(varargs) {
            kind::ARG_KEYWORD | kind::ARG_VAR
        } else {
            0
        };
        found.push((name.clone(), kind::LOCAL | argument));
    }
    for name in cellvars.items() {
        let mut merged = false;
        for (other, kinds) in &mut found {
            if object::rich_compare_bool(other, name, CompareOp::Eq)? {
                *kinds |= kind::CELL;
                merged = true;
                break;
            }
        }
        if !merged {
            found.push((name.clone(), kind::CELL));
        }
    }
    found.extend(
        freevars
            .items()
            .iter()
            .map(|name| (name.clone(), kind::FREE)),
    );
    let kinds: Vec<u8> = found.iter().map(|&(_, kinds)| kinds).collect();
    let names: Vec<Ref> = found.into_iter().map(|(name, _)| name).collect();
    Ok(Variables {
        names: tuple::from_vec(names),
        kinds: bytes::new(&kinds),
    })
}

fn expect<'a, T: Layout>(o: &'a Obj, position: usize, what: &str) -> Result<&'a T> {
    match o.downcast::<T>() {
        Some(found) => Ok(found),
        None => raise!(
            TypeError,
            "code() argument {} must be {}, not {}",
            position,
            what,
            o.tp_name()
        ),
    }
}

fn code_new(_: &PyTypeObject, given: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::no_keywords("code", kwargs)?;
    let items = given.items();
    if !(16..=18).contains(&items.len()) {
        let bound = if items.len() < 16 {
            "at least 16 arguments"
        } else {
            "at most 18 arguments"
        };
        return raise!(TypeError, "code expected {}, got {}", bound, items.len());
    }
    let mut ints = [0; 6];
    for (slot, o) in ints.iter_mut().zip(items) {
        *slot = args::to_i32(o)?;
    }
    let [
        argcount,
        posonlyargcount,
        kwonlyargcount,
        nlocals,
        stacksize,
        flags,
    ] = ints;
    let code: &PyBytesObject = expect(&items[6], 7, "bytes")?;
    let consts: &PyTupleObject = expect(&items[7], 8, "tuple")?;
    let names: &PyTupleObject = expect(&items[8], 9, "tuple")?;
    let varnames: &PyTupleObject = expect(&items[9], 10, "tuple")?;
    let filename: &PyUnicodeObject = expect(&items[10], 11, "str")?;
    let name: &PyUnicodeObject = expect(&items[11], 12, "str")?;
    let qualname: &PyUnicodeObject = expect(&items[12], 13, "str")?;
    let firstlineno = args::to_i32(&items[13])?;
    let linetable: &PyBytesObject = expect(&items[14], 15, "bytes")?;
    let exceptiontable: &PyBytesObject = expect(&items[15], 16, "bytes")?;
    let empty = tuple::empty();
    let freevars = items
        .get(16)
        .map_or(Ok(&*empty), |o| expect(o, 17, "tuple"))?;
    let cellvars = items
        .get(17)
        .map_or(Ok(&*empty), |o| expect(o, 18, "tuple"))?;
    if argcount < 0 {
        return raise!(ValueError, "code: argcount must not be negative");
    }
    if posonlyargcount < 0 {
        return raise!(ValueError, "code: posonlyargcount must not be negative");
    }
    if kwonlyargcount < 0 {
        return raise!(ValueError, "code: kwonlyargcount must not be negative");
    }
    if nlocals < 0 {
        return raise!(ValueError, "code: nlocals must not be negative");
    }
    let names = check_names(names)?;
    let varnames = check_names(varnames)?;
    let freevars = check_names(freevars)?;
    let cellvars = check_names(cellvars)?;
    if nlocals as usize != varnames.items().len() {
        return raise!(ValueError, "code: co_nlocals != len(co_varnames)");
    }
    let locals = variables(
        [argcount, posonlyargcount, kwonlyargcount],
        flags,
        &varnames,
        &cellvars,
        &freevars,
    )?;
    let made = new(CodeParts {
        argcount,
        posonlyargcount,
        kwonlyargcount,
        stacksize,
        flags,
        code: code.to_ref(),
        consts: consts.to_ref(),
        names,
        localsplusnames: locals.names,
        localspluskinds: locals.kinds,
        filename: filename.to_ref(),
        name: name.to_ref(),
        qualname: qualname.to_ref(),
        firstlineno,
        linetable: linetable.to_ref(),
        exceptiontable: exceptiontable.to_ref(),
    })?;
    Ok(made.into_obj())
}

/// A tuple of exact strings, equal to `names`.
pub fn check_names(names: &PyTupleObject) -> Result<Ref<PyTupleObject>> {
    let mut checked = Vec::with_capacity(names.items().len());
    for o in names.items() {
        let Some(s) = o.downcast::<PyUnicodeObject>() else {
            return raise!(
                TypeError,
                "name tuples must contain only strings, not '{}'",
                o.tp_name()
            );
        };
        checked.push(if o.is_exact::<PyUnicodeObject>() {
            o.clone()
        } else {
            str_::exact_copy(s).into_obj()
        });
    }
    Ok(tuple::from_vec(checked))
}

// ---- Slots ----

fn code_repr(code: &PyCodeObject) -> Result<String> {
    let line = code.co_firstlineno.get();
    let name = code
        .co_name
        .borrow_obj()
        .map_or_else(String::new, str_lossy);
    let file = code
        .co_filename
        .borrow_obj()
        .and_then(|f| f.downcast::<PyUnicodeObject>());
    let address = code.as_ptr() as usize;
    Ok(match file {
        Some(f) => format!(
            "<code object {} at {:#x}, file \"{}\", line {}>",
            name,
            address,
            f.to_string_lossy(),
            if line == 0 { -1 } else { line }
        ),
        None => format!(
            "<code object {} at {:#x}, file ???, line {}>",
            name,
            address,
            if line == 0 { -1 } else { line }
        ),
    })
}

fn code_hash(code: &PyCodeObject) -> Result<isize> {
    let mut hasher = DefaultHasher::new();
    let fields = [
        &code.co_name,
        &code.co_consts,
        &code.co_names,
        &code.co_localsplusnames,
        &code.co_linetable,
        &code.co_exceptiontable,
    ];
    for field in fields {
        if let Some(o) = field.borrow_obj() {
            object::hash(o)?.hash(&mut hasher);
        }
    }
    let numbers = [
        &code.co_argcount,
        &code.co_posonlyargcount,
        &code.co_kwonlyargcount,
        &code.co_flags,
        &code.co_firstlineno,
    ];
    numbers.map(core::cell::Cell::get).hash(&mut hasher);
    original(code).hash(&mut hasher);
    let hash = hasher.finish() as isize;
    Ok(if hash == -1 { -2 } else { hash })
}

fn code_richcompare(a: &PyCodeObject, b: &Obj, op: CompareOp) -> Result {
    let (CompareOp::Eq | CompareOp::Ne, Some(b)) = (op, b.downcast::<PyCodeObject>()) else {
        return Ok(not_implemented());
    };
    let same = equal(a, b)?;
    Ok(bool_(same == (op == CompareOp::Eq)))
}

fn equal(a: &PyCodeObject, b: &PyCodeObject) -> Result<bool> {
    if core::ptr::eq(a, b) {
        return Ok(true);
    }
    let numbers = |c: &PyCodeObject| {
        [
            &c.co_argcount,
            &c.co_posonlyargcount,
            &c.co_kwonlyargcount,
            &c.co_flags,
            &c.co_firstlineno,
        ]
        .map(core::cell::Cell::get)
    };
    if numbers(a) != numbers(b) || original(a) != original(b) {
        return Ok(false);
    }
    if !same_constant(consts(a).as_obj(), consts(b).as_obj())? {
        return Ok(false);
    }
    let pairs = [
        (&a.co_name, &b.co_name),
        (&a.co_names, &b.co_names),
        (&a.co_localsplusnames, &b.co_localsplusnames),
        (&a.co_linetable, &b.co_linetable),
        (&a.co_exceptiontable, &b.co_exceptiontable),
    ];
    for (x, y) in pairs {
        let (Some(x), Some(y)) = (x.borrow_obj(), y.borrow_obj()) else {
            return Ok(false);
        };
        if !object::rich_compare_bool(x, y, CompareOp::Eq)? {
            return Ok(false);
        }
    }
    Ok(true)
}

// ---- Life and death ----

fn fields(code: &PyCodeObject) -> [&core::cell::Cell<*mut PyObject>; 10] {
    [
        &code.co_consts,
        &code.co_names,
        &code.co_exceptiontable,
        &code.co_localsplusnames,
        &code.co_localspluskinds,
        &code.co_filename,
        &code.co_name,
        &code.co_qualname,
        &code.co_linetable,
        cached(code),
    ]
}

/// The cache of `co_code`, `co_varnames` and so on: a tuple.
pub fn cached(code: &PyCodeObject) -> &core::cell::Cell<*mut PyObject> {
    // SAFETY: both are cells of one pointer; only the runtime uses the field.
    unsafe { &*(&raw const code._co_cached).cast() }
}

fn code_traverse(code: &PyCodeObject, v: &mut Visitor) -> Visit {
    let table = code.co_executors.get();
    if !table.is_null() {
        gc::mark_buffer(table.cast());
    }
    fields(code)
        .into_iter()
        .try_for_each(|field| v.visit_ptr(field.get()))
}

unsafe extern "C" fn code_dealloc(o: *mut PyObject) {
    // SAFETY: the last reference to a code object is gone.
    unsafe {
        let code: &PyCodeObject = (*o).cast();
        if watchers::CODES.any() {
            watchers::code_event(PY_CODE_EVENT_DESTROY, code);
        }
        extra::free(code);
        if !code.co_weakreflist.get().is_null() {
            weakref::clear_weakrefs(&*o);
        }
        crate::interp::monitoring::forget(code);
        caches::free(code);
        for field in fields(code) {
            drop(field.take_ref());
        }
        free_builtin(o);
    }
}

/// The names of the arguments in order, then the other locals, as `inspect` needs them for messages.
pub fn variable_name(code: &PyCodeObject, index: usize) -> Ref {
    local_names(code).items()[index].clone()
}

/// The name that an instruction's index stands for.
pub fn name_at(code: &PyCodeObject, index: usize) -> Ref {
    names(code).items()[index].clone()
}
