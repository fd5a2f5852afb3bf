//! The exceptions that instructions raise themselves, in CPython's words.

use layout::*;

use super::Flow;
use crate::code;
use crate::err::{self, Raised, exc};
use crate::object::*;
use crate::raise;

/// `NameError` with its attribute `name`.
#[cold]
#[inline(never)]
fn name_error(tp: &PyTypeObject, name: &Obj, message: core::fmt::Arguments<'_>) -> Raised {
    let raised = err::new(tp, message);
    if let Some(exception) = err::current()
        && let Some(e) = exception.downcast::<PyNameErrorObject>()
        && e.name.get().is_null()
    {
        e.name.set_ref(Some(name.new_ref()));
    }
    raised
}

#[cold]
#[inline(never)]
pub fn not_defined(name: &Obj) -> Raised {
    name_error(
        &exc::NameError,
        name,
        format_args!("name '{}' is not defined", str_lossy(name)),
    )
}

#[cold]
#[inline(never)]
pub fn unbound_local(code: &PyCodeObject, index: u32) -> Flow {
    let name = code::type_::variable_name(code, index as usize);
    let _ = unbound_local_name(&name);
    Flow::Error
}

fn unbound_local_name(name: &Obj) -> Raised {
    name_error(
        &exc::UnboundLocalError,
        name,
        format_args!(
            "cannot access local variable '{}' where it is not associated with a value",
            str_lossy(name)
        ),
    )
}

/// For a cell without a value: whose cell it is makes two messages.
#[cold]
#[inline(never)]
pub fn unbound_cell(code: &PyCodeObject, index: u32) -> Raised {
    let name = code::type_::variable_name(code, index as usize);
    let own = (index as i32) < code.co_nlocalsplus.get() - code.co_nfreevars.get();
    if own {
        return unbound_local_name(&name);
    }
    name_error(
        &exc::NameError,
        &name,
        format_args!(
            "cannot access free variable '{}' where it is not associated with a value in enclosing scope",
            str_lossy(&name)
        ),
    )
}

/// How messages name a callable: its module-qualified name and parentheses, or its `str`.
pub fn function_str(callable: &Obj) -> String {
    use crate::protocol::object::{getattr_opt, getattr_str};
    err::preserved(|| {
        let Ok(qualname) = getattr_str(callable, "__qualname__") else {
            err::clear();
            return str_lossy(callable);
        };
        let module = match getattr_opt(callable, crate::intern!("__module__")) {
            Ok(module) => module,
            Err(_) => {
                err::clear();
                None
            }
        };
        match module {
            Some(m) if !m.is_none() && str_lossy(&m) != "builtins" => {
                format!("{}.{}()", str_lossy(&m), str_lossy(&qualname))
            }
            _ => format!("{}()", str_lossy(&qualname)),
        }
    })
}

/// What went wrong while `**mapping` was merged into the keyword arguments of a call.
#[cold]
#[inline(never)]
pub fn bad_keywords(callable: &Obj, mapping: &Obj) -> Raised {
    if err::matches(&exc::AttributeError) {
        err::clear();
        return err::new(
            &exc::TypeError,
            format_args!(
                "{} argument after ** must be a mapping, not {}",
                function_str(callable),
                mapping.tp_name()
            ),
        );
    }
    if err::matches(&exc::KeyError)
        && let Some(exception) = err::take()
    {
        let key = exception
            .downcast::<PyBaseExceptionObject>()
            .and_then(|e| e.args.borrow_obj())
            .and_then(|args| args.downcast::<PyTupleObject>())
            .filter(|args| args.ob_base.ob_size.get() == 1)
            // SAFETY: the tuple has one item.
            .map(|args| unsafe { code::item(args, 0) }.new_ref());
        return match key {
            Some(key) => err::new(
                &exc::TypeError,
                format_args!(
                    "{} got multiple values for keyword argument '{}'",
                    function_str(callable),
                    str_lossy(&key)
                ),
            ),
            None => err::reraise(exception),
        };
    }
    Raised::assume()
}

/// For `f(*x)` where `x` cannot be iterated over.
#[cold]
#[inline(never)]
pub fn bad_star_arguments(callable: &Obj, arguments: &Obj) -> Option<Raised> {
    let iterable = arguments.ty().tp_iter.get().is_some() || is_sequence(arguments);
    (!iterable).then(|| {
        err::new(
            &exc::TypeError,
            format_args!(
                "{} argument after * must be an iterable, not {}",
                function_str(callable),
                arguments.tp_name()
            ),
        )
    })
}

/// Whether the type has the old iteration protocol.
pub fn is_sequence(o: &Obj) -> bool {
    if has_flag(o.ty(), Py_TPFLAGS_DICT_SUBCLASS) {
        return false;
    }
    // SAFETY: null or a static table of the type.
    unsafe { o.ty().tp_as_sequence.get().as_ref() }.is_some_and(|s| s.sq_item.get().is_some())
}

/// For a star in a display: replaces the iteration's `TypeError`.
#[cold]
#[inline(never)]
pub fn bad_star_value(value: &Obj, raised: Raised) -> Raised {
    if err::matches(&exc::TypeError) && value.ty().tp_iter.get().is_none() && !is_sequence(value) {
        err::clear();
        return err::new(
            &exc::TypeError,
            format_args!("Value after * must be an iterable, not {}", value.tp_name()),
        );
    }
    raised
}

/// For what has no place: an operation that needs a namespace in a function.
#[cold]
pub fn no_locals<T>(doing: &str) -> err::Result<T> {
    raise!(SystemError, "no locals{}", doing)
}
