//! Binding of call arguments to parameters, with CPython's error messages.
//!
//! A function's text signature is the single source: `inspect` shows it, and [`Signature`] parses it once, at the first
//! call, to know the parameters' names, kinds and which may be left out.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

use layout::*;

use crate::err::{self, Raised, Result, exc, raise};
use crate::method::Args;
use crate::object::*;
use crate::protocol::object;
use crate::types::dict::DictExt as _;
use crate::types::str_::StrExt as _;
use crate::types::tuple::TupleExt as _;
use crate::types::type_::CompareOp;

/// A parsed parameter list.
struct Parameters {
    /// The names, interned, in order; positional-only ones too.
    names: Vec<Ref>,
    /// How many leading parameters cannot be given by name.
    positional_only: usize,
    /// How many parameters can be given by position.
    positional: usize,
    /// Which parameters have no default.
    required: Vec<bool>,
    /// How many leading positional parameters are required.
    min_positional: usize,
    /// Whether there is an `*args`, so that arguments by name are bound alone.
    var_positional: bool,
}

/// A parameter list, parsed at its first use.
pub struct Signature {
    name: &'static str,
    text: &'static str,
    parsed: UnsafeCell<Option<Parameters>>,
}

// SAFETY: it is parsed while the global interpreter lock is held, and never changes after that.
unsafe impl Sync for Signature {}

impl Signature {
    /// The function's name for messages, and its text signature: `($self, /, *, key=None, reverse=False)`.
    pub const fn new(name: &'static str, text: &'static str) -> Signature {
        Signature {
            name,
            text,
            parsed: UnsafeCell::new(None),
        }
    }

    fn parameters(&self) -> &Parameters {
        // SAFETY: written once, under the lock.
        let slot = unsafe { &mut *self.parsed.get() };
        slot.get_or_insert_with(|| parse(self.text))
    }

    /// How many parameters can be given by position.
    pub fn positional_count(&self) -> usize {
        self.parameters().positional
    }

