//! Pickling classes, functions and what else is known by the name it has in its module.

use super::errors::pickling;
use super::opcodes::*;
use super::pickler::Pickler;
use super::save::save;
use super::save_reduce::save_reduce;
use super::unpickler::imported_module;
use super::{EXTENSION_REGISTRY, GETATTR, REVERSE_IMPORT_MAPPING, REVERSE_NAME_MAPPING, find};
use crate::prelude::*;
use vm::types::dict::DictExt as _;
use vm::types::exceptions::base;
use vm::types::int::IntExt as _;
use vm::types::str_::StrExt as _;

/// Pickles a class whose metaclass is `type`.
pub fn save_class(p: &Pickler, class: &Obj) -> Result<()> {
    for singleton in [NONE(), NOT_IMPLEMENTED(), ELLIPSIS()] {
        if class.is_same(singleton.ty().as_obj()) {
            let arguments = tuple::from_slice(&[singleton]);
            let reduced = tuple::from_slice(&[PyType_Type.as_obj(), arguments.as_obj()]);
            return save_reduce(p, &reduced, Some(class));
        }
    }
    save_global(p, class, None)
}

/// Pickles an object by the name that it has, or is given, in its module.
pub fn save_global(p: &Pickler, o: &Obj, name: Option<&Obj>) -> Result<()> {
    let name = match name {
        Some(name) => name.new_ref(),
        None => match proto::getattr_opt(o, intern!("__qualname__"))? {
            Some(name) => name,
            None => proto::getattr(o, intern!("__name__"))?,
        },
    };
    let path = find::dotted(&name)?;
    let module = module_of(o, &name, &path)?;
    if p.proto.get() >= 2 && save_extension(p, o, &module, &name)? {
        return Ok(());
    }
    if p.proto.get() >= 4 {
        save(p, &module, true)?;
        save(p, &name, true)?;
        p.put(&[STACK_GLOBAL]);
    } else {
        save_path(p, &module, &path)?;
    }
    p.memoize(o)
}

/// Before protocol 4 a path is pickled as calls of `getattr`.
fn save_path(p: &Pickler, module: &Obj, path: &[Ref]) -> Result<()> {
    let (first, rest) = path.split_first().expect("a name has a first part");
    let old = p.proto.get() < 2;
    for _ in rest {
        save(p, GETATTR.get()?, true)?;
        if old {
            p.put(&[MARK]);
        }
    }
    save_toplevel(p, module, first)?;
    for name in rest {
        save(p, name, true)?;
        p.put(&[if old { TUPLE } else { TUPLE2 }, REDUCE]);
    }
    Ok(())
}

/// Pickles something with a number in `copyreg`'s registry; whether it has one.
fn save_extension(p: &Pickler, o: &Obj, module: &Obj, name: &Obj) -> Result<bool> {
    let registry = EXTENSION_REGISTRY.dict()?;
    if registry.is_empty() {
        return Ok(false);
    }
    let Some(code) = registry.get(tuple::pair(module, name).as_obj())? else {
        return Ok(false);
    };
    let Some(number) = code.downcast::<PyLongObject>() else {
        return pickling(format_args!(
            "Can't pickle {}: extension code {} isn't an integer",
            repr_lossy(o),
            repr_lossy(&code)
        ));
    };
    match number.to_i64() {
        Some(n @ 1..=0xff) => p.put(&[EXT1, n as u8]),
        Some(n @ 0x100..=0xffff) => p.put2(EXT2, &(n as u16).to_le_bytes()),
        Some(n @ 0x1_0000..=0x7fff_ffff) => p.put2(EXT4, &(n as u32).to_le_bytes()),
        _ => {
            return raise!(
                RuntimeError,
                "extension code {} is out of range",
                str_lossy(&code)
            );
        }
    }
    Ok(true)
}

