//! `persistent_id` and `persistent_load`: methods that a program may also set as attributes of the one object.

use crate::prelude::*;
use vm::types::type_::attributes;

/// An attribute; the hook `name_of_hook` is what was set on the object, if anything was.
pub fn get(o: &Obj, hook: &Slot, name_of_hook: &str, name: &Obj) -> Result {
    if let Some(own) = hook.get()
        && str_::same_text(name, name_of_hook)
    {
        return Ok(own);
    }
    match attributes::generic_get(o, name, false)? {
        Some(value) => Ok(value),
        None => Err(attributes::missing(o, name)),
    }
}

/// Sets or deletes an attribute, the hook among them.
pub fn set(
    o: &Obj,
    hook: &Slot,
    name_of_hook: &str,
    name: &Obj,
    value: Option<&Obj>,
) -> Result<()> {
    if str_::same_text(name, name_of_hook) {
        hook.set(value.map(Obj::new_ref));
        return Ok(());
    }
    attributes::generic_set(o, name, value)
}
