//! The hooks of `sys`: what shows a value at the prompt, an uncaught error, an unraisable one; audit events; exceptions
//! being handled.

use core::cell::RefCell;
use core::ptr;

use layout::*;

use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::err_display;
use crate::import;
use crate::intern;
use crate::method::Args;
use crate::object::*;
use crate::protocol::{call, object};
use crate::runtime;
use crate::state;
use crate::types::exceptions::traceback_of;
use crate::types::str_::{self, StrExt as _};
use crate::types::tuple::TupleExt as _;
use crate::types::{structseq, tuple};

// ---- Audit events ----

struct AuditHooks(RefCell<Vec<Ref>>);

// SAFETY: touched under the global interpreter lock.
unsafe impl Sync for AuditHooks {}

static AUDIT_HOOKS: AuditHooks = AuditHooks(RefCell::new(Vec::new()));

/// Tells the audit hooks of an event; what they raise ends the operation.
#[inline]
pub fn audit_event(event: &str, args: &[&Obj]) -> Result<()> {
    if AUDIT_HOOKS.0.borrow().is_empty() {
        return Ok(());
    }
    tell_audit_hooks(str_::new(event).as_obj(), tuple::from_slice(args).as_obj())
}

#[cold]
fn tell_audit_hooks(event: &Obj, args: &Obj) -> Result<()> {
    let hooks = AUDIT_HOOKS.0.borrow().clone();
    let tracing = &state::current().base.tracing;
    for hook in hooks {
        let can_trace = match object::getattr_opt(&hook, intern!("__cantrace__"))? {
            Some(answer) => object::is_true(&answer)?,
            None => false,
        };
        let step = i32::from(!can_trace);
        tracing.set(tracing.get() + step);
        let answer = call::call(&hook, &[event, args]);
        tracing.set(tracing.get() - step);
        answer?;
    }
    Ok(())
}

/// Adds a hook, if those there are agree.
pub fn addaudithook(_: &Obj, [hook]: [Option<&Obj>; 1]) -> Result<()> {
    let hook = hook.expect("required");
    if audit_event("sys.addaudithook", &[]).is_err() {
        return if err::clear_if(&exc::Exception) {
            Ok(())
        } else {
            Err(err::Raised::assume())
        };
    }
    AUDIT_HOOKS.0.borrow_mut().push(hook.new_ref());
    Ok(())
}

pub fn audit(_: &Obj, args: &[&Obj]) -> Result<()> {
    let Some((event, rest)) = args.split_first() else {
        return raise!(TypeError, "audit expected at least 1 argument, got 0");
    };
    audit_event(args::to_str("audit() argument 1", event)?, rest)
}

// ---- Showing values and errors ----

/// `sys.displayhook`: prints a value other than None and keeps it as `builtins._`.
pub fn displayhook(_: &Obj, o: &Obj) -> Result<()> {
    if runtime::modules_get("builtins").is_none() {
        return raise!(RuntimeError, "lost builtins module");
    }
    if o.is_none() {
        return Ok(());
    }
    let builtins = runtime::builtins();
    object::setattr(builtins, intern!("_"), Some(NONE()))?;
    let Some(out) = runtime::sys_attribute("stdout").filter(|f| !f.is_none()) else {
        return raise!(RuntimeError, "lost sys.stdout");
    };
    let shown = object::repr(o)?;
    if let Err(raised) = call::call_method(&out, "write", &[&shown]) {
        if !err::clear_if(&exc::UnicodeEncodeError) {
            return Err(raised);
        }
        write_escaped(&out, &shown)?;
    }
    call::call_method(&out, "write", &[intern!("\n")])?;
    object::setattr(builtins, intern!("_"), Some(o))
}

/// Writes text with escapes for what the stream's encoding lacks.
fn write_escaped(out: &Obj, shown: &Obj) -> Result<()> {
    let encoding = object::getattr_str(out, "encoding")?;
    let encoded = call::call_method(shown, "encode", &[&encoding, intern!("backslashreplace")])?;
    if let Some(buffer) = object::getattr_opt(out, intern!("buffer"))? {
        return call::call_method(&buffer, "write", &[&encoded]).map(drop);
    }
    let escaped = call::call_method(&encoded, "decode", &[&encoding, intern!("strict")])?;
    call::call_method(out, "write", &[&escaped]).map(drop)
}

/// `sys.excepthook`: prints an exception with its traceback.
pub fn excepthook(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("excepthook", args, 3..=3)?;
    let (value, tb) = (args[1], args[2]);
    if !value.is::<PyBaseExceptionObject>() {
        err_display::write_stderr(&format!(
            "TypeError: print_exception(): Exception expected for value, {} found\n",
            value.tp_name()
        ));
        return Ok(());
    }
    attach_traceback(value, tb);
    err_display::write_exception(value);
    Ok(())
}

