//! Types made of specs (`PyType_Spec` of `object.h`).

use core::ffi::{CStr, c_int, c_ulong, c_void};
use core::mem::offset_of;
use core::ptr;
use std::ffi::CString;

use layout::*;
use vm::err::{Result, raise};
use vm::object::*;
use vm::slots;
use vm::types::dict::{self, DictExt as _};
use vm::types::tuple::{self, TupleExt as _};
use vm::types::{str_, type_};

use crate::shape::*;

/// Where the slot of this number lies: in the type, or in one of its suites.
pub fn slot_offset(number: c_int) -> Option<usize> {
    macro_rules! table {
        ($($number:ident $($field:ident).+;)*) => {
            match number { $($number => Some(table!(@offset $($field).+)),)* _ => None }
        };
        (@offset $field:ident) => { offset_of!(PyTypeObject, $field) };
        (@offset as_number.$field:ident) => { offset_of!(PyHeapTypeObject, as_number) + offset_of!(PyNumberMethods, $field) };
        (@offset as_sequence.$field:ident) => { offset_of!(PyHeapTypeObject, as_sequence) + offset_of!(PySequenceMethods, $field) };
        (@offset as_mapping.$field:ident) => { offset_of!(PyHeapTypeObject, as_mapping) + offset_of!(PyMappingMethods, $field) };
        (@offset as_async.$field:ident) => { offset_of!(PyHeapTypeObject, as_async) + offset_of!(PyAsyncMethods, $field) };
        (@offset as_buffer.$field:ident) => { offset_of!(PyHeapTypeObject, as_buffer) + offset_of!(PyBufferProcs, $field) };
    }
    table! {
        Py_bf_getbuffer as_buffer.bf_getbuffer;
        Py_bf_releasebuffer as_buffer.bf_releasebuffer;
        Py_mp_ass_subscript as_mapping.mp_ass_subscript;
        Py_mp_length as_mapping.mp_length;
        Py_mp_subscript as_mapping.mp_subscript;
        Py_nb_absolute as_number.nb_absolute;
        Py_nb_add as_number.nb_add;
        Py_nb_and as_number.nb_and;
        Py_nb_bool as_number.nb_bool;
        Py_nb_divmod as_number.nb_divmod;
        Py_nb_float as_number.nb_float;
        Py_nb_floor_divide as_number.nb_floor_divide;
        Py_nb_index as_number.nb_index;
        Py_nb_inplace_add as_number.nb_inplace_add;
        Py_nb_inplace_and as_number.nb_inplace_and;
        Py_nb_inplace_floor_divide as_number.nb_inplace_floor_divide;
        Py_nb_inplace_lshift as_number.nb_inplace_lshift;
        Py_nb_inplace_multiply as_number.nb_inplace_multiply;
        Py_nb_inplace_or as_number.nb_inplace_or;
        Py_nb_inplace_power as_number.nb_inplace_power;
        Py_nb_inplace_remainder as_number.nb_inplace_remainder;
        Py_nb_inplace_rshift as_number.nb_inplace_rshift;
        Py_nb_inplace_subtract as_number.nb_inplace_subtract;
        Py_nb_inplace_true_divide as_number.nb_inplace_true_divide;
        Py_nb_inplace_xor as_number.nb_inplace_xor;
        Py_nb_int as_number.nb_int;
        Py_nb_invert as_number.nb_invert;
        Py_nb_lshift as_number.nb_lshift;
        Py_nb_multiply as_number.nb_multiply;
        Py_nb_negative as_number.nb_negative;
        Py_nb_or as_number.nb_or;
        Py_nb_positive as_number.nb_positive;
        Py_nb_power as_number.nb_power;
        Py_nb_remainder as_number.nb_remainder;
        Py_nb_rshift as_number.nb_rshift;
        Py_nb_subtract as_number.nb_subtract;
        Py_nb_true_divide as_number.nb_true_divide;
        Py_nb_xor as_number.nb_xor;
        Py_sq_ass_item as_sequence.sq_ass_item;
        Py_sq_concat as_sequence.sq_concat;
        Py_sq_contains as_sequence.sq_contains;
        Py_sq_inplace_concat as_sequence.sq_inplace_concat;
        Py_sq_inplace_repeat as_sequence.sq_inplace_repeat;
        Py_sq_item as_sequence.sq_item;
        Py_sq_length as_sequence.sq_length;
        Py_sq_repeat as_sequence.sq_repeat;
        Py_tp_alloc tp_alloc;
        Py_tp_call tp_call;
        Py_tp_clear tp_clear;
        Py_tp_dealloc tp_dealloc;
        Py_tp_del tp_del;
        Py_tp_descr_get tp_descr_get;
        Py_tp_descr_set tp_descr_set;
        Py_tp_getattr tp_getattr;
        Py_tp_getattro tp_getattro;
        Py_tp_hash tp_hash;
        Py_tp_init tp_init;
        Py_tp_is_gc tp_is_gc;
        Py_tp_iter tp_iter;
        Py_tp_iternext tp_iternext;
        Py_tp_new tp_new;
        Py_tp_repr tp_repr;
        Py_tp_richcompare tp_richcompare;
        Py_tp_setattr tp_setattr;
        Py_tp_setattro tp_setattro;
        Py_tp_str tp_str;
        Py_tp_traverse tp_traverse;
        Py_tp_free tp_free;
        Py_nb_matrix_multiply as_number.nb_matrix_multiply;
        Py_nb_inplace_matrix_multiply as_number.nb_inplace_matrix_multiply;
        Py_am_await as_async.am_await;
        Py_am_aiter as_async.am_aiter;
        Py_am_anext as_async.am_anext;
        Py_tp_finalize tp_finalize;
        Py_am_send as_async.am_send;
        Py_tp_vectorcall tp_vectorcall;
    }
}

