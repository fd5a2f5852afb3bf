//! `make_encoder`: a callable that writes a value as JSON.

use core::cell::Cell;
use core::mem::offset_of;

use super::encode_text::Encode;
use super::native_encoder;
use crate::prelude::*;
use vm::types::dict::DictExt as _;
use vm::types::list::{self, ListExt as _};
use vm::types::str_::Writer;
use vm::types::{float, type_};

/// `_json.Encoder`.
#[repr(C)]
pub struct Encoder {
    ob_base: PyObject,
    /// The containers being written, by address; None if circles are not looked for.
    markers: Slot,
    default: Slot,
    encoder: Slot,
    /// A str, or None for one line.
    indent: Slot,
    key_separator: Slot,
    item_separator: Slot,
    sort_keys: Cell<u8>,
    skip_keys: Cell<u8>,
    allow_nan: bool,
    /// What `encoder` is, if it is one of this module's.
    native: Option<Encode>,
    vectorcall: vectorcallfunc,
}

static_type!(Encoder, ENCODER);

static MEMBERS: &[PyMemberDef] = &[
    member!("markers", Encoder, markers, _Py_T_OBJECT, Py_READONLY),
    member!("default", Encoder, default, _Py_T_OBJECT, Py_READONLY),
    member!("encoder", Encoder, encoder, _Py_T_OBJECT, Py_READONLY),
    member!("indent", Encoder, indent, _Py_T_OBJECT, Py_READONLY),
    member!(
        "key_separator",
        Encoder,
        key_separator,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!(
        "item_separator",
        Encoder,
        item_separator,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!("sort_keys", Encoder, sort_keys, Py_T_BOOL, Py_READONLY),
    member!("skipkeys", Encoder, skip_keys, Py_T_BOOL, Py_READONLY),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Encoder>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .vectorcall_offset(offset_of!(Encoder, vectorcall))
        .dealloc_drop::<Encoder>()
        .tp_traverse(|e: &Encoder, v: &mut Visitor| {
            e.slots().into_iter().try_for_each(|slot| v.slot(slot))
        })
        .tp_clear(|e: &Encoder| e.slots().into_iter().for_each(|slot| slot.set(None)))
        .tp_new(new)
        .members(MEMBERS);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new(
        "make_encoder",
        "(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)",
    );
    let bound: [_; 9] = SIGNATURE.bind(args, kwargs)?;
    let [
        markers,
        default,
        encoder,
        indent,
        key_separator,
        item_separator,
        sort_keys,
        skip_keys,
        allow_nan,
    ] = bound.map(required);
    for (i, separator) in [(5, key_separator), (6, item_separator)] {
        if !separator.is::<PyUnicodeObject>() {
            return raise!(
                TypeError,
                "make_encoder() argument {i} must be str, not {}",
                separator.tp_name()
            );
        }
    }
    let (sort_keys, skip_keys) = (proto::is_true(sort_keys)?, proto::is_true(skip_keys)?);
    let allow_nan = proto::is_true(allow_nan)?;
    if !markers.is_none() && !markers.is::<PyDictObject>() {
        return raise!(
            TypeError,
            "make_encoder() argument 1 must be dict or None, not {}",
            markers.tp_name()
        );
    }
    let e = Encoder {
        ob_base: header(),
        markers: holding(markers),
        default: holding(default),
        encoder: holding(encoder),
        indent: holding(indent),
        key_separator: holding(key_separator),
        item_separator: holding(item_separator),
        sort_keys: Cell::new(sort_keys.into()),
        skip_keys: Cell::new(skip_keys.into()),
        allow_nan,
        native: native_encoder(encoder),
        vectorcall: vectorcall(encode),
    };
    Ok(create(tp, e)?.into_obj())
}

/// Writes a value: the answer is a tuple of one str.
fn encode(e: &Encoder, args: Args<'_>) -> Result {
    static SIGNATURE: Signature = Signature::new("_iterencode", "(obj, _current_indent_level)");
    let [o, level] = SIGNATURE.bind_args(&args)?.map(required);
    let level = args::to_isize(level)?.max(0) as usize;
    if !e.is_compact() && !held(&e.indent).is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "indent must be str or None, not {}",
            held(&e.indent).tp_name()
        );
    }
    let mut w = Writer::new();
    e.push_value(&mut w, o, level)?;
    Ok(tuple::from_array([w.finish()?.into_obj()]).into_obj())
}

