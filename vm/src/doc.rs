//! Docstrings and text signatures of builtins.
//!
//! A method row's C doc holds its signature in CPython's form, `name(params)\n--\n\n`, and no prose: the prose is looked
//! up by qualified name in the doc database when somebody asks. Extensions' docs carry both.

use core::ffi::{CStr, c_char};

use layout::*;

use crate::object::*;
use crate::types::str_;

/// Splits C docs into signature (with its parentheses) and prose, as CPython does for a function called `name`.
pub fn split<'a>(doc: &'a str, name: &str) -> (Option<&'a str>, &'a str) {
    let bare = name.rsplit('.').next().unwrap_or(name);
    let Some(rest) = doc.strip_prefix(bare) else {
        return (None, doc);
    };
    if !rest.starts_with('(') {
        return (None, doc);
    }
    match rest.find(")\n--\n\n") {
        // A blank line ends the search: what looked like a signature was prose.
        Some(end) if !rest[..end].contains("\n\n") => {
            (Some(&rest[..=end]), &rest[end + ")\n--\n\n".len()..])
        }
        _ => (None, doc),
    }
}

/// A C string as text.
fn text<'a>(doc: *const c_char) -> &'a str {
    if doc.is_null() {
        return "";
    }
    // SAFETY: docs are NUL-terminated and live as long as what they document.
    unsafe { CStr::from_ptr(doc) }.to_str().unwrap_or("")
}

/// `__doc__` from C docs alone: the prose, or None.
pub fn text_of(doc: *const c_char, name: &str) -> Ref {
    if doc.is_null() {
        return none();
    }
    str_::new(split(text(doc), name).1).into_obj()
}

/// Whether C docs hold more than a signature.
pub fn has_prose(doc: *const c_char, name: &str) -> bool {
    !split(text(doc), name).1.is_empty()
}

/// `__doc__` of a function or attribute: from its C docs, else from the database under `qualified`.
pub fn doc_or_lookup(doc: *const c_char, name: &str, qualified: &str) -> Ref {
    let prose = split(text(doc), name).1;
    if !prose.is_empty() {
        return str_::new(prose).into_obj();
    }
    lookup(qualified).map_or_else(none, |found| str_::new(found).into_obj())
}

/// `__text_signature__` from C docs.
pub fn signature_of(doc: *const c_char, name: &str) -> Ref {
    split(text(doc), name)
        .0
        .map_or_else(none, |s| str_::new(s).into_obj())
}

/// `__text_signature__` of a type.
pub fn type_signature(tp: &PyTypeObject) -> Ref {
    if has_flag(tp, Py_TPFLAGS_HEAPTYPE) && tp.tp_doc.get().is_null() {
        return none();
    }
    signature_of(tp.tp_doc.get(), &crate::types::type_::name_of(tp))
}

/// The database's text for a qualified name: "builtins.list.append".
pub fn lookup(qualified: &str) -> Option<&'static str> {
    static TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/docs.txt"));
    let found = rustpython_doc::get(qualified)?;
    if found.len == 0 {
        return None;
    }
    TEXT.get(found.offset as usize..(found.offset + found.len) as usize)
}

/// The database's name of a type, or of one of its attributes.
pub fn type_path(tp: &PyTypeObject, attribute: Option<&str>) -> String {
    let name = type_name(tp);
    let qualified = if name.contains('.') {
        name.to_owned()
    } else {
        format!("builtins.{name}")
    };
    match attribute {
        Some(a) => format!("{qualified}.{a}"),
        None => qualified,
    }
}
