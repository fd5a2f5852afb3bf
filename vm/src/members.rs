//! Reading and writing the C fields that member tables describe.

#![expect(
    non_upper_case_globals,
    reason = "names of CPython's headers in patterns"
)]

use core::ffi::{CStr, c_char};

use layout::*;

use crate::args;
use crate::err::{self, Result, raise};
use crate::object::*;
use crate::protocol::number;
use crate::types::int::IntExt as _;
use crate::types::str_::StrExt as _;
use crate::types::{float, int, str_, type_};
use crate::warn;

#[cold]
fn unset(o: *mut PyObject, row: &PyMemberDef) -> err::Raised {
    // SAFETY: rows name themselves; `o` is live.
    let (name, tp) = unsafe { (CStr::from_ptr(row.name).to_string_lossy(), (*o).ty()) };
    err::new(
        &err::exc::AttributeError,
        format_args!(
            "'{}' object has no attribute '{name}'",
            type_::fully_qualified_name(tp)
        ),
    )
}

/// The value of a member.
///
/// # Safety
/// `o` is an object with the field that the row describes.
pub unsafe fn get(o: *mut PyObject, row: &PyMemberDef) -> Result {
    // SAFETY: the row says what lies at its offset.
    unsafe {
        let p = o.cast::<u8>().offset(row.offset);
        Ok(match row.r#type {
            Py_T_BOOL => bool_(*p != 0),
            Py_T_BYTE => int::from_i64(i64::from(*p.cast::<i8>())).into_obj(),
            Py_T_UBYTE => int::from_i64(i64::from(*p)).into_obj(),
            Py_T_SHORT => int::from_i64(i64::from(*p.cast::<i16>())).into_obj(),
            Py_T_USHORT => int::from_i64(i64::from(*p.cast::<u16>())).into_obj(),
            Py_T_INT => int::from_i64(i64::from(*p.cast::<i32>())).into_obj(),
            Py_T_UINT => int::from_i64(i64::from(*p.cast::<u32>())).into_obj(),
            Py_T_LONG | Py_T_LONGLONG | Py_T_PYSSIZET => int::from_i64(*p.cast::<i64>()).into_obj(),
            Py_T_ULONG | Py_T_ULONGLONG => int::from_u64(*p.cast::<u64>()).into_obj(),
            Py_T_FLOAT => float::new(f64::from(*p.cast::<f32>())).into_obj(),
            Py_T_DOUBLE => float::new(*p.cast::<f64>()).into_obj(),
            Py_T_STRING => match (*p.cast::<*const c_char>()).as_ref() {
                Some(text) => str_::new(&CStr::from_ptr(text).to_string_lossy()).into_obj(),
                None => none(),
            },
            Py_T_STRING_INPLACE => {
                str_::new(&CStr::from_ptr(p.cast()).to_string_lossy()).into_obj()
            }
            Py_T_CHAR => str_::from_latin1(&[*p]).into_obj(),
            _Py_T_OBJECT => match (*p.cast::<*mut PyObject>()).as_ref() {
                Some(value) => value.new_ref(),
                None => none(),
            },
            Py_T_OBJECT_EX => match (*p.cast::<*mut PyObject>()).as_ref() {
                Some(value) => value.new_ref(),
                None => return Err(unset(o, row)),
            },
            _Py_T_NONE => none(),
            _ => {
                return raise!(
                    SystemError,
                    "bad memberdescr type for {}",
                    CStr::from_ptr(row.name).to_string_lossy()
                );
            }
        })
    }
}

