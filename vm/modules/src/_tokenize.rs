//! `_tokenize`: the compiler's tokenizer as an iterator, for `tokenize`.
//!
//! Invariant: a line is read when the next token needs it, and not before.

use core::cell::RefCell;

use compiler::syntax::{Stopped, Tokenizer};
use layout::*;

use vm::args::Signature;
use vm::err::{self, Raised, Result, exc, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::str_::StrExt as _;
use vm::types::type_::TypeBuilder;
use vm::types::{int, str_, tuple};
use vm::{codecs, source};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_tokenize",
    methods: &[],
    exec,
};

static TOKENIZER_ITER: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
struct TokenizerIter {
    ob_base: PyObject,
    readline: Slot,
    /// That of the lines, if they are bytes.
    encoding: Option<String>,
    tokenizer: RefCell<Tokenizer>,
    /// The line of the token before, which the next one is likely to share.
    line: Slot,
}

impl Layout for TokenizerIter {
    fn type_object() -> &'static PyTypeObject {
        &TOKENIZER_ITER
    }
}

fn exec(m: &Obj) -> Result<()> {
    super::add_type(m, &TOKENIZER_ITER, c"_tokenize.TokenizerIter", define)
}

fn define(b: &mut TypeBuilder) {
    b.basicsize::<TokenizerIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .owns_memory()
        .tp_new(new)
        .dealloc_drop::<TokenizerIter>()
        .tp_traverse(|it: &TokenizerIter, v: &mut Visitor| {
            v.slot(&it.line)?;
            v.slot(&it.readline)
        })
        .iter_self()
        .tp_iternext(next);
}

fn new(tp: &PyTypeObject, positional: &PyTupleObject, keywords: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new(
        "tokenizeriter",
        "(readline, /, *, extra_tokens, encoding=None)",
    );
    let [readline, extra_tokens, encoding] = SIGNATURE.bind(positional, keywords)?;
    let encoding = match encoding {
        Some(encoding) => match encoding.downcast::<PyUnicodeObject>() {
            Some(name) => Some(name.as_str()?.to_owned()),
            None => {
                return raise!(
                    TypeError,
                    "tokenizeriter() argument 'encoding' must be str, not {}",
                    encoding.tp_name()
                );
            }
        },
        None => None,
    };
    let it = TokenizerIter {
        ob_base: header(),
        readline: Slot::new(readline.map(Obj::new_ref)),
        encoding,
        tokenizer: RefCell::new(Tokenizer::new(object::is_true(
            extra_tokens.expect("required"),
        )?)),
        line: Slot::empty(),
    };
    Ok(create(tp, it)?.into_obj())
}

fn next(it: &TokenizerIter) -> Result<Option<Ref>> {
    let Ok(mut tokenizer) = it.tokenizer.try_borrow_mut() else {
        return raise!(ValueError, "tokenizer already executing");
    };
    let token = match tokenizer.next(|| it.read()) {
        None => return Ok(None),
        Some(Ok(token)) => token,
        Some(Err(Stopped::Error(error))) => return Err(source::raise_error(&error)),
        Some(Err(Stopped::Reading(raised))) => return Err(raised),
    };
    let position = |(line, column): (i64, i64)| {
        tuple::pair(int::from_i64(line).as_obj(), int::from_i64(column).as_obj()).into_obj()
    };
    Ok(Some(
        tuple::from_vec(vec![
            int::from_i64(i64::from(token.kind as u8)).into_obj(),
            str_::new(&token.string).into_obj(),
            position(token.start),
            position(token.end),
            it.line_object(&token.line),
        ])
        .into_obj(),
    ))
}

impl TokenizerIter {
    fn line_object(&self, text: &str) -> Ref {
        match self.line.get() {
            Some(line) if str_::same_text(&line, text) => line,
            _ => {
                let line = str_::new(text).into_obj();
                self.line.set(Some(line.clone()));
                line
            }
        }
    }

    /// The next line as text.
    fn read(&self) -> Result<Option<String>> {
        let Some(readline) = self.readline.get() else {
            return Ok(None);
        };
        let line = match call::call0(&readline) {
            Ok(line) => line,
            Err(raised) => {
                return if err::clear_if(&exc::StopIteration) {
                    Ok(None)
                } else {
                    Err(raised)
                };
            }
        };
        let line = match &self.encoding {
            Some(encoding) => {
                if !line.is::<PyBytesObject>() {
                    return wrong_line("bytes");
                }
                let data = object::get_buffer(&line, PyBUF_SIMPLE)?;
                codecs::decode_bytes(data.bytes(), Some(encoding), Some("replace"))?
            }
            None => line,
        };
        match line.downcast::<PyUnicodeObject>() {
            Some(text) => Ok(Some(text.as_str()?.to_owned())),
            None => wrong_line("string"),
        }
    }
}

fn wrong_line(wanted: &str) -> core::result::Result<Option<String>, Raised> {
    raise!(TypeError, "readline() returned a non-{wanted} object")
}
