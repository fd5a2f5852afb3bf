//! Calls, and the making of functions.
//!
//! A call's stack is: the callable, `self` or nothing, the arguments (and the tuple of keyword names). A call of a Python
//! function consumes these words when its frame is pushed; other callables borrow them until they have returned.

use gc::Manager;
use layout::*;

use super::bind::{self, Arguments};
use super::regs::Regs;
use super::unwind::check_room;
use super::{Flow, control, errors, specialize};
use crate::code;
use crate::err::{self, Raised, Result, raise};
use crate::frame::Frame;
use crate::object::*;
use crate::opcodes::caches;
use crate::protocol::{self, object};
use crate::stackref::StackRef;
use crate::state::ThreadState;
use crate::types::dict::DictExt;
use crate::types::tuple::{self, TupleExt};
use crate::types::{function, int, list};

/// From a call to where it returns to, in units.
const AFTER_CALL: usize = 1 + caches::CALL;
const AFTER_CALL_KW: usize = 1 + caches::CALL_KW;

/// A Python function whose frame the loop can push itself.
#[inline(always)]
fn python_function(callable: &Obj) -> Option<&PyFunctionObject> {
    let f: &PyFunctionObject = callable.downcast_exact()?;
    if function::is_plain(f) { Some(f) } else { None }
}

/// Replaces a bound method by its function and its `self`.
#[inline(always)]
fn unbind<M: Manager>(r: &mut Regs<M>, callable_depth: usize) {
    if !r.peek(callable_depth - 1).is_null() {
        return;
    }
    let word = r.peek(callable_depth);
    let Some(method) = word.obj().downcast_exact::<PyMethodObject>() else {
        return;
    };
    // SAFETY: a method has both.
    let (function, this) = unsafe { (&*method.im_func.get(), &*method.im_self.get()) };
    r.poke(callable_depth, StackRef::new(function));
    r.poke(callable_depth - 1, StackRef::new(this));
    word.close();
}

/// The arguments of a call whose callable is `depth` below the top: with `self`, if there is one.
#[inline(always)]
fn arguments<'a, M: Manager>(
    r: &Regs<M>,
    callable_depth: usize,
    behind: usize,
) -> &'a [StackRef<M>] {
    let has_self = !r.peek(callable_depth - 1).is_null();
    let count = callable_depth - 2 + usize::from(has_self) - behind;
    &r.top(count + behind)[..count]
}

#[inline(always)]
fn untyped<M>(words: &[StackRef<M>]) -> &[StackRef] {
    // SAFETY: the parameter does not change the representation.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), words.len()) }
}

/// The namespace for a function whose code is a module's or a class's: its globals.
fn namespace(f: &PyFunctionObject) -> Option<Ref> {
    if code::has_flag(bind::code_of(f), CO_OPTIMIZED) {
        None
    } else {
        f.func_globals.get_ref()
    }
}

#[inline(always)]
pub fn call<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let depth = oparg as usize + 2;
    if let Some(cache) = r.cache_if_warm(caches::CALL)
        && cache.tick()
    {
        specialize::call(
            r.here(caches::CALL),
            cache,
            r.obj(depth),
            r.peek(depth - 1).is_null(),
            oparg as usize,
        );
        return Flow::Redo;
    }
    unbind(r, depth);
    let (function, this) = (r.peek(depth), r.peek(depth - 1));
    if exact(
        r,
        function.obj(),
        oparg as usize + usize::from(!this.is_null()),
    ) && enter_exact(r, function, oparg, this) == Flow::Next
    {
        return Flow::Next;
    }
    if let Some(f) = python_function(r.obj(depth)) {
        return push_python(r, f, depth, None, AFTER_CALL);
    }
    let result = call_words(r.obj(depth), arguments(r, depth, 0), None);
    finish_native(r, depth, result)
}

/// Ends a call of native code, behind which signals and other requests are seen to, as at the end of a Python function.
#[inline(always)]
fn finish_native<M: Manager>(r: &mut Regs<M>, depth: usize, result: Result) -> Flow {
    match r.finish(depth, result) {
        Flow::Next if control::is_asked(r.ts) => control::check_pending(r.ts),
        flow => flow,
    }
}