    /// Binds a vectorcall's arguments.
    pub fn bind_args<'a, const N: usize>(&self, args: &Args<'a>) -> Result<[Option<&'a Obj>; N]> {
        let p = self.parameters();
        debug_assert_eq!(p.names.len(), N, "{}", self.text);
        let mut bound = [None; N];
        self.check_counts(p, args.positional.len(), args.keyword_values.len())?;
        for (slot, arg) in bound.iter_mut().zip(args.positional) {
            *slot = Some(*arg);
        }
        let given = args.positional.len();
        let mut refused = None;
        for (name, value) in args.keywords() {
            if !bind_keyword(p, &mut bound, given, name, value) {
                refused = refused.or(Some(name));
            }
        }
        self.check_required(p, &bound, given)?;
        match refused {
            Some(name) => Err(self.refused(p, given, name)),
            None => Ok(bound),
        }
    }

    /// Binds the tuple and dict that `tp_new`, `tp_init` and `tp_call` get.
    pub fn bind<'a, const N: usize>(
        &self,
        args: &'a PyTupleObject,
        kwargs: Option<&'a PyDictObject>,
    ) -> Result<[Option<&'a Obj>; N]> {
        let p = self.parameters();
        debug_assert_eq!(p.names.len(), N, "{}", self.text);
        let mut bound = [None; N];
        let items = args.items();
        self.check_counts(p, items.len(), kwargs.map_or(0, |k| k.len()))?;
        for (slot, arg) in bound.iter_mut().zip(items) {
            *slot = Some(arg.as_obj());
        }
        let mut refused = None;
        if let Some(kwargs) = kwargs {
            let mut pos = 0;
            while let Some((name, value, _)) = kwargs.next(&mut pos) {
                // SAFETY: the dict keeps key and value alive for as long as it is borrowed and unchanged.
                let (name, value) = unsafe { (&*name.as_ptr(), &*value.as_ptr()) };
                if !bind_keyword(p, &mut bound, items.len(), name, value) {
                    refused = refused.or(Some(name));
                }
            }
        }
        self.check_required(p, &bound, items.len())?;
        match refused {
            Some(name) => Err(self.refused(p, items.len(), name)),
            None => Ok(bound),
        }
    }

    /// The complaint about a keyword argument that could not be bound.
    #[cold]
    fn refused(&self, p: &Parameters, given: usize, name: &Obj) -> Raised {
        match p.find(name) {
            Some(i) if i >= p.positional_only && i < given => err::new(
                &exc::TypeError,
                format_args!(
                    "argument for {}() given by name ('{}') and position ({})",
                    self.name,
                    str_lossy(name),
                    i + 1
                ),
            ),
            _ => self.unexpected(p, name),
        }
    }

    #[cold]
    fn unexpected(&self, p: &Parameters, name: &Obj) -> Raised {
        if name.downcast::<PyUnicodeObject>().is_none() {
            return err::new(&exc::TypeError, format_args!("keywords must be strings"));
        }
        if p.positional_only == p.names.len() {
            return err::new(
                &exc::TypeError,
                format_args!("{}() takes no keyword arguments", self.name),
            );
        }
        // By `==` a name may be one of ours that it is not in truth.
        for parameter in &p.names[p.positional_only..] {
            match object::rich_compare_bool(parameter, name, CompareOp::Eq) {
                Ok(false) => {}
                Ok(true) => {
                    return err::new(
                        &exc::TypeError,
                        format_args!("invalid keyword argument for {}()", self.name),
                    );
                }
                Err(raised) => return raised,
            }
        }
        let hint = crate::suggestions::best(&p.names[p.positional_only..], name)
            .map_or_else(String::new, |like| {
                format!(". Did you mean '{}'?", str_lossy(&like))
            });
        err::new(
            &exc::TypeError,
            format_args!(
                "{}() got an unexpected keyword argument '{}'{hint}",
                self.name,
                str_lossy(name)
            ),
        )
    }

    #[inline]
    fn check_counts(&self, p: &Parameters, positional: usize, keyword: usize) -> Result<()> {
        if positional <= p.positional
            && (positional + keyword <= p.names.len() || p.var_positional)
            && positional >= p.min_positional.min(p.positional_only)
        {
            return Ok(());
        }
        Err(self.bad_counts(p, positional, keyword))
    }

    #[cold]
    fn bad_counts(&self, p: &Parameters, positional: usize, keyword: usize) -> Raised {
        let total = p.names.len();
        let name = self.name;
        let only_positional = p.positional_only == total;
        if only_positional && keyword > 0 {
            return err::new(
                &exc::TypeError,
                format_args!("{name}() takes no keyword arguments"),
            );
        }
        if only_positional {
            return wrong_count(name, p.min_positional, total, positional);
        }
        if positional + keyword > total {
            return err::new(
                &exc::TypeError,
                format_args!(
                    "{name}() takes at most {total} {}argument{} ({} given)",
                    if positional == 0 { "keyword " } else { "" },
                    plural(total),
                    positional + keyword
                ),
            );
        }
        if positional > p.positional {
            if p.positional == 0 {
                return err::new(
                    &exc::TypeError,
                    format_args!("{name}() takes no positional arguments"),
                );
            }
            return err::new(
                &exc::TypeError,
                format_args!(
                    "{name}() takes {} {} positional argument{} ({positional} given)",
                    if p.min_positional < p.positional {
                        "at most"
                    } else {
                        "exactly"
                    },
                    p.positional,
                    plural(p.positional)
                ),
            );
        }
        let needed = p.min_positional.min(p.positional_only);
        err::new(
            &exc::TypeError,
            format_args!(
                "{name}() takes {} {needed} positional argument{} ({positional} given)",
                if needed < p.positional {
                    "at least"
                } else {
                    "exactly"
                },
                plural(needed)
            ),
        )
    }

    fn check_required(&self, p: &Parameters, bound: &[Option<&Obj>], given: usize) -> Result<()> {
        for (i, argument) in bound.iter().enumerate().skip(given) {
            if argument.is_none() && p.required[i] {
                if p.positional_only == p.names.len() {
                    return Err(wrong_count(
                        self.name,
                        p.min_positional,
                        p.names.len(),
                        given,
                    ));
                }
                return raise!(
                    TypeError,
                    "{}() missing required argument '{}' (pos {})",
                    self.name,
                    str_lossy(&p.names[i]),
                    i + 1
                );
            }
        }
        Ok(())
    }
}

