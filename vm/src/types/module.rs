//! `module`: a namespace, and the table that a native module is made of.

use core::cell::Cell;
use core::ffi::c_void;

use layout::*;

use super::cfunction;
use super::dict::{self, DictExt as _};
use super::int;
use super::str_;
use super::type_::{TypeBuilder, attributes};
use crate::args::Signature;
use crate::err::{self, Raised, Result, exc, raise};
use crate::getset;
use crate::intern;
use crate::method::ModuleDef;
use crate::object::*;
use crate::protocol::{call, object};

/// A module: its dict, and what C modules keep with it.
#[repr(C)]
pub struct Module {
    ob_base: PyObject,
    /// The namespace.
    pub dict: Slot,
    /// The C definition of an extension module, else null.
    pub def: Cell<*mut PyModuleDef>,
    /// The extension's own memory, of `m_size` bytes; scanned when reached.
    pub state: Cell<*mut c_void>,
    weakrefs: Cell<*mut PyObject>,
    /// The name it was made with, for messages after its dict is gone.
    name: Slot,
}

impl Layout for Module {
    fn type_object() -> &'static PyTypeObject {
        &PyModule_Type
    }
}

/// Fills in `module`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Module>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .destructible()
        .dictoffset(core::mem::offset_of!(Module, dict))
        .weaklistoffset(core::mem::offset_of!(Module, weakrefs))
        .tp_dealloc(dealloc)
        .tp_traverse(traverse)
        .tp_clear(clear)
        .tp_new(
            |tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| {
                let m = type_alloc(tp, 0)?;
                // SAFETY: just made.
                unsafe { m.cast::<Module>() }
                    .dict
                    .set(Some(dict::new().into_obj()));
                Ok(m)
            },
        )
        .tp_init(init)
        .tp_repr(repr)
        .tp_getattro(getattro)
        .methods(METHODS)
        .getset(GETSET);
    b.type_object()
        .tp_setattro
        .set(Some(attributes::generic_setattro));
}

static METHODS: &[PyMethodDef] = &[crate::noargs!("__dir__", dir, "")];

static GETSET: &[PyGetSetDef] = &[
    getset!("__dict__", |m: &Module| Ok(m.dict.get())),
    getset!("__annotations__", get_annotations, set_annotations),
    getset!("__annotate__", get_annotate, set_annotate),
];

/// Whether `o` is a module.
pub fn is_module(o: &Obj) -> bool {
    o.is::<Module>()
}

/// The module's dict.
pub fn dict_of(m: &Obj) -> Ref<PyDictObject> {
    // SAFETY: called with modules; the slot holds a dict.
    unsafe {
        m.cast::<Module>()
            .dict
            .get()
            .expect("a module has a dict")
            .into_cast()
    }
}

/// A new module with nothing but its name and the import system's attributes, all None.
pub fn new(name: &str) -> Ref {
    new_named(str_::new(name).as_obj())
}

/// As [`new`], the name an object.
pub fn new_named(name: &Obj) -> Ref {
    let m =
        alloc::<Module>(&PyModule_Type).unwrap_or_else(|_| crate::fatal("no memory for a module"));
    let d = dict::new();
    m.dict.set(Some(d.clone().into_obj()));
    if init_dict(&m, &d, name, NONE()).is_err() {
        crate::fatal("cannot initialise a module");
    }
    m.into_obj()
}

fn init_dict(m: &Module, d: &PyDictObject, name: &Obj, doc: &Obj) -> Result<()> {
    d.set(intern!("__name__"), name)?;
    d.set(intern!("__doc__"), doc)?;
    d.set(intern!("__package__"), NONE())?;
    d.set(intern!("__loader__"), NONE())?;
    d.set(intern!("__spec__"), NONE())?;
    if name.is_exact::<PyUnicodeObject>() {
        m.name.set(Some(name.new_ref()));
    }
    Ok(())
}

/// Makes a native module and fills it in.
pub fn from_def(def: &'static ModuleDef) -> Result {
    let m = new(def.name);
    fill(&m, def)?;
    Ok(m)
}

/// Adds a native module's functions and contents to `m`.
pub fn fill(m: &Obj, def: &'static ModuleDef) -> Result<()> {
    let name = str_::intern_str(def.name);
    cfunction::add_functions(m, def.methods, name)?;
    (def.exec)(m)
}

/// Adds a value under a name.
pub fn add(m: &Obj, name: &str, value: &Obj) -> Result<()> {
    dict_of(m).set(str_::intern_str(name), value)
}

/// Gives a static type the `__module__` that CPython's type of this name, which it makes at run time, has in its dict.
pub fn set_type_module(tp: &PyTypeObject) -> Result<()> {
    let name = type_name(tp);
    if let (Some((module, _)), Some(d)) = (name.rsplit_once('.'), super::type_::own_dict(tp)) {
        // One that is computed stays.
        d.setdefault(intern!("__module__"), str_::intern_str(module))?;
        super::type_::modified(tp);
    }
    Ok(())
}

/// Adds integers under their names.
pub fn add_ints<'a>(
    m: &Obj,
    rows: impl IntoIterator<Item = &'a (&'static str, i64)>,
) -> Result<()> {
    rows.into_iter()
        .try_for_each(|(name, value)| add(m, name, int::from_i64(*value).as_obj()))
}

/// Adds a type under its own name.
pub fn add_type(m: &Obj, tp: &PyTypeObject) -> Result<()> {
    super::type_::ready(tp)?;
    add(m, &super::type_::name_of(tp), tp.as_obj())
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dying module.
    unsafe {
        gc::untrack(o);
        super::weakref::clear_weakrefs(&*o);
        let m = (*o).cast::<Module>();
        if let Some(def) = m.def.get().as_ref()
            && let Some(f) = def.m_free
            && (def.m_size <= 0 || !m.state.get().is_null())
        {
            f(o.cast());
        }
        m.dict.set(None);
        m.name.set(None);
        libc::free(m.state.get());
        free_builtin(o);
    }
}