const RECURSION: &str = " while encoding a JSON object";

fn push_repr(w: &mut Writer, repr: Option<reprfunc>, o: &Obj) -> Result<()> {
    let repr = repr.expect("numbers have a repr");
    // SAFETY: the caller names the slot of a base of the object's type.
    push_text(w, &*unsafe { err::from_owned(repr(o.as_ptr())) }?);
    Ok(())
}

/// Says where an error happened, in a note of it.
#[cold]
fn note(raised: err::Raised, text: impl FnOnce() -> String) -> err::Raised {
    let exception = err::catch(raised);
    let text = str_::new(&text());
    match call::call_method(&exception, "add_note", &[text.as_obj()]) {
        Ok(_) => err::reraise(exception),
        Err(raised) => raised,
    }
}

fn class_name(o: &Obj) -> String {
    type_::fully_qualified_name(o.ty())
}

impl Encoder {
    fn slots(&self) -> [&Slot; 6] {
        [
            &self.markers,
            &self.default,
            &self.encoder,
            &self.indent,
            &self.key_separator,
            &self.item_separator,
        ]
    }

    fn is_compact(&self) -> bool {
        held(&self.indent).is_none()
    }

    fn push_newline(&self, w: &mut Writer, level: usize) {
        if let Some(indent) = str_::of(held(&self.indent)) {
            w.push_ascii("\n");
            (0..level).for_each(|_| w.push_obj(indent));
        }
    }

    fn push_value(&self, w: &mut Writer, o: &Obj, level: usize) -> Result<()> {
        if let Some(word) = constant(o) {
            w.push_ascii(word);
            return Ok(());
        }
        if o.is::<PyUnicodeObject>() {
            return self.push_string(w, o);
        }
        if o.is::<PyLongObject>() {
            return push_repr(w, PyLong_Type.tp_repr.get(), o);
        }
        if let Some(x) = o.downcast::<PyFloatObject>() {
            return self.push_float(w, x);
        }
        let _depth = call::NativeCall::enter(RECURSION)?;
        if o.is::<PyListObject>() || o.is::<PyTupleObject>() {
            return self.push_list(w, o, level);
        }
        if let Some(d) = o.downcast::<PyDictObject>() {
            return self.push_dict(w, d, level);
        }
        self.marked(o, || {
            let other = call::call1(held(&self.default), o)?;
            self.push_value(w, &other, level).map_err(|raised| {
                note(raised, || {
                    format!("when serializing {} object", class_name(o))
                })
            })
        })
    }

    /// Writes a value that must not be met again inside itself.
    fn marked(&self, o: &Obj, write: impl FnOnce() -> Result<()>) -> Result<()> {
        let Some(markers) = held(&self.markers)
            .new_ref()
            .downcast_ref::<PyDictObject>()
            .ok()
        else {
            return write();
        };
        let address = int::from_usize(o.as_ptr() as usize);
        if markers.contains(address.as_obj())? {
            return raise!(ValueError, "Circular reference detected");
        }
        markers.set(address.as_obj(), o)?;
        write()?;
        if !markers.del(address.as_obj())? {
            return Err(err::key_error(address.as_obj()));
        }
        Ok(())
    }

    fn push_string(&self, w: &mut Writer, o: &Obj) -> Result<()> {
        if let (Some(encode), Some(s)) = (self.native, str_::of(o)) {
            encode(w, s);
            return Ok(());
        }
        let encoded = call::call1(held(&self.encoder), o)?;
        if !encoded.is::<PyUnicodeObject>() {
            return raise!(
                TypeError,
                "encoder() must return a string, not {}",
                encoded.tp_name()
            );
        }
        push_text(w, &encoded);
        Ok(())
    }

