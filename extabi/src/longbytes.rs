//! Ints as bytes and as digits (`cpython/longobject.h`, `longintrepr.h`).

use core::ffi::{c_char, c_int, c_void};
use core::ptr;

use layout::*;
use vm::err::{self, Result, exc};
use vm::object::*;
use vm::protocol::number;
use vm::types::int::{self, IntExt as _};

use crate::shape::*;

/// The value in two's complement, in `n` bytes, least significant first.
fn two_complement(v: &PyLongObject, n: usize) -> Vec<u8> {
    let mut out = vec![0u8; n];
    let (mut at, mut bits, mut held) = (0, 0u64, 0);
    for digit in v.magnitude() {
        bits |= u64::from(*digit) << held;
        held += PyLong_SHIFT;
        while held >= 8 && at < n {
            out[at] = bits as u8;
            (at, bits, held) = (at + 1, bits >> 8, held - 8);
        }
    }
    while at < n && bits != 0 {
        out[at] = bits as u8;
        (at, bits) = (at + 1, bits >> 8);
    }
    if v.is_negative() {
        let mut carry = true;
        for byte in &mut out {
            let (sum, over) = (!*byte).overflowing_add(u8::from(carry));
            (*byte, carry) = (sum, over);
        }
    }
    out
}

/// How many bytes the value needs with a sign bit.
fn signed_size(v: &PyLongObject) -> usize {
    let bits = int::bit_length(v) as usize;
    // The most negative value of a size needs no further bit.
    let power = v.is_negative() && {
        let m = v.magnitude();
        let (last, rest) = (
            m.last().copied().unwrap_or(0),
            &m[..m.len().saturating_sub(1)],
        );
        last.is_power_of_two() && rest.iter().all(|d| *d == 0)
    };
    if power {
        (bits - 1) / 8 + 1
    } else {
        bits / 8 + 1
    }
}

/// How many bytes to ask for, of somebody who has offered `n`: if these do not do, a word for what a word holds.
fn wanted_size(v: &PyLongObject, n: usize, unsigned: bool) -> usize {
    const WORD: usize = size_of::<usize>();
    let (bits, signless) = (int::bit_length(v) as usize, unsigned && !v.is_negative());
    if v.is_compact() {
        let fits = if signless {
            bits.div_ceil(8)
        } else {
            signed_size(v)
        };
        return match n {
            0 | WORD.. => WORD,
            _ if fits <= n => n,
            1 if fits == 2 && !v.is_negative() => 2,
            _ => WORD,
        };
    }
    // Whose sign bit alone would take a byte, who offers a byte less need not know, if the sign is told without it.
    let size = bits / 8 + 1;
    if size == n + 1 && bits.is_multiple_of(8) && (signless || signed_size(v) == n) {
        return n;
    }
    size
}

fn is_little(flags: c_int) -> bool {
    flags == -1 || flags & Py_ASNATIVEBYTES_LITTLE_ENDIAN != 0
}

unsafe fn from_bytes(p: *const u8, n: usize, little: bool, signed: bool) -> P {
    let data = if n == 0 {
        &[]
    } else {
        // SAFETY: the caller passes that many bytes.
        unsafe { core::slice::from_raw_parts(p, n) }
    };
    int::from_byte_string(data, little, signed).into_raw()
}

/// The digits of an int that is being made, and its sign.
struct Digits {
    negative: bool,
    digits: Vec<u32>,
}

static LAYOUT: PyLongLayout = PyLongLayout {
    bits_per_digit: PyLong_SHIFT as u8,
    digit_size: 4,
    digits_order: -1,
    digit_endianness: -1,
};

