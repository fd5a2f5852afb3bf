//! The object protocol (`object.h`, `abstract.h`): attributes, items, comparison, truth, text, iteration, membership.

use core::ffi::c_int;
use core::ptr;

pub use super::buffer::get as get_buffer;

use layout::*;

use super::call;
use crate::err::{self, Result, exc, raise};
use crate::intern;
use crate::object::*;
use crate::types::dict::DictExt as _;
use crate::types::int::IntExt as _;
use crate::types::str_::StrExt as _;
use crate::types::tuple::TupleExt as _;
use crate::types::type_::{self, CompareOp, attributes};
use crate::types::{dict, int, iterobjects, list, str_, tuple};

// ---- Attributes ----

/// `o.name`.
#[inline]
pub fn getattr(o: &Obj, name: &Obj) -> Result {
    let tp = o.ty();
    let found = if let Some(f) = tp.tp_getattro.get() {
        // SAFETY: a slot of the object's own type.
        unsafe { err::from_owned(f(o.as_ptr(), name.as_ptr())) }
    } else if let Some(f) = tp.tp_getattr.get() {
        attributes::check_name(name)?;
        // SAFETY: checked to be a str; the slot takes its UTF-8 text.
        unsafe {
            let text = std::ffi::CString::new(name.cast::<PyUnicodeObject>().as_str()?)
                .unwrap_or_default();
            err::from_owned(f(o.as_ptr(), text.as_ptr().cast_mut()))
        }
    } else {
        return Err(attributes::missing(o, name));
    };
    if found.is_err() {
        attributes::note_missing(o, name);
    }
    found
}

/// `o.name` for a name that is known here.
pub fn getattr_str(o: &Obj, name: &str) -> Result {
    getattr(o, str_::intern_str(name))
}

/// `o.name`, or `None` where that raises `AttributeError`.
#[inline]
pub fn getattr_opt(o: &Obj, name: &Obj) -> Result<Option<Ref>> {
    let tp = o.ty();
    if let Some(f) = tp.tp_getattro.get()
        && f as usize == attributes::generic_getattro as *const () as usize
    {
        return attributes::generic_get(o, name, true);
    }
    if let Some(t) = o.downcast::<PyTypeObject>()
        && ptr::eq(tp, &PyType_Type)
    {
        return err::suppress(
            type_::get_type_attribute(t, name, true),
            &exc::AttributeError,
        )
        .map(Option::flatten);
    }
    if let Some(f) = tp.tp_getattro.get() {
        // SAFETY: a slot of the object's own type.
        let found = unsafe { Ref::from_owned_opt(f(o.as_ptr(), name.as_ptr())) };
        // Some extensions answer null without an error where an attribute is missing.
        if found.is_some() || !err::occurred() {
            return Ok(found);
        }
        attributes::note_missing(o, name);
        return err::suppress(Err(err::Raised::assume()), &exc::AttributeError);
    }
    err::suppress(getattr(o, name), &exc::AttributeError)
}

/// `o.name = value`, or `del o.name` without a value.
pub fn setattr(o: &Obj, name: &Obj, value: Option<&Obj>) -> Result<()> {
    attributes::check_name(name)?;
    let tp = o.ty();
    let name = str_::interned(name);
    let v = value.map_or(ptr::null_mut(), |v| v.as_ptr());
    if let Some(f) = tp.tp_setattro.get() {
        // SAFETY: a slot of the object's own type; null deletes.
        err::from_status(unsafe { f(o.as_ptr(), name.as_ptr(), v) })?;
        return Ok(());
    }
    if let Some(f) = tp.tp_setattr.get() {
        // SAFETY: checked to be a str; the slot takes its UTF-8 text.
        unsafe {
            let text = std::ffi::CString::new(name.cast::<PyUnicodeObject>().as_str()?)
                .unwrap_or_default();
            err::from_status(f(o.as_ptr(), text.as_ptr().cast_mut(), v))?;
        }
        return Ok(());
    }
    let how = if value.is_some() { "assign to" } else { "del" };
    let has = if tp.tp_getattr.get().is_none() && tp.tp_getattro.get().is_none() {
        "no attributes"
    } else {
        "only read-only attributes"
    };
    raise!(
        TypeError,
        "'{}' object has {has} ({how} .{})",
        o.tp_name(),
        str_lossy(&name)
    )
}

