//! The bridge between `compile()` and the trees of the `ast` module.

use compiler::{Mode, Options};
use layout::*;

use crate::err::{Result, raise};
use crate::object::*;
use crate::protocol::object;
use crate::runtime;

/// The native module that knows trees: `parse` makes Python objects from source, `compile` code from objects.
pub struct Bridge {
    /// Whether an object is a tree.
    pub is_ast: fn(&Obj) -> Result<bool>,
    /// The tree of a source text.
    pub parse: fn(&str, &str, Mode, Options) -> Result,
    /// The code of a tree.
    pub compile: fn(&Obj, &str, Mode, u32, u8) -> Result,
}

static BRIDGE: Global<Option<&'static Bridge>> = Global::new(None);

/// Installs the bridge.
pub fn install(bridge: &'static Bridge) {
    BRIDGE.set(Some(bridge));
}

/// Whether an object is a tree: none can be before `_ast` was imported.
pub fn is_ast(o: &Obj) -> Result<bool> {
    if runtime::modules_get("_ast").is_none() || !object::is_callable(o.ty().as_obj()) {
        return Ok(false);
    }
    BRIDGE.get().map_or(Ok(false), |b| (b.is_ast)(o))
}

/// The tree of a source text.
pub fn parse(text: &str, filename: &str, mode: Mode, options: Options) -> Result {
    crate::import::import("_ast")?;
    match BRIDGE.get() {
        Some(b) => (b.parse)(text, filename, mode, options),
        None => raise!(ImportError, "the _ast module is not there"),
    }
}

/// The code of a tree.
pub fn compile_tree(tree: &Obj, filename: &str, mode: Mode, flags: u32, optimize: u8) -> Result {
    match BRIDGE.get() {
        Some(b) => (b.compile)(tree, filename, mode, flags, optimize),
        None => raise!(ImportError, "the _ast module is not there"),
    }
}
