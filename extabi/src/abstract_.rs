//! `abstract.h`: numbers, sequences, mappings, iteration, buffers.

use core::ffi::{c_char, c_int};
use core::ptr;

use layout::*;
use vm::err::{self, Result, exc, raise};
use vm::object::*;
use vm::protocol::{buffer, call, number, object};
use vm::types::{float, list, slice, str_, tuple};

use crate::sequence::*;
use crate::shape::*;

/// Copies a view's items to (or, with `into`, from) a contiguous block, the last index or the first running fastest.
unsafe fn copy_dimensions(v: &Py_buffer, block: *mut u8, fortran: bool, into: bool) -> c_int {
    let ndim = v.ndim.max(0) as usize;
    let mut index = vec![0isize; ndim];
    let (count, size) = (
        (v.len / v.itemsize.max(1)) as usize,
        v.itemsize.max(1) as usize,
    );
    for k in 0..count {
        // SAFETY: the indices are within the shape; the block has the view's length.
        unsafe {
            let item = PyBuffer_GetPointer(v, index.as_ptr()).cast::<u8>();
            let (from, to) = if into {
                (block.add(k * size), item)
            } else {
                (item, block.add(k * size))
            };
            ptr::copy_nonoverlapping(from, to, size);
            let mut order: Box<dyn Iterator<Item = usize>> = if fortran {
                Box::new(0..ndim)
            } else {
                Box::new((0..ndim).rev())
            };
            order.find(|&d| {
                index[d] += 1;
                let done = index[d] < *v.shape.add(d);
                if !done {
                    index[d] = 0;
                }
                done
            });
        }
    }
    0
}

