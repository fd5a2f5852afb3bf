//! `Context`: precision, limits, rounding, flags and traps.

use core::cell::Cell;

use super::{MAX, context_attributes, context_methods, signal_dict, signals};
use crate::prelude::*;
use ::decimal::status::*;
use ::decimal::{Context as Settings, Rounding};
use vm::types::type_::attributes;

/// A context.
#[repr(C)]
pub struct Context {
    ob_base: PyObject,
    /// What the arithmetic needs to know.
    pub settings: Cell<Settings>,
    pub capitals: Cell<bool>,
    pub traps: Cell<u32>,
    /// The conditions that have occurred.
    pub status: Cell<u32>,
}

static_type!(Context, CONTEXT);

const DEFAULT_TRAPS: u32 = signals::INVALID | DIVISION_BY_ZERO | OVERFLOW;

const DEFAULT: Settings = Settings {
    prec: 28,
    emin: -999_999,
    emax: 999_999,
    rounding: Rounding::HalfEven,
    clamp: false,
};

static DEFAULT_CONTEXT: Global<*const Context> = Global::new(core::ptr::null());
static TEMPLATES: Global<[*const Context; 3]> = Global::new([core::ptr::null(); 3]);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    let methods = [context_methods::METHODS, context_methods::MORE, METHODS].concat();
    b.basicsize::<Context>()
        .flags(Py_TPFLAGS_BASETYPE)
        .dealloc_drop::<Context>()
        .tp_new(|tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| {
            let template = default();
            let made = new_of_type(tp, template.settings.get(), template.traps.get())?;
            made.capitals.set(template.capitals.get());
            Ok(made.into_obj())
        })
        .tp_init(init)
        .tp_repr(repr)
        .tp_getattro(getattr)
        .tp_setattro(setattr)
        .text_signature(method_doc!(
            "Context",
            "(prec=None, rounding=None, Emin=None, Emax=None, capitals=None, clamp=None, flags=None, traps=None)"
        ))
        .methods(Vec::leak(methods))
        .getset(context_attributes::GETSET);
}

static METHODS: &[PyMethodDef] = &[
    noargs!(
        "Etiny",
        |c: &Context| Ok(c.settings.get().etiny()),
        "($self, /)"
    ),
    noargs!(
        "Etop",
        |c: &Context| Ok(c.settings.get().etop()),
        "($self, /)"
    ),
    noargs!(
        "clear_flags",
        |c: &Context| Ok(c.status.set(0)),
        "($self, /)"
    ),
    noargs!(
        "clear_traps",
        |c: &Context| Ok(c.traps.set(0)),
        "($self, /)"
    ),
    noargs!(
        "copy",
        |c: &Context| copy(c).map(Ref::into_obj),
        "($self, /)"
    ),
    noargs!(
        "__copy__",
        |c: &Context| copy(c).map(Ref::into_obj),
        "($self, /)"
    ),
    noargs!("__reduce__", reduce, "($self, /)"),
];

fn new_of_type(tp: &PyTypeObject, settings: Settings, traps: u32) -> Result<Ref<Context>> {
    let c = Context {
        ob_base: header(),
        settings: Cell::new(settings),
        capitals: Cell::new(true),
        traps: Cell::new(traps),
        status: Cell::new(0),
    };
    create(tp, c)
}

/// The template of new contexts.
pub fn default() -> &'static Context {
    // SAFETY: set when the module was made, and never given up.
    unsafe { &*DEFAULT_CONTEXT.get() }
}

/// Makes `DefaultContext`, `BasicContext` and `ExtendedContext`.
pub fn add_templates(m: &Obj) -> Result<()> {
    let nine = Settings { prec: 9, ..DEFAULT };
    let basic = Settings {
        rounding: Rounding::HalfUp,
        ..nine
    };
    let rows = [
        ("DefaultContext", DEFAULT, DEFAULT_TRAPS),
        ("BasicContext", basic, DEFAULT_TRAPS | UNDERFLOW | CLAMPED),
        ("ExtendedContext", nine, 0),
    ];
    let mut templates = TEMPLATES.get();
    for ((name, settings, traps), template) in rows.into_iter().zip(&mut templates) {
        if template.is_null() {
            let made = new_of_type(&CONTEXT, settings, traps)?;
            *template = made.into_raw().cast_const().cast();
        }
        // SAFETY: its reference is never given up.
        module::add(m, name, unsafe { &**template }.as_obj())?;
    }
    DEFAULT_CONTEXT.set(templates[0]);
    TEMPLATES.set(templates);
    Ok(())
}

/// Whether a context is one of the templates, which are copied before they are used.
pub fn is_template(c: &Context) -> bool {
    TEMPLATES.get().contains(&core::ptr::from_ref(c))
}

