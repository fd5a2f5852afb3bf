//! `int`: a sign and 30-bit digits, as CPython lays them out.
//!
//! Invariant: an int is normalised (its top digit is not zero, zero has no digits and its own sign), and an exact int
//! from -5 to 256 is always the one static, immortal object of that value. Values of one digit are called compact, and
//! every operation has a short path for them; larger ones are computed by crate `num`.

mod arith;
mod construct;
mod methods;
mod pylong;
mod text;

use core::cell::Cell;
use core::ptr;
use core::slice;

use layout::*;

use crate::err::{self, Result, exc};
use crate::object::*;
use crate::types::type_::{CompareOp, TypeBuilder};

pub use arith::*;
pub use construct::*;
pub use methods::{bit_length, from_byte_string, int_hash, round_to};
pub use text::*;

/// Fills in `int`.
pub fn define(b: &mut TypeBuilder) {
    b.sizes(
        core::mem::offset_of!(PyLongObject, ob_digit),
        size_of::<digit>(),
    )
    .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_LONG_SUBCLASS | _Py_TPFLAGS_MATCH_SELF)
    .tp_new(construct::int_new)
    .tp_vectorcall(construct::int_vectorcall)
    .tp_repr(text::int_repr)
    .tp_hash(|n: &PyLongObject| Ok(int_hash(n)))
    .tp_richcompare(int_richcompare);
    arith::define(b);
    methods::define(b);
}

// ---- Reading ----

const SIGN_ZERO: usize = 1;
const SIGN_NEGATIVE: usize = 2;
/// In the tag of the static small ints.
const IMMORTAL: usize = 1 << 2;
const COMPACT_BOUND: usize = 2 << _PyLong_NON_SIZE_BITS;

const fn make_tag(negative: bool, ndigits: usize) -> usize {
    let sign = if ndigits == 0 {
        SIGN_ZERO
    } else if negative {
        SIGN_NEGATIVE
    } else {
        0
    };
    ndigits << _PyLong_NON_SIZE_BITS | sign
}

/// Reading an int's value.
pub trait IntExt {
    /// Whether the value has at most one digit, so that `compact_value` has it.
    fn is_compact(&self) -> bool;
    /// The value of a compact int.
    fn compact_value(&self) -> isize;
    /// Whether the value is zero.
    fn is_zero(&self) -> bool;
    /// Whether the value is below zero.
    fn is_negative(&self) -> bool;
    /// Whether the value is above zero.
    fn is_positive(&self) -> bool;
    /// -1, 0 or 1.
    fn sign(&self) -> i32;
    /// The magnitude's digits, least significant first.
    fn magnitude(&self) -> &[u32];
    /// Whether the value is negative, and the digits of its magnitude.
    fn digits(&self) -> (bool, &[u32]);
    /// The value, as crate `num` computes with it.
    fn value(&self) -> num::int::Ref<'_>;
    /// The value, if it fits.
    fn to_i64(&self) -> Option<i64>;
    /// The value, if it fits.
    fn to_u64(&self) -> Option<u64>;
    /// The value, if it fits.
    fn to_i128(&self) -> Option<i128>;
    /// The low 64 bits of the value in two's complement.
    fn to_u64_wrapping(&self) -> u64;
    /// The nearest float; `OverflowError` if there is none.
    fn to_f64(&self) -> Result<f64>;
    /// `hash(n)`
    fn hash(&self) -> isize;
    /// The value, or `OverflowError` with CPython's text for a C type of that name ("long", "ssize_t").
    fn to_i64_or_overflow(&self, c_type: &str) -> Result<i64>;
}

