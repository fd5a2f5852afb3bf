//! `xmlparser`: a parser of the library with its Python handlers.

use core::cell::{Cell, RefCell};
use core::ffi::{CStr, c_ulong};
use core::ptr;
use std::ffi::CString;

use super::callbacks;
use super::expat::{AnyHandler, Raw, Text};
use super::handlers::{self, Event};
use super::methods;
use super::{ERROR, api, error_string, text_of};
use crate::codec::type_in_message;
use modules::prelude::*;
use vm::types::dict::{self, DictExt as _};
use vm::types::int::IntExt as _;
use vm::types::str_::StrExt as _;

/// `pyexpat.xmlparser`.
#[repr(C)]
pub struct Parser {
    ob_base: PyObject,
    pub raw: Raw,
    pub handlers: [Slot; handlers::COUNT],
    /// Names that have been seen, or None to make each anew.
    pub intern: Slot,
    /// The parser that made this one for an entity, which must outlive it.
    parent: Slot,
    pub ordered_attributes: Cell<bool>,
    pub specified_attributes: Cell<bool>,
    pub namespace_prefixes: Cell<bool>,
    pub defers_reparsing: Cell<bool>,
    pub in_callback: Cell<bool>,
    pub buffers_text: Cell<bool>,
    pub buffer_size: Cell<i32>,
    pub buffer: RefCell<Vec<u8>>,
}

static_type!(Parser, PARSER);

const BUFFER_SIZE: i32 = 8192;

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Parser>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .destructible()
        .dealloc_drop::<Parser>()
        .tp_traverse(|p: &Parser, v: &mut Visitor| {
            for handler in &p.handlers {
                v.slot(handler)?;
            }
            v.slot(&p.intern)?;
            v.slot(&p.parent)
        })
        .tp_clear(|p: &Parser| {
            p.clear_handlers();
            p.intern.set(None);
        })
        .new_disallowed()
        .methods(methods::METHODS)
        .members(methods::MEMBERS)
        .getset(&methods::GETSET);
}

impl Drop for Parser {
    fn drop(&mut self) {
        // SAFETY: owned, and not used again; a parser for an entity dies before its parent, which it holds.
        unsafe { (api().XML_ParserFree)(self.raw) };
    }
}

/// A text argument that may be None.
pub fn optional_text(o: Option<&Obj>, what: &str) -> Result<Option<CString>> {
    let Some(o) = o.filter(|o| !o.is_none()) else {
        return Ok(None);
    };
    let Some(text) = str_::of(o) else {
        return raise!(
            TypeError,
            "{what} must be str or None, not {}",
            type_in_message(o)
        );
    };
    match CString::new(text.as_str()?) {
        Ok(text) => Ok(Some(text)),
        Err(_) => raise!(ValueError, "embedded null character"),
    }
}

/// The address of an optional text.
pub fn address(text: &Option<CString>) -> Text {
    text.as_deref().map_or(ptr::null(), CStr::as_ptr)
}

/// `ParserCreate(encoding=None, namespace_separator=None, intern=…)`.
pub fn parser_create(_: &Obj, [encoding, separator, intern]: [Option<&Obj>; 3]) -> Result {
    let encoding = optional_text(encoding, "ParserCreate() argument 'encoding'")?;
    let separator = optional_text(separator, "ParserCreate() argument 'namespace_separator'")?;
    if separator.as_ref().is_some_and(|s| s.count_bytes() > 1) {
        return raise!(
            ValueError,
            "namespace_separator must be at most one character, omitted, or None"
        );
    }
    let intern = match intern {
        None => dict::new().into_obj(),
        Some(o) if o.is_none() || o.is::<PyDictObject>() => o.new_ref(),
        Some(_) => return raise!(TypeError, "intern must be a dictionary"),
    };
    // SAFETY: valid texts or null; null stands for C's allocator.
    let raw = unsafe {
        (api().XML_ParserCreate_MM)(address(&encoding), ptr::null(), address(&separator))
    };
    if raw.is_null() {
        return raise!(RuntimeError, "XML_ParserCreate failed");
    }
    let p = make(raw, Slot::new(Some(intern).filter(|o| !o.is_none())), None)?;
    let callback = callbacks::unknown_encoding as *const () as AnyHandler;
    // SAFETY: a fresh parser.
    unsafe {
        (api().XML_SetHashSalt)(raw, salt());
        (api().XML_SetUnknownEncodingHandler)(raw, callback, ptr::null_mut());
    }
    Ok(p.into_obj())
}

/// What the parser's tables are keyed with, so that nobody can make names that collide.
fn salt() -> c_ulong {
    let mut salt: c_ulong = 0;
    // SAFETY: room for as many bytes.
    unsafe { libc::getrandom((&raw mut salt).cast(), size_of::<c_ulong>(), 0) };
    salt
}

