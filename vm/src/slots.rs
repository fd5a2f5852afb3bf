//! The slot table: which special method goes with which C slot, in both directions.
//!
//! One row for each special method: its name, the slot's offset in a heap type, the C function that a class with such a
//! method gets ("slot function": looks the method up and calls it), and the wrapper through which a filled C slot is
//! called as a method. Readied types get their dunders from it, classes get their slots from it, and so does
//! `PyType_FromSpec`. The order of rows is CPython's: where two rows share a slot, the later one wins.

use core::cell::Cell;
use core::ffi::{CStr, c_int, c_void};
use core::mem::{self, offset_of};
use core::ptr;

use layout::*;

use crate::err::{self, Raised, Result, exc, raise};
use crate::intern;
use crate::method::borrowed;
use crate::object::*;
use crate::protocol::{call, number, object};
use crate::types::dict::DictExt as _;
use crate::types::tuple::TupleExt as _;
use crate::types::type_::{self, builder::CompareOp};
use crate::types::{int, tuple};

/// A row's wrapper takes keyword arguments.
pub const KEYWORDS: c_int = PyWrapperFlag_KEYWORDS;

macro_rules! rows {
    ($($name:literal $($field:ident).+ , $function:expr, $wrapper:expr;)*) => {
        &[$(Row {
            name: $name,
            offset: rows!(@offset $($field).+),
            function: $function as *const (),
            wrapper: $wrapper,
        }),*]
    };
    (@offset $field:ident) => { offset_of!(PyTypeObject, $field) };
    (@offset $suite:ident . $field:ident) => { offset_of!(PyHeapTypeObject, $suite) + suite_offset!($suite $field) };
}

macro_rules! suite_offset {
    (as_number $field:ident) => {
        offset_of!(PyNumberMethods, $field)
    };
    (as_sequence $field:ident) => {
        offset_of!(PySequenceMethods, $field)
    };
    (as_mapping $field:ident) => {
        offset_of!(PyMappingMethods, $field)
    };
    (as_async $field:ident) => {
        offset_of!(PyAsyncMethods, $field)
    };
    (as_buffer $field:ident) => {
        offset_of!(PyBufferProcs, $field)
    };
}

enum Wrapper {
    None,
    Plain(wrapperfunc),
    Keywords(wrapperfunc_kwds),
}
use Wrapper::{Keywords as Kw, Plain as W};

struct Row {
    name: &'static str,
    offset: usize,
    function: *const (),
    wrapper: Wrapper,
}

// SAFETY: a constant table.
unsafe impl Sync for Row {}

const NO_FUNCTION: *const () = ptr::null();

