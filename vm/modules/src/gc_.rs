//! `gc`: the collector, as programs see and steer it.

use core::ffi::{c_int, c_void};

use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::host;
use vm::interp::native_calls;
use vm::method::*;
use vm::object::*;
use vm::protocol::number;
use vm::state;
use vm::types::dict::{self, DictExt as _};
use vm::types::list::{self, ListExt as _};
use vm::types::tuple;
use vm::types::{int, module};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "gc",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    noargs!("enable", |_: &Obj| Ok(gc::enable()), "($module, /)"),
    noargs!("disable", |_: &Obj| Ok(gc::disable()), "($module, /)"),
    noargs!("isenabled", |_: &Obj| Ok(gc::is_enabled()), "($module, /)"),
    o!("set_debug", set_debug, "($module, flags, /)"),
    noargs!("get_debug", |_: &Obj| Ok(gc::get_debug()), "($module, /)"),
    noargs!(
        "get_count",
        |_: &Obj| Ok(triple(gc::get_count())),
        "($module, /)"
    ),
    fastcall!("set_threshold", set_threshold, ""),
    noargs!(
        "get_threshold",
        |_: &Obj| Ok(triple(gc::get_threshold())),
        "($module, /)"
    ),
    keywords!("collect", collect, "($module, /, generation=2)"),
    keywords!("get_objects", get_objects, "($module, /, generation=None)"),
    noargs!("get_stats", get_stats, "($module, /)"),
    o!(
        "is_tracked",
        |_: &Obj, o: &Obj| Ok(gc::is_tracked(o)),
        "($module, obj, /)"
    ),
    o!(
        "is_finalized",
        |_: &Obj, o: &Obj| Ok(gc::is_finalized(o)),
        "($module, obj, /)"
    ),
    fastcall!("get_referrers", get_referrers, "($module, /, *objs)"),
    fastcall!("get_referents", get_referents, "($module, /, *objs)"),
    noargs!("freeze", |_: &Obj| Ok(gc::freeze()), "($module, /)"),
    noargs!("unfreeze", |_: &Obj| Ok(gc::unfreeze()), "($module, /)"),
    noargs!(
        "get_freeze_count",
        |_: &Obj| Ok(gc::get_freeze_count()),
        "($module, /)"
    ),
];

/// `DEBUG_LEAK`: what a search for leaks needs.
const DEBUG_LEAK: u32 = gc::DEBUG_COLLECTABLE | gc::DEBUG_UNCOLLECTABLE | gc::DEBUG_SAVEALL;

fn exec(m: &Obj) -> Result<()> {
    let lists = host::lists();
    module::add(m, "garbage", lists.garbage.as_obj())?;
    module::add(m, "callbacks", lists.callbacks.as_obj())?;
    for (name, flag) in [
        ("DEBUG_STATS", gc::DEBUG_STATS),
        ("DEBUG_COLLECTABLE", gc::DEBUG_COLLECTABLE),
        ("DEBUG_UNCOLLECTABLE", gc::DEBUG_UNCOLLECTABLE),
        ("DEBUG_SAVEALL", gc::DEBUG_SAVEALL),
        ("DEBUG_LEAK", DEBUG_LEAK),
    ] {
        module::add(m, name, int::from_i64(i64::from(flag)).as_obj())?;
    }
    Ok(())
}

fn triple(numbers: [i64; gc::GENERATIONS]) -> Ref<PyTupleObject> {
    tuple::from_array(numbers.map(|n| int::from_i64(n).into_obj()))
}

fn set_debug(_: &Obj, flags: &Obj) -> Result<()> {
    gc::set_debug(args::to_i32(flags)? as u32);
    Ok(())
}

fn set_threshold(_: &Obj, args: &[&Obj]) -> Result<()> {
    if !(1..=3).contains(&args.len()) {
        return raise!(TypeError, "gc.set_threshold requires 1 to 3 arguments");
    }
    let mut thresholds = [None; gc::GENERATIONS];
    for (slot, o) in thresholds.iter_mut().zip(args) {
        *slot = Some(i64::from(args::to_i32(o)?));
    }
    gc::set_threshold(thresholds);
    Ok(())
}

/// What of the native stack may hold references: of the loop that has called this function, with nothing in between, nothing.
fn native_stack() -> gc::NativeStack {
    let ts = state::current();
    let ours = METHODS.as_ptr_range();
    match native_calls::callee(ts).and_then(|f| f.downcast_exact::<PyCFunctionObject>()) {
        Some(f) if ours.contains(&f.m_ml.get().cast_const()) => native_calls::innermost_loop(ts),
        _ => gc::NativeStack::Whole,
    }
}

