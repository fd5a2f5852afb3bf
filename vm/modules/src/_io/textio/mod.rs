//! `TextIOWrapper`: text over a binary stream.
//!
//! Reading goes by chunks of bytes: what a chunk decodes to is `decoded`, of which `used` characters were handed out.
//! Invariant: while `telling`, `snapshot` holds the decoder's flags before the last chunk and the bytes that were fed to it
//! since, so that a position in the text can be traced back to one in the bytes.

mod cookie;
mod read;
mod seek;
mod write;

use core::cell::{Cell, RefCell};

use layout::{
    Layout, Py_T_BOOL, Py_TPFLAGS_BASETYPE, Py_TPFLAGS_HAVE_GC, PyDictObject, PyMemberDef,
    PyTupleObject, PyTypeObject, PyUnicodeObject,
};
use vm::args::{Signature, to_bool, to_isize};
use vm::codecs::{Codec, registry};
use vm::err::{self, Result, raise};
use vm::intern;
use vm::method::*;
use vm::object::*;
use vm::protocol::call::{call, method};
use vm::protocol::object::{getattr, getattr_opt, is_true};
use vm::types::str_::args::bad_argument;
use vm::types::str_::{self, StrExt};
use vm::types::type_::TypeBuilder;

use super::buffered;
use super::iobase::{self, IoBase, TEXT_IO_BASE};
use super::newline::{self, known};
use super::unsupported;

pub static TEXT_IO_WRAPPER: PyTypeObject = PyTypeObject::statically_declared();

const CHUNK_SIZE: usize = 8192;

#[repr(C)]
pub struct TextIoWrapper {
    base: IoBase,
    ok: Cell<bool>,
    detached: Cell<bool>,
    buffer: Slot,
    encoding: Slot,
    errors: Slot,
    encoder: Slot,
    decoder: Slot,
    /// The codec if text can be encoded without the encoder.
    native: Cell<Option<Codec>>,
    /// The argument `newline`.
    newline: Cell<Option<&'static str>>,
    line_buffering: Cell<bool>,
    write_through: Cell<bool>,
    seekable: Cell<bool>,
    has_read1: Cell<bool>,
    telling: Cell<bool>,
    finalizing: Cell<bool>,
    chunk_size: Cell<usize>,
    /// Encoded, and not yet written.
    pending: RefCell<Vec<u8>>,
    decoded: Slot,
    used: Cell<usize>,
    snapshot: Slot,
    /// Bytes a character of the last chunk took.
    ratio: Cell<f64>,
}

