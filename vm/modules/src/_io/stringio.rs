//! `StringIO`: a text stream in memory.
//!
//! What is appended is kept as the builder of a string; only when the stream is read or sought in does it become an array
//! of characters.

use core::cell::{Cell, RefCell};

use layout::{
    Layout, Py_TPFLAGS_BASETYPE, Py_TPFLAGS_HAVE_GC, PyDictObject, PyTupleObject, PyTypeObject,
    PyUnicodeObject,
};
use text::Builder;
use vm::args::{Signature, expect, to_isize};
use vm::err::{Result, raise};
use vm::intern;
use vm::method::*;
use vm::object::*;
use vm::protocol::call::method;
use vm::protocol::number::{index_isize, is_index};
use vm::types::dict::DictExt;
use vm::types::str_::args::c_int;
use vm::types::str_::{self, StrData, StrExt};
use vm::types::tuple::TupleExt;
use vm::types::type_::TypeBuilder;
use vm::types::{int, tuple};

use super::bytesio::set_dict;
use super::iobase::{self, IoBase, TEXT_IO_BASE};
use super::newline::{Ends, Newlines, known, line_end};

pub static STRING_IO: PyTypeObject = PyTypeObject::statically_declared();

enum Text {
    /// Nothing but appended to: the position is at the end.
    Growing(Builder),
    Chars(Vec<u32>),
}

#[repr(C)]
pub struct StringIo {
    base: IoBase,
    text: RefCell<Text>,
    pos: Cell<usize>,
    ok: Cell<bool>,
    closed: Cell<bool>,
    /// The argument `newline`.
    newline: Cell<Option<&'static str>>,
    /// Present where line ends are noted: with `newline=None` they are translated, with `''` they aren't.
    newlines: RefCell<Option<Newlines>>,
}

impl Layout for StringIo {
    fn type_object() -> &'static PyTypeObject {
        &STRING_IO
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<StringIo>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .destructible()
        .base(&TEXT_IO_BASE)
        .tp_new(new)
        .tp_init(init)
        .tp_dealloc(iobase::dealloc::<StringIo>)
        .tp_traverse(|s: &StringIo, v: &mut Visitor| v.slot(&s.base.dict))
        .tp_clear(|s: &StringIo| drop(s.base.dict.take()))
        .tp_iternext(next)
        .methods(METHODS)
        .getset(GETSET);
}

static METHODS: Methods = &[
    noargs!("close", close, "($self, /)"),
    noargs!("getvalue", getvalue, "($self, /)"),
    fastcall!("read", read, "($self, size=-1, /)"),
    fastcall!("readline", readline, "($self, size=-1, /)"),
    noargs!(
        "tell",
        |s: &StringIo| s.check().map(|()| s.pos.get()),
        "($self, /)"
    ),
    fastcall!("truncate", truncate, "($self, pos=None, /)"),
    fastcall!("seek", seek, "($self, pos, whence=0, /)"),
    o!("write", write, "($self, s, /)"),
    noargs!(
        "seekable",
        |s: &StringIo| s.check().map(|()| true),
        "($self, /)"
    ),
    noargs!(
        "readable",
        |s: &StringIo| s.check().map(|()| true),
        "($self, /)"
    ),
    noargs!(
        "writable",
        |s: &StringIo| s.check().map(|()| true),
        "($self, /)"
    ),
    noargs!("__getstate__", getstate, "($self, /)"),
    o!("__setstate__", setstate, "($self, state, /)"),
];

static GETSET: &[layout::PyGetSetDef] = &[
    getset!("closed", |s: &StringIo| if s.ok.get() {
        Ok(s.closed.get())
    } else {
        Err(iobase::uninitialized())
    }),
    getset!("newlines", |s: &StringIo| {
        s.check()?;
        Ok(s.newlines
            .borrow()
            .map_or_else(none, |newlines| newlines.kinds()))
    }),
    getset!("line_buffering", |s: &StringIo| s.check().map(|()| false)),
];

// ---- Constructor ----

