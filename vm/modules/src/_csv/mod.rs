//! `_csv`: readers and writers of comma-separated values, and the dialects they speak.

mod dialect;
mod parse;
mod reader;
mod writer;

use crate::prelude::*;
use vm::types::dict::{self, DictExt as _};
use vm::types::list;
use vm::types::type_;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_csv",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    varargs_kw!(
        "reader",
        reader::reader,
        "($module, iterable, /, dialect='excel', **fmtparams)"
    ),
    varargs_kw!(
        "writer",
        writer::writer,
        "($module, fileobj, /, dialect='excel', **fmtparams)"
    ),
    noargs!(
        "list_dialects",
        |_: &Obj| list::from_iterable(registry()?.as_obj()),
        "($module, /)"
    ),
    varargs_kw!(
        "register_dialect",
        register,
        "($module, name, /, dialect='excel', **fmtparams)"
    ),
    keywords!("unregister_dialect", unregister, "($module, /, name)"),
    keywords!(
        "get_dialect",
        |_: &Obj, [name]| registered(required(name)),
        "($module, /, name)"
    ),
    keywords!(
        "field_size_limit",
        field_size_limit,
        "($module, /, new_limit=<unrepresentable>)"
    ),
];

/// Numbers of `quoting`.
mod quoting {
    pub const MINIMAL: u8 = 0;
    pub const ALL: u8 = 1;
    pub const NONNUMERIC: u8 = 2;
    pub const NONE: u8 = 3;
    pub const STRINGS: u8 = 4;
    pub const NOTNULL: u8 = 5;
}

static QUOTING: [(&str, u8); 6] = [
    ("QUOTE_MINIMAL", quoting::MINIMAL),
    ("QUOTE_ALL", quoting::ALL),
    ("QUOTE_NONNUMERIC", quoting::NONNUMERIC),
    ("QUOTE_NONE", quoting::NONE),
    ("QUOTE_STRINGS", quoting::STRINGS),
    ("QUOTE_NOTNULL", quoting::NOTNULL),
];

/// `csv.Error`, and the registered dialects; both are in the module too.
static ERROR: Global<*const PyTypeObject> = Global::new(core::ptr::null());
static REGISTRY: Global<*const PyDictObject> = Global::new(core::ptr::null());
static FIELD_LIMIT: Global<usize> = Global::new(128 * 1024);

fn exec(m: &Obj) -> Result<()> {
    declare((&reader::READER, c"_csv.reader", reader::define))?;
    declare((&writer::WRITER, c"_csv.writer", writer::define))?;
    add_types(m, &[(&dialect::DIALECT, c"_csv.Dialect", dialect::define)])?;
    module::add(m, "Reader", reader::READER.as_obj())?;
    module::add(m, "Writer", writer::WRITER.as_obj())?;
    let error = type_::new_exception("_csv", "Error", &[&exc::Exception])?;
    module::add(m, "Error", &error)?;
    ERROR.set(error.into_raw().cast());
    let registry = dict::new();
    module::add(m, "_dialects", registry.as_obj())?;
    REGISTRY.set(registry.into_raw().cast());
    for (name, value) in QUOTING {
        module::add(m, name, int::from_i64(value.into()).as_obj())?;
    }
    Ok(())
}

/// Raises `csv.Error`.
#[cold]
fn error(message: &str) -> err::Raised {
    // SAFETY: set to a class that lives as long as the module's code.
    let class = unsafe { ERROR.get().as_ref() }.unwrap_or(&exc::Exception);
    err::new(class, format_args!("{message}"))
}

fn registry() -> Result<Ref<PyDictObject>> {
    // SAFETY: set to a dict that is never released.
    match unsafe { REGISTRY.get().as_ref() } {
        Some(registry) => Ok(registry.to_ref()),
        None => raise!(RuntimeError, "_csv is not initialised"),
    }
}

/// The dialect with this name.
fn registered(name: &Obj) -> Result {
    match registry()?.get(name)? {
        Some(dialect) => Ok(dialect),
        None => Err(error("unknown dialect")),
    }
}

fn register(_: &Obj, args: Args<'_>) -> Result<()> {
    args::expect("register_dialect", args.positional, 1..=2)?;
    let name = args.positional[0];
    if !name.is::<PyUnicodeObject>() {
        return raise!(TypeError, "dialect name must be a string");
    }
    let dialect = dialect::from_call(args.positional.get(1).copied(), &args)?;
    registry()?.set(name, dialect.as_obj())
}

fn unregister(_: &Obj, [name]: [Option<&Obj>; 1]) -> Result<()> {
    match registry()?.del(required(name))? {
        true => Ok(()),
        false => Err(error("unknown dialect")),
    }
}

fn field_size_limit(_: &Obj, [limit]: [Option<&Obj>; 1]) -> Result<usize> {
    let old = FIELD_LIMIT.get();
    if let Some(limit) = limit {
        if !limit.is_exact::<PyLongObject>() {
            return raise!(TypeError, "limit must be an integer");
        }
        FIELD_LIMIT.set(args::to_isize(limit)?.max(0) as usize);
    }
    Ok(old)
}
