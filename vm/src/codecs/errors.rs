//! Unicode errors: the exceptions, and the adaptors through which a codec of the `text` crate asks a handler what to do.
//!
//! A well-known handler answers natively and no exception is made unless it refuses; any other is called with an exception,
//! one for the whole conversion whose fields are updated from fault to fault, as CPython does.

use std::borrow::Cow;

use layout::{PyBytesObject, PyTupleObject, PyTypeObject, PyUnicodeErrorObject, PyUnicodeObject};
use text::Builder;
use text::codecs::errors::Errors;
use text::codecs::{DecodeErrors, EncodeErrors, Fault, Replacement};

use super::handlers;
use crate::err::{self, Raised, Result, exc, raise};
use crate::object::*;
use crate::protocol::call::{call, call1};
use crate::types::bytes::{self, BytesExt};
use crate::types::int;
use crate::types::str_::{self, StrExt};
use crate::types::tuple::TupleExt;

// ---- Exceptions ----

fn make(
    tp: &PyTypeObject,
    encoding: &str,
    object: &Obj,
    start: usize,
    end: usize,
    reason: &str,
) -> Result {
    let (encoding, reason) = (str_::new(encoding), str_::new(reason));
    let (start, end) = (int::from_usize(start), int::from_usize(end));
    call(
        tp.as_obj(),
        &[
            encoding.as_obj(),
            object,
            start.as_obj(),
            end.as_obj(),
            reason.as_obj(),
        ],
    )
}

fn raised(exception: Result) -> Raised {
    match exception {
        Ok(exception) => err::set_exception(exception),
        Err(raised) => raised,
    }
}

/// Raises UnicodeEncodeError.
#[cold]
pub fn encode_error(
    encoding: &str,
    object: &PyUnicodeObject,
    start: usize,
    end: usize,
    reason: &str,
) -> Raised {
    raised(make(
        &exc::UnicodeEncodeError,
        encoding,
        object.as_obj(),
        start,
        end,
        reason,
    ))
}

/// Raises UnicodeDecodeError.
#[cold]
pub fn decode_error(
    encoding: &str,
    input: &[u8],
    start: usize,
    end: usize,
    reason: &str,
) -> Raised {
    raised(bytes::try_new(input).and_then(|input| {
        make(
            &exc::UnicodeDecodeError,
            encoding,
            input.as_obj(),
            start,
            end,
            reason,
        )
    }))
}

/// The fields that `UnicodeEncodeError`, `UnicodeDecodeError` and `UnicodeTranslateError` share.
pub fn fields(exception: &Obj) -> Option<&PyUnicodeErrorObject> {
    let known = [
        &exc::UnicodeEncodeError,
        &exc::UnicodeDecodeError,
        &exc::UnicodeTranslateError,
    ];
    // SAFETY: instances of these types have this layout.
    known
        .iter()
        .any(|tp| is_instance_of(exception, tp))
        .then(|| unsafe { &*exception.as_ptr().cast::<PyUnicodeErrorObject>() })
}

/// The exception that a handler gets, kept for the faults that follow.
struct Report {
    exception: Option<Ref>,
}

impl Report {
    fn update(
        &mut self,
        tp: &PyTypeObject,
        fault: &Fault,
        object: impl FnOnce() -> Result,
    ) -> Result {
        if let Some(exception) = &self.exception
            && let Some(e) = fields(exception)
        {
            e.start.set(fault.start as isize);
            e.end.set(fault.end as isize);
            e.reason.set_ref(Some(str_::new(fault.reason).into_obj()));
            return Ok(exception.clone());
        }
        let exception = make(
            tp,
            fault.encoding,
            &*object()?,
            fault.start,
            fault.end,
            fault.reason,
        )?;
        self.exception = Some(exception.clone());
        Ok(exception)
    }
}

/// The pair that a handler must return.
fn pair<'a>(
    answer: &'a Obj,
    accepts: fn(&Obj) -> bool,
    complaint: &str,
) -> Result<(&'a Obj, isize)> {
    if let Some([replacement, position]) = answer.downcast::<PyTupleObject>().map(TupleExt::items)
        && accepts(replacement)
        && crate::protocol::number::is_index(position)
    {
        return Ok((replacement, crate::args::to_isize(position)?));
    }
    raise!(TypeError, "{complaint}")
}

/// A position that may count from the end.
fn position(at: isize, len: usize) -> Result<usize> {
    let fitted = if at < 0 { at + len as isize } else { at };
    match usize::try_from(fitted) {
        Ok(fitted) if fitted <= len => Ok(fitted),
        _ => raise!(
            IndexError,
            "position {fitted} from error handler out of bounds"
        ),
    }
}

// ---- Decoding ----

/// Handles the faults of one decoding.
pub struct Decoding<'a> {
    errors: &'a str,
    known: Option<Errors>,
    handler: Option<Ref>,
    report: Report,
    /// The input as an object, once an exception needed it.
    input: Option<Ref>,
}

