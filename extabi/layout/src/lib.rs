//! The C structs of CPython 3.14 that its public headers expose, and the data symbols that extensions link to.
//!
//! Data only: one file for each C header, C's names, C's layout, checked at compile time and against the real headers by a
//! test. A mutable field is a `Cell`, so that the runtime reads and writes objects through shared references; the tables
//! that programs write as constants have plain fields. Every crate of the runtime rests on this one, and it on none of them.

#![no_std]
#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals)]

#[macro_use]
mod macros;

pub mod audit;
pub mod bytearrayobject;
pub mod bytesobject;
pub mod cellobject;
pub mod classobject;
pub mod code;
pub mod compile;
pub mod complexobject;
pub mod context;
pub mod critical_section;
pub mod datetime;
pub mod descrobject;
pub mod dictobject;
pub mod fileobject;
pub mod floatobject;
pub mod frameobject;
pub mod funcobject;
pub mod genobject;
pub mod import;
pub mod initconfig;
pub mod listobject;
pub mod lock;
pub mod longobject;
pub mod memoryobject;
pub mod methodobject;
pub mod modsupport;
pub mod moduleobject;
pub mod monitoring;
pub mod object;
pub mod objimpl;
pub mod odictobject;
pub mod patchlevel;
pub mod pybuffer;
pub mod pycapsule;
pub mod pyerrors;
pub mod pyframe;
pub mod pyhash;
pub mod pylifecycle;
pub mod pymem;
pub mod pystate;
pub mod pythread;
pub mod pytime;
pub mod pytypedefs;
pub mod refcount;
pub mod setobject;
pub mod sliceobject;
pub mod statics;
pub mod structseq;
pub mod traceback;
pub mod tupleobject;
pub mod typeslots;
pub mod unicodeobject;
pub mod weakrefobject;

pub use audit::*;
pub use bytearrayobject::*;
pub use bytesobject::*;
pub use cellobject::*;
pub use classobject::*;
pub use code::*;
pub use compile::*;
pub use complexobject::*;
pub use context::*;
pub use critical_section::*;
pub use datetime::*;
pub use descrobject::*;
pub use dictobject::*;
pub use fileobject::*;
pub use floatobject::*;
pub use frameobject::*;
pub use funcobject::*;
pub use genobject::*;
pub use import::*;
pub use initconfig::*;
pub use listobject::*;
pub use lock::*;
pub use longobject::*;
pub use macros::{Constant, StructLayout};
pub use memoryobject::*;
pub use methodobject::*;
pub use modsupport::*;
pub use moduleobject::*;
pub use monitoring::*;
pub use object::*;
pub use objimpl::*;
pub use odictobject::*;
pub use patchlevel::*;
pub use pybuffer::*;
pub use pycapsule::*;
pub use pyerrors::*;
pub use pyframe::*;
pub use pyhash::*;
pub use pylifecycle::*;
pub use pymem::*;
pub use pystate::*;
pub use pythread::*;
pub use pytime::*;
pub use pytypedefs::*;
pub use refcount::*;
pub use setobject::*;
pub use sliceobject::*;
pub use statics::*;
pub use structseq::*;
pub use traceback::*;
pub use tupleobject::*;
pub use typeslots::*;
pub use unicodeobject::*;
pub use weakrefobject::*;

/// Every struct of this crate, as its size and field offsets were asserted at compile time.
pub const ALL_LAYOUTS: &[&[StructLayout]] = &[
    bytearrayobject::LAYOUTS,
    bytesobject::LAYOUTS,
    cellobject::LAYOUTS,
    classobject::LAYOUTS,
    code::LAYOUTS,
    compile::LAYOUTS,
    complexobject::LAYOUTS,
    datetime::LAYOUTS,
    descrobject::LAYOUTS,
    dictobject::LAYOUTS,
    floatobject::LAYOUTS,
    frameobject::LAYOUTS,
    funcobject::LAYOUTS,
    import::LAYOUTS,
    initconfig::LAYOUTS,
    listobject::LAYOUTS,
    lock::LAYOUTS,
    longobject::LAYOUTS,
    memoryobject::LAYOUTS,
    methodobject::LAYOUTS,
    modsupport::LAYOUTS,
    moduleobject::LAYOUTS,
    monitoring::LAYOUTS,
    object::LAYOUTS,
    objimpl::LAYOUTS,
    pybuffer::LAYOUTS,
    pyerrors::LAYOUTS,
    pyhash::LAYOUTS,
    pylifecycle::LAYOUTS,
    pymem::LAYOUTS,
    pystate::LAYOUTS,
    pythread::LAYOUTS,
    setobject::LAYOUTS,
    sliceobject::LAYOUTS,
    structseq::LAYOUTS,
    traceback::LAYOUTS,
    tupleobject::LAYOUTS,
    unicodeobject::LAYOUTS,
    weakrefobject::LAYOUTS,
];

/// Every constant of this crate that the headers define too.
pub const ALL_CONSTANTS: &[&[Constant]] = &[
    code::CONSTANTS,
    compile::CONSTANTS,
    context::CONSTANTS,
    datetime::CONSTANTS,
    descrobject::CONSTANTS,
    dictobject::CONSTANTS,
    funcobject::CONSTANTS,
    longobject::CONSTANTS,
    memoryobject::CONSTANTS,
    methodobject::CONSTANTS,
    modsupport::CONSTANTS,
    moduleobject::CONSTANTS,
    monitoring::CONSTANTS,
    object::CONSTANTS,
    patchlevel::CONSTANTS,
    pybuffer::CONSTANTS,
    pyframe::CONSTANTS,
    pyhash::CONSTANTS,
    pylifecycle::CONSTANTS,
    pymem::CONSTANTS,
    pystate::CONSTANTS,
    pythread::CONSTANTS,
    refcount::CONSTANTS,
    setobject::CONSTANTS,
    typeslots::CONSTANTS,
    unicodeobject::CONSTANTS,
];

/// A struct that is the body of a built-in type's instances: what a checked downcast tests for.
pub trait Layout {
    fn type_object() -> &'static PyTypeObject;
}
