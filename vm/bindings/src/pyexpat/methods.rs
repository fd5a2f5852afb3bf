//! The methods of parsers and their attributes beside the handlers.

use core::cell::Cell;
use core::ffi::c_int;
use core::slice;
use std::ffi::CString;

use super::handlers::{self, COUNT};
use super::parser::{Parser, address, make, optional_text};
use super::{api, text_of};
use crate::codec::type_in_message;
use modules::prelude::*;
use vm::protocol::buffer;
use vm::types::bytes::{self, BytesExt as _};
use vm::types::int::IntExt as _;
use vm::types::str_::StrExt as _;

/// The methods.
pub static METHODS: &[PyMethodDef] = &[
    fastcall!("Parse", parse, "($self, data, isfinal=False, /)"),
    o!("ParseFile", parse_file, "($self, file, /)"),
    o!("SetBase", set_base, "($self, base, /)"),
    noargs!(
        "GetBase",
        // SAFETY: a live parser.
        |p: &Parser| Ok(text_of(unsafe { (api().XML_GetBase)(p.raw) })),
        "($self, /)"
    ),
    noargs!("GetInputContext", get_input_context, "($self, /)"),
    fastcall!(
        "ExternalEntityParserCreate",
        external_entity_parser_create,
        "($self, context, encoding=<unrepresentable>,\n                           /)"
    ),
    o!(
        "SetParamEntityParsing",
        |p: &Parser, flag: &Obj| {
            let flag = args::to_i32(flag)?;
            // SAFETY: a live parser.
            Ok(unsafe { (api().XML_SetParamEntityParsing)(p.raw, flag as u32) })
        },
        "($self, flag, /)"
    ),
    fastcall!("UseForeignDTD", use_foreign_dtd, "($self, flag=True, /)"),
    o!(
        "SetReparseDeferralEnabled",
        |p: &Parser, enabled: &Obj| {
            let enabled = args::to_bool(enabled)?;
            let set = api().XML_SetReparseDeferralEnabled;
            // SAFETY: a live parser.
            let done = set.is_some_and(|set| unsafe { set(p.raw, enabled.into()) } != 0);
            Ok(p.defers_reparsing.set(done && enabled))
        },
        "($self, enabled, /)"
    ),
    noargs!(
        "GetReparseDeferralEnabled",
        |p: &Parser| Ok(p.defers_reparsing.get()),
        "($self, /)"
    ),
    o!(
        "SetAllocTrackerActivationThreshold",
        |p: &Parser, n: &Obj| set_threshold(
            p,
            n,
            api().XML_SetAllocTrackerActivationThreshold,
            "SetAllocTrackerActivationThreshold"
        ),
        "($self, threshold, /)"
    ),
    o!(
        "SetAllocTrackerMaximumAmplification",
        |p: &Parser, n: &Obj| set_amplification(
            p,
            n,
            api().XML_SetAllocTrackerMaximumAmplification,
            "SetAllocTrackerMaximumAmplification"
        ),
        "($self, max_factor, /)"
    ),
    o!(
        "SetBillionLaughsAttackProtectionActivationThreshold",
        |p: &Parser, n: &Obj| set_threshold(
            p,
            n,
            api().XML_SetBillionLaughsAttackProtectionActivationThreshold,
            "SetBillionLaughsAttackProtectionActivationThreshold"
        ),
        "($self, threshold, /)"
    ),
    o!(
        "SetBillionLaughsAttackProtectionMaximumAmplification",
        |p: &Parser, n: &Obj| set_amplification(
            p,
            n,
            api().XML_SetBillionLaughsAttackProtectionMaximumAmplification,
            "SetBillionLaughsAttackProtectionMaximumAmplification"
        ),
        "($self, max_factor,\n                                                     /)"
    ),
];

/// The attribute that is a field.
pub static MEMBERS: &[PyMemberDef] =
    &[member!("intern", Parser, intern, _Py_T_OBJECT, Py_READONLY)];

/// An attribute that the library answers.
macro_rules! asked {
    ($name:literal, $function:ident) => {
        getset!($name, |p: &Parser| {
            // SAFETY: a live parser.
            Ok(unsafe { (api().$function)(p.raw) })
        })
    };
}

fn set_flag(field: &Cell<bool>, value: Option<&Obj>) -> Result<()> {
    match value {
        Some(value) => Ok(field.set(args::to_bool(value)?)),
        None => raise!(RuntimeError, "Cannot delete attribute"),
    }
}

/// All attributes that are computed: the handlers and the others.
pub static GETSET: [PyGetSetDef; COUNT + OTHERS.len()] = {
    let mut all = [OTHERS[0]; COUNT + OTHERS.len()];
    let mut i = 0;
    while i < all.len() {
        all[i] = if i < COUNT {
            handlers::GETSET[i]
        } else {
            OTHERS[i - COUNT]
        };
        i += 1;
    }
    all
};

