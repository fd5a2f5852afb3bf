//! Writes a code object as CPython 3.14's marshal does.
//!
//! Invariant: equal constants and names of one compilation are written once and referred to after that, so that loading
//! gives one object for each, as the reference's compiler does; and a name-like string is written as interned.

use rustpython_compiler_core::bytecode::{CodeFlags, CodeObject, ConstantData};
use rustpython_compiler_core::marshal::{DumpableValue, serialize_value};
use std::borrow::Cow;
use std::collections::HashMap;

const FLAG_REF: u8 = 0x80;

/// The marshal bytes of `code`, without a version header.
pub(crate) fn code_to_marshal(code: &CodeObject, substitutions: &Substitutions) -> Vec<u8> {
    let mut writer = Writer {
        out: Vec::new(),
        seen: HashMap::new(),
        substitutions,
    };
    writer.code(code, &Scope::default());
    writer.out
}

/// What the qualified names of a scope's children start with.
#[derive(Default)]
struct Scope {
    prefix: String,
}

impl Scope {
    fn within(&self, code: &CodeObject, qualname: &str) -> Scope {
        let name = code.obj_name.as_str();
        let prefix = if name == "<module>" {
            String::new()
        } else if name.starts_with("<generic parameters of ") {
            self.prefix.clone()
        } else if code.flags.contains(CodeFlags::OPTIMIZED) {
            format!("{qualname}.<locals>.")
        } else {
            format!("{qualname}.")
        };
        Scope { prefix }
    }

    /// The front end names an annotation function after the function it belongs to; the reference, after its scope.
    fn qualname<'a>(&self, code: &'a CodeObject) -> Cow<'a, str> {
        if code.obj_name == "__annotate__" {
            Cow::Owned(format!("{}__annotate__", self.prefix))
        } else {
            Cow::Borrowed(&code.qualname)
        }
    }
}

/// Text that the front end cannot hold, each under a placeholder that it can.
#[derive(Default)]
pub(crate) struct Substitutions(Vec<Box<[u8]>>);

/// Placeholders stand between these, which are no characters, so that no program's text looks like one.
const OPEN: char = '\u{fdd0}';
const CLOSE: char = '\u{fdd1}';

impl Substitutions {
    /// A text that stands for `bytes`, the same each time.
    pub(crate) fn placeholder(&mut self, bytes: Box<[u8]>) -> String {
        let number = self
            .0
            .iter()
            .position(|known| *known == bytes)
            .unwrap_or_else(|| {
                self.0.push(bytes);
                self.0.len() - 1
            });
        format!("{OPEN}{number}{CLOSE}")
    }

    /// Puts the bytes back, also where constants have been joined.
    fn resolve<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        if self.0.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = text.to_vec();
        for (number, bytes) in self.0.iter().enumerate() {
            let placeholder = format!("{OPEN}{number}{CLOSE}").into_bytes();
            while let Some(at) = out
                .windows(placeholder.len())
                .position(|window| window == placeholder)
            {
                out.splice(at..at + placeholder.len(), bytes.iter().copied());
            }
        }
        Cow::Owned(out)
    }
}

struct Writer<'s> {
    out: Vec<u8>,
    /// Serialised form, without references, of each object already written, and its number.
    seen: HashMap<Vec<u8>, u32>,
    substitutions: &'s Substitutions,
}

