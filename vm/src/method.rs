//! Tables of methods, attributes and members, made of plain Rust functions.
//!
//! The rows are CPython's C structs, so extensions and inherited C code read them as usual. Each row's C function is a
//! generic shim around a Rust function, whose type is zero-sized: nothing is stored, nothing is looked up.

use core::ffi::{CStr, c_int, c_void};
use core::mem::{self, MaybeUninit};
use core::ptr;

use layout::*;

use crate::args::Signature;
use crate::err::{self, Result};
use crate::object::*;

/// What a method may return: made into an object by its shim.
pub trait IntoPy {
    /// The object for this value.
    fn into_py(self) -> Result;
}

impl IntoPy for Ref {
    #[inline(always)]
    fn into_py(self) -> Result {
        Ok(self)
    }
}

macro_rules! into_py_structs {
    ($($layout:ident)*) => {$(
        impl IntoPy for Ref<$layout> {
            #[inline(always)]
            fn into_py(self) -> Result {
                Ok(self.into_obj())
            }
        }
    )*};
}

into_py_structs! {
    PyLongObject PyFloatObject PyUnicodeObject PyBytesObject PyTupleObject PyListObject PyDictObject PySetObject
    PyTypeObject PyByteArrayObject PyComplexObject
}

impl IntoPy for () {
    #[inline(always)]
    fn into_py(self) -> Result {
        Ok(none())
    }
}

impl IntoPy for bool {
    #[inline(always)]
    fn into_py(self) -> Result {
        Ok(bool_(self))
    }
}

macro_rules! into_py_ints {
    ($($int:ident)*) => {$(
        impl IntoPy for $int {
            fn into_py(self) -> Result {
                Ok(crate::types::int::from_i64(i64::from(self)).into_obj())
            }
        }
    )*};
}

into_py_ints!(i64 i32 u32 u8);

impl IntoPy for isize {
    fn into_py(self) -> Result {
        Ok(crate::types::int::from_i64(self as i64).into_obj())
    }
}

impl IntoPy for usize {
    fn into_py(self) -> Result {
        Ok(crate::types::int::from_u64(self as u64).into_obj())
    }
}

impl IntoPy for u64 {
    fn into_py(self) -> Result {
        Ok(crate::types::int::from_u64(self).into_obj())
    }
}

impl IntoPy for f64 {
    fn into_py(self) -> Result {
        Ok(crate::types::float::new(self).into_obj())
    }
}

impl IntoPy for &str {
    fn into_py(self) -> Result {
        Ok(crate::types::str_::new(self).into_obj())
    }
}

impl IntoPy for String {
    fn into_py(self) -> Result {
        Ok(crate::types::str_::new(&self).into_obj())
    }
}

impl<R: IntoPy> IntoPy for Option<R> {
    fn into_py(self) -> Result {
        self.map_or_else(|| Ok(none()), IntoPy::into_py)
    }
}

/// C's answer for what a Rust function returned.
#[inline(always)]
pub fn answer<R: IntoPy>(result: Result<R>) -> *mut PyObject {
    match result {
        Ok(value) => err::into_raw(value.into_py()),
        Err(_) => ptr::null_mut(),
    }
}

/// The only value of a function item's type.
#[inline(always)]
#[expect(clippy::uninit_assumed_init, reason = "the type has no bytes")]
pub fn conjure<F: Copy>() -> F {
    const {
        assert!(
            size_of::<F>() == 0,
            "a function item, not a pointer or a closure with captures"
        )
    };
    // SAFETY: a zero-sized value has no bytes to initialise.
    unsafe { MaybeUninit::<F>::uninit().assume_init() }
}

/// The object behind a C argument, with layout `S`.
///
/// # Safety
/// `o` points to a live object of layout `S`.
#[inline(always)]
pub unsafe fn borrowed<'a, S: Layout>(o: *mut PyObject) -> &'a S {
    // SAFETY: the caller's.
    unsafe { &*o.cast::<S>() }
}

