//! Abstract syntax trees as plain data: the grammar's table, the tree, and the ways between it, source and code.

mod asdl;
mod func_type;
mod read;
mod strings;
mod tree;
mod validate;
mod write;

pub use asdl::{Attributes, BASES, FieldType, Kind, NODES, NodeType, Quantity};
pub use tree::{Constant, Field, Node, Place};

use crate::compile::{self, Mode, Options, WarningCallback, flags};
use crate::error::Error;
use crate::parse::{self, Parsed};
use crate::syntax::{self, TypeComments};
use rustpython_compiler::codegen::preprocess;
use rustpython_compiler_core::SourceFileBuilder;

/// Parse `source` into the tree that `ast.parse` gives.
pub fn parse_to_ast(
    source: &str,
    filename: &str,
    mode: Mode,
    options: Options,
    warn: &mut WarningCallback<'_>,
) -> Result<Node, Error> {
    compile::refuse_nulls(source)?;
    let source = parse::translate_newlines(source);
    let mut warnings = Vec::new();
    let result = compile::on_big_stack(source.len(), || {
        if mode == Mode::FuncType {
            return func_type::parse(&source, filename, options, &mut warnings);
        }
        let mut parsed = parse::parse(&source, filename, mode, options, &mut warnings)?;
        if options.flags & flags::OPTIMIZED_AST == flags::OPTIMIZED_AST {
            let future = preprocess::has_future_annotations(&parsed.tree);
            preprocess::preprocess_mod(&mut parsed.tree, options.optimize, future, false);
        }
        let comments = if options.flags & flags::TYPE_COMMENTS != 0 {
            syntax::type_comments(&source, filename, mode)
        } else {
            TypeComments::default()
        };
        let interactive = mode == Mode::Single;
        Ok(read::read(
            &parsed.tree,
            &parsed.source,
            interactive,
            &comments,
        ))
    });
    compile::deliver(warnings, warn)?;
    result
}

/// Compile a tree to the marshal bytes of its code object. Its root says how: `Module`, `Interactive` or `Expression`.
pub fn compile_ast(
    tree: Node,
    filename: &str,
    options: Options,
    warn: &mut WarningCallback<'_>,
) -> Result<Vec<u8>, Error> {
    let mut warnings = Vec::new();
    let mode = match tree.kind {
        Kind::Expression => Mode::Eval,
        Kind::Interactive => Mode::Single,
        _ => Mode::Exec,
    };
    let result = compile::on_big_stack(usize::MAX, || {
        validate::validate(&tree)?;
        let written = write::write(tree)?;
        let parsed = Parsed {
            tree: written.tree,
            source: SourceFileBuilder::new(filename, &*written.source).finish(),
            mode: parse::front_end_mode(mode),
            substitutions: written.substitutions,
        };
        compile::generate(parsed, filename, options, &mut warnings)
    });
    compile::deliver(warnings, warn)?;
    result
}