/// Sets a member, or deletes it without a value.
///
/// # Safety
/// As [`get`].
pub unsafe fn set(o: *mut PyObject, row: &PyMemberDef, value: Option<&Obj>) -> Result<()> {
    if row.flags & Py_READONLY != 0 {
        return raise!(AttributeError, "readonly attribute");
    }
    // SAFETY: the row says what lies at its offset.
    unsafe {
        let p = o.cast::<u8>().offset(row.offset);
        let Some(value) = value else {
            return match row.r#type {
                Py_T_OBJECT_EX => {
                    let field = p.cast::<*mut PyObject>();
                    if (*field).is_null() {
                        return raise!(
                            AttributeError,
                            "{}",
                            CStr::from_ptr(row.name).to_string_lossy()
                        );
                    }
                    drop(Ref::<Obj>::from_owned(core::ptr::replace(
                        field,
                        core::ptr::null_mut(),
                    )));
                    Ok(())
                }
                _Py_T_OBJECT => {
                    drop(Ref::<Obj>::from_owned_opt(core::ptr::replace(
                        p.cast(),
                        core::ptr::null_mut(),
                    )));
                    Ok(())
                }
                _ => raise!(TypeError, "can't delete numeric/char attribute"),
            };
        };
        match row.r#type {
            Py_T_BOOL => {
                if !value.is_same(TRUE()) && !value.is_same(FALSE()) {
                    return raise!(TypeError, "attribute value type must be bool");
                }
                *p = u8::from(value.is_same(TRUE()));
            }
            Py_T_BYTE => {
                *p.cast::<i8>() =
                    truncated(value, i64::from(i8::MIN), i64::from(i8::MAX), "char")? as i8
            }
            Py_T_UBYTE => *p = truncated(value, 0, i64::from(u8::MAX), "unsigned char")? as u8,
            Py_T_SHORT => {
                *p.cast::<i16>() =
                    truncated(value, i64::from(i16::MIN), i64::from(i16::MAX), "short")? as i16
            }
            Py_T_USHORT => {
                *p.cast::<u16>() =
                    truncated(value, 0, i64::from(u16::MAX), "unsigned short")? as u16
            }
            Py_T_INT => {
                *p.cast::<i32>() =
                    truncated(value, i64::from(i32::MIN), i64::from(i32::MAX), "int")? as i32
            }
            Py_T_UINT => {
                let n = unsigned(value)?;
                *p.cast::<u32>() = n.bits as u32;
                match n.bits > u64::from(u32::MAX) && !n.negative {
                    true => warn::warn(
                        &err::exc::RuntimeWarning,
                        1,
                        "Truncation of value to unsigned int",
                    )?,
                    false => n.warn()?,
                }
            }
            Py_T_LONG | Py_T_LONGLONG => *p.cast::<i64>() = args::to_i64(value)?,
            Py_T_PYSSIZET => match value.is::<PyLongObject>() {
                true => *p.cast::<isize>() = args::to_isize(value)?,
                false => return raise!(TypeError, "an integer is required"),
            },
            Py_T_ULONG | Py_T_ULONGLONG => {
                let n = unsigned(value)?;
                *p.cast::<u64>() = n.bits;
                n.warn()?;
            }
            Py_T_FLOAT => *p.cast::<f32>() = args::to_f64(value)? as f32,
            Py_T_DOUBLE => *p.cast::<f64>() = args::to_f64(value)?,
            Py_T_CHAR => {
                let text = value.downcast::<PyUnicodeObject>().filter(|s| s.len() == 1);
                match text.map(|s| s.char_at(0)) {
                    Some(c) if c < 0x80 => *p = c as u8,
                    _ => return raise!(TypeError, "bad argument type for built-in operation"),
                }
            }
            _Py_T_OBJECT | Py_T_OBJECT_EX => {
                let old = core::ptr::replace(p.cast::<*mut PyObject>(), value.new_ref().into_raw());
                drop(Ref::<Obj>::from_owned_opt(old));
            }
            Py_T_STRING | Py_T_STRING_INPLACE => return raise!(TypeError, "readonly attribute"),
            _ => {
                return raise!(
                    SystemError,
                    "bad memberdescr type for {}",
                    CStr::from_ptr(row.name).to_string_lossy()
                );
            }
        }
    }
    Ok(())
}

/// A C integer; one that does not fit is cut, with a warning.
fn truncated(value: &Obj, min: i64, max: i64, name: &str) -> Result<i64> {
    let n = args::to_i64(value)?;
    if !(min..=max).contains(&n) {
        warn::warn(
            &err::exc::RuntimeWarning,
            1,
            &format!("Truncation of value to {name}"),
        )?;
    }
    Ok(n)
}

/// What is written into a field without a sign.
struct Unsigned {
    bits: u64,
    negative: bool,
}

impl Unsigned {
    fn warn(&self) -> Result<()> {
        if !self.negative {
            return Ok(());
        }
        warn::warn(
            &err::exc::RuntimeWarning,
            1,
            "Writing negative value into unsigned field",
        )
    }
}

/// An int of 64 bits; a negative one is taken as well, as long as it fits with its sign.
fn unsigned(value: &Obj) -> Result<Unsigned> {
    let n = number::index_int(value)?;
    let fits = match n.to_i64() {
        Some(n) => Some(n as u64),
        None => n.to_u64(),
    };
    match fits {
        Some(bits) => Ok(Unsigned {
            bits,
            negative: n.is_negative(),
        }),
        None if n.is_negative() => {
            raise!(OverflowError, "Python int too large to convert to C long")
        }
        None => raise!(
            OverflowError,
            "Python int too large to convert to C unsigned long"
        ),
    }
}