static ROWS: &[Row] = rows! {
    "__getattribute__" tp_getattro, slot_getattr_hook, W(wrap_binary);
    "__getattr__" tp_getattro, slot_getattr_hook, Wrapper::None;
    "__setattr__" tp_setattro, slot_setattro, W(wrap_setattr);
    "__delattr__" tp_setattro, slot_setattro, W(wrap_delattr);
    "__repr__" tp_repr, slot_repr, W(wrap_unary);
    "__hash__" tp_hash, slot_hash, W(wrap_hash);
    "__call__" tp_call, slot_call, Kw(wrap_call);
    "__str__" tp_str, slot_str, W(wrap_unary);
    "__lt__" tp_richcompare, slot_richcompare, W(wrap_compare::<0>);
    "__le__" tp_richcompare, slot_richcompare, W(wrap_compare::<1>);
    "__eq__" tp_richcompare, slot_richcompare, W(wrap_compare::<2>);
    "__ne__" tp_richcompare, slot_richcompare, W(wrap_compare::<3>);
    "__gt__" tp_richcompare, slot_richcompare, W(wrap_compare::<4>);
    "__ge__" tp_richcompare, slot_richcompare, W(wrap_compare::<5>);
    "__iter__" tp_iter, slot_iter, W(wrap_unary);
    "__next__" tp_iternext, slot_iternext, W(wrap_next);
    "__get__" tp_descr_get, slot_descr_get, W(wrap_descr_get);
    "__set__" tp_descr_set, slot_descr_set, W(wrap_descr_set);
    "__delete__" tp_descr_set, slot_descr_set, W(wrap_descr_delete);
    "__init__" tp_init, slot_init, Kw(wrap_init);
    "__new__" tp_new, slot_new, Wrapper::None;
    "__del__" tp_finalize, slot_finalize, W(wrap_del);
    "__buffer__" as_buffer.bf_getbuffer, crate::slots_buffer::slot_getbuffer, W(crate::slots_buffer::wrap_buffer);
    "__release_buffer__" as_buffer.bf_releasebuffer, crate::slots_buffer::slot_releasebuffer, W(crate::slots_buffer::wrap_releasebuffer);
    "__await__" as_async.am_await, slot_await, W(wrap_unary);
    "__aiter__" as_async.am_aiter, slot_aiter, W(wrap_unary);
    "__anext__" as_async.am_anext, slot_anext, W(wrap_unary);
    "__add__" as_number.nb_add, slot_add, W(wrap_binary_left);
    "__radd__" as_number.nb_add, slot_add, W(wrap_binary_right);
    "__sub__" as_number.nb_subtract, slot_subtract, W(wrap_binary_left);
    "__rsub__" as_number.nb_subtract, slot_subtract, W(wrap_binary_right);
    "__mul__" as_number.nb_multiply, slot_multiply, W(wrap_binary_left);
    "__rmul__" as_number.nb_multiply, slot_multiply, W(wrap_binary_right);
    "__mod__" as_number.nb_remainder, slot_remainder, W(wrap_binary_left);
    "__rmod__" as_number.nb_remainder, slot_remainder, W(wrap_binary_right);
    "__divmod__" as_number.nb_divmod, slot_divmod, W(wrap_binary_left);
    "__rdivmod__" as_number.nb_divmod, slot_divmod, W(wrap_binary_right);
    "__pow__" as_number.nb_power, slot_power, W(wrap_ternary);
    "__rpow__" as_number.nb_power, slot_power, W(wrap_ternary_right);
    "__neg__" as_number.nb_negative, slot_negative, W(wrap_unary);
    "__pos__" as_number.nb_positive, slot_positive, W(wrap_unary);
    "__abs__" as_number.nb_absolute, slot_absolute, W(wrap_unary);
    "__bool__" as_number.nb_bool, slot_bool, W(wrap_inquiry);
    "__invert__" as_number.nb_invert, slot_invert, W(wrap_unary);
    "__lshift__" as_number.nb_lshift, slot_lshift, W(wrap_binary_left);
    "__rlshift__" as_number.nb_lshift, slot_lshift, W(wrap_binary_right);
    "__rshift__" as_number.nb_rshift, slot_rshift, W(wrap_binary_left);
    "__rrshift__" as_number.nb_rshift, slot_rshift, W(wrap_binary_right);
    "__and__" as_number.nb_and, slot_and, W(wrap_binary_left);
    "__rand__" as_number.nb_and, slot_and, W(wrap_binary_right);
    "__xor__" as_number.nb_xor, slot_xor, W(wrap_binary_left);
    "__rxor__" as_number.nb_xor, slot_xor, W(wrap_binary_right);
    "__or__" as_number.nb_or, slot_or, W(wrap_binary_left);
    "__ror__" as_number.nb_or, slot_or, W(wrap_binary_right);
    "__int__" as_number.nb_int, slot_int, W(wrap_unary);
    "__float__" as_number.nb_float, slot_float, W(wrap_unary);
    "__iadd__" as_number.nb_inplace_add, slot_inplace_add, W(wrap_binary);
    "__isub__" as_number.nb_inplace_subtract, slot_inplace_subtract, W(wrap_binary);
    "__imul__" as_number.nb_inplace_multiply, slot_inplace_multiply, W(wrap_binary);
    "__imod__" as_number.nb_inplace_remainder, slot_inplace_remainder, W(wrap_binary);
    "__ipow__" as_number.nb_inplace_power, slot_inplace_power, W(wrap_ternary);
    "__ilshift__" as_number.nb_inplace_lshift, slot_inplace_lshift, W(wrap_binary);
    "__irshift__" as_number.nb_inplace_rshift, slot_inplace_rshift, W(wrap_binary);
    "__iand__" as_number.nb_inplace_and, slot_inplace_and, W(wrap_binary);
    "__ixor__" as_number.nb_inplace_xor, slot_inplace_xor, W(wrap_binary);
    "__ior__" as_number.nb_inplace_or, slot_inplace_or, W(wrap_binary);
    "__floordiv__" as_number.nb_floor_divide, slot_floor_divide, W(wrap_binary_left);
    "__rfloordiv__" as_number.nb_floor_divide, slot_floor_divide, W(wrap_binary_right);
    "__truediv__" as_number.nb_true_divide, slot_true_divide, W(wrap_binary_left);
    "__rtruediv__" as_number.nb_true_divide, slot_true_divide, W(wrap_binary_right);
    "__ifloordiv__" as_number.nb_inplace_floor_divide, slot_inplace_floor_divide, W(wrap_binary);
    "__itruediv__" as_number.nb_inplace_true_divide, slot_inplace_true_divide, W(wrap_binary);
    "__index__" as_number.nb_index, slot_index, W(wrap_unary);
    "__matmul__" as_number.nb_matrix_multiply, slot_matrix_multiply, W(wrap_binary_left);
    "__rmatmul__" as_number.nb_matrix_multiply, slot_matrix_multiply, W(wrap_binary_right);
    "__imatmul__" as_number.nb_inplace_matrix_multiply, slot_inplace_matrix_multiply, W(wrap_binary);
    "__len__" as_mapping.mp_length, slot_length, W(wrap_length);
    "__getitem__" as_mapping.mp_subscript, slot_subscript, W(wrap_binary);
    "__setitem__" as_mapping.mp_ass_subscript, slot_ass_subscript, W(wrap_assign);
    "__delitem__" as_mapping.mp_ass_subscript, slot_ass_subscript, W(wrap_delete);
    "__len__" as_sequence.sq_length, slot_length, W(wrap_length);
    "__add__" as_sequence.sq_concat, NO_FUNCTION, W(wrap_binary);
    "__mul__" as_sequence.sq_repeat, NO_FUNCTION, W(wrap_index_arg);
    "__rmul__" as_sequence.sq_repeat, NO_FUNCTION, W(wrap_index_arg);
    "__getitem__" as_sequence.sq_item, slot_item, W(wrap_item);
    "__setitem__" as_sequence.sq_ass_item, slot_ass_item, W(wrap_set_item);
    "__delitem__" as_sequence.sq_ass_item, slot_ass_item, W(wrap_del_item);
    "__contains__" as_sequence.sq_contains, slot_contains, W(wrap_contains);
    "__iadd__" as_sequence.sq_inplace_concat, NO_FUNCTION, W(wrap_binary);
    "__imul__" as_sequence.sq_inplace_repeat, NO_FUNCTION, W(wrap_index_arg);
};

/// The table as C structs, with interned names; made once, at start-up.
static TABLE: Global<&'static [wrapperbase]> = Global::new(&[]);

/// The slot table.
pub fn table() -> &'static [wrapperbase] {
    TABLE.get()
}

/// Makes the table; needs strings.
pub fn init() {
    let rows = ROWS.iter().map(|row| {
        let name = std::ffi::CString::new(row.name).expect("a dunder has no NUL");
        let (wrapper, flags) = match row.wrapper {
            Wrapper::None => (None, 0),
            Wrapper::Plain(f) => (Some(f), 0),
            // SAFETY: the flag says which signature it has.
            Wrapper::Keywords(f) => (
                Some(unsafe { mem::transmute::<wrapperfunc_kwds, wrapperfunc>(f) }),
                KEYWORDS,
            ),
        };
        wrapperbase {
            name: name.into_raw(),
            offset: row.offset as c_int,
            function: row.function.cast_mut().cast(),
            wrapper,
            doc: ptr::null(),
            flags,
            name_strobj: crate::types::str_::intern_str(row.name).as_ptr(),
        }
    });
    TABLE.set(Vec::leak(rows.collect()));
}

