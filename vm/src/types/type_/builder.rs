//! Filling in a static type: plain Rust functions become C slots through one shim for each C signature.

use core::ffi::{CStr, c_int, c_void};
use core::ptr;

use layout::*;

use crate::err::{self, Result};
use crate::method::{Args, IntoPy, answer, borrowed, conjure};
use crate::object::*;

/// The operator of a rich comparison; its numbers are C's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum CompareOp {
    /// `<`
    Lt = 0,
    /// `<=`
    Le = 1,
    /// `==`
    Eq = 2,
    /// `!=`
    Ne = 3,
    /// `>`
    Gt = 4,
    /// `>=`
    Ge = 5,
}

impl CompareOp {
    /// From C's number.
    #[inline(always)]
    pub fn from_c(op: c_int) -> CompareOp {
        match op {
            0 => CompareOp::Lt,
            1 => CompareOp::Le,
            2 => CompareOp::Eq,
            3 => CompareOp::Ne,
            4 => CompareOp::Gt,
            _ => CompareOp::Ge,
        }
    }
    /// The operator with its operands exchanged.
    pub fn swapped(self) -> CompareOp {
        match self {
            CompareOp::Lt => CompareOp::Gt,
            CompareOp::Le => CompareOp::Ge,
            CompareOp::Gt => CompareOp::Lt,
            CompareOp::Ge => CompareOp::Le,
            same => same,
        }
    }
    /// The operator as Python writes it.
    pub fn symbol(self) -> &'static str {
        ["<", "<=", "==", "!=", ">", ">="][self as usize]
    }
    /// The answer for an ordering of the operands.
    #[inline(always)]
    pub fn test(self, ordering: core::cmp::Ordering) -> bool {
        match self {
            CompareOp::Lt => ordering.is_lt(),
            CompareOp::Le => ordering.is_le(),
            CompareOp::Eq => ordering.is_eq(),
            CompareOp::Ne => ordering.is_ne(),
            CompareOp::Gt => ordering.is_gt(),
            CompareOp::Ge => ordering.is_ge(),
        }
    }
}

/// Fills in one static type.
pub struct TypeBuilder {
    tp: &'static PyTypeObject,
}

// SAFETY (of all shims): C calls a slot with an object of the type that holds it, and with live arguments.

unsafe extern "C" fn unary<S: Layout, R: IntoPy, F: Fn(&S) -> Result<R> + Copy>(
    o: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above.
    answer(conjure::<F>()(unsafe { borrowed(o) }))
}

unsafe extern "C" fn binary<S: Layout, R: IntoPy, F: Fn(&S, &Obj) -> Result<R> + Copy>(
    o: *mut PyObject,
    arg: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above.
    answer(unsafe { conjure::<F>()(borrowed(o), borrowed(arg)) })
}

unsafe extern "C" fn ternary<R: IntoPy, F: Fn(&Obj, &Obj, &Obj) -> Result<R> + Copy>(
    a: *mut PyObject,
    b: *mut PyObject,
    c: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above.
    answer(unsafe { conjure::<F>()(borrowed(a), borrowed(b), borrowed(c)) })
}

unsafe extern "C" fn inquiry_<S: Layout, F: Fn(&S) -> Result<bool> + Copy>(
    o: *mut PyObject,
) -> c_int {
    // SAFETY: see above.
    conjure::<F>()(unsafe { borrowed(o) }).map_or(-1, c_int::from)
}

unsafe extern "C" fn len<S: Layout, F: Fn(&S) -> Result<usize> + Copy>(o: *mut PyObject) -> isize {
    // SAFETY: see above.
    conjure::<F>()(unsafe { borrowed(o) }).map_or(-1, |n| n as isize)
}

unsafe extern "C" fn hash<S: Layout, F: Fn(&S) -> Result<isize> + Copy>(o: *mut PyObject) -> isize {
    // SAFETY: see above.
    match conjure::<F>()(unsafe { borrowed(o) }) {
        Ok(-1) => -2,
        Ok(h) => h,
        Err(_) => -1,
    }
}

unsafe extern "C" fn index<S: Layout, R: IntoPy, F: Fn(&S, isize) -> Result<R> + Copy>(
    o: *mut PyObject,
    i: isize,
) -> *mut PyObject {
    // SAFETY: see above.
    answer(conjure::<F>()(unsafe { borrowed(o) }, i))
}

unsafe extern "C" fn assign_index<
    S: Layout,
    F: Fn(&S, isize, Option<&Obj>) -> Result<()> + Copy,
