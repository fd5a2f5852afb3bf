//! Calls of Python functions: pushing the frame and binding the arguments to the parameters, with CPython's messages.
//!
//! Whoever pushes a frame gives up the words of the function and of its arguments, also where binding fails.

use gc::Manager;
use layout::*;

use super::bind_errors as errors;
use crate::code::{self, local_names};
use crate::err::Result;
use crate::frame::{self, Frame};
use crate::object::*;
use crate::raise;
use crate::stackref::StackRef;
use crate::state::ThreadState;
use crate::types::dict::{self, DictExt};
use crate::types::str_::StrExt;
use crate::types::tuple::{self, TupleExt};

/// The code that a function runs.
#[inline(always)]
pub fn code_of(function: &PyFunctionObject) -> &PyCodeObject {
    // SAFETY: a function has a code object from birth to death.
    unsafe { &*function.func_code.get().cast() }
}

/// Pushes a frame whose first `given` locals the caller writes.
pub fn push_exact<M: Manager>(
    ts: &ThreadState,
    function: StackRef<M>,
    given: usize,
) -> Result<*mut Frame> {
    // SAFETY: the caller's word is a function's.
    let code = code_of(unsafe { function.obj().cast() });
    let frame = frame::push(ts, code.co_framesize.get() as usize)?;
    // SAFETY: fresh room of the frame's size.
    unsafe { frame::initialize(frame, function.with(), code, given, frame::current(ts)) };
    Ok(frame)
}

/// As [`push_exact`], where there is room nearby. The word is consumed only then.
#[inline(always)]
pub fn push_near<M: Manager>(
    ts: &ThreadState,
    function: StackRef<M>,
    given: usize,
) -> Option<*mut Frame> {
    // SAFETY: the caller's word is a function's.
    let code = code_of(unsafe { function.obj().cast() });
    let frame = frame::push_near(ts, code.co_framesize.get() as usize)?;
    // SAFETY: fresh room of the frame's size.
    unsafe { frame::initialize(frame, function.with(), code, given, frame::current(ts)) };
    Some(frame)
}

/// Writes an argument of a frame that [`push_exact`] has pushed.
#[inline(always)]
pub fn set_argument<M: Manager>(frame: *mut Frame, index: usize, value: StackRef<M>) {
    // SAFETY: the frame has that local, still unwritten.
    unsafe { Frame::locals_start(frame).add(index).write(value.with()) };
}

/// Writes arguments of such a frame, from the local `first` on.
#[inline(always)]
pub fn set_arguments<M: Manager>(frame: *mut Frame, first: usize, words: &[StackRef<M>]) {
    // SAFETY: the frame has these locals, still unwritten. Volatile accesses keep the loop, which has few rounds, as
    // short as it is.
    unsafe {
        let mut to = Frame::locals_start(frame).add(first);
        for word in words {
            to.write_volatile(word.with());
            to = to.add(1);
        }
    }
}

/// Arguments as they stand on a stack: positional ones, then the values of the keywords.
pub struct Arguments<'a> {
    pub words: &'a [StackRef],
    pub keywords: Option<&'a PyTupleObject>,
}

impl<'a> Arguments<'a> {
    fn split(&self) -> (&'a [StackRef], &'a [StackRef]) {
        let keywords = self.keywords.map_or(0, |names| names.items().len());
        self.words.split_at(self.words.len() - keywords)
    }

    pub fn close(&self) {
        for word in self.words {
            word.close();
        }
    }
}

/// Pushes a frame and binds the arguments.
#[inline(never)]
pub fn push(
    ts: &ThreadState,
    function: StackRef,
    locals: Option<Ref>,
    arguments: &Arguments<'_>,
) -> Result<*mut Frame> {
    // SAFETY: the caller's word is a function's.
    let f: &PyFunctionObject = unsafe { function.obj().cast() };
    let code = code_of(f);
    let frame = match frame::push(ts, code.co_framesize.get() as usize) {
        Ok(frame) => frame,
        Err(raised) => {
            arguments.close();
            function.close();
            return Err(raised);
        }
    };
    // SAFETY: fresh room of the frame's size; nothing runs in it until it is complete.
    unsafe {
        frame::initialize(frame, function, code, 0, frame::current(ts));
        (*frame).locals = locals.map_or(core::ptr::null_mut(), Ref::into_raw);
    }
    // SAFETY: the frame has that many locals.
    let slots = unsafe {
        core::slice::from_raw_parts_mut(
            Frame::locals_start(frame),
            code.co_nlocalsplus.get() as usize,
        )
    };
    match bind(f, code, slots, arguments) {
        Ok(()) => Ok(frame),
        Err(raised) => {
            // SAFETY: the frame was never entered.
            unsafe { super::unwind::abandon(ts, frame) };
            Err(raised)
        }
    }
}