/// A C array of arguments as a slice of borrowed references.
///
/// # Safety
/// `args` points to `n` live objects (or `n` is 0).
#[inline(always)]
pub unsafe fn arguments<'a>(args: *const *mut PyObject, n: usize) -> &'a [&'a Obj] {
    if n == 0 {
        return &[];
    }
    // SAFETY: the caller's; a reference is a non-null pointer.
    unsafe { core::slice::from_raw_parts(args.cast(), n) }
}

/// The items of a call's arguments.
pub struct Args<'a> {
    /// The positional arguments.
    pub positional: &'a [&'a Obj],
    /// The keyword arguments' values.
    pub keyword_values: &'a [&'a Obj],
    /// Their names, a tuple of str.
    pub names: Option<&'a PyTupleObject>,
}

impl<'a> Args<'a> {
    /// From what a vectorcall function gets.
    ///
    /// # Safety
    /// As the vectorcall protocol (PEP 590) has it.
    #[inline(always)]
    pub unsafe fn from_vector(
        args: *const *mut PyObject,
        nargsf: usize,
        kwnames: *mut PyObject,
    ) -> Args<'a> {
        let n = nargsf & !PY_VECTORCALL_ARGUMENTS_OFFSET;
        // SAFETY: the protocol's.
        unsafe {
            let names = kwnames.cast::<PyTupleObject>().as_ref();
            let k = names.map_or(0, |names| names.ob_base.ob_size.get() as usize);
            let all = arguments(args, n + k);
            Args {
                positional: &all[..n],
                keyword_values: &all[n..],
                names,
            }
        }
    }

    /// The keyword arguments, in order.
    pub fn keywords(&self) -> impl Iterator<Item = (&'a Obj, &'a Obj)> + use<'a> {
        let names = self.names;
        self.keyword_values
            .iter()
            .enumerate()
            .map(move |(i, value)| {
                let names = names.expect("keyword values come with names");
                // SAFETY: a tuple of as many names as there are values.
                (unsafe { &*(*names.ob_item.as_ptr().add(i)).get() }, *value)
            })
    }
}

// ---- Rows of method tables ----

/// A row of a method table.
#[expect(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "the pointer is stored, not followed"
)]
pub const fn def(
    name: &'static CStr,
    function: *const (),
    flags: c_int,
    doc: &'static CStr,
) -> PyMethodDef {
    PyMethodDef {
        ml_name: name.as_ptr(),
        // SAFETY: C keeps all its method signatures in this one pointer type; the flags say which it is.
        ml_meth: Some(unsafe { mem::transmute::<*const (), PyCFunction>(function) }),
        ml_flags: flags,
        ml_doc: doc.as_ptr(),
    }
}

/// A table: a static array of rows, ended by a zeroed row as C's are.
pub type Methods = &'static [PyMethodDef];

/// The row that ends a table.
pub const END: PyMethodDef = PyMethodDef {
    ml_name: ptr::null(),
    ml_meth: None,
    ml_flags: 0,
    ml_doc: ptr::null(),
};

unsafe extern "C" fn noargs_shim<S, R, F>(this: *mut PyObject, _: *mut PyObject) -> *mut PyObject
where
    S: Layout,
    R: IntoPy,
    F: Fn(&S) -> Result<R> + Copy,
{
    // SAFETY: the descriptor has checked the type of self.
    answer(conjure::<F>()(unsafe { borrowed(this) }))
}

unsafe extern "C" fn o_shim<S, R, F>(this: *mut PyObject, arg: *mut PyObject) -> *mut PyObject
where
    S: Layout,
    R: IntoPy,
    F: Fn(&S, &Obj) -> Result<R> + Copy,
{
    // SAFETY: the descriptor has checked the type of self; the argument is an object.
    answer(unsafe { conjure::<F>()(borrowed(this), borrowed(arg)) })
}

unsafe extern "C" fn fastcall_shim<S, R, F>(
    this: *mut PyObject,
    args: *const *mut PyObject,
    n: isize,
) -> *mut PyObject
where
    S: Layout,
    R: IntoPy,
    F: Fn(&S, &[&Obj]) -> Result<R> + Copy,
{
    // SAFETY: the descriptor has checked the type of self; `n` arguments are objects.
    answer(unsafe { conjure::<F>()(borrowed(this), arguments(args, n as usize)) })
}