/// `del o.name`.
pub fn delattr(o: &Obj, name: &Obj) -> Result<()> {
    setattr(o, name, None)
}

/// A special method of `o`, bound; see [`call::lookup_special`].
pub fn lookup_special(o: &Obj, name: &Obj) -> Result<Option<Ref>> {
    call::lookup_special(o, name)
}

/// Whether `o` can be called.
pub fn is_callable(o: &Obj) -> bool {
    o.ty().tp_call.get().is_some()
}

/// `dir(o)`: sorted names.
pub fn dir(o: &Obj) -> Result {
    let Some(answer) = call::special(o, intern!("__dir__"), &[])? else {
        return raise!(TypeError, "object does not provide __dir__");
    };
    let names = list::from_vec(to_vec(&answer)?);
    call::call_method(names.as_obj(), "sort", &[])?;
    Ok(names.into_obj())
}

/// `list(o.keys())`.
pub fn call_keys(o: &Obj) -> Result {
    let keys = call::call_method(o, "keys", &[])?;
    let it = match iter(&keys) {
        Ok(it) => it,
        Err(raised) if err::matches(&exc::TypeError) => {
            drop(err::catch(raised));
            return raise!(
                TypeError,
                "{}.keys() returned a non-iterable (type {})",
                o.tp_name(),
                keys.tp_name()
            );
        }
        Err(raised) => return Err(raised),
    };
    Ok(list::from_vec(to_vec(&it)?).into_obj())
}

// ---- Text ----

fn text(o: &Obj, slot: Option<reprfunc>, name: &str) -> Result {
    let _depth = call::NativeCall::enter(if name == "__repr__" {
        " while getting the repr of an object"
    } else {
        " while getting the str of an object"
    })?;
    let Some(f) = slot else {
        return Ok(str_::new(&format!("<{} object at {:p}>", o.tp_name(), o.as_ptr())).into_obj());
    };
    // SAFETY: a slot of the object's own type.
    let answer = unsafe { err::from_owned(f(o.as_ptr())) }?;
    if !answer.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "{name} returned non-string (type {})",
            answer.tp_name()
        );
    }
    Ok(answer)
}

/// `repr(o)`, a str.
pub fn repr(o: &Obj) -> Result {
    text(o, o.ty().tp_repr.get(), "__repr__")
}

/// `str(o)`, a str.
pub fn str(o: &Obj) -> Result {
    if o.is_exact::<PyUnicodeObject>() {
        return Ok(o.new_ref());
    }
    match o.ty().tp_str.get() {
        Some(f) => text(o, Some(f), "__str__"),
        None => repr(o),
    }
}

/// `ascii(o)`, a str.
pub fn ascii(o: &Obj) -> Result {
    let r = repr(o)?;
    // SAFETY: repr answers with a str.
    let text = unsafe { r.cast::<PyUnicodeObject>() };
    if text.is_ascii() {
        return Ok(r);
    }
    str_::backslash_escaped(text)
}

/// `format(o, spec)`, a str; no spec is the empty one.
pub fn format(o: &Obj, spec: Option<&Obj>) -> Result {
    if let Some(s) = spec
        && !s.is::<PyUnicodeObject>()
    {
        return raise!(
            SystemError,
            "Format specifier must be a string, not {}",
            s.tp_name()
        );
    }
    // SAFETY: checked.
    let is_empty = spec.is_none_or(|s| unsafe { s.cast::<PyUnicodeObject>() }.len() == 0);
    if is_empty && (o.is_exact::<PyUnicodeObject>() || o.is_exact::<PyLongObject>()) {
        return str(o);
    }
    let empty = str_::empty();
    let spec = spec.unwrap_or(empty.as_obj());
    let Some(answer) = call::special(o, intern!("__format__"), &[spec])? else {
        return raise!(TypeError, "Type {} doesn't define __format__", o.tp_name());
    };
    if !answer.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "__format__ must return a str, not {}",
            answer.tp_name()
        );
    }
    Ok(answer)
}

