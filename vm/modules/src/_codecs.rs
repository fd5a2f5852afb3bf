//! `_codecs`: the registry, the native codecs one by one, and error handlers, for the `codecs` module and `encodings`.

use core::ops::Deref;

use layout::{PyMethodDef, PyUnicodeObject};
use text::codecs::ByteOrder;
use text::codecs::bytes_escape::{self, BadHex};
use vm::args::{self, expect};
use vm::codecs::native::warn_invalid;
use vm::codecs::{Codec, charmap, decode_native, encode_native, handlers, registry};
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::buffer::{self, Buffer};
use vm::types::str_::args::{bad_argument, c_int, string};
use vm::types::str_::{self, StrExt};
use vm::types::{bytes, int, tuple};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_codecs",
    methods: METHODS,
    exec: |_| Ok(()),
};

static METHODS: &[PyMethodDef] = &[
    o!(
        "register",
        |_: &Obj, f: &Obj| registry::register(f),
        "($module, search_function, /)"
    ),
    o!(
        "unregister",
        |_: &Obj, f: &Obj| registry::unregister(f),
        "($module, search_function, /)"
    ),
    o!("lookup", lookup, "($module, encoding, /)"),
    keywords!(
        "encode",
        encode,
        "($module, /, obj, encoding='utf-8', errors='strict')"
    ),
    keywords!(
        "decode",
        decode,
        "($module, /, obj, encoding='utf-8', errors='strict')"
    ),
    fastcall!(
        "escape_encode",
        escape_encode,
        "($module, data, errors=None, /)"
    ),
    fastcall!(
        "escape_decode",
        escape_decode,
        "($module, data, errors=None, /)"
    ),
    fastcall!(
        "utf_8_encode",
        |_: &Obj, a: &[&Obj]| encode_with("utf_8_encode", a, Codec::Utf8),
        "($module, str, errors=None, /)"
    ),
    fastcall!(
        "utf_8_decode",
        |_: &Obj, a: &[&Obj]| decode_part("utf_8_decode", a, Codec::Utf8),
        "($module, data, errors=None, final=False, /)"
    ),
    fastcall!(
        "utf_7_encode",
        |_: &Obj, a: &[&Obj]| encode_with("utf_7_encode", a, Codec::Utf7),
        "($module, str, errors=None, /)"
    ),
    fastcall!(
        "utf_7_decode",
        |_: &Obj, a: &[&Obj]| decode_part("utf_7_decode", a, Codec::Utf7),
        "($module, data, errors=None, final=False, /)"
    ),
    fastcall!(
        "utf_16_encode",
        |_: &Obj, a: &[&Obj]| encode_wide("utf_16_encode", a, Codec::Utf16),
        "($module, str, errors=None, byteorder=0, /)"
    ),
    fastcall!(
        "utf_16_le_encode",
        |_: &Obj, a: &[&Obj]| encode_with("utf_16_le_encode", a, Codec::Utf16(ByteOrder::Little)),
        "($module, str, errors=None, /)"
    ),
    fastcall!(
        "utf_16_be_encode",
        |_: &Obj, a: &[&Obj]| encode_with("utf_16_be_encode", a, Codec::Utf16(ByteOrder::Big)),
        "($module, str, errors=None, /)"
    ),
    fastcall!(
        "utf_16_decode",
        |_: &Obj, a: &[&Obj]| decode_part("utf_16_decode", a, Codec::Utf16(ByteOrder::Native)),
        "($module, data, errors=None, final=False, /)"
    ),
    fastcall!(
        "utf_16_le_decode",
        |_: &Obj, a: &[&Obj]| decode_part("utf_16_le_decode", a, Codec::Utf16(ByteOrder::Little)),
        "($module, data, errors=None, final=False, /)"
    ),
    fastcall!(
        "utf_16_be_decode",
        |_: &Obj, a: &[&Obj]| decode_part("utf_16_be_decode", a, Codec::Utf16(ByteOrder::Big)),
        "($module, data, errors=None, final=False, /)"
    ),
    fastcall!(
        "utf_16_ex_decode",
        |_: &Obj, a: &[&Obj]| decode_ex("utf_16_ex_decode", a, Codec::Utf16),
        "($module, data, errors=None, byteorder=0, final=False,\n                 /)"
    ),
    fastcall!(
        "utf_32_encode",
        |_: &Obj, a: &[&Obj]| encode_wide("utf_32_encode", a, Codec::Utf32),
        "($module, str, errors=None, byteorder=0, /)"
    ),
    fastcall!(
        "utf_32_le_encode",
        |_: &Obj, a: &[&Obj]| encode_with("utf_32_le_encode", a, Codec::Utf32(ByteOrder::Little)),
        "($module, str, errors=None, /)"
    ),
    fastcall!(
        "utf_32_be_encode",
        |_: &Obj, a: &[&Obj]| encode_with("utf_32_be_encode", a, Codec::Utf32(ByteOrder::Big)),
        "($module, str, errors=None, /)"
    ),
    fastcall!(
        "utf_32_decode",
        |_: &Obj, a: &[&Obj]| decode_part("utf_32_decode", a, Codec::Utf32(ByteOrder::Native)),
        "($module, data, errors=None, final=False, /)"
    ),
    fastcall!(
        "utf_32_le_decode",
        |_: &Obj, a: &[&Obj]| decode_part("utf_32_le_decode", a, Codec::Utf32(ByteOrder::Little)),
        "($module, data, errors=None, final=False, /)"
    ),
    fastcall!(
        "utf_32_be_decode",
        |_: &Obj, a: &[&Obj]| decode_part("utf_32_be_decode", a, Codec::Utf32(ByteOrder::Big)),
        "($module, data, errors=None, final=False, /)"
    ),
    fastcall!(
        "utf_32_ex_decode",
        |_: &Obj, a: &[&Obj]| decode_ex("utf_32_ex_decode", a, Codec::Utf32),
        "($module, data, errors=None, byteorder=0, final=False,\n                 /)"
    ),
    fastcall!(
        "unicode_escape_encode",
        |_: &Obj, a: &[&Obj]| encode_with("unicode_escape_encode", a, Codec::UnicodeEscape),
        "($module, str, errors=None, /)"
    ),
    fastcall!(
        "unicode_escape_decode",
        |_: &Obj, a: &[&Obj]| decode_escape("unicode_escape_decode", a, Codec::UnicodeEscape),
        "($module, data, errors=None, final=True, /)"
    ),
    fastcall!(
        "raw_unicode_escape_encode",
        |_: &Obj, a: &[&Obj]| encode_with("raw_unicode_escape_encode", a, Codec::RawUnicodeEscape),
        "($module, str, errors=None, /)"
    ),
    fastcall!(
        "raw_unicode_escape_decode",
        |_: &Obj, a: &[&Obj]| decode_escape(
            "raw_unicode_escape_decode",
            a,
            Codec::RawUnicodeEscape
        ),
        "($module, data, errors=None, final=True, /)"
    ),
    fastcall!(
        "latin_1_encode",
        |_: &Obj, a: &[&Obj]| encode_with("latin_1_encode", a, Codec::Latin1),
        "($module, str, errors=None, /)"
    ),
    fastcall!(
        "latin_1_decode",
        |_: &Obj, a: &[&Obj]| decode_whole("latin_1_decode", a, Codec::Latin1),
        "($module, data, errors=None, /)"
    ),
    fastcall!(
        "ascii_encode",
        |_: &Obj, a: &[&Obj]| encode_with("ascii_encode", a, Codec::Ascii),
        "($module, str, errors=None, /)"
    ),
    fastcall!(
        "ascii_decode",
        |_: &Obj, a: &[&Obj]| decode_whole("ascii_decode", a, Codec::Ascii),
        "($module, data, errors=None, /)"
    ),
    fastcall!(
        "charmap_encode",
        charmap_encode,
        "($module, str, errors=None, mapping=None, /)"
    ),
    fastcall!(
        "charmap_decode",
        charmap_decode,
        "($module, data, errors=None, mapping=None, /)"
    ),
    o!("charmap_build", charmap_build, "($module, map, /)"),
    fastcall!(
        "readbuffer_encode",
        readbuffer_encode,
        "($module, data, errors=None, /)"
    ),
    fastcall!(
        "register_error",
        register_error,
        "($module, errors, handler, /)"
    ),
    o!(
        "_unregister_error",
        unregister_error,
        "($module, errors, /)"
    ),
    o!("lookup_error", lookup_error, "($module, name, /)"),
];