/// Pushes the frame of a Python function, and enters it. `depth` words are consumed.
#[inline(always)]
fn push_python<M: Manager>(
    r: &mut Regs<M>,
    f: &PyFunctionObject,
    depth: usize,
    keywords: Option<&PyTupleObject>,
    offset: usize,
) -> Flow {
    if check_room(r.ts).is_err() {
        return Flow::Error;
    }
    let behind = usize::from(keywords.is_some());
    let words = untyped(arguments(r, depth, behind));
    let names = if behind == 0 {
        StackRef::NULL
    } else {
        r.peek(1)
    };
    let pushed = bind::push(
        r.ts,
        r.peek(depth).with(),
        namespace(f),
        &Arguments { words, keywords },
    );
    r.shrink(depth);
    names.close();
    match pushed {
        Ok(callee) => {
            // SAFETY: the frame was just made ready for this.
            unsafe { r.enter(callee, offset) };
            Flow::Next
        }
        Err(_) => Flow::Error,
    }
}

/// How many arguments are passed on without allocating.
const FEW: usize = 8;

/// Passes words on as the array of objects that C wants; the word before it may be overwritten by the callee.
#[inline(always)]
fn with_objects<M: Manager, R>(
    words: &[StackRef<M>],
    f: impl FnOnce(*const *mut PyObject) -> R,
) -> R {
    if M::FACTS.counts {
        return with_copies(words, f);
    }
    // Untagged words are objects, and below them lies a word of the same call.
    f(words.as_ptr().cast())
}

#[inline(never)]
fn with_copies<M: Manager, R>(
    words: &[StackRef<M>],
    f: impl FnOnce(*const *mut PyObject) -> R,
) -> R {
    if words.len() < FEW {
        let mut objects = [core::ptr::null_mut(); FEW];
        for (object, word) in objects[1..].iter_mut().zip(words) {
            *object = word.as_ptr();
        }
        f(objects[1..].as_ptr())
    } else {
        let mut objects = vec![core::ptr::null_mut(); words.len() + 1];
        for (object, word) in objects[1..].iter_mut().zip(words) {
            *object = word.as_ptr();
        }
        f(objects[1..].as_ptr())
    }
}

/// Calls anything.
#[inline(never)]
fn call_words<M: Manager>(
    callable: &Obj,
    words: &[StackRef<M>],
    keywords: Option<&PyTupleObject>,
) -> Result {
    let count = words.len() - keywords.map_or(0, |names| names.items().len());
    let names = keywords.map_or(core::ptr::null_mut(), |names| names.as_ptr());
    with_objects(words, |objects| {
        // SAFETY: the array holds the arguments, and has a word before them.
        unsafe {
            protocol::call::vectorcall(
                callable,
                objects,
                count | PY_VECTORCALL_ARGUMENTS_OFFSET,
                names,
            )
        }
    })
}

#[inline(always)]
pub fn call_kw<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let depth = oparg as usize + 3;
    unbind(r, depth);
    // SAFETY: the compiler puts a tuple of names on top.
    let names: &PyTupleObject = unsafe { r.obj(1).cast() };
    if let Some(f) = python_function(r.obj(depth)) {
        return push_python(r, f, depth, Some(names), AFTER_CALL_KW);
    }
    let result = call_words(r.obj(depth), arguments(r, depth, 1), Some(names));
    finish_native(r, depth, result)
}

// ---- f(*args, **kwargs) ----

#[inline(always)]
pub fn call_function_ex<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if !r.obj(2).is_exact::<PyTupleObject>() {
        match star_tuple(r.obj(4), r.obj(2)) {
            Ok(arguments) => {
                let old = r.peek(2);
                r.poke(2, StackRef::owned(arguments));
                old.close();
            }
            Err(_) => return Flow::Error,
        }
    }
    // SAFETY: just checked; the compiler makes the keyword arguments a dict.
    let (positional, keywords) = unsafe {
        (
            r.obj(2).cast::<PyTupleObject>(),
            r.peek(1).opt().map(|d| d.cast::<PyDictObject>()),
        )
    };
    if let Some(f) = python_function(r.obj(4)) {
        if check_room(r.ts).is_err() {
            return Flow::Error;
        }
        let function = r.peek(4).dup();
        return match push_spread(r.ts, function.with(), f, positional, keywords) {
            Ok(callee) => {
                r.drop(4);
                // SAFETY: the frame was just made ready for this.
                unsafe { r.enter(callee, 1) };
                Flow::Next
            }
            Err(_) => Flow::Error,
        };
    }
    let result = protocol::call::call_tuple_dict(r.obj(4), positional, keywords);
    finish_native(r, 4, result)
}

