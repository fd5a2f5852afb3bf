//! What the types of native modules have in common: their declaration, and how their constructors take arguments.
//!
//! A type is a static that [`static_type!`] ties to its struct, and a row of its module's table, which [`add_types`] reads.

use core::cell::Cell;
use core::ffi::CStr;
use core::ops::RangeInclusive;
use core::ptr;

pub use layout::*;
pub use vm::args::{self, Signature};
pub use vm::err::{self, Result, exc, raise};
pub use vm::method::*;
pub use vm::object::*;
pub use vm::protocol::{call, number, object as proto};
pub use vm::types::tuple::{self, TupleExt as _};
pub use vm::types::type_::{CompareOp, TypeBuilder};
pub use vm::types::{genericalias, int, module, str_};
pub use vm::{intern, method_doc};

use vm::types::dict::DictExt as _;
use vm::types::type_;

/// Declares the static of a type, and says that `$layout` is its instances' struct.
#[macro_export]
macro_rules! static_type {
    ($layout:ident, $tp:ident) => {
        #[doc = concat!("The type of [`", stringify!($layout), "`].")]
        pub static $tp: PyTypeObject = PyTypeObject::statically_declared();

        impl Layout for $layout {
            fn type_object() -> &'static PyTypeObject {
                &$tp
            }
        }
    };
}
pub use crate::static_type;

/// A table of integers that the C library's crate names.
macro_rules! libc_constants {
    ($($name:ident)*) => {
        &[$((stringify!($name), libc::$name as i64)),*]
    };
}
pub(crate) use libc_constants;

/// A row of a module's types: the static, its qualified name, and what fills it in.
pub type TypeRow = (&'static PyTypeObject, &'static CStr, fn(&mut TypeBuilder));

/// Makes a type ready, the first time; for those that no module shows.
pub fn declare((tp, name, define): TypeRow) -> Result<()> {
    if !has_flag(tp, Py_TPFLAGS_READY) {
        define(&mut TypeBuilder::start(tp, name));
        type_::ready(tp)?;
    }
    Ok(())
}

/// Makes types ready and adds them to their module.
pub fn add_types(m: &Obj, rows: &[TypeRow]) -> Result<()> {
    for row in rows {
        declare(*row)?;
        module::add_type(m, row.0)?;
    }
    Ok(())
}

/// Refuses keyword arguments, except from subclasses whose `__init__` may want them.
pub fn no_keywords(
    name: &str,
    base: &PyTypeObject,
    tp: &PyTypeObject,
    kwargs: Option<&PyDictObject>,
) -> Result<()> {
    let init = |t: &PyTypeObject| t.tp_init.get().map(|f| f as usize);
    if kwargs.is_some_and(|k| k.len() > 0) && (ptr::eq(tp, base) || init(tp) == init(base)) {
        return raise!(TypeError, "{name}() takes no keyword arguments");
    }
    Ok(())
}

/// The positional arguments of a constructor that takes no others.
pub fn positional<'a, const N: usize>(
    (name, counts): (&str, RangeInclusive<usize>),
    base: &PyTypeObject,
    tp: &PyTypeObject,
    args: &'a PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result<[Option<&'a Obj>; N]> {
    no_keywords(name, base, tp, kwargs)?;
    args::expect(name, args.objects(), counts)?;
    Ok(args::fixed(args.objects()))
}

/// As [`positional`], with a fixed count.
pub fn exactly<'a, const N: usize>(
    name: &str,
    base: &PyTypeObject,
    tp: &PyTypeObject,
    args: &'a PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result<[&'a Obj; N]> {
    Ok(positional((name, N..=N), base, tp, args, kwargs)?.map(required))
}

/// An argument that binding has made sure of.
pub fn required(argument: Option<&Obj>) -> &Obj {
    argument.expect("a required argument is bound")
}

/// A field that is set from birth to death; a reader after the collector cleared it sees `None`.
#[inline(always)]
pub fn held(field: &Slot) -> &Obj {
    field.borrow().unwrap_or(NONE())
}

/// A field that holds a tuple from birth to death.
#[inline(always)]
pub fn held_tuple(field: &Slot) -> &PyTupleObject {
    match field.borrow() {
        // SAFETY: only tuples are stored where this is asked.
        Some(t) => unsafe { t.cast() },
        None => tuple::empty_ref(),
    }
}

/// A field for an optional argument, for which `None` stands too.
pub fn optional(argument: Option<&Obj>) -> Slot {
    Slot::new(argument.filter(|o| !o.is_none()).map(Obj::new_ref))
}

/// A field that holds `o`.
pub fn holding(o: &Obj) -> Slot {
    Slot::new(Some(o.new_ref()))
}

/// A truth value as member tables read it.
pub fn flag(value: bool) -> Cell<u8> {
    Cell::new(value.into())
}

/// The setter of a builtin type's `__dict__`, which cannot be deleted.
pub fn set_dict(o: &Obj, value: Option<&Obj>) -> Result<()> {
    if value.is_none() {
        return raise!(TypeError, "cannot delete __dict__");
    }
    type_::subtype::set_dict(o, value)
}

/// Appends a str object.
pub fn push_text(w: &mut str_::Writer, text: &Obj) {
    if let Some(text) = str_::of(text) {
        w.push_obj(text);
    }
}

unsafe extern "C" fn vectorcall_shim<S, R, F>(
    o: *mut PyObject,
    args: *const *mut PyObject,
    nargsf: usize,
    kwnames: *mut PyObject,
) -> *mut PyObject
where
    S: Layout,
    R: IntoPy,
    F: Fn(&S, Args<'_>) -> Result<R> + Copy,
{
    // SAFETY: the function is kept in instances of S alone; the rest is the vectorcall protocol.
    answer(unsafe { conjure::<F>()(borrowed(o), Args::from_vector(args, nargsf, kwnames)) })
}

/// The C function that instances keep at their `vectorcall_offset`.
pub const fn vectorcall<S, R, F>(_: F) -> vectorcallfunc
where
    S: Layout,
    R: IntoPy,
    F: Fn(&S, Args<'_>) -> Result<R> + Copy,
{
    vectorcall_shim::<S, R, F>
}