/// Where a type keeps a slot, or `None` if it has no such suite.
pub fn slot_of(tp: &PyTypeObject, offset: usize) -> Option<&Cell<*mut c_void>> {
    let (base, offset): (*const u8, usize) = match offset {
        o if o >= offset_of!(PyHeapTypeObject, as_buffer) => (
            tp.tp_as_buffer.get().cast(),
            o - offset_of!(PyHeapTypeObject, as_buffer),
        ),
        o if o >= offset_of!(PyHeapTypeObject, as_sequence) => (
            tp.tp_as_sequence.get().cast(),
            o - offset_of!(PyHeapTypeObject, as_sequence),
        ),
        o if o >= offset_of!(PyHeapTypeObject, as_mapping) => (
            tp.tp_as_mapping.get().cast(),
            o - offset_of!(PyHeapTypeObject, as_mapping),
        ),
        o if o >= offset_of!(PyHeapTypeObject, as_number) => (
            tp.tp_as_number.get().cast(),
            o - offset_of!(PyHeapTypeObject, as_number),
        ),
        o if o >= offset_of!(PyHeapTypeObject, as_async) => (
            tp.tp_as_async.get().cast(),
            o - offset_of!(PyHeapTypeObject, as_async),
        ),
        o => (ptr::from_ref(tp).cast(), o),
    };
    if base.is_null() {
        return None;
    }
    // SAFETY: every slot is a nullable function pointer in a Cell, at this offset of its struct.
    Some(unsafe { &*base.add(offset).cast::<Cell<*mut c_void>>() })
}

/// Adds the dunders that a type's own filled slots imply to its dict.
pub fn add_dunders(tp: &PyTypeObject, dict: &PyDictObject) -> Result<()> {
    for row in table() {
        if row.wrapper.is_none() {
            continue;
        }
        let Some(slot) = slot_of(tp, row.offset as usize) else {
            continue;
        };
        if slot.get().is_null() {
            continue;
        }
        // SAFETY: set by init.
        let name = unsafe { &*row.name_strobj };
        if dict.get(name)?.is_some() {
            continue;
        }
        if ptr::eq(slot.get().cast::<()>(), hash_not_implemented as *const ()) {
            dict.set(name, NONE())?;
        } else {
            let descr = crate::types::descr::new_wrapper(tp, row, slot.get());
            dict.set(name, descr.as_obj())?;
        }
    }
    Ok(())
}

/// Sets all slots of a class from the special methods it has or inherits.
pub fn fixup(tp: &PyTypeObject) {
    let table = table();
    let mut i = 0;
    while i < table.len() {
        i = update_one(tp, i);
    }
}

/// Sets the slots that `name` bears on, here and in every subclass that does not override it.
pub fn update(tp: &PyTypeObject, name: &Obj) {
    let table = table();
    let mut starts: Vec<usize> = Vec::new();
    for (i, row) in table.iter().enumerate() {
        if ptr::eq(row.name_strobj, name) {
            let first = table[..i]
                .iter()
                .rposition(|r| r.offset != row.offset)
                .map_or(0, |p| p + 1);
            if !starts.contains(&first) {
                starts.push(first);
            }
        }
    }
    if !starts.is_empty() {
        update_recursive(tp, name, &starts);
    }
}

fn update_recursive(tp: &PyTypeObject, name: &Obj, starts: &[usize]) {
    for &i in starts {
        update_one(tp, i);
    }
    type_::ready::settle_plainness(tp);
    type_::for_each_subclass(tp, &mut |sub| {
        let own = sub
            .tp_dict
            .borrow_obj()
            .and_then(|d| d.downcast::<PyDictObject>());
        if own.is_some_and(|d| d.get_interned(name).is_some()) {
            return;
        }
        update_recursive(sub, name, starts);
    });
}

/// Whether exactly one of the slots that share `name` is filled, and which: a builtin base tells which one it meant.
fn resolve_duplicates(tp: &PyTypeObject, name: *mut PyObject) -> *mut c_void {
    let mut found: *mut c_void = ptr::null_mut();
    for row in table().iter().filter(|r| ptr::eq(r.name_strobj, name)) {
        let Some(slot) = slot_of(tp, row.offset as usize) else {
            continue;
        };
        if slot.get().is_null() {
            continue;
        }
        if !found.is_null() {
            return ptr::null_mut();
        }
        found = ptr::from_ref(slot).cast_mut().cast();
    }
    found
}

/// Sets one slot from the rows that start at `i` and share it; answers with the index after them.
fn update_one(tp: &PyTypeObject, mut i: usize) -> usize {
    let table = table();
    let offset = table[i].offset;
    let Some(slot) = slot_of(tp, offset as usize) else {
        while i < table.len() && table[i].offset == offset {
            i += 1;
        }
        return i;
    };
    let slot_address = ptr::from_ref(slot).cast_mut().cast::<c_void>();
    let (mut specific, mut generic): (*mut c_void, *mut c_void) =
        (ptr::null_mut(), ptr::null_mut());
    let mut use_generic = false;
    while i < table.len() && table[i].offset == offset {
        let row = &table[i];
        i += 1;
        // SAFETY: set by init.
        let name = unsafe { &*row.name_strobj };
        let Some(descr) = type_::lookup(tp, name) else {
            if offset as usize == offset_of!(PyTypeObject, tp_iternext) {
                specific = type_::next_not_implemented as *mut c_void;
            }
            continue;
        };
        if let Some(wrapper) = descr.downcast_exact::<PyWrapperDescrObject>() {
            // SAFETY: a wrapper descriptor's base is a row of this table.
            let base = unsafe { &*wrapper.d_base.get() };
            if ptr::eq(base.name_strobj, row.name_strobj) {
                let only = resolve_duplicates(tp, row.name_strobj);
                if only.is_null() || only == slot_address {
                    generic = row.function;
                }
                let same_wrapper = match (base.wrapper, row.wrapper) {
                    (Some(a), Some(b)) => a as usize == b as usize,
                    _ => false,
                };
                // SAFETY: a descriptor's type is live.
                let owner = unsafe { &*wrapper.d_common.d_type.get() };
                if (specific.is_null() || specific == wrapper.d_wrapped.get())
                    && same_wrapper
                    && type_::is_subtype(tp, owner)
                {
                    specific = wrapper.d_wrapped.get();
                } else {
                    use_generic = true;
                }
                continue;
            }
        }
        if offset as usize == offset_of!(PyTypeObject, tp_new) && type_::is_new_wrapper(descr) {
            // A builtin's own `__new__`: keep the inherited tp_new, which can be called without a lookup.
            specific = tp
                .tp_new
                .get()
                .map_or(ptr::null_mut(), |f| f as *mut c_void);
        } else if descr.is_none() && offset as usize == offset_of!(PyTypeObject, tp_hash) {
            specific = hash_not_implemented as *mut c_void;
        } else {
            use_generic = true;
            generic = row.function;
            if ptr::eq(row.function.cast::<()>(), slot_call as *const ()) {
                tp.tp_flags
                    .set(tp.tp_flags.get() & !Py_TPFLAGS_HAVE_VECTORCALL);
            }
        }
    }
    slot.set(if !specific.is_null() && !use_generic {
        specific
    } else {
        generic
    });
    i
}