// ---- Hash, truth, comparison ----

/// `hash(o)`.
#[inline]
pub fn hash(o: &Obj) -> Result<isize> {
    match o.ty().tp_hash.get() {
        Some(f) => {
            // Containers hash their items: only they can nest.
            if has_flag(o.ty(), Py_TPFLAGS_HAVE_GC) {
                let what = if has_flag(o.ty(), Py_TPFLAGS_TUPLE_SUBCLASS) {
                    " while hashing a tuple"
                } else {
                    " while hashing an object"
                };
                call::NativeCall::enter(what)?;
            }
            // SAFETY: a slot of the object's own type.
            let h = unsafe { f(o.as_ptr()) };
            if h == -1 {
                return Err(err::Raised::assume());
            }
            Ok(h)
        }
        None => raise!(TypeError, "unhashable type: '{}'", o.tp_name()),
    }
}

/// `bool(o)`.
#[inline]
pub fn is_true(o: &Obj) -> Result<bool> {
    if o.is_same(TRUE()) {
        return Ok(true);
    }
    if o.is_same(FALSE()) || o.is_none() {
        return Ok(false);
    }
    let tp = o.ty();
    // SAFETY: suites are null or valid; slots belong to the object's own type.
    unsafe {
        if let Some(f) = tp.tp_as_number.get().as_ref().and_then(|n| n.nb_bool.get()) {
            return Ok(err::from_status(f(o.as_ptr()))? > 0);
        }
        let len = tp
            .tp_as_mapping
            .get()
            .as_ref()
            .and_then(|m| m.mp_length.get())
            .or_else(|| {
                tp.tp_as_sequence
                    .get()
                    .as_ref()
                    .and_then(|s| s.sq_length.get())
            });
        match len {
            Some(f) => match f(o.as_ptr()) {
                n if n < 0 => Err(err::Raised::assume()),
                n => Ok(n > 0),
            },
            None => Ok(true),
        }
    }
}

/// `a op b`, any object as the answer.
pub fn rich_compare(a: &Obj, b: &Obj, op: CompareOp) -> Result {
    let _depth = call::NativeCall::enter(" in comparison")?;
    let (ta, tb) = (a.ty(), b.ty());
    // SAFETY: slots of the operands' own types.
    unsafe {
        let mut checked_reverse = false;
        if !ptr::eq(ta, tb)
            && type_::is_subtype(tb, ta)
            && let Some(f) = tb.tp_richcompare.get()
        {
            checked_reverse = true;
            let answer = err::from_owned(f(b.as_ptr(), a.as_ptr(), op.swapped() as c_int))?;
            if !answer.is_same(NOT_IMPLEMENTED()) {
                return Ok(answer);
            }
        }
        if let Some(f) = ta.tp_richcompare.get() {
            let answer = err::from_owned(f(a.as_ptr(), b.as_ptr(), op as c_int))?;
            if !answer.is_same(NOT_IMPLEMENTED()) {
                return Ok(answer);
            }
        }
        if !checked_reverse && let Some(f) = tb.tp_richcompare.get() {
            let answer = err::from_owned(f(b.as_ptr(), a.as_ptr(), op.swapped() as c_int))?;
            if !answer.is_same(NOT_IMPLEMENTED()) {
                return Ok(answer);
            }
        }
    }
    match op {
        CompareOp::Eq => Ok(bool_(a.is_same(b))),
        CompareOp::Ne => Ok(bool_(!a.is_same(b))),
        _ => raise!(
            TypeError,
            "'{}' not supported between instances of '{}' and '{}'",
            op.symbol(),
            a.tp_name(),
            b.tp_name()
        ),
    }
}

/// `a op b` as a truth value; an object equals itself.
#[inline]
pub fn rich_compare_bool(a: &Obj, b: &Obj, op: CompareOp) -> Result<bool> {
    if a.is_same(b) {
        match op {
            CompareOp::Eq => return Ok(true),
            CompareOp::Ne => return Ok(false),
            _ => {}
        }
    }
    let answer = rich_compare(a, b, op)?;
    is_true(&answer)
}

// ---- Length and items ----