impl IntExt for PyLongObject {
    #[inline(always)]
    fn is_compact(&self) -> bool {
        self.lv_tag.get() < COMPACT_BOUND
    }
    #[inline(always)]
    fn compact_value(&self) -> isize {
        debug_assert!(self.is_compact());
        let sign = 1 - (self.lv_tag.get() & _PyLong_SIGN_MASK as usize) as isize;
        sign * self.ob_digit[0].get() as isize
    }
    #[inline(always)]
    fn is_zero(&self) -> bool {
        self.lv_tag.get() & _PyLong_SIGN_MASK as usize == SIGN_ZERO
    }
    #[inline(always)]
    fn is_negative(&self) -> bool {
        self.lv_tag.get() & _PyLong_SIGN_MASK as usize == SIGN_NEGATIVE
    }
    #[inline(always)]
    fn is_positive(&self) -> bool {
        self.lv_tag.get() & _PyLong_SIGN_MASK as usize == 0
    }
    #[inline(always)]
    fn sign(&self) -> i32 {
        1 - (self.lv_tag.get() & _PyLong_SIGN_MASK as usize) as i32
    }
    #[inline]
    fn magnitude(&self) -> &[u32] {
        let n = self.lv_tag.get() >> _PyLong_NON_SIZE_BITS;
        // SAFETY: an int has as many digits as its tag says, and never changes once it is shared.
        unsafe { slice::from_raw_parts(self.ob_digit.as_ptr().cast::<u32>(), n) }
    }
    #[inline]
    fn digits(&self) -> (bool, &[u32]) {
        (self.is_negative(), self.magnitude())
    }
    #[inline]
    fn value(&self) -> num::int::Ref<'_> {
        num::int::Ref {
            negative: self.is_negative(),
            digits: self.magnitude(),
        }
    }
    #[inline]
    fn to_i64(&self) -> Option<i64> {
        if self.is_compact() {
            Some(self.compact_value() as i64)
        } else {
            self.value().to_i64()
        }
    }
    #[inline]
    fn to_u64(&self) -> Option<u64> {
        self.value().to_u64()
    }
    #[inline]
    fn to_i128(&self) -> Option<i128> {
        self.value().to_i128()
    }
    fn to_u64_wrapping(&self) -> u64 {
        let low = num::digits::low_u64(self.magnitude());
        if self.is_negative() {
            low.wrapping_neg()
        } else {
            low
        }
    }
    #[inline]
    fn to_f64(&self) -> Result<f64> {
        if self.is_compact() {
            return Ok(self.compact_value() as f64);
        }
        match self.value().to_f64() {
            Some(x) => Ok(x),
            None => err::raise!(OverflowError, "int too large to convert to float"),
        }
    }
    #[inline]
    fn hash(&self) -> isize {
        int_hash(self)
    }
    fn to_i64_or_overflow(&self, c_type: &str) -> Result<i64> {
        self.to_i64().ok_or_else(|| {
            err::new(
                &exc::OverflowError,
                format_args!("Python int too large to convert to C {c_type}"),
            )
        })
    }
}

// ---- Making ----

/// The first of the ints that are static objects, and the last.
pub const SMALLEST: i64 = -5;
pub const LARGEST: i64 = 256;
const SMALL_COUNT: usize = (LARGEST - SMALLEST + 1) as usize;

const fn small_int(n: i64) -> PyLongObject {
    let negative = n < 0;
    let ndigits = if n == 0 { 0 } else { 1 };
    PyLongObject {
        ob_base: PyObject::statically_immortal((&raw const PyLong_Type).cast_mut()),
        lv_tag: Cell::new(make_tag(negative, ndigits) | IMMORTAL),
        ob_digit: [Cell::new(n.unsigned_abs() as u32)],
    }
}

static SMALL: [PyLongObject; SMALL_COUNT] = {
    let mut all = [const { small_int(0) }; SMALL_COUNT];
    let mut i = 0;
    while i < SMALL_COUNT {
        all[i] = small_int(SMALLEST + i as i64);
        i += 1;
    }
    all
};

/// The static int of a small value.
#[inline(always)]
pub fn find_small(n: i64) -> Option<&'static PyLongObject> {
    let i = n.wrapping_sub(SMALLEST) as u64 as usize;
    SMALL.get(i)
}

/// The static int of a value known to be from -5 to 256, borrowed.
#[inline(always)]
pub fn small(n: impl Into<i64>) -> &'static Obj {
    find_small(n.into()).expect("a small int").as_obj()
}

/// As [`small`], unchecked: for an instruction's argument, which the compiler made from such a value.
#[inline(always)]
pub fn small_unchecked(n: u32) -> &'static Obj {
    debug_assert!(i64::from(n) <= LARGEST);
    // SAFETY: as the assertion says.
    unsafe { SMALL.get_unchecked((i64::from(n) - SMALLEST) as usize) }.as_obj()
}

