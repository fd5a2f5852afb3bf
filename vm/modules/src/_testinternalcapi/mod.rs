//! `_testinternalcapi`: what CPython's test suite asks about the insides of a runtime, answered for this one.
//!
//! Only what has a true answer here is present: a test that wants more misses it by name.

mod locale;
mod objects;
mod times;

use vm::interp::control;
use vm::state;
use vm::types::cfunction;
use vm::types::dict::DictExt as _;
use vm::types::instance;

use crate::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_testinternalcapi",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    o!(
        "has_inline_values",
        |_: &Obj, o: &Obj| Ok(instance::values(o).is_some()),
        ""
    ),
    noargs!("get_recursion_depth", get_recursion_depth, ""),
    noargs!(
        "get_stack_pointer",
        |_: &Obj| Ok(state::stack_pointer()),
        ""
    ),
    noargs!(
        "get_stack_margin",
        |_: &Obj| Ok(vm::threads::STACK_MARGIN),
        ""
    ),
    fastcall!("dict_getitem_knownhash", dict_getitem_knownhash, ""),
    fastcall!("_PyTime_AsTimeval", times::as_timeval, ""),
    fastcall!("_PyTime_AsTimeval_clamp", times::as_timeval, ""),
    o!("_PyTime_AsTimespec", times::as_timespec, ""),
    o!("_PyTime_AsTimespec_clamp", times::as_timespec, ""),
    fastcall!("_PyTime_AsMilliseconds", times::as_milliseconds, ""),
    fastcall!("_PyTime_AsMicroseconds", times::as_microseconds, ""),
    o!("_PyTime_FromSeconds", times::from_seconds, ""),
    fastcall!("_PyTime_FromSecondsObject", times::from_seconds_object, ""),
    fastcall!("_PyTime_ObjectToTime_t", times::object_to_time_t, ""),
    fastcall!("_PyTime_ObjectToTimeval", times::object_to_timeval, ""),
    fastcall!("_PyTime_ObjectToTimespec", times::object_to_timespec, ""),
    fastcall!("EncodeLocaleEx", locale::encode, ""),
    fastcall!("DecodeLocaleEx", locale::decode, ""),
];

/// Numbers by name.
static NUMBERS: &[(&str, usize)] = &[
    ("SPECIALIZATION_THRESHOLD", control::SPECIALIZED_AFTER),
    ("SPECIALIZATION_COOLDOWN", control::DESPECIALIZED_AFTER),
    ("SHARED_KEYS_MAX_SIZE", instance::MAX_SHARED_KEYS),
    // Objects have no collector's header: what it would hold lies beside the heap.
    ("SIZEOF_PYGC_HEAD", 0),
    (
        "SIZEOF_MANAGED_PRE_HEADER",
        2 * size_of::<*mut core::ffi::c_void>(),
    ),
    ("SIZEOF_TIME_T", size_of::<i64>()),
];

fn exec(m: &Obj) -> Result<()> {
    cfunction::add_functions(m, objects::METHODS, intern!("_testinternalcapi"))?;
    for &(name, value) in NUMBERS {
        module::add(m, name, int::from_usize(value).as_obj())?;
    }
    Ok(())
}

fn get_recursion_depth(_: &Obj) -> Result<i64> {
    let ts = &state::current().base;
    Ok(i64::from(
        ts.py_recursion_limit.get() - ts.py_recursion_remaining.get(),
    ))
}

fn dict_getitem_knownhash(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("dict_getitem_knownhash", given, 3..=3)?;
    let hash = args::to_isize(given[2])?;
    let Some(dict) = given[0].downcast::<PyDictObject>() else {
        return Err(err::bad_internal_call());
    };
    match dict.get_hashed(given[1], hash)? {
        Some(value) => Ok(value),
        None => Err(err::key_error(given[1])),
    }
}
