//! `_string`: the language of `str.format`, taken apart for `string.Formatter`.

use core::cell::Cell;

use layout::{Layout, Py_TPFLAGS_HAVE_GC, PyMethodDef, PyObject, PyTypeObject, PyUnicodeObject};
use text::escape::{FieldName, Key, Part, Pieces};
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::types::str_::{self, StrData, StrExt};
use vm::types::type_::TypeBuilder;
use vm::types::{int, list, tuple, type_};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_string",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    o!(
        "formatter_field_name_split",
        field_name_split,
        "($self, object, /)"
    ),
    o!("formatter_parser", parser, "($self, object, /)"),
];

static FORMATTER_ITERATOR: PyTypeObject = PyTypeObject::statically_declared();

/// What the parsers yield: tuples made when the text was parsed, and then the error that ended it.
#[repr(C)]
struct Parsed {
    ob_base: PyObject,
    items: Slot,
    next: Cell<usize>,
    error: Option<&'static str>,
}

impl Layout for Parsed {
    fn type_object() -> &'static PyTypeObject {
        &FORMATTER_ITERATOR
    }
}

fn exec(_: &Obj) -> Result<()> {
    if FORMATTER_ITERATOR.tp_flags.get() & layout::Py_TPFLAGS_READY == 0 {
        define(&mut TypeBuilder::start(
            &FORMATTER_ITERATOR,
            c"formatteriterator",
        ));
        type_::ready(&FORMATTER_ITERATOR)?;
    }
    Ok(())
}

fn define(b: &mut TypeBuilder) {
    b.basicsize::<Parsed>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<Parsed>()
        .tp_traverse(|p: &Parsed, v: &mut Visitor| v.slot(&p.items))
        .iter_self()
        .tp_iternext(next);
}

fn iterator(items: Vec<Ref>, error: Option<&'static str>) -> Result {
    let parsed = Parsed {
        ob_base: header(),
        items: Slot::new(Some(list::new(items).into_obj())),
        next: Cell::new(0),
        error,
    };
    Ok(create(&FORMATTER_ITERATOR, parsed)?.into_obj())
}

fn next(p: &Parsed) -> Result<Option<Ref>> {
    use vm::types::list::ListExt;
    let items = p
        .items
        .borrow()
        .and_then(|o| o.downcast::<layout::PyListObject>());
    let i = p.next.get();
    match items.and_then(|items| items.items().get(i).cloned()) {
        Some(item) => {
            p.next.set(i + 1);
            Ok(Some(item))
        }
        None => match p.error {
            Some(message) => raise!(ValueError, "{message}"),
            None => Ok(None),
        },
    }
}

fn text_of(o: &Obj) -> Result<&PyUnicodeObject> {
    match o.downcast::<PyUnicodeObject>() {
        Some(s) => Ok(s),
        None => raise!(TypeError, "expected str, got {}", o.tp_name()),
    }
}

/// Tuples of literal text, field name, specification and conversion.
fn parser(_: &Obj, o: &Obj) -> Result {
    let text = text_of(o)?.data();
    let part = |range: core::ops::Range<usize>| str_::from_data(text.slice(range)).into_obj();
    let mut items = Vec::new();
    for piece in Pieces::new(text) {
        let piece = match piece {
            Ok(piece) => piece,
            Err(message) => return iterator(items, Some(message)),
        };
        let (name, spec, conversion) = match piece.field {
            None => (none(), none(), none()),
            Some(field) => (
                part(field.name),
                part(field.spec),
                field
                    .conversion
                    .map_or_else(none, |c| str_::from_char(c).into_obj()),
            ),
        };
        items.push(tuple::from_vec(vec![part(piece.literal), name, spec, conversion]).into_obj());
    }
    iterator(items, None)
}

fn key(text: StrData<'_>, key: Key) -> Ref {
    match key {
        Key::Index(i) => int::from_usize(i).into_obj(),
        Key::Name(range) => str_::from_data(text.slice(range)).into_obj(),
    }
}

/// The first key, and an iterator over `(is attribute, key)`.
fn field_name_split(_: &Obj, o: &Obj) -> Result {
    let text = text_of(o)?.data();
    let (first, parts) = match FieldName::split(text) {
        Ok(split) => split,
        Err(message) => return raise!(ValueError, "{message}"),
    };
    let (mut items, mut error) = (Vec::new(), None);
    for part in parts {
        let pair = match part {
            Ok(Part::Attribute(range)) => {
                tuple::pair(TRUE(), str_::from_data(text.slice(range)).as_obj())
            }
            Ok(Part::Item(item)) => tuple::pair(FALSE(), &key(text, item)),
            Err(message) => {
                error = Some(message);
                break;
            }
        };
        items.push(pair.into_obj());
    }
    Ok(tuple::pair(&key(text, first), &*iterator(items, error)?).into_obj())
}
