//! `_tracemalloc`: where memory was allocated. Allocations are not traced here, and `start` says so; everything else
//! answers as it does in CPython while nothing is traced.

use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;

use vm::types::{int, list, tuple};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_tracemalloc",
    methods: METHODS,
    exec: |_| Ok(()),
};

static METHODS: &[PyMethodDef] = &[
    fastcall!("start", start, "($module, nframe=1, /)"),
    noargs!("stop", |_: &Obj| Ok(()), "($module, /)"),
    noargs!("is_tracing", |_: &Obj| Ok(false), "($module, /)"),
    noargs!("clear_traces", |_: &Obj| Ok(()), "($module, /)"),
    noargs!("reset_peak", |_: &Obj| Ok(()), "($module, /)"),
    noargs!("get_traceback_limit", |_: &Obj| Ok(1i64), "($module, /)"),
    noargs!("get_traced_memory", traced_memory, "($module, /)"),
    noargs!("get_tracemalloc_memory", |_: &Obj| Ok(0i64), "($module, /)"),
    noargs!("_get_traces", traces, "($module, /)"),
    o!(
        "_get_object_traceback",
        |_: &Obj, _: &Obj| Ok(()),
        "($module, obj, /)"
    ),
];

/// More frames than this CPython refuses to keep.
const MAX_FRAMES: i32 = 65535;

fn start(_: &Obj, given: &[&Obj]) -> Result<()> {
    args::expect("start", given, 0..=1)?;
    let frames = given.first().map_or(Ok(1), |n| args::to_i32(n))?;
    if !(1..=MAX_FRAMES).contains(&frames) {
        return raise!(
            ValueError,
            "the number of frames must be in range [1; {MAX_FRAMES}]"
        );
    }
    raise!(
        NotImplementedError,
        "tracemalloc.start(): allocations cannot be traced"
    )
}

fn traced_memory(_: &Obj) -> Result<Ref<PyTupleObject>> {
    let zero = int::from_i64(0).into_obj();
    Ok(tuple::from_vec(vec![zero.clone(), zero]))
}

fn traces(_: &Obj) -> Result<Ref<PyListObject>> {
    Ok(list::from_vec(Vec::new()))
}
