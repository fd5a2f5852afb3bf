//! What the interpreter and other types do with strings most: concatenate, slice, repeat, join, append.

use layout::{PyListObject, PyTupleObject, PyUnicode_Type, PyUnicodeObject};

use super::alloc::{Fresh, empty, from_data, latin1_single, try_from_data};
use super::args::iter_or;
use super::data::{StrData, StrExt, state, width};
use super::{intern, tail, utf8};
use crate::err::{Result, raise};
use crate::object::{AsObj, Obj, ObjExt, Ref, free_builtin};
use crate::protocol::object::to_vec;
use crate::types::list::ListExt;
use crate::types::tuple::TupleExt;

/// `a + b` of two strings.
pub fn concat(a: &PyUnicodeObject, b: &PyUnicodeObject) -> Result<Ref<PyUnicodeObject>> {
    if a.is_empty() {
        return Ok(b.to_exact());
    }
    if b.is_empty() {
        return Ok(a.to_exact());
    }
    if a.len() > isize::MAX as usize - b.len() {
        return raise!(OverflowError, "strings are too large to concat");
    }
    let mut new = Fresh::new(a.len() + b.len(), a.max_char().max(b.max_char()))?;
    new.write(0, a.data());
    new.write(a.len(), b.data());
    Ok(new.finish())
}

/// `s[start:end]`, with both within bounds and in order.
pub fn substring(s: &PyUnicodeObject, start: usize, end: usize) -> Ref<PyUnicodeObject> {
    if start == 0 && end == s.len() {
        return s.to_exact();
    }
    match s.data().slice(start..end) {
        StrData::Latin1([]) => empty(),
        StrData::Latin1(&[c]) => latin1_single(c),
        StrData::Latin1(bytes) if s.is_ascii() => super::alloc::from_ascii(bytes),
        data => from_data(data),
    }
}

/// `s * n`.
pub fn repeat(s: &PyUnicodeObject, n: isize) -> Result<Ref<PyUnicodeObject>> {
    let len = s.len();
    if n < 1 || len == 0 {
        return Ok(empty());
    }
    if n == 1 {
        return Ok(s.to_exact());
    }
    let n = n as usize;
    if len > isize::MAX as usize / n {
        return raise!(OverflowError, "repeated string is too long");
    }
    let mut new = Fresh::new(len * n, s.max_char())?;
    if len == 1 {
        new.fill(0, n, s.char_at(0));
    } else {
        (0..n).for_each(|i| new.write(i * len, s.data()));
    }
    Ok(new.finish())
}

/// Appends to a string that its owner gives up: in place when it is the only owner and the cell has room.
pub fn append_in_place(
    left: Ref<PyUnicodeObject>,
    right: &PyUnicodeObject,
) -> Result<Ref<PyUnicodeObject>> {
    if right.is_empty() && left.as_obj().is_exact::<PyUnicodeObject>() {
        return Ok(left);
    }
    if !can_grow(&left, right) {
        if !gc::counts()
            && let Some(extended) = tail::extend(&left, right)
        {
            return extended;
        }
        return concat(&left, right);
    }
    let (len, width) = (left.len(), width(left.data()));
    let (total, header) = (
        len + right.len(),
        left.data_ptr() as usize - left.as_ptr() as usize,
    );
    let Some(needed) = total
        .checked_add(1)
        .and_then(|n| n.checked_mul(width))
        .and_then(|n| n.checked_add(header))
    else {
        return raise!(OverflowError, "strings are too large to concat");
    };
    if needed > gc::object_size(left.as_ptr()) {
        return grow(&left, right, total);
    }
    utf8::forget(&left);
    left.ascii_header().hash.set(-1);
    left.ascii_header().length.set(total as isize);
    let mut left = Fresh::resume(left);
    left.write(len, right.data());
    left.terminate();
    Ok(left.finish())
}

fn can_grow(left: &Ref<PyUnicodeObject>, right: &PyUnicodeObject) -> bool {
    left.as_obj().ob_refcnt.get() == 1
        && left.as_obj().ob_type.get().cast_const() == &raw const PyUnicode_Type
        && left.state() & (state::INTERNED | state::STATIC) == 0
        && left.is_compact()
        && right.max_char() <= left.max_char()
        && !left.is_empty()
}

/// Moves into a cell with room to spare, so that a loop of appends copies each character a bounded number of times.
fn grow(
    left: &PyUnicodeObject,
    right: &PyUnicodeObject,
    total: usize,
) -> Result<Ref<PyUnicodeObject>> {
    let room = total + total / 4;
    let mut new = if total > 64 {
        Fresh::new(room, left.max_char())?
    } else {
        Fresh::new(total, left.max_char())?
    };
    new.write(0, left.data());
    new.write(left.len(), right.data());
    new.shorten(total);
    Ok(new.finish())
}

