//! Error handlers: the registry by name, and the built-in ones as functions that take an exception.

use layout::{Global, METH_O, PyMethodDef, PyObject, PyUnicodeErrorObject};
use text::codecs::Replacement;
use text::codecs::errors::Errors;

use super::errors::fields;
use crate::err::{self, Result, exc, raise};
use crate::method::{borrowed, def};
use crate::object::*;
use crate::types::dict::{self, DictExt};
use crate::types::str_::{self, StrExt};
use crate::types::{bytes, int, tuple};
use crate::{cstr, method_doc};

/// The dict of handlers by name, made at the first use.
static HANDLERS: Global<*mut PyObject> = Global::new(core::ptr::null_mut());

macro_rules! handler {
    ($function:literal, $errors:ident) => {{
        // These functions have no self, so that `o!` does not serve.
        unsafe extern "C" fn run(_: *mut PyObject, e: *mut PyObject) -> *mut PyObject {
            // SAFETY: the argument is an object.
            crate::method::answer(handle(Errors::$errors, unsafe { borrowed(e) }))
        }
        def(
            cstr!($function),
            run as *const (),
            METH_O,
            method_doc!($function, ""),
        )
    }};
}

/// The registered names, and the functions that are registered under them.
static BUILTIN: &[(&str, PyMethodDef)] = &[
    ("strict", handler!("strict_errors", Strict)),
    ("ignore", handler!("ignore_errors", Ignore)),
    ("replace", handler!("replace_errors", Replace)),
    (
        "xmlcharrefreplace",
        handler!("xmlcharrefreplace_errors", XmlCharRefReplace),
    ),
    (
        "backslashreplace",
        handler!("backslashreplace_errors", BackslashReplace),
    ),
    ("namereplace", handler!("namereplace_errors", NameReplace)),
    ("surrogatepass", handler!("surrogatepass", SurrogatePass)),
    (
        "surrogateescape",
        handler!("surrogateescape", SurrogateEscape),
    ),
];

fn handlers() -> Result<Ref<layout::PyDictObject>> {
    if let Some(known) = HANDLERS.get_ref() {
        // SAFETY: only ever set to a dict.
        return Ok(unsafe { known.into_cast() });
    }
    let new = dict::new();
    for (name, row) in BUILTIN {
        new.set_str(
            name,
            &crate::types::cfunction::new(core::ptr::from_ref(row).cast_mut(), None, None),
        )?;
    }
    HANDLERS.set_ref(Some(new.clone().into_obj()));
    Ok(new)
}

/// `codecs.lookup_error(name)`.
pub fn lookup(name: &str) -> Result {
    match handlers()?.get_str(name) {
        Some(handler) => Ok(handler),
        None => raise!(LookupError, "unknown error handler name '{name:.400}'"),
    }
}

/// `codecs.register_error(name, handler)`.
pub fn register(name: &str, handler: &Obj) -> Result<()> {
    if !crate::protocol::object::is_callable(handler) {
        return raise!(TypeError, "handler must be callable");
    }
    handlers()?.set_str(name, handler)
}

/// Removes a handler that a program registered; says whether there was one.
pub fn unregister(name: &str) -> Result<bool> {
    if BUILTIN.iter().any(|(builtin, _)| *builtin == name) {
        return raise!(
            ValueError,
            "cannot un-register built-in error handler '{name}'"
        );
    }
    handlers()?.del(str_::new(name).as_obj())
}

/// Start and end of the fault, fitted to the object's length.
fn range(e: &PyUnicodeErrorObject, len: usize) -> (usize, usize) {
    let len = len as isize;
    let start = e.start.get().max(0).min((len - 1).max(0));
    let end = e.end.get().max(1).min(len);
    (start as usize, end.max(start) as usize)
}

fn encoding_of(e: &PyUnicodeErrorObject) -> String {
    e.encoding
        .borrow_obj()
        .map(str_::to_string_lossy)
        .unwrap_or_default()
}

fn answer(replacement: &Obj, position: usize) -> Result {
    Ok(tuple::pair(replacement, int::from_usize(position).as_obj()).into_obj())
}

/// A built-in handler at work on an exception.
fn handle(errors: Errors, exception: &Obj) -> Result {
    if errors == Errors::Strict {
        if !exception.is::<layout::PyBaseExceptionObject>() {
            return raise!(TypeError, "codec must pass exception instance");
        }
        return Err(err::set_exception(exception.new_ref()));
    }
    let refuse = || {
        raise!(
            TypeError,
            "don't know how to handle {:.200} in error callback",
            exception.tp_name()
        )
    };
    let Some(e) = fields(exception) else {
        return refuse();
    };
    let Some(object) = e.object.get_ref() else {
        return refuse();
    };
    let given_up = || Err(err::set_exception(exception.new_ref()));
    if is_instance_of(exception, &exc::UnicodeDecodeError) {
        if matches!(errors, Errors::XmlCharRefReplace | Errors::NameReplace) {
            return refuse();
        }
        let Some(input) = bytes::build::slice_of(&object) else {
            return raise!(TypeError, "object attribute must be bytes");
        };
        let (start, end) = range(e, input.len());
        return match errors.decode_range(&encoding_of(e), start, end, input) {
            Some((text, next)) => answer(str_::from_buf(&text)?.as_obj(), next),
            None => given_up(),
        };
    }
    let Some(text) = str_::of(&object) else {
        return raise!(TypeError, "object attribute must be unicode");
    };
    let (start, end) = range(e, text.len());
    let bad = text.data().slice(start..end);
    if is_instance_of(exception, &exc::UnicodeTranslateError) {
        return match errors {
            Errors::SurrogateEscape
            | Errors::SurrogatePass
            | Errors::XmlCharRefReplace
            | Errors::NameReplace => refuse(),
            _ => match errors.translate_range(bad) {
                Some(text) => answer(str_::from_buf(&text)?.as_obj(), end),
                None => given_up(),
            },
        };
    }
    match errors.encode_range(&encoding_of(e), bad, text::names::name) {
        Some(Replacement::Text(text)) => answer(str_::from_buf(&text)?.as_obj(), end),
        Some(Replacement::Bytes(bytes)) => answer(bytes::try_new(&bytes)?.as_obj(), end),
        None => given_up(),
    }
}
