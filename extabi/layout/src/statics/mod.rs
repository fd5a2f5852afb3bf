//! The data symbols that extensions link to. Their addresses are fixed here, at link time; the runtime fills in their
//! contents at start-up.

mod exceptions;
mod globals;
mod singletons;
mod types;

pub use exceptions::*;
pub use globals::*;
pub use singletons::*;
pub use types::*;