/// Whether the value has one digit, and no static int.
#[inline(always)]
pub fn is_plain_digit(n: i64) -> bool {
    n.unsigned_abs() < u64::from(PyLong_BASE) && find_small(n).is_none()
}

/// The int of a value for which [`is_plain_digit`] holds.
#[inline(always)]
pub fn from_digit(n: i64) -> Ref<PyLongObject> {
    debug_assert!(is_plain_digit(n));
    allocate_digits(n < 0, [n.unsigned_abs() as u32])
}

/// Makes an int that nothing else refers to another one: a value for which [`is_plain_digit`] holds.
#[inline(always)]
pub fn overwrite(o: &PyLongObject, n: i64) {
    debug_assert!(is_plain_digit(n) && o.ob_base.ob_refcnt.get() == 1);
    o.lv_tag.set(make_tag(n < 0, 1));
    o.ob_digit[0].set(n.unsigned_abs() as u32);
}

/// Zero, borrowed.
#[inline]
pub fn zero() -> &'static Obj {
    SMALL[(-SMALLEST) as usize].as_obj()
}

/// One, borrowed.
#[inline]
pub fn one() -> &'static Obj {
    SMALL[(1 - SMALLEST) as usize].as_obj()
}

#[cold]
fn out_of_memory() -> ! {
    crate::fatal("out of memory while an int was made")
}

/// An exact int of this tag, its digits still to be written.
#[inline(always)]
fn allocate(tag: usize) -> Result<*mut PyLongObject> {
    let ndigits = (tag >> _PyLong_NON_SIZE_BITS).max(1);
    let size = core::mem::offset_of!(PyLongObject, ob_digit) + ndigits * size_of::<digit>();
    let n = gc::allocate_unfilled(size, gc::Kind::Plain, (&raw const PyLong_Type).cast_mut())
        .cast::<PyLongObject>();
    if n.is_null() {
        return Err(err::no_memory());
    }
    // SAFETY: a new cell with room for the struct, which nobody else knows of.
    unsafe {
        (*n).lv_tag.set(tag);
    }
    Ok(n)
}

/// A new exact int of one to three digits.
#[inline]
fn allocate_digits<const N: usize>(negative: bool, digits: [u32; N]) -> Ref<PyLongObject> {
    let Ok(n) = allocate(make_tag(negative, N)) else {
        out_of_memory()
    };
    // SAFETY: a new cell with room for N digits.
    unsafe {
        ptr::addr_of_mut!((*n).ob_digit)
            .cast::<[u32; N]>()
            .write(digits);
        Ref::from_owned(n)
    }
}

/// The int of a machine integer.
#[inline]
pub fn from_i64(n: i64) -> Ref<PyLongObject> {
    if let Some(s) = find_small(n) {
        return s.to_ref();
    }
    let magnitude = n.unsigned_abs();
    if magnitude < u64::from(PyLong_BASE) {
        return allocate_digits(n < 0, [magnitude as u32]);
    }
    from_magnitude(n < 0, magnitude)
}

/// The int of a magnitude of at least two digits.
fn from_magnitude(negative: bool, m: u64) -> Ref<PyLongObject> {
    let low = [
        m as u32 & PyLong_MASK,
        (m >> PyLong_SHIFT) as u32 & PyLong_MASK,
    ];
    match (m >> (2 * PyLong_SHIFT)) as u32 {
        0 => allocate_digits(negative, low),
        high => allocate_digits(negative, [low[0], low[1], high]),
    }
}

/// The int of an unsigned machine integer.
#[inline]
pub fn from_u64(n: u64) -> Ref<PyLongObject> {
    match i64::try_from(n) {
        Ok(n) => from_i64(n),
        Err(_) => from_magnitude(false, n),
    }
}

/// The int of a size.
#[inline]
pub fn from_usize(n: usize) -> Ref<PyLongObject> {
    from_u64(n as u64)
}

/// The int of a size that may be negative.
#[inline]
pub fn from_isize(n: isize) -> Ref<PyLongObject> {
    from_i64(n as i64)
}

