//! `Dialect`: how fields are set apart, quoted and escaped.
//!
//! Invariant: the delimiter, the quote and the escape are different characters, and none of them ends a line.

use core::cell::Cell;

use super::{quoting, registered};
use crate::prelude::*;
use vm::types::dict::DictExt as _;
use vm::types::str_::StrExt as _;
use vm::types::type_::name_of;

/// A dialect.
#[repr(C)]
pub struct Dialect {
    ob_base: PyObject,
    double_quote: Cell<u8>,
    skip_initial_space: Cell<u8>,
    strict: Cell<u8>,
    /// When fields are quoted.
    pub quoting: u8,
    /// Between fields.
    pub delimiter: u32,
    /// Around fields.
    pub quote: Option<u32>,
    /// Before characters that are to mean nothing.
    pub escape: Option<u32>,
    line_terminator: Slot,
}

static_type!(Dialect, DIALECT);

static METHODS: &[PyMethodDef] = &[
    varargs_kw!("__reduce__", refuse_pickling, ""),
    varargs_kw!("__reduce_ex__", refuse_pickling, ""),
];

static MEMBERS: &[PyMemberDef] = &[
    member!(
        "skipinitialspace",
        Dialect,
        skip_initial_space,
        Py_T_BOOL,
        Py_READONLY
    ),
    member!("doublequote", Dialect, double_quote, Py_T_BOOL, Py_READONLY),
    member!("strict", Dialect, strict, Py_T_BOOL, Py_READONLY),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("delimiter", |d: &Dialect| Ok(character(Some(d.delimiter)))),
    getset!("escapechar", |d: &Dialect| Ok(character(d.escape))),
    getset!("lineterminator", |d: &Dialect| Ok(
        held(&d.line_terminator).new_ref()
    )),
    getset!("quotechar", |d: &Dialect| Ok(character(d.quote))),
    getset!("quoting", |d: &Dialect| Ok(d.quoting)),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Dialect>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .dealloc_drop::<Dialect>()
        .tp_traverse(|d: &Dialect, v: &mut Visitor| v.slot(&d.line_terminator))
        .tp_clear(|d: &Dialect| d.line_terminator.set(None))
        .tp_new(new)
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

fn character(c: Option<u32>) -> Option<Ref> {
    c.map(|c| str_::from_char(c).into_obj())
}

fn refuse_pickling(d: &Obj, _: Args<'_>) -> Result<()> {
    raise!(TypeError, "cannot pickle '{}' instances", name_of(d.ty()))
}

impl Dialect {
    /// Whether a quote in a quoted field is written twice.
    pub fn doubles_quotes(&self) -> bool {
        self.double_quote.get() != 0
    }
    /// Whether spaces after a delimiter are ignored.
    pub fn skips_initial_space(&self) -> bool {
        self.skip_initial_space.get() != 0
    }
    /// Whether bad input is an error.
    pub fn is_strict(&self) -> bool {
        self.strict.get() != 0
    }
    /// Whether quotes mean anything.
    pub fn quotes(&self) -> bool {
        self.quoting != quoting::NONE
    }
    /// What a writer ends lines with.
    pub fn line_terminator(&self) -> &PyUnicodeObject {
        // SAFETY: only strs are stored; None, which a cleared dialect shows, is never written.
        unsafe { held(&self.line_terminator).cast() }
    }
}

// ---- Making one ----

const NAMES: [&str; 9] = [
    "dialect",
    "delimiter",
    "doublequote",
    "escapechar",
    "lineterminator",
    "quotechar",
    "quoting",
    "skipinitialspace",
    "strict",
];

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let given = args.len();
    if given > NAMES.len() {
        return raise!(
            TypeError,
            "function takes at most 9 arguments ({given} given)"
        );
    }
    let mut bound: [Option<Ref>; 9] = Default::default();
    for (slot, value) in bound.iter_mut().zip(args.items()) {
        *slot = Some(value.clone());
    }
    for (name, value) in kwargs.map_or_else(Vec::new, |k| k.entries()) {
        bind_keyword(&mut bound, given, &name, value)?;
    }
    Ok(build(tp, bound)?.into_obj())
}

/// The dialect that a function's caller describes: by a dialect or its name, and by keyword arguments.
pub fn from_call(dialect: Option<&Obj>, args: &Args<'_>) -> Result<Ref<Dialect>> {
    let mut bound: [Option<Ref>; 9] = Default::default();
    bound[0] = dialect.map(Obj::new_ref);
    for (name, value) in args.keywords() {
        bind_keyword(
            &mut bound,
            usize::from(dialect.is_some()),
            name,
            value.new_ref(),
        )?;
    }
    build(&DIALECT, bound)
}

fn bind_keyword(bound: &mut [Option<Ref>; 9], given: usize, name: &Obj, value: Ref) -> Result<()> {
    let Some(i) = NAMES.iter().position(|known| str_::same_text(name, known)) else {
        return raise!(
            TypeError,
            "this function got an unexpected keyword argument '{}'",
            str_lossy(name)
        );
    };
    if i < given {
        return raise!(
            TypeError,
            "argument for function given by name ('{}') and position ({})",
            NAMES[i],
            i + 1
        );
    }
    bound[i] = Some(value);
    Ok(())
}