unsafe extern "C" fn varargs_kw_shim<S, R, F>(
    this: *mut PyObject,
    args: *const *mut PyObject,
    n: isize,
    kwnames: *mut PyObject,
) -> *mut PyObject
where
    S: Layout,
    R: IntoPy,
    F: Fn(&S, Args<'_>) -> Result<R> + Copy,
{
    // SAFETY: the descriptor has checked the type of self; the rest is the vectorcall protocol.
    answer(unsafe { conjure::<F>()(borrowed(this), Args::from_vector(args, n as usize, kwnames)) })
}

/// The C function behind `noargs!`.
pub const fn noargs<S: Layout, R: IntoPy, F: Fn(&S) -> Result<R> + Copy>(_: F) -> *const () {
    noargs_shim::<S, R, F> as *const ()
}

/// The C function behind `o!`.
pub const fn o<S: Layout, R: IntoPy, F: Fn(&S, &Obj) -> Result<R> + Copy>(_: F) -> *const () {
    o_shim::<S, R, F> as *const ()
}

/// The C function behind `fastcall!`.
pub const fn fastcall<S: Layout, R: IntoPy, F: Fn(&S, &[&Obj]) -> Result<R> + Copy>(
    _: F,
) -> *const () {
    fastcall_shim::<S, R, F> as *const ()
}

/// The C function behind `varargs_kw!`.
pub const fn varargs_kw<S: Layout, R: IntoPy, F: Fn(&S, Args<'_>) -> Result<R> + Copy>(
    _: F,
) -> *const () {
    varargs_kw_shim::<S, R, F> as *const ()
}

/// The body of `keywords!`: binds the arguments by the signature, then calls.
///
/// # Safety
/// The arguments are those of a `METH_FASTCALL | METH_KEYWORDS` function whose self has layout `S`.
#[inline(always)]
pub unsafe fn call_bound<S, R, F, const N: usize>(
    signature: &'static Signature,
    f: F,
    this: *mut PyObject,
    args: *const *mut PyObject,
    n: isize,
    kwnames: *mut PyObject,
) -> *mut PyObject
where
    S: Layout,
    R: IntoPy,
    F: Fn(&S, [Option<&Obj>; N]) -> Result<R>,
{
    // SAFETY: the caller's.
    let (this, args) = unsafe {
        (
            borrowed::<S>(this),
            Args::from_vector(args, n as usize, kwnames),
        )
    };
    match signature.bind_args(&args) {
        Ok(bound) => answer(f(this, bound)),
        Err(_) => ptr::null_mut(),
    }
}

/// The body of `keywords_var!`: as [`call_bound`], with the surplus positional arguments first.
///
/// # Safety
/// As [`call_bound`].
#[inline(always)]
pub unsafe fn call_bound_var<S, R, F, const N: usize>(
    signature: &'static Signature,
    f: F,
    this: *mut PyObject,
    args: *const *mut PyObject,
    n: isize,
    kwnames: *mut PyObject,
) -> *mut PyObject
where
    S: Layout,
    R: IntoPy,
    F: Fn(&S, &[&Obj], [Option<&Obj>; N]) -> Result<R>,
{
    // SAFETY: the caller's.
    let (this, args) = unsafe {
        (
            borrowed::<S>(this),
            Args::from_vector(args, n as usize, kwnames),
        )
    };
    let split = args.positional.len().min(signature.positional_count());
    let (fixed, rest) = args.positional.split_at(split);
    let fixed = Args {
        positional: fixed,
        keyword_values: args.keyword_values,
        names: args.names,
    };
    match signature.bind_args(&fixed) {
        Ok(bound) => answer(f(this, rest, bound)),
        Err(_) => ptr::null_mut(),
    }
}

/// Text that ends with its only NUL, as a C string; for the macros below, which check it when they are compiled.
pub const fn c_text(text: &'static str) -> &'static core::ffi::CStr {
    match core::ffi::CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a name has a NUL in it"),
    }
}

/// The `ml_doc` of a row: CPython's form, in which the signature comes first and ends with a line of two dashes.
#[macro_export]
macro_rules! method_doc {
    ($name:literal, $signature:literal) => {
        const {
            $crate::method::c_text(if $signature.is_empty() {
                "\0"
            } else {
                concat!($name, $signature, "\n--\n\n\0")
            })
        }
    };
}

/// A literal as a C string.
#[macro_export]
macro_rules! cstr {
    ($name:literal) => {
        const { $crate::method::c_text(concat!($name, "\0")) }
    };
}

/// A method without arguments: `fn(&S) -> Result<R>`.
#[macro_export]
macro_rules! noargs {
    ($name:literal, $f:expr, $signature:literal) => {
        $crate::method::def(
            $crate::cstr!($name),
            $crate::method::noargs($f),
            ::layout::METH_NOARGS,
            $crate::method_doc!($name, $signature),
        )
    };
}

/// A method with one positional argument: `fn(&S, &Obj) -> Result<R>`.
#[macro_export]
macro_rules! o {
    ($name:literal, $f:expr, $signature:literal) => {
        $crate::method::def(
            $crate::cstr!($name),
            $crate::method::o($f),
            ::layout::METH_O,
            $crate::method_doc!($name, $signature),
        )
    };
}

/// A method with positional arguments: `fn(&S, &[&Obj]) -> Result<R>`, which checks their number.
#[macro_export]
macro_rules! fastcall {
    ($name:literal, $f:expr, $signature:literal) => {
        $crate::method::def(
            $crate::cstr!($name),
            $crate::method::fastcall($f),
            ::layout::METH_FASTCALL,
            $crate::method_doc!($name, $signature),
        )
    };
}

/// A method that takes its arguments unbound: `fn(&S, Args) -> Result<R>`.
#[macro_export]
macro_rules! varargs_kw {
    ($name:literal, $f:expr, $signature:literal) => {
        $crate::method::def(
            $crate::cstr!($name),
            $crate::method::varargs_kw($f),
            ::layout::METH_FASTCALL | ::layout::METH_KEYWORDS,
            $crate::method_doc!($name, $signature),
        )
    };
}

/// A method whose arguments are bound by its text signature: `fn(&S, [Option<&Obj>; N]) -> Result<R>`.
#[macro_export]
#[allow(
    clippy::macro_metavars_in_unsafe,
    reason = "a closure's types are inferred only where it is called"
)]
macro_rules! keywords {
    ($name:literal, $f:expr, $signature:literal) => {{
        unsafe extern "C" fn shim(
            this: *mut ::layout::PyObject,
            args: *const *mut ::layout::PyObject,
            n: isize,
            kwnames: *mut ::layout::PyObject,
        ) -> *mut ::layout::PyObject {
            static SIGNATURE: $crate::args::Signature =
                $crate::args::Signature::new($name, $signature);
            // SAFETY: the row's flags say how it is called; the descriptor has checked self.
            unsafe { $crate::method::call_bound(&SIGNATURE, $f, this, args, n, kwnames) }
        }
        $crate::method::def(
            $crate::cstr!($name),
            shim as *const (),
            ::layout::METH_FASTCALL | ::layout::METH_KEYWORDS,
            $crate::method_doc!($name, $signature),
        )
    }};
}