/// `len(o)`.
pub fn length(o: &Obj) -> Result<usize> {
    let tp = o.ty();
    // SAFETY: suites are null or valid; slots belong to the object's own type.
    unsafe {
        let len = tp
            .tp_as_sequence
            .get()
            .as_ref()
            .and_then(|s| s.sq_length.get())
            .or_else(|| {
                tp.tp_as_mapping
                    .get()
                    .as_ref()
                    .and_then(|m| m.mp_length.get())
            });
        match len {
            Some(f) => match f(o.as_ptr()) {
                n if n < 0 => Err(err::Raised::assume()),
                n => Ok(n as usize),
            },
            None => raise!(TypeError, "object of type '{}' has no len()", o.tp_name()),
        }
    }
}

/// Whether `len(o)` would work.
pub fn has_length(o: &Obj) -> bool {
    let tp = o.ty();
    // SAFETY: suites are null or valid.
    unsafe {
        tp.tp_as_sequence
            .get()
            .as_ref()
            .is_some_and(|s| s.sq_length.get().is_some())
            || tp
                .tp_as_mapping
                .get()
                .as_ref()
                .is_some_and(|m| m.mp_length.get().is_some())
    }
}

/// `operator.length_hint(o, default)`.
pub fn length_hint(o: &Obj, default: usize) -> Result<usize> {
    if has_length(o)
        && let Some(n) = err::suppress(length(o), &exc::TypeError)?
    {
        return Ok(n);
    }
    let Some(answer) = err::suppress(
        call::special(o, intern!("__length_hint__"), &[]),
        &exc::TypeError,
    )?
    .flatten() else {
        return Ok(default);
    };
    if answer.is_same(NOT_IMPLEMENTED()) {
        return Ok(default);
    }
    let Some(n) = answer.downcast::<PyLongObject>() else {
        return raise!(
            TypeError,
            "__length_hint__ must be an integer, not {}",
            answer.tp_name()
        );
    };
    match n.to_i64() {
        Some(n) if n < 0 => raise!(ValueError, "__length_hint__() should return >= 0"),
        Some(n) => Ok(n as usize),
        None => raise!(
            OverflowError,
            "Python int too large to convert to C ssize_t"
        ),
    }
}

/// `o[key]`.
pub fn getitem(o: &Obj, key: &Obj) -> Result {
    let tp = o.ty();
    // SAFETY: suites are null or valid; slots belong to the object's own type.
    unsafe {
        if let Some(f) = tp
            .tp_as_mapping
            .get()
            .as_ref()
            .and_then(|m| m.mp_subscript.get())
        {
            return err::from_owned(f(o.as_ptr(), key.as_ptr()));
        }
        if let Some(s) = tp.tp_as_sequence.get().as_ref()
            && s.sq_item.get().is_some()
        {
            if has_index(key) {
                let i = super::number::index_isize(key, Some(&exc::IndexError))?;
                return sequence_item(o, i);
            }
            return raise!(
                TypeError,
                "sequence index must be integer, not '{}'",
                key.tp_name()
            );
        }
    }
    if let Some(class) = o.downcast::<PyTypeObject>() {
        if ptr::eq(class, &PyType_Type) {
            return crate::types::genericalias::new(o, key);
        }
        if let Some(hook) = getattr_opt(o, intern!("__class_getitem__"))?
            && !hook.is_none()
        {
            return call::call1(&hook, key);
        }
        return raise!(
            TypeError,
            "type '{}' is not subscriptable",
            type_name(class)
        );
    }
    raise!(TypeError, "'{}' object is not subscriptable", o.tp_name())
}

/// Whether `o` has `__index__`.
pub fn has_index(o: &Obj) -> bool {
    // SAFETY: suites are null or valid.
    unsafe { o.ty().tp_as_number.get().as_ref() }.is_some_and(|n| n.nb_index.get().is_some())
}