impl<'a> Decoding<'a> {
    pub fn new(_: &[u8], errors: Option<&'a str>) -> Decoding<'a> {
        let errors = errors.unwrap_or("strict");
        Decoding {
            errors,
            known: Errors::from_name(errors),
            handler: None,
            report: Report { exception: None },
            input: None,
        }
    }

    fn exception(&mut self, fault: &Fault, input: &[u8]) -> Result {
        let Decoding {
            report,
            input: object,
            ..
        } = self;
        report.update(&exc::UnicodeDecodeError, fault, || {
            let made = bytes::try_new(input)?.into_obj();
            *object = Some(made.clone());
            Ok(made)
        })
    }
}

impl DecodeErrors for Decoding<'_> {
    type Error = Raised;

    fn resolve(
        &mut self,
        fault: Fault,
        input: &mut Cow<'_, [u8]>,
        out: &mut Builder,
    ) -> Result<usize> {
        if let Some(known) = self.known {
            if let Some((text, next)) = known.decode(&fault, input) {
                out.push_str(text.as_str());
                return Ok(next);
            }
            if matches!(
                known,
                Errors::Strict | Errors::SurrogateEscape | Errors::SurrogatePass
            ) {
                return Err(raised(self.exception(&fault, input)));
            }
        }
        let handler = match &self.handler {
            Some(handler) => handler.clone(),
            None => {
                let handler = handlers::lookup(self.errors)?;
                self.handler.insert(handler).clone()
            }
        };
        let exception = self.exception(&fault, input)?;
        let answer = call1(&handler, &exception)?;
        let complaint = "decoding error handler must return (str, int) tuple";
        let (replacement, at) = pair(&answer, |o| o.is::<PyUnicodeObject>(), complaint)?;
        // The handler may have put another input in the exception.
        let object = fields(&exception).and_then(|e| e.object.get_ref());
        let Some(object) = object.filter(|o| o.is::<PyBytesObject>()) else {
            return raise!(TypeError, "exception attribute object must be bytes");
        };
        if !self
            .input
            .as_ref()
            .is_some_and(|same| same.is_same(&object))
        {
            let changed = object
                .downcast::<PyBytesObject>()
                .map_or(&[][..], BytesExt::as_slice);
            *input = Cow::Owned(changed.to_vec());
            self.input = Some(object);
        }
        let next = position(at, input.len())?;
        if let Some(text) = str_::of(replacement) {
            out.push_str(text.data());
        }
        Ok(next)
    }
}

// ---- Encoding ----

/// Handles the faults of one encoding.
pub struct Encoding<'a> {
    text: &'a PyUnicodeObject,
    errors: &'a str,
    known: Option<Errors>,
    handler: Option<Ref>,
    report: Report,
}

impl<'a> Encoding<'a> {
    pub fn new(text: &'a PyUnicodeObject, errors: Option<&'a str>) -> Encoding<'a> {
        let errors = errors.unwrap_or("strict");
        Encoding {
            text,
            errors,
            known: Errors::from_name(errors),
            handler: None,
            report: Report { exception: None },
        }
    }

    fn exception(&mut self, fault: &Fault) -> Result {
        let text = self.text;
        self.report.update(&exc::UnicodeEncodeError, fault, || {
            Ok(text.as_obj().new_ref())
        })
    }
}

impl EncodeErrors for Encoding<'_> {
    type Error = Raised;

    fn resolve(&mut self, fault: Fault) -> Result<(Replacement, usize)> {
        if let Some(known) = self.known {
            if let Some(answer) = known.encode(&fault, self.text.data(), text::names::name) {
                return Ok(answer);
            }
            return Err(raised(self.exception(&fault)));
        }
        let handler = match &self.handler {
            Some(handler) => handler.clone(),
            None => {
                let handler = handlers::lookup(self.errors)?;
                self.handler.insert(handler).clone()
            }
        };
        let exception = self.exception(&fault)?;
        let answer = call1(&handler, &exception)?;
        let complaint = "encoding error handler must return (str/bytes, int) tuple";
        let (replacement, at) = pair(
            &answer,
            |o| o.is::<PyUnicodeObject>() || o.is::<PyBytesObject>(),
            complaint,
        )?;
        let next = position(at, self.text.len())?;
        let replacement = match (
            str_::of(replacement),
            replacement.downcast::<PyBytesObject>(),
        ) {
            (Some(text), _) => Replacement::Text(text.data().to_buf()),
            (_, Some(bytes)) => Replacement::Bytes(bytes.as_slice().to_vec()),
            _ => Replacement::Bytes(Vec::new()),
        };
        Ok((replacement, next))
    }

    fn strict(&mut self, fault: Fault) -> Raised {
        raised(self.exception(&fault))
    }
}
