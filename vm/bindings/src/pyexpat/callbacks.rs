//! What the library calls: each turns an event's data into objects and hands them to the handler.
//!
//! An exception stays set while the library finds its way out; nothing is delivered meanwhile.

use core::ffi::{c_char, c_int, c_void};
use core::slice;

use super::expat::{Content, Encoding, Raw, Text};
use super::handlers::{Event, ROWS};
use super::parser::Parser;
use super::{api, text_or_none};
use modules::prelude::*;
use vm::types::dict::{self, DictExt as _};
use vm::types::list;
use vm::types::str_::StrExt as _;
use vm::types::traceback;

/// The parser behind the library's user data.
///
/// # Safety
/// `data` is what a parser gave the library for itself, and the parser is live.
unsafe fn parser<'a>(data: *mut c_void) -> &'a Parser {
    // SAFETY: the caller's.
    unsafe { &*data.cast() }
}

/// Text of a given length.
///
/// # Safety
/// There are `len` bytes at `text`.
unsafe fn text_of_len(text: Text, len: c_int) -> Ref {
    // SAFETY: the caller's.
    let bytes = unsafe { slice::from_raw_parts(text.cast::<u8>(), len as usize) };
    str_::new(&String::from_utf8_lossy(bytes)).into_obj()
}

/// Calls the handler of an event with what `arguments` makes, unless an exception is on its way.
fn deliver<const N: usize>(
    p: &Parser,
    event: Event,
    arguments: impl FnOnce() -> Result<[Ref; N]>,
) -> Option<Ref> {
    if err::occurred() || p.handlers[event as usize].borrow().is_none() {
        return None;
    }
    if event != Event::CharacterData && p.flush().is_err() {
        return None;
    }
    let handler = p.handlers[event as usize].get()?;
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(_) => {
            p.give_up();
            return None;
        }
    };
    p.in_callback.set(true);
    let answer = call::call(&handler, &arguments.each_ref().map(|a| &**a));
    p.in_callback.set(false);
    match answer {
        Ok(answer) => Some(answer),
        Err(_) => {
            traceback::add(ROWS[event as usize].name, "pyexpat.c", 0);
            // SAFETY: a live parser, in one of its callbacks.
            unsafe { (api().XML_StopParser)(p.raw, 0) };
            p.give_up();
            None
        }
    }
}

/// As [`deliver`], for a handler that answers with an int.
fn ask<const N: usize>(
    p: &Parser,
    event: Event,
    arguments: impl FnOnce() -> Result<[Ref; N]>,
) -> c_int {
    let Some(answer) = deliver(p, event, arguments) else {
        return 0;
    };
    match args::to_i64(&answer) {
        Ok(n) => n as c_int,
        Err(_) => {
            p.give_up();
            0
        }
    }
}

fn flag_of(value: c_int) -> Ref {
    int::from_i64(value.into()).into_obj()
}

/// Declares a callback: its event, its C parameters, and the objects it makes of them.
macro_rules! callback {
    ($name:ident $event:ident ($($arg:ident: $t:ty),*) |$p:ident| [$($value:expr),*]) => {
        /// # Safety
        /// Called by the library, with valid texts.
        pub unsafe extern "C" fn $name(data: *mut c_void $(, $arg: $t)*) {
            // SAFETY: the library hands back what it was given.
            let $p = unsafe { parser(data) };
            deliver($p, Event::$event, || Ok([$($value),*]));
        }
    };
}

callback!(end_element EndElement (name: Text) |p| [p.interned(name)?]);
callback!(processing_instruction ProcessingInstruction (target: Text, text: Text)
    |p| [p.interned(target)?, text_or_none(text)]);
callback!(unparsed_entity_decl UnparsedEntityDecl
    (entity: Text, base: Text, system: Text, public: Text, notation: Text)
    |p| [p.interned(entity)?, p.interned(base)?, p.interned(system)?, p.interned(public)?, p.interned(notation)?]);
callback!(notation_decl NotationDecl (notation: Text, base: Text, system: Text, public: Text)
    |p| [p.interned(notation)?, p.interned(base)?, p.interned(system)?, p.interned(public)?]);
callback!(start_namespace_decl StartNamespaceDecl (prefix: Text, uri: Text)
    |p| [p.interned(prefix)?, p.interned(uri)?]);