/// As `keywords!` for a signature with `*args`: `fn(&S, &[&Obj], [Option<&Obj>; N]) -> Result<R>`.
#[macro_export]
macro_rules! keywords_var {
    ($name:literal, $f:expr, $signature:literal) => {{
        unsafe extern "C" fn shim(
            this: *mut ::layout::PyObject,
            args: *const *mut ::layout::PyObject,
            n: isize,
            kwnames: *mut ::layout::PyObject,
        ) -> *mut ::layout::PyObject {
            static SIGNATURE: $crate::args::Signature =
                $crate::args::Signature::new($name, $signature);
            // SAFETY: the row's flags say how it is called; the descriptor has checked self.
            unsafe { $crate::method::call_bound_var(&SIGNATURE, $f, this, args, n, kwnames) }
        }
        $crate::method::def(
            $crate::cstr!($name),
            shim as *const (),
            ::layout::METH_FASTCALL | ::layout::METH_KEYWORDS,
            $crate::method_doc!($name, $signature),
        )
    }};
}

/// Makes a row a class method: self is the class.
pub const fn class_method(mut row: PyMethodDef) -> PyMethodDef {
    row.ml_flags |= METH_CLASS;
    row
}

/// Marks our own static methods: their function takes a self, the class, which a C static method does not.
pub const METH_OWN_STATIC: c_int = 1 << 24;