// ---- Arguments ----

/// A name that C code would take: text without zeros.
fn name<'a>(function: &str, which: &str, o: &'a Obj) -> Result<&'a str> {
    let s = string(function, which, o)?.as_str()?;
    if s.contains('\0') {
        return raise!(ValueError, "embedded null character");
    }
    Ok(s)
}

/// The name of the error handler, the second argument.
fn errors<'a>(function: &str, args: &[&'a Obj]) -> Result<Option<&'a str>> {
    match args.get(1).filter(|o| !o.is_none()) {
        None => Ok(None),
        Some(o) if o.is::<PyUnicodeObject>() => name(function, "argument 2", o).map(Some),
        Some(o) => Err(bad_argument(function, "argument 2", "str or None", o)),
    }
}

/// Bytes to decode: an object's memory, or the UTF-8 form of text.
enum Input<'a> {
    View(Buffer),
    Text(&'a str),
}

impl Deref for Input<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Input::View(view) => view.bytes(),
            Input::Text(text) => text.as_bytes(),
        }
    }
}

fn bytes_or_text(o: &Obj) -> Result<Input<'_>> {
    match o.downcast::<PyUnicodeObject>() {
        Some(text) => text.as_str().map(Input::Text),
        None => buffer::simple(o).map(Input::View),
    }
}