callback!(end_namespace_decl EndNamespaceDecl (prefix: Text) |p| [p.interned(prefix)?]);
callback!(comment Comment (text: Text) |p| [text_or_none(text)]);
callback!(start_cdata_section StartCdataSection () |p| []);
callback!(end_cdata_section EndCdataSection () |p| []);
callback!(end_doctype_decl EndDoctypeDecl () |p| []);
callback!(default Default (text: Text, len: c_int) |p| [
    // SAFETY: the library says how long the text is.
    unsafe { text_of_len(text, len) }
]);
callback!(default_expand DefaultHandlerExpand (text: Text, len: c_int) |p| [
    // SAFETY: the library says how long the text is.
    unsafe { text_of_len(text, len) }
]);
callback!(start_doctype_decl StartDoctypeDecl (name: Text, system: Text, public: Text, internal: c_int)
    |p| [p.interned(name)?, p.interned(system)?, p.interned(public)?, flag_of(internal)]);
callback!(xml_decl XmlDecl (version: Text, encoding: Text, standalone: c_int)
    |p| [text_or_none(version), text_or_none(encoding), flag_of(standalone)]);
callback!(attlist_decl AttlistDecl (element: Text, name: Text, kind: Text, default: Text, required: c_int)
    |p| [p.interned(element)?, p.interned(name)?, text_or_none(kind), text_or_none(default), flag_of(required)]);
callback!(skipped_entity SkippedEntity (name: Text, is_parameter: c_int)
    |p| [p.interned(name)?, flag_of(is_parameter)]);

/// # Safety
/// Called by the library, with valid texts; the value's end is told by its length.
pub unsafe extern "C" fn entity_decl(
    data: *mut c_void,
    name: Text,
    is_parameter: c_int,
    value: Text,
    value_len: c_int,
    base: Text,
    system: Text,
    public: Text,
    notation: Text,
) {
    // SAFETY: the library hands back what it was given.
    let p = unsafe { parser(data) };
    deliver(p, Event::EntityDecl, || {
        Ok([
            p.interned(name)?,
            flag_of(is_parameter),
            match value.is_null() {
                true => none(),
                // SAFETY: the library says how long the value is.
                false => unsafe { text_of_len(value, value_len) },
            },
            p.interned(base)?,
            p.interned(system)?,
            p.interned(public)?,
            p.interned(notation)?,
        ])
    });
}

/// # Safety
/// Called by the library, with a list of names and values that ends with null.
pub unsafe extern "C" fn start_element(data: *mut c_void, name: Text, attributes: *const Text) {
    // SAFETY: the library hands back what it was given.
    let p = unsafe { parser(data) };
    deliver(p, Event::StartElement, || {
        // SAFETY: see above.
        let attributes = unsafe { attributes_of(p, attributes)? };
        Ok([p.interned(name)?, attributes])
    });
}

/// An element's attributes, in the form that the parser is set to give.
///
/// # Safety
/// `at` is a list of names and values that ends with null.
unsafe fn attributes_of(p: &Parser, at: *const Text) -> Result {
    // SAFETY: the caller's, as far as the list goes.
    let word = |i: usize| unsafe { *at.add(i) };
    let count = match p.specified_attributes.get() {
        // SAFETY: a live parser.
        true => unsafe { (api().XML_GetSpecifiedAttributeCount)(p.raw) as usize },
        false => (0..).step_by(2).find(|i| word(*i).is_null()).unwrap_or(0),
    };
    let pairs = (0..count).step_by(2);
    if p.ordered_attributes.get() {
        let mut out = Vec::with_capacity(count);
        for i in pairs {
            out.push(p.interned(word(i))?);
            out.push(text_or_none(word(i + 1)));
        }
        return Ok(list::from_vec(out).into_obj());
    }
    let out = dict::new();
    for i in pairs {
        let name = p.interned(word(i))?;
        out.set(&name, &text_or_none(word(i + 1)))?;
    }
    Ok(out.into_obj())
}

/// # Safety
/// Called by the library, with text of that length.
pub unsafe extern "C" fn character_data(data: *mut c_void, text: Text, len: c_int) {
    // SAFETY: the library hands back what it was given, and says how long the text is.
    let (p, bytes) = unsafe {
        (
            parser(data),
            slice::from_raw_parts(text.cast::<u8>(), len as usize),
        )
    };
    if err::occurred() {
        return;
    }
    if p.buffers_text.get() {
        let size = p.buffer_size.get() as usize;
        let handled = || p.handlers[Event::CharacterData as usize].borrow().is_some();
        let full = p.buffer.borrow().len() + bytes.len() > size;
        if full && (p.flush().is_err() || !handled()) {
            return;
        }
        if bytes.len() <= size {
            p.buffer.borrow_mut().extend_from_slice(bytes);
            return;
        }
    }
    let _ = deliver_text(p, bytes);
}

