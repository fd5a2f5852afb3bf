//! The way from text to code: parse, check, compile, repair, marshal.
//!
//! Serves `compile()`, `exec`, `eval` and import. The work runs on a stack of its own, since every pass recurses over
//! the tree.

use crate::error::{Error, Location, SyntaxError, SyntaxErrorKind};
use crate::marshal;
use rustpython_compiler::codegen::error::{CodegenError, CodegenErrorType};
use rustpython_compiler::parser::{LexicalErrorType, ParseErrorType};
use rustpython_compiler::{CompileError, CompileOpts};
use rustpython_compiler_core::SourceLocation;
use rustpython_compiler_core::bytecode::CodeFlags;

/// Compiler flags, with CPython's values.
pub mod flags {
    pub const DONT_IMPLY_DEDENT: u32 = 0x0200;
    pub const ONLY_AST: u32 = 0x0400;
    pub const TYPE_COMMENTS: u32 = 0x1000;
    pub const ALLOW_TOP_LEVEL_AWAIT: u32 = 0x2000;
    pub const ALLOW_INCOMPLETE_INPUT: u32 = 0x4000;
    pub const OPTIMIZED_AST: u32 = 0x8000 | ONLY_AST;
    /// The `CO_FUTURE_*` bits.
    pub const FUTURE: u32 = 0x1fe_0000;
}

/// What the source is compiled as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Exec,
    Eval,
    Single,
    /// A function type comment; makes a tree, never code.
    FuncType,
}

#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// 0, 1 (`-O`) or 2 (`-OO`).
    pub optimize: u8,
    /// Bits of [`flags`].
    pub flags: u32,
    /// `sys.get_int_max_str_digits()`.
    pub max_str_digits: usize,
    /// False under `-X no_debug_ranges`.
    pub debug_ranges: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            optimize: 0,
            flags: 0,
            max_str_digits: 4300,
            debug_ranges: true,
        }
    }
}

/// A `SyntaxWarning` to issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxWarning {
    pub message: String,
    pub lineno: i64,
    /// Where the `SyntaxError` points, should the warning become one.
    pub offset: i64,
}

/// The answer of a warning callback that does not want compilation to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The filters made the warning an error (the caller has cleared it): it becomes a `SyntaxError` with its place.
    AsError,
    /// Another exception was raised.
    Raised,
}

pub type WarningCallback<'a> = dyn FnMut(&SyntaxWarning) -> Result<(), Refusal> + 'a;

/// Room for every pass over the deepest tree that is let through.
const STACK: usize = 256 << 20;

/// Trees deeper than this are refused as the reference refuses what would exhaust its C stack.
const MAX_DEPTH: usize = 6000;

/// Compile `source` to the marshal bytes of its code object.
pub fn compile(
    source: &str,
    filename: &str,
    mode: Mode,
    options: Options,
    warn: &mut WarningCallback<'_>,
) -> Result<Vec<u8>, Error> {
    if source.contains('\0') {
        return Err(Error::unlocated(
            "source code string cannot contain null bytes",
        ));
    }
    let source = source.replace("\r\n", "\n").replace('\r', "\n");
    let mut warnings = Vec::new();
    let result = stacker::grow(STACK, || {
        compile_here(&source, filename, mode, options, &mut warnings)
    });
    for warning in &warnings {
        match warn(warning) {
            Ok(()) => {}
            Err(Refusal::Raised) => return Err(Error::Aborted),
            Err(Refusal::AsError) => {
                return Err(Error::Syntax(Box::new(SyntaxError {
                    kind: SyntaxErrorKind::Syntax,
                    msg: warning.message.clone(),
                    location: Some(Location {
                        filename: Some(filename.to_owned()),
                        lineno: warning.lineno,
                        offset: warning.offset,
                        text: None,
                        end: None,
                    }),
                })));
            }
        }
    }
    result
}

fn compile_here(
    source: &str,
    filename: &str,
    mode: Mode,
    options: Options,
    warnings: &mut Vec<SyntaxWarning>,
) -> Result<Vec<u8>, Error> {
    let opts = CompileOpts {
        optimize: options.optimize,
        debug_ranges: options.debug_ranges,
        int_max_str_digits: options.max_str_digits,
        allow_top_level_await: options.flags & flags::ALLOW_TOP_LEVEL_AWAIT != 0,
        future_features: CodeFlags::from_bits_truncate(options.flags & flags::FUTURE),
        dont_imply_dedent: options.flags & flags::DONT_IMPLY_DEDENT != 0,
        recursion_limit: MAX_DEPTH,
    };
    let mode = match mode {
        Mode::Exec => rustpython_compiler::Mode::Exec,
        Mode::Eval => rustpython_compiler::Mode::Eval,
        Mode::Single => rustpython_compiler::Mode::Single,
        Mode::FuncType => {
            return Err(Error::Value(
                "compile() mode 'func_type' requires flag PyCF_ONLY_AST".to_owned(),
            ));
        }
    };
    let mut handler = |place: SourceLocation, message: String| {
        warnings.push(SyntaxWarning {
            message,
            lineno: place.line.get() as i64,
            offset: place.character_offset.get() as i64,
        });
        Ok::<(), CodegenError>(())
    };
    let code = rustpython_compiler::compile_with_syntax_warning_handler(
        source,
        mode,
        filename,
        opts,
        &mut handler,
    )
    .map_err(|error| convert(error, source, filename))?;
    Ok(marshal::code_to_marshal(&code))
}

fn convert(error: CompileError, source: &str, filename: &str) -> Error {
    let kind = match &error {
        CompileError::Codegen(error) => {
            if matches!(error.error, CodegenErrorType::RecursionError) {
                return Error::Recursion(
                    "Stack overflow (used 8152 kB) during compilation".to_owned(),
                );
            }
            SyntaxErrorKind::Syntax
        }
        CompileError::Parse(error) => match &error.error {
            ParseErrorType::Lexical(LexicalErrorType::IndentationError)
            | ParseErrorType::UnexpectedIndentation => SyntaxErrorKind::Indentation,
            _ => SyntaxErrorKind::Syntax,
        },
    };
    let (line, offset) = error.python_location();
    let text = source.split_inclusive('\n').nth(line.saturating_sub(1));
    Error::Syntax(Box::new(SyntaxError {
        kind,
        msg: error.to_string(),
        location: Some(Location {
            filename: Some(filename.to_owned()),
            lineno: line as i64,
            offset: offset as i64,
            text: text.map(str::to_owned),
            end: error
                .python_end_location()
                .map(|(l, o)| (l as i64, o as i64)),
        }),
    }))
}
