//! The methods of `list`.

use layout::*;

use super::assign::splice;
use super::*;
use crate::method::*;
use crate::protocol::object;
use crate::types::genericalias;

static METHODS: &[PyMethodDef] = &[
    coexist(o!("__getitem__", subscript, "($self, index, /)")),
    noargs!("__reversed__", ListReverseIter::start, "($self, /)"),
    noargs!("__sizeof__", sizeof, "($self, /)"),
    noargs!("clear", clear, "($self, /)"),
    noargs!("copy", copy, "($self, /)"),
    o!("append", append, "($self, object, /)"),
    fastcall!("insert", insert, "($self, index, object, /)"),
    o!("extend", extend, "($self, iterable, /)"),
    fastcall!("pop", pop, "($self, index=-1, /)"),
    o!("remove", remove, "($self, value, /)"),
    fastcall!(
        "index",
        index,
        "($self, value, start=0, stop=sys.maxsize, /)"
    ),
    o!("count", count, "($self, value, /)"),
    noargs!("reverse", reverse, "($self, /)"),
    keywords!(
        "sort",
        sort::sort_method,
        "($self, /, *, key=None, reverse=False)"
    ),
    class_method(o!(
        "__class_getitem__",
        genericalias::class_getitem,
        "($type, object, /)"
    )),
];

/// Adds the methods to the type.
pub(super) fn define(b: &mut TypeBuilder) {
    b.methods(METHODS);
}

fn sizeof(l: &PyListObject) -> Result<usize> {
    Ok(l.as_obj().ty().tp_basicsize.get() as usize
        + l.allocated.get().max(0) as usize * size_of::<Ref>())
}

fn clear(l: &PyListObject) -> Result<()> {
    l.clear();
    Ok(())
}

fn copy(l: &PyListObject) -> Result<Ref<PyListObject>> {
    collect(l.len(), l.items().iter().cloned())
}

fn append(l: &PyListObject, o: &Obj) -> Result<()> {
    l.try_push(o.new_ref())
}

fn insert(l: &PyListObject, args: &[&Obj]) -> Result<()> {
    args::expect("insert", args, 2..=2)?;
    let i = args::to_isize(args[0])?;
    let n = l.len() as isize;
    let at = if i < 0 { i.saturating_add(n) } else { i }.clamp(0, n) as usize;
    splice(l, at, at, vec![args[1].new_ref()])?;
    Ok(())
}

/// `l.extend(iterable)`
pub fn extend(l: &PyListObject, iterable: &Obj) -> Result<()> {
    if let Some(other) = iterable.downcast_exact::<PyListObject>() {
        return extend_by(l, other.len(), |i| other.get(i));
    }
    if let Some(t) = iterable.downcast_exact::<PyTupleObject>() {
        return extend_by(l, t.len(), |i| t.items().get(i).cloned());
    }
    let it = object::iter(iterable)?;
    let hint = object::length_hint(iterable, 8)?;
    if l.is_empty() && hint > 0 && l.allocated.get() == 0 {
        // A wrong hint must not fail the whole.
        if hint > isize::MAX as usize / 16 || reallocate(l, hint).is_err() {
            err::clear();
        }
    }
    while let Some(item) = object::next(&it)? {
        l.try_push(item)?;
    }
    shrink(l, l.len());
    Ok(())
}

/// Appends `n` items that no Python code makes; the source may be the list itself.
fn extend_by(l: &PyListObject, n: usize, item: impl Fn(usize) -> Option<Ref>) -> Result<()> {
    if n == 0 {
        return Ok(());
    }
    let len = l.len();
    if l.allocated.get() == 0 {
        reallocate(l, n)?;
    } else {
        reserve(l, len + n)?;
    }
    for item in (0..n).map_while(item) {
        l.try_push(item)?;
    }
    Ok(())
}

fn pop(l: &PyListObject, args: &[&Obj]) -> Result {
    args::expect("pop", args, 0..=1)?;
    let i = args::to_isize_or(args.first().copied(), -1)?;
    let n = l.len() as isize;
    if n == 0 {
        return raise!(IndexError, "pop from empty list");
    }
    let i = if i < 0 { i + n } else { i };
    if !(0..n).contains(&i) {
        return raise!(IndexError, "pop index out of range");
    }
    if i == n - 1 {
        return Ok(l.pop().unwrap_or_else(none));
    }
    Ok(splice(l, i as usize, i as usize + 1, Vec::new())?
        .pop()
        .unwrap_or_else(none))
}

/// The first index from `start` to `stop` at which an equal item is.
pub fn index_of(l: &PyListObject, o: &Obj, start: usize, stop: usize) -> Result<Option<usize>> {
    let mut i = start;
    while i < stop
        && let Some(item) = l.get(i)
    {
        if object::rich_compare_bool(&item, o, CompareOp::Eq)? {
            return Ok(Some(i));
        }
        i += 1;
    }
    Ok(None)
}

fn remove(l: &PyListObject, o: &Obj) -> Result<()> {
    match index_of(l, o, 0, usize::MAX)? {
        Some(i) => {
            drop(splice(l, i, i + 1, Vec::new())?);
            Ok(())
        }
        None => raise!(ValueError, "list.remove(x): x not in list"),
    }
}

fn index(l: &PyListObject, args: &[&Obj]) -> Result<usize> {
    args::expect("index", args, 1..=3)?;
    let (start, stop) = slices::search_bounds(&args[1..], l.len())?;
    match index_of(l, args[0], start, stop)? {
        Some(i) => Ok(i),
        None => raise!(ValueError, "list.index(x): x not in list"),
    }
}

fn count(l: &PyListObject, o: &Obj) -> Result<usize> {
    let (mut n, mut i) = (0, 0);
    while let Some(item) = l.get(i) {
        n += usize::from(object::rich_compare_bool(&item, o, CompareOp::Eq)?);
        i += 1;
    }
    Ok(n)
}

fn reverse(l: &PyListObject) -> Result<()> {
    let n = l.len();
    for i in 0..n / 2 {
        // SAFETY: two places within the items; references only change places.
        unsafe { core::ptr::swap(l.ob_item.get().add(i), l.ob_item.get().add(n - 1 - i)) };
    }
    Ok(())
}
