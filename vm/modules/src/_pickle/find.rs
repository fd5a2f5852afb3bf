//! Names with dots, from a module inwards.

use crate::prelude::*;
use vm::types::str_::StrExt as _;

/// The parts of a name.
pub fn dotted(name: &Obj) -> Result<Vec<Ref>> {
    let Some(text) = str_::of(name) else {
        return raise!(TypeError, "expected str, got {}", name.tp_name());
    };
    match text.try_str() {
        Some(text) if text.contains('.') => Ok(text
            .split('.')
            .map(|part| str_::new(part).into_obj())
            .collect()),
        _ => Ok(vec![name.new_ref()]),
    }
}

/// What a path of attributes leads to; nothing where one is missing.
pub fn follow(o: &Obj, path: &[Ref]) -> Result<Option<Ref>> {
    let mut at = o.new_ref();
    for name in path {
        match proto::getattr_opt(&at, name)? {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}