/// Item `i` of a sequence, from the end if negative (`PySequence_GetItem`).
pub fn sequence_item(o: &Obj, i: isize) -> Result {
    // SAFETY: suites are null or valid; slots belong to the object's own type.
    unsafe {
        let Some(s) = o.ty().tp_as_sequence.get().as_ref() else {
            return raise!(
                TypeError,
                "'{}' object does not support indexing",
                o.tp_name()
            );
        };
        let Some(f) = s.sq_item.get() else {
            return raise!(
                TypeError,
                "'{}' object does not support indexing",
                o.tp_name()
            );
        };
        let mut i = i;
        if i < 0
            && let Some(len) = s.sq_length.get()
        {
            let n = len(o.as_ptr());
            if n < 0 {
                return Err(err::Raised::assume());
            }
            i += n;
        }
        err::from_owned(f(o.as_ptr(), i))
    }
}

fn assign_item(o: &Obj, key: &Obj, value: Option<&Obj>) -> Result<()> {
    let tp = o.ty();
    let v = value.map_or(ptr::null_mut(), |v| v.as_ptr());
    let what = if value.is_some() {
        "assignment"
    } else {
        "deletion"
    };
    // SAFETY: suites are null or valid; slots belong to the object's own type.
    unsafe {
        if let Some(f) = tp
            .tp_as_mapping
            .get()
            .as_ref()
            .and_then(|m| m.mp_ass_subscript.get())
        {
            err::from_status(f(o.as_ptr(), key.as_ptr(), v))?;
            return Ok(());
        }
        if let Some(s) = tp.tp_as_sequence.get().as_ref()
            && let Some(f) = s.sq_ass_item.get()
        {
            if !has_index(key) {
                return raise!(
                    TypeError,
                    "sequence index must be integer, not '{}'",
                    key.tp_name()
                );
            }
            let mut i = super::number::index_isize(key, Some(&exc::IndexError))?;
            if i < 0
                && let Some(len) = s.sq_length.get()
            {
                i += len(o.as_ptr());
            }
            err::from_status(f(o.as_ptr(), i, v))?;
            return Ok(());
        }
    }
    raise!(
        TypeError,
        "'{}' object does not support item {what}",
        o.tp_name()
    )
}

/// `o[key] = value`.
pub fn setitem(o: &Obj, key: &Obj, value: &Obj) -> Result<()> {
    assign_item(o, key, Some(value))
}

/// `del o[key]`.
pub fn delitem(o: &Obj, key: &Obj) -> Result<()> {
    if o.ty().tp_as_mapping.get().is_null() && o.ty().tp_as_sequence.get().is_null() {
        return raise!(
            TypeError,
            "'{}' object doesn't support item deletion",
            o.tp_name()
        );
    }
    // SAFETY: suites are null or valid.
    let supported = unsafe {
        o.ty()
            .tp_as_mapping
            .get()
            .as_ref()
            .is_some_and(|m| m.mp_ass_subscript.get().is_some())
            || o.ty()
                .tp_as_sequence
                .get()
                .as_ref()
                .is_some_and(|s| s.sq_ass_item.get().is_some())
    };
    if !supported {
        return raise!(
            TypeError,
            "'{}' object doesn't support item deletion",
            o.tp_name()
        );
    }
    assign_item(o, key, None)
}

// ---- Iteration and membership ----

/// `iter(o)`.
#[inline]
pub fn iter(o: &Obj) -> Result {
    let tp = o.ty();
    let Some(f) = tp.tp_iter.get() else {
        if is_sequence(o) {
            return iterobjects::sequence_iter(o);
        }
        return raise!(TypeError, "'{}' object is not iterable", o.tp_name());
    };
    // SAFETY: a slot of the object's own type.
    let it = unsafe { err::from_owned(f(o.as_ptr())) }?;
    if !is_iterator(&it) {
        return raise!(
            TypeError,
            "{}.__iter__() must return an iterator, not {}",
            o.tp_name(),
            it.tp_name()
        );
    }
    Ok(it)
}

/// Whether `o` has `__getitem__` by position and is no dict (`PySequence_Check`).
pub fn is_sequence(o: &Obj) -> bool {
    // SAFETY: suites are null or valid.
    !has_flag(o.ty(), Py_TPFLAGS_DICT_SUBCLASS)
        && unsafe { o.ty().tp_as_sequence.get().as_ref() }
            .is_some_and(|s| s.sq_item.get().is_some())
}