>(
    o: *mut PyObject,
    i: isize,
    value: *mut PyObject,
) -> c_int {
    // SAFETY: see above; a null value deletes.
    err::into_status(unsafe { conjure::<F>()(borrowed(o), i, value.as_ref()) })
}

unsafe extern "C" fn contains<S: Layout, F: Fn(&S, &Obj) -> Result<bool> + Copy>(
    o: *mut PyObject,
    arg: *mut PyObject,
) -> c_int {
    // SAFETY: see above.
    unsafe { conjure::<F>()(borrowed(o), borrowed(arg)) }.map_or(-1, c_int::from)
}

unsafe extern "C" fn assign<S: Layout, F: Fn(&S, &Obj, Option<&Obj>) -> Result<()> + Copy>(
    o: *mut PyObject,
    key: *mut PyObject,
    value: *mut PyObject,
) -> c_int {
    // SAFETY: see above; a null value deletes.
    err::into_status(unsafe { conjure::<F>()(borrowed(o), borrowed(key), value.as_ref()) })
}

unsafe extern "C" fn compare<
    S: Layout,
    R: IntoPy,
    F: Fn(&S, &Obj, CompareOp) -> Result<R> + Copy,
>(
    o: *mut PyObject,
    other: *mut PyObject,
    op: c_int,
) -> *mut PyObject {
    // SAFETY: see above.
    answer(unsafe { conjure::<F>()(borrowed(o), borrowed(other), CompareOp::from_c(op)) })
}

unsafe extern "C" fn next<S: Layout, F: Fn(&S) -> Result<Option<Ref>> + Copy>(
    o: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above. Exhaustion is null with no error set.
    match conjure::<F>()(unsafe { borrowed(o) }) {
        Ok(Some(item)) => item.into_raw(),
        _ => ptr::null_mut(),
    }
}

unsafe extern "C" fn descr_get<
    S: Layout,
    R: IntoPy,
    F: Fn(&S, Option<&Obj>, Option<&Obj>) -> Result<R> + Copy,
>(
    o: *mut PyObject,
    instance: *mut PyObject,
    owner: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above; instance and owner may be null.
    answer(unsafe { conjure::<F>()(borrowed(o), instance.as_ref(), owner.as_ref()) })
}

unsafe extern "C" fn call<
    S: Layout,
    R: IntoPy,
    F: Fn(&S, &PyTupleObject, Option<&PyDictObject>) -> Result<R> + Copy,
>(
    o: *mut PyObject,
    args: *mut PyObject,
    kwargs: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above; args is a tuple, kwargs a dict or null.
    answer(unsafe {
        conjure::<F>()(
            borrowed(o),
            borrowed(args),
            kwargs.cast::<PyDictObject>().as_ref(),
        )
    })
}

unsafe extern "C" fn init<
    S: Layout,
    F: Fn(&S, &PyTupleObject, Option<&PyDictObject>) -> Result<()> + Copy,
>(
    o: *mut PyObject,
    args: *mut PyObject,
    kwargs: *mut PyObject,
) -> c_int {
    // SAFETY: see above; args is a tuple, kwargs a dict or null.
    err::into_status(unsafe {
        conjure::<F>()(
            borrowed(o),
            borrowed(args),
            kwargs.cast::<PyDictObject>().as_ref(),
        )
    })
}

unsafe extern "C" fn new<
    R: IntoPy,
    F: Fn(&PyTypeObject, &PyTupleObject, Option<&PyDictObject>) -> Result<R> + Copy,
>(
    tp: *mut PyTypeObject,
    args: *mut PyObject,
    kwargs: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above; args is a tuple, kwargs a dict or null.
    answer(unsafe { conjure::<F>()(&*tp, borrowed(args), kwargs.cast::<PyDictObject>().as_ref()) })
}

unsafe extern "C" fn vectorcall<R: IntoPy, F: Fn(&PyTypeObject, Args<'_>) -> Result<R> + Copy>(
    tp: *mut PyObject,
    args: *const *mut PyObject,
    nargsf: usize,
    kwnames: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above; the rest is the vectorcall protocol.
    answer(unsafe { conjure::<F>()(borrowed(tp), Args::from_vector(args, nargsf, kwnames)) })
}

unsafe extern "C" fn traverse<S: Layout, F: Fn(&S, &mut Visitor) -> Visit + Copy>(
    o: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let mut visitor = Visitor::new(visit, arg);
    // SAFETY: see above.
    let (o, this) = unsafe { (&*o, (*o).cast()) };
    match visitor
        .ty(o)
        .and_then(|()| conjure::<F>()(this, &mut visitor))
    {
        Ok(()) => 0,
        Err(stop) => stop,
    }
}