/// What a spec asks for, before the type is made.
struct Wanted {
    members: Vec<PyMemberDef>,
    dictoffset: isize,
    weaklistoffset: isize,
    vectorcalloffset: isize,
}

/// The offset in a row that tells where a type keeps something special.
unsafe fn special_offset(row: &PyMemberDef, relative_to: isize) -> Result<isize> {
    // SAFETY: rows have names.
    let name = unsafe { text(row.name) };
    if row.r#type != Py_T_PYSSIZET {
        return raise!(SystemError, "type of {name} must be Py_T_PYSSIZET");
    }
    const RELATIVE: c_int = Py_READONLY | Py_RELATIVE_OFFSET;
    match row.flags {
        Py_READONLY => Ok(row.offset),
        RELATIVE => Ok(row.offset + relative_to),
        _ => raise!(
            SystemError,
            "flags for {name} must be Py_READONLY or (Py_READONLY | Py_RELATIVE_OFFSET)"
        ),
    }
}

/// Refuses bases that may change under a type that may not.
pub fn check_immutable_bases(name: &str, bases: &[&Obj]) -> Result<()> {
    let changing = |b: &&&Obj| {
        let class = b.downcast::<PyTypeObject>();
        class.is_some_and(|class| !has_flag(class, Py_TPFLAGS_IMMUTABLETYPE))
    };
    match bases.iter().find(changing) {
        Some(base) => raise!(
            TypeError,
            "Creating immutable type {name} from mutable base {}",
            base.downcast::<PyTypeObject>()
                .map_or_else(String::new, type_::fully_qualified_name)
        ),
        None => Ok(()),
    }
}

unsafe fn wanted(spec: &PyType_Spec, relative_to: isize) -> Result<Wanted> {
    // SAFETY: tables end with a zero row.
    unsafe {
        for (number, name) in [(Py_tp_members, "Py_tp_members"), (Py_tp_doc, "Py_tp_doc")] {
            if count_of(spec, number) > 1 {
                return raise!(SystemError, "Multiple {name} slots are not supported.");
            }
        }
    }
    let mut w = Wanted {
        members: Vec::new(),
        dictoffset: 0,
        weaklistoffset: 0,
        vectorcalloffset: 0,
    };
    // SAFETY: tables end with a zero row.
    unsafe {
        let mut slot = spec.slots;
        while (*slot).slot != 0 {
            if (*slot).slot == Py_tp_members {
                let mut m = (*slot).pfunc.cast::<PyMemberDef>();
                while !(*m).name.is_null() {
                    let mut row = *m;
                    if row.flags & Py_RELATIVE_OFFSET != 0 {
                        if spec.basicsize > 0 {
                            return raise!(
                                SystemError,
                                "With Py_RELATIVE_OFFSET, basicsize must be negative."
                            );
                        }
                        if row.offset < 0 || row.offset >= -spec.basicsize as isize {
                            return raise!(
                                SystemError,
                                "Member offset out of range (0..-basicsize)"
                            );
                        }
                    }
                    match CStr::from_ptr(row.name).to_bytes() {
                        b"__dictoffset__" => w.dictoffset = special_offset(&row, relative_to)?,
                        b"__weaklistoffset__" => {
                            w.weaklistoffset = special_offset(&row, relative_to)?;
                        }
                        b"__vectorcalloffset__" => {
                            w.vectorcalloffset = special_offset(&row, relative_to)?;
                        }
                        _ => {}
                    }
                    if row.flags & Py_RELATIVE_OFFSET != 0 {
                        row.offset += relative_to;
                        row.flags &= !Py_RELATIVE_OFFSET;
                    }
                    w.members.push(row);
                    m = m.add(1);
                }
            }
            slot = slot.add(1);
        }
    }
    Ok(w)
}

