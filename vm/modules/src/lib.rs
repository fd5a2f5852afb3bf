//! The native modules of the standard library, one file or folder each, and the table of them.
//!
//! A module is a [`ModuleDef`] and a row here; the runtime's own (`builtins`, `sys`, `_imp`, `marshal`, `_warnings`) are in
//! the vm. What is not here is served by the library's pure-Python versions, or is missing by name.

pub mod _codecs;
pub mod _collections;
pub mod _sre;
pub mod _string;
pub mod _weakref;

use vm::method::ModuleDef;

/// All modules of this crate.
pub static MODULES: &[&ModuleDef] = &[
    &_codecs::MODULE,
    &_collections::MODULE,
    &_sre::MODULE,
    &_string::MODULE,
    &_weakref::MODULE,
];