/// Hands text to its handler.
pub fn deliver_text(p: &Parser, bytes: &[u8]) -> Result<()> {
    deliver(p, Event::CharacterData, || {
        Ok([str_::new(&String::from_utf8_lossy(bytes)).into_obj()])
    });
    match err::occurred() {
        true => Err(err::Raised::assume()),
        false => Ok(()),
    }
}

/// # Safety
/// Called by the library.
pub unsafe extern "C" fn ignored_character_data(_: *mut c_void, _: Text, _: c_int) {}

/// # Safety
/// Called by the library.
pub unsafe extern "C" fn not_standalone(data: *mut c_void) -> c_int {
    // SAFETY: the library hands back what it was given.
    ask(unsafe { parser(data) }, Event::NotStandalone, || Ok([]))
}

/// # Safety
/// Called by the library with the parser itself, whose first word is its user data.
pub unsafe extern "C" fn external_entity_ref(
    raw: Raw,
    context: Text,
    base: Text,
    system: Text,
    public: Text,
) -> c_int {
    // SAFETY: the library's headers define the first word so.
    let p = unsafe { parser(*raw.cast::<*mut c_void>()) };
    ask(p, Event::ExternalEntityRef, || {
        Ok([
            text_or_none(context),
            p.interned(base)?,
            p.interned(system)?,
            p.interned(public)?,
        ])
    })
}

/// Refuses every external entity, while an exception is on its way.
///
/// # Safety
/// Called by the library.
pub unsafe extern "C" fn refuse_external_entity(
    _: Raw,
    _: Text,
    _: Text,
    _: Text,
    _: Text,
) -> c_int {
    0
}

/// # Safety
/// Called by the library, which gives the model away.
pub unsafe extern "C" fn element_decl(data: *mut c_void, name: Text, model: *mut Content) {
    // SAFETY: the library hands back what it was given.
    let p = unsafe { parser(data) };
    deliver(p, Event::ElementDecl, || {
        // SAFETY: a valid model.
        Ok([p.interned(name)?, unsafe { model_of(p, &*model)? }])
    });
    // SAFETY: given away, and not used again.
    unsafe { (api().XML_FreeContentModel)(p.raw, model) };
}

/// A content model as nested tuples.
///
/// # Safety
/// The model and all below it are valid.
unsafe fn model_of(p: &Parser, model: &Content) -> Result {
    let _deeper = call::NativeCall::enter(" in conv_content_model")?;
    let mut children = Vec::with_capacity(model.numchildren as usize);
    for i in 0..model.numchildren as usize {
        // SAFETY: the caller's.
        children.push(unsafe { model_of(p, &*model.children.add(i))? });
    }
    Ok(tuple::from_array([
        int::from_u64(model.kind.into()).into_obj(),
        int::from_u64(model.quant.into()).into_obj(),
        p.interned(model.name)?,
        tuple::from_vec(children).into_obj(),
    ])
    .into_obj())
}

const REPLACEMENT: u32 = 0xfffd;

/// Fills in the table of an encoding that the library does not know, from Python's codec of that name.
///
/// # Safety
/// Called by the library, with a valid name and room for the table.
pub unsafe extern "C" fn unknown_encoding(
    _: *mut c_void,
    name: Text,
    info: *mut Encoding,
) -> c_int {
    if err::occurred() {
        return 0;
    }
    // SAFETY: the library's name and table.
    let (name, info) = unsafe { (core::ffi::CStr::from_ptr(name.cast::<c_char>()), &mut *info) };
    match fill(&name.to_string_lossy(), info) {
        Ok(()) => 1,
        Err(_) => 0,
    }
}

fn fill(name: &str, info: &mut Encoding) -> Result<()> {
    let all: Vec<u8> = (0..=255).collect();
    let all = vm::types::bytes::new(&all);
    let text = str_::decoded(all.as_obj(), Some(name), Some("replace"))?;
    let text = text.downcast::<PyUnicodeObject>().map(|s| s.data());
    let Some(chars) = text.filter(|data| data.len() == 256) else {
        return raise!(ValueError, "multi-byte encodings are not supported");
    };
    for (i, entry) in info.map.iter_mut().enumerate() {
        *entry = match chars.at(i) {
            REPLACEMENT => -1,
            c => c as c_int,
        };
    }
    info.data = core::ptr::null_mut();
    info.convert = core::ptr::null();
    info.release = core::ptr::null();
    Ok(())
}