#[cold]
fn star_tuple(callable: &Obj, arguments: &Obj) -> Result {
    if let Some(raised) = errors::bad_star_arguments(callable, arguments) {
        return Err(raised);
    }
    Ok(tuple::from_iterable(arguments)?.into_obj())
}

/// Pushes the frame of a call that is spread from a tuple and a dict, which it does not consume.
#[inline(never)]
pub fn push_spread(
    ts: &ThreadState,
    function: StackRef,
    f: &PyFunctionObject,
    positional: &PyTupleObject,
    keywords: Option<&PyDictObject>,
) -> Result<*mut Frame> {
    let given = positional.items();
    if given.len() <= FEW && keywords.is_none_or(|keywords| keywords.len() == 0) {
        let mut few = [StackRef::NULL; FEW];
        for (word, item) in few.iter_mut().zip(given) {
            *word = StackRef::new(item);
        }
        let words = &few[..given.len()];
        let keywords = None;
        return bind::push(ts, function, namespace(f), &Arguments { words, keywords });
    }
    let mut words: Vec<StackRef> = positional
        .items()
        .iter()
        .map(|o| StackRef::owned(o.clone()))
        .collect();
    let mut names = Vec::new();
    if let Some(keywords) = keywords {
        let mut at = 0;
        while let Some((name, value, _)) = keywords.next(&mut at) {
            words.push(StackRef::owned(value));
            if !name.is::<PyUnicodeObject>() {
                words.iter().for_each(|word| word.close());
                function.close();
                return raise!(TypeError, "keywords must be strings");
            }
            names.push(name);
        }
    }
    let names = (!names.is_empty()).then(|| tuple::from_vec(names));
    bind::push(
        ts,
        function,
        namespace(f),
        &Arguments {
            words: &words,
            keywords: names.as_deref(),
        },
    )
}

// ---- Specialised: Python functions ----

/// Enters a function whose parameters are exactly the arguments on the stack.
#[inline(always)]
fn enter_exact<M: Manager>(
    r: &mut Regs<M>,
    function: StackRef<M>,
    oparg: u32,
    this: StackRef<M>,
) -> Flow {
    let depth = oparg as usize + 2;
    let with_self = usize::from(!this.is_null());
    let Some(callee) = bind::push_near(r.ts, function, oparg as usize + with_self) else {
        return Flow::Deopt;
    };
    if with_self != 0 {
        bind::set_argument(callee, 0, this);
    }
    bind::set_arguments(callee, with_self, r.top(oparg as usize));
    r.shrink(depth);
    // SAFETY: the frame was just made ready for this.
    unsafe { r.enter(callee, AFTER_CALL) };
    Flow::Next
}

/// Whether the callable is a function of so many parameters, whichever it is, and may be entered.
#[inline(always)]
fn exact<M: Manager>(r: &Regs<M>, callable: &Obj, arguments: usize) -> bool {
    let Some(f) = callable.downcast_exact::<PyFunctionObject>() else {
        return false;
    };
    specialize::takes_exactly(f, arguments) && r.ts.base.py_recursion_remaining.get() > 1
}

#[inline(always)]
pub fn call_py_exact_args<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let depth = oparg as usize + 2;
    let (function, this) = (r.peek(depth), r.peek(depth - 1));
    if !exact(
        r,
        function.obj(),
        oparg as usize + usize::from(!this.is_null()),
    ) {
        return Flow::Deopt;
    }
    enter_exact(r, function, oparg, this)
}

#[inline(always)]
pub fn call_bound_method_exact_args<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let depth = oparg as usize + 2;
    let word = r.peek(depth);
    if !r.peek(depth - 1).is_null() {
        return Flow::Deopt;
    }
    let Some(method) = word.obj().downcast_exact::<PyMethodObject>() else {
        return Flow::Deopt;
    };
    // SAFETY: a method has both.
    let (function, this) = unsafe { (&*method.im_func.get(), &*method.im_self.get()) };
    if !exact(r, function, oparg as usize + 1) {
        return Flow::Deopt;
    }
    let (function, this) = (StackRef::new(function), StackRef::new(this));
    let flow = enter_exact(r, function, oparg, this);
    if flow == Flow::Deopt {
        function.close();
        this.close();
    } else {
        word.close();
    }
    flow
}