/// How often a slot is given.
unsafe fn count_of(spec: &PyType_Spec, number: c_int) -> usize {
    // SAFETY: tables end with a zero row.
    let numbers = (0..).map(|i| unsafe { (*spec.slots.add(i)).slot });
    numbers
        .take_while(|n| *n != 0)
        .filter(|n| *n == number)
        .count()
}

unsafe fn slot_value(spec: &PyType_Spec, number: c_int) -> *mut c_void {
    // SAFETY: tables end with a zero row.
    unsafe {
        let mut slot = spec.slots;
        while (*slot).slot != 0 {
            if (*slot).slot == number {
                return (*slot).pfunc;
            }
            slot = slot.add(1);
        }
    }
    ptr::null_mut()
}

/// The bases: those given, or the spec's, or `object`.
unsafe fn bases_of(spec: &PyType_Spec, given: Option<&Obj>) -> Result<Ref<PyTupleObject>> {
    if let Some(g) = given {
        return Ok(match g.downcast::<PyTupleObject>() {
            Some(t) => t.to_ref(),
            None => tuple::from_slice(&[g]),
        });
    }
    // SAFETY: slot values are objects where the number says so.
    unsafe {
        let many = slot_value(spec, Py_tp_bases).cast::<PyObject>();
        if let Some(many) = opt(many) {
            return match many.downcast::<PyTupleObject>() {
                Some(t) => Ok(t.to_ref()),
                None => raise!(SystemError, "Py_tp_bases is not a tuple"),
            };
        }
        let one = slot_value(spec, Py_tp_base).cast::<PyObject>();
        Ok(match opt(one) {
            Some(o) => tuple::from_slice(&[o]),
            None => type_::bases::object_bases(),
        })
    }
}

