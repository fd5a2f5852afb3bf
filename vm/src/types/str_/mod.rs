//! `str`: immutable text, kept as code points in the narrowest of three widths.
//!
//! The layout is CPython's: an ASCII string is header and bytes in one cell, a wider one has room in its header for a
//! cached UTF-8 form, an instance of a subclass keeps its characters in a block of its own. Invariant: characters never
//! change once a string is shared; every string is canonical (see [`data`]).
//!
//! What the rest of the runtime calls is re-exported here: [`new`] and its kin to make strings, [`StrExt`] to read them,
//! [`Writer`] to build them, [`intern!`](crate::intern) for names.

use layout::{
    Py_TPFLAGS_BASETYPE, Py_TPFLAGS_DEFAULT, Py_TPFLAGS_UNICODE_SUBCLASS, PyDictObject,
    PySliceObject, PyTupleObject, PyTypeObject, PyUnicode_Type, PyUnicodeObject,
};

mod alloc;
pub mod args;
pub mod case;
pub mod data;
pub mod format;
mod intern;
pub mod iter;
mod ops;
pub mod pad;
pub mod percent;
pub mod search;
pub mod split;
pub mod tail;
pub mod translate;
pub mod utf8;
mod writer;

pub use alloc::{
    Fresh, empty, filled, from_ascii, from_buf, from_char, from_chars, from_data, from_latin1,
    from_ucs2, from_ucs4, from_wtf8, latin1_char, latin1_single, new, new_of_type, try_from_data,
};
pub use data::{
    StrData, StrExt, bound, compare, eq, eq_str, of, same_text, state, to_string_lossy,
};
pub use format::{format_str, format_with};
pub use intern::{
    Site, count as interned_count, intern, intern_immortal, intern_str, interned, is_interned,
};
pub use ops::{
    append_in_place, char_string, concat, concat_objects, join, join_items, repeat, stepped,
    substring, unchanged,
};
pub use percent::{format as percent_format, remainder};
pub use search::{contains_str, replace_str};
pub use split::{rsplit_str, split_str, splitlines_str};
pub use utf8::to_wtf8;
pub use writer::Writer;

use crate::args::Signature;
use crate::err::{Result, exc, raise};
use crate::method::{Args, Methods, fastcall, keywords, noargs, o, static_method, varargs_kw};
use crate::object::*;
use crate::protocol::number::{index_isize, is_index};
use crate::types::type_::builder::{CompareOp, TypeBuilder};
use crate::types::{slice, tuple};

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PyUnicodeObject>()
        .flags(
            Py_TPFLAGS_DEFAULT
                | Py_TPFLAGS_BASETYPE
                | Py_TPFLAGS_UNICODE_SUBCLASS
                | layout::_Py_TPFLAGS_MATCH_SELF,
        )
        .destructible()
        .tp_new(str_new)
        .tp_vectorcall(str_vectorcall)
        .tp_dealloc(ops::dealloc)
        .tp_repr(repr)
        .tp_str(unchanged)
        .tp_hash(|s: &PyUnicodeObject| Ok(s.hash()))
        .tp_richcompare(richcompare)
        .tp_iter(iter::iter)
        .nb_remainder(remainder)
        .sq_length(|s: &PyUnicodeObject| Ok(s.len()))
        .sq_concat(|s: &PyUnicodeObject, other: &Obj| concat_objects(s.as_obj(), other))
        .sq_repeat(|s: &PyUnicodeObject, n: isize| Ok(repeat(s, n)?.into_obj()))
        .sq_item(item)
        .sq_contains(search::contains)
        .mp_length(|s: &PyUnicodeObject| Ok(s.len()))
        .mp_subscript(subscript)
        .methods(METHODS);
}

// ---- Constructor ----

/// The same characters as a `str` proper.
pub fn exact_copy(s: &PyUnicodeObject) -> Ref<PyUnicodeObject> {
    from_data(s.data())
}

static NEW: Signature = Signature::new(
    "str",
    "(object=<unrepresentable>, encoding='utf-8', errors='strict')",
);

fn str_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [object, encoding, errors] = NEW.bind(args, kwargs)?;
    construct(tp, object, encoding, errors)
}

fn str_vectorcall(tp: &PyTypeObject, args: Args<'_>) -> Result {
    if args.positional.len() > 3 {
        return raise!(
            TypeError,
            "str expected at most 3 arguments, got {}",
            args.positional.len()
        );
    }
    let [object, encoding, errors] = NEW.bind_args(&args)?;
    construct(tp, object, encoding, errors)
}

