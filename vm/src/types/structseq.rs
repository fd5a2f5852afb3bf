//! Struct sequences: tuples with named fields, as `sys`, `os` and `time` answer with.
//!
//! An instance is a tuple whose size counts the fields that are items; further fields lie behind them, reached by name
//! only. Their number is in the type's dict (`n_fields`), as CPython has it, so that extensions' types work the same way.
//! Our own types live in a static pool: they are never freed, and a trace finds what they refer to.

use core::ffi::CStr;
use core::mem::offset_of;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::ffi::CString;

use layout::*;

use crate::args::Signature;
use crate::err::{Raised, Result, raise};
use crate::intern;
use crate::method::*;
use crate::object::*;
use crate::protocol::object;
use crate::types::dict::{self, DictExt as _};
use crate::types::int;
use crate::types::module;
use crate::types::str_::{self, Writer};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::{self, TypeBuilder};

const POOL_SIZE: usize = 64;

static POOL: [PyTypeObject; POOL_SIZE] = [const { PyTypeObject::statically_declared() }; POOL_SIZE];
static USED: AtomicUsize = AtomicUsize::new(0);

// ---- Making types ----

/// A new type named `name` (qualified by its module). The first `n_sequence` fields are the tuple's items; a field with
/// an empty name has no attribute.
pub fn new_type(name: &str, fields: &[&str], n_sequence: usize) -> Result<&'static PyTypeObject> {
    from_pool(name, fields, n_sequence, true)
}

fn from_pool(
    name: &str,
    fields: &[&str],
    n_sequence: usize,
    callable: bool,
) -> Result<&'static PyTypeObject> {
    let Some(tp) = POOL.get(USED.fetch_add(1, Ordering::Relaxed)) else {
        return raise!(SystemError, "too many struct sequence types");
    };
    init_type(tp, name, fields, n_sequence, callable)?;
    // Those of `sys` are static in CPython too.
    if !name.starts_with("sys.") {
        module::set_type_module(tp)?;
    }
    Ok(tp)
}

/// As [`new_type`], but calling the type raises `TypeError`.
pub fn new_type_without_new(
    name: &str,
    fields: &[&str],
    n_sequence: usize,
) -> Result<&'static PyTypeObject> {
    from_pool(name, fields, n_sequence, false)
}

fn leak(text: &str) -> &'static CStr {
    Box::leak(CString::new(text).unwrap_or_default().into_boxed_c_str())
}

/// Fills in and readies a static type, which may or may not be called to make instances.
pub fn init_type(
    tp: &'static PyTypeObject,
    name: &str,
    fields: &[&str],
    n_sequence: usize,
    callable: bool,
) -> Result<()> {
    let named = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| !field.is_empty());
    let members: Vec<PyMemberDef> = named
        .map(|(i, field)| PyMemberDef {
            name: leak(field).as_ptr(),
            r#type: _Py_T_OBJECT,
            offset: (offset_of!(PyTupleObject, ob_item) + i * size_of::<Ref>()) as isize,
            flags: Py_READONLY,
            doc: core::ptr::null(),
        })
        .collect();
    let mut b = TypeBuilder::start(tp, leak(name));
    b.base(&PyTuple_Type)
        .sizes(offset_of!(PyTupleObject, ob_item), size_of::<Ref>())
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_TUPLE_SUBCLASS)
        .tp_dealloc(structseq_dealloc)
        .tp_traverse(structseq_traverse)
        .tp_repr(structseq_repr)
        .methods(METHODS)
        .members(Vec::leak(members));
    if callable {
        b.tp_new(structseq_new);
    } else {
        b.new_disallowed();
    }
    type_::ready(tp)?;
    let Some(d) = type_::own_dict(tp) else {
        return Ok(());
    };
    let unnamed = fields.iter().filter(|field| field.is_empty()).count();
    d.set(
        intern!("n_sequence_fields"),
        int::from_usize(n_sequence).as_obj(),
    )?;
    d.set(intern!("n_fields"), int::from_usize(fields.len()).as_obj())?;
    d.set(
        intern!("n_unnamed_fields"),
        int::from_usize(unnamed).as_obj(),
    )?;
    let visible = fields[..n_sequence]
        .iter()
        .filter(|field| !field.is_empty());
    let visible: Vec<Ref> = visible
        .map(|field| str_::intern_str(field).new_ref())
        .collect();
    d.set(intern!("__match_args__"), tuple::from_vec(visible).as_obj())?;
    type_::modified(tp);
    Ok(())
}

