//! The C functions behind `memmove`, `string_at`, `cast` and their like, which the library calls by their addresses.

use crate::cdata;
use crate::codes::text;
use crate::funcptr::FUNC_META;
use crate::info;
use crate::keep;
use crate::pointer::POINTER_META;
use crate::prelude::*;
use vm::types::dict::DictExt as _;
use vm::types::memoryview;

/// A name, and what gives the function's address.
type Row = (&'static str, fn() -> usize);

/// The names of the addresses.
pub static FUNCTIONS: &[Row] = &[
    ("_memmove_addr", || libc::memmove as *const () as usize),
    ("_memset_addr", || libc::memset as *const () as usize),
    ("_string_at_addr", || string_at as *const () as usize),
    ("_cast_addr", || cast as *const () as usize),
    ("_wstring_at_addr", || wstring_at as *const () as usize),
    ("_memoryview_at_addr", || {
        memoryview_at as *const () as usize
    }),
];

fn number(n: isize) -> Ref {
    int::from_isize(n).into_obj()
}

unsafe extern "C" fn string_at(at: *const u8, size: c_int) -> *mut PyObject {
    let make = || {
        let size = size as isize;
        audit_event("ctypes.string_at", &[&number(at as isize), &number(size)])?;
        // SAFETY: the program vouches for the address, and for a zero at the end if it gives no size.
        let data = unsafe {
            match size {
                -1 => CStr::from_ptr(at.cast()).to_bytes(),
                ..0 => {
                    return raise!(
                        SystemError,
                        "Negative size passed to PyBytes_FromStringAndSize"
                    );
                }
                0 => &[],
                n => core::slice::from_raw_parts(at, n as usize),
            }
        };
        Ok(bytes::try_new(data)?.into_obj())
    };
    err::into_raw(make())
}

unsafe extern "C" fn wstring_at(at: *const u8, size: c_int) -> *mut PyObject {
    let make = || {
        let size = size as isize;
        audit_event("ctypes.wstring_at", &[&number(at as isize), &number(size)])?;
        // SAFETY: as in `string_at`.
        unsafe {
            match size {
                -1 => {
                    let p = at;
                    let code = crate::codes::expect(b'Z');
                    let place = &raw const p;
                    (code.get)(place.cast(), crate::codes::Extent::bytes(8))
                }
                ..0 => raise!(SystemError, "bad argument to internal function"),
                n => text::from_wide(&text::read_wide(at, n as usize)),
            }
        }
    };
    err::into_raw(make())
}

unsafe extern "C" fn memoryview_at(at: *mut u8, size: isize, readonly: c_int) -> *mut PyObject {
    let make = || {
        let told = [at as isize, size, readonly as isize].map(number);
        audit_event("ctypes.memoryview_at", &[&told[0], &told[1], &told[2]])?;
        if size < 0 {
            return raise!(
                ValueError,
                "memoryview_at: size is negative (or overflowed): {size}"
            );
        }
        // SAFETY: all zeros are a view of nothing.
        let mut view: Py_buffer = unsafe { core::mem::zeroed() };
        // SAFETY: the program vouches for the memory.
        let status = unsafe {
            vm::protocol::buffer::fill_info(
                &mut view,
                None,
                at,
                size as usize,
                readonly != 0,
                PyBUF_FULL_RO,
            )
        };
        err::from_status(status)?;
        Ok(memoryview::from_buffer(view)?.into_obj())
    };
    err::into_raw(make())
}

/// Whether `cast` may make a class's instances of a pointer.
fn check_pointer_class(class: &Obj) -> Result<()> {
    let letter = info::of_class(class).and_then(info::Info::letter);
    if is_class_of(class, &POINTER_META)
        || is_class_of(class, &FUNC_META)
        || letter.is_some_and(|c| b"sPzUZXO".contains(&c))
    {
        return Ok(());
    }
    raise!(
        TypeError,
        "cast() argument 2 must be a pointer type, not {}",
        class_name(class)
    )
}

unsafe extern "C" fn cast(
    at: *mut u8,
    source: *mut PyObject,
    class: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: the library passes objects.
    err::into_raw(unsafe { cast_objects(at, &*source, &*class) })
}

fn cast_objects(at: *mut u8, source: &Obj, class: &Obj) -> Result {
    if !is_class_of(class, &crate::metaclass::CTYPE) {
        return raise!(TypeError, "cast() argument 2 must be a pointer type");
    }
    check_pointer_class(class)?;
    let made = py_call::call0(class)?;
    let Some(c) = cdata::of(&made) else {
        return Ok(made);
    };
    // The pointer keeps what it was made of, and shares what that keeps.
    if let Some(from) = cdata::of(source) {
        let kept = keep::dict_of(from)?;
        if let Some(d) = kept
            .as_ref()
            .and_then(|k| k.downcast_exact::<PyDictObject>())
        {
            d.set(int::from_usize(source.as_ptr() as usize).as_obj(), source)?;
        }
        c.objects.set(kept);
    }
    c.set_pointer(at);
    Ok(made)
}