    fn push_float(&self, w: &mut Writer, x: &PyFloatObject) -> Result<()> {
        let value = float::value(x);
        if value.is_finite() {
            return push_repr(w, PyFloat_Type.tp_repr.get(), x.as_obj());
        }
        if !self.allow_nan {
            let text = proto::repr(x.as_obj())?;
            return raise!(
                ValueError,
                "Out of range float values are not JSON compliant: {}",
                str_lossy(&text)
            );
        }
        w.push_ascii(if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        });
        Ok(())
    }

    fn push_list(&self, w: &mut Writer, o: &Obj, level: usize) -> Result<()> {
        // A subclass may have an iteration of its own. A list may change while it is written.
        let items = match o.downcast_exact::<PyListObject>() {
            Some(l) => l.to_ref(),
            None => list::from_iterable(o)?,
        };
        if items.is_empty() {
            w.push_ascii("[]");
            return Ok(());
        }
        self.marked(o, || {
            w.push_ascii("[");
            let mut i = 0;
            while let Some(item) = items.get(i) {
                if i > 0 {
                    push_text(w, held(&self.item_separator));
                }
                self.push_newline(w, level + 1);
                self.push_value(w, &item, level + 1).map_err(|raised| {
                    note(raised, || {
                        format!("when serializing {} item {i}", class_name(o))
                    })
                })?;
                i += 1;
            }
            self.push_newline(w, level);
            w.push_ascii("]");
            Ok(())
        })
    }

    fn push_dict(&self, w: &mut Writer, d: &PyDictObject, level: usize) -> Result<()> {
        if d.is_empty() {
            w.push_ascii("{}");
            return Ok(());
        }
        let plain = self.sort_keys.get() == 0 && d.as_obj().is_exact::<PyDictObject>();
        self.marked(d.as_obj(), || {
            w.push_ascii("{");
            let mut first = true;
            if plain {
                let mut pos = 0;
                while let Some((key, value, _)) = d.next(&mut pos) {
                    self.push_member(w, d, (&key, &value), &mut first, level + 1)?;
                }
            } else {
                for item in self.items(d.as_obj())? {
                    let pair = item.downcast::<PyTupleObject>().map(|t| t.items());
                    let Some([key, value]) = pair else {
                        return raise!(ValueError, "items must return 2-tuples");
                    };
                    self.push_member(w, d, (key, value), &mut first, level + 1)?;
                }
            }
            if !first {
                self.push_newline(w, level);
            }
            w.push_ascii("}");
            Ok(())
        })
    }

    /// `d.items()`, sorted if so wanted.
    fn items(&self, d: &Obj) -> Result<Vec<Ref>> {
        let items = list::from_iterable(&*call::method(d, intern!("items"), &[])?)?;
        if self.sort_keys.get() != 0 {
            list::sort(&items, None, false)?;
        }
        Ok(items.items().to_vec())
    }

    fn push_member(
        &self,
        w: &mut Writer,
        d: &PyDictObject,
        (key, value): (&Obj, &Obj),
        first: &mut bool,
        level: usize,
    ) -> Result<()> {
        let name = if key.is::<PyUnicodeObject>() {
            key.new_ref()
        } else if let Some(text) = self.key_text(key)? {
            text
        } else if self.skip_keys.get() != 0 {
            return Ok(());
        } else {
            return raise!(
                TypeError,
                "keys must be str, int, float, bool or None, not {}",
                key.tp_name()
            );
        };
        if !core::mem::take(first) {
            push_text(w, held(&self.item_separator));
        }
        self.push_newline(w, level);
        self.push_string(w, &name)?;
        push_text(w, held(&self.key_separator));
        self.push_value(w, value, level).map_err(|raised| {
            note(raised, || {
                format!(
                    "when serializing {} item {}",
                    class_name(d.as_obj()),
                    repr_lossy(key)
                )
            })
        })
    }

    /// The text of a key that is no string but may stand for one.
    fn key_text(&self, key: &Obj) -> Result<Option<Ref>> {
        let mut w = Writer::new();
        if let Some(x) = key.downcast::<PyFloatObject>() {
            self.push_float(&mut w, x)?;
        } else if let Some(word) = constant(key) {
            w.push_ascii(word);
        } else if key.is::<PyLongObject>() {
            push_repr(&mut w, PyLong_Type.tp_repr.get(), key)?;
        } else {
            return Ok(None);
        }
        Ok(Some(w.finish()?.into_obj()))
    }
}

/// The words for the singletons.
fn constant(o: &Obj) -> Option<&'static str> {
    if o.is_none() {
        Some("null")
    } else if o.is_same(TRUE()) {
        Some("true")
    } else if o.is_same(FALSE()) {
        Some("false")
    } else {
        None
    }
}
