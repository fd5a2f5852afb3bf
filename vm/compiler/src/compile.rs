//! The way from text to code: parse, check, compile, repair, marshal.
//!
//! Serves `compile()`, `exec`, `eval` and import. The work runs on a stack of its own, since every pass recurses over
//! the tree.

use crate::error::{self, Error, Location, SyntaxError, SyntaxErrorKind, line_of_file};
use crate::marshal;
use crate::parse::{self, Parsed};
use crate::repair::repair;
use crate::syntax;
use rustpython_compiler::CompileOpts;
use rustpython_compiler::codegen::compile::compile_top_with_syntax_warning_handler;
use rustpython_compiler::codegen::error::CodegenError;
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
    /// `CO_FUTURE_BARRY_AS_BDFL`.
    pub const BARRY: u32 = 0x40_0000;
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
    /// The minor version of the language that a tree is made by, where the grammar is to be that of an older one.
    pub feature_version: u8,
}

/// The minor version of the language.
pub(crate) const FEATURE_VERSION: u8 = 14;

impl Default for Options {
    fn default() -> Options {
        Options {
            optimize: 0,
            flags: 0,
            max_str_digits: 4300,
            debug_ranges: true,
            feature_version: FEATURE_VERSION,
        }
    }
}

/// A `SyntaxWarning` to issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxWarning {
    pub message: String,
    pub lineno: i64,
    /// What is raised, should the filters make the warning an error.
    pub as_error: SyntaxError,
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
pub(crate) const MAX_DEPTH: usize = 6000;

pub(crate) fn refuse_nulls(source: &str) -> Result<(), Error> {
    if source.contains('\0') {
        return Err(Error::unlocated(
            "source code string cannot contain null bytes",
        ));
    }
    Ok(())
}

/// Compile `source` to the marshal bytes of its code object.
pub fn compile(
    source: &str,
    filename: &str,
    mode: Mode,
    options: Options,
    warn: &mut WarningCallback<'_>,
) -> Result<Vec<u8>, Error> {
    refuse_nulls(source)?;
    let source = parse::translate_newlines(source);
    let mut warnings = Vec::new();
    let result = on_big_stack(source.len(), || {
        let parsed = parse::parse(&source, filename, mode, options, &mut warnings)?;
        match generate(parsed, filename, options, &mut warnings) {
            Ok(code) => Ok(code),
            // The front end's parser is more lenient than the grammar, and its later passes then find what is wrong.
            Err(error) => Err(
                syntax::diagnose(&source, filename, mode, options, &mut warnings).unwrap_or(error),
            ),
        }
    });
    deliver(warnings, warn)?;
    result
}

/// Runs `work` on a source of `length` bytes where it may recurse deeply. It must not call back into Python.
pub(crate) fn on_big_stack<R>(length: usize, work: impl FnOnce() -> R) -> R {
    // A short source cannot nest deeply, and a stack costs more than its compilation.
    if length <= SHORT {
        stacker::maybe_grow(SHALLOW + length * STACK_PER_BYTE, STACK, work)
    } else {
        stacker::grow(STACK, work)
    }
}

const SHORT: usize = 128;
const SHALLOW: usize = 512 << 10;
/// More than the frames of one level of nesting take without optimisation.
const STACK_PER_BYTE: usize = 32 << 10;

/// Issue the warnings, in the order they were found. The first refusal ends the compilation, whatever came of it.
pub(crate) fn deliver(
    warnings: Vec<SyntaxWarning>,
    warn: &mut WarningCallback<'_>,
) -> Result<(), Error> {
    for warning in warnings {
        match warn(&warning) {
            Ok(()) => {}
            Err(Refusal::Raised) => return Err(Error::Aborted),
            Err(Refusal::AsError) => return Err(Error::Syntax(Box::new(warning.as_error))),
        }
    }
    Ok(())
}

/// From a tree to marshal bytes.
pub(crate) fn generate(
    parsed: Parsed,
    filename: &str,
    options: Options,
    warnings: &mut Vec<SyntaxWarning>,
) -> Result<Vec<u8>, Error> {
    let Parsed {
        mut tree,
        source,
        mode,
        substitutions,
    } = parsed;
    let inherited = CodeFlags::from_bits_truncate(options.flags & flags::FUTURE);
    repair(&mut tree, source.source_text(), options.optimize >= 2);
    let opts = CompileOpts {
        optimize: options.optimize,
        debug_ranges: options.debug_ranges,
        int_max_str_digits: options.max_str_digits,
        allow_top_level_await: options.flags & flags::ALLOW_TOP_LEVEL_AWAIT != 0,
        future_features: inherited,
        dont_imply_dedent: options.flags & flags::DONT_IMPLY_DEDENT != 0,
        recursion_limit: MAX_DEPTH,
    };
    let mut handler = |place: SourceLocation, message: String| {
        let (lineno, offset) = (place.line.get() as i64, place.character_offset.get() as i64);
        warnings.push(SyntaxWarning {
            message: message.clone(),
            lineno,
            as_error: SyntaxError {
                kind: SyntaxErrorKind::Syntax,
                msg: message,
                location: Some(Location {
                    filename: Some(filename.to_owned()),
                    lineno,
                    offset,
                    text: line_of_file(filename, lineno),
                    end: None,
                }),
            },
        });
        Ok::<(), CodegenError>(())
    };
    let code =
        compile_top_with_syntax_warning_handler(tree, source, mode, opts, Some(&mut handler))
            .map_err(|error| error::from_codegen(&error, filename))?;
    Ok(marshal::code_to_marshal(&code, &substitutions))
}