fn byte_order(o: Option<&&Obj>) -> Result<ByteOrder> {
    Ok(match o.map_or(Ok(0), |o| c_int(o))? {
        0 => ByteOrder::Native,
        n if n < 0 => ByteOrder::Little,
        _ => ByteOrder::Big,
    })
}

fn flag(o: Option<&&Obj>, default: bool) -> Result<bool> {
    o.map_or(Ok(default), |o| args::to_bool(o))
}

fn with_count(object: &Obj, n: usize) -> Result {
    Ok(tuple::pair(object, int::from_usize(n).as_obj()).into_obj())
}

// ---- Encoders and decoders ----

fn encode_with(function: &str, args: &[&Obj], codec: Codec) -> Result {
    expect(function, args, 1..=2)?;
    let s = string(function, "argument 1", args[0])?;
    with_count(&*encode_native(codec, s, errors(function, args)?)?, s.len())
}

fn encode_wide(function: &str, args: &[&Obj], codec: fn(ByteOrder) -> Codec) -> Result {
    expect(function, args, 1..=3)?;
    let s = string(function, "argument 1", args[0])?;
    let errors = errors(function, args)?;
    with_count(
        &*encode_native(codec(byte_order(args.get(2))?), s, errors)?,
        s.len(),
    )
}

/// Decodes what there is of a stream, which goes on unless `final` is set.
fn decode_part(function: &str, args: &[&Obj], codec: Codec) -> Result {
    expect(function, args, 1..=3)?;
    let input = buffer::simple(args[0])?;
    let errors = errors(function, args)?;
    let last = flag(args.get(2), false)?;
    let (text, taken, _) = decode_native(codec, input.bytes(), errors, last)?;
    with_count(&text, if last { input.bytes().len() } else { taken })
}

fn decode_whole(function: &str, args: &[&Obj], codec: Codec) -> Result {
    expect(function, args, 1..=2)?;
    let input = buffer::simple(args[0])?;
    let (text, ..) = decode_native(codec, input.bytes(), errors(function, args)?, true)?;
    with_count(&text, input.bytes().len())
}

fn decode_escape(function: &str, args: &[&Obj], codec: Codec) -> Result {
    expect(function, args, 1..=3)?;
    let input = bytes_or_text(args[0])?;
    let errors = errors(function, args)?;
    let last = flag(args.get(2), true)?;
    let (text, taken, _) = decode_native(codec, &input, errors, last)?;
    with_count(&text, if last { input.len() } else { taken })
}

fn decode_ex(function: &str, args: &[&Obj], codec: fn(ByteOrder) -> Codec) -> Result {
    expect(function, args, 1..=4)?;
    let input = buffer::simple(args[0])?;
    let errors = errors(function, args)?;
    let order = byte_order(args.get(2))?;
    let last = flag(args.get(3), false)?;
    let (text, taken, order) = decode_native(codec(order), input.bytes(), errors, last)?;
    let taken = if last { input.bytes().len() } else { taken };
    let order = match order {
        ByteOrder::Little => -1,
        ByteOrder::Native => 0,
        ByteOrder::Big => 1,
    };
    let (taken, order) = (int::from_usize(taken), int::from_i64(order));
    Ok(tuple::new(&[&text, taken.as_obj(), order.as_obj()]).into_obj())
}

