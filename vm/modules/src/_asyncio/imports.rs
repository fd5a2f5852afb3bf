//! What this module uses of the library's Python modules.

use crate::imported::imported;
use crate::prelude::*;

imported! {
    CANCELLED_ERROR = "asyncio.exceptions" "CancelledError";
    INVALID_STATE_ERROR = "asyncio.exceptions" "InvalidStateError";
    EVENT_LOOP_POLICY = "asyncio.events" "_get_event_loop_policy";
    FUTURE_REPR = "asyncio.base_futures" "_future_repr";
    TASK_REPR = "asyncio.base_tasks" "_task_repr";
    TASK_GET_STACK = "asyncio.base_tasks" "_task_get_stack";
    TASK_PRINT_STACK = "asyncio.base_tasks" "_task_print_stack";
    IS_COROUTINE = "asyncio.coroutines" "iscoroutine";
    EXTRACT_STACK = "traceback" "extract_stack";
    WEAK_SET = "weakref" "WeakSet";
}

/// Raises `asyncio.InvalidStateError`.
#[cold]
pub fn invalid_state(message: &str) -> err::Raised {
    match INVALID_STATE_ERROR.get() {
        Ok(class) => match class.downcast::<PyTypeObject>() {
            Some(class) => err::set_object(class, str_::new(message).as_obj()),
            None => err::new(
                &exc::TypeError,
                format_args!("InvalidStateError is not a class"),
            ),
        },
        Err(raised) => raised,
    }
}

/// Whether an exception is an `asyncio.CancelledError`.
pub fn is_cancelled_error(e: &Obj) -> Result<bool> {
    let class = CANCELLED_ERROR.get()?;
    Ok(class
        .downcast::<PyTypeObject>()
        .is_some_and(|class| is_instance_of(e, class)))
}
