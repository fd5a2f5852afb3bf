//! `import` and `from ... import`.

use gc::Manager;
use layout::*;

use super::regs::Regs;
use super::{Flow, names};
use crate::err::{self, Raised, Result, exc};
use crate::frame::Frame;
use crate::object::*;
use crate::protocol::{call, object};
use crate::raise;
use crate::types::dict::DictExt;
use crate::types::str_;

#[inline(always)]
pub fn import_name<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let result = import(r.frame(), r.name(oparg), r.obj(1), r.obj(2));
    r.finish(2, result)
}

#[inline(never)]
fn import(frame: &Frame, name: &Obj, from: &Obj, level: &Obj) -> Result {
    let Some(function) = names::lookup(frame.builtins(), crate::intern!("__import__"))? else {
        return raise!(ImportError, "__import__ not found");
    };
    let globals = frame.globals_obj();
    let locals = frame.locals().unwrap_or(NONE());
    call::call(&function, &[name, globals, locals, from, level])
}

#[inline(always)]
pub fn import_from<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let result = from_module(r.obj(1), r.name(oparg));
    r.finish_push(result)
}

#[inline(never)]
fn from_module(module: &Obj, name: &Obj) -> Result {
    if let Some(value) = object::getattr_opt(module, name)? {
        return Ok(value);
    }
    // A submodule that is being imported is not an attribute of its package yet.
    let module_name = object::getattr_opt(module, crate::intern!("__name__"))?;
    let package = module_name.filter(|n| n.is::<PyUnicodeObject>());
    if let Some(package) = &package {
        let full = str_::new(&format!("{}.{}", str_lossy(package), str_lossy(name)));
        if let Some(found) = crate::import::loaded(full.as_obj())? {
            return Ok(found);
        }
    }
    Err(cannot_import(module, name, package)?)
}

/// The `ImportError` for a name that a module lacks, with what may be the reason.
#[cold]
fn cannot_import(module: &Obj, name: &Obj, package: Option<Ref>) -> Result<Raised> {
    let package_or_unknown = package
        .clone()
        .unwrap_or_else(|| str_::new("<unknown module name>").into_obj());
    let spec =
        object::getattr_opt(module, crate::intern!("__spec__"))?.filter(|spec| !spec.is_none());
    let mut origin = match &spec {
        Some(spec) if truth_of(spec, "has_location")? => {
            object::getattr_opt(spec, crate::intern!("origin"))?
        }
        _ => None,
    };
    origin = origin.filter(|o| o.is::<PyUnicodeObject>());
    let shadowing = match &origin {
        Some(origin) => crate::main_program::is_in_script_folder(&str_lossy(origin)),
        None => false,
    };
    if origin.is_none() {
        // Frozen and builtin modules: the namespace may still say.
        origin = object::getattr_opt(module, crate::intern!("__file__"))?
            .filter(|o| o.is::<PyUnicodeObject>());
    }
    let stdlib = match &package {
        Some(package) => is_stdlib_name(package)?,
        None => false,
    };
    let initializing = match &spec {
        Some(spec) => truth_of(spec, "_initializing")?,
        None => false,
    };
    let text = match &origin {
        Some(origin) if shadowing && stdlib => format!(
            "cannot import name {} from {} (consider renaming {} since it has the same name as the standard library \
             module named {} and prevents importing that standard library module)",
            repr_lossy(name),
            repr_lossy(&package_or_unknown),
            repr_lossy(origin),
            repr_lossy(&package_or_unknown)
        ),
        Some(origin) if initializing && shadowing => format!(
            "cannot import name {} from {} (consider renaming {} if it has the same name as a library you intended to \
             import)",
            repr_lossy(name),
            repr_lossy(&package_or_unknown),
            repr_lossy(origin)
        ),
        Some(origin) if initializing => format!(
            "cannot import name {} from partially initialized module {} (most likely due to a circular import) ({})",
            repr_lossy(name),
            repr_lossy(&package_or_unknown),
            str_lossy(origin)
        ),
        None if initializing => format!(
            "cannot import name {} from partially initialized module {} (most likely due to a circular import)",
            repr_lossy(name),
            repr_lossy(&package_or_unknown)
        ),
        Some(origin) => format!(
            "cannot import name {} from {} ({})",
            repr_lossy(name),
            repr_lossy(&package_or_unknown),
            str_lossy(origin)
        ),
        None => format!(
            "cannot import name {} from {} (unknown location)",
            repr_lossy(name),
            repr_lossy(&package_or_unknown)
        ),
    };
    let raised = err::new(&exc::ImportError, format_args!("{text}"));
    if let Some(exception) = err::current()
        && let Some(e) = exception.downcast::<PyImportErrorObject>()
    {
        e.name.set_ref(package);
        e.path.set_ref(origin);
        e.name_from.set_ref(Some(name.new_ref()));
    }
    Ok(raised)
}

fn truth_of(o: &Obj, attribute: &str) -> Result<bool> {
    match object::getattr_opt(o, str_::intern_str(attribute))? {
        Some(value) => object::is_true(&value),
        None => Ok(false),
    }
}

fn is_stdlib_name(name: &Obj) -> Result<bool> {
    match crate::runtime::sys_attribute("stdlib_module_names") {
        Some(names)
            if names.is::<PySetObject>() || core::ptr::eq(names.ty(), &PyFrozenSet_Type) =>
        {
            object::contains(&names, name)
        }
        _ => Ok(false),
    }
}

/// `from module import *`: copies the public names into the namespace.
pub fn import_star(module: &Obj, locals: &Obj) -> Result<()> {
    let mut skip_private = false;
    let names = match object::getattr_opt(module, crate::intern!("__all__"))? {
        Some(all) => object::to_vec(&all)?,
        None => {
            let Some(namespace) = object::getattr_opt(module, crate::intern!("__dict__"))? else {
                return raise!(
                    ImportError,
                    "from-import-* object has no __dict__ and no __all__"
                );
            };
            skip_private = true;
            object::to_vec(&*call::method(&namespace, crate::intern!("keys"), &[])?)?
        }
    };
    for name in &names {
        if !name.is::<PyUnicodeObject>() {
            return bad_name(module, name, skip_private);
        }
        if skip_private && str_lossy(name).starts_with('_') {
            continue;
        }
        let value = object::getattr(module, name)?;
        match locals.downcast_exact::<PyDictObject>() {
            Some(d) => d.set(name, &value)?,
            None => object::setitem(locals, name, &value)?,
        }
    }
    Ok(())
}

#[cold]
fn bad_name(module: &Obj, name: &Obj, from_dict: bool) -> Result<()> {
    let module_name = object::getattr(module, crate::intern!("__name__"))?;
    if !module_name.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "module __name__ must be a string, not {}",
            module_name.tp_name()
        );
    }
    if from_dict {
        return raise!(
            TypeError,
            "Key in {}.__dict__ must be str, not {}",
            str_lossy(&module_name),
            name.tp_name()
        );
    }
    raise!(
        TypeError,
        "Item in {}.__all__ must be str, not {}",
        str_lossy(&module_name),
        name.tp_name()
    )
}