/// The generic form does what these do, with checks that cost little beside binding.
#[inline(always)]
pub fn call_py_general<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    Flow::Deopt
}

#[inline(always)]
pub fn call_bound_method_general<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    Flow::Deopt
}

#[inline(always)]
pub fn call_non_py_general<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    Flow::Deopt
}

#[inline(always)]
pub fn call_kw_bound_method<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    Flow::Deopt
}

#[inline(always)]
pub fn call_kw_py<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    Flow::Deopt
}

#[inline(always)]
pub fn call_kw_non_py<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    Flow::Deopt
}

// ---- Specialised: native functions ----

/// What a C function returned.
#[inline(always)]
fn finish_c<M: Manager>(r: &mut Regs<M>, depth: usize, result: *mut PyObject) -> Flow {
    // SAFETY: a C function returns an owned reference, or null with an error set.
    let result = unsafe { err::from_owned(result) };
    finish_native(r, depth, result)
}

/// The row and `self` of a builtin function with these flags.
#[inline(always)]
fn builtin(callable: &Obj, flags: i32) -> Option<(&PyCFunctionObject, &PyMethodDef)> {
    // C's static methods get no self.
    const KIND: i32 = METH_VARARGS
        | METH_FASTCALL
        | METH_NOARGS
        | METH_O
        | METH_KEYWORDS
        | METH_METHOD
        | METH_STATIC;
    let f: &PyCFunctionObject = callable.downcast_exact()?;
    // SAFETY: a builtin function's row outlives it.
    let row = unsafe { &*f.m_ml.get() };
    if row.ml_flags & KIND == flags {
        Some((f, row))
    } else {
        None
    }
}

#[inline(always)]
pub fn call_builtin_o<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let depth = oparg as usize + 2;
    if arguments(r, depth, 0).len() != 1 {
        return Flow::Deopt;
    }
    let Some((f, row)) = builtin(r.obj(depth), METH_O) else {
        return Flow::Deopt;
    };
    let argument = arguments(r, depth, 0)[0].as_ptr();
    // SAFETY: METH_O says how the function is called.
    let result = unsafe { function::as_o(row)(f.m_self.get(), argument) };
    finish_c(r, depth, result)
}

#[inline(always)]
pub fn call_builtin_fast<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let depth = oparg as usize + 2;
    let Some((f, row)) = builtin(r.obj(depth), METH_FASTCALL) else {
        return Flow::Deopt;
    };
    let words = arguments(r, depth, 0);
    // SAFETY: METH_FASTCALL says how the function is called.
    let result = with_objects(words, |objects| unsafe {
        function::as_fast(row)(f.m_self.get(), objects, words.len() as isize)
    });
    finish_c(r, depth, result)
}

#[inline(always)]
pub fn call_builtin_fast_with_keywords<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let depth = oparg as usize + 2;
    let Some((f, row)) = builtin(r.obj(depth), METH_FASTCALL | METH_KEYWORDS) else {
        return Flow::Deopt;
    };
    let words = arguments(r, depth, 0);
    let result = with_objects(words, |objects| {
        // SAFETY: the flags say how the function is called.
        unsafe {
            function::as_fast_kw(row)(
                f.m_self.get(),
                objects,
                words.len() as isize,
                core::ptr::null_mut(),
            )
        }
    });
    finish_c(r, depth, result)
}

/// A type with its own vectorcall.
#[inline(always)]
pub fn call_builtin_class<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let depth = oparg as usize + 2;
    let Some(tp) = r.obj(depth).downcast::<PyTypeObject>() else {
        return Flow::Deopt;
    };
    let Some(vectorcall) = tp.tp_vectorcall.get() else {
        return Flow::Deopt;
    };
    let words = arguments(r, depth, 0);
    let this = tp.as_obj().as_ptr();
    let result = with_objects(words, |objects| {
        // SAFETY: the vectorcall protocol.
        unsafe {
            vectorcall(
                this,
                objects,
                words.len() | PY_VECTORCALL_ARGUMENTS_OFFSET,
                core::ptr::null_mut(),
            )
        }
    });
    finish_c(r, depth, result)
}

