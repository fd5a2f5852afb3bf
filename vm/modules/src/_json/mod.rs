//! `_json`: the fast half of `json`.

mod encode_text;
mod encoder;
mod parse;
mod scan_string;
mod scanner;

use crate::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_json",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    o!(
        "encode_basestring_ascii",
        encode_text::ascii,
        "($self, object, /)"
    ),
    o!("encode_basestring", encode_text::any, "($self, object, /)"),
    fastcall!("scanstring", scan_string::scanstring, ""),
];

/// The native encoder of strings that `f` is, if it is one.
fn native_encoder(f: &Obj) -> Option<encode_text::Encode> {
    let row = f.downcast_exact::<PyCFunctionObject>()?.m_ml.get();
    match METHODS.iter().position(|own| core::ptr::eq(own, row))? {
        0 => Some(encode_text::push_ascii),
        1 => Some(encode_text::push_any),
        _ => None,
    }
}

fn exec(m: &Obj) -> Result<()> {
    declare((&scanner::SCANNER, c"_json.Scanner", scanner::define))?;
    declare((&encoder::ENCODER, c"_json.Encoder", encoder::define))?;
    module::add(m, "make_scanner", scanner::SCANNER.as_obj())?;
    module::add(m, "make_encoder", encoder::ENCODER.as_obj())
}

/// Raises `json.JSONDecodeError`.
#[cold]
fn decode_error(message: &str, text: &PyUnicodeObject, position: usize) -> err::Raised {
    let raise = || -> Result<err::Raised> {
        let decoder = vm::import::import("json.decoder")?;
        let class = proto::getattr(&decoder, intern!("JSONDecodeError"))?;
        let position = int::from_usize(position);
        let message = str_::new(message);
        let arguments = [message.as_obj(), text.as_obj(), position.as_obj()];
        Ok(err::set_exception(call::call(&class, &arguments)?))
    };
    raise().unwrap_or_else(|raised| raised)
}

/// The text that is to be parsed.
fn text_of(o: &Obj) -> Result<&PyUnicodeObject> {
    match str_::of(o) {
        Some(text) => Ok(text),
        None => raise!(
            TypeError,
            "first argument must be a string, not {}",
            o.tp_name()
        ),
    }
}

/// A character of a string, in the width that the string has.
trait Unit: Copy + Into<u32> {
    /// Characters as the string's data.
    fn data(units: &[Self]) -> str_::StrData<'_>;
}

impl Unit for u8 {
    fn data(units: &[u8]) -> str_::StrData<'_> {
        str_::StrData::Latin1(units)
    }
}

impl Unit for u16 {
    fn data(units: &[u16]) -> str_::StrData<'_> {
        str_::StrData::Ucs2(units)
    }
}

impl Unit for u32 {
    fn data(units: &[u32]) -> str_::StrData<'_> {
        str_::StrData::Ucs4(units)
    }
}