impl Layout for TextIoWrapper {
    fn type_object() -> &'static PyTypeObject {
        &TEXT_IO_WRAPPER
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<TextIoWrapper>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .destructible()
        .base(&TEXT_IO_BASE)
        .tp_new(new)
        .tp_init(init)
        .tp_dealloc(iobase::dealloc::<TextIoWrapper>)
        .tp_traverse(|t: &TextIoWrapper, v: &mut Visitor| {
            for slot in [
                &t.base.dict,
                &t.buffer,
                &t.encoding,
                &t.errors,
                &t.encoder,
                &t.decoder,
                &t.decoded,
                &t.snapshot,
            ] {
                v.slot(slot)?;
            }
            Ok(())
        })
        .tp_clear(|t: &TextIoWrapper| {
            t.ok.set(false);
            for slot in [
                &t.base.dict,
                &t.buffer,
                &t.encoding,
                &t.errors,
                &t.encoder,
                &t.decoder,
                &t.decoded,
                &t.snapshot,
            ] {
                drop(slot.take());
            }
        })
        .tp_repr(repr)
        .tp_iternext(read::next)
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

static METHODS: Methods = &[
    noargs!("detach", detach, "($self, /)"),
    keywords!(
        "reconfigure",
        reconfigure,
        "($self, /, *, encoding=None, errors=None, newline=None,\n            line_buffering=None, write_through=None)"
    ),
    o!("write", write::write, "($self, text, /)"),
    fastcall!("read", read::read, "($self, size=-1, /)"),
    fastcall!("readline", read::readline, "($self, size=-1, /)"),
    noargs!("flush", write::flush, "($self, /)"),
    noargs!("close", close, "($self, /)"),
    noargs!(
        "fileno",
        |t: &TextIoWrapper| t.ask(intern!("fileno")),
        "($self, /)"
    ),
    noargs!(
        "seekable",
        |t: &TextIoWrapper| t.ask(intern!("seekable")),
        "($self, /)"
    ),
    noargs!(
        "readable",
        |t: &TextIoWrapper| t.ask(intern!("readable")),
        "($self, /)"
    ),
    noargs!(
        "writable",
        |t: &TextIoWrapper| t.ask(intern!("writable")),
        "($self, /)"
    ),
    noargs!(
        "isatty",
        |t: &TextIoWrapper| t.ask(intern!("isatty")),
        "($self, /)"
    ),
    fastcall!("seek", seek::seek, "($self, cookie, whence=os.SEEK_SET, /)"),
    noargs!("tell", seek::tell, "($self, /)"),
    fastcall!("truncate", seek::truncate, "($self, pos=None, /)"),
    noargs!(
        "__getstate__",
        |t: &TextIoWrapper| iobase::refuse_pickle(t.as_obj()),
        "($self, /)"
    ),
];

static MEMBERS: &[PyMemberDef] = &[
    member!(
        "line_buffering",
        TextIoWrapper,
        line_buffering,
        Py_T_BOOL,
        layout::Py_READONLY
    ),
    member!(
        "write_through",
        TextIoWrapper,
        write_through,
        Py_T_BOOL,
        layout::Py_READONLY
    ),
    member!("_finalizing", TextIoWrapper, finalizing, Py_T_BOOL, 0),
];

static GETSET: &[layout::PyGetSetDef] = &[
    getset!("encoding", |t: &TextIoWrapper| Ok(t.encoding.get())),
    getset!("buffer", |t: &TextIoWrapper| t.buffer()),
    getset!("name", |t: &TextIoWrapper| getattr(
        &*t.buffer()?,
        intern!("name")
    )),
    getset!("closed", |t: &TextIoWrapper| getattr(
        &*t.buffer()?,
        intern!("closed")
    )),
    getset!("newlines", newlines),
    getset!("errors", |t: &TextIoWrapper| {
        t.buffer()?;
        Ok(t.errors.get())
    }),
    getset!(
        "_CHUNK_SIZE",
        |t: &TextIoWrapper| t.buffer().map(|_| t.chunk_size.get()),
        set_chunk_size
    ),
];

// ---- Constructor ----

fn new(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result {
    let t = TextIoWrapper {
        base: IoBase::empty(),
        ok: Cell::new(false),
        detached: Cell::new(false),
        buffer: Slot::empty(),
        encoding: Slot::empty(),
        errors: Slot::empty(),
        encoder: Slot::empty(),
        decoder: Slot::empty(),
        native: Cell::new(None),
        newline: Cell::new(None),
        line_buffering: Cell::new(false),
        write_through: Cell::new(false),
        seekable: Cell::new(false),
        has_read1: Cell::new(false),
        telling: Cell::new(false),
        finalizing: Cell::new(false),
        chunk_size: Cell::new(CHUNK_SIZE),
        pending: RefCell::new(Vec::new()),
        decoded: Slot::empty(),
        used: Cell::new(0),
        snapshot: Slot::empty(),
        ratio: Cell::new(0.0),
    };
    iobase::allocate(tp, t)
}

/// A `newline` argument: one of the known ones, or `None`.
fn newline_argument(o: Option<&Obj>) -> Result<Option<&'static str>> {
    let Some(o) = o.filter(|o| !o.is_none()) else {
        return Ok(None);
    };
    let Some(given) = o.downcast::<PyUnicodeObject>() else {
        return Err(bad_argument(
            "TextIOWrapper",
            "argument 'newline'",
            "str or None",
            o,
        ));
    };
    match given.try_str().and_then(known) {
        Some(newline) => Ok(Some(newline)),
        None => raise!(
            ValueError,
            "illegal newline value: {}",
            given.to_string_lossy()
        ),
    }
}

fn text_or_none<'a>(o: Option<&'a Obj>, name: &str) -> Result<Option<&'a PyUnicodeObject>> {
    let Some(o) = o.filter(|o| !o.is_none()) else {
        return Ok(None);
    };
    match o.downcast::<PyUnicodeObject>() {
        Some(s) if text::search::find_char(s.data(), 0).is_some() => {
            raise!(ValueError, "embedded null character")
        }
        Some(s) => Ok(Some(s)),
        None => Err(bad_argument(
            "TextIOWrapper",
            &format!("argument '{name}'"),
            "str or None",
            o,
        )),
    }
}