const OTHERS: [PyGetSetDef; 13] = [
    asked!("ErrorCode", XML_GetErrorCode),
    asked!("ErrorLineNumber", XML_GetCurrentLineNumber),
    asked!("ErrorColumnNumber", XML_GetCurrentColumnNumber),
    asked!("ErrorByteIndex", XML_GetCurrentByteIndex),
    asked!("CurrentLineNumber", XML_GetCurrentLineNumber),
    asked!("CurrentColumnNumber", XML_GetCurrentColumnNumber),
    asked!("CurrentByteIndex", XML_GetCurrentByteIndex),
    getset!(
        "buffer_size",
        |p: &Parser| Ok(p.buffer_size.get()),
        |p: &Parser, value: Option<&Obj>| p.set_buffer_size(value)
    ),
    getset!("buffer_used", |p: &Parser| Ok(p.buffer.borrow().len())),
    getset!(
        "buffer_text",
        |p: &Parser| Ok(p.buffers_text.get()),
        |p: &Parser, value: Option<&Obj>| {
            p.flush()?;
            set_flag(&p.buffers_text, value)
        }
    ),
    getset!(
        "namespace_prefixes",
        |p: &Parser| Ok(p.namespace_prefixes.get()),
        |p: &Parser, value: Option<&Obj>| {
            set_flag(&p.namespace_prefixes, value)?;
            // SAFETY: a live parser.
            unsafe { (api().XML_SetReturnNSTriplet)(p.raw, p.namespace_prefixes.get().into()) };
            Ok(())
        }
    ),
    getset!(
        "ordered_attributes",
        |p: &Parser| Ok(p.ordered_attributes.get()),
        |p: &Parser, value: Option<&Obj>| set_flag(&p.ordered_attributes, value)
    ),
    getset!(
        "specified_attributes",
        |p: &Parser| Ok(p.specified_attributes.get()),
        |p: &Parser, value: Option<&Obj>| set_flag(&p.specified_attributes, value)
    ),
];

/// No more is given to the library at once, which counts in ints.
const CHUNK: usize = 1 << 20;

fn parse(p: &Parser, a: &[&Obj]) -> Result<u32> {
    args::expect("Parse", a, 1..=2)?;
    not_within_handler(p, "Parse")?;
    let last = a.get(1).map_or(Ok(false), |o| args::to_bool(o))?;
    let data = match str_::of(a[0]) {
        Some(text) => {
            let data = text.as_str()?.as_bytes().to_vec();
            // SAFETY: a live parser and a static text.
            unsafe { (api().XML_SetEncoding)(p.raw, c"utf-8".as_ptr()) };
            data
        }
        None => buffer::simple(a[0])?.to_vec(),
    };
    let _alive = p.to_ref();
    let mut rest = &data[..];
    while rest.len() > CHUNK {
        let (chunk, behind) = rest.split_at(CHUNK);
        match feed(p, chunk, false) {
            0 => return p.outcome(0),
            _ if err::occurred() => return Err(err::Raised::assume()),
            _ => rest = behind,
        }
    }
    p.outcome(feed(p, rest, last))
}

fn feed(p: &Parser, data: &[u8], last: bool) -> u32 {
    // SAFETY: a live parser and valid bytes.
    unsafe {
        (api().XML_Parse)(
            p.raw,
            data.as_ptr().cast(),
            data.len() as c_int,
            last.into(),
        )
    }
}

const READ_SIZE: usize = 2048;

/// The library cannot parse more before the piece that it is at is done with.
fn not_within_handler(p: &Parser, method: &str) -> Result<()> {
    match p.in_callback.get() {
        true => raise!(RuntimeError, "cannot call {method}() from within a handler"),
        false => Ok(()),
    }
}

fn parse_file(p: &Parser, file: &Obj) -> Result<u32> {
    not_within_handler(p, "ParseFile")?;
    let Some(read) = proto::getattr_opt(file, str_::intern_str("read"))? else {
        return raise!(TypeError, "argument must have 'read' attribute");
    };
    loop {
        let data = call::call1(&read, int::from_usize(READ_SIZE).as_obj())?;
        let data = if let Some(bytes) = data.downcast::<PyBytesObject>() {
            bytes.as_slice().to_vec()
        } else if data.is::<PyByteArrayObject>() {
            buffer::simple(&data)?.to_vec()
        } else {
            return raise!(
                TypeError,
                "read() did not return a bytes object (type={:.400})",
                data.tp_name()
            );
        };
        if data.len() > READ_SIZE {
            return raise!(
                ValueError,
                "read() returned too much data: {READ_SIZE} bytes requested, {} returned",
                data.len()
            );
        }
        let status = feed(p, &data, data.is_empty());
        let over = status == 0 || data.is_empty();
        if over || err::occurred() {
            return p.outcome(status);
        }
    }
}