// ---- Instances ----

fn count(tp: &PyTypeObject, name: &Obj) -> usize {
    type_::lookup(tp, name)
        .and_then(int::i64_of)
        .map_or(0, |n| n as usize)
}

/// How many fields instances have.
pub fn n_fields(tp: &PyTypeObject) -> usize {
    count(tp, intern!("n_fields"))
}

fn n_unnamed(tp: &PyTypeObject) -> usize {
    count(tp, intern!("n_unnamed_fields"))
}

fn n_sequence(tp: &PyTypeObject) -> usize {
    count(tp, intern!("n_sequence_fields"))
}

/// The names of the fields that have one, in order.
fn names(tp: &PyTypeObject) -> Vec<&str> {
    let mut names = Vec::new();
    let mut row = tp.tp_members.get();
    // SAFETY: a null table, or rows up to one without a name; names are NUL-terminated and live as long as the type.
    unsafe {
        while !row.is_null() && !(*row).name.is_null() {
            names.push(CStr::from_ptr((*row).name).to_str().unwrap_or("?"));
            row = row.add(1);
        }
    }
    names
}

/// An instance whose fields are still null.
pub fn allocate(tp: &PyTypeObject) -> Result<Ref<PyTupleObject>> {
    let t = alloc_var::<PyTupleObject>(tp, n_fields(tp))?;
    t.ob_base.ob_size.set(n_sequence(tp) as isize);
    t.ob_hash.set(-1);
    Ok(t)
}

/// The cell of a field, one behind the items too.
fn cell(t: &PyTupleObject, i: usize) -> &core::cell::Cell<*mut PyObject> {
    // SAFETY: the callers stay below `n_fields`.
    unsafe { &*t.ob_item.as_ptr().add(i) }
}

/// A field's value, `None` if it was never set.
pub fn field(t: &PyTupleObject, i: usize) -> Ref {
    if i < n_fields(t.as_obj().ty()) {
        cell(t, i).get_ref().unwrap_or_else(none)
    } else {
        none()
    }
}

/// Sets a field of a new instance.
pub fn set_field(t: &PyTupleObject, i: usize, value: Ref) {
    if i < n_fields(t.as_obj().ty()) {
        cell(t, i).set_ref(Some(value));
    }
}

/// An instance with these fields; those that are left out are `None`.
pub fn new(tp: &PyTypeObject, values: Vec<Ref>) -> Result {
    Ok(make(tp, values)?.into_obj())
}

fn make(tp: &PyTypeObject, values: Vec<Ref>) -> Result<Ref<PyTupleObject>> {
    let t = allocate(tp)?;
    let mut values = values.into_iter();
    for i in 0..n_fields(tp) {
        cell(&t, i).set_ref(Some(values.next().unwrap_or_else(none)));
    }
    Ok(t)
}

unsafe extern "C" fn structseq_dealloc(o: *mut PyObject) {
    gc::untrack(o);
    // SAFETY: the instance is valid until its memory is freed.
    unsafe {
        let t = &*o.cast::<PyTupleObject>();
        for i in (0..n_fields((*o).ty())).rev() {
            drop(cell(t, i).take_ref());
        }
        free(o);
    }
}

fn structseq_traverse(t: &PyTupleObject, v: &mut Visitor) -> Visit {
    (0..n_fields(t.as_obj().ty())).try_for_each(|i| v.visit_ptr(cell(t, i).get()))
}

static SIGNATURE: Signature = Signature::new("structseq", "(sequence, dict={})");

fn wrong_length(tp: &PyTypeObject, bound: &str, wanted: usize, given: usize) -> Result {
    raise!(
        TypeError,
        "{}() takes {bound}{wanted}-sequence ({given}-sequence given)",
        type_name(tp)
    )
}

