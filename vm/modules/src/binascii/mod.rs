//! `binascii`: binary data as text, in base 64, hexadecimal, uuencode and quoted-printable, and check sums.

mod base64;
mod crc;
mod quoted;
mod uu;

use core::ops::Deref;

use layout::{Global, PyMethodDef, PyObject, PyTypeObject, PyUnicodeObject};
use vm::args::{self, expect};
use vm::err::{self, Raised, Result, exc, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::buffer::{self, Buffer, has_buffer};
use vm::types::str_::StrExt;
use vm::types::{bytes, module, type_};

pub static MODULE: ModuleDef = ModuleDef {
    name: "binascii",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    o!("a2b_uu", a2b_uu, "($module, data, /)"),
    keywords!("b2a_uu", b2a_uu, "($module, data, /, *, backtick=False)"),
    keywords!(
        "a2b_base64",
        a2b_base64,
        "($module, data, /, *, strict_mode=False)"
    ),
    keywords!(
        "b2a_base64",
        b2a_base64,
        "($module, data, /, *, newline=True)"
    ),
    o!(
        "a2b_hex",
        |_: &Obj, s: &Obj| unhex(s),
        "($module, hexstr, /)"
    ),
    keywords!(
        "b2a_hex",
        hex,
        "($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)"
    ),
    keywords!(
        "hexlify",
        hex,
        "($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)"
    ),
    o!(
        "unhexlify",
        |_: &Obj, s: &Obj| unhex(s),
        "($module, hexstr, /)"
    ),
    fastcall!("crc_hqx", crc_hqx, "($module, data, crc, /)"),
    fastcall!("crc32", crc32, "($module, data, crc=0, /)"),
    keywords!("a2b_qp", a2b_qp, "($module, /, data, header=False)"),
    keywords!(
        "b2a_qp",
        b2a_qp,
        "($module, /, data, quotetabs=False, istext=True, header=False)"
    ),
];

static ERROR: Global<*mut PyObject> = Global::new(core::ptr::null_mut());

fn exec(m: &Obj) -> Result<()> {
    let error = type_::new_exception("binascii", "Error", &[&exc::ValueError])?;
    let incomplete = type_::new_exception("binascii", "Incomplete", &[&exc::Exception])?;
    module::add(m, "Error", &error)?;
    module::add(m, "Incomplete", &incomplete)?;
    ERROR.set_ref(Some(error));
    Ok(())
}

/// Raises `binascii.Error`.
#[cold]
fn error(message: &str) -> Raised {
    let tp = ERROR
        .borrow_obj()
        .and_then(|o| o.downcast::<PyTypeObject>())
        .unwrap_or(&exc::ValueError);
    err::new(tp, format_args!("{message}"))
}

/// Text to decode: bytes, or an ASCII string.
enum Ascii<'a> {
    View(Buffer),
    Text(&'a [u8]),
}

impl Deref for Ascii<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Ascii::View(view) => view.bytes(),
            Ascii::Text(text) => text,
        }
    }
}

fn ascii(o: &Obj) -> Result<Ascii<'_>> {
    if let Some(s) = o.downcast::<PyUnicodeObject>() {
        return match s.try_str().filter(|_| s.is_ascii()) {
            Some(text) => Ok(Ascii::Text(text.as_bytes())),
            None => raise!(
                ValueError,
                "string argument should contain only ASCII characters"
            ),
        };
    }
    if !has_buffer(o) {
        return raise!(
            TypeError,
            "argument should be bytes, buffer or ASCII string, not '{:.100}'",
            o.tp_name()
        );
    }
    buffer::simple(o).map(Ascii::View)
}

fn answer(result: core::result::Result<Vec<u8>, String>) -> Result {
    match result {
        Ok(bytes) => Ok(bytes::try_new(&bytes)?.into_obj()),
        Err(message) => Err(error(&message)),
    }
}

fn flag(o: Option<&Obj>, default: bool) -> Result<bool> {
    o.map_or(Ok(default), args::to_bool)
}

fn given(o: Option<&Obj>) -> &Obj {
    o.unwrap_or(NONE())
}

fn a2b_uu(_: &Obj, data: &Obj) -> Result {
    answer(uu::decode(&ascii(data)?))
}

fn b2a_uu(_: &Obj, [data, backtick]: [Option<&Obj>; 2]) -> Result {
    let data = buffer::simple(given(data))?;
    answer(uu::encode(data.bytes(), flag(backtick, false)?))
}

fn a2b_base64(_: &Obj, [data, strict]: [Option<&Obj>; 2]) -> Result {
    let data = ascii(given(data))?;
    answer(base64::decode(&data, flag(strict, false)?))
}

fn b2a_base64(_: &Obj, [data, newline]: [Option<&Obj>; 2]) -> Result {
    let data = buffer::simple(given(data))?;
    answer(Ok(base64::encode(data.bytes(), flag(newline, true)?)))
}

fn unhex(text: &Obj) -> Result {
    let text = ascii(text)?;
    if text.len() % 2 != 0 {
        return Err(error("Odd-length string"));
    }
    let digit = |c: u8| (c as char).to_digit(16);
    let decoded: Option<Vec<u8>> = text
        .chunks_exact(2)
        .map(|pair| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8))
        .collect();
    answer(decoded.ok_or_else(|| "Non-hexadecimal digit found".into()))
}

fn hex(_: &Obj, [data, sep, group]: [Option<&Obj>; 3]) -> Result {
    let data = buffer::simple(given(data))?;
    let text = bytes::hex::hex(data.bytes(), sep, group)?;
    match text.downcast::<PyUnicodeObject>() {
        Some(s) => Ok(bytes::try_new(s.as_str()?.as_bytes())?.into_obj()),
        None => Ok(text),
    }
}

/// A 32-bit number; only the low bits of a larger one count.
fn low_bits(o: &Obj) -> Result<u32> {
    use vm::types::int::IntExt;
    let n = vm::protocol::number::index_int(o)?;
    Ok(n.to_u64_wrapping() as u32)
}

fn crc_hqx(_: &Obj, argv: &[&Obj]) -> Result<u32> {
    expect("crc_hqx", argv, 2..=2)?;
    let data = buffer::simple(argv[0])?;
    let start = low_bits(argv[1])? & 0xffff;
    Ok(crc::hqx(data.bytes(), start as u16).into())
}

fn crc32(_: &Obj, argv: &[&Obj]) -> Result<u32> {
    expect("crc32", argv, 1..=2)?;
    let data = buffer::simple(argv[0])?;
    let start = argv.get(1).map_or(Ok(0), |o| low_bits(o))?;
    Ok(crc::crc32(data.bytes(), start))
}

fn a2b_qp(_: &Obj, [data, header]: [Option<&Obj>; 2]) -> Result {
    let data = ascii(given(data))?;
    answer(Ok(quoted::decode(&data, flag(header, false)?)))
}

fn b2a_qp(_: &Obj, [data, quotetabs, istext, header]: [Option<&Obj>; 4]) -> Result {
    let data = buffer::simple(given(data))?;
    let style = quoted::Style {
        tabs: flag(quotetabs, false)?,
        text: flag(istext, true)?,
        header: flag(header, false)?,
    };
    answer(Ok(quoted::encode(data.bytes(), style)))
}