// ---- Wrappers: a filled C slot called as a method ----
//
// SAFETY of all wrappers: the slot wrapper's descriptor has checked that self is an instance of the slot's owner, so
// `wrapped` is a function of the row's signature that accepts it; `args` is a tuple.

/// Checks the number of arguments of a slot wrapper.
///
/// # Safety
/// `args` is a tuple.
pub unsafe fn wrapper_args<'a>(args: *mut PyObject, min: usize, max: usize) -> Result<&'a [Ref]> {
    // SAFETY: the caller's.
    let items = unsafe { borrowed::<PyTupleObject>(args) }.items();
    if (min..=max).contains(&items.len()) {
        return Ok(items);
    }
    if min == max {
        return raise!(
            TypeError,
            "expected {min} argument{}, got {}",
            if min == 1 { "" } else { "s" },
            items.len()
        );
    }
    let (how, n) = if items.len() < min {
        ("at least", min)
    } else {
        ("at most", max)
    };
    raise!(
        TypeError,
        "expected {how} {n} argument{}, got {}",
        if n == 1 { "" } else { "s" },
        items.len()
    )
}

macro_rules! slot_as {
    ($wrapped:expr, $ty:ty) => {
        mem::transmute::<*mut c_void, $ty>($wrapped)
    };
}

macro_rules! wrapper {
    ($name:ident ($this:ident, $args:ident [$min:literal..$max:tt], $wrapped:ident: $ty:ty) $body:block) => {
        unsafe extern "C" fn $name(
            $this: *mut PyObject,
            args: *mut PyObject,
            wrapped: *mut c_void,
        ) -> *mut PyObject {
            // SAFETY: see above.
            let $args = match unsafe { wrapper_args(args, $min, $max) } {
                Ok(items) => items,
                Err(_) => return ptr::null_mut(),
            };
            // SAFETY: the row says that the slot holds a function of this type.
            let $wrapped = unsafe { slot_as!(wrapped, $ty) };
            // SAFETY: see above.
            unsafe { $body }
        }
    };
}

/// None for 0, null for -1.
fn status(status: c_int) -> *mut PyObject {
    if status < 0 {
        ptr::null_mut()
    } else {
        none().into_raw()
    }
}

fn not_implemented_raw() -> *mut PyObject {
    not_implemented().into_raw()
}

wrapper!(wrap_unary(this, _args[0..0], f: unaryfunc) { f(this) });
wrapper!(wrap_binary(this, args[1..1], f: binaryfunc) { f(this, args[0].as_ptr()) });
// Does as the one above, but is told apart by its address: a number's slot may be handed either operand first, a sequence's
// may not. The compiler must not make one function of the two.
wrapper!(wrap_binary_left(this, args[1..1], f: binaryfunc) { f(core::hint::black_box(this), args[0].as_ptr()) });
wrapper!(wrap_binary_right(this, args[1..1], f: binaryfunc) { f(args[0].as_ptr(), this) });
/// A bound for wrappers that count their arguments themselves.
const ANY_NUMBER: usize = usize::MAX;

/// `__pow__` and `__rpow__` count their arguments themselves.
fn refuse_pow_arguments(given: usize) -> Result<()> {
    match given {
        1 | 2 => Ok(()),
        _ => raise!(TypeError, "expected 1 or 2 arguments, got {given}"),
    }
}

wrapper!(wrap_ternary(this, args[0..ANY_NUMBER], f: ternaryfunc) {
    if refuse_pow_arguments(args.len()).is_err() {
        return ptr::null_mut();
    }
    f(this, args[0].as_ptr(), args.get(1).map_or(NONE().as_ptr(), |a| a.as_ptr()))
});
wrapper!(wrap_ternary_right(this, args[0..ANY_NUMBER], f: ternaryfunc) {
    if refuse_pow_arguments(args.len()).is_err() {
        return ptr::null_mut();
    }
    f(args[0].as_ptr(), this, args.get(1).map_or(NONE().as_ptr(), |a| a.as_ptr()))
});
wrapper!(wrap_inquiry(this, _args[0..0], f: inquiry) {
    match f(this) {
        -1 if err::occurred() => ptr::null_mut(),
        n => bool_(n != 0).into_raw(),
    }
});
wrapper!(wrap_length(this, _args[0..0], f: lenfunc) {
    match f(this) {
        -1 if err::occurred() => ptr::null_mut(),
        n => int::from_i64(n as i64).into_raw(),
    }
});
wrapper!(wrap_hash(this, _args[0..0], f: hashfunc) {
    match f(this) {
        -1 if err::occurred() => ptr::null_mut(),
        n => int::from_i64(n as i64).into_raw(),
    }
});
wrapper!(wrap_index_arg(this, args[1..1], f: ssizeargfunc) {
    match number::index_isize(&args[0], Some(&exc::OverflowError)) {
        Ok(n) => f(this, n),
        Err(_) => ptr::null_mut(),
    }
});

/// The index argument of an item wrapper, from the end if negative.
///
/// # Safety
/// `this` is a live object.
unsafe fn item_index(this: *mut PyObject, arg: &Obj) -> Result<isize> {
    let i = number::index_isize(arg, Some(&exc::OverflowError))?;
    if i < 0 {
        // SAFETY: the caller's; the slot is called with its own object.
        unsafe {
            let sequence = (*(*this).ob_type.get()).tp_as_sequence.get();
            if let Some(len) = sequence.as_ref().and_then(|s| s.sq_length.get()) {
                let n = len(this);
                if n < 0 {
                    return Err(Raised::assume());
                }
                return Ok(i + n);
            }
        }
    }
    Ok(i)
}

