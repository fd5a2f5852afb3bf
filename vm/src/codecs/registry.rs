//! The registry of codecs: search functions, asked in turn for an encoding's `(encoder, decoder, reader, writer)`, and a
//! cache of their answers by normalised name.

use layout::{Global, PyListObject, PyObject, PyTupleObject};

use super::native::normalize;
use crate::err::{self, Raised, Result, raise};
use crate::intern;
use crate::object::*;
use crate::protocol::call::{call, call1};
use crate::protocol::object::{getattr_opt, is_callable, is_true};
use crate::types::dict::{self, DictExt};
use crate::types::list::{self, ListExt};
use crate::types::str_;
use crate::types::tuple::TupleExt;

struct Registry {
    search: Global<*mut PyObject>,
    cache: Global<*mut PyObject>,
    /// Whether the `encodings` package was imported, or is being.
    filled: Global<bool>,
}

static REGISTRY: Registry = Registry {
    search: Global::new(core::ptr::null_mut()),
    cache: Global::new(core::ptr::null_mut()),
    filled: Global::new(false),
};

fn search_path() -> Ref<PyListObject> {
    let path = REGISTRY.search.get_ref().unwrap_or_else(|| {
        let new = list::new(Vec::new()).into_obj();
        REGISTRY.search.set_ref(Some(new.clone()));
        new
    });
    // SAFETY: only ever set to a list.
    unsafe { path.into_cast() }
}

fn cache() -> Ref<layout::PyDictObject> {
    let cache = REGISTRY.cache.get_ref().unwrap_or_else(|| {
        let new = dict::new().into_obj();
        REGISTRY.cache.set_ref(Some(new.clone()));
        new
    });
    // SAFETY: only ever set to a dict.
    unsafe { cache.into_cast() }
}

/// `codecs.register(search_function)`.
pub fn register(search: &Obj) -> Result<()> {
    if !is_callable(search) {
        return raise!(TypeError, "argument must be callable");
    }
    search_path().push(search.new_ref());
    Ok(())
}

/// `codecs.unregister(search_function)`: forgets all cached answers if the function was registered.
pub fn unregister(search: &Obj) -> Result<()> {
    let path = search_path();
    let kept: Vec<Ref> = path
        .items()
        .iter()
        .filter(|f| !f.is_same(search))
        .cloned()
        .collect();
    if kept.len() < path.items().len() {
        REGISTRY.search.set_ref(Some(list::new(kept).into_obj()));
        cache().clear();
    }
    Ok(())
}

/// `codecs.lookup(encoding)`: a tuple of four.
pub fn lookup(encoding: &str) -> Result {
    let name = str_::new(&normalize(encoding));
    if let Some(found) = cache().get(name.as_obj())? {
        return Ok(found);
    }
    if !REGISTRY.filled.replace(true) {
        crate::import::import("encodings")?;
    }
    let path = search_path();
    let mut i = 0;
    while let Some(search) = path.items().get(i).cloned() {
        i += 1;
        let found = call1(&search, name.as_obj())?;
        if found.is_none() {
            continue;
        }
        if found
            .downcast::<PyTupleObject>()
            .is_none_or(|t| t.items().len() != 4)
        {
            return raise!(TypeError, "codec search functions must return 4-tuples");
        }
        cache().set(name.as_obj(), &found)?;
        return Ok(found);
    }
    raise!(LookupError, "unknown encoding: {encoding}")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Encoding,
    Decoding,
}

impl Direction {
    fn index(self) -> usize {
        self as usize
    }

    fn verb(self) -> &'static str {
        if self == Direction::Encoding {
            "encoding"
        } else {
            "decoding"
        }
    }
}

/// A codec that converts between text and bytes; others are for `codecs.encode` and `codecs.decode`.
fn lookup_text(encoding: &str, direction: Direction) -> Result {
    let function = if direction == Direction::Encoding {
        "codecs.encode()"
    } else {
        "codecs.decode()"
    };
    lookup_text_encoding(encoding, Some(function))
}

/// The same; `instead` is what other codecs are for.
pub fn lookup_text_encoding(encoding: &str, instead: Option<&str>) -> Result {
    let codec = lookup(encoding)?;
    if !codec.is_exact::<PyTupleObject>()
        && let Some(flag) = getattr_opt(&codec, intern!("_is_text_encoding"))?
        && !is_true(&flag)?
    {
        let advice = instead
            .map(|f| format!("; use {f} to handle arbitrary codecs"))
            .unwrap_or_default();
        return raise!(
            LookupError,
            "'{encoding:.400}' is not a text encoding{advice}"
        );
    }
    Ok(codec)
}

fn run(
    codec: &Obj,
    direction: Direction,
    object: &Obj,
    encoding: &str,
    errors: Option<&str>,
) -> Result {
    let Some(function) = codec
        .downcast::<PyTupleObject>()
        .and_then(|t| t.items().get(direction.index()))
        .cloned()
    else {
        return raise!(TypeError, "codec search functions must return 4-tuples");
    };
    let answer = match errors {
        Some(errors) => call(&function, &[object, str_::new(errors).as_obj()]),
        None => call1(&function, object),
    };
    let answer = answer.map_err(|raised| noted(raised, direction, encoding))?;
    match answer.downcast::<PyTupleObject>().map(TupleExt::items) {
        Some([result, _]) => Ok(result.clone()),
        _ if direction == Direction::Encoding => {
            raise!(TypeError, "encoder must return a tuple (object, integer)")
        }
        _ => raise!(TypeError, "decoder must return a tuple (object,integer)"),
    }
}

/// Adds a note to the exception that says which codec failed.
fn noted(raised: Raised, direction: Direction, encoding: &str) -> Raised {
    let exception = err::catch(raised);
    let note = str_::new(&format!(
        "{} with '{encoding}' codec failed",
        direction.verb()
    ));
    if crate::protocol::call::call_method(&exception, "add_note", &[note.as_obj()]).is_err() {
        err::clear();
    }
    err::reraise(exception)
}

/// `codecs.encode(object, encoding, errors)`.
pub fn encode(object: &Obj, encoding: &str, errors: Option<&str>) -> Result {
    run(
        &*lookup(encoding)?,
        Direction::Encoding,
        object,
        encoding,
        errors,
    )
}

/// `codecs.decode(object, encoding, errors)`.
pub fn decode(object: &Obj, encoding: &str, errors: Option<&str>) -> Result {
    run(
        &*lookup(encoding)?,
        Direction::Decoding,
        object,
        encoding,
        errors,
    )
}

/// `str.encode` with a codec of the registry.
pub fn encode_text(object: &Obj, encoding: &str, errors: Option<&str>) -> Result {
    run(
        &*lookup_text(encoding, Direction::Encoding)?,
        Direction::Encoding,
        object,
        encoding,
        errors,
    )
}

/// `bytes.decode` with a codec of the registry.
pub fn decode_text(object: &Obj, encoding: &str, errors: Option<&str>) -> Result {
    run(
        &*lookup_text(encoding, Direction::Decoding)?,
        Direction::Decoding,
        object,
        encoding,
        errors,
    )
}