/// Whether `o` has `__next__` (`PyIter_Check`).
pub fn is_iterator(o: &Obj) -> bool {
    o.ty()
        .tp_iternext
        .get()
        .is_some_and(|f| f as usize != type_::next_not_implemented as *const () as usize)
}

/// The next item, or `None` at the end.
#[inline]
pub fn next(it: &Obj) -> Result<Option<Ref>> {
    let Some(f) = it.ty().tp_iternext.get() else {
        return raise!(TypeError, "'{}' object is not an iterator", it.tp_name());
    };
    // SAFETY: a slot of the iterator's own type.
    let item = unsafe { f(it.as_ptr()) };
    if !item.is_null() {
        // SAFETY: an owned reference.
        return Ok(Some(unsafe { Ref::from_owned(item) }));
    }
    if err::occurred() && !err::clear_if(&exc::StopIteration) {
        return Err(err::Raised::assume());
    }
    Ok(None)
}

/// Calls `f` with each item of an iterable.
pub fn for_each(o: &Obj, mut f: impl FnMut(Ref) -> Result<()>) -> Result<()> {
    let it = iter(o)?;
    while let Some(item) = next(&it)? {
        f(item)?;
    }
    Ok(())
}

/// The items of an iterable.
pub fn to_vec(o: &Obj) -> Result<Vec<Ref>> {
    if let Some(t) = o.downcast_exact::<PyTupleObject>() {
        return Ok(t.items().to_vec());
    }
    if let Some(l) = o.downcast_exact::<PyListObject>() {
        use crate::types::list::ListExt as _;
        return Ok(l.items().to_vec());
    }
    let it = iter(o)?;
    let mut items = Vec::with_capacity(length_hint(o, 8)?.min(1 << 16));
    while let Some(item) = next(&it)? {
        items.push(item);
    }
    Ok(items)
}

/// `x in o`.
pub fn contains(o: &Obj, x: &Obj) -> Result<bool> {
    // SAFETY: suites are null or valid; slots belong to the object's own type.
    unsafe {
        if let Some(f) = o
            .ty()
            .tp_as_sequence
            .get()
            .as_ref()
            .and_then(|s| s.sq_contains.get())
        {
            return Ok(err::from_status(f(o.as_ptr(), x.as_ptr()))? > 0);
        }
    }
    contains_by_iteration(o, x)
}

/// `x in o` by looking at every item.
pub fn contains_by_iteration(o: &Obj, x: &Obj) -> Result<bool> {
    let it = match iter(o) {
        Ok(it) => it,
        Err(raised) => {
            if err::clear_if(&exc::TypeError) {
                return raise!(
                    TypeError,
                    "argument of type '{}' is not a container or iterable",
                    o.tp_name()
                );
            }
            return Err(raised);
        }
    };
    while let Some(item) = next(&it)? {
        if rich_compare_bool(&item, x, CompareOp::Eq)? {
            return Ok(true);
        }
    }
    Ok(false)
}

// ---- Classes ----

/// `isinstance(o, cls)`.
pub fn is_instance(o: &Obj, cls: &Obj) -> Result<bool> {
    if ptr::eq(o.ob_type.get().cast::<PyObject>(), cls) {
        return Ok(true);
    }
    if ptr::eq(cls.ty(), &PyType_Type) {
        return real_is_instance(o, cls);
    }
    if cls.is::<crate::types::union_::Union>() {
        return any_of(&crate::types::union_::args(cls), |c| is_instance(o, c));
    }
    if let Some(classes) = cls.downcast::<PyTupleObject>() {
        let _depth = call::NativeCall::enter(" in __instancecheck__")?;
        return any_of(&classes.to_ref(), |c| is_instance(o, c));
    }
    if let Some(answer) = {
        let _depth = call::NativeCall::enter(" in __instancecheck__")?;
        call::special(cls, intern!("__instancecheck__"), &[o])?
    } {
        return is_true(&answer);
    }
    real_is_instance(o, cls)
}