wrapper!(wrap_item(this, args[1..1], f: ssizeargfunc) {
    match item_index(this, &args[0]) {
        Ok(i) => f(this, i),
        Err(_) => ptr::null_mut(),
    }
});
wrapper!(wrap_set_item(this, args[2..2], f: ssizeobjargproc) {
    match item_index(this, &args[0]) {
        Ok(i) => status(f(this, i, args[1].as_ptr())),
        Err(_) => ptr::null_mut(),
    }
});
wrapper!(wrap_del_item(this, args[1..1], f: ssizeobjargproc) {
    match item_index(this, &args[0]) {
        Ok(i) => status(f(this, i, ptr::null_mut())),
        Err(_) => ptr::null_mut(),
    }
});
wrapper!(wrap_contains(this, args[1..1], f: objobjproc) {
    match f(this, args[0].as_ptr()) {
        -1 if err::occurred() => ptr::null_mut(),
        n => bool_(n != 0).into_raw(),
    }
});
wrapper!(wrap_assign(this, args[2..2], f: objobjargproc) { status(f(this, args[0].as_ptr(), args[1].as_ptr())) });
wrapper!(wrap_delete(this, args[1..1], f: objobjargproc) { status(f(this, args[0].as_ptr(), ptr::null_mut())) });
wrapper!(wrap_descr_set(this, args[2..2], f: descrsetfunc) { status(f(this, args[0].as_ptr(), args[1].as_ptr())) });
wrapper!(wrap_descr_delete(this, args[1..1], f: descrsetfunc) { status(f(this, args[0].as_ptr(), ptr::null_mut())) });
wrapper!(wrap_setattr(this, args[2..2], f: setattrofunc) {
    if type_::refuse_carlo_verre(&*this, f, "__setattr__").is_err() {
        return ptr::null_mut();
    }
    status(f(this, args[0].as_ptr(), args[1].as_ptr()))
});
wrapper!(wrap_delattr(this, args[1..1], f: setattrofunc) {
    if type_::refuse_carlo_verre(&*this, f, "__delattr__").is_err() {
        return ptr::null_mut();
    }
    status(f(this, args[0].as_ptr(), ptr::null_mut()))
});
wrapper!(wrap_next(this, _args[0..0], f: unaryfunc) {
    let item = f(this);
    if item.is_null() && !err::occurred() {
        let _ = err::stop_iteration(None);
    }
    item
});
wrapper!(wrap_descr_get(this, args[1..2], f: descrgetfunc) {
    let given = |i: usize| args.get(i).filter(|a| !a.is_none()).map_or(ptr::null_mut(), |a| a.as_ptr());
    let (instance, owner) = (given(0), given(1));
    if instance.is_null() && owner.is_null() {
        let _ = err::new(&exc::TypeError, format_args!("__get__(None, None) is invalid"));
        return ptr::null_mut();
    }
    f(this, instance, owner)
});
wrapper!(wrap_del(this, _args[0..0], f: destructor) {
    f(this);
    none().into_raw()
});

unsafe extern "C" fn wrap_compare<const OP: c_int>(
    this: *mut PyObject,
    args: *mut PyObject,
    wrapped: *mut c_void,
) -> *mut PyObject {
    // SAFETY: see above.
    match unsafe { wrapper_args(args, 1, 1) } {
        // SAFETY: see above.
        Ok(items) => unsafe { slot_as!(wrapped, richcmpfunc)(this, items[0].as_ptr(), OP) },
        Err(_) => ptr::null_mut(),
    }
}

unsafe extern "C" fn wrap_call(
    this: *mut PyObject,
    args: *mut PyObject,
    wrapped: *mut c_void,
    kwargs: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above.
    unsafe { slot_as!(wrapped, ternaryfunc)(this, args, kwargs) }
}

unsafe extern "C" fn wrap_init(
    this: *mut PyObject,
    args: *mut PyObject,
    wrapped: *mut c_void,
    kwargs: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above.
    status(unsafe { slot_as!(wrapped, initproc)(this, args, kwargs) })
}

// ---- Slot functions: a special method called through a C slot ----
//
// SAFETY of all slot functions: C calls them with live objects.

/// `tp_hash` of types without a hash.
///
/// # Safety
/// `o` is a live object.
pub unsafe extern "C" fn hash_not_implemented(o: *mut PyObject) -> isize {
    // SAFETY: the caller's.
    let o = unsafe { &*o };
    let _ = err::new(
        &exc::TypeError,
        format_args!("unhashable type: '{}'", o.tp_name()),
    );
    -1
}

/// Calls the special method `name` of `this`, which must exist.
fn method(this: &Obj, name: &'static Obj, args: &[&Obj]) -> Result {
    match call::special(this, name, args)? {
        Some(answer) => Ok(answer),
        None => Err(err::new(
            &exc::AttributeError,
            format_args!("{}", str_lossy(name)),
        )),
    }
}

macro_rules! unary_slots {
    ($($name:ident $dunder:literal;)*) => {$(
        unsafe extern "C" fn $name(this: *mut PyObject) -> *mut PyObject {
            // SAFETY: see above.
            err::into_raw(method(unsafe { &*this }, intern!($dunder), &[]))
        }
    )*};
}

unary_slots! {
    slot_negative "__neg__";
    slot_positive "__pos__";
    slot_absolute "__abs__";
    slot_invert "__invert__";
    slot_int "__int__";
    slot_float "__float__";
    slot_index "__index__";
}

macro_rules! inplace_slots {
    ($($name:ident $dunder:literal;)*) => {$(
        unsafe extern "C" fn $name(this: *mut PyObject, other: *mut PyObject) -> *mut PyObject {
            // SAFETY: see above.
            unsafe { err::into_raw(method(&*this, intern!($dunder), &[&*other])) }
        }
    )*};
}

inplace_slots! {
    slot_inplace_add "__iadd__";
    slot_inplace_subtract "__isub__";
    slot_inplace_multiply "__imul__";
    slot_inplace_remainder "__imod__";
    slot_inplace_lshift "__ilshift__";
    slot_inplace_rshift "__irshift__";
    slot_inplace_and "__iand__";
    slot_inplace_xor "__ixor__";
    slot_inplace_or "__ior__";
    slot_inplace_floor_divide "__ifloordiv__";
    slot_inplace_true_divide "__itruediv__";
    slot_inplace_matrix_multiply "__imatmul__";
}

unsafe extern "C" fn slot_inplace_power(
    this: *mut PyObject,
    other: *mut PyObject,
    _: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above.
    unsafe { err::into_raw(method(&*this, intern!("__ipow__"), &[&*other])) }
}