fn new(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result {
    let s = StringIo {
        base: IoBase::empty(),
        text: RefCell::new(Text::Growing(Builder::default())),
        pos: Cell::new(0),
        ok: Cell::new(false),
        closed: Cell::new(false),
        newline: Cell::new(None),
        newlines: RefCell::new(None),
    };
    iobase::allocate(tp, s)
}

fn init(s: &StringIo, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIG: Signature = Signature::new("StringIO", "(initial_value='', newline='\\n')");
    let [value, newline] = SIG.bind(args, kwargs)?;
    let newline = match newline {
        None => Some("\n"),
        Some(o) if o.is_none() => None,
        Some(o) => match o.downcast::<PyUnicodeObject>() {
            None => {
                return raise!(
                    TypeError,
                    "newline must be str or None, not {:.200}",
                    o.tp_name()
                );
            }
            Some(given) => match given.try_str().and_then(known) {
                Some(newline) => Some(newline),
                None => return raise!(ValueError, "illegal newline value: {}", repr_lossy(o)),
            },
        },
    };
    let value = match value.filter(|o| !o.is_none()) {
        None => None,
        Some(o) => match o.downcast::<PyUnicodeObject>() {
            Some(value) => Some(value),
            None => {
                return raise!(
                    TypeError,
                    "initial_value must be str or None, not {:.200}",
                    o.tp_name()
                );
            }
        },
    };
    s.ok.set(false);
    *s.text.borrow_mut() = Text::Growing(Builder::default());
    s.pos.set(0);
    s.newline.set(newline);
    *s.newlines.borrow_mut() =
        matches!(newline, None | Some("")).then(|| Newlines::new(newline.is_none()));
    if let Some(value) = value {
        put(s, value)?;
        s.make_chars();
        s.pos.set(0);
    }
    s.closed.set(false);
    s.ok.set(true);
    Ok(())
}

impl StringIo {
    fn check(&self) -> Result<()> {
        if !self.ok.get() {
            return Err(iobase::uninitialized());
        }
        if self.closed.get() {
            return raise!(ValueError, "I/O operation on closed file");
        }
        Ok(())
    }

    fn make_chars(&self) {
        let mut text = self.text.borrow_mut();
        if let Text::Growing(builder) = &mut *text {
            let chars = core::mem::take(builder).finish().as_str().codes().collect();
            *text = Text::Chars(chars);
        }
    }

    /// Calls `f` with all characters.
    fn with<R>(&self, f: impl FnOnce(&mut Vec<u32>) -> R) -> R {
        self.make_chars();
        match &mut *self.text.borrow_mut() {
            Text::Chars(chars) => f(chars),
            Text::Growing(_) => f(&mut Vec::new()),
        }
    }

    fn take(&self, n: usize) -> Result {
        let pos = self.pos.get();
        let (taken, end) = self.with(|chars| {
            let end = chars.len().min(pos.saturating_add(n));
            let part = chars.get(pos..end).unwrap_or(&[]);
            (str_::try_from_data(StrData::Ucs4(part)), end.max(pos))
        });
        self.pos.set(end);
        Ok(taken?.into_obj())
    }

    fn line(&self, limit: usize) -> Result {
        let pos = self.pos.get();
        let ends = match (&*self.newlines.borrow(), self.newline.get()) {
            (Some(newlines), _) if newlines.translate => Ends::Translated,
            (Some(_), _) => Ends::Universal,
            (None, Some(newline)) => Ends::Only(newline),
            (None, None) => Ends::Translated,
        };
        let n = self.with(|chars| {
            let rest = chars.get(pos..).unwrap_or(&[]);
            line_end(StrData::Ucs4(rest), ends).unwrap_or(rest.len())
        });
        self.take(n.min(limit))
    }
}

/// Writes at the position, with line ends translated.
fn put(s: &StringIo, text: &PyUnicodeObject) -> Result<()> {
    let noted = *s.newlines.borrow();
    let fed = match noted {
        None => text.to_exact(),
        Some(mut newlines) => {
            let fed = newlines.feed(text, true)?;
            *s.newlines.borrow_mut() = Some(newlines);
            fed
        }
    };
    let text = match s.newline.get() {
        Some(newline @ ("\r" | "\r\n")) => {
            str_::replace_str(&fed, &str_::latin1_single(b'\n'), &str_::new(newline), -1)?
        }
        _ => fed,
    };
    let pos = s.pos.get();
    let Some(end) = pos
        .checked_add(text.len())
        .filter(|&end| end <= isize::MAX as usize / 4)
    else {
        return raise!(OverflowError, "new position too large");
    };
    if let Text::Growing(builder) = &mut *s.text.borrow_mut()
        && builder.len() == pos
    {
        builder.push_str(text.data());
        s.pos.set(end);
        return Ok(());
    }
    s.with(|chars| {
        if chars.len() < end {
            chars.resize(end, 0);
        }
        for (slot, c) in chars[pos..end].iter_mut().zip(text.chars()) {
            *slot = c;
        }
    });
    s.pos.set(end);
    Ok(())
}

// ---- Methods ----

fn write(s: &StringIo, text: &Obj) -> Result<usize> {
    if !s.ok.get() {
        return Err(iobase::uninitialized());
    }
    let Some(text) = text.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "string argument expected, got '{:.200}'",
            text.tp_name()
        );
    };
    s.check()?;
    if !text.is_empty() {
        put(s, text)?;
    }
    Ok(text.len())
}