/// Makes a type of a spec.
///
/// # Safety
/// The spec is as C's headers have it.
pub unsafe fn from_spec(
    meta: Option<&PyTypeObject>,
    module: Option<&Obj>,
    spec: &PyType_Spec,
    given_bases: Option<&Obj>,
) -> Result {
    // SAFETY: the spec is the caller's; everything kept is copied.
    unsafe {
        let bases = bases_of(spec, given_bases)?;
        let base = type_::bases::best_base(&bases)?;
        let meta = match meta {
            Some(m) => m,
            None => type_::bases::calculate_metaclass(&PyType_Type, &bases)?,
        };
        let custom = |meta: &PyTypeObject| meta.tp_new.get().map(|f| f as usize);
        if custom(meta).is_some() && custom(meta) != custom(&PyType_Type) {
            return raise!(
                TypeError,
                "Metaclasses with custom tp_new are not supported."
            );
        }
        if c_ulong::from(spec.flags) & Py_TPFLAGS_IMMUTABLETYPE != 0 {
            check_immutable_bases(&text(spec.name), bases.objects())?;
        }
        let at_end = base.tp_flags.get() | c_ulong::from(spec.flags);
        if spec.basicsize < 0
            && base.tp_itemsize.get() != 0
            && at_end & Py_TPFLAGS_ITEMS_AT_END == 0
        {
            return raise!(
                SystemError,
                "Cannot extend variable-size class without Py_TPFLAGS_ITEMS_AT_END."
            );
        }
        let base_size = base.tp_basicsize.get();
        let aligned = (base_size + 15) & !15;
        let (basicsize, data_offset) = match spec.basicsize {
            0 => (base_size, base_size),
            n if n > 0 => (n as isize, 0),
            n => (aligned + ((-n as isize + 15) & !15), aligned),
        };
        let w = wanted(spec, data_offset)?;
        let made = type_alloc(meta, w.members.len() as isize)?;
        let heap = made.cast::<PyHeapTypeObject>();
        let tp = &heap.ht_type;
        tp.tp_as_async.set(ptr::from_ref(&heap.as_async).cast_mut());
        tp.tp_as_number
            .set(ptr::from_ref(&heap.as_number).cast_mut());
        tp.tp_as_sequence
            .set(ptr::from_ref(&heap.as_sequence).cast_mut());
        tp.tp_as_mapping
            .set(ptr::from_ref(&heap.as_mapping).cast_mut());
        tp.tp_as_buffer
            .set(ptr::from_ref(&heap.as_buffer).cast_mut());
        tp.tp_flags
            .set(c_ulong::from(spec.flags) | Py_TPFLAGS_HEAPTYPE);
        let full = text(spec.name).into_owned();
        let short = full.rsplit('.').next().unwrap_or_default();
        heap._ht_tpname
            .set(CString::new(full.clone()).unwrap_or_default().into_raw());
        tp.tp_name.set(heap._ht_tpname.get());
        let name = str_::intern_str(short);
        heap.ht_name.set_ref(Some(name.new_ref()));
        heap.ht_qualname.set_ref(Some(name.new_ref()));
        heap.ht_module.set_ref(module.map(Obj::new_ref));
        tp.tp_base.set(base.to_ref().into_raw().cast());
        tp.tp_bases.set_ref(Some(bases.clone().into_obj()));
        tp.tp_basicsize.set(basicsize);
        tp.tp_itemsize.set(if spec.itemsize != 0 {
            spec.itemsize as isize
        } else {
            base.tp_itemsize.get()
        });
        if w.dictoffset != 0 {
            tp.tp_dictoffset.set(w.dictoffset);
        }
        if w.weaklistoffset != 0 {
            tp.tp_weaklistoffset.set(w.weaklistoffset);
        }
        if w.vectorcalloffset != 0 {
            tp.tp_vectorcall_offset.set(w.vectorcalloffset);
        }
        if has_flag(tp, Py_TPFLAGS_MANAGED_DICT) {
            tp.tp_dictoffset.set(-1);
        }
        if has_flag(tp, Py_TPFLAGS_MANAGED_WEAKREF) {
            tp.tp_weaklistoffset.set(-2 * size_of::<P>() as isize);
        }
        let rows = type_::new::members_of(heap);
        for (i, m) in w.members.iter().enumerate() {
            rows.add(i).write(*m);
        }
        tp.tp_members.set(if w.members.is_empty() {
            ptr::null_mut()
        } else {
            terminated_members(&w.members)
        });
        let mut slot = spec.slots;
        while (*slot).slot != 0 {
            match (*slot).slot {
                Py_tp_base | Py_tp_bases | Py_tp_members => {}
                Py_tp_doc => {
                    if !(*slot).pfunc.is_null() {
                        let doc = CStr::from_ptr((*slot).pfunc.cast());
                        tp.tp_doc.set(libc::strdup(doc.as_ptr()));
                    }
                }
                Py_tp_methods => tp.tp_methods.set((*slot).pfunc.cast()),
                Py_tp_getset => tp.tp_getset.set((*slot).pfunc.cast()),
                Py_tp_token => heap.ht_token.set(if (*slot).pfunc.is_null() {
                    ptr::from_ref(spec).cast_mut().cast()
                } else {
                    (*slot).pfunc
                }),
                number => match slot_offset(number).and_then(|o| slots::slot_of(tp, o)) {
                    Some(cell) => cell.set((*slot).pfunc),
                    None => return raise!(RuntimeError, "invalid slot offset"),
                },
            }
            slot = slot.add(1);
        }
        if tp.tp_dealloc.get().is_none() {
            // A type without one gets CPython's: that of classes.
            tp.tp_dealloc.set(Some(type_::subtype::dealloc));
        }
        let d = dict::new();
        tp.tp_dict.set_ref(Some(d.clone().into_obj()));
        type_::ready(tp)?;
        // A member or getter of that name, which tells the module of an instance, stays.
        if let Some((m, _)) = full.rsplit_once('.')
            && d.get_str("__module__").is_none()
        {
            d.set_str("__module__", str_::new(m).as_obj())?;
        }
        if has_flag(tp, Py_TPFLAGS_MANAGED_DICT)
            && tp.tp_basicsize.get() as usize == size_of::<PyObject>()
        {
            tp.tp_flags
                .set(tp.tp_flags.get() | Py_TPFLAGS_INLINE_VALUES);
            vm::types::instance::init_class_keys(heap);
        }
        Ok(made)
    }
}

/// A copy of member rows that ends as C's tables do; it lives as long as the process.
fn terminated_members(rows: &[PyMemberDef]) -> *mut PyMemberDef {
    let mut all = rows.to_vec();
    all.push(PyMemberDef {
        name: ptr::null(),
        r#type: 0,
        offset: 0,
        flags: 0,
        doc: ptr::null(),
    });
    Vec::leak(all).as_mut_ptr()
}
