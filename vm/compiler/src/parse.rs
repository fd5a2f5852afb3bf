//! From text to the front end's tree, with the checks that its parser leaves out.
//!
//! Serves `compile` and `parse_to_ast`. The result keeps the source beside the tree, since ranges mean nothing without it.

use crate::check;
use crate::compile::{FEATURE_VERSION, MAX_DEPTH, Mode, Options, SyntaxWarning, flags};
use crate::error::{self, Error};
use crate::escapes;
use crate::marshal::Substitutions;
use crate::syntax;
use ruff_python_ast as ast;
use rustpython_compiler::{
    CompileError, leading_byte_order_mark_error, long_decimal_integer_literal_error, parser,
    pre_parse_source_error, prepare_barry_as_flufl_source, too_deeply_nested_error,
    unsupported_grammar_error,
};
use rustpython_compiler_core::bytecode::CodeFlags;
use rustpython_compiler_core::{SourceFile, SourceFileBuilder};
use std::borrow::Cow;

/// A tree and what it was parsed from.
pub(crate) struct Parsed {
    pub(crate) tree: ast::Mod,
    pub(crate) source: SourceFile,
    pub(crate) mode: rustpython_compiler::Mode,
    pub(crate) substitutions: Substitutions,
}

/// Line ends become newlines, as the tokenizer makes them.
pub(crate) fn translate_newlines(source: &str) -> Cow<'_, str> {
    if source.contains('\r') {
        Cow::Owned(source.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(source)
    }
}

pub(crate) fn parse(
    source: &str,
    filename: &str,
    mode: Mode,
    options: Options,
    warnings: &mut Vec<SyntaxWarning>,
) -> Result<Parsed, Error> {
    let file = SourceFileBuilder::new(filename, source).finish();
    if mode == Mode::FuncType {
        return Err(Error::Value(
            "compile() mode 'func_type' requires flag PyCF_ONLY_AST".to_owned(),
        ));
    }
    // The front end does not know the rules of the grammar for interactive input, for comments of types
    // and of older versions.
    let by_grammar = mode == Mode::Single
        || options.flags & flags::TYPE_COMMENTS != 0
        || options.feature_version < FEATURE_VERSION;
    if by_grammar && let Some(error) = syntax::diagnose(source, filename, mode, options, warnings) {
        return Err(error);
    }
    match parse_checked(&file, filename, mode, options, warnings) {
        Ok(tree) => Ok(Parsed {
            tree,
            source: file,
            mode: front_end_mode(mode),
            substitutions: Substitutions::default(),
        }),
        Err(CompileError::Codegen(error)) => Err(error::from_codegen(&error, filename)),
        Err(error) => Err(syntax::diagnose(source, filename, mode, options, warnings)
            .unwrap_or_else(|| error::from_parser(&error, source, filename))),
    }
}

pub(crate) fn front_end_mode(mode: Mode) -> rustpython_compiler::Mode {
    match mode {
        // There is no code for types of functions.
        Mode::Exec | Mode::FuncType => rustpython_compiler::Mode::Exec,
        Mode::Eval => rustpython_compiler::Mode::Eval,
        Mode::Single => rustpython_compiler::Mode::Single,
    }
}

fn parse_checked(
    file: &SourceFile,
    filename: &str,
    mode: Mode,
    options: Options,
    warnings: &mut Vec<SyntaxWarning>,
) -> Result<ast::Mod, CompileError> {
    let source = file.source_text();
    if let Some(error) = leading_byte_order_mark_error(file) {
        return Err(error);
    }
    let parser_options = parser::ParseOptions::from(match mode {
        Mode::Eval => parser::Mode::Expression,
        _ => parser::Mode::Module,
    });
    let barry = CodeFlags::from_bits_truncate(options.flags & flags::FUTURE)
        .contains(CodeFlags::FUTURE_BARRY_AS_BDFL);
    let barry = prepare_barry_as_flufl_source(source, parser_options.clone(), barry);
    pre_parse_source_error(file)?;
    let parsed = parser::parse(barry.source(), parser_options);
    if let Some(error) = barry.diagnostic(parsed.as_ref().err(), file) {
        return Err(error);
    }
    let parsed = parsed
        .map_err(|error| CompileError::from_ruff_parse_error(error, file, front_end_mode(mode)))?;
    if let Some(error) =
        long_decimal_integer_literal_error(file, parsed.tokens(), options.max_str_digits)
    {
        return Err(error);
    }
    escapes::token_warnings(source, filename, parsed.tokens(), warnings);
    let tree = parsed.into_syntax();
    too_deeply_nested_error(&tree, file, MAX_DEPTH)?;
    if let Some(error) = unsupported_grammar_error(&tree, file) {
        return Err(error);
    }
    check::check(&tree, source, mode).map_err(|fault| check::located(fault, file))?;
    Ok(tree)
}