/// Whether the right operand's class has its own version of the reflected method, which then goes first.
fn overrides(left: &Obj, right: &Obj, name: &Obj) -> bool {
    match (
        type_::lookup(right.ty(), name),
        type_::lookup(left.ty(), name),
    ) {
        (Some(r), Some(l)) => !r.is_same(l),
        (r, _) => r.is_some(),
    }
}

/// A binary operator between classes: `left.op(right)`, or `right.rop(left)`, or first the latter where right's class is
/// a subclass that overrides it.
fn binary(
    left: &Obj,
    right: &Obj,
    has_slot: impl Fn(&PyTypeObject) -> bool,
    op: &'static Obj,
    rop: &'static Obj,
) -> Result {
    let other_type = !ptr::eq(left.ty(), right.ty()) && has_slot(right.ty());
    let mut try_right = other_type;
    if has_slot(left.ty()) {
        if try_right && type_::is_subtype(right.ty(), left.ty()) && overrides(left, right, rop) {
            match call::special_if_any(right, rop, &[left])? {
                Some(answer) if !answer.is_same(NOT_IMPLEMENTED()) => return Ok(answer),
                _ => try_right = false,
            }
        }
        match call::special_if_any(left, op, &[right])? {
            Some(answer)
                if !answer.is_same(NOT_IMPLEMENTED()) || ptr::eq(right.ty(), left.ty()) =>
            {
                return Ok(answer);
            }
            _ => {}
        }
    }
    if try_right && let Some(answer) = call::special_if_any(right, rop, &[left])? {
        return Ok(answer);
    }
    Ok(not_implemented())
}

macro_rules! binary_slots {
    ($($name:ident $field:ident $op:literal $rop:literal;)*) => {$(
        unsafe extern "C" fn $name(left: *mut PyObject, right: *mut PyObject) -> *mut PyObject {
            // SAFETY: a type's suite is null or valid.
            let has_slot = |tp: &PyTypeObject| unsafe { tp.tp_as_number.get().as_ref() }
                .and_then(|n| n.$field.get())
                .is_some_and(|f| f as usize == $name as *const () as usize);
            // SAFETY: see above.
            let (left, right) = unsafe { (&*left, &*right) };
            err::into_raw(binary(left, right, has_slot, intern!($op), intern!($rop)))
        }
    )*};
}

binary_slots! {
    slot_add nb_add "__add__" "__radd__";
    slot_subtract nb_subtract "__sub__" "__rsub__";
    slot_multiply nb_multiply "__mul__" "__rmul__";
    slot_remainder nb_remainder "__mod__" "__rmod__";
    slot_divmod nb_divmod "__divmod__" "__rdivmod__";
    slot_lshift nb_lshift "__lshift__" "__rlshift__";
    slot_rshift nb_rshift "__rshift__" "__rrshift__";
    slot_and nb_and "__and__" "__rand__";
    slot_xor nb_xor "__xor__" "__rxor__";
    slot_or nb_or "__or__" "__ror__";
    slot_floor_divide nb_floor_divide "__floordiv__" "__rfloordiv__";
    slot_true_divide nb_true_divide "__truediv__" "__rtruediv__";
    slot_matrix_multiply nb_matrix_multiply "__matmul__" "__rmatmul__";
}

unsafe extern "C" fn slot_power(
    base: *mut PyObject,
    exponent: *mut PyObject,
    modulus: *mut PyObject,
) -> *mut PyObject {
    let has_slot = |tp: &PyTypeObject| {
        // SAFETY: a type's suite is null or valid.
        unsafe { tp.tp_as_number.get().as_ref() }
            .and_then(|n| n.nb_power.get())
            .is_some_and(|f| f as usize == slot_power as *const () as usize)
    };
    // SAFETY: see above.
    let (base, exponent, modulus) = unsafe { (&*base, &*exponent, &*modulus) };
    if modulus.is_none() {
        return err::into_raw(binary(
            base,
            exponent,
            has_slot,
            intern!("__pow__"),
            intern!("__rpow__"),
        ));
    }
    // A three-argument power: only the base, then the exponent reflected, is asked.
    if has_slot(base.ty()) {
        match call::special(base, intern!("__pow__"), &[exponent, modulus]) {
            Ok(Some(answer)) if !answer.is_same(NOT_IMPLEMENTED()) => return answer.into_raw(),
            Err(_) => return ptr::null_mut(),
            _ => {}
        }
    }
    if has_slot(exponent.ty()) && !ptr::eq(base.ty(), exponent.ty()) {
        match call::special(exponent, intern!("__rpow__"), &[base, modulus]) {
            Ok(Some(answer)) => return answer.into_raw(),
            Err(_) => return ptr::null_mut(),
            Ok(None) => {}
        }
    }
    not_implemented_raw()
}

unsafe extern "C" fn slot_bool(this: *mut PyObject) -> c_int {
    // SAFETY: see above.
    let this = unsafe { &*this };
    let truth = || -> Result<bool> {
        if let Some(answer) = call::special_if_any(this, intern!("__bool__"), &[])? {
            return match () {
                () if answer.is_same(TRUE()) => Ok(true),
                () if answer.is_same(FALSE()) => Ok(false),
                () => raise!(
                    TypeError,
                    "__bool__ should return bool, returned {}",
                    answer.tp_name()
                ),
            };
        }
        match call::special_if_any(this, intern!("__len__"), &[])? {
            Some(answer) => object::is_true(&answer),
            None => Ok(true),
        }
    };
    truth().map_or(-1, c_int::from)
}

fn length(this: &Obj) -> Result<isize> {
    let answer = method(this, intern!("__len__"), &[])?;
    let answer = number::index(&answer)?;
    let n = number::index_isize(&answer, Some(&exc::OverflowError));
    match n {
        Ok(n) if n < 0 => raise!(ValueError, "__len__() should return >= 0"),
        Err(raised) => {
            use crate::types::int::IntExt as _;
            // SAFETY: index answers with an int.
            let answer = unsafe { answer.cast::<PyLongObject>() };
            if err::matches(&exc::OverflowError) && answer.is_negative() {
                err::clear();
                return raise!(ValueError, "__len__() should return >= 0");
            }
            Err(raised)
        }
        Ok(n) => Ok(n),
    }
}