/// Binds arguments, which it consumes, to the locals of a fresh frame.
fn bind(
    f: &PyFunctionObject,
    code: &PyCodeObject,
    slots: &mut [StackRef],
    arguments: &Arguments<'_>,
) -> Result<()> {
    let (positional, named) = arguments.split();
    let count = code.co_argcount.get() as usize;
    let total = count + code.co_kwonlyargcount.get() as usize;
    let has_star = code::has_flag(code, CO_VARARGS);
    let taken = positional.len().min(count);
    slots[..taken].copy_from_slice(&positional[..taken]);
    let surplus = &positional[taken..];
    let mut extra = None;
    if code::has_flag(code, CO_VARKEYWORDS) {
        let made = dict::new();
        slots[total + usize::from(has_star)] = StackRef::owned(made.clone().into_obj());
        extra = Some(made);
    }
    if has_star {
        let rest = if surplus.is_empty() {
            tuple::empty()
        } else {
            tuple::from_vec(surplus.iter().map(|word| word.into_ref()).collect())
        };
        slots[total] = StackRef::owned(rest.into_obj());
    } else {
        for word in surplus {
            word.close();
        }
    }
    if let Some(names) = arguments.keywords {
        bind_keywords(f, code, slots, total, names, named, extra.as_deref())?;
    }
    if !surplus.is_empty() && !has_star {
        return Err(errors::too_many_positional(
            f,
            code,
            positional.len(),
            slots,
        ));
    }
    if positional.len() < count {
        bind_defaults(f, code, slots, positional.len())?;
    }
    if count < total {
        bind_keyword_defaults(f, code, &mut slots[..total])?;
    }
    Ok(())
}

fn bind_keywords(
    f: &PyFunctionObject,
    code: &PyCodeObject,
    slots: &mut [StackRef],
    total: usize,
    names: &PyTupleObject,
    values: &[StackRef],
    extra: Option<&PyDictObject>,
) -> Result<()> {
    for (at, (name, value)) in names.items().iter().zip(values).enumerate() {
        let bound = bind_keyword(f, code, slots, total, name, *value, extra, names);
        if bound.is_err() {
            // This value and the ones before it are dropped; drop the others.
            for word in &values[at + 1..] {
                word.close();
            }
        }
        bound?;
    }
    Ok(())
}

#[allow(clippy::too_many_arguments)]
fn bind_keyword(
    f: &PyFunctionObject,
    code: &PyCodeObject,
    slots: &mut [StackRef],
    total: usize,
    name: &Obj,
    value: StackRef,
    extra: Option<&PyDictObject>,
    names: &PyTupleObject,
) -> Result<()> {
    let Some(text) = name.downcast::<PyUnicodeObject>() else {
        value.close();
        return raise!(
            TypeError,
            "{}() keywords must be strings",
            errors::qualname(f)
        );
    };
    let first = code.co_posonlyargcount.get() as usize;
    let parameters = &local_names(code).items()[first..total];
    let found = parameters.iter().position(|p| p.is_same(name)).or_else(|| {
        // SAFETY: the names of locals are str.
        parameters
            .iter()
            .position(|p| unsafe { p.cast::<PyUnicodeObject>() }.equals(text))
    });
    match found {
        Some(at) if slots[first + at].is_null() => {
            slots[first + at] = value;
            Ok(())
        }
        Some(_) => {
            value.close();
            raise!(
                TypeError,
                "{}() got multiple values for argument '{}'",
                errors::qualname(f),
                str_lossy(name)
            )
        }
        None => {
            let value = value.into_ref();
            match extra {
                Some(extra) => extra.set(name, &value),
                None => Err(errors::unexpected_keyword(f, code, name, names, total)),
            }
        }
    }
}

fn bind_defaults(
    f: &PyFunctionObject,
    code: &PyCodeObject,
    slots: &mut [StackRef],
    given: usize,
) -> Result<()> {
    let count = code.co_argcount.get() as usize;
    let defaults = f
        .func_defaults
        .borrow_obj()
        .and_then(|d| d.downcast::<PyTupleObject>())
        .map_or(&[][..], |d| d.items());
    // More defaults than parameters: the last ones count.
    let first = count.saturating_sub(defaults.len());
    if (given..first).any(|index| slots[index].is_null()) {
        return Err(errors::missing_positional(f, code, first, slots));
    }
    let skipped = defaults.len().saturating_sub(count);
    for (index, default) in (first..count).zip(&defaults[skipped..]) {
        if slots[index].is_null() {
            slots[index] = StackRef::owned(default.clone());
        }
    }
    Ok(())
}

fn bind_keyword_defaults(
    f: &PyFunctionObject,
    code: &PyCodeObject,
    slots: &mut [StackRef],
) -> Result<()> {
    let first = code.co_argcount.get() as usize;
    let names = local_names(code).items();
    let defaults = f
        .func_kwdefaults
        .borrow_obj()
        .and_then(|d| d.downcast::<PyDictObject>());
    let mut missing = false;
    for index in first..slots.len() {
        if !slots[index].is_null() {
            continue;
        }
        match defaults.map_or(Ok(None), |d| d.get(&names[index]))? {
            Some(value) => slots[index] = StackRef::owned(value),
            None => missing = true,
        }
    }
    if missing {
        Err(errors::missing_keyword_only(f, code, slots))
    } else {
        Ok(())
    }
}