/// The row of a method descriptor with these flags, if the first argument is an instance of its type.
#[inline(always)]
fn method<'a, M>(callable: &'a Obj, flags: i32, words: &[StackRef<M>]) -> Option<&'a PyMethodDef> {
    const KIND: i32 =
        METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O | METH_KEYWORDS | METH_METHOD;
    let descriptor: &PyMethodDescrObject = callable.downcast_exact()?;
    // SAFETY: a descriptor's row outlives it.
    let row = unsafe { &*descriptor.d_method.get() };
    let this = words.first()?;
    let right = core::ptr::eq(this.obj().ty(), descriptor.d_common.d_type.get());
    if row.ml_flags & KIND == flags && right {
        Some(row)
    } else {
        None
    }
}

#[inline(always)]
pub fn call_method_descriptor_o<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let depth = oparg as usize + 2;
    let words = arguments(r, depth, 0);
    if words.len() != 2 {
        return Flow::Deopt;
    }
    let Some(row) = method(r.obj(depth), METH_O, words) else {
        return Flow::Deopt;
    };
    // SAFETY: METH_O says how the method is called.
    let result = unsafe { function::as_o(row)(words[0].as_ptr(), words[1].as_ptr()) };
    finish_c(r, depth, result)
}

#[inline(always)]
pub fn call_method_descriptor_noargs<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let depth = oparg as usize + 2;
    let words = arguments(r, depth, 0);
    if words.len() != 1 {
        return Flow::Deopt;
    }
    let Some(row) = method(r.obj(depth), METH_NOARGS, words) else {
        return Flow::Deopt;
    };
    // SAFETY: METH_NOARGS says how the method is called.
    let result = unsafe { function::as_o(row)(words[0].as_ptr(), core::ptr::null_mut()) };
    finish_c(r, depth, result)
}

#[inline(always)]
pub fn call_method_descriptor_fast<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let depth = oparg as usize + 2;
    let words = arguments(r, depth, 0);
    let Some(row) = method(r.obj(depth), METH_FASTCALL, words) else {
        return Flow::Deopt;
    };
    let (this, rest) = (words[0].as_ptr(), &words[1..]);
    // SAFETY: METH_FASTCALL says how the method is called.
    let result = with_objects(rest, |objects| unsafe {
        function::as_fast(row)(this, objects, rest.len() as isize)
    });
    finish_c(r, depth, result)
}

#[inline(always)]
pub fn call_method_descriptor_fast_with_keywords<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let depth = oparg as usize + 2;
    let words = arguments(r, depth, 0);
    let Some(row) = method(r.obj(depth), METH_FASTCALL | METH_KEYWORDS, words) else {
        return Flow::Deopt;
    };
    let (this, rest) = (words[0].as_ptr(), &words[1..]);
    let result = with_objects(rest, |objects| {
        // SAFETY: the flags say how the method is called.
        unsafe {
            function::as_fast_kw(row)(this, objects, rest.len() as isize, core::ptr::null_mut())
        }
    });
    finish_c(r, depth, result)
}

// ---- Specialised: particular builtins. The cache holds the address of the function's row, which is never another's. ----

#[inline(always)]
fn is_cached_function<M: Manager>(r: &Regs<M>, callable: &Obj) -> bool {
    callable
        .downcast_exact::<PyCFunctionObject>()
        .is_some_and(|f| f.m_ml.get() as usize == r.cache(caches::CALL).extra.get())
}

#[inline(always)]
fn is_cached_method<M: Manager>(r: &Regs<M>, callable: &Obj) -> bool {
    callable
        .downcast_exact::<PyMethodDescrObject>()
        .is_some_and(|d| d.d_method.get() as usize == r.cache(caches::CALL).extra.get())
}

#[inline(always)]
pub fn call_len<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if !r.peek(2).is_null() || !is_cached_function(r, r.obj(3)) {
        return Flow::Deopt;
    }
    let result = object::length(r.obj(1)).map(|length| int::from_i64(length as i64).into_obj());
    r.finish(3, result)
}

#[inline(always)]
pub fn call_isinstance<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if oparg != 2 || !r.peek(3).is_null() || !is_cached_function(r, r.obj(4)) {
        return Flow::Deopt;
    }
    let result = object::is_instance(r.obj(2), r.obj(1));
    r.finish_bool(4, result)
}

#[inline(always)]
pub fn call_type_1<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if oparg != 1 || !r.peek(2).is_null() || !r.peek(3).is(PyType_Type.as_obj()) {
        return Flow::Deopt;
    }
    let tp = StackRef::new(r.obj(1).ty().as_obj());
    r.replace(3, tp);
    Flow::Next
}

