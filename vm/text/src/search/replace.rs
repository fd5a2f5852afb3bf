//! Replacement of substrings.

use super::find::{find, matches};
use crate::kinds::{Buf, Builder, Str};
use std::convert::Infallible;

/// `hay` with at most `max` occurrences replaced; `None` if nothing is to be replaced. An empty
/// `old` stands before each character and at the end.
pub fn replace(hay: Str<'_>, old: Str<'_>, new: Str<'_>, max: usize) -> Option<Buf> {
    // Most texts that are searched hold nothing to be replaced.
    if max == 0 || (!old.is_empty() && find(hay, old).is_none()) {
        return None;
    }
    let mut out = Builder::with_capacity(hay.len());
    if old.is_empty() {
        for (at, code) in hay.codes().enumerate() {
            if at < max {
                out.push_str(new);
            }
            out.push(code);
        }
        if hay.len() < max {
            out.push_str(new);
        }
        return Some(out.finish());
    }
    let (mut from, mut found) = (0, false);
    let Ok(()) = matches(hay, old, max, |at| {
        found = true;
        out.push_str(hay.slice(from..at));
        out.push_str(new);
        from = at + old.len();
        Ok::<(), Infallible>(())
    });
    if !found {
        return None;
    }
    out.push_str(hay.slice(from..hay.len()));
    Some(canonical(out.finish()))
}

/// Narrows a buffer whose widest characters were replaced or belong to a wider view.
fn canonical(buf: Buf) -> Buf {
    match &buf {
        Buf::Latin1(_) => buf,
        _ => buf.as_str().to_buf(),
    }
}