unsafe extern "C" fn clear<S: Layout, F: Fn(&S) + Copy>(o: *mut PyObject) -> c_int {
    // SAFETY: see above.
    conjure::<F>()(unsafe { borrowed(o) });
    0
}

unsafe extern "C" fn finalize<S: Layout, F: Fn(&S) + Copy>(o: *mut PyObject) {
    // SAFETY: see above.
    conjure::<F>()(unsafe { borrowed(o) });
}

macro_rules! setters {
    ($($slot:ident in $suite:ident = $shim:ident [$($param:ident: $bound:path),*] $f:path;)*) => {
        $(setters!(@one $slot $suite $shim [$($param: $bound),*] $f);)*
    };
    (@one $slot:ident $suite:ident $shim:ident [$($param:ident: $bound:path),*] $f:path) => {
        #[doc = concat!("Sets `", stringify!($slot), "`.")]
        pub fn $slot<$($param: $bound,)* F: $f + Copy>(&mut self, _: F) -> &mut Self {
            self.$suite().$slot.set(Some($shim::<$($param,)* F>));
            self
        }
    };
}

macro_rules! suites {
    ($($suite:ident $field:ident $layout:ident;)*) => {$(
        fn $suite(&mut self) -> &'static $layout {
            let field = &self.tp.$field;
            if field.get().is_null() {
                field.set(Box::leak(Box::new($layout::zeroed())));
            }
            // SAFETY: just made sure; suites of static types are never freed.
            unsafe { &*field.get() }
        }
    )*};
}

impl TypeBuilder {
    suites! {
        number tp_as_number PyNumberMethods;
        sequence tp_as_sequence PySequenceMethods;
        mapping tp_as_mapping PyMappingMethods;
        awaiting tp_as_async PyAsyncMethods;
        buffer tp_as_buffer PyBufferProcs;
    }

