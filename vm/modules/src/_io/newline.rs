//! Line ends: translating them while text is decoded, and finding them.

use core::cell::{Cell, RefCell};

use layout::{
    Layout, Py_TPFLAGS_BASETYPE, Py_TPFLAGS_HAVE_GC, PyDictObject, PyObject, PyTupleObject,
    PyTypeObject, PyUnicodeObject,
};
use text::search::{find, find_char};
use vm::args::{Signature, to_bool, to_i64};
use vm::err::{Result, raise};
use vm::intern;
use vm::method::*;
use vm::object::*;
use vm::protocol::call::method;
use vm::types::str_::{self, StrData, StrExt};
use vm::types::tuple::TupleExt;
use vm::types::type_::TypeBuilder;
use vm::types::{bytes, int, tuple};

use super::iobase;

pub static DECODER: PyTypeObject = PyTypeObject::statically_declared();

const CR: u8 = 1;
const LF: u8 = 2;
const CRLF: u8 = 4;

/// What is known of a text's line ends so far.
#[derive(Clone, Copy, Default)]
pub struct Newlines {
    pub translate: bool,
    /// A carriage return came last, which may be half a line end.
    pub pending: bool,
    seen: u8,
}

impl Newlines {
    pub fn new(translate: bool) -> Newlines {
        Newlines {
            translate,
            ..Newlines::default()
        }
    }

    /// The next part of the text, with line ends noted, and translated if that is asked for.
    pub fn feed(&mut self, part: &PyUnicodeObject, last: bool) -> Result<Ref<PyUnicodeObject>> {
        let mut part = part.to_exact();
        if self.pending && (last || !part.is_empty()) {
            part = str_::concat(&str_::latin1_single(b'\r'), &part)?;
            self.pending = false;
        }
        if !last && part.chars().next_back() == Some(13) {
            part = str_::substring(&part, 0, part.len() - 1);
            self.pending = true;
        }
        let data = part.data();
        if find_char(data, 13).is_none() {
            if self.seen & LF == 0 && find_char(data, 10).is_some() {
                self.seen |= LF;
            }
            return Ok(part);
        }
        let mut out = str_::Writer::with_capacity(part.len());
        let mut before = 0;
        for c in data.codes() {
            self.seen |= match (before, c) {
                (13, 10) => CRLF,
                (13, _) => CR,
                (_, 10) => LF,
                _ => 0,
            };
            if self.translate {
                match (before, c) {
                    // The line end was written for the carriage return.
                    (13, 10) => {}
                    (_, 13) => out.push(10),
                    _ => out.push(c),
                }
            }
            before = c;
        }
        if before == 13 {
            self.seen |= CR;
        }
        if self.translate {
            out.finish()
        } else {
            Ok(part)
        }
    }

    pub fn reset(&mut self) {
        self.seen = 0;
        self.pending = false;
    }

    /// The kinds that were seen: nothing, a string, or a tuple of strings.
    pub fn kinds(&self) -> Ref {
        let kinds: Vec<Ref> = [(CR, "\r"), (LF, "\n"), (CRLF, "\r\n")]
            .into_iter()
            .filter(|(bit, _)| self.seen & bit != 0)
            .map(|(_, kind)| str_::new(kind).into_obj())
            .collect();
        match &kinds[..] {
            [] => none(),
            [kind] => kind.clone(),
            _ => tuple::from_vec(kinds).into_obj(),
        }
    }
}

/// How lines end in a text that is read.
#[derive(Clone, Copy)]
pub enum Ends<'a> {
    /// With a line feed: others were translated.
    Translated,
    /// In any way.
    Universal,
    /// In one way.
    Only(&'a str),
}

/// Where the first line ends, its end included; or how much of the text can't be the start of a line end.
pub fn line_end(text: StrData<'_>, ends: Ends<'_>) -> core::result::Result<usize, usize> {
    let len = text.len();
    match ends {
        Ends::Translated | Ends::Only("\n") => find_char(text, 10).map(|i| i + 1).ok_or(len),
        Ends::Only("\r") => find_char(text, 13).map(|i| i + 1).ok_or(len),
        Ends::Universal => {
            let lf = find_char(text, 10);
            let before = text.slice(0..lf.unwrap_or(len));
            match find_char(before, 13) {
                Some(cr) if Some(cr + 1) == lf => Ok(cr + 2),
                Some(cr) => Ok(cr + 1),
                None => lf.map(|i| i + 1).ok_or(len),
            }
        }
        Ends::Only(end) => match find(text, StrData::Latin1(end.as_bytes())) {
            Some(at) => Ok(at + end.len()),
            None if len > 0 && text.at(len - 1) == 13 => Err(len - 1),
            None => Err(len),
        },
    }
}

/// A `newline` argument that is allowed.
pub fn known(newline: &str) -> Option<&'static str> {
    ["", "\n", "\r", "\r\n"]
        .into_iter()
        .find(|known| *known == newline)
}

// ---- IncrementalNewlineDecoder ----