fn escape_encode(_: &Obj, args: &[&Obj]) -> Result {
    expect("escape_encode", args, 1..=2)?;
    let Some(input) = bytes::build::slice_of(args[0]) else {
        return Err(bad_argument(
            "escape_encode",
            "argument 1",
            "bytes",
            args[0],
        ));
    };
    errors("escape_encode", args)?;
    with_count(
        bytes::try_new(&bytes_escape::encode(input))?.as_obj(),
        input.len(),
    )
}

fn escape_decode(_: &Obj, args: &[&Obj]) -> Result {
    expect("escape_decode", args, 1..=2)?;
    let input = bytes_or_text(args[0])?;
    let errors = errors("escape_decode", args)?.unwrap_or("strict");
    let bad_hex = match errors {
        "replace" => BadHex::Replace,
        "ignore" => BadHex::Ignore,
        _ => BadHex::Strict,
    };
    match bytes_escape::decode(&input, bad_hex) {
        Ok((decoded, invalid)) => {
            if let Some(invalid) = invalid {
                warn_invalid(&invalid, "b")?;
            }
            with_count(bytes::try_new(&decoded)?.as_obj(), input.len())
        }
        Err(e) => raise!(ValueError, "{}", e.message()),
    }
}

fn charmap_encode(_: &Obj, args: &[&Obj]) -> Result {
    expect("charmap_encode", args, 1..=3)?;
    let s = string("charmap_encode", "argument 1", args[0])?;
    let errors = errors("charmap_encode", args)?;
    let mapping = args.get(2).copied().filter(|o| !o.is_none());
    with_count(&*charmap::encode(s, errors, mapping)?, s.len())
}

fn charmap_decode(_: &Obj, args: &[&Obj]) -> Result {
    expect("charmap_decode", args, 1..=3)?;
    let input = buffer::simple(args[0])?;
    let errors = errors("charmap_decode", args)?;
    let mapping = args.get(2).copied().filter(|o| !o.is_none());
    let (text, _) = charmap::decode(input.bytes(), errors, mapping)?;
    with_count(&text, input.bytes().len())
}

fn charmap_build(_: &Obj, table: &Obj) -> Result {
    charmap::build(string("charmap_build", "argument", table)?)
}

fn readbuffer_encode(_: &Obj, args: &[&Obj]) -> Result {
    expect("readbuffer_encode", args, 1..=2)?;
    let input = bytes_or_text(args[0])?;
    errors("readbuffer_encode", args)?;
    with_count(bytes::try_new(&input)?.as_obj(), input.len())
}

// ---- The registry ----

fn lookup(_: &Obj, encoding: &Obj) -> Result {
    registry::lookup(name("lookup", "argument", encoding)?)
}

fn names<'a>(
    function: &str,
    encoding: Option<&'a Obj>,
    errors: Option<&'a Obj>,
) -> Result<(&'a str, Option<&'a str>)> {
    let encoding = encoding
        .map(|o| str_::text_argument(function, "encoding", o))
        .transpose()?;
    let errors = errors
        .map(|o| str_::text_argument(function, "errors", o))
        .transpose()?;
    Ok((encoding.unwrap_or("utf-8"), errors))
}

fn encode(_: &Obj, [object, encoding, errors]: [Option<&Obj>; 3]) -> Result {
    let (encoding, errors) = names("encode", encoding, errors)?;
    registry::encode(object.unwrap_or(NONE()), encoding, errors)
}

fn decode(_: &Obj, [object, encoding, errors]: [Option<&Obj>; 3]) -> Result {
    let (encoding, errors) = names("decode", encoding, errors)?;
    registry::decode(object.unwrap_or(NONE()), encoding, errors)
}

fn register_error(_: &Obj, args: &[&Obj]) -> Result<()> {
    expect("register_error", args, 2..=2)?;
    handlers::register(name("register_error", "argument 1", args[0])?, args[1])
}

fn unregister_error(_: &Obj, errors: &Obj) -> Result<bool> {
    handlers::unregister(name("_unregister_error", "argument", errors)?)
}

fn lookup_error(_: &Obj, errors: &Obj) -> Result {
    handlers::lookup(name("lookup_error", "argument", errors)?)
}
