//! `complexobject.h`: complex numbers as objects and as C structs.

use core::ffi::c_double;

use layout::*;
use vm::err::{self, Result};
use vm::object::*;
use vm::protocol::number;
use vm::types::complex;

use crate::shape::*;

/// An operation of Python's on structs. What Python refuses is `EDOM` or `ERANGE` to C.
fn operation(f: fn(&Obj, &Obj) -> Result, a: Py_complex, b: Py_complex) -> Py_complex {
    let object = |z: Py_complex| complex::new(z.real, z.imag);
    let done = f(object(a).as_obj(), object(b).as_obj());
    match done.and_then(|z| complex::value_of(&z)) {
        Ok(z) => Py_complex {
            real: z.real,
            imag: z.imag,
        },
        Err(_) => {
            let overflow = err::clear_if(&err::exc::OverflowError);
            err::clear();
            let (errno, part) = match overflow {
                true => (libc::ERANGE, f64::INFINITY),
                false => (libc::EDOM, 0.0),
            };
            // SAFETY: the thread's own errno.
            unsafe { *libc::__errno_location() = errno };
            Py_complex {
                real: part,
                imag: part,
            }
        }
    }
}

fn power(a: &Obj, b: &Obj) -> Result {
    number::power(a, b, NONE())
}

api! {
    fn PyComplex_FromDoubles(re: c_double, im: c_double) -> P { complex::new(re, im).into_raw() }
    fn PyComplex_FromCComplex(z: Py_complex) -> P { complex::new(z.real, z.imag).into_raw() }
    fn PyComplex_AsCComplex(o: P) -> Py_complex { complex::value_of(b(o)).unwrap_or(Py_complex { real: -1.0, imag: 0.0 }) }
    fn PyComplex_RealAsDouble(o: P) -> c_double { complex::value_of(b(o)).map_or(-1.0, |z| z.real) }
    fn PyComplex_ImagAsDouble(o: P) -> c_double { complex::value_of(b(o)).map_or(-1.0, |z| z.imag) }
    fn _Py_c_sum(a: Py_complex, c: Py_complex) -> Py_complex { Py_complex { real: a.real + c.real, imag: a.imag + c.imag } }
    fn _Py_c_diff(a: Py_complex, c: Py_complex) -> Py_complex { Py_complex { real: a.real - c.real, imag: a.imag - c.imag } }
    fn _Py_c_neg(a: Py_complex) -> Py_complex { Py_complex { real: -a.real, imag: -a.imag } }
    fn _Py_c_prod(a: Py_complex, c: Py_complex) -> Py_complex { operation(number::multiply, a, c) }
    fn _Py_c_quot(a: Py_complex, c: Py_complex) -> Py_complex { operation(number::true_divide, a, c) }
    fn _Py_c_pow(a: Py_complex, c: Py_complex) -> Py_complex { operation(power, a, c) }
    fn _Py_c_abs(z: Py_complex) -> c_double {
        let errno = libc::__errno_location();
        *errno = 0;
        let length = z.real.hypot(z.imag);
        if length.is_infinite() && z.real.is_finite() && z.imag.is_finite() { *errno = libc::ERANGE; }
        length
    }
}