/// A copy with its flags.
pub fn copy(c: &Context) -> Result<Ref<Context>> {
    let made = new_of_type(&CONTEXT, c.settings.get(), c.traps.get())?;
    made.capitals.set(c.capitals.get());
    made.status.set(c.status.get());
    Ok(made)
}

fn init(c: &Context, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIGNATURE: Signature = Signature::new(
        "Context",
        "(prec=None, rounding=None, Emin=None, Emax=None, capitals=None, clamp=None, flags=None, traps=None)",
    );
    let given: [Option<&Obj>; 8] = SIGNATURE.bind(args, kwargs)?;
    let given = given.map(|o| o.filter(|o| !o.is_none()));
    for (set, value) in context_attributes::SETTERS.iter().zip(given) {
        if let Some(value) = value {
            set(c, Some(value))?;
        }
    }
    let [.., flags, traps] = given;
    if let Some(traps) = traps {
        c.traps.set(flags_given(traps)?);
    }
    if let Some(flags) = flags {
        c.status.set(flags_given(flags)?);
    }
    Ok(())
}

fn flags_given(o: &Obj) -> Result<u32> {
    if o.is::<PyListObject>() {
        return signals::flags_of_list(o);
    }
    signal_dict::flags_of_mapping(o)
}

/// The name of a way to round.
pub fn rounding_name(rounding: Rounding) -> &'static str {
    let row = super::ROUNDINGS.iter().find(|row| row.1 == rounding);
    row.map_or("", |row| row.0)
}

fn repr(c: &Context) -> Result<String> {
    let s = c.settings.get();
    Ok(format!(
        "Context(prec={}, rounding={}, Emin={}, Emax={}, capitals={}, clamp={}, flags={}, traps={})",
        s.prec,
        rounding_name(s.rounding),
        s.emin,
        s.emax,
        i32::from(c.capitals.get()),
        i32::from(s.clamp),
        signals::names_of(c.status.get()),
        signals::names_of(c.traps.get()),
    ))
}

fn reduce(c: &Context) -> Result {
    let s = c.settings.get();
    let number = |n: i64| int::from_i64(n).into_obj();
    let state = tuple::from_array([
        number(s.prec),
        str_::intern_str(rounding_name(s.rounding)).new_ref(),
        number(s.emin),
        number(s.emax),
        number(c.capitals.get().into()),
        number(s.clamp.into()),
        signals::list_of(c.status.get()),
        signals::list_of(c.traps.get()),
    ]);
    Ok(tuple::from_slice(&[c.as_obj().ty().as_obj(), state.as_obj()]).into_obj())
}

fn getattr(c: &Context, name: &Obj) -> Result {
    if str_::same_text(name, "traps") {
        return signal_dict::new(c, true);
    }
    if str_::same_text(name, "flags") {
        return signal_dict::new(c, false);
    }
    match attributes::generic_get(c.as_obj(), name, false)? {
        Some(value) => Ok(value),
        None => Err(attributes::missing(c.as_obj(), name)),
    }
}

fn setattr(c: &Context, name: &Obj, value: Option<&Obj>) -> Result<()> {
    let word = match () {
        () if str_::same_text(name, "traps") => &c.traps,
        () if str_::same_text(name, "flags") => &c.status,
        () => return attributes::generic_set(c.as_obj(), name, value),
    };
    match value {
        Some(value) => {
            word.set(flags_given(value)?);
            Ok(())
        }
        None => raise!(AttributeError, "context attributes cannot be deleted"),
    }
}

/// The context of an interchange format.
pub fn ieee(_: &Obj, bits: &Obj) -> Result {
    let bits = args::to_isize(bits)?;
    if bits <= 0 || bits > 512 || bits % 32 != 0 {
        return raise!(
            ValueError,
            "argument must be a multiple of 32, with a maximum of 512"
        );
    }
    let k = bits as i64 / 32;
    let emax = 3 * (1i64 << (2 * k + 3));
    let settings = Settings {
        prec: 9 * k - 2,
        emin: 1 - emax,
        emax,
        rounding: Rounding::HalfEven,
        clamp: true,
    };
    Ok(new_of_type(&CONTEXT, settings, 0)?.into_obj())
}

/// The limit of exponents and precision, as messages have it.
pub const LIMIT: i64 = MAX;

/// The keyword arguments of `localcontext`, set in a context.
pub fn set_by_name(c: &Context, name: &Obj, value: &Obj) -> Result<()> {
    const NAMES: [&str; 8] = [
        "prec", "rounding", "Emin", "Emax", "capitals", "clamp", "flags", "traps",
    ];
    if !NAMES.iter().any(|known| str_::same_text(name, known)) {
        return raise!(
            TypeError,
            "localcontext() got an unexpected keyword argument '{}'",
            str_lossy(name)
        );
    }
    if value.is_none() {
        return Ok(());
    }
    setattr(c, name, Some(value))
}
