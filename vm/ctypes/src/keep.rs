//! What C data keeps alive: the instance that owns the memory has a dict (its `_objects`) of the objects that the memory
//! points to, each under a name that says where in the memory.

use crate::cdata::{self, CData};
use crate::prelude::*;
use std::fmt::Write as _;
use vm::types::dict::{self, DictExt as _};

/// The instance that owns the memory, with its `_objects` made.
fn container(c: &CData) -> Result<&CData> {
    let mut at = c;
    while let Some(base) = at.base.borrow() {
        at = cdata::expect(base);
    }
    if at.objects.borrow().is_none() {
        let made = if at.length() > 0 {
            dict::try_new()?.into_obj()
        } else {
            none()
        };
        at.objects.set(Some(made));
    }
    Ok(at)
}

/// The objects that the owner of an instance's memory keeps.
pub fn kept_by(c: &CData) -> Result {
    Ok(container(c)?.objects.get().unwrap_or_else(none))
}

/// As [`kept_by`], made a dict if the instance itself keeps nothing.
pub fn dict_of(c: &CData) -> Result<Option<Ref>> {
    container(c)?;
    if c.objects.borrow().is_some_and(Obj::is_none) {
        c.objects.set(Some(dict::try_new()?.into_obj()));
    }
    Ok(c.objects.get())
}

/// Names a place: its index in the instance, then the instance's index in its base, and so on.
fn name_of(c: &CData, index: isize) -> Result<String> {
    let mut name = format!("{:x}", index as i32);
    let mut at = c;
    while let Some(base) = at.base.borrow() {
        if name.len() > 239 {
            return raise!(ValueError, "ctypes object structure too deep");
        }
        let _ = write!(name, ":{:x}", at.index.get() as i32);
        at = cdata::expect(base);
    }
    Ok(name)
}

/// Keeps an object for the place at `index` of an instance; `None` needs no keeping.
pub fn keep(c: &CData, index: isize, o: Ref) -> Result<()> {
    if o.is_none() {
        return Ok(());
    }
    let owner = container(c)?;
    let kept = owner.objects.get();
    match kept
        .as_ref()
        .and_then(|k| k.downcast_exact::<PyDictObject>())
    {
        Some(d) => d.set(str_::new(&name_of(c, index)?).as_obj(), &o),
        None => {
            owner.objects.set(Some(o));
            Ok(())
        }
    }
}