/// Makes a row a static method: self is the class it was defined in.
pub const fn static_method(mut row: PyMethodDef) -> PyMethodDef {
    row.ml_flags |= METH_STATIC | METH_OWN_STATIC;
    row
}

/// Makes a row replace the slot wrapper of the same name.
pub const fn coexist(mut row: PyMethodDef) -> PyMethodDef {
    row.ml_flags |= METH_COEXIST;
    row
}

// ---- Rows of attribute tables ----

unsafe extern "C" fn getter_shim<S, R, F>(this: *mut PyObject, _: *mut c_void) -> *mut PyObject
where
    S: Layout,
    R: IntoPy,
    F: Fn(&S) -> Result<R> + Copy,
{
    // SAFETY: the descriptor has checked the type of self.
    answer(conjure::<F>()(unsafe { borrowed(this) }))
}

unsafe extern "C" fn setter_shim<S, F>(
    this: *mut PyObject,
    value: *mut PyObject,
    _: *mut c_void,
) -> c_int
where
    S: Layout,
    F: Fn(&S, Option<&Obj>) -> Result<()> + Copy,
{
    // SAFETY: the descriptor has checked the type of self; the value is an object, or null to delete.
    err::into_status(unsafe { conjure::<F>()(borrowed(this), value.as_ref()) })
}

/// The C getter behind `getset!`.
pub const fn getter<S: Layout, R: IntoPy, F: Fn(&S) -> Result<R> + Copy>(_: F) -> getter {
    getter_shim::<S, R, F>
}

/// The C setter behind `getset!`.
pub const fn setter<S: Layout, F: Fn(&S, Option<&Obj>) -> Result<()> + Copy>(_: F) -> setter {
    setter_shim::<S, F>
}

/// A row of an attribute table: a getter `fn(&S) -> Result<R>` and perhaps a setter `fn(&S, Option<&Obj>) -> Result<()>`.
#[macro_export]
macro_rules! getset {
    ($name:literal, $get:expr) => {
        ::layout::PyGetSetDef {
            name: $crate::cstr!($name).as_ptr(),
            get: Some($crate::method::getter($get)),
            set: None,
            doc: ::core::ptr::null(),
            closure: ::core::ptr::null_mut(),
        }
    };
    ($name:literal, $get:expr, $set:expr) => {
        ::layout::PyGetSetDef {
            name: $crate::cstr!($name).as_ptr(),
            get: Some($crate::method::getter($get)),
            set: Some($crate::method::setter($set)),
            doc: ::core::ptr::null(),
            closure: ::core::ptr::null_mut(),
        }
    };
}

/// A row of a member table: a field read (and perhaps written) as it is: `member!("start", PySliceObject, start, _Py_T_OBJECT, Py_READONLY)`.
#[macro_export]
macro_rules! member {
    ($name:literal, $layout:ty, $field:ident, $kind:expr, $flags:expr) => {
        ::layout::PyMemberDef {
            name: $crate::cstr!($name).as_ptr(),
            r#type: $kind,
            offset: ::core::mem::offset_of!($layout, $field) as isize,
            flags: $flags,
            doc: ::core::ptr::null(),
        }
    };
}

// ---- Modules ----

/// A module written in Rust. The name is qualified as `import` has it; `exec` fills in what the table does not.
pub struct ModuleDef {
    /// The module's name.
    pub name: &'static str,
    /// Its functions; self is the module.
    pub methods: &'static [PyMethodDef],
    /// Adds types and constants.
    pub exec: fn(&Obj) -> Result<()>,
}

pub use crate::{cstr, fastcall, getset, keywords, keywords_var, member, noargs, o, varargs_kw};
