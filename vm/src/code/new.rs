//! Making code objects: from the parts that the compiler marshalled, or from Python.

use core::mem::size_of;
use core::ptr;

use layout::*;

use super::kind;
use crate::err::Result;
use crate::frame::SPECIALS;
use crate::object::*;
use crate::opcodes::op;
use crate::raise;
use crate::types::bytes::{self, BytesExt};
use crate::types::str_::{self, StrExt};
use crate::types::tuple::{self, TupleExt};
use crate::watchers;

/// What a code object is made of: the fields of marshal's `TYPE_CODE`.
pub struct CodeParts {
    pub argcount: i32,
    pub posonlyargcount: i32,
    pub kwonlyargcount: i32,
    pub stacksize: i32,
    pub flags: i32,
    pub code: Ref<PyBytesObject>,
    pub consts: Ref<PyTupleObject>,
    pub names: Ref<PyTupleObject>,
    pub localsplusnames: Ref<PyTupleObject>,
    pub localspluskinds: Ref<PyBytesObject>,
    pub filename: Ref<PyUnicodeObject>,
    pub name: Ref<PyUnicodeObject>,
    pub qualname: Ref<PyUnicodeObject>,
    pub firstlineno: i32,
    pub linetable: Ref<PyBytesObject>,
    pub exceptiontable: Ref<PyBytesObject>,
}

/// How many locals are variables, cells and free variables. An argument that is a cell counts as both.
struct Counts {
    locals: i32,
    cells: i32,
    free: i32,
}

fn count(kinds: &[u8]) -> Counts {
    let counted = |wanted: u8| kinds.iter().filter(|&&k| k & wanted != 0).count() as i32;
    Counts {
        locals: counted(kind::LOCAL),
        cells: counted(kind::CELL),
        free: counted(kind::FREE),
    }
}

/// The checks that CPython makes before it trusts the parts.
fn validate(parts: &CodeParts, counts: &Counts) -> Result<()> {
    let negative = parts.argcount < parts.posonlyargcount
        || parts.posonlyargcount < 0
        || parts.kwonlyargcount < 0
        || parts.stacksize < 0
        || parts.flags < 0;
    if negative || parts.localsplusnames.items().len() != parts.localspluskinds.as_slice().len() {
        return raise!(ValueError, "code: argument out of range");
    }
    let bytes = parts.code.as_slice().len();
    if !bytes.is_multiple_of(2) || bytes == 0 {
        return raise!(ValueError, "code: co_code is malformed");
    }
    if i64::from(parts.stacksize)
        >= i64::from(i32::MAX) / 8 - 1000 - parts.localsplusnames.items().len() as i64
    {
        return raise!(OverflowError, "code: co_stacksize is too large");
    }
    if parts
        .names
        .items()
        .iter()
        .any(|name| !name.is::<PyUnicodeObject>())
    {
        return raise!(TypeError, "name tuples must contain only strings");
    }
    let star =
        i32::from(parts.flags & CO_VARARGS != 0) + i32::from(parts.flags & CO_VARKEYWORDS != 0);
    let arguments = i64::from(parts.argcount) + i64::from(parts.kwonlyargcount) + i64::from(star);
    if arguments > i64::from(counts.locals) {
        return raise!(ValueError, "code: varnames is too small");
    }
    Ok(())
}