/// Stores a keyword argument; false if there is no such parameter, or its argument was given by position.
fn bind_keyword<'a>(
    p: &Parameters,
    bound: &mut [Option<&'a Obj>],
    given: usize,
    name: &Obj,
    value: &'a Obj,
) -> bool {
    match p.find(name) {
        Some(i) if i >= p.positional_only && i >= given => {
            bound[i] = Some(value);
            true
        }
        _ => false,
    }
}

impl Parameters {
    fn find(&self, name: &Obj) -> Option<usize> {
        if let Some(i) = self.names.iter().position(|n| n.is_same(name)) {
            return Some(i);
        }
        let name = name.downcast::<PyUnicodeObject>()?;
        // SAFETY: the names are str.
        self.names
            .iter()
            .position(|n| unsafe { n.cast::<PyUnicodeObject>() }.equals(name))
    }
}

fn parse(text: &str) -> Parameters {
    let inner = text
        .trim()
        .strip_prefix('(')
        .and_then(|t| t.strip_suffix(')'))
        .unwrap_or("");
    let mut p = Parameters {
        names: Vec::new(),
        positional_only: 0,
        positional: usize::MAX,
        required: Vec::new(),
        min_positional: 0,
        var_positional: false,
    };
    for item in split_parameters(inner) {
        let item = item.trim();
        let (name, default) = match item.split_once('=') {
            Some((name, default)) => (name.trim(), Some(default)),
            None => (item, None),
        };
        match name {
            "" | "$self" | "$module" | "$type" | "$cls" => {}
            "/" => p.positional_only = p.names.len(),
            "*" => p.positional = p.names.len(),
            name if name.starts_with("**") => {}
            name if name.starts_with('*') => {
                p.positional = p.names.len();
                p.var_positional = true;
            }
            name => {
                p.names.push(crate::types::str_::intern_str(name).new_ref());
                p.required.push(default.is_none());
            }
        }
    }
    p.positional = p.positional.min(p.names.len());
    p.min_positional = p.required[..p.positional]
        .iter()
        .take_while(|r| **r)
        .count();
    p
}

/// Splits at commas outside brackets and quotes.
fn split_parameters(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut quote, mut start) = (Vec::new(), 0, None, 0);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

#[cold]
fn wrong_count(name: &str, min: usize, max: usize, given: usize) -> Raised {
    let (how, n) = if min == max {
        ("", min)
    } else if given < min {
        ("at least ", min)
    } else {
        ("at most ", max)
    };
    err::new(
        &exc::TypeError,
        format_args!(
            "{name} expected {how}{n} argument{}, got {given}",
            plural(n)
        ),
    )
}

/// Checks the number of positional arguments of `name`.
#[inline]
pub fn expect(name: &str, args: &[&Obj], range: core::ops::RangeInclusive<usize>) -> Result<()> {
    if range.contains(&args.len()) {
        Ok(())
    } else {
        Err(wrong_count(name, *range.start(), *range.end(), args.len()))
    }
}

/// Checks the number of positional arguments of `name`, given as a count.
#[inline]
pub fn expect_count(
    name: &str,
    given: usize,
    range: core::ops::RangeInclusive<usize>,
) -> Result<()> {
    if range.contains(&given) {
        Ok(())
    } else {
        Err(wrong_count(name, *range.start(), *range.end(), given))
    }
}