/// The object of a fresh parser of the library.
pub fn make(raw: Raw, intern: Slot, parent: Option<&Parser>) -> Result<Ref<Parser>> {
    let p = Parser {
        ob_base: header(),
        raw,
        handlers: core::array::from_fn(|i| match parent {
            Some(parent) => Slot::new(parent.handlers[i].get()),
            None => Slot::empty(),
        }),
        intern,
        parent: Slot::new(parent.map(|p| p.as_obj().new_ref())),
        ordered_attributes: Cell::new(parent.is_some_and(|p| p.ordered_attributes.get())),
        specified_attributes: Cell::new(parent.is_some_and(|p| p.specified_attributes.get())),
        namespace_prefixes: Cell::new(parent.is_some_and(|p| p.namespace_prefixes.get())),
        defers_reparsing: Cell::new(match parent {
            Some(parent) => parent.defers_reparsing.get(),
            None => api().XML_SetReparseDeferralEnabled.is_some(),
        }),
        in_callback: Cell::new(false),
        buffers_text: Cell::new(parent.is_some_and(|p| p.buffers_text.get())),
        buffer_size: Cell::new(parent.map_or(BUFFER_SIZE, |p| p.buffer_size.get())),
        buffer: RefCell::default(),
    };
    let p = create(&PARSER, p)?;
    // SAFETY: a live parser; objects do not move.
    unsafe { (api().XML_SetUserData)(raw, p.as_ptr().cast()) };
    for (i, handler) in p.handlers.iter().enumerate() {
        if handler.borrow().is_some() {
            handlers::install(raw, i, true);
        }
    }
    Ok(p)
}

impl Parser {
    /// The one object of this parser for a name.
    pub fn interned(&self, name: Text) -> Result {
        let Some(text) = text_of(name) else {
            return Ok(none());
        };
        let Some(intern) = self.intern.get() else {
            return Ok(text);
        };
        match intern.downcast::<PyDictObject>() {
            Some(intern) => intern.setdefault(&text, &text),
            None => Ok(text),
        }
    }

    /// Delivers the text that was held back.
    pub fn flush(&self) -> Result<()> {
        if !self.buffers_text.get() || self.buffer.borrow().is_empty() {
            return Ok(());
        }
        let text = core::mem::take(&mut *self.buffer.borrow_mut());
        callbacks::deliver_text(self, &text)
    }

    /// Forgets all handlers.
    pub fn clear_handlers(&self) {
        for (i, handler) in self.handlers.iter().enumerate() {
            handler.set(None);
            handlers::install(self.raw, i, false);
        }
    }

    /// Makes the library come to an end with an exception on its way.
    pub fn give_up(&self) {
        self.clear_handlers();
        let refuse = callbacks::refuse_external_entity as *const () as AnyHandler;
        // SAFETY: a live parser.
        unsafe { (api().XML_SetExternalEntityRefHandler)(self.raw, refuse) };
    }

    /// Sets or removes a handler.
    pub fn set_handler(&self, event: Event, value: Option<&Obj>) -> Result<()> {
        let Some(value) = value else {
            return raise!(RuntimeError, "Cannot delete attribute");
        };
        if event == Event::CharacterData {
            self.flush()?;
        }
        let value = (!value.is_none()).then(|| value.new_ref());
        if value.is_none() && event == Event::CharacterData && self.in_callback.get() {
            handlers::install_deaf(self.raw);
        } else {
            handlers::install(self.raw, event as usize, value.is_some());
        }
        self.handlers[event as usize].set(value);
        Ok(())
    }

    /// Raises for an error of the library's, in these words if not in its own.
    #[cold]
    pub fn error(&self, code: u32, words: Option<&str>) -> err::Raised {
        // SAFETY: a live parser.
        let (line, column) = unsafe {
            (
                (api().XML_GetCurrentLineNumber)(self.raw),
                (api().XML_GetCurrentColumnNumber)(self.raw),
            )
        };
        let message = match words {
            Some(words) => words.to_owned(),
            None => {
                let text = error_string(code).unwrap_or_else(none);
                format!(
                    "{}: line {line}, column {column}",
                    str_::to_string_lossy(&text)
                )
            }
        };
        let raise = || -> Result {
            let e = call::call1(ERROR.get().as_obj(), str_::new(&message).as_obj())?;
            for (name, value) in [("code", code.into()), ("lineno", line), ("offset", column)] {
                proto::setattr(
                    &e,
                    str_::intern_str(name),
                    Some(int::from_u64(value).as_obj()),
                )?;
            }
            Ok(e)
        };
        match raise() {
            Ok(e) => err::set_exception(e),
            Err(raised) => raised,
        }
    }

    /// What a call of the library has come to.
    pub fn outcome(&self, status: u32) -> Result<u32> {
        if err::occurred() {
            return Err(err::Raised::assume());
        }
        if status == 0 {
            // SAFETY: a live parser.
            let code = unsafe { (api().XML_GetErrorCode)(self.raw) };
            return Err(self.error(code, None));
        }
        self.flush()?;
        Ok(status)
    }

    /// Sets how much text may be held back.
    pub fn set_buffer_size(&self, value: Option<&Obj>) -> Result<()> {
        let Some(value) = value else {
            return raise!(RuntimeError, "Cannot delete attribute");
        };
        let Some(n) = value.downcast::<PyLongObject>() else {
            return raise!(TypeError, "buffer_size must be an integer");
        };
        let size = n.to_i64_or_overflow("long")?;
        if size <= 0 {
            return raise!(ValueError, "buffer_size must be greater than zero");
        }
        let Ok(size) = i32::try_from(size) else {
            return raise!(
                ValueError,
                "buffer_size must not be greater than {}",
                i32::MAX
            );
        };
        if size != self.buffer_size.get() {
            self.flush()?;
            self.buffer_size.set(size);
        }
        Ok(())
    }
}