fn build(tp: &PyTypeObject, mut bound: [Option<Ref>; 9]) -> Result<Ref<Dialect>> {
    let mut template = bound[0].take();
    if let Some(name) = template.as_ref().filter(|t| t.is::<PyUnicodeObject>()) {
        template = Some(registered(name)?);
    }
    if let Some(template) = template {
        if template.is::<Dialect>() && bound.iter().all(Option::is_none) {
            // SAFETY: just checked.
            return Ok(unsafe { template.into_cast() });
        }
        for (slot, name) in bound
            .iter_mut()
            .zip(NAMES)
            .skip(1)
            .filter(|(slot, _)| slot.is_none())
        {
            match proto::getattr_str(&template, name) {
                Ok(value) => *slot = Some(value),
                Err(_) => err::clear(),
            }
        }
    }
    let [
        _,
        delimiter,
        double_quote,
        escape,
        line_terminator,
        quote,
        when,
        skip_space,
        strict,
    ] = &bound;
    let truth = |o: &Option<Ref>, default| o.as_ref().map_or(Ok(default), |o| proto::is_true(o));
    let delimiter_value = char_or_default("delimiter", delimiter, Some(','.into()), false)?;
    let double_quote = truth(double_quote, true)?;
    let escape = char_or_default("escapechar", escape, None, true)?;
    let line_terminator = text("lineterminator", line_terminator)?;
    let quote_value = char_or_default("quotechar", quote, Some('"'.into()), true)?;
    let skips_space = truth(skip_space, false)?;
    let strict = truth(strict, false)?;
    let quoting = match when {
        // No quotes, and nothing said about when to quote: never.
        None if quote.as_ref().is_some_and(|q| q.is_none()) => quoting::NONE,
        None => quoting::MINIMAL,
        Some(n) => quoting_number(n)?,
    };
    if quoting != quoting::NONE && quote_value.is_none() {
        return raise!(TypeError, "quotechar must be set if quoting enabled");
    }
    check_characters(
        delimiter_value,
        escape,
        quote_value,
        skips_space,
        &line_terminator,
    )?;
    let dialect = Dialect {
        ob_base: header(),
        double_quote: flag(double_quote),
        skip_initial_space: flag(skips_space),
        strict: flag(strict),
        quoting,
        delimiter: delimiter_value.unwrap_or_default(),
        quote: quote_value,
        escape,
        line_terminator: line_terminator.into_obj().into(),
    };
    create(tp, dialect)
}

fn char_or_default(
    name: &str,
    o: &Option<Ref>,
    default: Option<u32>,
    optional: bool,
) -> Result<Option<u32>> {
    let Some(o) = o else { return Ok(default) };
    if optional && o.is_none() {
        return Ok(None);
    }
    let or_none = if optional { " or None" } else { "" };
    match str_::of(o) {
        Some(s) if s.len() == 1 => Ok(Some(s.char_at(0))),
        Some(s) => raise!(
            TypeError,
            "\"{name}\" must be a unicode character{or_none}, not a string of length {}",
            s.len()
        ),
        None => raise!(
            TypeError,
            "\"{name}\" must be a unicode character{or_none}, not {}",
            o.tp_name()
        ),
    }
}

fn text(name: &str, o: &Option<Ref>) -> Result<Ref<PyUnicodeObject>> {
    let Some(o) = o else {
        return Ok(str_::new("\r\n"));
    };
    match str_::of(o) {
        Some(s) => Ok(s.to_ref()),
        None => raise!(
            TypeError,
            "\"{name}\" must be a string, not {}",
            o.tp_name()
        ),
    }
}

fn quoting_number(o: &Obj) -> Result<u8> {
    if !o.is_exact::<PyLongObject>() {
        return raise!(
            TypeError,
            "\"quoting\" must be an integer, not {}",
            o.tp_name()
        );
    }
    match u8::try_from(args::to_i32(o)?) {
        Ok(n) if n <= quoting::NOTNULL => Ok(n),
        _ => raise!(TypeError, "bad \"quoting\" value"),
    }
}

fn check_characters(
    delimiter: Option<u32>,
    escape: Option<u32>,
    quote: Option<u32>,
    skips_space: bool,
    line_terminator: &PyUnicodeObject,
) -> Result<()> {
    let space_allowed = !skips_space;
    let named = [
        ("delimiter", delimiter, true),
        ("escapechar", escape, space_allowed),
        ("quotechar", quote, space_allowed),
    ];
    let is = |c: Option<u32>, other: char| c == Some(other.into());
    for (name, c, space) in named {
        if is(c, '\r') || is(c, '\n') || (is(c, ' ') && !space) {
            return raise!(ValueError, "bad {name} value");
        }
    }
    for (i, (a, c, _)) in named.iter().enumerate() {
        for (b, other, _) in &named[i + 1..] {
            if c.is_some() && c == other {
                return raise!(ValueError, "bad {a} or {b} value");
            }
        }
    }
    for (name, c, _) in named {
        if c.is_some_and(|c| line_terminator.chars().any(|other| other == c)) {
            return raise!(ValueError, "bad {name} or lineterminator value");
        }
    }
    Ok(())
}
