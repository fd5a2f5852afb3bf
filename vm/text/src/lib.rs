//! Text without objects: character properties, search, codecs, quoting and the format languages
//! on strings in CPython's three kinds (Latin-1, UCS-2, UCS-4 code points, lone surrogates
//! included).
//!
//! Invariant: nothing here knows of Python objects, exceptions or memory managers; failures are
//! returned as small structs whose texts are CPython's.

pub mod case;
pub mod chars;
pub mod codecs;
pub mod decimal;
pub mod escape;
pub mod kinds;
pub mod names;
pub mod search;

pub use kinds::{Buf, Builder, Char, Str};