/// Refuses keyword arguments to `__new__` of `base`, except for a subclass whose `__init__` may want them.
pub fn new_without_keywords(
    base: &PyTypeObject,
    tp: &PyTypeObject,
    kwargs: Option<&PyDictObject>,
) -> Result<()> {
    let init = |tp: &PyTypeObject| tp.tp_init.get().map(|f| f as usize);
    if init(tp) == init(base) {
        return no_keywords(type_name(base), kwargs);
    }
    Ok(())
}

/// Refuses keyword arguments to `__init__` of `base`, except for a subclass whose `__new__` may want them.
pub fn init_without_keywords(
    base: &PyTypeObject,
    tp: &PyTypeObject,
    kwargs: Option<&PyDictObject>,
) -> Result<()> {
    let new = |tp: &PyTypeObject| tp.tp_new.get().map(|f| f as usize);
    if new(tp) == new(base) {
        return no_keywords(type_name(base), kwargs);
    }
    Ok(())
}

/// Refuses keyword arguments where a type's constructor takes none.
pub fn no_keywords(name: &str, kwargs: Option<&PyDictObject>) -> Result<()> {
    match kwargs {
        Some(k) if k.len() > 0 => raise!(TypeError, "{name}() takes no keyword arguments"),
        _ => Ok(()),
    }
}

/// An index-sized integer from anything with `__index__`; `OverflowError` if too large.
#[inline]
pub fn to_isize(o: &Obj) -> Result<isize> {
    use crate::types::int::IntExt as _;
    match crate::protocol::number::index_int(o)?.to_i64() {
        Some(n) => Ok(n as isize),
        None => raise!(
            OverflowError,
            "Python int too large to convert to C ssize_t"
        ),
    }
}

/// An index-sized integer, clamped to what fits: for bounds of slices and searches.
#[inline]
pub fn to_index_clamped(o: &Obj) -> Result<isize> {
    crate::protocol::number::index_isize(o, None)
}

/// A C `int`.
pub fn to_i32(o: &Obj) -> Result<i32> {
    let n = to_i64(o)?;
    match i32::try_from(n) {
        Ok(n) => Ok(n),
        Err(_) if n > 0 => raise!(OverflowError, "signed integer is greater than maximum"),
        Err(_) => raise!(OverflowError, "signed integer is less than minimum"),
    }
}

/// A C `long`.
pub fn to_i64(o: &Obj) -> Result<i64> {
    use crate::types::int::IntExt as _;
    let n = crate::protocol::number::index(o)?;
    // SAFETY: `index` answers with an int.
    match unsafe { n.cast::<PyLongObject>() }.to_i64() {
        Some(n) => Ok(n),
        None => raise!(OverflowError, "Python int too large to convert to C long"),
    }
}

/// A C `double`, by `__float__` or `__index__`.
#[inline]
pub fn to_f64(o: &Obj) -> Result<f64> {
    crate::protocol::number::as_f64(o)
}

/// A C truth value.
#[inline]
pub fn to_bool(o: &Obj) -> Result<bool> {
    crate::protocol::object::is_true(o)
}

/// UTF-8 text; `TypeError` for anything but str.
pub fn to_str<'a>(what: &str, o: &'a Obj) -> Result<&'a str> {
    match o.downcast::<PyUnicodeObject>() {
        Some(s) => s.as_str(),
        None => raise!(TypeError, "{what} must be str, not {}", o.tp_name()),
    }
}

/// `index_isize` for an optional argument.
pub fn to_isize_or(o: Option<&Obj>, default: isize) -> Result<isize> {
    o.map_or(Ok(default), to_isize)
}

/// A fixed array from a slice whose length was checked.
pub fn fixed<'a, const N: usize>(args: &[&'a Obj]) -> [Option<&'a Obj>; N] {
    let mut out: [MaybeUninit<Option<&'a Obj>>; N] = [const { MaybeUninit::uninit() }; N];
    for (i, slot) in out.iter_mut().enumerate() {
        slot.write(args.get(i).copied());
    }
    out.map(|slot| {
        // SAFETY: every slot was just written.
        unsafe { slot.assume_init() }
    })
}
