//! `localcontext`: a context for the body of a `with` statement.

use super::context::{self, Context};
use super::current;
use crate::prelude::*;

/// What the `with` statement enters.
#[repr(C)]
pub struct Local {
    ob_base: PyObject,
    new: Slot,
    before: Slot,
}

static_type!(Local, LOCAL);

static METHODS: &[PyMethodDef] = &[
    noargs!(
        "__enter__",
        |l: &Local| {
            current::set(held(&l.new))?;
            Ok(l.new.get())
        },
        "($self, /)"
    ),
    fastcall!(
        "__exit__",
        |l: &Local, _: &[&Obj]| {
            current::set(held(&l.before))?;
            Ok(false)
        },
        ""
    ),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Local>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<Local>()
        .tp_traverse(|l: &Local, v: &mut Visitor| {
            v.slot(&l.new)?;
            v.slot(&l.before)
        })
        .new_disallowed()
        .generic_attributes()
        .methods(METHODS);
}

/// `localcontext(ctx=None, **kwargs)`
pub fn localcontext(_: &Obj, args: Args<'_>) -> Result {
    let before = current::get()?;
    args::expect("localcontext", args.positional, 0..=1)?;
    let mut ctx = args.positional.first().copied();
    for (name, value) in args.keywords() {
        if str_::same_text(name, "ctx") {
            ctx = Some(value);
        }
    }
    let given = match ctx.filter(|c| !c.is_none()) {
        None => before.clone(),
        Some(c) => c.new_ref(),
    };
    let Some(c) = given.downcast::<Context>() else {
        return raise!(TypeError, "optional argument must be a context");
    };
    let new = context::copy(c)?;
    for (name, value) in args.keywords() {
        if !str_::same_text(name, "ctx") {
            context::set_by_name(&new, name, value)?;
        }
    }
    let local = Local {
        ob_base: header(),
        new: new.into_obj().into(),
        before: before.into(),
    };
    Ok(create(&LOCAL, local)?.into_obj())
}
