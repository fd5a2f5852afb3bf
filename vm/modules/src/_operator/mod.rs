//! `_operator`: Python's operators as functions, and callables that get items, attributes or methods.

mod attrgetter;
mod compare_digest;

pub use compare_digest::compare_digest;
mod functions;
mod itemgetter;
mod methodcaller;

use crate::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_operator",
    methods: functions::METHODS,
    exec,
};

fn exec(m: &Obj) -> Result<()> {
    add_types(
        m,
        &[
            (
                &itemgetter::ITEMGETTER,
                c"operator.itemgetter",
                itemgetter::define,
            ),
            (
                &attrgetter::ATTRGETTER,
                c"operator.attrgetter",
                attrgetter::define,
            ),
            (
                &methodcaller::METHODCALLER,
                c"operator.methodcaller",
                methodcaller::define,
            ),
        ],
    )
}

/// `__text_signature__` of an instance: what calling it takes.
fn call_signature(_: &Obj) -> Result<&'static str> {
    Ok("(obj, /)")
}

/// The only argument of a getter's call.
fn only<'a>(name: &str, args: &Args<'a>) -> Result<&'a Obj> {
    if !args.keyword_values.is_empty() {
        return raise!(TypeError, "{name}() takes no keyword arguments");
    }
    args::expect(name, args.positional, 1..=1)?;
    Ok(args.positional[0])
}

/// `name(a, b=c)` for a repr.
fn described(o: &Obj, arguments: &[Ref], keywords: &[(Ref, Ref)]) -> Result {
    let Some(_guard) = repr_enter(o) else {
        return Ok(str_::new(&format!("{}(...)", o.tp_name())).into_obj());
    };
    let mut w = str_::Writer::new();
    w.push_str(o.tp_name());
    w.push_str("(");
    let mut separator = "";
    let mut push = |name: Option<&Ref>, value: &Ref| {
        w.push_str(core::mem::replace(&mut separator, ", "));
        if let Some(name) = name {
            push_text(&mut w, &*proto::str(name)?);
            w.push_str("=");
        }
        push_text(&mut w, &*proto::repr(value)?);
        Ok(())
    };
    for argument in arguments {
        push(None, argument)?;
    }
    for (name, value) in keywords {
        push(Some(name), value)?;
    }
    w.push_str(")");
    Ok(w.finish()?.into_obj())
}