impl Writer<'_> {
    fn code(&mut self, code: &CodeObject, scope: &Scope) {
        let qualname = scope.qualname(code);
        let inner = scope.within(code, &qualname);
        self.out.push(b'c');
        for field in [
            code.arg_count,
            code.posonlyarg_count,
            code.kwonlyarg_count,
            code.max_stackdepth,
            code.flags.bits(),
        ] {
            self.u32(field);
        }
        self.bytes(&code.instructions.original_bytes());
        self.tuple_head(code.constants.len());
        for constant in code.constants.iter() {
            self.constant(constant, &inner);
        }
        self.names(code.names.iter().map(AsRef::as_ref));
        let cells = code
            .cellvars
            .iter()
            .filter(|cell| !code.varnames.contains(cell));
        let locals: Vec<&str> = code
            .varnames
            .iter()
            .chain(cells)
            .chain(&code.freevars)
            .map(AsRef::as_ref)
            .collect();
        self.names(locals.into_iter());
        self.bytes(&code.localspluskinds);
        self.string(code.source_path.as_bytes(), false);
        self.string(code.obj_name.as_bytes(), true);
        self.string(qualname.as_bytes(), true);
        self.u32(code.first_line_number.map_or(0, |line| line.get() as u32));
        self.bytes(&code.linetable);
        self.bytes(&code.exceptiontable);
    }

    fn names<'a>(&mut self, names: impl ExactSizeIterator<Item = &'a str>) {
        self.tuple_head(names.len());
        for name in names {
            self.string(name.as_bytes(), true);
        }
    }

    fn constant(&mut self, constant: &ConstantData, scope: &Scope) {
        match constant {
            ConstantData::None => self.out.push(b'N'),
            ConstantData::Boolean { value: true } => self.out.push(b'T'),
            ConstantData::Boolean { value: false } => self.out.push(b'F'),
            ConstantData::Ellipsis => self.out.push(b'.'),
            ConstantData::Code { code } => self.code(code, scope),
            ConstantData::Str { value } => {
                let bytes = self.substitutions.resolve(value.as_bytes());
                self.string(&bytes, is_name_like(&bytes));
            }
            _ => {
                let start = self.out.len();
                if self.refer_or_flag(key(constant)) {
                    return;
                }
                match constant {
                    ConstantData::Tuple { elements } => {
                        self.tuple_head(elements.len());
                        self.all(elements, scope);
                    }
                    ConstantData::Frozenset { elements } => {
                        self.out.push(b'>');
                        self.len(elements.len());
                        self.all(elements, scope);
                    }
                    ConstantData::Slice { elements } => {
                        self.out.push(b':');
                        self.all(&**elements, scope);
                    }
                    _ => scalar(&mut self.out, constant),
                }
                self.out[start] |= FLAG_REF;
            }
        }
    }

    fn all(&mut self, elements: &[ConstantData], scope: &Scope) {
        for element in elements {
            self.constant(element, scope);
        }
    }

    fn string(&mut self, bytes: &[u8], interned: bool) {
        let mut key = Vec::with_capacity(bytes.len() + 1);
        key.push(if interned { b't' } else { b'u' });
        key.extend_from_slice(bytes);
        let start = self.out.len();
        if self.refer_or_flag(key) {
            return;
        }
        let short = bytes.len() < 256;
        self.out.push(match (bytes.is_ascii(), short, interned) {
            (true, true, true) => b'Z',
            (true, true, false) => b'z',
            (true, false, true) => b'A',
            (true, false, false) => b'a',
            (false, _, true) => b't',
            (false, _, false) => b'u',
        });
        if bytes.is_ascii() && short {
            self.out.push(bytes.len() as u8);
        } else {
            self.len(bytes.len());
        }
        self.out.extend_from_slice(bytes);
        self.out[start] |= FLAG_REF;
    }

    /// Refers to the object if it was written before; else reserves its number, and the caller writes and flags it.
    fn refer_or_flag(&mut self, key: Vec<u8>) -> bool {
        let next = self.seen.len() as u32;
        let number = *self.seen.entry(key).or_insert(next);
        if number == next {
            return false;
        }
        self.out.push(b'r');
        self.u32(number);
        true
    }

    fn tuple_head(&mut self, len: usize) {
        match u8::try_from(len) {
            Ok(len) => self.out.extend_from_slice(&[b')', len]),
            Err(_) => {
                self.out.push(b'(');
                self.len(len);
            }
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.out.push(b's');
        self.len(bytes.len());
        self.out.extend_from_slice(bytes);
    }

    /// Marshal lengths are 31 bits wide, and source is far shorter.
    fn len(&mut self, len: usize) {
        self.u32(u32::try_from(len).expect("a length in code fits 32 bits"));
    }

    fn u32(&mut self, value: u32) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }
}

/// Identifiers and their like: the strings that the reference's code objects intern.
fn is_name_like(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// Tells constants apart exactly: by type, sign of zero and nesting.
fn key(constant: &ConstantData) -> Vec<u8> {
    let mut key = Vec::new();
    scalar(&mut key, constant);
    key
}

fn scalar(out: &mut Vec<u8>, constant: &ConstantData) {
    let value: DumpableValue<'_, ConstantData> =
        rustpython_compiler_core::bytecode::Constant::borrow_constant(constant).into();
    let Ok(()) = serialize_value(out, value);
}