/// A new code object.
pub fn new(parts: CodeParts) -> Result<Ref<PyCodeObject>> {
    let counts = count(parts.localspluskinds.as_slice());
    validate(&parts, &counts)?;
    intern_names(&parts.names);
    intern_names(&parts.localsplusnames);
    intern_constants(&parts.consts);
    let bytes = parts.code.as_slice();
    let units = bytes.len() / 2;
    let code: Ref<PyCodeObject> = alloc_var(&PyCode_Type, units)?;
    let total = parts.localsplusnames.items().len() as i32;
    code.co_flags.set(parts.flags);
    code.co_argcount.set(parts.argcount);
    code.co_posonlyargcount.set(parts.posonlyargcount);
    code.co_kwonlyargcount.set(parts.kwonlyargcount);
    code.co_stacksize.set(parts.stacksize);
    code.co_firstlineno.set(parts.firstlineno);
    code.co_nlocalsplus.set(total);
    code.co_framesize
        .set(total + parts.stacksize + SPECIALS as i32);
    code.co_nlocals.set(counts.locals);
    code.co_ncellvars.set(counts.cells);
    code.co_nfreevars.set(counts.free);
    code.co_version.set(next_version());
    // SAFETY: the object was allocated with room for `units` instructions.
    unsafe {
        let start = super::instructions(&code).cast_mut();
        ptr::copy_nonoverlapping(bytes.as_ptr(), start.cast::<u8>(), units * size_of::<u16>());
        let entry = (0..units)
            .position(|at| *start.add(at) as u8 == op::RESUME)
            .unwrap_or(0);
        code._co_firsttraceable.set(entry as i32);
    }
    let CodeParts {
        consts,
        names,
        localsplusnames,
        localspluskinds,
        filename,
        name,
        qualname,
        linetable,
        exceptiontable,
        ..
    } = parts;
    code.co_consts.set_ref(Some(consts.into_obj()));
    code.co_names.set_ref(Some(names.into_obj()));
    code.co_localsplusnames
        .set_ref(Some(localsplusnames.into_obj()));
    code.co_localspluskinds
        .set_ref(Some(localspluskinds.into_obj()));
    code.co_filename.set_ref(Some(filename.into_obj()));
    code.co_name.set_ref(Some(str_::intern(&name).into_obj()));
    code.co_qualname
        .set_ref(Some(str_::intern(&qualname).into_obj()));
    code.co_linetable.set_ref(Some(linetable.into_obj()));
    code.co_exceptiontable
        .set_ref(Some(exceptiontable.into_obj()));
    if watchers::CODES.any() {
        watchers::code_event(PY_CODE_EVENT_CREATE, &code);
    }
    Ok(code)
}

/// Code that does nothing, with a name and a place (`PyCode_NewEmpty`).
pub fn empty(file: &str, name: &str, line: i32) -> Result<Ref<PyCodeObject>> {
    let nothing = bytes::new(&[]);
    new(CodeParts {
        argcount: 0,
        posonlyargcount: 0,
        kwonlyargcount: 0,
        stacksize: 1,
        flags: CO_OPTIMIZED | CO_NEWLOCALS,
        code: bytes::new(&[
            op::RESUME,
            0,
            op::LOAD_COMMON_CONSTANT,
            0,
            op::RAISE_VARARGS,
            1,
        ]),
        consts: tuple::empty(),
        names: tuple::empty(),
        localsplusnames: tuple::empty(),
        localspluskinds: nothing.clone(),
        filename: str_::new(file),
        name: str_::new(name),
        qualname: str_::new(name),
        firstlineno: line,
        // Three instructions without columns, all from the first line.
        linetable: bytes::new(&[0x80 | 13 << 3 | 2, 0]),
        exceptiontable: nothing,
    })
}

/// Functions take their version from their code, so that the versions of the functions of one `def` agree.
pub fn next_version() -> u32 {
    use core::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1 << 8);
    let version = NEXT.load(Ordering::Relaxed);
    if version == 0 {
        return 0;
    }
    NEXT.store(version.wrapping_add(1), Ordering::Relaxed);
    version
}

/// Replaces the strings of a tuple by their interned equals.
fn intern_names(names: &PyTupleObject) {
    for slot in slots(names) {
        intern_slot(slot);
    }
}

fn slots(tuple: &PyTupleObject) -> &[core::cell::Cell<*mut PyObject>] {
    // SAFETY: a tuple has `ob_size` items; nobody else has seen this one yet, so they may be replaced by equals.
    unsafe {
        core::slice::from_raw_parts(tuple.ob_item.as_ptr(), tuple.ob_base.ob_size.get() as usize)
    }
}

fn intern_slot(slot: &core::cell::Cell<*mut PyObject>) {
    let Some(o) = slot.borrow_obj() else { return };
    if let Some(s) = o.downcast_exact::<PyUnicodeObject>() {
        let interned = str_::intern(&s.to_ref()).into_obj();
        slot.set_ref(Some(interned));
    }
}

/// Interns the constants that look like names, as attribute and keyword lookups expect of them.
fn intern_constants(consts: &PyTupleObject) {
    for slot in slots(consts) {
        let Some(o) = slot.borrow_obj() else { continue };
        if let Some(s) = o.downcast_exact::<PyUnicodeObject>() {
            if is_name(s) {
                intern_slot(slot);
            }
        } else if let Some(t) = o.downcast_exact::<PyTupleObject>() {
            intern_constants(t);
        }
    }
}

fn is_name(s: &PyUnicodeObject) -> bool {
    s.is_ascii()
        && s.as_str()
            .is_ok_and(|text| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}
