//! Conversion and division of huge ints by what a program has put into the library's `_pylong` module.
//!
//! CPython leaves huge ints to that module's functions. Here they are worked with natively, which nobody can tell from what
//! the functions would give; only where a program has put another function in the place of one, it is called.

use layout::*;

use super::*;
use crate::err::raise;
use crate::object::*;
use crate::protocol::call;
use crate::runtime;
use crate::types::dict::DictExt as _;
use crate::types::tuple::TupleExt as _;
use crate::types::{module, str_};

/// An int of more digits of 30 bits is shown by `int_to_decimal_string`.
const SHOWN_DIGITS: usize = 1000;
/// A text of more decimal digits is read by `int_from_string`.
const READ_DIGITS: usize = 6000;
/// A divisor of more digits...
const DIVISOR_DIGITS: usize = 300;
/// ...and a dividend with this many more than it are divided by `int_divmod`.
const QUOTIENT_DIGITS: usize = 150;

/// What stands in `_pylong` under a name that the module's own source gives to a function, unless it is that function.
fn replacement(name: &str) -> Option<Ref> {
    if !runtime::is_started() {
        return None;
    }
    let module = runtime::modules_get("_pylong").filter(|m| module::is_module(m))?;
    let globals = module::dict_of(&module);
    let found = globals.get_str(name)?;
    let own = found
        .downcast::<PyFunctionObject>()
        .is_some_and(|f| core::ptr::eq(f.func_globals.get(), globals.as_ptr()));
    (!own).then_some(found)
}

/// The decimal text of a huge int, where the program has its own way.
pub fn to_decimal_string(n: &PyLongObject) -> Result<Option<Ref<PyUnicodeObject>>> {
    if n.magnitude().len() <= SHOWN_DIGITS {
        return Ok(None);
    }
    let Some(f) = replacement("int_to_decimal_string") else {
        return Ok(None);
    };
    let text = call::call1(&f, n.as_obj())?;
    match text.downcast_ref::<PyUnicodeObject>() {
        Ok(text) => Ok(Some(text)),
        Err(_) => raise!(
            TypeError,
            "_pylong.int_to_decimal_string did not return a str"
        ),
    }
}

/// The int that a long text in base 10 spells, where the program has its own way. The text is valid.
pub fn from_string(ascii: &[u8], base: u32) -> Result<Option<Ref<PyLongObject>>> {
    if ascii.len() <= READ_DIGITS {
        return Ok(None);
    }
    let text = ascii.trim_ascii();
    let negative = text.first() == Some(&b'-');
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let text = text.strip_prefix(b"+").unwrap_or(text);
    let is_decimal = base == 10 || base == 0 && text.first() != Some(&b'0');
    let digits = text.iter().filter(|c| c.is_ascii_digit()).count();
    if !is_decimal || digits <= READ_DIGITS {
        return Ok(None);
    }
    let Some(f) = replacement("int_from_string") else {
        return Ok(None);
    };
    let n = call::call1(&f, str_::from_ascii(text).as_obj())?;
    match n.downcast_ref::<PyLongObject>() {
        Ok(n) if negative => Ok(Some(negate(&n))),
        Ok(n) => Ok(Some(to_exact(n))),
        Err(_) => raise!(TypeError, "_pylong.int_from_string did not return an int"),
    }
}

type Pair = (Ref<PyLongObject>, Ref<PyLongObject>);

/// Quotient and remainder of huge ints, where the program has its own way.
#[inline]
pub fn divmod(a: &PyLongObject, b: &PyLongObject) -> Result<Option<Pair>> {
    let divisor = b.magnitude().len();
    if divisor <= DIVISOR_DIGITS || a.magnitude().len() <= divisor + QUOTIENT_DIGITS {
        return Ok(None);
    }
    huge_divmod(a, b)
}

#[cold]
fn huge_divmod(a: &PyLongObject, b: &PyLongObject) -> Result<Option<Pair>> {
    let Some(f) = replacement("int_divmod") else {
        return Ok(None);
    };
    let pair = call::call(&f, &[a.as_obj(), b.as_obj()])?;
    let items = pair.downcast::<PyTupleObject>().map(|pair| pair.items());
    let Some([q, r]) = items else {
        return raise!(
            ValueError,
            "tuple of length 2 is required from int_divmod()"
        );
    };
    match (q.clone().downcast_ref(), r.clone().downcast_ref()) {
        (Ok(q), Ok(r)) => Ok(Some((q, r))),
        _ => raise!(ValueError, "tuple of int is required from int_divmod()"),
    }
}