/// `separator.join(iterable)`.
pub fn join(separator: &PyUnicodeObject, iterable: &Obj) -> Result<Ref<PyUnicodeObject>> {
    if let Some(list) = iterable.downcast_exact::<PyListObject>() {
        return join_items(separator, list.items());
    }
    if let Some(tuple) = iterable.downcast_exact::<PyTupleObject>() {
        return join_items(separator, tuple.items());
    }
    let it = iter_or(iterable, || raise!(TypeError, "can only join an iterable"))?;
    join_items(separator, &to_vec(&it)?)
}

fn item(items: &[Ref], i: usize) -> Result<&PyUnicodeObject> {
    match items[i].downcast::<PyUnicodeObject>() {
        Some(s) => Ok(s),
        None => raise!(
            TypeError,
            "sequence item {i}: expected str instance, {:.80} found",
            items[i].tp_name()
        ),
    }
}

/// Runs no Python code, so the items may be borrowed from a list.
pub fn join_items(separator: &PyUnicodeObject, items: &[Ref]) -> Result<Ref<PyUnicodeObject>> {
    match items {
        [] => return Ok(empty()),
        [only] if only.is_exact::<PyUnicodeObject>() => return Ok(item(items, 0)?.to_exact()),
        _ => {}
    }
    let mut max_char = if items.len() > 1 {
        separator.max_char()
    } else {
        0
    };
    let mut total = Some(0usize);
    for i in 0..items.len() {
        let s = item(items, i)?;
        max_char = max_char.max(s.max_char());
        total = total.and_then(|n| n.checked_add(s.len()));
    }
    let between = separator.len().checked_mul(items.len() - 1);
    let total = total
        .zip(between)
        .and_then(|(a, b)| a.checked_add(b))
        .filter(|&n| n <= isize::MAX as usize);
    let Some(total) = total else {
        return raise!(
            OverflowError,
            "join() result is too long for a Python string"
        );
    };
    if total == 0 {
        return Ok(empty());
    }
    let mut new = Fresh::new(total, max_char)?;
    let mut at = 0;
    for i in 0..items.len() {
        if i > 0 && !separator.is_empty() {
            new.write(at, separator.data());
            at += separator.len();
        }
        let s = item(items, i)?;
        new.write(at, s.data());
        at += s.len();
    }
    Ok(new.finish())
}

/// The string at an index that is within bounds.
#[inline]
pub fn char_string(s: &PyUnicodeObject, i: usize) -> Ref<PyUnicodeObject> {
    match s.char_at(i) {
        c @ 0..=0xff => latin1_single(c as u8),
        c => super::alloc::from_char(c),
    }
}

/// `s[start::step]`, `len` characters.
pub fn stepped(
    s: &PyUnicodeObject,
    start: isize,
    step: isize,
    len: usize,
) -> Result<Ref<PyUnicodeObject>> {
    if step == 1 {
        return Ok(substring(s, start as usize, start as usize + len));
    }
    let data = s.data();
    let mut at = start;
    let mut picked = super::Writer::with_capacity(len);
    for _ in 0..len {
        picked.push(data.at(at as usize));
        at += step;
    }
    picked.finish()
}

/// The string at death: out of the table of interned ones, then its own blocks.
///
/// # Safety
/// `o` is a `str` (or of a subclass) that nobody refers to any more.
pub unsafe extern "C" fn dealloc(o: *mut layout::PyObject) {
    // SAFETY: the caller's promise.
    let s = unsafe { &*o.cast::<PyUnicodeObject>() };
    if s.state() & state::STATIC != 0 {
        return;
    }
    if s.state() & state::INTERNED != 0 {
        intern::forget(s);
    }
    utf8::forget(s);
    if !s.is_compact() && !tail::is_shared(s) {
        // SAFETY: the block that `new_of_type` allocated.
        unsafe { libc::free(s.data.get().cast()) };
    }
    // SAFETY: the last thing done with the object.
    unsafe { free_builtin(o) }
}

/// Two strings joined for the interpreter's `+`, whose operands have been checked to be strings.
pub fn concat_objects(a: &Obj, b: &Obj) -> Result {
    match (
        a.downcast::<PyUnicodeObject>(),
        b.downcast::<PyUnicodeObject>(),
    ) {
        (Some(a), Some(b)) => Ok(concat(a, b)?.into_obj()),
        (Some(_), None) => {
            raise!(
                TypeError,
                "can only concatenate str (not \"{:.200}\") to str",
                b.tp_name()
            )
        }
        _ => Ok(crate::object::not_implemented()),
    }
}

/// The same characters, as a `str` of its own when `s` is of a subclass.
pub fn unchanged(s: &PyUnicodeObject) -> Result<Ref<PyUnicodeObject>> {
    if s.as_obj().is_exact::<PyUnicodeObject>() {
        Ok(s.to_ref())
    } else {
        try_from_data(s.data())
    }
}
