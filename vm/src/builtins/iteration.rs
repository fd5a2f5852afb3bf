//! Builtins over iterables.

use layout::*;

use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::intern;
use crate::method::Args;
use crate::object::*;
use crate::protocol::{call, number, object};
use crate::types::int::IntExt as _;
use crate::types::str_;
use crate::types::type_::CompareOp;
use crate::types::{complex, float, int, iterobjects, list};

pub fn all(_: &Obj, iterable: &Obj) -> Result<bool> {
    let it = object::iter(iterable)?;
    while let Some(item) = object::next(&it)? {
        if !object::is_true(&item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub fn any(_: &Obj, iterable: &Obj) -> Result<bool> {
    let it = object::iter(iterable)?;
    while let Some(item) = object::next(&it)? {
        if object::is_true(&item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub fn iter(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("iter", given, 1..=2)?;
    match given.get(1) {
        None => object::iter(given[0]),
        Some(sentinel) => {
            if !object::is_callable(given[0]) {
                return raise!(TypeError, "iter(v, w): v must be callable");
            }
            iterobjects::callable_iter(given[0], sentinel)
        }
    }
}

pub fn next(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("next", given, 1..=2)?;
    let it = given[0];
    if !object::is_iterator(it) && it.ty().tp_iternext.get().is_none() {
        return raise!(TypeError, "'{}' object is not an iterator", it.tp_name());
    }
    let f = it.ty().tp_iternext.get().expect("checked");
    // SAFETY: a slot of the iterator's own type.
    let item = unsafe { f(it.as_ptr()) };
    if !item.is_null() {
        // SAFETY: an owned reference.
        return Ok(unsafe { Ref::from_owned(item) });
    }
    match given.get(1) {
        Some(default) => {
            if err::occurred() && !err::clear_if(&exc::StopIteration) {
                return Err(err::Raised::assume());
            }
            Ok((*default).new_ref())
        }
        None if err::occurred() => Err(err::Raised::assume()),
        None => Err(err::stop_iteration(None)),
    }
}

pub fn aiter(_: &Obj, o: &Obj) -> Result {
    // SAFETY: suites are null or valid; slots belong to the object's own type.
    unsafe {
        let Some(f) = o
            .ty()
            .tp_as_async
            .get()
            .as_ref()
            .and_then(|a| a.am_aiter.get())
        else {
            return raise!(
                TypeError,
                "'{}' object is not an async iterable",
                o.tp_name()
            );
        };
        let it = err::from_owned(f(o.as_ptr()))?;
        if it
            .ty()
            .tp_as_async
            .get()
            .as_ref()
            .and_then(|a| a.am_anext.get())
            .is_none()
        {
            return raise!(
                TypeError,
                "aiter() returned not an async iterator of type '{}'",
                it.tp_name()
            );
        }
        Ok(it)
    }
}

pub fn anext(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("anext", given, 1..=2)?;
    let it = given[0];
    // SAFETY: suites are null or valid; slots belong to the object's own type.
    unsafe {
        let Some(f) = it
            .ty()
            .tp_as_async
            .get()
            .as_ref()
            .and_then(|a| a.am_anext.get())
        else {
            return raise!(
                TypeError,
                "'{}' object is not an async iterator",
                it.tp_name()
            );
        };
        let awaitable = err::from_owned(f(it.as_ptr()))?;
        match given.get(1) {
            None => Ok(awaitable),
            Some(default) => crate::types::anext_awaitable::new(&awaitable, default),
        }
    }
}

fn extreme(name: &str, op: CompareOp, given: Args<'_>) -> Result {
    let (mut key, mut default) = (None, None);
    let named = given.keyword_values.len();
    if named > 2 {
        return raise!(
            TypeError,
            "{name}() takes at most 2 keyword arguments ({named} given)"
        );
    }
    for (keyword, value) in given.keywords() {
        if str_::same_text(keyword, "key") {
            key = Some(value).filter(|k| !k.is_none());
        } else if str_::same_text(keyword, "default") {
            default = Some(value);
        } else {
            return raise!(
                TypeError,
                "{name}() got an unexpected keyword argument '{}'",
                str_lossy(keyword)
            );
        }
    }
    let n = given.positional.len();
    if n == 0 {
        return raise!(TypeError, "{name} expected at least 1 argument, got 0");
    }
    if n > 1 && default.is_some() {
        return raise!(
            TypeError,
            "Cannot specify a default for {name}() with multiple positional arguments"
        );
    }
    let mut best: Option<(Ref, Ref)> = None;
    let mut consider = |item: Ref| -> Result<()> {
        let value = match key {
            Some(f) => call::call1(f, &item)?,
            None => item.clone(),
        };
        let better = match &best {
            None => true,
            Some((_, best_value)) => object::rich_compare_bool(&value, best_value, op)?,
        };
        if better {
            best = Some((item, value));
        }
        Ok(())
    };
    if n == 1 {
        let it = object::iter(given.positional[0])?;
        while let Some(item) = object::next(&it)? {
            consider(item)?;
        }
    } else {
        for item in given.positional {
            consider(item.new_ref())?;
        }
    }
    match (best, default) {
        (Some((item, _)), _) => Ok(item),
        (None, Some(d)) => Ok(d.new_ref()),
        (None, None) => raise!(ValueError, "{name}() iterable argument is empty"),
    }
}

pub fn max(_: &Obj, given: Args<'_>) -> Result {
    extreme("max", CompareOp::Gt, given)
}

pub fn min(_: &Obj, given: Args<'_>) -> Result {
    extreme("min", CompareOp::Lt, given)
}

pub fn sorted(_: &Obj, given: Args<'_>) -> Result {
    args::expect("sorted", given.positional, 1..=1)?;
    let items = list::from_vec(object::to_vec(given.positional[0])?);
    let sort = object::getattr(items.as_obj(), intern!("sort"))?;
    let named = Args {
        positional: &[],
        ..given
    };
    call::call_args(&sort, &named)?;
    Ok(items.into_obj())
}

/// A running sum of floats with Neumaier's compensation, as CPython has it since 3.12.
#[derive(Clone, Copy, Default)]
struct Compensated {
    high: f64,
    low: f64,
}

impl Compensated {
    fn add(&mut self, x: f64) {
        let t = self.high + x;
        if self.high.abs() >= x.abs() {
            self.low += (self.high - t) + x;
        } else {
            self.low += (x - t) + self.high;
        }
        self.high = t;
    }
    fn value(self) -> f64 {
        // An infinite or undefined compensation says nothing.
        if self.low != 0.0 && self.low.is_finite() {
            self.high + self.low
        } else {
            self.high
        }
    }
}

pub fn sum(_: &Obj, [iterable, start]: [Option<&Obj>; 2]) -> Result {
    let it = object::iter(iterable.expect("required"))?;
    let mut total = match start {
        Some(s) => {
            for (bad, what) in [
                (
                    s.is::<PyUnicodeObject>(),
                    "strings [use ''.join(seq) instead]",
                ),
                (s.is::<PyBytesObject>(), "bytes [use b''.join(seq) instead]"),
                (
                    s.is::<PyByteArrayObject>(),
                    "bytearray [use b''.join(seq) instead]",
                ),
            ] {
                if bad {
                    return raise!(TypeError, "sum() can't sum {what}");
                }
            }
            s.new_ref()
        }
        None => int::from_i64(0).into_obj(),
    };
    // Ints that fit a machine word.
    if let Some(mut n) = exact_i64(&total) {
        loop {
            let Some(item) = object::next(&it)? else {
                return Ok(int::from_i64(n).into_obj());
            };
            match exact_or_bool(&item).and_then(|x| n.checked_add(x)) {
                Some(next) => n = next,
                None => {
                    total = number::add(int::from_i64(n).as_obj(), &item)?;
                    break;
                }
            }
        }
    }
    // Floats, and ints among them.
    if let Some(f) = total.downcast_exact::<PyFloatObject>() {
        let mut sum = Compensated {
            high: float::value(f),
            low: 0.0,
        };
        loop {
            let Some(item) = object::next(&it)? else {
                return Ok(float::new(sum.value()).into_obj());
            };
            if let Some(x) = item.downcast_exact::<PyFloatObject>() {
                sum.add(float::value(x));
            } else if let Some(n) = item.downcast::<PyLongObject>() {
                sum.add(n.to_f64()?);
            } else {
                total = number::add(float::new(sum.value()).as_obj(), &item)?;
                break;
            }
        }
    }
    // Complex numbers, and real ones among them.
    if let Some(z) = total.downcast_exact::<PyComplexObject>() {
        let (re, im) = complex::parts(z);
        let (mut re, mut im) = (
            Compensated { high: re, low: 0.0 },
            Compensated { high: im, low: 0.0 },
        );
        loop {
            let Some(item) = object::next(&it)? else {
                return Ok(complex::new(re.value(), im.value()).into_obj());
            };
            if let Some(z) = item.downcast_exact::<PyComplexObject>() {
                let (a, b) = complex::parts(z);
                re.add(a);
                im.add(b);
            } else if let Some(n) = item.downcast::<PyLongObject>() {
                re.add(n.to_f64()?);
            } else if let Some(x) = item.downcast_exact::<PyFloatObject>() {
                re.add(float::value(x));
            } else {
                total = number::add(complex::new(re.value(), im.value()).as_obj(), &item)?;
                break;
            }
        }
    }
    while let Some(item) = object::next(&it)? {
        total = number::add(&total, &item)?;
    }
    Ok(total)
}

fn exact_i64(o: &Obj) -> Option<i64> {
    o.downcast_exact::<PyLongObject>()?.to_i64()
}

fn exact_or_bool(o: &Obj) -> Option<i64> {
    if core::ptr::eq(o.ty(), &PyBool_Type) {
        return Some(i64::from(o.is_same(TRUE())));
    }
    exact_i64(o)
}