#[inline(always)]
pub fn call_str_1<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if oparg != 1 || !r.peek(2).is_null() || !r.peek(3).is(PyUnicode_Type.as_obj()) {
        return Flow::Deopt;
    }
    let result = object::str(r.obj(1)).map(Ref::into_obj);
    finish_native(r, 3, result)
}

#[inline(always)]
pub fn call_tuple_1<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if oparg != 1 || !r.peek(2).is_null() || !r.peek(3).is(PyTuple_Type.as_obj()) {
        return Flow::Deopt;
    }
    let result = tuple::from_iterable(r.obj(1)).map(Ref::into_obj);
    finish_native(r, 3, result)
}

/// `items.append(x)`, with the `POP_TOP` that follows.
#[inline(always)]
pub fn call_list_append<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if oparg != 1 || !is_cached_method(r, r.obj(3)) || r.peek(2).is_null() {
        return Flow::Deopt;
    }
    let Some(list) = r.obj(2).downcast_exact::<PyListObject>() else {
        return Flow::Deopt;
    };
    let value = r.pop_ref();
    list::push_quietly(list, value);
    r.drop(2);
    r.jump(1);
    Flow::Next
}

/// A class whose `__init__` is a Python function: allocates the instance, and enters `__init__` above a frame that checks
/// what it returns.
#[inline(always)]
pub fn call_alloc_and_enter_init<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let depth = oparg as usize + 2;
    let cache = r.cache(caches::CALL);
    if !r.peek(depth - 1).is_null() || r.ts.base.py_recursion_remaining.get() <= 2 {
        return Flow::Deopt;
    }
    let Some(tp) = r.obj(depth).downcast::<PyTypeObject>() else {
        return Flow::Deopt;
    };
    if tp.tp_version_tag.get() != cache.version.get() {
        return Flow::Deopt;
    }
    // SAFETY: the type, unchanged, holds the function.
    let init: &PyFunctionObject = unsafe { &*cache.object.get().cast() };
    if init.func_version.get() != cache.second_version.get() {
        return Flow::Deopt;
    }
    let Ok(instance) = type_alloc(tp, 0) else {
        return Flow::Error;
    };
    let Ok(shim) = super::eval::push_init_check(r.ts, &instance) else {
        return Flow::Error;
    };
    let callable = r.peek(depth);
    r.frame().return_offset = AFTER_CALL as u16;
    let function = StackRef::<M>::new(init.as_obj());
    let words = r.top(oparg as usize);
    r.shrink(depth);
    // SAFETY: the frame was just made ready for this.
    unsafe { r.enter(shim, AFTER_CALL) };
    let Ok(callee) = bind::push_exact(r.ts, function, oparg as usize + 1) else {
        return Flow::Error;
    };
    bind::set_argument(callee, 0, StackRef::<M>::owned(instance));
    for (index, word) in words.iter().enumerate() {
        bind::set_argument(callee, index + 1, *word);
    }
    // SAFETY: the frame was just made ready for this.
    unsafe { r.enter(callee, 0) };
    callable.close();
    Flow::Next
}

/// In the frame below `__init__`: the instance is the value, whatever else was returned is an error.
#[inline(always)]
pub fn exit_init_check<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let value = r.peek(1);
    if value.is(NONE()) {
        r.drop(1);
        return Flow::Next;
    }
    let _: Raised = err::new(
        &err::exc::TypeError,
        format_args!(
            "__init__() should return None, not '{}'",
            value.obj().tp_name()
        ),
    );
    Flow::Error
}

// ---- Making functions ----

#[inline(always)]
pub fn make_function<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    // SAFETY: the compiler puts a code object there.
    let code: &PyCodeObject = unsafe { r.obj(1).cast() };
    let result = function::new(code, r.frame().globals(), None).map(Ref::into_obj);
    r.finish(1, result)
}

/// The argument says which attribute the value below the function is for.
#[inline(always)]
pub fn set_function_attribute<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    // SAFETY: the compiler puts a function there.
    let f: &PyFunctionObject = unsafe { r.obj(1).cast() };
    let value = r.peek(2).into_ref();
    let field = match oparg {
        1 => &f.func_defaults,
        2 => &f.func_kwdefaults,
        4 => &f.func_annotations,
        8 => &f.func_closure,
        _ => &f.func_annotate,
    };
    field.set_ref(Some(value));
    let function = r.peek(1);
    r.poke(2, function);
    r.shrink(1);
    Flow::Next
}
