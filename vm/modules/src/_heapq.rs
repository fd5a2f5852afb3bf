//! `_heapq`: lists as binary heaps, with the smallest item first, or in the `_max` functions the largest.
//!
//! Comparisons may change the list: its length is checked after each, and items are only ever moved within it.

use core::ptr;

use crate::prelude::*;
use vm::types::list::ListExt as _;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_heapq",
    methods: METHODS,
    exec: |_| Ok(()),
};

const MIN: bool = false;
const MAX: bool = true;

static METHODS: &[PyMethodDef] = &[
    fastcall!(
        "heappush",
        |_: &Obj, a: &[&Obj]| push::<MIN>("heappush", a),
        "($module, heap, item, /)"
    ),
    fastcall!(
        "heappushpop",
        |_: &Obj, a: &[&Obj]| push_pop::<MIN>("heappushpop", a),
        "($module, heap, item, /)"
    ),
    o!(
        "heappop",
        |_: &Obj, heap: &Obj| pop::<MIN>("heappop", heap),
        "($module, heap, /)"
    ),
    fastcall!(
        "heapreplace",
        |_: &Obj, a: &[&Obj]| replace::<MIN>("heapreplace", a),
        "($module, heap, item, /)"
    ),
    o!(
        "heapify",
        |_: &Obj, heap: &Obj| heapify::<MIN>("heapify", heap),
        "($module, heap, /)"
    ),
    fastcall!(
        "heappush_max",
        |_: &Obj, a: &[&Obj]| push::<MAX>("heappush_max", a),
        "($module, heap, item, /)"
    ),
    fastcall!(
        "heappushpop_max",
        |_: &Obj, a: &[&Obj]| push_pop::<MAX>("heappushpop_max", a),
        "($module, heap, item, /)"
    ),
    o!(
        "heappop_max",
        |_: &Obj, heap: &Obj| pop::<MAX>("heappop_max", heap),
        "($module, heap, /)"
    ),
    fastcall!(
        "heapreplace_max",
        |_: &Obj, a: &[&Obj]| replace::<MAX>("heapreplace_max", a),
        "($module, heap, item, /)"
    ),
    o!(
        "heapify_max",
        |_: &Obj, heap: &Obj| heapify::<MAX>("heapify_max", heap),
        "($module, heap, /)"
    ),
];

/// The arguments of a function of a heap and an item.
fn heap_and_item<'a>(name: &str, args: &[&'a Obj]) -> Result<(&'a PyListObject, &'a Obj)> {
    args::expect(name, args, 2..=2)?;
    match args[0].downcast::<PyListObject>() {
        Some(heap) => Ok((heap, args[1])),
        None => raise!(
            TypeError,
            "{name}() argument 1 must be list, not {}",
            args[0].tp_name()
        ),
    }
}

fn only_heap<'a>(name: &str, heap: &'a Obj) -> Result<&'a PyListObject> {
    match heap.downcast::<PyListObject>() {
        Some(heap) => Ok(heap),
        None => raise!(
            TypeError,
            "{name}() argument must be list, not {}",
            heap.tp_name()
        ),
    }
}

fn item(heap: &PyListObject, i: usize) -> Result {
    match heap.get(i) {
        Some(item) => Ok(item),
        None => raise!(IndexError, "index out of range"),
    }
}

/// Whether `a` belongs above `b`.
fn is_above<const MAX: bool>(a: &Obj, b: &Obj) -> Result<bool> {
    let (a, b) = if MAX { (b, a) } else { (a, b) };
    proto::rich_compare_bool(a, b, CompareOp::Lt)
}

fn swap(heap: &PyListObject, a: usize, b: usize) {
    assert!(a < heap.len() && b < heap.len());
    // SAFETY: both lie within the items.
    unsafe { ptr::swap(heap.ob_item.get().add(a), heap.ob_item.get().add(b)) };
}

fn check_length(heap: &PyListObject, n: usize) -> Result<()> {
    if heap.len() == n {
        Ok(())
    } else {
        raise!(RuntimeError, "list changed size during iteration")
    }
}

/// Moves the item at `i` up until its parent is above it, but not past `top`.
fn rise<const MAX: bool>(heap: &PyListObject, top: usize, mut i: usize) -> Result<()> {
    let n = heap.len();
    let moving = item(heap, i)?;
    while i > top {
        let parent = (i - 1) / 2;
        let above = is_above::<MAX>(&moving, &*item(heap, parent)?)?;
        check_length(heap, n)?;
        if !above {
            break;
        }
        swap(heap, parent, i);
        i = parent;
    }
    Ok(())
}

/// Moves the item at `top` down to a leaf, then up to its place: that takes fewer comparisons than stopping on the way.
fn sink<const MAX: bool>(heap: &PyListObject, top: usize) -> Result<()> {
    let n = heap.len();
    if top >= n {
        return raise!(IndexError, "index out of range");
    }
    let mut i = top;
    while i < n / 2 {
        let mut child = 2 * i + 1;
        if child + 1 < n {
            let (left, right) = (item(heap, child)?, item(heap, child + 1)?);
            child += usize::from(!is_above::<MAX>(&left, &right)?);
            check_length(heap, n)?;
        }
        swap(heap, child, i);
        i = child;
    }
    rise::<MAX>(heap, top, i)
}

fn push<const MAX: bool>(name: &str, args: &[&Obj]) -> Result<()> {
    let (heap, item) = heap_and_item(name, args)?;
    heap.try_push(item.new_ref())?;
    rise::<MAX>(heap, 0, heap.len() - 1)
}

fn pop<const MAX: bool>(name: &str, heap: &Obj) -> Result {
    let heap = only_heap(name, heap)?;
    let Some(last) = heap.pop() else {
        return raise!(IndexError, "index out of range");
    };
    if heap.is_empty() {
        return Ok(last);
    }
    put_on_top::<MAX>(heap, last)
}

/// Replaces the first item, which is answered.
fn put_on_top<const MAX: bool>(heap: &PyListObject, new: Ref) -> Result {
    let old = item(heap, 0)?;
    heap.set(0, new);
    sink::<MAX>(heap, 0)?;
    Ok(old)
}

fn replace<const MAX: bool>(name: &str, args: &[&Obj]) -> Result {
    let (heap, item) = heap_and_item(name, args)?;
    put_on_top::<MAX>(heap, item.new_ref())
}

fn push_pop<const MAX: bool>(name: &str, args: &[&Obj]) -> Result {
    let (heap, item) = heap_and_item(name, args)?;
    match heap.get(0) {
        Some(top) if is_above::<MAX>(&top, item)? => put_on_top::<MAX>(heap, item.new_ref()),
        _ => Ok(item.new_ref()),
    }
}

fn heapify<const MAX: bool>(name: &str, heap: &Obj) -> Result<()> {
    let heap = only_heap(name, heap)?;
    (0..heap.len() / 2)
        .rev()
        .try_for_each(|i| sink::<MAX>(heap, i))
}