/// Gives an exception without traceback the one that came along with it.
fn attach_traceback(value: &Obj, tb: &Obj) {
    if tb.is::<PyTracebackObject>() && traceback_of(value).is_none() {
        crate::types::exceptions::base::base(value)
            .traceback
            .set_ref(Some(tb.new_ref()));
    }
}

static UNRAISABLE_ARGS: Global<Option<&'static PyTypeObject>> = Global::new(None);

fn unraisable_type() -> Result<&'static PyTypeObject> {
    if let Some(tp) = UNRAISABLE_ARGS.get() {
        return Ok(tp);
    }
    let fields = [
        "exc_type",
        "exc_value",
        "exc_traceback",
        "err_msg",
        "object",
    ];
    let tp = structseq::new_type("UnraisableHookArgs", &fields, fields.len())?;
    UNRAISABLE_ARGS.set(Some(tp));
    Ok(tp)
}

/// The argument of `sys.unraisablehook`; the fields are in its order.
pub fn unraisable_args(fields: &[(&str, &Obj); 5]) -> Result {
    let values = fields.iter().map(|(_, value)| value.new_ref()).collect();
    Ok(structseq::new(unraisable_type()?, values)?.into_obj())
}

/// `sys.unraisablehook`.
pub fn unraisablehook(_: &Obj, unraisable: &Obj) -> Result<()> {
    let Some(fields) = unraisable
        .downcast::<PyTupleObject>()
        .filter(|_| unraisable_type().is_ok_and(|tp| is_instance_of(unraisable, tp)))
    else {
        err::clear();
        return raise!(
            TypeError,
            "sys.unraisablehook argument type must be UnraisableHookArgs"
        );
    };
    let [_, value, tb, message, context] = fields.items() else {
        return Ok(());
    };
    let message = message
        .downcast::<PyUnicodeObject>()
        .map(|m| m.to_string_lossy());
    if !value.is::<PyBaseExceptionObject>() {
        return Ok(());
    }
    attach_traceback(value, tb);
    crate::unraisable::write_natively(message.as_deref(), Some(context), value);
    Ok(())
}

/// `sys.breakpointhook`: calls what `PYTHONBREAKPOINT` names.
pub fn breakpointhook(_: &Obj, args: Args<'_>) -> Result {
    let wanted = if runtime::config().ignore_environment {
        None
    } else {
        std::env::var("PYTHONBREAKPOINT").ok()
    };
    let wanted = wanted
        .filter(|w| !w.is_empty())
        .unwrap_or_else(|| "pdb.set_trace".to_owned());
    if wanted == "0" {
        return Ok(none());
    }
    let (module, attribute) = wanted.rsplit_once('.').unwrap_or(("builtins", &wanted));
    let module = if wanted.starts_with('.') && module.is_empty() {
        Err(())
    } else {
        Ok(module)
    };
    let found = match module {
        Ok(module) => import::import(module).and_then(|m| object::getattr_str(&m, attribute)),
        Err(()) => raise!(ImportError, "no module"),
    };
    let hook = match found {
        Ok(hook) => hook,
        Err(raised) => {
            if !err::clear_if(&exc::ImportError)
                && !err::clear_if(&exc::AttributeError)
                && !err::clear_if(&exc::ValueError)
            {
                return Err(raised);
            }
            let message = format!("Ignoring unimportable $PYTHONBREAKPOINT: \"{wanted}\"");
            crate::warn::warn(&exc::RuntimeWarning, 0, &message)?;
            return Ok(none());
        }
    };
    let names = args.names.map_or(ptr::null_mut(), AsObj::as_ptr);
    // SAFETY: the positional arguments and the keywords' values lie in one array, as the caller gave them.
    unsafe {
        call::vectorcall(
            &hook,
            args.positional.as_ptr().cast(),
            args.positional.len(),
            names,
        )
    }
}

// ---- Exceptions ----

/// `sys.exc_info()`.
pub fn exc_info(_: &Obj) -> Result {
    let Some(e) = err::handled() else {
        return Ok(tuple::from_array([none(), none(), none()]).into_obj());
    };
    let tb = traceback_of(&e).unwrap_or_else(none);
    Ok(tuple::from_array([e.ty().as_obj().new_ref(), e, tb]).into_obj())
}

/// `sys.exception()`.
pub fn exception(_: &Obj) -> Result<Option<Ref>> {
    Ok(err::handled())
}

/// `sys.exit()`.
pub fn exit(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("exit", args, 0..=1)?;
    Err(err::set_object(
        &exc::SystemExit,
        args.first().copied().unwrap_or(NONE()),
    ))
}