#[repr(C)]
pub struct NewlineDecoder {
    ob_base: PyObject,
    decoder: Slot,
    errors: Slot,
    newlines: RefCell<Newlines>,
    ready: Cell<bool>,
}

impl Layout for NewlineDecoder {
    fn type_object() -> &'static PyTypeObject {
        &DECODER
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<NewlineDecoder>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .owns_memory()
        .tp_new(new)
        .tp_init(init)
        .dealloc_drop::<NewlineDecoder>()
        .tp_traverse(|d: &NewlineDecoder, v: &mut Visitor| {
            v.slot(&d.decoder)?;
            v.slot(&d.errors)
        })
        .methods(METHODS)
        .getset(GETSET);
}

static METHODS: Methods = &[
    keywords!("decode", decode, "($self, /, input, final=False)"),
    noargs!("getstate", getstate, "($self, /)"),
    o!("setstate", setstate, "($self, state, /)"),
    noargs!("reset", reset, "($self, /)"),
];

static GETSET: &[layout::PyGetSetDef] = &[getset!("newlines", |d: &NewlineDecoder| {
    d.check()?;
    Ok(d.newlines.borrow().kinds())
})];

fn new(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result {
    let d = NewlineDecoder {
        ob_base: header(),
        decoder: Slot::empty(),
        errors: Slot::empty(),
        newlines: RefCell::new(Newlines::default()),
        ready: Cell::new(false),
    };
    iobase::allocate(tp, d)
}

fn init(d: &NewlineDecoder, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIG: Signature = Signature::new(
        "IncrementalNewlineDecoder",
        "(decoder, translate, errors='strict')",
    );
    let [decoder, translate, errors] = SIG.bind(args, kwargs)?;
    let translate = to_bool(translate.unwrap_or(NONE()))?;
    d.decoder
        .set(decoder.map(Obj::new_ref).filter(|o| !o.is_none()));
    d.errors.set(Some(
        errors.map_or_else(|| intern!("strict").new_ref(), Obj::new_ref),
    ));
    *d.newlines.borrow_mut() = Newlines::new(translate);
    d.ready.set(true);
    Ok(())
}

/// Wraps a codec's decoder.
pub fn wrap(decoder: &Obj, translate: bool) -> Result {
    vm::protocol::call::call(DECODER.as_obj(), &[decoder, &bool_(translate)])
}

impl NewlineDecoder {
    fn check(&self) -> Result<()> {
        if !self.ready.get() {
            return raise!(
                ValueError,
                "IncrementalNewlineDecoder.__init__() not called"
            );
        }
        Ok(())
    }

    pub fn decode_part(&self, input: &Obj, last: bool) -> Result {
        self.check()?;
        let part = match self.decoder.get() {
            Some(decoder) => method(&decoder, intern!("decode"), &[input, &bool_(last)])?,
            None => input.new_ref(),
        };
        let Some(part) = part.downcast::<PyUnicodeObject>() else {
            return raise!(
                TypeError,
                "decoder should return a string result, not '{:.200}'",
                part.tp_name()
            );
        };
        let mut newlines = *self.newlines.borrow();
        let fed = newlines.feed(part, last)?;
        *self.newlines.borrow_mut() = newlines;
        Ok(fed.into_obj())
    }
}

fn decode(d: &NewlineDecoder, [input, last]: [Option<&Obj>; 2]) -> Result {
    let last = last.map_or(Ok(false), to_bool)?;
    d.decode_part(input.unwrap_or(NONE()), last)
}

fn getstate(d: &NewlineDecoder) -> Result {
    d.check()?;
    let (buffer, flag) = match d.decoder.get() {
        None => (bytes::empty().into_obj(), 0),
        Some(decoder) => {
            let state = method(&decoder, intern!("getstate"), &[])?;
            let Some([buffer, flag]) = state.downcast::<PyTupleObject>().map(|t| t.items()) else {
                return raise!(TypeError, "illegal decoder state");
            };
            (buffer.clone(), to_i64(flag)?)
        }
    };
    let flag = flag << 1 | i64::from(d.newlines.borrow().pending);
    Ok(tuple::pair(&buffer, int::from_i64(flag).as_obj()).into_obj())
}

fn setstate(d: &NewlineDecoder, state: &Obj) -> Result<()> {
    d.check()?;
    let Some(items) = state.downcast::<PyTupleObject>().map(|t| t.items()) else {
        return raise!(TypeError, "state argument must be a tuple");
    };
    let [buffer, flag] = items else {
        return raise!(TypeError, "setstate(): illegal state argument");
    };
    let flag = to_i64(flag)?;
    d.newlines.borrow_mut().pending = flag & 1 != 0;
    if let Some(decoder) = d.decoder.get() {
        let inner = tuple::pair(buffer, int::from_i64(flag >> 1).as_obj());
        method(&decoder, intern!("setstate"), &[inner.as_obj()])?;
    }
    Ok(())
}

fn reset(d: &NewlineDecoder) -> Result<()> {
    d.check()?;
    d.newlines.borrow_mut().reset();
    if let Some(decoder) = d.decoder.get() {
        method(&decoder, intern!("reset"), &[])?;
    }
    Ok(())
}