fn construct(
    tp: &PyTypeObject,
    object: Option<&Obj>,
    encoding: Option<&Obj>,
    errors: Option<&Obj>,
) -> Result {
    let text = match object {
        None => empty().into_obj(),
        Some(o) if encoding.is_none() && errors.is_none() => crate::protocol::object::str(o)?,
        Some(o) => {
            let encoding = encoding
                .map(|e| text_argument("str", "encoding", e))
                .transpose()?;
            let errors = errors
                .map(|e| text_argument("str", "errors", e))
                .transpose()?;
            decoded(o, encoding, errors)?
        }
    };
    if core::ptr::eq(tp, &PyUnicode_Type) {
        return Ok(text);
    }
    match text.downcast::<PyUnicodeObject>() {
        Some(chars) => Ok(new_of_type(tp, chars)?.into_obj()),
        None => raise!(TypeError, "expected str, got {}", text.tp_name()),
    }
}

/// An encoding's or error handler's name.
pub fn text_argument<'a>(function: &str, name: &str, o: &'a Obj) -> Result<&'a str> {
    let s = args::string(function, &format!("argument '{name}'"), o)?.as_str()?;
    if s.contains('\0') {
        return raise!(ValueError, "embedded null character");
    }
    Ok(s)
}

/// `str(o, encoding, errors)` (`PyUnicode_FromEncodedObject`).
pub fn decoded(o: &Obj, encoding: Option<&str>, errors: Option<&str>) -> Result {
    if o.is::<PyUnicodeObject>() {
        return raise!(TypeError, "decoding str is not supported");
    }
    if !crate::protocol::buffer::has_buffer(o) {
        return raise!(
            TypeError,
            "decoding to str: need a bytes-like object, {:.80} found",
            o.tp_name()
        );
    }
    let buffer = crate::protocol::buffer::simple(o)?;
    crate::codecs::decode_bytes(buffer.bytes(), encoding, errors)
}

// ---- Slots ----

fn repr(s: &PyUnicodeObject) -> Result<Ref<PyUnicodeObject>> {
    from_buf(&text::escape::repr(s.data()))
}

/// `ascii()` of a string that is a `repr`: what isn't ASCII is escaped.
pub fn backslash_escaped(s: &PyUnicodeObject) -> Result {
    if s.is_ascii() {
        return Ok(unchanged(s)?.into_obj());
    }
    let mut out = Writer::with_capacity(s.len());
    for c in s.chars() {
        match c {
            0..=0x7f => out.push(c),
            0x80..=0xff => out.push_ascii(&format!("\\x{c:02x}")),
            0x100..=0xffff => out.push_ascii(&format!("\\u{c:04x}")),
            _ => out.push_ascii(&format!("\\U{c:08x}")),
        }
    }
    Ok(out.finish()?.into_obj())
}

fn richcompare(a: &PyUnicodeObject, b: &Obj, op: CompareOp) -> Result {
    let Some(b) = b.downcast::<PyUnicodeObject>() else {
        return Ok(not_implemented());
    };
    Ok(bool_(match op {
        CompareOp::Eq => eq(a, b),
        CompareOp::Ne => !eq(a, b),
        _ => op.test(compare(a, b)),
    }))
}

fn item(s: &PyUnicodeObject, i: isize) -> Result<Ref<PyUnicodeObject>> {
    match usize::try_from(i) {
        Ok(i) if i < s.len() => Ok(char_string(s, i)),
        _ => raise!(IndexError, "string index out of range"),
    }
}

fn subscript(s: &PyUnicodeObject, key: &Obj) -> Result<Ref<PyUnicodeObject>> {
    if is_index(key) {
        let i = index_isize(key, Some(&exc::IndexError))?;
        return item(s, if i < 0 { i + s.len() as isize } else { i });
    }
    let Some(cut) = key.downcast::<PySliceObject>() else {
        return raise!(
            TypeError,
            "string indices must be integers, not '{:.200}'",
            key.tp_name()
        );
    };
    let cut = slice::unpack(cut, s.len())?;
    match cut.len {
        0 => Ok(empty()),
        n => stepped(s, cut.start, cut.step, n),
    }
}

// ---- Methods ----