fn close(s: &StringIo) -> Result<()> {
    s.closed.set(true);
    *s.text.borrow_mut() = Text::Growing(Builder::default());
    Ok(())
}

fn getvalue(s: &StringIo) -> Result {
    s.check()?;
    match &*s.text.borrow() {
        Text::Chars(chars) => Ok(str_::try_from_data(StrData::Ucs4(chars))?.into_obj()),
        Text::Growing(builder) => Ok(str_::from_buf(&builder.clone().finish())?.into_obj()),
    }
}

fn limit(args: &[&Obj]) -> Result<usize> {
    Ok(usize::try_from(iobase::size_or_none(args.first())?).unwrap_or(usize::MAX))
}

fn read(s: &StringIo, args: &[&Obj]) -> Result {
    expect("read", args, 0..=1)?;
    let n = limit(args)?;
    s.check()?;
    s.take(n)
}

fn readline(s: &StringIo, args: &[&Obj]) -> Result {
    expect("readline", args, 0..=1)?;
    let limit = limit(args)?;
    s.check()?;
    s.line(limit)
}

fn next(s: &StringIo) -> Result<Option<Ref>> {
    s.check()?;
    let line = if s.as_obj().is_exact::<StringIo>() {
        s.line(usize::MAX)?
    } else {
        method(s.as_obj(), intern!("readline"), &[])?
    };
    match str_::of(&line) {
        Some(text) => Ok((!text.is_empty()).then(|| line.clone())),
        None => raise!(
            OSError,
            "readline() should have returned a str object, not '{:.200}'",
            line.tp_name()
        ),
    }
}

fn truncate(s: &StringIo, args: &[&Obj]) -> Result<isize> {
    expect("truncate", args, 0..=1)?;
    let size = match args.first().filter(|o| !o.is_none()) {
        None => s.pos.get() as isize,
        Some(o) if !is_index(o) => {
            return raise!(
                TypeError,
                "argument should be integer or None, not '{:.200}'",
                o.tp_name()
            );
        }
        Some(o) => to_isize(o)?,
    };
    s.check()?;
    let Ok(kept) = usize::try_from(size) else {
        return raise!(ValueError, "Negative size value {size}");
    };
    s.with(|chars| chars.truncate(kept));
    Ok(size)
}

fn seek(s: &StringIo, args: &[&Obj]) -> Result<usize> {
    expect("seek", args, 1..=2)?;
    let pos = index_isize(args[0], Some(&vm::err::exc::OverflowError))?;
    let whence = args.get(1).map_or(Ok(0), |o| c_int(o))?;
    s.check()?;
    if !(0..=2).contains(&whence) {
        return raise!(ValueError, "Invalid whence ({whence}, should be 0, 1 or 2)");
    }
    if pos < 0 && whence == 0 {
        return raise!(ValueError, "Negative seek position {pos}");
    }
    if whence != 0 && pos != 0 {
        return raise!(OSError, "Can't do nonzero cur-relative seeks");
    }
    match whence {
        0 => s.pos.set(pos as usize),
        2 => s.pos.set(s.with(|chars| chars.len())),
        _ => {}
    }
    Ok(s.pos.get())
}

fn getstate(s: &StringIo) -> Result {
    let value = getvalue(s)?;
    let newline = s
        .newline
        .get()
        .map_or_else(none, |newline| str_::new(newline).into_obj());
    let dict = match s
        .base
        .dict
        .get()
        .as_deref()
        .and_then(|d| d.downcast::<PyDictObject>())
    {
        Some(dict) => dict.copy()?.into_obj(),
        None => none(),
    };
    Ok(tuple::new(&[
        &value,
        &newline,
        int::from_usize(s.pos.get()).as_obj(),
        &dict,
    ])
    .into_obj())
}

fn setstate(s: &StringIo, state: &Obj) -> Result<()> {
    let name = s.as_obj().tp_name();
    let Some([value, newline, pos, dict, ..]) =
        state.downcast::<PyTupleObject>().map(|t| t.items())
    else {
        return raise!(
            TypeError,
            "{name:.200}.__setstate__ argument should be 4-tuple, got {:.200}",
            state.tp_name()
        );
    };
    init(s, &tuple::pair(value, newline), None)?;
    // The value's line ends were translated before, and are taken as they are.
    let Some(value) = value.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "initial_value must be str or None, not {:.200}",
            value.tp_name()
        );
    };
    *s.text.borrow_mut() = Text::Chars(value.chars().collect());
    if !is_index(pos) {
        return raise!(
            TypeError,
            "third item of state must be an integer, got {:.200}",
            pos.tp_name()
        );
    }
    let Ok(pos) = usize::try_from(to_isize(pos)?) else {
        return raise!(ValueError, "position value cannot be negative");
    };
    s.pos.set(pos);
    set_dict(&s.base, dict, "fourth")
}