fn any_of(classes: &Ref<PyTupleObject>, mut f: impl FnMut(&Obj) -> Result<bool>) -> Result<bool> {
    for c in classes.items() {
        if f(c)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `isinstance` without hooks.
pub fn real_is_instance(o: &Obj, cls: &Obj) -> Result<bool> {
    if let Some(tp) = cls.downcast::<PyTypeObject>() {
        if is_instance_of(o, tp) {
            return Ok(true);
        }
        // A proxy may claim another class.
        let Some(claimed) = getattr_opt(o, intern!("__class__"))? else {
            return Ok(false);
        };
        return Ok(match claimed.downcast::<PyTypeObject>() {
            Some(c) if !ptr::eq(c, o.ty()) => type_::is_subtype(c, tp),
            _ => false,
        });
    }
    if bases_of(cls)?.is_none() {
        return raise!(
            TypeError,
            "isinstance() arg 2 must be a type, a tuple of types, or a union"
        );
    }
    match getattr_opt(o, intern!("__class__"))? {
        Some(claimed) => abstract_is_subclass(&claimed, cls),
        None => Ok(false),
    }
}

/// `cls.__bases__` if that is a tuple.
fn bases_of(cls: &Obj) -> Result<Option<Ref<PyTupleObject>>> {
    Ok(
        getattr_opt(cls, intern!("__bases__"))?
            .and_then(|b| b.downcast_ref::<PyTupleObject>().ok()),
    )
}

fn abstract_is_subclass(derived: &Obj, cls: &Obj) -> Result<bool> {
    if derived.is_same(cls) {
        return Ok(true);
    }
    let _depth = call::NativeCall::enter(" in __issubclass__")?;
    match bases_of(derived)? {
        Some(bases) => any_of(&bases, |b| abstract_is_subclass(b, cls)),
        None => Ok(false),
    }
}

/// `issubclass(derived, cls)`.
pub fn is_subclass(derived: &Obj, cls: &Obj) -> Result<bool> {
    if ptr::eq(cls.ty(), &PyType_Type) {
        if derived.is_same(cls) {
            return Ok(true);
        }
        return real_is_subclass(derived, cls);
    }
    if cls.is::<crate::types::union_::Union>() {
        return any_of(&crate::types::union_::args(cls), |c| {
            is_subclass(derived, c)
        });
    }
    if let Some(classes) = cls.downcast::<PyTupleObject>() {
        let _depth = call::NativeCall::enter(" in __subclasscheck__")?;
        return any_of(&classes.to_ref(), |c| is_subclass(derived, c));
    }
    if let Some(answer) = {
        let _depth = call::NativeCall::enter(" in __subclasscheck__")?;
        call::special(cls, intern!("__subclasscheck__"), &[derived])?
    } {
        return is_true(&answer);
    }
    real_is_subclass(derived, cls)
}

/// `issubclass` without hooks.
pub fn real_is_subclass(derived: &Obj, cls: &Obj) -> Result<bool> {
    if let (Some(d), Some(c)) = (
        derived.downcast::<PyTypeObject>(),
        cls.downcast::<PyTypeObject>(),
    ) {
        return Ok(type_::is_subtype(d, c));
    }
    if bases_of(derived)?.is_none() {
        return raise!(TypeError, "issubclass() arg 1 must be a class");
    }
    if bases_of(cls)?.is_none() {
        return raise!(
            TypeError,
            "issubclass() arg 2 must be a class, a tuple of classes, or a union"
        );
    }
    abstract_is_subclass(derived, cls)
}

/// The names of an object's attributes for `object.__dir__`.
pub fn default_dir(o: &Obj) -> Result {
    let all = dict::new();
    if let Some(d) = getattr_opt(o, intern!("__dict__"))?
        && d.is::<PyDictObject>()
    {
        all.merge(&d, dict::Merge::Override)?;
    }
    if let Some(class) = getattr_opt(o, intern!("__class__"))? {
        type_::merge_class_dicts(&all, &class)?;
    }
    call_keys(all.as_obj())
}

/// `(o, item)` as a tuple: a convenience of reduce methods.
pub fn pair(a: &Obj, b: &Obj) -> Ref {
    tuple::from_slice(&[a, b]).into_obj()
}

/// An int object for a size.
pub fn size(n: usize) -> Ref {
    int::from_u64(n as u64).into_obj()
}
