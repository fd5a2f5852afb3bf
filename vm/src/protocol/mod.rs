//! The abstract protocols: what any object can be asked, whatever its type. One file for each family of CPython's
//! `abstract.h`.

pub mod buffer;
pub mod call;
pub mod number;
pub mod object;