/// The encoding of the locale.
pub fn locale_encoding() -> Ref {
    intern!("UTF-8").new_ref()
}

fn encoding_or_locale(encoding: Option<&PyUnicodeObject>) -> Ref {
    match encoding {
        Some(s) if !str_::eq_str(s, "locale") => s.as_obj().new_ref(),
        _ => locale_encoding(),
    }
}

fn init(t: &TextIoWrapper, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIG: Signature = Signature::new(
        "TextIOWrapper",
        "(buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)",
    );
    let [
        buffer,
        encoding,
        errors,
        newline,
        line_buffering,
        write_through,
    ] = SIG.bind(args, kwargs)?;
    let encoding = text_or_none(encoding, "encoding")?;
    let errors = text_or_none(errors, "errors")?;
    let newline = newline_argument(newline)?;
    let line_buffering = line_buffering.map_or(Ok(false), to_bool)?;
    let write_through = write_through.map_or(Ok(false), to_bool)?;
    t.ok.set(false);
    t.detached.set(false);
    for slot in [&t.encoder, &t.decoder, &t.decoded, &t.snapshot] {
        slot.set(None);
    }
    t.pending.borrow_mut().clear();
    t.ratio.set(0.0);
    t.used.set(0);
    t.chunk_size.set(CHUNK_SIZE);
    t.line_buffering.set(line_buffering);
    t.write_through.set(write_through);
    t.newline.set(newline);
    let buffer = buffer.unwrap_or(NONE());
    let encoding = encoding_or_locale(encoding);
    let errors = errors.map_or_else(|| intern!("strict").new_ref(), |s| s.as_obj().new_ref());
    t.buffer.set(Some(buffer.new_ref()));
    t.set_codec(&encoding, &errors)?;
    let seekable = is_true(&*method(buffer, intern!("seekable"), &[])?)?;
    t.seekable.set(seekable);
    t.telling.set(seekable);
    t.has_read1
        .set(getattr_opt(buffer, intern!("read1"))?.is_some());
    t.fix_encoder_state()?;
    t.ok.set(true);
    Ok(())
}

impl TextIoWrapper {
    /// The stream below, if there is one.
    fn buffer(&self) -> Result {
        match self.buffer.get() {
            Some(buffer) if self.ok.get() => Ok(buffer),
            _ if self.detached.get() => raise!(ValueError, "underlying buffer has been detached"),
            _ => Err(iobase::uninitialized()),
        }
    }

    fn ask(&self, question: &Obj) -> Result {
        method(&*self.buffer()?, question, &[])
    }

    fn check_open(&self) -> Result {
        let buffer = self.buffer()?;
        if !buffered::is_plainly_open(&buffer) && iobase::closed(&buffer)? {
            return raise!(ValueError, "I/O operation on closed file.");
        }
        Ok(buffer)
    }

