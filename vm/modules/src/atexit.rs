//! `atexit`: functions to call at shutdown.

use layout::*;

use vm::at_exit::{self, Entry};
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::type_::CompareOp;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "atexit",
    methods: METHODS,
    exec: |_| Ok(()),
};

static METHODS: &[PyMethodDef] = &[
    varargs_kw!("register", register, "($module, func, /, *args, **kwargs)"),
    noargs!("_clear", clear, "($module, /)"),
    o!("unregister", unregister, "($module, func, /)"),
    noargs!("_run_exitfuncs", run_exitfuncs, "($module, /)"),
    noargs!(
        "_ncallbacks",
        |_: &Obj| Ok(at_exit::count()),
        "($module, /)"
    ),
];

fn register(_: &Obj, args: Args<'_>) -> Result {
    let Some((function, rest)) = args.positional.split_first() else {
        return raise!(TypeError, "register() takes at least 1 argument (0 given)");
    };
    if !object::is_callable(function) {
        return raise!(TypeError, "the first argument must be callable");
    }
    let rest = Args {
        positional: rest,
        keyword_values: args.keyword_values,
        names: args.names,
    };
    let (args, kwargs) = call::to_tuple_and_dict(&rest)?;
    at_exit::register(Entry {
        function: function.new_ref(),
        args,
        kwargs,
    });
    Ok(function.new_ref())
}

fn clear(_: &Obj) -> Result<()> {
    at_exit::clear();
    Ok(())
}

fn unregister(_: &Obj, function: &Obj) -> Result<()> {
    let entries = at_exit::take();
    let mut kept = Vec::with_capacity(entries.len());
    let mut failed = Ok(());
    for entry in entries {
        // A comparison may raise: what is left then stays.
        let same = match &failed {
            Ok(()) => object::rich_compare_bool(&entry.function, function, CompareOp::Eq),
            Err(_) => Ok(false),
        };
        match same {
            Ok(true) => {}
            Ok(false) => kept.push(entry),
            Err(raised) => {
                failed = Err(raised);
                kept.push(entry);
            }
        }
    }
    at_exit::put_back(kept);
    failed
}

fn run_exitfuncs(_: &Obj) -> Result<()> {
    at_exit::run();
    Ok(())
}