unsafe extern "C" fn slot_length(this: *mut PyObject) -> isize {
    // SAFETY: see above.
    length(unsafe { &*this }).unwrap_or(-1)
}

unsafe extern "C" fn slot_subscript(this: *mut PyObject, key: *mut PyObject) -> *mut PyObject {
    // SAFETY: see above.
    unsafe { err::into_raw(method(&*this, intern!("__getitem__"), &[&*key])) }
}

unsafe extern "C" fn slot_ass_subscript(
    this: *mut PyObject,
    key: *mut PyObject,
    value: *mut PyObject,
) -> c_int {
    // SAFETY: see above; null deletes.
    let (this, key, value) = unsafe { (&*this, &*key, value.as_ref()) };
    let done = match value {
        Some(value) => method(this, intern!("__setitem__"), &[key, value]),
        None => method(this, intern!("__delitem__"), &[key]),
    };
    err::into_status(done.map(drop))
}

unsafe extern "C" fn slot_item(this: *mut PyObject, i: isize) -> *mut PyObject {
    // SAFETY: see above.
    err::into_raw(method(
        unsafe { &*this },
        intern!("__getitem__"),
        &[int::from_i64(i as i64).as_obj()],
    ))
}

unsafe extern "C" fn slot_ass_item(this: *mut PyObject, i: isize, value: *mut PyObject) -> c_int {
    let i = int::from_i64(i as i64);
    // SAFETY: see above.
    unsafe { slot_ass_subscript(this, i.as_ptr(), value) }
}

unsafe extern "C" fn slot_contains(this: *mut PyObject, item: *mut PyObject) -> c_int {
    // SAFETY: see above.
    let (this, item) = unsafe { (&*this, &*item) };
    let contains = || -> Result<bool> {
        if type_::lookup(this.ty(), intern!("__contains__")).is_some_and(|m| m.is_none()) {
            return raise!(TypeError, "'{}' object is not a container", this.tp_name());
        }
        match call::special_if_any(this, intern!("__contains__"), &[item])? {
            Some(answer) => object::is_true(&answer),
            None => object::contains_by_iteration(this, item),
        }
    };
    contains().map_or(-1, c_int::from)
}

unsafe extern "C" fn slot_repr(this: *mut PyObject) -> *mut PyObject {
    // SAFETY: see above.
    let this = unsafe { &*this };
    let answer = call::special_if_any(this, intern!("__repr__"), &[]);
    err::into_raw(match answer {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Ok(crate::types::str_::new(&format!(
            "<{} object at {:p}>",
            this.tp_name(),
            this.as_ptr()
        ))
        .into_obj()),
        Err(raised) => Err(raised),
    })
}

unsafe extern "C" fn slot_str(this: *mut PyObject) -> *mut PyObject {
    // SAFETY: see above.
    err::into_raw(method(unsafe { &*this }, intern!("__str__"), &[]))
}

unsafe extern "C" fn slot_hash(this: *mut PyObject) -> isize {
    // SAFETY: see above.
    let o = unsafe { &*this };
    let hash = || -> Result<isize> {
        if type_::lookup(o.ty(), intern!("__hash__")).is_none_or(|m| m.is_none()) {
            // SAFETY: see above.
            unsafe { hash_not_implemented(this) };
            return Err(Raised::assume());
        }
        let Some(answer) = call::special_if_any(o, intern!("__hash__"), &[])? else {
            // SAFETY: see above.
            unsafe { hash_not_implemented(this) };
            return Err(Raised::assume());
        };
        let Some(n) = answer.downcast::<PyLongObject>() else {
            return raise!(TypeError, "__hash__ method should return an integer");
        };
        use crate::types::int::IntExt as _;
        Ok(match n.to_i64() {
            Some(h) => h as isize,
            None => n.hash(),
        })
    };
    match hash() {
        Ok(-1) => -2,
        Ok(h) => h,
        Err(_) => -1,
    }
}

unsafe extern "C" fn slot_call(
    this: *mut PyObject,
    args: *mut PyObject,
    kwargs: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above; args is a tuple, kwargs a dict or null.
    let (this, args, kwargs) = unsafe {
        (
            &*this,
            borrowed(args),
            kwargs.cast::<PyDictObject>().as_ref(),
        )
    };
    err::into_raw(call::special_tuple_dict(
        this,
        intern!("__call__"),
        args,
        kwargs,
    ))
}

unsafe extern "C" fn slot_init(
    this: *mut PyObject,
    args: *mut PyObject,
    kwargs: *mut PyObject,
) -> c_int {
    // SAFETY: see above; args is a tuple, kwargs a dict or null.
    let (this, args, kwargs) = unsafe {
        (
            &*this,
            borrowed(args),
            kwargs.cast::<PyDictObject>().as_ref(),
        )
    };
    match call::special_tuple_dict(this, intern!("__init__"), args, kwargs) {
        Ok(answer) if answer.is_none() => 0,
        Ok(answer) => {
            let _ = err::new(
                &exc::TypeError,
                format_args!("__init__() should return None, not '{}'", answer.tp_name()),
            );
            -1
        }
        Err(_) => -1,
    }
}

unsafe extern "C" fn slot_new(
    tp: *mut PyTypeObject,
    args: *mut PyObject,
    kwargs: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above; args is a tuple, kwargs a dict or null.
    let (tp, args, kwargs) = unsafe {
        (
            &*tp,
            borrowed::<PyTupleObject>(args),
            kwargs.cast::<PyDictObject>().as_ref(),
        )
    };
    let run = || -> Result {
        let f = object::getattr(tp.as_obj(), intern!("__new__"))?;
        let mut all: Vec<&Obj> = vec![tp.as_obj()];
        all.extend(args.items().iter().map(|a| a.as_obj()));
        call::call_tuple_dict(&f, &tuple::from_slice(&all), kwargs)
    };
    err::into_raw(run())
}

unsafe extern "C" fn slot_finalize(this: *mut PyObject) {
    // SAFETY: see above.
    let this = unsafe { &*this };
    err::preserved(|| {
        if let Some(del) = type_::lookup(this.ty(), intern!("__del__")).map(Obj::new_ref)
            && call::special_if_any(this, intern!("__del__"), &[]).is_err()
        {
            let what = format!(
                "Exception ignored while calling deallocator {}",
                repr_lossy(&del)
            );
            err::write_unraisable(None, Some(&what));
        }
    });
}