fn structseq_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [sequence, extra] = SIGNATURE.bind(args, kwargs)?;
    let sequence = sequence.unwrap_or(NONE());
    if sequence.ty().tp_iter.get().is_none() && !object::is_sequence(sequence) {
        return raise!(TypeError, "constructor requires a sequence");
    }
    let values = object::to_vec(sequence)?;
    let extra = match extra {
        None => None,
        Some(o) => match o.downcast::<PyDictObject>() {
            Some(d) => Some(d),
            None => {
                return raise!(
                    TypeError,
                    "{}() takes a dict as second arg, if any",
                    type_name(tp)
                );
            }
        },
    };
    let (min, max, given) = (n_sequence(tp), n_fields(tp), values.len());
    if min == max && given != max {
        return wrong_length(tp, "a ", min, given);
    }
    if given < min {
        return wrong_length(tp, "an at least ", min, given);
    }
    if given > max {
        return wrong_length(tp, "an at most ", max, given);
    }
    let t = make(tp, values)?;
    let (names, unnamed) = (names(tp), n_unnamed(tp));
    let mut found = 0;
    for i in given..max {
        if let Some(value) = extra.and_then(|d| d.get_str(names[i - unnamed])) {
            found += 1;
            set_field(&t, i, value);
        }
    }
    if extra.is_some_and(|d| d.len() > found) {
        return raise!(
            TypeError,
            "{}() got duplicate or unexpected field name(s)",
            type_name(tp)
        );
    }
    Ok(t.into_obj())
}

fn structseq_repr(t: &PyTupleObject) -> Result<Ref<PyUnicodeObject>> {
    let tp = t.as_obj().ty();
    let mut out = Writer::new();
    out.push_str(type_name(tp));
    out.push_ascii("(");
    for (i, (name, item)) in names(tp).iter().zip(t.items()).enumerate() {
        if i > 0 {
            out.push_ascii(", ");
        }
        out.push_str(name);
        out.push_ascii("=");
        tuple::push_repr(&mut out, item)?;
    }
    out.push_ascii(")");
    out.finish()
}

static METHODS: &[PyMethodDef] = &[
    noargs!("__reduce__", reduce, "($self, /)"),
    varargs_kw!("__replace__", replace, "($self, /, **changes)"),
];

fn reduce(t: &PyTupleObject) -> Result<Ref<PyTupleObject>> {
    let tp = t.as_obj().ty();
    let (names, unnamed) = (names(tp), n_unnamed(tp));
    let hidden = dict::new();
    for i in t.len()..n_fields(tp) {
        hidden.set_str(names[i - unnamed], &field(t, i))?;
    }
    let arguments = tuple::pair(tuple::from_refs(t.items()).as_obj(), hidden.as_obj());
    Ok(tuple::pair(tp.as_obj(), arguments.as_obj()))
}

fn replace(t: &PyTupleObject, args: Args<'_>) -> Result {
    let tp = t.as_obj().ty();
    if !args.positional.is_empty() {
        return raise!(TypeError, "__replace__() takes no positional arguments");
    }
    if n_unnamed(tp) > 0 {
        return raise!(
            TypeError,
            "__replace__() is not supported for {} because it has unnamed field(s)",
            type_name(tp)
        );
    }
    let names = names(tp);
    let mut values: Vec<Ref> = (0..n_fields(tp)).map(|i| field(t, i)).collect();
    let mut unexpected = Vec::new();
    for (name, value) in args.keywords() {
        match names
            .iter()
            .position(|n| str_::of(name).is_some_and(|name| str_::eq_str(name, n)))
        {
            Some(i) => values[i] = value.new_ref(),
            None => unexpected.push(name.new_ref()),
        }
    }
    if !unexpected.is_empty() {
        return Err(unexpected_names(unexpected));
    }
    new(tp, values)
}

#[cold]
fn unexpected_names(names: Vec<Ref>) -> Raised {
    let names = crate::types::list::from_vec(names);
    crate::err::new(
        &crate::err::exc::TypeError,
        format_args!(
            "Got unexpected field name(s): {}",
            repr_lossy(names.as_obj())
        ),
    )
}
