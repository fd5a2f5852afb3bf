//! What Python sees of code objects: the attributes `co_*`, `replace`, and the iterators over source positions.

use core::cell::Cell;

use layout::*;

use super::locations::{Location, locations};
use super::new::{CodeParts, new};
use super::type_::{cached, check_names, variables};
use super::{base_at, kind, local_kinds, local_names, original, units};
use crate::args::Signature;
use crate::err::Result;
use crate::method::*;
use crate::object::*;
use crate::opcodes::{CACHES, op};
use crate::raise;
use crate::types::bytes;
use crate::types::int;
use crate::types::iterobjects;
use crate::types::tuple::{self, TupleExt};

pub static MEMBERS: &[PyMemberDef] = &[
    member!(
        "co_argcount",
        PyCodeObject,
        co_argcount,
        Py_T_INT,
        Py_READONLY
    ),
    member!(
        "co_posonlyargcount",
        PyCodeObject,
        co_posonlyargcount,
        Py_T_INT,
        Py_READONLY
    ),
    member!(
        "co_kwonlyargcount",
        PyCodeObject,
        co_kwonlyargcount,
        Py_T_INT,
        Py_READONLY
    ),
    member!(
        "co_stacksize",
        PyCodeObject,
        co_stacksize,
        Py_T_INT,
        Py_READONLY
    ),
    member!("co_flags", PyCodeObject, co_flags, Py_T_INT, Py_READONLY),
    member!(
        "co_names",
        PyCodeObject,
        co_names,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!(
        "co_filename",
        PyCodeObject,
        co_filename,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!("co_name", PyCodeObject, co_name, _Py_T_OBJECT, Py_READONLY),
    member!(
        "co_qualname",
        PyCodeObject,
        co_qualname,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!(
        "co_firstlineno",
        PyCodeObject,
        co_firstlineno,
        Py_T_INT,
        Py_READONLY
    ),
    member!(
        "co_linetable",
        PyCodeObject,
        co_linetable,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!(
        "co_exceptiontable",
        PyCodeObject,
        co_exceptiontable,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!(
        "co_consts",
        PyCodeObject,
        co_consts,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!(
        "co_nlocals",
        PyCodeObject,
        co_nlocals,
        Py_T_INT,
        Py_READONLY
    ),
];

pub static GETSET: &[PyGetSetDef] = &[
    getset!("co_lnotab", get_lnotab),
    getset!("_co_code_adaptive", get_code_adaptive),
    getset!("co_code", get_code),
    getset!("co_varnames", get_varnames),
    getset!("co_cellvars", get_cellvars),
    getset!("co_freevars", get_freevars),
];

pub static METHODS: &[PyMethodDef] = &[
    noargs!("__sizeof__", code_sizeof, "($self, /)"),
    noargs!("co_lines", code_lines, ""),
    noargs!("co_branches", code_branches, ""),
    noargs!("co_positions", code_positions, ""),
    varargs_kw!("replace", code_replace, "($self, /, **changes)"),
    varargs_kw!("__replace__", code_replace, "($self, /, **changes)"),
    keywords!(
        "_varname_from_oparg",
        varname_from_oparg,
        "($self, /, oparg)"
    ),
];

// ---- Attributes that are computed, and kept ----

const CODE: usize = 0;
const VARNAMES: usize = 1;
const CELLVARS: usize = 2;
const FREEVARS: usize = 3;

fn cache(code: &PyCodeObject, which: usize, make: impl FnOnce() -> Ref) -> Ref {
    let field = cached(code);
    if let Some(o) = field.get_ref() {
        // SAFETY: the field holds a tuple of four, with null for what was not asked for.
        let slot = unsafe { &*o.cast::<PyTupleObject>().ob_item.as_ptr().add(which) };
        if let Some(found) = slot.get_ref()
            && !found.is_none()
        {
            return found;
        }
        let made = make();
        slot.set_ref(Some(made.clone()));
        return made;
    }
    let mut items = [none(), none(), none(), none()];
    let made = make();
    items[which] = made.clone();
    field.set_ref(Some(tuple::from_vec(Vec::from(items)).into_obj()));
    made
}

fn get_code(code: &PyCodeObject) -> Result {
    Ok(cache(code, CODE, || bytes::new(&original(code)).into_obj()))
}

fn get_code_adaptive(code: &PyCodeObject) -> Result {
    // SAFETY: the code has that many bytes.
    let raw = unsafe {
        core::slice::from_raw_parts(super::instructions(code).cast::<u8>(), units(code) * 2)
    };
    Ok(bytes::new(raw).into_obj())
}

fn variables_of(code: &PyCodeObject, wanted: u8) -> Ref {
    let names = local_names(code).items();
    let chosen = names
        .iter()
        .zip(local_kinds(code))
        .filter(|&(_, &kinds)| kinds & wanted != 0);
    tuple::from_vec(chosen.map(|(name, _)| name.clone()).collect()).into_obj()
}

pub fn get_varnames(code: &PyCodeObject) -> Result {
    Ok(cache(code, VARNAMES, || variables_of(code, kind::LOCAL)))
}

pub fn get_cellvars(code: &PyCodeObject) -> Result {
    Ok(cache(code, CELLVARS, || variables_of(code, kind::CELL)))
}

pub fn get_freevars(code: &PyCodeObject) -> Result {
    Ok(cache(code, FREEVARS, || variables_of(code, kind::FREE)))
}

/// The line table of Python before 3.10: pairs of a byte increment and a signed line increment.
fn get_lnotab(code: &PyCodeObject) -> Result {
    crate::warn::warn(
        &crate::err::exc::DeprecationWarning,
        1,
        "co_lnotab is deprecated, use co_lines instead.",
    )?;
    let mut table = Vec::new();
    let mut line = code.co_firstlineno.get();
    let mut from = 0;
    for found in locations(code) {
        if found.line < 0 || found.line == line {
            continue;
        }
        let mut bytes = found.start - from;
        let mut lines = found.line - line;
        while bytes > 254 {
            table.extend([254, 0]);
            bytes -= 254;
        }
        while !(-128..=127).contains(&lines) {
            let step = lines.clamp(-128, 127);
            table.extend([bytes as u8, step as i8 as u8]);
            bytes = 0;
            lines -= step;
        }
        table.extend([bytes as u8, lines as i8 as u8]);
        line = found.line;
        from = found.start;
    }
    Ok(bytes::new(&table).into_obj())
}

// ---- Methods ----

fn code_sizeof(code: &PyCodeObject) -> Result<usize> {
    Ok(super::HEADER + units(code) * 2)
}

fn varname_from_oparg(code: &PyCodeObject, [oparg]: [Option<&Obj>; 1]) -> Result {
    let index = crate::args::to_i32(oparg.unwrap_or(NONE()))?;
    match usize::try_from(index)
        .ok()
        .and_then(|i| local_names(code).items().get(i))
    {
        Some(name) => Ok(name.clone()),
        None => raise!(IndexError, "tuple index out of range"),
    }
}

static REPLACE: Signature = Signature::new(
    "replace",
    "($self, /, *, co_argcount=0, co_posonlyargcount=0, co_kwonlyargcount=0, co_nlocals=0, co_stacksize=0, co_flags=0, \
     co_firstlineno=0, co_code=0, co_consts=0, co_names=0, co_varnames=0, co_freevars=0, co_cellvars=0, co_filename=0, \
     co_name=0, co_qualname=0, co_linetable=0, co_exceptiontable=0)",
);

fn code_replace(code: &PyCodeObject, given: Args<'_>) -> Result {
    let [
        argcount,
        posonly,
        kwonly,
        nlocals,
        stacksize,
        flags,
        firstlineno,
        co_code,
        consts,
        names,
        varnames,
        freevars,
        cellvars,
        filename,
        name,
        qualname,
        linetable,
        exceptiontable,
    ]: [Option<&Obj>; 18] = REPLACE.bind_args(&given)?;
    let number =
        |o: Option<&Obj>, field: &Cell<i32>| o.map_or(Ok(field.get()), crate::args::to_i32);
    let argcount = number(argcount, &code.co_argcount)?;
    let posonlyargcount = number(posonly, &code.co_posonlyargcount)?;
    let kwonlyargcount = number(kwonly, &code.co_kwonlyargcount)?;
    let nlocals = number(nlocals, &code.co_nlocals)?;
    let stacksize = number(stacksize, &code.co_stacksize)?;
    let flags = number(flags, &code.co_flags)?;
    let firstlineno = number(firstlineno, &code.co_firstlineno)?;
    for (value, what) in [
        (argcount, "co_argcount"),
        (posonlyargcount, "co_posonlyargcount"),
        (kwonlyargcount, "co_kwonlyargcount"),
        (nlocals, "co_nlocals"),
        (stacksize, "co_stacksize"),
        (flags, "co_flags"),
        (firstlineno, "co_firstlineno"),
    ] {
        if value < 0 {
            return raise!(ValueError, "{} must be a positive integer", what);
        }
    }
    let field = |f: &Cell<*mut PyObject>| f.get_ref().unwrap_or_else(none);
    let code_bytes: Ref<PyBytesObject> = typed(co_code, "co_code", "bytes", || get_code(code))?;
    let consts: Ref<PyTupleObject> =
        typed(consts, "co_consts", "tuple", || Ok(field(&code.co_consts)))?;
    let names: Ref<PyTupleObject> =
        typed(names, "co_names", "tuple", || Ok(field(&code.co_names)))?;
    let varnames: Ref<PyTupleObject> =
        typed(varnames, "co_varnames", "tuple", || get_varnames(code))?;
    let freevars: Ref<PyTupleObject> =
        typed(freevars, "co_freevars", "tuple", || get_freevars(code))?;
    let cellvars: Ref<PyTupleObject> =
        typed(cellvars, "co_cellvars", "tuple", || get_cellvars(code))?;
    let filename: Ref<PyUnicodeObject> = typed(filename, "co_filename", "str", || {
        Ok(field(&code.co_filename))
    })?;
    let name: Ref<PyUnicodeObject> = typed(name, "co_name", "str", || Ok(field(&code.co_name)))?;
    let qualname: Ref<PyUnicodeObject> = typed(qualname, "co_qualname", "str", || {
        Ok(field(&code.co_qualname))
    })?;
    let linetable: Ref<PyBytesObject> = typed(linetable, "co_linetable", "bytes", || {
        Ok(field(&code.co_linetable))
    })?;
    let exceptiontable: Ref<PyBytesObject> =
        typed(exceptiontable, "co_exceptiontable", "bytes", || {
            Ok(field(&code.co_exceptiontable))
        })?;
    let names = check_names(&names)?;
    let varnames = check_names(&varnames)?;
    let freevars = check_names(&freevars)?;
    let cellvars = check_names(&cellvars)?;
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
        code: code_bytes,
        consts,
        names,
        localsplusnames: locals.names,
        localspluskinds: locals.kinds,
        filename,
        name,
        qualname,
        firstlineno,
        linetable,
        exceptiontable,
    })?;
    Ok(made.into_obj())
}

/// A changed field, checked, or the present value.
fn typed<T: Layout>(
    given: Option<&Obj>,
    field: &str,
    what: &str,
    present: impl FnOnce() -> Result,
) -> Result<Ref<T>> {
    let o = match given {
        Some(o) => o.new_ref(),
        None => present()?,
    };
    o.downcast_ref::<T>().map_err(|o| {
        crate::err::new(
            &crate::err::exc::TypeError,
            format_args!(
                "replace() argument '{field}' must be {what}, not {}",
                o.tp_name()
            ),
        )
    })
}

fn number(value: i32) -> Ref {
    int::from_i64(i64::from(value)).into_obj()
}

fn known(value: i32) -> Ref {
    if value < 0 { none() } else { number(value) }
}

/// Ranges of instructions from one line, as `(start, end, line)`.
fn code_lines(code: &PyCodeObject) -> Result {
    let mut ranges: Vec<(i32, i32, i32)> = Vec::new();
    for Location {
        start, end, line, ..
    } in locations(code)
    {
        match ranges.last_mut() {
            Some(last) if last.2 == line => last.1 = end,
            _ => ranges.push((start, end, line)),
        }
    }
    let items = ranges.into_iter().map(|(start, end, line)| {
        tuple::from_vec(vec![number(start), number(end), known(line)]).into_obj()
    });
    iterobjects::over("line_iterator", items.collect())
}

/// The source range of each instruction, as `(line, end_line, column, end_column)`.
fn code_positions(code: &PyCodeObject) -> Result {
    let mut items = Vec::with_capacity(units(code));
    for l in locations(code) {
        let range = tuple::from_vec(vec![
            known(l.line),
            known(l.end_line),
            known(l.column),
            known(l.end_column),
        ])
        .into_obj();
        for _ in 0..(l.end - l.start) / 2 {
            items.push(range.clone());
        }
    }
    iterobjects::over("positions_iterator", items)
}

/// The branches, as `(instruction, where it goes if not taken, where if taken)`.
fn code_branches(code: &PyCodeObject) -> Result {
    let mut items = Vec::new();
    let count = units(code);
    let mut at = 0;
    let mut oparg = 0;
    while at < count {
        let opcode = base_at(code, at);
        // SAFETY: `at` is inside the code.
        let unit = unsafe { *super::instructions(code).add(at) };
        oparg = oparg << 8 | usize::from(unit >> 8);
        let next = at + 1 + usize::from(CACHES[opcode as usize]);
        let branch = match opcode {
            op::EXTENDED_ARG => {
                at = next;
                continue;
            }
            // A loop's exit is behind the END_FOR and POP_ITER at its target.
            op::FOR_ITER => Some((next, next + oparg + 2)),
            op::POP_JUMP_IF_FALSE
            | op::POP_JUMP_IF_TRUE
            | op::POP_JUMP_IF_NONE
            | op::POP_JUMP_IF_NOT_NONE => {
                // The not-taken path starts with a marker.
                Some((next + 1, next + oparg))
            }
            op::END_ASYNC_FOR => {
                let send = next.saturating_sub(oparg);
                Some((send + 3, next)).inspect(|_| ())
            }
            _ => None,
        };
        if let Some((left, right)) = branch {
            let from = if opcode == op::END_ASYNC_FOR {
                next - oparg
            } else {
                at
            };
            let triple = [from, left, right].map(|offset| number(offset as i32 * 2));
            items.push(tuple::from_vec(Vec::from(triple)).into_obj());
        }
        oparg = 0;
        at = next;
    }
    iterobjects::over("iterator", items)
}
