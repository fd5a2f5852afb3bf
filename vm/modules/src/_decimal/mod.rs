//! `_decimal`: decimal numbers and their contexts. The arithmetic is in the crate `decimal`.

mod compare;
mod context;
mod context_attributes;
mod context_methods;
mod convert;
mod current;
mod format;
mod local;
mod number;
mod number_methods;
mod number_slots;
mod signal_dict;
mod signals;

use crate::imported::imported;
use crate::prelude::*;
use ::decimal::Rounding;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_decimal",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    noargs!("getcontext", |_: &Obj| current::get(), "($module, /)"),
    o!(
        "setcontext",
        |_: &Obj, c: &Obj| current::set(c),
        "($module, context, /)"
    ),
    varargs_kw!(
        "localcontext",
        local::localcontext,
        "($module, /, ctx=None, **kwargs)"
    ),
    o!("IEEEContext", context::ieee, "($module, bits, /)"),
];

imported! {
    NUMBER = "numbers" "Number";
    RATIONAL = "numbers" "Rational";
    MUTABLE_MAPPING = "collections.abc" "MutableMapping";
    NAMEDTUPLE = "collections" "namedtuple";
}

/// The largest precision and exponent.
const MAX: i64 = 999_999_999_999_999_999;

/// The ways to round, by their names.
pub const ROUNDINGS: [(&str, Rounding); 8] = [
    ("ROUND_CEILING", Rounding::Ceiling),
    ("ROUND_FLOOR", Rounding::Floor),
    ("ROUND_UP", Rounding::Up),
    ("ROUND_DOWN", Rounding::Down),
    ("ROUND_HALF_UP", Rounding::HalfUp),
    ("ROUND_HALF_DOWN", Rounding::HalfDown),
    ("ROUND_HALF_EVEN", Rounding::HalfEven),
    ("ROUND_05UP", Rounding::Up05),
];

fn exec(m: &Obj) -> Result<()> {
    declare((&local::LOCAL, c"decimal.ContextManager", local::define))?;
    declare((
        &signal_dict::SIGNAL_DICT,
        c"decimal.SignalDictMixin",
        signal_dict::define,
    ))?;
    add_types(
        m,
        &[
            (&number::DECIMAL, c"decimal.Decimal", number::define),
            (&context::CONTEXT, c"decimal.Context", context::define),
        ],
    )?;
    signals::add(m)?;
    call::method(
        NUMBER.get()?,
        intern!("register"),
        &[number::DECIMAL.as_obj()],
    )?;
    call::method(
        MUTABLE_MAPPING.get()?,
        intern!("register"),
        &[signal_dict::SIGNAL_DICT.as_obj()],
    )?;
    module::add(m, "DecimalTuple", decimal_tuple()?)?;
    context::add_templates(m)?;
    current::start()?;
    for (name, n) in [
        ("MAX_PREC", MAX),
        ("MAX_EMAX", MAX),
        ("MIN_EMIN", -MAX),
        ("MIN_ETINY", -MAX - (MAX - 1)),
        ("IEEE_CONTEXT_MAX_BITS", 512),
    ] {
        module::add(m, name, int::from_i64(n).as_obj())?;
    }
    for (name, _) in ROUNDINGS {
        module::add(m, name, str_::intern_str(name))?;
    }
    module::add(m, "HAVE_CONTEXTVAR", TRUE())?;
    module::add(m, "HAVE_THREADS", TRUE())?;
    module::add(m, "__version__", str_::new("1.70").as_obj())?;
    module::add(m, "__libmpdec_version__", str_::new("2.5.1").as_obj())
}

/// The class `DecimalTuple`.
fn decimal_tuple() -> Result<&'static Obj> {
    static CLASS: Global<*mut PyObject> = Global::new(core::ptr::null_mut());
    if CLASS.get().is_null() {
        let fields = str_::new("sign digits exponent");
        let made = call::call_kw(
            NAMEDTUPLE.get()?,
            &[intern!("DecimalTuple"), fields.as_obj()],
            &[("module", str_::new("decimal").as_obj())],
        )?;
        CLASS.set(made.into_raw());
    }
    // SAFETY: its reference is never given up.
    Ok(unsafe { &*CLASS.get() })
}
