//! `pyexpat`: XML parsing by libexpat.

mod callbacks;
mod capi;
mod constants;
mod expat;
mod handlers;
mod methods;
mod parser;

use core::ffi::CStr;

use crate::error_class::ErrorClass;
use expat::{EXPAT, Expat, Text};
use modules::prelude::*;
use vm::runtime;
use vm::types::dict::{self, DictExt as _};
use vm::types::list;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "pyexpat",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "ParserCreate",
        parser::parser_create,
        "($module, /, encoding=None, namespace_separator=None,\n             intern=<unrepresentable>)"
    ),
    o!(
        "ErrorString",
        |_: &Obj, code: &Obj| Ok(error_string(args::to_i64(code)? as u32)),
        "($module, code, /)"
    ),
];

static ERROR: ErrorClass = ErrorClass::new();

fn api() -> &'static Expat {
    EXPAT.get()
}

/// Text of the library's, which is UTF-8; None for null.
fn text_of(text: Text) -> Option<Ref> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the library's texts end with a NUL.
    let text = unsafe { CStr::from_ptr(text) };
    Some(str_::new(&text.to_string_lossy()).into_obj())
}

fn text_or_none(text: Text) -> Ref {
    text_of(text).unwrap_or_else(none)
}

/// The library's words for an error.
fn error_string(code: u32) -> Option<Ref> {
    // SAFETY: takes any number.
    text_of(unsafe { (api().XML_ErrorString)(code) })
}

fn exec(m: &Obj) -> Result<()> {
    let api = match Expat::load() {
        Ok(api) => api,
        Err(why) => return raise!(ImportError, "pyexpat needs libexpat: {why}"),
    };
    declare((&parser::PARSER, c"pyexpat.xmlparser", parser::define))?;
    module::add(m, "XMLParserType", parser::PARSER.as_obj())?;
    ERROR.add(m, "xml.parsers.expat", "ExpatError", &[&exc::Exception])?;
    module::add(m, "error", ERROR.get().as_obj())?;
    // SAFETY: no arguments.
    let (version, text) = unsafe { ((api.XML_ExpatVersionInfo)(), (api.XML_ExpatVersion)()) };
    module::add(m, "EXPAT_VERSION", &text_or_none(text))?;
    let numbers = [version.major, version.minor, version.micro];
    let numbers = numbers.map(|n| int::from_i64(n.into()).into_obj());
    module::add(m, "version_info", tuple::from_array(numbers).as_obj())?;
    module::add(m, "native_encoding", str_::new("UTF-8").as_obj())?;
    module::add(m, "features", &features(api))?;
    for (name, value) in constants::PARAM_ENTITY_PARSING {
        module::add(m, name, int::small(value))?;
    }
    add_submodules(m)?;
    let capsule = capi::capsule(version)?;
    module::add(m, "expat_CAPI", &capsule)
}

/// The options that the library was built with, and their values.
fn features(api: &Expat) -> Ref {
    // SAFETY: no arguments; answers with a static array.
    let mut at = unsafe { (api.XML_GetFeatureList)() };
    let mut out = Vec::new();
    // SAFETY: the array ends with a feature 0.
    while let Some(feature) = unsafe { at.as_ref() }
        && feature.feature != 0
    {
        let value = int::from_i64(feature.value).into_obj();
        out.push(tuple::from_array([text_or_none(feature.name), value]).into_obj());
        at = at.wrapping_add(1);
    }
    list::from_vec(out).into_obj()
}

/// A module of constants below this one.
fn submodule(m: &Obj, name: &str, doc: &str) -> Result {
    let full = format!("pyexpat.{name}");
    let sub = match runtime::modules().get_str(&full) {
        Some(sub) => sub,
        None => module::new(&full),
    };
    module::add(&sub, "__doc__", str_::new(doc).as_obj())?;
    runtime::modules().set_str(&full, &sub)?;
    module::add(m, name, &sub)?;
    Ok(sub)
}

fn add_submodules(m: &Obj) -> Result<()> {
    let errors = submodule(m, "errors", "Constants used to describe error conditions.")?;
    let (codes, messages) = (dict::new(), dict::new());
    for (i, (name, message)) in constants::ERRORS.iter().enumerate() {
        let code = int::from_usize(i + 1);
        // What this library does not know yet is named all the same.
        let text = error_string(i as u32 + 1).unwrap_or_else(|| str_::new(message).into_obj());
        module::add(&errors, name, &text)?;
        codes.set(&text, code.as_obj())?;
        messages.set(code.as_obj(), &text)?;
    }
    module::add(&errors, "codes", codes.as_obj())?;
    module::add(&errors, "messages", messages.as_obj())?;
    let model = submodule(
        m,
        "model",
        "Constants used to interpret content model information.",
    )?;
    for (name, value) in constants::MODEL {
        module::add(&model, name, int::small(value))?;
    }
    Ok(())
}