fn collect(_: &Obj, [generation]: [Option<&Obj>; 1]) -> Result<usize> {
    let generation = generation.map_or(Ok(gc::GENERATIONS as i32 - 1), args::to_i32)?;
    match usize::try_from(generation) {
        Ok(generation) if generation < gc::GENERATIONS => {
            let found = gc::collect(generation, gc::Reason::Manual, native_stack());
            Ok(found.collected + found.uncollectable)
        }
        _ => raise!(ValueError, "invalid generation"),
    }
}

fn get_objects(_: &Obj, [generation]: [Option<&Obj>; 1]) -> Result {
    let generation = match generation.filter(|g| !g.is_none()) {
        None => None,
        Some(o) => {
            if !number::is_index(o) {
                return raise!(
                    TypeError,
                    "argument should be integer or None, not '{}'",
                    o.tp_name()
                );
            }
            let n = number::index_isize(o, None)?;
            if n >= gc::GENERATIONS as isize {
                return raise!(
                    ValueError,
                    "generation parameter must be less than the number of available generations (3)"
                );
            }
            match usize::try_from(n) {
                Ok(n) => Some(n),
                Err(_) if n == -1 => None,
                Err(_) => return raise!(ValueError, "generation parameter cannot be negative"),
            }
        }
    };
    let mut found: Vec<Ref> = Vec::new();
    // SAFETY: tracked objects are live.
    gc::for_each_tracked(generation, |o| found.push(unsafe { Ref::from_borrowed(o) }));
    Ok(list::from_vec(found).into_obj())
}

fn get_stats(_: &Obj) -> Result<Ref<PyListObject>> {
    let out = list::empty();
    for stats in gc::get_stats() {
        let d = dict::new();
        for (name, n) in [
            ("collections", stats.collections),
            ("collected", stats.collected),
            ("uncollectable", stats.uncollectable),
        ] {
            d.set_str(name, int::from_usize(n).as_obj())?;
        }
        out.push(d.into_obj());
    }
    Ok(out)
}

/// Calls a traversed object's `tp_traverse`.
fn traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) {
    // SAFETY: a live object of a ready type.
    unsafe {
        if let Some(f) = (*(*o).ob_type.get()).tp_traverse.get() {
            f(o, visit, arg);
        }
    }
}

struct Search<'a> {
    wanted: &'a [&'a Obj],
}

unsafe extern "C" fn is_wanted(o: *mut PyObject, arg: *mut c_void) -> c_int {
    // SAFETY: `arg` is what `get_referrers` passed.
    let search = unsafe { &*arg.cast::<Search<'_>>() };
    c_int::from(search.wanted.iter().any(|w| w.as_ptr() == o))
}

fn get_referrers(_: &Obj, wanted: &[&Obj]) -> Result {
    let mut found: Vec<*mut PyObject> = Vec::new();
    let search = Search { wanted };
    let arg = (&raw const search).cast_mut().cast::<c_void>();
    gc::for_each_tracked(None, |o| {
        // SAFETY: a tracked object is live and traversable.
        let refers = unsafe {
            (*(*o).ob_type.get())
                .tp_traverse
                .get()
                .is_some_and(|f| f(o, is_wanted, arg) != 0)
        };
        if refers {
            found.push(o);
        }
    });
    // SAFETY: nothing has run since they were found.
    Ok(list::from_vec(
        found
            .into_iter()
            .map(|o| unsafe { Ref::from_borrowed(o) })
            .collect(),
    )
    .into_obj())
}

unsafe extern "C" fn gather(o: *mut PyObject, arg: *mut c_void) -> c_int {
    // SAFETY: `arg` is what `get_referents` passed; what is visited is live.
    unsafe { (*arg.cast::<Vec<Ref>>()).push(Ref::from_borrowed(o)) };
    0
}

fn get_referents(_: &Obj, objects: &[&Obj]) -> Result {
    let mut found: Vec<Ref> = Vec::new();
    for o in objects {
        if has_flag(o.ty(), Py_TPFLAGS_HAVE_GC) {
            traverse(o.as_ptr(), gather, (&raw mut found).cast());
        }
    }
    Ok(list::from_vec(found).into_obj())
}