unsafe extern "C" fn slot_getattro(this: *mut PyObject, name: *mut PyObject) -> *mut PyObject {
    // SAFETY: see above.
    unsafe { err::into_raw(method(&*this, intern!("__getattribute__"), &[&*name])) }
}

/// `__getattribute__`, then `__getattr__` if that raised `AttributeError`.
unsafe extern "C" fn slot_getattr_hook(this: *mut PyObject, name: *mut PyObject) -> *mut PyObject {
    // SAFETY: see above.
    let (o, n) = unsafe { (&*this, &*name) };
    let tp = o.ty();
    if type_::lookup(tp, intern!("__getattr__")).is_none() {
        // No such hook (any more): the next time goes straight to `__getattribute__`.
        tp.tp_getattro.set(Some(slot_getattro));
        // SAFETY: see above.
        return unsafe { slot_getattro(this, name) };
    }
    let plain = type_::lookup(tp, intern!("__getattribute__")).is_some_and(|g| {
        g.downcast_exact::<PyWrapperDescrObject>().is_some_and(|w| {
            w.d_wrapped.get().cast::<()>().cast_const()
                == type_::attributes::generic_getattro as *const ()
        })
    });
    let first = if plain {
        type_::attributes::generic_get(o, n, true)
    } else {
        err::suppress(
            method(o, intern!("__getattribute__"), &[n]),
            &exc::AttributeError,
        )
    };
    match first {
        Ok(Some(value)) => value.into_raw(),
        Ok(None) => err::into_raw(method(o, intern!("__getattr__"), &[n])),
        Err(_) => ptr::null_mut(),
    }
}

unsafe extern "C" fn slot_setattro(
    this: *mut PyObject,
    name: *mut PyObject,
    value: *mut PyObject,
) -> c_int {
    // SAFETY: see above; null deletes.
    let (this, name, value) = unsafe { (&*this, &*name, value.as_ref()) };
    let done = match value {
        Some(value) => method(this, intern!("__setattr__"), &[name, value]),
        None => method(this, intern!("__delattr__"), &[name]),
    };
    err::into_status(done.map(drop))
}

unsafe extern "C" fn slot_richcompare(
    this: *mut PyObject,
    other: *mut PyObject,
    op: c_int,
) -> *mut PyObject {
    // SAFETY: see above.
    let (this, other) = unsafe { (&*this, &*other) };
    let name = match CompareOp::from_c(op) {
        CompareOp::Lt => intern!("__lt__"),
        CompareOp::Le => intern!("__le__"),
        CompareOp::Eq => intern!("__eq__"),
        CompareOp::Ne => intern!("__ne__"),
        CompareOp::Gt => intern!("__gt__"),
        CompareOp::Ge => intern!("__ge__"),
    };
    match call::special_if_any(this, name, &[other]) {
        Ok(Some(answer)) => answer.into_raw(),
        Ok(None) => not_implemented_raw(),
        Err(_) => ptr::null_mut(),
    }
}

unsafe extern "C" fn slot_iter(this: *mut PyObject) -> *mut PyObject {
    // SAFETY: see above.
    let this = unsafe { &*this };
    let iter = || -> Result {
        if type_::lookup(this.ty(), intern!("__iter__")).is_some_and(|m| m.is_none()) {
            return raise!(TypeError, "'{}' object is not iterable", this.tp_name());
        }
        if let Some(answer) = call::special_if_any(this, intern!("__iter__"), &[])? {
            return Ok(answer);
        }
        if type_::lookup(this.ty(), intern!("__getitem__")).is_none() {
            return raise!(TypeError, "'{}' object is not iterable", this.tp_name());
        }
        crate::types::iterobjects::sequence_iter(this)
    };
    err::into_raw(iter())
}

unsafe extern "C" fn slot_iternext(this: *mut PyObject) -> *mut PyObject {
    // SAFETY: see above. StopIteration stays set: the caller of tp_iternext clears it.
    err::into_raw(method(unsafe { &*this }, intern!("__next__"), &[]))
}

unsafe extern "C" fn slot_descr_get(
    this: *mut PyObject,
    instance: *mut PyObject,
    owner: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: see above; instance and owner may be null.
    let (this, instance, owner) = unsafe { (&*this, instance.as_ref(), owner.as_ref()) };
    let Some(get) = type_::lookup(this.ty(), intern!("__get__")).map(Obj::new_ref) else {
        this.ty().tp_descr_get.set(None);
        return this.new_ref().into_raw();
    };
    err::into_raw(call::call(
        &get,
        &[this, instance.unwrap_or(NONE()), owner.unwrap_or(NONE())],
    ))
}

unsafe extern "C" fn slot_descr_set(
    this: *mut PyObject,
    target: *mut PyObject,
    value: *mut PyObject,
) -> c_int {
    // SAFETY: see above; null deletes.
    let (this, target, value) = unsafe { (&*this, &*target, value.as_ref()) };
    let done = match value {
        Some(value) => method(this, intern!("__set__"), &[target, value]),
        None => method(this, intern!("__delete__"), &[target]),
    };
    err::into_status(done.map(drop))
}

/// `__await__`, `__aiter__`, `__anext__`: a class without the method it inherits the slot for says so.
fn awaiting(this: &Obj, name: &'static Obj) -> Result {
    match call::special(this, name, &[])? {
        Some(answer) => Ok(answer),
        None => raise!(
            AttributeError,
            "object {} does not have {} method",
            this.tp_name(),
            str_lossy(name)
        ),
    }
}

unsafe extern "C" fn slot_await(this: *mut PyObject) -> *mut PyObject {
    // SAFETY: see above.
    err::into_raw(awaiting(unsafe { &*this }, intern!("__await__")))
}

unsafe extern "C" fn slot_aiter(this: *mut PyObject) -> *mut PyObject {
    // SAFETY: see above.
    err::into_raw(awaiting(unsafe { &*this }, intern!("__aiter__")))
}

unsafe extern "C" fn slot_anext(this: *mut PyObject) -> *mut PyObject {
    // SAFETY: see above.
    err::into_raw(awaiting(unsafe { &*this }, intern!("__anext__")))
}

/// The name of a row, for messages.
pub fn row_name(row: &wrapperbase) -> &'static str {
    // SAFETY: rows name themselves with static C strings.
    unsafe { CStr::from_ptr(row.name) }.to_str().unwrap_or("?")
}
