//! Python source to CPython 3.14 code objects, behind a boundary of plain data.
//!
//! The front end is made of third-party crates; no type of theirs crosses this crate's border, so the runtime builds
//! without seeing them. Source goes in, the *marshal* bytes of a code object come out: the runtime's `marshal.loads` is
//! then the one place where code objects are made, whether they come from source, from a `.pyc` or from the frozen
//! library.
//!
//! Invariant: nothing here calls back into Python while it runs on a stack of its own (the compiler recurses deeply, so
//! it is given a big one); warnings are delivered to the caller on the caller's stack.

mod arithmetic;
pub mod ast;
mod check;
mod compile;
mod error;
mod escapes;
mod marshal;
mod parse;
mod repair;
mod scopes;
mod source;
pub mod symtable;
pub mod syntax;

pub use ast::{compile_ast, parse_to_ast};
pub use compile::{Mode, Options, Refusal, SyntaxWarning, WarningCallback, compile, flags};
pub use error::{Error, Location, SyntaxError, SyntaxErrorKind};
pub use source::{Decoded, decode_source};