    /// Whether lines end in any way.
    fn universal(&self) -> bool {
        matches!(self.newline.get(), None | Some(""))
    }

    /// What a line feed is written as, if not as itself.
    fn written_newline(&self) -> Option<&'static str> {
        self.newline
            .get()
            .filter(|newline| !matches!(*newline, "" | "\n"))
    }

    /// Makes encoder and decoder, as far as the stream below can be written and read.
    fn set_codec(&self, encoding: &Obj, errors: &Obj) -> Result<()> {
        let name = str_::to_string_lossy(encoding);
        let codec = registry::lookup_text_encoding(&name, None)?;
        let buffer = self.buffer.get().unwrap_or_else(none);
        let decoder = if is_true(&*method(&buffer, intern!("readable"), &[])?)? {
            let decoder = call(&*getattr(&codec, intern!("incrementaldecoder"))?, &[errors])?;
            Some(if self.universal() {
                newline::wrap(&decoder, self.newline.get().is_none())?
            } else {
                decoder
            })
        } else {
            None
        };
        let encoder = if is_true(&*method(&buffer, intern!("writable"), &[])?)? {
            Some(call(
                &*getattr(&codec, intern!("incrementalencoder"))?,
                &[errors],
            )?)
        } else {
            None
        };
        let canonical = getattr_opt(&codec, intern!("name"))?;
        let canonical = canonical
            .as_deref()
            .map(str_::to_string_lossy)
            .unwrap_or_default();
        // Others have a state: the byte order mark.
        let native = Codec::from_name(&canonical)
            .filter(|c| matches!(c, Codec::Utf8 | Codec::Ascii | Codec::Latin1));
        self.native.set(native.filter(|_| encoder.is_some()));
        self.decoder.set(decoder);
        self.encoder.set(encoder);
        self.encoding.set(Some(encoding.new_ref()));
        self.errors.set(Some(errors.new_ref()));
        Ok(())
    }

    /// In the middle of a file, the encoder has written its byte order mark before.
    fn fix_encoder_state(&self) -> Result<()> {
        let Some(encoder) = self.encoder.get().filter(|_| self.seekable.get()) else {
            return Ok(());
        };
        let buffer = self.buffer.get().unwrap_or_else(none);
        let position = method(&buffer, intern!("tell"), &[])?;
        if is_true(&position)? {
            method(&encoder, intern!("setstate"), &[vm::types::int::zero()])?;
        }
        Ok(())
    }

    fn reset_encoder(&self, at_start: bool) -> Result<()> {
        let Some(encoder) = self.encoder.get() else {
            return Ok(());
        };
        if at_start {
            method(&encoder, intern!("reset"), &[])?;
        } else {
            method(&encoder, intern!("setstate"), &[vm::types::int::zero()])?;
        }
        Ok(())
    }

    fn forget_decoded(&self) {
        self.decoded.set(None);
        self.used.set(0);
    }
}

// ---- Methods ----

