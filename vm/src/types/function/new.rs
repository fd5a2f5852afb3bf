//! Making functions: from a `def`, or with `types.FunctionType`.

use layout::*;

use crate::args::Signature;
use crate::code::{self, consts};
use crate::err::{Result, raise};
use crate::intern;
use crate::interp::eval::builtins_of;
use crate::object::*;
use crate::types::dict::DictExt as _;
use crate::types::tuple::TupleExt as _;
use crate::watchers;

/// A function of `code` with these globals. `qualname` replaces the code's own.
pub fn new(
    code: &PyCodeObject,
    globals: &PyDictObject,
    qualname: Option<&Obj>,
) -> Result<Ref<PyFunctionObject>> {
    let builtins = builtins_of(globals)?;
    let module = globals.get(intern!("__name__"))?;
    let doc = if code::has_flag(code, CO_HAS_DOCSTRING) {
        consts(code).items().first().cloned()
    } else {
        None
    };
    let f = alloc_builtin::<PyFunctionObject>()?;
    f.func_globals.set(globals.to_ref().into_raw());
    f.func_builtins.set(builtins.into_raw());
    f.func_name.set_ref(code.co_name.get_ref());
    f.func_qualname.set_ref(
        qualname
            .map(Obj::new_ref)
            .or_else(|| code.co_qualname.get_ref()),
    );
    f.func_code.set(code.to_ref().into_raw());
    f.func_doc.set_ref(Some(doc.unwrap_or_else(none)));
    f.func_module.set_ref(module);
    f.vectorcall.set(Some(super::vectorcall));
    if watchers::FUNCTIONS.any() {
        watchers::function_event(PyFunction_EVENT_CREATE, &f, None);
    }
    Ok(f)
}

static SIGNATURE: Signature = Signature::new(
    "function",
    "(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)",
);

/// `function.__new__`.
pub fn function_new(
    _: &PyTypeObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result {
    let [code, globals, name, defaults, closure, kwdefaults] = SIGNATURE.bind(args, kwargs)?;
    let given = |o: Option<&'_ Obj>| o.filter(|o| !o.is_none()).map(Obj::new_ref);
    let (code, globals) = (code.unwrap_or(NONE()), globals.unwrap_or(NONE()));
    let Some(code) = code.downcast_exact::<PyCodeObject>() else {
        return raise!(
            TypeError,
            "function() argument 'code' must be code, not {}",
            code.tp_name()
        );
    };
    let Some(globals) = globals.downcast::<PyDictObject>() else {
        return raise!(
            TypeError,
            "function() argument 'globals' must be dict, not {}",
            globals.tp_name()
        );
    };
    let (name, defaults, kwdefaults) = (given(name), given(defaults), given(kwdefaults));
    if name.as_ref().is_some_and(|n| !n.is::<PyUnicodeObject>()) {
        return raise!(TypeError, "arg 3 (name) must be None or string");
    }
    if defaults.as_ref().is_some_and(|d| !d.is::<PyTupleObject>()) {
        return raise!(TypeError, "arg 4 (defaults) must be None or tuple");
    }
    let free = code.co_nfreevars.get() as usize;
    let closure = check_closure(code, free, closure.unwrap_or(NONE()))?;
    if kwdefaults.as_ref().is_some_and(|d| !d.is::<PyDictObject>()) {
        return raise!(TypeError, "arg 6 (kwdefaults) must be None or dict");
    }
    let f = new(code, globals, None)?;
    if let Some(name) = name {
        f.func_name.set_ref(Some(name));
    }
    f.func_defaults.set_ref(defaults);
    f.func_closure.set_ref(closure);
    f.func_kwdefaults.set_ref(kwdefaults);
    Ok(f.into_obj())
}

fn check_closure(code: &PyCodeObject, free: usize, closure: &Obj) -> Result<Option<Ref>> {
    let Some(cells) = closure.downcast::<PyTupleObject>() else {
        if free != 0 && closure.is_none() {
            return raise!(TypeError, "arg 5 (closure) must be tuple");
        }
        if !closure.is_none() {
            return raise!(TypeError, "arg 5 (closure) must be None or tuple");
        }
        return Ok(None);
    };
    let count = cells.items().len();
    if count != free {
        let name = code
            .co_name
            .borrow_obj()
            .map_or_else(String::new, str_lossy);
        return raise!(
            ValueError,
            "{} requires closure of length {}, not {}",
            name,
            free,
            count
        );
    }
    if let Some(other) = cells.items().iter().find(|cell| !cell.is::<PyCellObject>()) {
        return raise!(
            TypeError,
            "arg 5 (closure) expected cell, found {}",
            other.tp_name()
        );
    }
    Ok((count != 0).then(|| closure.new_ref()))
}