/// The int of a 128-bit machine integer.
pub fn from_i128(n: i128) -> Ref<PyLongObject> {
    match i64::try_from(n) {
        Ok(n) => from_i64(n),
        Err(_) => from_digits(n < 0, &num::digits::from_u128(n.unsigned_abs())),
    }
}

/// The int of an unsigned 128-bit machine integer.
pub fn from_u128(n: u128) -> Ref<PyLongObject> {
    from_digits(false, &num::digits::from_u128(n))
}

/// The int of a magnitude's digits, least significant first; leading zeros are dropped.
pub fn from_digits(negative: bool, digits: &[u32]) -> Ref<PyLongObject> {
    try_from_digits(negative, digits).unwrap_or_else(|_| out_of_memory())
}

/// As [`from_digits`], with `MemoryError` where there is no room.
pub fn try_from_digits(negative: bool, digits: &[u32]) -> Result<Ref<PyLongObject>> {
    let digits = num::digits::trim(digits);
    if let Some(m) = num::digits::to_u64(digits).and_then(|m| i64::try_from(m).ok()) {
        return Ok(from_i64(if negative { -m } else { m }));
    }
    let n = allocate(make_tag(negative, digits.len()))?;
    // SAFETY: a new cell with room for as many digits as its tag says.
    unsafe {
        let body = ptr::addr_of_mut!((*n).ob_digit).cast::<u32>();
        ptr::copy_nonoverlapping(digits.as_ptr(), body, digits.len());
        Ok(Ref::from_owned(n))
    }
}

/// The int of a computed value.
#[inline]
pub fn from_int(n: &num::int::Int) -> Ref<PyLongObject> {
    from_digits(n.negative, &n.digits)
}

/// The integral part of a float; an infinity or a NaN raises.
pub fn from_f64(x: f64) -> Result<Ref<PyLongObject>> {
    if x.abs() < 9.0e18 {
        return Ok(from_i64(x as i64));
    }
    if x.is_nan() {
        return err::raise!(ValueError, "cannot convert float NaN to integer");
    }
    if x.is_infinite() {
        return err::raise!(OverflowError, "cannot convert float infinity to integer");
    }
    Ok(from_int(&num::int::Int::from_f64(x)))
}

/// The same value as an exact int.
#[inline]
pub fn to_exact(n: Ref<PyLongObject>) -> Ref<PyLongObject> {
    if n.as_obj().is_exact::<PyLongObject>() {
        n
    } else {
        exact_copy(&n)
    }
}

/// The same value as an exact int.
#[inline]
pub fn as_exact(n: &PyLongObject) -> Ref<PyLongObject> {
    if n.as_obj().is_exact::<PyLongObject>() {
        n.to_ref()
    } else {
        exact_copy(n)
    }
}

#[cold]
fn exact_copy(n: &PyLongObject) -> Ref<PyLongObject> {
    from_digits(n.is_negative(), n.magnitude())
}

/// The value, if it is neither negative nor too large.
pub fn to_u64(n: &PyLongObject) -> Option<u64> {
    IntExt::to_u64(n)
}

/// The value of an object that is an int, if it fits.
pub fn i64_of(o: &Obj) -> Option<i64> {
    o.downcast::<PyLongObject>().and_then(IntExt::to_i64)
}

// ---- Comparing ----

/// Orders two ints.
#[inline]
pub fn compare(a: &PyLongObject, b: &PyLongObject) -> core::cmp::Ordering {
    if a.is_compact() && b.is_compact() {
        return a.compact_value().cmp(&b.compact_value());
    }
    num::int::cmp(a.value(), b.value())
}

/// Whether two ints are equal.
#[inline]
pub fn equal(a: &PyLongObject, b: &PyLongObject) -> bool {
    ptr::eq(a, b) || (a.sign() == b.sign() && a.magnitude() == b.magnitude())
}

fn int_richcompare(a: &PyLongObject, b: &Obj, op: CompareOp) -> Result {
    match b.downcast::<PyLongObject>() {
        Some(b) if ptr::eq(a, b) => Ok(bool_(op.test(core::cmp::Ordering::Equal))),
        Some(b) => Ok(bool_(op.test(compare(a, b)))),
        None => Ok(not_implemented()),
    }
}
