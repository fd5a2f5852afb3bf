//! `_io`: streams. A [`fileio::FileIO`] is a file descriptor; [`buffered`] streams keep a part of it in memory; a
//! [`textio::TextIoWrapper`] decodes and encodes; [`bytesio::BytesIo`] and [`stringio::StringIo`] are streams in memory.

mod buffered;
mod bytesio;
mod fileio;
mod iobase;
mod newline;
mod open;
mod pair;
mod stringio;
mod sync;
mod textio;

use layout::{Global, Py_TPFLAGS_READY, PyMethodDef, PyObject, PyTypeObject};
use vm::err::{self, Raised, Result, exc};
use vm::method::*;
use vm::object::*;
use vm::types::type_::{self, TypeBuilder};
use vm::types::{int, module};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_io",
    methods: METHODS,
    exec,
};

/// How much a buffered stream keeps by default.
pub const DEFAULT_BUFFER_SIZE: usize = 128 * 1024;

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "open",
        open::open,
        "($module, /, file, mode='r', buffering=-1, encoding=None,\n     errors=None, newline=None, closefd=True, opener=None)"
    ),
    fastcall!(
        "text_encoding",
        open::text_encoding,
        "($module, encoding, stacklevel=2, /)"
    ),
    keywords!("open_code", open::open_code, "($module, /, path)"),
];

type Define = fn(&mut TypeBuilder);

/// The types, a base before those that derive from it.
static TYPES: &[(&PyTypeObject, &core::ffi::CStr, &str, Define)] = &[
    (&iobase::IO_BASE, c"_io._IOBase", "_IOBase", iobase::define),
    (
        &iobase::RAW_IO_BASE,
        c"_io._RawIOBase",
        "_RawIOBase",
        iobase::define_raw,
    ),
    (
        &iobase::BUFFERED_IO_BASE,
        c"_io._BufferedIOBase",
        "_BufferedIOBase",
        iobase::define_buffered,
    ),
    (
        &iobase::TEXT_IO_BASE,
        c"_io._TextIOBase",
        "_TextIOBase",
        iobase::define_text,
    ),
    (&fileio::FILE_IO, c"_io.FileIO", "FileIO", fileio::define),
    (
        &bytesio::BYTES_IO,
        c"_io.BytesIO",
        "BytesIO",
        bytesio::define,
    ),
    (
        &bytesio::BYTES_IO_BUFFER,
        c"_io._BytesIOBuffer",
        "_BytesIOBuffer",
        bytesio::define_buffer,
    ),
    (
        &buffered::READER,
        c"_io.BufferedReader",
        "BufferedReader",
        buffered::define_reader,
    ),
    (
        &buffered::WRITER,
        c"_io.BufferedWriter",
        "BufferedWriter",
        buffered::define_writer,
    ),
    (
        &buffered::RANDOM,
        c"_io.BufferedRandom",
        "BufferedRandom",
        buffered::define_random,
    ),
    (
        &pair::PAIR,
        c"_io.BufferedRWPair",
        "BufferedRWPair",
        pair::define,
    ),
    (
        &newline::DECODER,
        c"_io.IncrementalNewlineDecoder",
        "IncrementalNewlineDecoder",
        newline::define,
    ),
    (
        &stringio::STRING_IO,
        c"_io.StringIO",
        "StringIO",
        stringio::define,
    ),
    (
        &textio::TEXT_IO_WRAPPER,
        c"_io.TextIOWrapper",
        "TextIOWrapper",
        textio::define,
    ),
];

static UNSUPPORTED: Global<*mut PyObject> = Global::new(core::ptr::null_mut());

fn exec(m: &Obj) -> Result<()> {
    for (tp, name, short, define) in TYPES {
        if tp.tp_flags.get() & Py_TPFLAGS_READY == 0 {
            define(&mut TypeBuilder::start(tp, name));
            type_::ready(tp)?;
        }
        module::add(m, short, tp.as_obj())?;
    }
    let bases: [&PyTypeObject; 2] = [&exc::OSError, &exc::ValueError];
    let unsupported = type_::new_exception("io", "UnsupportedOperation", &bases)?;
    module::add(m, "UnsupportedOperation", &unsupported)?;
    UNSUPPORTED.set_ref(Some(unsupported));
    module::add(m, "BlockingIOError", exc::BlockingIOError.as_obj())?;
    module::add(
        m,
        "DEFAULT_BUFFER_SIZE",
        int::from_usize(DEFAULT_BUFFER_SIZE).as_obj(),
    )
}

/// Raises `io.UnsupportedOperation`.
#[cold]
fn unsupported(message: &str) -> Raised {
    let tp = UNSUPPORTED
        .borrow_obj()
        .and_then(|o| o.downcast::<PyTypeObject>())
        .unwrap_or(&exc::OSError);
    err::new(tp, format_args!("{message}"))
}