fn traverse(m: &Module, v: &mut Visitor) -> Visit {
    // SAFETY: an extension's definition outlives its module.
    if let Some(def) = unsafe { m.def.get().as_ref() } {
        if let Some(f) = def.m_traverse
            && (def.m_size <= 0 || !m.state.get().is_null())
        {
            // SAFETY: the function that the module came with.
            unsafe { v.delegate(f, m.as_ptr()) }?;
        }
        if !m.state.get().is_null() {
            // SAFETY: the module owns that much memory.
            unsafe { gc::visit_conservatively(m.state.get().cast(), def.m_size.max(0) as usize) };
        }
    }
    v.slot(&m.name)?;
    v.slot(&m.dict)
}

fn clear(m: &Module) {
    // SAFETY: as above.
    if let Some(def) = unsafe { m.def.get().as_ref() }
        && let Some(f) = def.m_clear
        && (def.m_size <= 0 || !m.state.get().is_null())
    {
        // SAFETY: the extension's own function.
        if unsafe { f(m.as_ptr()) } != 0 && err::occurred() {
            err::write_unraisable(Some(m.as_obj()), None);
        }
    }
    m.dict.set(None);
}

fn init(m: &Module, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIGNATURE: Signature = Signature::new("module", "(name, doc=None)");
    let [name, doc] = SIGNATURE.bind(args, kwargs)?;
    let name = name.expect("required");
    if !name.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "module() argument 'name' must be str, not {}",
            name.tp_name()
        );
    }
    if m.dict.borrow().is_none() {
        m.dict.set(Some(dict::new().into_obj()));
    }
    init_dict(m, &dict_of(m.as_obj()), name, doc.unwrap_or(NONE()))
}

fn repr(m: &Module) -> Result {
    let bootstrap = crate::import::bootstrap()?;
    call::call_method(&bootstrap, "_module_repr", &[m.as_obj()])
}

/// The name a module goes by; `None` if it has no (proper) `__name__`.
pub fn name_of(m: &Obj) -> Result<Option<Ref>> {
    Ok(dict_of(m)
        .get(intern!("__name__"))?
        .filter(|n| n.is::<PyUnicodeObject>()))
}

fn getattro(m: &Module, name: &Obj) -> Result {
    if let Some(found) = attributes::generic_get(m.as_obj(), name, true)? {
        return Ok(found);
    }
    let Some(d) = m.dict.get() else {
        return Err(attributes::missing(m.as_obj(), name));
    };
    // SAFETY: the slot holds a dict.
    let d = unsafe { d.into_cast::<PyDictObject>() };
    if let Some(hook) = d.get(intern!("__getattr__"))? {
        return call::call1(&hook, name);
    }
    Err(missing(m, &d, name))
}

#[cold]
fn missing(m: &Module, d: &PyDictObject, name: &Obj) -> Raised {
    let text = str_lossy(name);
    let raised = match d.get(intern!("__name__")) {
        Ok(Some(n)) if n.is::<PyUnicodeObject>() => {
            crate::import::missing_attribute(d, &str_lossy(&n), &text)
        }
        Ok(_) => err::new(
            &exc::AttributeError,
            format_args!("module has no attribute '{text}'"),
        ),
        Err(raised) => return raised,
    };
    attributes::note_missing(m.as_obj(), name);
    raised
}

fn dir(m: &Obj) -> Result {
    let d = object::getattr(m, intern!("__dict__"))?;
    let Some(d) = d.downcast::<PyDictObject>() else {
        return raise!(TypeError, "<module>.__dict__ is not a dictionary");
    };
    match d.get(intern!("__dir__"))? {
        Some(hook) => call::call0(&hook),
        None => object::call_keys(d.as_obj()),
    }
}

fn get_annotate(m: &Module) -> Result {
    let d = dict_of(m.as_obj());
    if let Some(f) = d.get(intern!("__annotate__"))? {
        return Ok(f);
    }
    d.set(intern!("__annotate__"), NONE())?;
    Ok(none())
}

fn set_annotate(m: &Module, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "cannot delete __annotate__ attribute");
    };
    if !value.is_none() && !object::is_callable(value) {
        return raise!(TypeError, "__annotate__ must be callable or None");
    }
    let d = dict_of(m.as_obj());
    d.set(intern!("__annotate__"), value)?;
    if !value.is_none() {
        d.del(intern!("__annotations__"))?;
    }
    Ok(())
}

fn get_annotations(m: &Module) -> Result {
    let d = dict_of(m.as_obj());
    if let Some(found) = d.get(intern!("__annotations__"))? {
        return Ok(found);
    }
    let made = match d.get(intern!("__annotate__"))? {
        Some(f) if object::is_callable(&f) => {
            let made = call::call1(&f, super::int::from_i64(1).as_obj())?;
            if !made.is::<PyDictObject>() {
                return raise!(
                    TypeError,
                    "__annotate__() must return a dict, not {}",
                    made.tp_name()
                );
            }
            made
        }
        _ => dict::new().into_obj(),
    };
    d.set(intern!("__annotations__"), &made)?;
    Ok(made)
}

fn set_annotations(m: &Module, value: Option<&Obj>) -> Result<()> {
    let d = dict_of(m.as_obj());
    match value {
        Some(v) => d.set(intern!("__annotations__"), v)?,
        None => {
            if !d.del(intern!("__annotations__"))? {
                return raise!(AttributeError, "__annotations__");
            }
        }
    }
    d.del(intern!("__annotate__"))?;
    Ok(())
}