    fn ty(&mut self) -> &'static PyTypeObject {
        self.tp
    }

    setters! {
        tp_repr in ty = unary [S: Layout, R: IntoPy] Fn(&S) -> Result<R>;
        tp_str in ty = unary [S: Layout, R: IntoPy] Fn(&S) -> Result<R>;
        tp_iter in ty = unary [S: Layout, R: IntoPy] Fn(&S) -> Result<R>;
        nb_negative in number = unary [S: Layout, R: IntoPy] Fn(&S) -> Result<R>;
        nb_positive in number = unary [S: Layout, R: IntoPy] Fn(&S) -> Result<R>;
        nb_absolute in number = unary [S: Layout, R: IntoPy] Fn(&S) -> Result<R>;
        nb_invert in number = unary [S: Layout, R: IntoPy] Fn(&S) -> Result<R>;
        nb_int in number = unary [S: Layout, R: IntoPy] Fn(&S) -> Result<R>;
        nb_float in number = unary [S: Layout, R: IntoPy] Fn(&S) -> Result<R>;
        nb_index in number = unary [S: Layout, R: IntoPy] Fn(&S) -> Result<R>;
        am_await in awaiting = unary [S: Layout, R: IntoPy] Fn(&S) -> Result<R>;
        am_aiter in awaiting = unary [S: Layout, R: IntoPy] Fn(&S) -> Result<R>;
        am_anext in awaiting = unary [S: Layout, R: IntoPy] Fn(&S) -> Result<R>;
        nb_bool in number = inquiry_ [S: Layout] Fn(&S) -> Result<bool>;
        nb_add in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_subtract in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_multiply in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_remainder in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_divmod in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_lshift in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_rshift in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_and in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_xor in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_or in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_floor_divide in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_true_divide in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_matrix_multiply in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_inplace_add in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_inplace_subtract in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_inplace_multiply in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_inplace_remainder in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_inplace_lshift in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_inplace_rshift in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_inplace_and in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_inplace_xor in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_inplace_or in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_inplace_floor_divide in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_inplace_true_divide in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_inplace_matrix_multiply in number = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        nb_power in number = ternary [R: IntoPy] Fn(&Obj, &Obj, &Obj) -> Result<R>;
        nb_inplace_power in number = ternary [R: IntoPy] Fn(&Obj, &Obj, &Obj) -> Result<R>;
        sq_length in sequence = len [S: Layout] Fn(&S) -> Result<usize>;
        sq_concat in sequence = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        sq_inplace_concat in sequence = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        sq_repeat in sequence = index [S: Layout, R: IntoPy] Fn(&S, isize) -> Result<R>;
        sq_item in sequence = index [S: Layout, R: IntoPy] Fn(&S, isize) -> Result<R>;
        sq_inplace_repeat in sequence = index [S: Layout, R: IntoPy] Fn(&S, isize) -> Result<R>;
        sq_ass_item in sequence = assign_index [S: Layout] Fn(&S, isize, Option<&Obj>) -> Result<()>;
        sq_contains in sequence = contains [S: Layout] Fn(&S, &Obj) -> Result<bool>;
        mp_length in mapping = len [S: Layout] Fn(&S) -> Result<usize>;
        mp_subscript in mapping = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        mp_ass_subscript in mapping = assign [S: Layout] Fn(&S, &Obj, Option<&Obj>) -> Result<()>;
        tp_hash in ty = hash [S: Layout] Fn(&S) -> Result<isize>;
        tp_richcompare in ty = compare [S: Layout, R: IntoPy] Fn(&S, &Obj, CompareOp) -> Result<R>;
        tp_iternext in ty = next [S: Layout] Fn(&S) -> Result<Option<Ref>>;
        tp_getattro in ty = binary [S: Layout, R: IntoPy] Fn(&S, &Obj) -> Result<R>;
        tp_setattro in ty = assign [S: Layout] Fn(&S, &Obj, Option<&Obj>) -> Result<()>;
        tp_descr_set in ty = assign [S: Layout] Fn(&S, &Obj, Option<&Obj>) -> Result<()>;
        tp_descr_get in ty = descr_get [S: Layout, R: IntoPy] Fn(&S, Option<&Obj>, Option<&Obj>) -> Result<R>;
        tp_call in ty = call [S: Layout, R: IntoPy] Fn(&S, &PyTupleObject, Option<&PyDictObject>) -> Result<R>;
        tp_init in ty = init [S: Layout] Fn(&S, &PyTupleObject, Option<&PyDictObject>) -> Result<()>;
        tp_new in ty = new [R: IntoPy] Fn(&PyTypeObject, &PyTupleObject, Option<&PyDictObject>) -> Result<R>;
        tp_vectorcall in ty = vectorcall [R: IntoPy] Fn(&PyTypeObject, Args<'_>) -> Result<R>;
        tp_traverse in ty = traverse [S: Layout] Fn(&S, &mut Visitor) -> Visit;
        tp_clear in ty = clear [S: Layout] Fn(&S);
        tp_finalize in ty = finalize [S: Layout] Fn(&S);
    }

    /// Starts on a static type: an immutable, ready-to-fill builtin named `name` (qualified by its module unless builtin).
    pub fn start(tp: &'static PyTypeObject, name: &'static CStr) -> TypeBuilder {
        tp.tp_name.set(name.as_ptr());
        tp.tp_basicsize.set(size_of::<PyObject>() as isize);
        tp.tp_flags.set(
            (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | _Py_TPFLAGS_STATIC_BUILTIN)
                | FLAG_PLAIN,
        );
        TypeBuilder { tp }
    }

    /// The type being filled in.
    pub fn type_object(&self) -> &'static PyTypeObject {
        self.tp
    }

    /// The instances' struct; sets `tp_basicsize`.
    pub fn basicsize<S: Layout>(&mut self) -> &mut Self {
        self.tp.tp_basicsize.set(size_of::<S>() as isize);
        self
    }

    /// `tp_basicsize` and `tp_itemsize` of a type whose items follow its struct.
    pub fn sizes(&mut self, basicsize: usize, itemsize: usize) -> &mut Self {
        self.tp.tp_basicsize.set(basicsize as isize);
        self.tp.tp_itemsize.set(itemsize as isize);
        self
    }

    /// The base class; `object` if this is not called.
    pub fn base(&mut self, base: &'static PyTypeObject) -> &mut Self {
        self.tp.tp_base.set(ptr::from_ref(base).cast_mut());
        self
    }

    /// Adds type flags.
    pub fn flags(&mut self, flags: core::ffi::c_ulong) -> &mut Self {
        self.tp.tp_flags.set(self.tp.tp_flags.get() | flags);
        self
    }

    /// Dead instances must be looked at under every manager: they own native memory or other resources.
    pub fn destructible(&mut self) -> &mut Self {
        self.tp.tp_flags.set(self.tp.tp_flags.get() & !FLAG_PLAIN);
        self
    }

    /// As `destructible`, for types whose dealloc frees native memory and drops references, and does nothing else: dead
    /// instances need no order.
    pub fn owns_memory(&mut self) -> &mut Self {
        self.destructible().flags(FLAG_DIES_QUIETLY)
    }

    /// Calling the type raises `TypeError`.
    pub fn new_disallowed(&mut self) -> &mut Self {
        self.flags(Py_TPFLAGS_DISALLOW_INSTANTIATION)
    }

    /// `tp_dealloc`.
    pub fn tp_dealloc(&mut self, f: destructor) -> &mut Self {
        self.tp.tp_dealloc.set(Some(f));
        self
    }

    /// `tp_dealloc` that drops the struct's Rust fields.
    pub fn dealloc_drop<S: Layout>(&mut self) -> &mut Self {
        self.tp_dealloc(dealloc_drop::<S>)
    }

    /// Instances have no hash.
    pub fn unhashable(&mut self) -> &mut Self {
        self.tp
            .tp_hash
            .set(Some(crate::slots::hash_not_implemented));
        self
    }

    /// `iter(x) is x`.
    pub fn iter_self(&mut self) -> &mut Self {
        self.tp.tp_iter.set(Some(iter_self));
        self
    }

    /// Attributes by the generic rules.
    pub fn generic_attributes(&mut self) -> &mut Self {
        self.tp
            .tp_getattro
            .set(Some(super::attributes::generic_getattro));
        self.tp
            .tp_setattro
            .set(Some(super::attributes::generic_setattro));
        self
    }

    /// Instances carry a vectorcall function at this offset.
    pub fn vectorcall_offset(&mut self, offset: usize) -> &mut Self {
        self.tp.tp_vectorcall_offset.set(offset as isize);
        self.tp
            .tp_call
            .set(Some(crate::protocol::call::call_through_vectorcall));
        self.flags(Py_TPFLAGS_HAVE_VECTORCALL)
    }

    /// Where instances keep their list of weakrefs.
    pub fn weaklistoffset(&mut self, offset: usize) -> &mut Self {
        self.tp.tp_weaklistoffset.set(offset as isize);
        self
    }

    /// Where instances keep their `__dict__`.
    pub fn dictoffset(&mut self, offset: usize) -> &mut Self {
        self.tp.tp_dictoffset.set(offset as isize);
        self
    }

    /// The buffer protocol's C functions.
    pub fn bf_getbuffer(
        &mut self,
        get: getbufferproc,
        release: Option<releasebufferproc>,
    ) -> &mut Self {
        self.buffer().bf_getbuffer.set(Some(get));
        self.buffer().bf_releasebuffer.set(release);
        self
    }

    /// `am_send`, as C has it.
    pub fn am_send(&mut self, f: sendfunc) -> &mut Self {
        self.awaiting().am_send.set(Some(f));
        self
    }

    /// `__text_signature__`, in a row's form (`method_doc!("list", "(iterable=(), /)")`); the prose is looked up.
    pub fn text_signature(&mut self, doc: &'static CStr) -> &mut Self {
        self.tp.tp_doc.set(doc.as_ptr());
        self
    }

    /// The methods.
    pub fn methods(&mut self, methods: &'static [PyMethodDef]) -> &mut Self {
        self.tp
            .tp_methods
            .set(terminated(methods, crate::method::END));
        self
    }

    /// The computed attributes.
    pub fn getset(&mut self, rows: &'static [PyGetSetDef]) -> &mut Self {
        let end = PyGetSetDef {
            name: ptr::null(),
            get: None,
            set: None,
            doc: ptr::null(),
            closure: ptr::null_mut(),
        };
        self.tp.tp_getset.set(terminated(rows, end));
        self
    }

    /// The fields shown as attributes.
    pub fn members(&mut self, rows: &'static [PyMemberDef]) -> &mut Self {
        let end = PyMemberDef {
            name: ptr::null(),
            r#type: 0,
            offset: 0,
            flags: 0,
            doc: ptr::null(),
        };
        self.tp.tp_members.set(terminated(rows, end));
        self
    }
}

/// A copy of `rows` with C's end mark; it lives as long as the process.
fn terminated<T: Copy>(rows: &[T], end: T) -> *mut T {
    let mut copy = rows.to_vec();
    copy.push(end);
    Vec::leak(copy).as_mut_ptr()
}

/// `tp_iter` of iterators.
///
/// # Safety
/// `o` is a live object.
pub unsafe extern "C" fn iter_self(o: *mut PyObject) -> *mut PyObject {
    // SAFETY: the caller's.
    unsafe { incref(o) };
    o
}
