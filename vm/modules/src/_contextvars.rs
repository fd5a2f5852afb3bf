//! `_contextvars`: the types are the runtime's, which has a context in every thread.

use layout::*;

use vm::err::Result;
use vm::method::*;
use vm::object::*;
use vm::types::{context, module};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_contextvars",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[noargs!(
    "copy_context",
    |_: &Obj| context::copy_current().map(Ref::into_obj),
    "($module, /)"
)];

fn exec(m: &Obj) -> Result<()> {
    context::token::finish()?;
    module::add(m, "Context", PyContext_Type.as_obj())?;
    module::add(m, "ContextVar", PyContextVar_Type.as_obj())?;
    module::add(m, "Token", PyContextToken_Type.as_obj())
}
