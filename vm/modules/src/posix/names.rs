//! Names without the file system: `fspath`, and the parts of `posixpath` that are native.

use layout::*;

use vm::err::Result;
use vm::method::*;
use vm::object::*;
use vm::types::bytes::{self, BytesExt as _};
use vm::types::{str_, tuple};

use super::convert;
use super::path::{self, Also};

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    keywords!("fspath", fspath, "($module, /, path)"),
    keywords!("_path_normpath", normpath, "($module, /, path)"),
    keywords!("_path_splitroot_ex", splitroot, "($module, /, p)"),
];

fn fspath(_: &Obj, [o]: [Option<&Obj>; 1]) -> Result {
    convert::fspath(o.unwrap_or(NONE()))
}

/// A path's bytes; slashes are never part of another character in them.
fn raw(o: &Obj) -> Vec<u8> {
    if let Some(s) = o.downcast::<PyUnicodeObject>() {
        return str_::to_wtf8(s);
    }
    o.downcast::<PyBytesObject>()
        .map_or_else(Vec::new, |b| b.as_slice().to_vec())
}

fn cooked(part: &[u8], like: &Obj) -> Ref {
    if like.is::<PyBytesObject>() {
        return bytes::new(part).into_obj();
    }
    str_::from_wtf8(part).unwrap_or_else(str_::empty).into_obj()
}

/// How many leading slashes mean something: exactly two are kept, more are one.
fn root_len(p: &[u8]) -> usize {
    match p.iter().take_while(|c| **c == b'/').count() {
        0 => 0,
        2 => 2,
        _ => 1,
    }
}

fn normpath(_: &Obj, [o]: [Option<&Obj>; 1]) -> Result {
    let o = path::object("_path_normpath", "path", o.unwrap_or(NONE()), Also::Nothing)?;
    let p = raw(&o);
    let root = root_len(&p);
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in p[root..].split(|c| *c == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(&last) if last != b".." => {
                    parts.pop();
                }
                _ if root > 0 => {}
                _ => parts.push(part),
            },
            _ => parts.push(part),
        }
    }
    let mut out = p[..root].to_vec();
    out.extend(parts.join(&b'/'));
    if out.is_empty() {
        out.push(b'.');
    }
    Ok(cooked(&out, &o))
}

fn splitroot(_: &Obj, [o]: [Option<&Obj>; 1]) -> Result {
    let o = path::object(
        "_path_splitroot_ex",
        "path",
        o.unwrap_or(NONE()),
        Also::Nothing,
    )?;
    let p = raw(&o);
    let (root, rest) = p.split_at(root_len(&p));
    Ok(tuple::from_array([cooked(b"", &o), cooked(root, &o), cooked(rest, &o)]).into_obj())
}
