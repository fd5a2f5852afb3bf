//! The native modules of the standard library, one file or folder each, and the table of them.
//!
//! A module is a [`ModuleDef`] and a row here; the runtime's own (`builtins`, `sys`, `_imp`, `marshal`, `_warnings`) are in
//! the vm. What is not here is served by the library's pure-Python versions, or is missing by name.

pub mod _abc;
pub mod _ast;
pub mod _asyncio;
pub mod _bisect;
pub mod _codecs;
pub mod _collections;
pub mod _contextvars;
pub mod _csv;
pub mod _datetime;
pub mod _decimal;
pub mod _functools;
pub mod _heapq;
pub mod _io;
pub mod _json;
pub mod _locale;
pub mod _multiprocessing;
pub mod _opcode;
pub mod _operator;
pub mod _pickle;
pub mod _posixsubprocess;
pub mod _queue;
pub mod _random;
pub mod _signal;
pub mod _socket;
pub mod _sre;
pub mod _stat;
pub mod _statistics;
pub mod _string;
pub mod _struct;
pub mod _symtable;
pub mod _testinternalcapi;
pub mod _thread;
pub mod _tokenize;
pub mod _tracemalloc;
pub mod _types;
pub mod _typing;
pub mod _weakref;
pub mod array;
pub mod atexit;
pub mod binascii;
pub mod cmath;
pub mod errno;
pub mod faulthandler;
pub mod fcntl;
pub mod gc_;
pub mod hashes;
pub mod imported;
pub mod itertools;
pub mod math;
pub mod mmap;
mod parse;
pub mod posix;
pub mod prelude;
pub mod pwd;
pub mod resource;
pub mod select;
pub mod syslog;
pub mod termios;
pub mod time;
pub mod unicodedata;
pub mod zlib;

use core::ffi::CStr;

use layout::*;

use vm::err::Result;
use vm::method::ModuleDef;
use vm::object::*;
use vm::types::module;
use vm::types::type_::TypeBuilder;

/// All modules of this crate.
pub static MODULES: &[&ModuleDef] = &[
    &_abc::MODULE,
    &_ast::MODULE,
    &_asyncio::MODULE,
    &_bisect::MODULE,
    &_codecs::MODULE,
    &_collections::MODULE,
    &_contextvars::MODULE,
    &_csv::MODULE,
    &_datetime::MODULE,
    &_decimal::MODULE,
    &_functools::MODULE,
    &_heapq::MODULE,
    &_io::MODULE,
    &_json::MODULE,
    &_locale::MODULE,
    &_multiprocessing::MODULE,
    &_multiprocessing::POSIXSHMEM,
    &_opcode::MODULE,
    &_operator::MODULE,
    &_pickle::MODULE,
    &_random::MODULE,
    &_signal::MODULE,
    &_socket::MODULE,
    &_sre::MODULE,
    &_stat::MODULE,
    &_statistics::MODULE,
    &_string::MODULE,
    &_struct::MODULE,
    &_symtable::MODULE,
    &_testinternalcapi::MODULE,
    &_thread::MODULE,
    &_tokenize::MODULE,
    &_types::MODULE,
    &_tracemalloc::MODULE,
    &_typing::MODULE,
    &_weakref::MODULE,
    &array::MODULE,
    &atexit::MODULE,
    &binascii::MODULE,
    &cmath::MODULE,
    &errno::MODULE,
    &faulthandler::MODULE,
    &gc_::MODULE,
    &hashes::BLAKE2,
    &hashes::MD5,
    &hashes::SHA1,
    &hashes::SHA2,
    &hashes::SHA3,
    &itertools::MODULE,
    &math::MODULE,
    &mmap::MODULE,
    &_posixsubprocess::MODULE,
    &_queue::MODULE,
    &fcntl::MODULE,
    &pwd::PWD,
    &pwd::GRP,
    &resource::MODULE,
    &posix::MODULE,
    &select::MODULE,
    &syslog::MODULE,
    &termios::MODULE,
    &time::MODULE,
    &unicodedata::MODULE,
    &zlib::MODULE,
];

/// Adds a static type to its module, filled in by `define` if this is the first time.
fn add_type(
    m: &Obj,
    tp: &'static PyTypeObject,
    qualified: &'static CStr,
    define: fn(&mut TypeBuilder),
) -> Result<()> {
    if tp.tp_flags.get() & Py_TPFLAGS_READY == 0 {
        define(&mut TypeBuilder::start(tp, qualified));
    }
    module::add_type(m, tp)?;
    module::set_type_module(tp)
}