/// The names that Python 2 had for these.
fn old_names(module: &Obj, name: &Obj) -> Result<(Ref, Ref)> {
    let key = tuple::pair(module, name);
    if let Some(found) = REVERSE_NAME_MAPPING.dict()?.get(key.as_obj())? {
        if let Some([module, name]) = found.downcast::<PyTupleObject>().map(|t| t.items()) {
            return Ok((module.clone(), name.clone()));
        }
        return raise!(
            RuntimeError,
            "_compat_pickle.REVERSE_NAME_MAPPING values should be 2-tuples, not {:.200}",
            found.tp_name()
        );
    }
    let found = REVERSE_IMPORT_MAPPING.dict()?.get(module)?;
    Ok((found.unwrap_or_else(|| module.new_ref()), name.new_ref()))
}

fn save_toplevel(p: &Pickler, module: &Obj, name: &Obj) -> Result<()> {
    let proto = p.proto.get();
    let (module, name) = match p.fix_imports.get() {
        true => old_names(module, name)?,
        false => (module.new_ref(), name.new_ref()),
    };
    let mut line = vec![GLOBAL];
    for (what, o) in [("module", &module), ("global", &name)] {
        let text = str_::of(o).filter(|t| proto >= 3 || t.is_ascii());
        let Some(text) = text.and_then(|t| t.try_str()) else {
            return pickling(format_args!(
                "can't pickle {what} identifier {} using pickle protocol {proto}",
                repr_lossy(o)
            ));
        };
        line.extend_from_slice(text.as_bytes());
        line.push(b'\n');
    }
    p.put(&line);
    Ok(())
}

// ---- Modules ----

/// The module in which the object is found by its name.
fn module_of(o: &Obj, name: &Obj, path: &[Ref]) -> Result {
    let own = proto::getattr_opt(o, intern!("__module__"))?.filter(|m| !m.is_none());
    if path.iter().any(|part| str_::same_text(part, "<locals>")) {
        return pickling(format_args!("Can't pickle local object {}", repr_lossy(o)));
    }
    let module_name = match own {
        Some(name) => name,
        None => search_modules(o, path)?.unwrap_or_else(|| intern!("__main__").new_ref()),
    };
    let module = match imported_module(&module_name) {
        Ok(module) => module,
        Err(raised) => {
            let cause = err::catch(raised);
            let text = str_lossy(&cause);
            let failed = pickling(format_args!("Can't pickle {}: {text}", repr_lossy(o)));
            return with_context(failed, cause);
        }
    };
    let missing = |what: &str| {
        pickling(format_args!(
            "Can't pickle {}: it's not {what} {}.{}",
            repr_lossy(o),
            str_lossy(&module_name),
            str_lossy(name)
        ))
    };
    let mut at = module;
    for part in path {
        match proto::getattr(&at, part) {
            Ok(next) => at = next,
            Err(raised) if err::matches(&exc::AttributeError) => {
                let cause = err::catch(raised);
                return with_context(missing("found as"), cause);
            }
            Err(raised) => return Err(raised),
        }
    }
    match at.is_same(o) {
        true => Ok(module_name),
        false => missing("the same object as"),
    }
}

fn with_context(failed: Result, context: Ref) -> Result {
    failed.map_err(|raised| {
        let e = err::catch(raised);
        base::set_context(&e, Some(context));
        err::reraise(e)
    })
}

/// The name of the first module that has the object under its name.
fn search_modules(o: &Obj, path: &[Ref]) -> Result<Option<Ref>> {
    let Some(modules) = vm::runtime::sys_attribute("modules") else {
        return raise!(RuntimeError, "unable to get sys.modules");
    };
    let modules = match modules.downcast::<PyDictObject>() {
        Some(modules) => modules.entries(),
        None => Vec::new(),
    };
    for (name, module) in modules {
        let skipped = ["__main__", "__mp_main__"]
            .iter()
            .any(|other| str_::same_text(&name, other));
        if skipped || module.is_none() {
            continue;
        }
        if find::follow(&module, path)?.is_some_and(|found| found.is_same(o)) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}
