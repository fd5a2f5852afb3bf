//! `_asyncio`: futures and tasks, and what of the event loop is asked at every step.
//!
//! The loop itself is Python's. What runs in a thread (its loop and its task) is in the thread's state; which tasks
//! there are, in [`registry`].

mod awaited;
mod future;
mod future_attributes;
mod future_iter;
mod imports;
mod outcome;
mod registry;
mod running;
mod step;
mod task;
mod task_methods;

use crate::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_asyncio",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    noargs!(
        "get_event_loop",
        |_: &Obj| running::get_event_loop(),
        "($module, /)"
    ),
    noargs!(
        "get_running_loop",
        |_: &Obj| running::require(),
        "($module, /)"
    ),
    noargs!(
        "_get_running_loop",
        |_: &Obj| Ok(running::current()),
        "($module, /)"
    ),
    o!(
        "_set_running_loop",
        |_: &Obj, l: &Obj| running::set(l),
        "($module, loop, /)"
    ),
    keywords!(
        "_register_task",
        |_: &Obj, [t]: [Option<&Obj>; 1]| registry::register(required(t)),
        "($module, /, task)"
    ),
    keywords!(
        "_register_eager_task",
        |_: &Obj, [t]: [Option<&Obj>; 1]| registry::register_eager(required(t)),
        "($module, /, task)"
    ),
    keywords!(
        "_unregister_task",
        |_: &Obj, [t]: [Option<&Obj>; 1]| registry::unregister(required(t)),
        "($module, /, task)"
    ),
    keywords!(
        "_unregister_eager_task",
        |_: &Obj, [t]: [Option<&Obj>; 1]| registry::unregister_eager(required(t)),
        "($module, /, task)"
    ),
    keywords!(
        "_enter_task",
        |_: &Obj, [l, t]: [Option<&Obj>; 2]| running::enter_task(required(l), required(t)),
        "($module, /, loop, task)"
    ),
    keywords!(
        "_leave_task",
        |_: &Obj, [l, t]: [Option<&Obj>; 2]| running::leave_task(required(l), required(t)),
        "($module, /, loop, task)"
    ),
    keywords!(
        "_swap_current_task",
        |_: &Obj, [l, t]: [Option<&Obj>; 2]| running::swap_task(required(l), required(t)),
        "($module, /, loop, task)"
    ),
    keywords!(
        "current_task",
        |_: &Obj, [l]: [Option<&Obj>; 1]| running::current_task(l),
        "($module, /, loop=None)"
    ),
    keywords!(
        "all_tasks",
        |_: &Obj, [l]: [Option<&Obj>; 1]| registry::all_tasks(l),
        "($module, /, loop=None)"
    ),
    fastcall!(
        "future_add_to_awaited_by",
        |_: &Obj, args: &[&Obj]| awaited::pair("future_add_to_awaited_by", args, awaited::add),
        "($module, fut, waiter, /)"
    ),
    fastcall!(
        "future_discard_from_awaited_by",
        |_: &Obj, args: &[&Obj]| awaited::pair(
            "future_discard_from_awaited_by",
            args,
            awaited::discard
        ),
        "($module, fut, waiter, /)"
    ),
];

fn exec(m: &Obj) -> Result<()> {
    declare((
        &future_iter::FUTURE_ITER,
        c"_asyncio.FutureIter",
        future_iter::define,
    ))?;
    declare((&step::STEP, c"_asyncio.TaskStepMethWrapper", step::define))?;
    add_types(
        m,
        &[
            (&future::FUTURE, c"_asyncio.Future", future::define),
            (&task::TASK, c"_asyncio.Task", task::define),
        ],
    )
}