fn reconfigure(
    t: &TextIoWrapper,
    [encoding, errors, newline, line_buffering, write_through]: [Option<&Obj>; 5],
) -> Result<()> {
    let encoding = text_or_none(encoding, "encoding")?;
    let errors = text_or_none(errors, "errors")?;
    let buffered = t.decoded.borrow().is_some();
    if buffered && (encoding.is_some() || errors.is_some() || newline.is_some()) {
        return Err(unsupported(
            "It is not possible to set the encoding or newline of stream after the first read",
        ));
    }
    let new_newline = match newline {
        Some(o) if !o.is_none() && !o.is::<PyUnicodeObject>() => {
            return raise!(
                TypeError,
                "reconfigure() argument 'newline' must be str or None, not {:.200}",
                o.tp_name()
            );
        }
        o => newline_argument(o)?,
    };
    let flag = |o: Option<&Obj>, old: bool| match o.filter(|o| !o.is_none()) {
        None => Ok(old),
        Some(o) if vm::protocol::number::is_index(o) => Ok(to_isize(o)? != 0),
        Some(o) => to_bool(o),
    };
    let line_buffering = flag(line_buffering, t.line_buffering.get())?;
    let write_through = flag(write_through, t.write_through.get())?;
    method(t.as_obj(), intern!("flush"), &[])?;
    t.ratio.set(0.0);
    if newline.is_some() {
        t.newline.set(new_newline);
    }
    if encoding.is_some() || errors.is_some() || newline.is_some() {
        let new_errors = match (errors, encoding) {
            (Some(errors), _) => errors.as_obj().new_ref(),
            (None, Some(_)) => intern!("strict").new_ref(),
            (None, None) => t.errors.get().unwrap_or_else(none),
        };
        let new_encoding = match encoding {
            Some(_) => encoding_or_locale(encoding),
            None => t.encoding.get().unwrap_or_else(none),
        };
        t.set_codec(&new_encoding, &new_errors)?;
        t.fix_encoder_state()?;
    }
    t.line_buffering.set(line_buffering);
    t.write_through.set(write_through);
    Ok(())
}

fn detach(t: &TextIoWrapper) -> Result {
    t.buffer()?;
    method(t.as_obj(), intern!("flush"), &[])?;
    let buffer = t.buffer.take().unwrap_or_else(none);
    t.detached.set(true);
    t.ok.set(false);
    Ok(buffer)
}

fn close(t: &TextIoWrapper) -> Result<()> {
    let buffer = t.buffer()?;
    if iobase::closed(t.as_obj())? {
        return Ok(());
    }
    if t.finalizing.get() && method(&buffer, intern!("_dealloc_warn"), &[t.as_obj()]).is_err() {
        err::clear();
    }
    let flushed = method(t.as_obj(), intern!("flush"), &[]).map(drop);
    iobase::preserving(flushed, || method(&buffer, intern!("close"), &[]).map(drop))
}

fn newlines(t: &TextIoWrapper) -> Result {
    t.buffer()?;
    match t.decoder.get() {
        Some(decoder) => Ok(getattr_opt(&decoder, intern!("newlines"))?.unwrap_or_else(none)),
        None => Ok(none()),
    }
}

fn set_chunk_size(t: &TextIoWrapper, value: Option<&Obj>) -> Result<()> {
    t.buffer()?;
    let Some(value) = value else {
        return raise!(AttributeError, "cannot delete attribute");
    };
    let n = vm::protocol::number::index_isize(value, Some(&err::exc::ValueError))?;
    match usize::try_from(n) {
        Ok(n @ 1..) => {
            t.chunk_size.set(n);
            Ok(())
        }
        _ => raise!(ValueError, "a strictly positive integer is required"),
    }
}

fn repr(t: &TextIoWrapper) -> Result {
    if !t.ok.get() {
        t.buffer()?;
    }
    let type_name = t.as_obj().tp_name();
    let Some(_guard) = repr_enter(t.as_obj()) else {
        return raise!(RuntimeError, "reentrant call inside {type_name}.__repr__");
    };
    let mut out = str_::Writer::new();
    out.push_ascii("<_io.TextIOWrapper");
    let mut field = |label: &str, value: Result<Option<Ref>>| -> Result<()> {
        let value = match value {
            Err(_) if err::clear_if(&err::exc::ValueError) => None,
            other => other?,
        };
        if let Some(value) = value {
            out.push_ascii(label);
            let shown = vm::protocol::object::repr(&value)?;
            if let Some(s) = str_::of(&shown) {
                out.push_obj(s);
            }
        }
        Ok(())
    };
    field(" name=", getattr_opt(t.as_obj(), intern!("name")))?;
    field(" mode=", getattr_opt(t.as_obj(), intern!("mode")))?;
    field(" encoding=", Ok(t.encoding.get()))?;
    out.push_ascii(">");
    Ok(out.finish()?.into_obj())
}