pub static METHODS: Methods = &[
    keywords!(
        "encode",
        encode,
        "($self, /, encoding='utf-8', errors='strict')"
    ),
    keywords!("replace", search::replace, "($self, old, new, /, count=-1)"),
    keywords!("split", split::split, "($self, /, sep=None, maxsplit=-1)"),
    keywords!("rsplit", split::rsplit, "($self, /, sep=None, maxsplit=-1)"),
    o!("join", join, "($self, iterable, /)"),
    noargs!("capitalize", case::capitalize, "($self, /)"),
    noargs!("casefold", case::casefold, "($self, /)"),
    noargs!("title", case::title, "($self, /)"),
    fastcall!("center", pad::center, "($self, width, fillchar=' ', /)"),
    fastcall!("count", search::count, "($self, sub[, start[, end]], /)"),
    keywords!("expandtabs", pad::expandtabs, "($self, /, tabsize=8)"),
    fastcall!("find", search::find, "($self, sub[, start[, end]], /)"),
    o!("partition", split::partition, "($self, sep, /)"),
    fastcall!("index", search::index, "($self, sub[, start[, end]], /)"),
    fastcall!("ljust", pad::ljust, "($self, width, fillchar=' ', /)"),
    noargs!("lower", case::lower, "($self, /)"),
    fastcall!("lstrip", split::lstrip, "($self, chars=None, /)"),
    fastcall!("rfind", search::rfind, "($self, sub[, start[, end]], /)"),
    fastcall!("rindex", search::rindex, "($self, sub[, start[, end]], /)"),
    fastcall!("rjust", pad::rjust, "($self, width, fillchar=' ', /)"),
    fastcall!("rstrip", split::rstrip, "($self, chars=None, /)"),
    o!("rpartition", split::rpartition, "($self, sep, /)"),
    keywords!(
        "splitlines",
        split::splitlines,
        "($self, /, keepends=False)"
    ),
    fastcall!("strip", split::strip, "($self, chars=None, /)"),
    noargs!("swapcase", case::swapcase, "($self, /)"),
    o!("translate", translate::translate, "($self, table, /)"),
    noargs!("upper", case::upper, "($self, /)"),
    fastcall!(
        "startswith",
        search::startswith,
        "($self, prefix[, start[, end]], /)"
    ),
    fastcall!(
        "endswith",
        search::endswith,
        "($self, suffix[, start[, end]], /)"
    ),
    o!("removeprefix", search::removeprefix, "($self, prefix, /)"),
    o!("removesuffix", search::removesuffix, "($self, suffix, /)"),
    noargs!("isascii", case::isascii, "($self, /)"),
    noargs!("islower", case::islower, "($self, /)"),
    noargs!("isupper", case::isupper, "($self, /)"),
    noargs!("istitle", case::istitle, "($self, /)"),
    noargs!("isspace", case::isspace, "($self, /)"),
    noargs!("isdecimal", case::isdecimal, "($self, /)"),
    noargs!("isdigit", case::isdigit, "($self, /)"),
    noargs!("isnumeric", case::isnumeric, "($self, /)"),
    noargs!("isalpha", case::isalpha, "($self, /)"),
    noargs!("isalnum", case::isalnum, "($self, /)"),
    noargs!("isidentifier", case::isidentifier, "($self, /)"),
    noargs!("isprintable", case::isprintable, "($self, /)"),
    o!("zfill", pad::zfill, "($self, width, /)"),
    varargs_kw!(
        "format",
        format::method_format,
        "($self, /, *args, **kwargs)"
    ),
    o!(
        "format_map",
        format::method_format_map,
        "($self, mapping, /)"
    ),
    o!("__format__", dunder_format, "($self, format_spec, /)"),
    static_method(fastcall!("maketrans", translate::maketrans, "")),
    noargs!("__sizeof__", sizeof, "($self, /)"),
    noargs!("__getnewargs__", getnewargs, "($self, /)"),
];

fn encode(s: &PyUnicodeObject, [encoding, errors]: [Option<&Obj>; 2]) -> Result {
    let encoding = encoding
        .map(|o| text_argument("encode", "encoding", o))
        .transpose()?;
    let errors = errors
        .map(|o| text_argument("encode", "errors", o))
        .transpose()?;
    crate::codecs::encode_to_bytes(s, encoding, errors)
}

fn dunder_format(s: &PyUnicodeObject, spec: &Obj) -> Result {
    let spec = args::string("__format__", "argument", spec)?;
    if spec.is_empty() {
        return if s.as_obj().is_exact::<PyUnicodeObject>() {
            Ok(s.as_obj().new_ref())
        } else {
            crate::protocol::object::str(s.as_obj())
        };
    }
    Ok(format_str(s, spec)?.into_obj())
}

fn sizeof(s: &PyUnicodeObject) -> Result<usize> {
    let chars = (s.len() + 1) * data::width(s.data());
    let header = match (s.is_compact(), s.is_ascii()) {
        (true, true) => size_of::<layout::PyASCIIObject>(),
        (true, false) => size_of::<layout::PyCompactUnicodeObject>(),
        (false, _) => s.as_obj().ty().tp_basicsize.get() as usize,
    };
    Ok(header + chars + utf8::cached_size(s))
}

fn getnewargs(s: &PyUnicodeObject) -> Result {
    Ok(tuple::new(&[try_from_data(s.data())?.as_obj()]).into_obj())
}
