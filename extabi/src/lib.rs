//! CPython's C API, one file for each of its headers.
//!
//! Extensions find these functions in the executable's dynamic symbol table. Each is a thin C face of a function of the
//! vm: it turns pointers into borrows, results into "null and an error set", and keeps C's rules of ownership: *new*
//! references are given away, *borrowed* ones belong to somebody else, *stolen* ones are taken over. Every file lists what
//! it exports in a table, which keeps the functions in the executable and feeds the coverage report.

#![allow(non_snake_case, non_upper_case_globals)]

#[macro_use]
mod shape;

pub mod abstract_;
pub mod bytesobject;
pub mod call;
pub mod ceval;
pub mod charmap;
pub mod chars;
pub mod clinic;
pub mod codecs;
pub mod complexobject;
pub mod containers;
pub mod context;
pub mod dictobject;
mod elf;
pub mod execmodule;
pub mod fileobject;
pub mod floatpack;
pub mod import;
pub mod initconfig;
pub mod loader;
pub mod lock;
pub mod longbytes;
pub mod longobject;
pub mod longtail;
pub mod marshal;
pub mod memory;
pub mod misc;
pub mod moduleobject;
pub mod monitoring;
pub mod object;
pub mod pyerrors;
pub mod pyfile;
pub mod pylifecycle;
pub mod pythonrun;
pub mod runfiles;
mod sequence;
pub mod structseq;
pub mod sysmodule;
pub mod typeobject;
mod typespec;
pub mod unicode_errors;
pub mod unicodeobject;
pub mod unicodewriter;
pub mod varargs;

use shape::Export;

/// What each file exports.
static TABLES: &[&[Export]] = &[
    abstract_::EXPORTS,
    bytesobject::EXPORTS,
    call::EXPORTS,
    ceval::EXPORTS,
    charmap::EXPORTS,
    clinic::EXPORTS,
    codecs::EXPORTS,
    complexobject::EXPORTS,
    containers::EXPORTS,
    dictobject::EXPORTS,
    execmodule::EXPORTS,
    fileobject::EXPORTS,
    floatpack::EXPORTS,
    import::EXPORTS,
    initconfig::EXPORTS,
    longobject::EXPORTS,
    longtail::EXPORTS,
    marshal::EXPORTS,
    memory::EXPORTS,
    misc::EXPORTS,
    moduleobject::EXPORTS,
    monitoring::EXPORTS,
    object::EXPORTS,
    pyerrors::EXPORTS,
    pylifecycle::EXPORTS,
    pyfile::EXPORTS,
    typeobject::EXPORTS,
    unicodeobject::EXPORTS,
    chars::EXPORTS,
    context::EXPORTS,
    lock::EXPORTS,
    longbytes::EXPORTS,
    pythonrun::EXPORTS,
    runfiles::EXPORTS,
    structseq::EXPORTS,
    sysmodule::EXPORTS,
    unicode_errors::EXPORTS,
    unicodewriter::EXPORTS,
    varargs::EXPORTS,
    varargs::C_EXPORTS,
];

/// The names of all exported functions.
pub fn exported() -> impl Iterator<Item = &'static str> {
    TABLES.iter().flat_map(|t| t.iter()).map(|e| e.name)
}

/// Makes the API available: extension modules can be loaded afterwards.
pub fn install() {
    // Reading the tables keeps every function, and every data symbol, in the executable.
    let mut kept = 0usize;
    for table in TABLES {
        for export in *table {
            kept ^= core::hint::black_box(export.address) as usize;
        }
    }
    core::hint::black_box(kept);
    misc::keep_data();
    vm::import::install_dynamic(loader::create, loader::exec);
}