api! {
    fn PyObject_Bytes(o: P) -> P {
        new(match opt(o) { Some(o) => bytes_of(o), None => Ok(vm::types::bytes::new(b"<NULL>").into_obj()) })
    }
    fn PyBytes_Join(sep: O, items: O) -> P {
        if b(sep).is::<PyBytesObject>() { return new(call::call_method(b(sep), "join", &[b(items)])); }
        let _ = err::new(&exc::TypeError, format_args!("sep: expected bytes, got {}", type_name(b(sep).ty())));
        ptr::null_mut()
    }
    fn PyAIter_Check(o: P) -> c_int {
        i32::from(b(o).ty().tp_as_async.get().as_ref().is_some_and(|a| a.am_anext.get().is_some()))
    }
    fn PyIter_Send(it: P, value: P, out: *mut P) -> PySendResult {
        if let Some(send) = b(it).ty().tp_as_async.get().as_ref().and_then(|a| a.am_send.get()) {
            return send(it, value, out);
        }
        let sent = if b(value).is_none() && object::is_iterator(b(it)) {
            match object::next(b(it)) {
                Ok(Some(v)) => { *out = v.into_raw(); return PYGEN_NEXT; }
                Ok(None) => { *out = none().into_raw(); return PYGEN_RETURN; }
                Err(raised) => Err(raised),
            }
        } else {
            call::call_method(b(it), "send", &[b(value)])
        };
        match sent {
            Ok(v) => { *out = v.into_raw(); PYGEN_NEXT }
            Err(raised) => match vm::types::generator::resume::stop_iteration_value(raised) {
                Ok(v) => { *out = v.into_raw(); PYGEN_RETURN }
                Err(_) => { *out = ptr::null_mut(); PYGEN_ERROR }
            },
        }
    }
    fn _PyGen_FetchStopIterationValue(out: *mut P) -> c_int {
        *out = ptr::null_mut();
        if !err::occurred() { *out = none().into_raw(); return 0; }
        match vm::types::generator::resume::stop_iteration_value(err::Raised::assume()) {
            Ok(v) => { *out = v.into_raw(); 0 }
            Err(_) => -1,
        }
    }
    fn PyMapping_GetOptionalItemString(o: P, key: *const c_char, out: *mut P) -> c_int { *out = ptr::null_mut(); named(key, |key| PyMapping_GetOptionalItem(O(o), key, out)) }
    fn PyMapping_HasKeyWithError(o: O, key: O) -> c_int { truth(err::suppress(object::getitem(b(o), b(key)), &exc::KeyError).map(|v| v.is_some())) }
    fn PyMapping_HasKeyStringWithError(o: P, key: *const c_char) -> c_int { named(key, |key| PyMapping_HasKeyWithError(O(o), key)) }
    fn _PyEval_SliceIndex(o: P, out: *mut isize) -> c_int {
        if o.is_null() || b(o).is_none() { return 1; }
        match number::index_isize(b(o), None) {
            Ok(n) => { *out = n; 1 }
            Err(_) if !object::has_index(b(o)) => {
                err::clear();
                let _ = err::new(&exc::TypeError, format_args!("slice indices must be integers or None or have an __index__ method"));
                0
            }
            Err(_) => 0,
        }
    }
    fn PyFloat_GetInfo() -> P { vm::runtime::sys_attribute("float_info").map_or(ptr::null_mut(), Ref::into_raw) }
    fn PySlice_GetIndicesEx(s: P, n: isize, start: *mut isize, stop: *mut isize, step: *mut isize, count: *mut isize) -> c_int {
        if PySlice_Unpack(s, start, stop, step) < 0 { return -1; }
        *count = PySlice_AdjustIndices(n, start, stop, *step);
        0
    }
    fn PyBuffer_ToContiguous(out: *mut core::ffi::c_void, view: *const Py_buffer, n: isize, order: c_char) -> c_int {
        if n != (*view).len { let _ = err::new(&exc::ValueError, format_args!("PyBuffer_ToContiguous: len != view->len")); return -1; }
        let v = &*view;
        if buffer::is_contiguous(v, order as u8) { ptr::copy_nonoverlapping(v.buf.cast::<u8>(), out.cast(), n.max(0) as usize); return 0; }
        if order as u8 == b'F' { return copy_dimensions(v, out.cast(), true, false); }
        copy_dimensions(v, out.cast(), false, false)
    }
    fn PyBuffer_FromContiguous(view: *const Py_buffer, data: *const core::ffi::c_void, n: isize, order: c_char) -> c_int {
        let v = &*view;
        let n = n.min(v.len).max(0) as usize;
        if buffer::is_contiguous(v, order as u8) { ptr::copy_nonoverlapping(data.cast::<u8>(), v.buf.cast(), n); return 0; }
        copy_dimensions(v, data.cast_mut().cast(), order as u8 == b'F', true)
    }
    fn PyObject_CopyData(to: P, from: P) -> c_int {
        let run = || -> Result<()> {
            let mut out = buffer::writable(b(to))?;
            let data = buffer::get(b(from), PyBUF_FULL_RO)?.to_vec();
            if out.bytes().len() < data.len() { return raise!(BufferError, "destination is too small to receive data from source"); }
            out.bytes_mut()[..data.len()].copy_from_slice(&data);
            Ok(())
        };
        status(run())
    }
    fn PyBuffer_FillContiguousStrides(ndim: c_int, shape: *mut isize, strides: *mut isize, itemsize: c_int, order: c_char) {
        let mut step = itemsize as isize;
        let mut set = |i: usize| { *strides.add(i) = step; step *= *shape.add(i); };
        if ndim <= 1 || order as u8 == b'F' { (0..ndim.max(0) as usize).for_each(&mut set); } else { (0..ndim as usize).rev().for_each(&mut set); }
    }
    fn PyBuffer_SizeFromFormat(format: *const c_char) -> isize {
        let size = vm::import::import("struct").and_then(|m| call::call_method(&m, "calcsize", &[str_::new(&text(format)).as_obj()]));
        size.and_then(|n| number::index_isize(&n, None)).unwrap_or(-1)
    }
    fn PyObject_CheckReadBuffer(o: P) -> c_int {
        match buffer::simple(b(o)) { Ok(_) => 1, Err(_) => { err::clear(); 0 } }
    }
    fn PyObject_AsReadBuffer(o: P, p: *mut *const core::ffi::c_void, n: *mut isize) -> c_int {
        match buffer::simple(b(o)) { Ok(v) => { *p = v.bytes().as_ptr().cast(); *n = v.bytes().len() as isize; 0 } Err(_) => -1 }
    }
    fn PyObject_AsCharBuffer(o: P, p: *mut *const c_char, n: *mut isize) -> c_int { PyObject_AsReadBuffer(o, p.cast(), n) }
    fn PyObject_AsWriteBuffer(o: P, p: *mut *mut core::ffi::c_void, n: *mut isize) -> c_int {
        match buffer::writable(b(o)) { Ok(mut v) => { let data = v.bytes_mut(); *p = data.as_mut_ptr().cast(); *n = data.len() as isize; 0 } Err(_) => -1 }
    }
    fn PyNumber_Check(o: P) -> c_int { i32::from(opt(o).is_some_and(number::is_number)) }
    fn PyIndex_Check(o: P) -> c_int { i32::from(object::has_index(b(o))) }
    fn PyNumber_Add(x: O, y: O) -> P { new(number::add(b(x), b(y))) }
    fn PyNumber_Subtract(x: O, y: O) -> P { new(number::subtract(b(x), b(y))) }
    fn PyNumber_Multiply(x: O, y: O) -> P { new(number::multiply(b(x), b(y))) }
    fn PyNumber_MatrixMultiply(x: O, y: O) -> P { new(number::matrix_multiply(b(x), b(y))) }
    fn PyNumber_FloorDivide(x: O, y: O) -> P { new(number::floor_divide(b(x), b(y))) }
    fn PyNumber_TrueDivide(x: O, y: O) -> P { new(number::true_divide(b(x), b(y))) }
    fn PyNumber_Remainder(x: O, y: O) -> P { new(number::remainder(b(x), b(y))) }
    fn PyNumber_Divmod(x: O, y: O) -> P { new(number::divmod(b(x), b(y))) }
    fn PyNumber_Power(x: O, y: O, z: O) -> P { new(number::power(b(x), b(y), b(z))) }
    fn PyNumber_Lshift(x: O, y: O) -> P { new(number::lshift(b(x), b(y))) }
    fn PyNumber_Rshift(x: O, y: O) -> P { new(number::rshift(b(x), b(y))) }
    fn PyNumber_And(x: O, y: O) -> P { new(number::and(b(x), b(y))) }
    fn PyNumber_Xor(x: O, y: O) -> P { new(number::xor(b(x), b(y))) }
    fn PyNumber_Or(x: O, y: O) -> P { new(number::or(b(x), b(y))) }
    fn PyNumber_InPlaceAdd(x: O, y: O) -> P { new(number::inplace_add(b(x), b(y))) }
    fn PyNumber_InPlaceSubtract(x: O, y: O) -> P { new(number::inplace_subtract(b(x), b(y))) }
    fn PyNumber_InPlaceMultiply(x: O, y: O) -> P { new(number::inplace_multiply(b(x), b(y))) }
    fn PyNumber_InPlaceMatrixMultiply(x: O, y: O) -> P { new(number::inplace_matrix_multiply(b(x), b(y))) }
    fn PyNumber_InPlaceFloorDivide(x: O, y: O) -> P { new(number::inplace_floor_divide(b(x), b(y))) }
    fn PyNumber_InPlaceTrueDivide(x: O, y: O) -> P { new(number::inplace_true_divide(b(x), b(y))) }
    fn PyNumber_InPlaceRemainder(x: O, y: O) -> P { new(number::inplace_remainder(b(x), b(y))) }
    fn PyNumber_InPlacePower(x: O, y: O, z: O) -> P { new(number::inplace_power(b(x), b(y), b(z))) }
    fn PyNumber_InPlaceLshift(x: O, y: O) -> P { new(number::inplace_lshift(b(x), b(y))) }
    fn PyNumber_InPlaceRshift(x: O, y: O) -> P { new(number::inplace_rshift(b(x), b(y))) }
    fn PyNumber_InPlaceAnd(x: O, y: O) -> P { new(number::inplace_and(b(x), b(y))) }
    fn PyNumber_InPlaceXor(x: O, y: O) -> P { new(number::inplace_xor(b(x), b(y))) }
    fn PyNumber_InPlaceOr(x: O, y: O) -> P { new(number::inplace_or(b(x), b(y))) }
    fn PyNumber_Negative(x: O) -> P { new(number::negative(b(x))) }
    fn PyNumber_Positive(x: O) -> P { new(number::positive(b(x))) }
    fn PyNumber_Absolute(x: O) -> P { new(number::absolute(b(x))) }
    fn PyNumber_Invert(x: O) -> P { new(number::invert(b(x))) }
    fn PyNumber_Index(x: O) -> P { new(number::index(b(x))) }
    fn PyNumber_Long(x: O) -> P { new(number::as_long(b(x))) }
    fn PyNumber_Float(x: O) -> P { new(number::as_float(b(x))) }
    fn PyNumber_AsSsize_t(x: O, overflow: P) -> isize {
        number::index_isize(b(x), opt(overflow).and_then(|t| t.downcast::<PyTypeObject>())).unwrap_or(-1)
    }
    fn PyNumber_ToBase(x: O, base: c_int) -> P {
        if !matches!(base, 2 | 8 | 10 | 16) {
            let _ = err::new(&exc::SystemError, format_args!("PyNumber_ToBase: base must be 2, 8, 10 or 16"));
            return ptr::null_mut();
        }
        new(number::to_base(b(x), base as u32).map(|s| str_::new(&s).into_obj()))
    }

    fn PySequence_Check(o: P) -> c_int { i32::from(object::is_sequence(b(o))) }
    fn PySequence_Size(o: O) -> isize { size(sequence_length(b(o))) }
    fn PySequence_Length(o: O) -> isize { size(sequence_length(b(o))) }
    fn PySequence_GetItem(o: O, i: isize) -> P { new(object::sequence_item(b(o), i)) }
    fn PySequence_SetItem(o: O, i: isize, v: P) -> c_int {
        status(assign(b(o), i, opt(v)))
    }
    fn PySequence_DelItem(o: O, i: isize) -> c_int { status(assign(b(o), i, None)) }
    fn PySequence_GetSlice(o: O, low: isize, high: isize) -> P { new(slice_object(low, high).and_then(|s| object::getitem(b(o), &s))) }
    fn PySequence_SetSlice(o: O, low: isize, high: isize, v: P) -> c_int {
        let run = |s: Ref| match opt(v) { Some(v) => object::setitem(b(o), &s, v), None => object::delitem(b(o), &s) };
        status(slice_object(low, high).and_then(run))
    }
    fn PySequence_DelSlice(o: O, low: isize, high: isize) -> c_int { status(slice_object(low, high).and_then(|s| object::delitem(b(o), &s))) }
    fn PySequence_Concat(x: O, y: O) -> P { new(concatenated(b(x), b(y), number::add)) }
    fn PySequence_InPlaceConcat(x: O, y: O) -> P { new(concatenated(b(x), b(y), number::inplace_add)) }
    fn PySequence_Repeat(o: O, n: isize) -> P { new(repeated(b(o), n, number::multiply)) }
    fn PySequence_InPlaceRepeat(o: O, n: isize) -> P { new(repeated(b(o), n, number::inplace_multiply)) }
    fn PySequence_Contains(o: O, x: P) -> c_int {
        // A list that has nothing does not look at what it does not have.
        match opt(x) {
            Some(x) => truth(object::contains(b(o), x)),
            None if b(o).is::<PyListObject>() && crate::containers::PyList_Size(o) == 0 => 0,
            None => { refuse_null(); -1 }
        }
    }
    fn PySequence_In(o: O, x: P) -> c_int { PySequence_Contains(o, x) }
    fn PySequence_Index(o: O, x: O) -> isize { search(b(o), b(x), false).unwrap_or(-1) }
    fn PySequence_Count(o: O, x: O) -> isize { search(b(o), b(x), true).unwrap_or(-1) }
    fn PySequence_List(o: O) -> P { new(object::to_vec(b(o)).map(|v| list::from_vec(v).into_obj())) }
    fn PySequence_Tuple(o: O) -> P {
        if b(o).is_exact::<PyTupleObject>() { return b(o).new_ref().into_raw(); }
        new(object::to_vec(b(o)).map(|v| tuple::from_vec(v).into_obj()))
    }
    fn PySequence_Fast(o: O, message: *const c_char) -> P {
        if b(o).is_exact::<PyListObject>() || b(o).is_exact::<PyTupleObject>() { return b(o).new_ref().into_raw(); }
        match object::to_vec(b(o)) {
            Ok(v) => list::from_vec(v).into_raw(),
            Err(_) => {
                if err::clear_if(&exc::TypeError) { let _ = err::new(&exc::TypeError, format_args!("{}", text(message))); }
                ptr::null_mut()
            }
        }
    }

    fn PyMapping_Check(o: P) -> c_int {
        i32::from(opt(o).is_some_and(|o| o.ty().tp_as_mapping.get().as_ref().is_some_and(|m| m.mp_subscript.get().is_some())))
    }
    fn PyMapping_Size(o: O) -> isize { size(mapping_length(b(o))) }
    fn PyMapping_Length(o: O) -> isize { size(mapping_length(b(o))) }
    fn PyMapping_Keys(o: O) -> P { new(call::call_method(b(o), "keys", &[]).and_then(|k| object::to_vec(&k)).map(|v| list::from_vec(v).into_obj())) }
    fn PyMapping_Values(o: O) -> P { new(call::call_method(b(o), "values", &[]).and_then(|k| object::to_vec(&k)).map(|v| list::from_vec(v).into_obj())) }
    fn PyMapping_Items(o: O) -> P { new(call::call_method(b(o), "items", &[]).and_then(|k| object::to_vec(&k)).map(|v| list::from_vec(v).into_obj())) }
    fn PyMapping_GetItemString(o: P, key: *const c_char) -> P { named(key, |key| PyObject_GetItem(O(o), key)) }
    fn PyMapping_SetItemString(o: P, key: *const c_char, v: P) -> c_int { named(key, |key| PyObject_SetItem(O(o), key, O(v))) }
    fn PyMapping_HasKey(o: P, key: P) -> c_int {
        quietly(PyMapping_HasKeyWithError(O(o), O(key)), "PyMapping_HasKey(); consider using PyMapping_HasKeyWithError(), PyMapping_GetOptionalItem() or PyObject_GetItem()")
    }
    fn PyMapping_HasKeyString(o: P, key: *const c_char) -> c_int {
        quietly(PyMapping_HasKeyStringWithError(o, key), "PyMapping_HasKeyString(); consider using PyMapping_HasKeyStringWithError(), PyMapping_GetOptionalItemString() or PyMapping_GetItemString()")
    }
    fn PyMapping_GetOptionalItem(o: O, key: O, out: *mut P) -> c_int {
        match err::suppress(object::getitem(b(o), b(key)), &exc::KeyError) {
            Ok(Some(v)) => { *out = v.into_raw(); 1 }
            Ok(None) => { *out = ptr::null_mut(); 0 }
            Err(_) => { *out = ptr::null_mut(); -1 }
        }
    }

    fn PyObject_Size(o: O) -> isize { size(object::length(b(o))) }
    fn PyObject_Length(o: O) -> isize { size(object::length(b(o))) }
    fn PyObject_LengthHint(o: O, default: isize) -> isize { size(object::length_hint(b(o), default.max(0) as usize)) }
    fn PyObject_GetItem(o: O, key: O) -> P { new(object::getitem(b(o), b(key))) }
    fn PyObject_SetItem(o: O, key: O, v: O) -> c_int { status(object::setitem(b(o), b(key), b(v))) }
    fn PyObject_DelItem(o: O, key: O) -> c_int { status(object::delitem(b(o), b(key))) }
    fn PyObject_DelItemString(o: P, key: *const c_char) -> c_int { named(key, |key| PyObject_DelItem(O(o), key)) }
    fn PyObject_GetIter(o: O) -> P { new(object::iter(b(o))) }
    fn PyObject_GetAIter(o: P) -> P {
        match b(o).ty().tp_as_async.get().as_ref().and_then(|a| a.am_aiter.get()) {
            Some(f) => f(o),
            None => { let _ = err::new(&exc::TypeError, format_args!("'{}' object is not an async iterable", b(o).tp_name())); ptr::null_mut() }
        }
    }
    fn PyIter_Check(o: P) -> c_int { i32::from(object::is_iterator(b(o))) }
    fn PyIter_Next(o: P) -> P { match object::next(b(o)) { Ok(Some(v)) => v.into_raw(), _ => ptr::null_mut() } }
    fn PyIter_NextItem(o: P, out: *mut P) -> c_int {
        if !object::is_iterator(b(o)) {
            *out = ptr::null_mut();
            let _ = err::new(&exc::TypeError, format_args!("expected an iterator, got '{}'", type_name(b(o).ty())));
            return -1;
        }
        match object::next(b(o)) {
            Ok(Some(v)) => { *out = v.into_raw(); 1 }
            Ok(None) => { *out = ptr::null_mut(); 0 }
            Err(_) => { *out = ptr::null_mut(); -1 }
        }
    }

    fn PyObject_CheckBuffer(o: P) -> c_int { i32::from(buffer::has_buffer(b(o))) }
    fn PyObject_GetBuffer(o: P, view: *mut Py_buffer, flags: c_int) -> c_int {
        match b(o).ty().tp_as_buffer.get().as_ref().and_then(|s| s.bf_getbuffer.get()) {
            Some(f) => f(o, view, flags),
            None => { let _ = err::new(&exc::TypeError, format_args!("a bytes-like object is required, not '{}'", b(o).tp_name())); -1 }
        }
    }
    fn PyBuffer_Release(view: *mut Py_buffer) { buffer::release(&mut *view); }
    fn PyBuffer_IsContiguous(view: *const Py_buffer, order: c_char) -> c_int { i32::from(buffer::is_contiguous(&*view, order as u8)) }
    fn PyBuffer_FillInfo(view: *mut Py_buffer, o: P, data: *mut core::ffi::c_void, n: isize, readonly: c_int, flags: c_int) -> c_int {
        if view.is_null() { let _ = err::new(&exc::BufferError, format_args!("PyBuffer_FillInfo: view==NULL argument is obsolete")); return -1; }
        if flags & PyBUF_WRITABLE == PyBUF_WRITABLE && readonly == 1 {
            let _ = err::new(&exc::BufferError, format_args!("Object is not writable."));
            return -1;
        }
        let v = &mut *view;
        v.obj = if o.is_null() { ptr::null_mut() } else { incref(o); o };
        v.buf = data;
        v.len = n;
        v.readonly = readonly;
        v.itemsize = 1;
        v.format = if flags & PyBUF_FORMAT == PyBUF_FORMAT { c"B".as_ptr().cast_mut() } else { ptr::null_mut() };
        v.ndim = 1;
        v.shape = if flags & PyBUF_ND == PyBUF_ND { &raw mut v.len } else { ptr::null_mut() };
        v.strides = if flags & PyBUF_STRIDES == PyBUF_STRIDES { &raw mut v.itemsize } else { ptr::null_mut() };
        v.suboffsets = ptr::null_mut();
        v.internal = ptr::null_mut();
        0
    }
    fn PyBuffer_GetPointer(view: *const Py_buffer, indices: *const isize) -> *mut core::ffi::c_void {
        let v = &*view;
        let mut p = v.buf.cast::<u8>();
        for i in 0..v.ndim as usize {
            p = p.offset(*v.strides.add(i) * *indices.add(i));
            if !v.suboffsets.is_null() && *v.suboffsets.add(i) >= 0 {
                p = p.cast::<*mut u8>().read().offset(*v.suboffsets.add(i));
            }
        }
        p.cast()
    }
    fn PyFloat_FromDouble(x: f64) -> P { float::new(x).into_raw() }
    fn PyFloat_AsDouble(o: P) -> f64 {
        let Some(o) = opt(o) else {
            let _ = err::new(&exc::TypeError, format_args!("bad argument type for built-in operation"));
            return -1.0;
        };
        number::as_f64(o).unwrap_or(-1.0)
    }
    fn PyFloat_FromString(o: O) -> P {
        let o = b(o);
        if o.is::<PyUnicodeObject>() || buffer::has_buffer(o) { return new(call::call1(PyFloat_Type.as_obj(), o)); }
        let _ = err::new(&exc::TypeError, format_args!("float() argument must be a string or a real number, not '{:.200}'", o.tp_name()));
        ptr::null_mut()
    }
    fn PyFloat_GetMax() -> f64 { f64::MAX }
    fn PyFloat_GetMin() -> f64 { f64::MIN_POSITIVE }
    fn PySlice_New(start: P, stop: P, step: P) -> P {
        let part = |p: P| opt(p).unwrap_or(NONE());
        new(slice::new(part(start), part(stop), part(step)).map(Ref::into_obj))
    }
    fn PySlice_Unpack(s: P, start: *mut isize, stop: *mut isize, step: *mut isize) -> c_int {
        match slice::unpack_raw(b(s).cast()) {
            Ok((x, y, z)) => { *start = x; *stop = y; *step = z; 0 }
            Err(_) => -1,
        }
    }
    fn PySlice_AdjustIndices(n: isize, start: *mut isize, stop: *mut isize, step: isize) -> isize {
        let found = slice::adjust((*start, *stop, step), n as usize);
        *start = found.start;
        *stop = found.stop;
        found.len as isize
    }
}
