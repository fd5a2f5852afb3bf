//! Errors that nobody can catch: raised in finalisers, callbacks and at shutdown, and handed to `sys.unraisablehook`.

use crate::err;
use crate::object::*;
use crate::protocol::call;
use crate::runtime;
use crate::types::exceptions::traceback_of;
use crate::types::str_;

/// Reports the error that is set, and clears it. `context` is what was running, `msg` what to say instead of
/// "Exception ignored in".
pub fn report(context: Option<&Obj>, msg: Option<&str>) {
    let Some(exception) = err::take() else { return };
    if traceback_of(&exception).is_none() {
        crate::types::traceback::begin_here(&exception);
    }
    let hook = runtime::sys_attribute("unraisablehook").filter(|h| !h.is_none());
    if let Some(hook) = hook {
        let message = msg.map_or_else(none, |m| str_::new(m).into_obj());
        let object = context.map_or_else(none, Obj::new_ref);
        let traceback = traceback_of(&exception).unwrap_or_else(none);
        let fields: [(&str, &Obj); 5] = [
            ("exc_type", exception.ty().as_obj()),
            ("exc_value", &exception),
            ("exc_traceback", &traceback),
            ("err_msg", &message),
            ("object", &object),
        ];
        let told = crate::sys::unraisable_args(&fields).and_then(|args| call::call1(&hook, &args));
        if told.is_ok() {
            return;
        }
        // The hook itself failed: both errors go to the standard error, by our own means.
        let hook_error = err::take();
        if let Some(e) = hook_error {
            write_natively(
                Some("Exception ignored in sys.unraisablehook"),
                Some(&hook),
                &e,
            );
        }
    }
    write_natively(msg, context, &exception);
}

/// Writes the report to `sys.stderr`, as the default hook does.
pub fn write_natively(msg: Option<&str>, context: Option<&Obj>, exception: &Obj) {
    let head = match (msg, context.filter(|c| !c.is_none())) {
        (Some(m), Some(c)) => format!("{m}: {}\n", repr_lossy(c)),
        (Some(m), None) => format!("{m}:\n"),
        (None, Some(c)) => format!("Exception ignored in: {}\n", repr_lossy(c)),
        (None, None) => String::new(),
    };
    crate::err_display::write_stderr(&head);
    crate::err_display::write_exception(exception);
}