api! {
    fn PyLong_AsNativeBytes(o: P, out: *mut c_void, n: isize, flags: c_int) -> isize {
        let run = || -> Result<isize> {
            if n < 0 || (flags != -1 && flags & !0x1f != 0) {
                return vm::err::raise!(SystemError, "bad argument to internal function");
            }
            let v = match b(o).downcast::<PyLongObject>() {
                Some(v) => v.to_ref(),
                None if flags != -1 && flags & Py_ASNATIVEBYTES_ALLOW_INDEX != 0 => number::index_int(b(o))?,
                None => return vm::err::raise!(TypeError, "expect int, got {}", b(o).tp_name()),
            };
            let unsigned = flags == -1 || flags & Py_ASNATIVEBYTES_UNSIGNED_BUFFER != 0;
            if flags != -1 && flags & Py_ASNATIVEBYTES_REJECT_NEGATIVE != 0 && v.is_negative() {
                return vm::err::raise!(ValueError, "Cannot convert negative int");
            }
            let mut bytes = two_complement(&v, n as usize);
            if !is_little(flags) { bytes.reverse(); }
            ptr::copy_nonoverlapping(bytes.as_ptr(), out.cast(), bytes.len());
            Ok(wanted_size(&v, n as usize, unsigned) as isize)
        };
        run().unwrap_or(-1)
    }
    fn PyLong_FromNativeBytes(p: *const c_void, n: usize, flags: c_int) -> P {
        from_bytes(p.cast(), n, is_little(flags), flags == -1 || flags & Py_ASNATIVEBYTES_UNSIGNED_BUFFER == 0)
    }
    fn PyLong_FromUnsignedNativeBytes(p: *const c_void, n: usize, flags: c_int) -> P { from_bytes(p.cast(), n, is_little(flags), false) }
    fn _PyLong_FromByteArray(p: *const u8, n: usize, little: c_int, signed: c_int) -> P { from_bytes(p, n, little != 0, signed != 0) }
    fn _PyLong_AsByteArray(v: *mut PyLongObject, out: *mut u8, n: usize, little: c_int, signed: c_int, raises: c_int) -> c_int {
        let v = &*v;
        let complaint = if v.is_negative() && signed == 0 {
            Some("can't convert negative int to unsigned")
        } else {
            let needed = if signed != 0 { signed_size(v) } else { (int::bit_length(v) as usize).div_ceil(8) };
            (needed > n && !v.is_zero()).then_some("int too big to convert")
        };
        if let Some(text) = complaint {
            if raises != 0 { let _ = err::new(&exc::OverflowError, format_args!("{text}")); }
            return -1;
        }
        let mut bytes = two_complement(v, n);
        if little == 0 { bytes.reverse(); }
        ptr::copy_nonoverlapping(bytes.as_ptr(), out, n);
        0
    }
    fn _PyLong_NumBits(v: P) -> i64 { int::bit_length(b(v).cast()) as i64 }
    fn _PyLong_Copy(v: *mut PyLongObject) -> P { int::as_exact(&*v).into_raw() }
    fn PyLong_AsUInt32(o: P, out: *mut u32) -> c_int {
        match crate::longobject::natural(o, 32) {
            Ok(n) => { *out = n as u32; 0 }
            Err(_) => -1,
        }
    }
    fn PyLong_GetNativeLayout() -> *const PyLongLayout { &raw const LAYOUT }
    fn PyLong_Export(o: P, out: *mut PyLongExport) -> c_int {
        let Some(v) = b(o).downcast::<PyLongObject>() else {
            ptr::write_bytes(out, 0, 1);
            let _ = err::new(&exc::TypeError, format_args!("expected int, got {}", b(o).tp_name()));
            return -1;
        };
        let mut export = PyLongExport { value: 0, negative: 0, ndigits: 0, digits: ptr::null(), _reserved: 0 };
        match v.to_i64() {
            Some(n) => export.value = n,
            None => {
                incref(o);
                export.negative = u8::from(v.is_negative());
                export.ndigits = v.magnitude().len() as isize;
                export.digits = v.magnitude().as_ptr().cast();
                export._reserved = o as usize;
            }
        }
        *out = export;
        0
    }
    fn PyLong_FreeExport(export: *mut PyLongExport) {
        let held = core::mem::take(&mut (*export)._reserved) as P;
        if !held.is_null() { decref(held); }
    }
    fn PyLongWriter_Create(negative: c_int, n: isize, digits: *mut *mut c_void) -> *mut PyLongWriter {
        if n <= 0 {
            let _ = err::new(&exc::ValueError, format_args!("ndigits must be positive"));
            *digits = ptr::null_mut();
            return ptr::null_mut();
        }
        let mut made = Box::new(Digits { negative: negative != 0, digits: vec![0; n as usize] });
        *digits = made.digits.as_mut_ptr().cast();
        Box::into_raw(made).cast()
    }
    fn PyLongWriter_Finish(w: *mut PyLongWriter) -> P {
        let made = Box::from_raw(w.cast::<Digits>());
        new(int::try_from_digits(made.negative, &made.digits).map(Ref::into_obj))
    }
    fn PyLongWriter_Discard(w: *mut PyLongWriter) { if !w.is_null() { drop(Box::from_raw(w.cast::<Digits>())); } }
    fn PyOS_strtoul(p: *const c_char, end: *mut *mut c_char, base: c_int) -> core::ffi::c_ulong { libc::strtoul(p, end, base) }
    fn PyOS_strtol(p: *const c_char, end: *mut *mut c_char, base: c_int) -> core::ffi::c_long { libc::strtol(p, end, base) }
}