fn set_base(p: &Parser, base: &Obj) -> Result<()> {
    let Some(base) = str_::of(base) else {
        return raise!(
            TypeError,
            "SetBase() argument must be str, not {}",
            type_in_message(base)
        );
    };
    let Ok(base) = CString::new(base.as_str()?) else {
        return raise!(ValueError, "embedded null character");
    };
    // SAFETY: a live parser and a valid text, which it copies.
    match unsafe { (api().XML_SetBase)(p.raw, base.as_ptr()) } {
        0 => Err(err::no_memory()),
        _ => Ok(()),
    }
}

fn get_input_context(p: &Parser) -> Result {
    if !p.in_callback.get() {
        return Ok(none());
    }
    let (mut offset, mut size) = (0, 0);
    // SAFETY: a live parser and room for the answers.
    let at = unsafe { (api().XML_GetInputContext)(p.raw, &mut offset, &mut size) };
    if at.is_null() {
        return Ok(none());
    }
    // SAFETY: the library's buffer, from the event on.
    let context = unsafe {
        slice::from_raw_parts(
            at.add(offset as usize).cast::<u8>(),
            (size - offset) as usize,
        )
    };
    Ok(bytes::new(context).into_obj())
}

fn external_entity_parser_create(p: &Parser, a: &[&Obj]) -> Result {
    if !(1..=2).contains(&a.len()) {
        let (how, n, s) = match a.len() {
            0 => ("at least", 1, ""),
            _ => ("at most", 2, "s"),
        };
        return raise!(
            TypeError,
            "ExternalEntityParserCreate() takes {how} {n} positional argument{s} ({} given)",
            a.len()
        );
    }
    let context = optional_text(Some(a[0]), "ExternalEntityParserCreate() argument 1")?;
    let encoding = match a.get(1) {
        Some(o) if !o.is::<PyUnicodeObject>() => {
            return raise!(
                TypeError,
                "ExternalEntityParserCreate() argument 2 must be str, not {}",
                type_in_message(o)
            );
        }
        encoding => optional_text(encoding.copied(), "")?,
    };
    // SAFETY: a live parser, and valid texts or null.
    let raw = unsafe {
        (api().XML_ExternalEntityParserCreate)(p.raw, address(&context), address(&encoding))
    };
    if raw.is_null() {
        return Err(err::no_memory());
    }
    Ok(make(raw, Slot::new(p.intern.get()), Some(p))?.into_obj())
}

fn use_foreign_dtd(p: &Parser, a: &[&Obj]) -> Result<()> {
    args::expect("UseForeignDTD", a, 0..=1)?;
    let flag = a.first().map_or(Ok(true), |o| args::to_bool(o))?;
    // SAFETY: a live parser.
    match unsafe { (api().XML_UseForeignDTD)(p.raw, flag.into()) } {
        0 => Ok(()),
        code => Err(p.error(code, None)),
    }
}

const INVALID_ARGUMENT: u32 = 41;

/// A function that this library does not have.
fn missing<T>(name: &str) -> Result<T> {
    raise!(
        NotImplementedError,
        "{name}() needs a newer libexpat than {}",
        str_lossy(
            // SAFETY: no arguments.
            &text_of(unsafe { (api().XML_ExpatVersion)() }).unwrap_or_else(none)
        )
    )
}

fn set_threshold(
    p: &Parser,
    value: &Obj,
    set: Option<unsafe extern "C" fn(super::expat::Raw, u64) -> u8>,
    name: &str,
) -> Result<()> {
    let n = number::index_int(value)?;
    if n.is_negative() {
        return raise!(ValueError, "Cannot convert negative int");
    }
    let Some(n) = n.to_u64() else {
        return raise!(
            OverflowError,
            "Python int too large to convert to C unsigned long long"
        );
    };
    let Some(set) = set else { return missing(name) };
    // SAFETY: a live parser.
    match unsafe { set(p.raw, n) } {
        0 => Err(p.error(INVALID_ARGUMENT, Some("parser must be a root parser"))),
        _ => Ok(()),
    }
}

fn set_amplification(
    p: &Parser,
    value: &Obj,
    set: Option<unsafe extern "C" fn(super::expat::Raw, f32) -> u8>,
    name: &str,
) -> Result<()> {
    let factor = args::to_f64(value)? as f32;
    let Some(set) = set else { return missing(name) };
    // SAFETY: a live parser.
    if unsafe { set(p.raw, factor) } != 0 {
        return Ok(());
    }
    let words = match factor >= 1.0 {
        true => "parser must be a root parser",
        false => "'max_factor' must be at least 1.0",
    };
    Err(p.error(INVALID_ARGUMENT, Some(words)))
}
