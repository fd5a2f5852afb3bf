//! What the front end's parser lets through and Python's grammar does not.

use crate::compile::Mode;
use ruff_python_ast as ast;
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_text_size::{Ranged, TextRange, TextSize};
use rustpython_compiler::parser::ParseErrorType;
use rustpython_compiler::{CompileError, ParseError};
use rustpython_compiler_core::{PositionEncoding, SourceFile};

pub(crate) struct Fault {
    message: &'static str,
    range: TextRange,
}

/// The first thing in the tree that is not Python.
pub(crate) fn check(tree: &ast::Mod, source: &str, mode: Mode) -> Result<(), Fault> {
    let mut checker = Checker {
        source,
        fault: None,
    };
    match tree {
        ast::Mod::Module(module) => {
            checker.visit_body(&module.body);
            if mode == Mode::Single && checker.fault.is_none() {
                single(&module.body, source)?;
            }
        }
        ast::Mod::Expression(expression) => checker.visit_expr(&expression.body),
    }
    checker.fault.map_or(Ok(()), Err)
}

/// A fault with its place worked out.
pub(crate) fn located(fault: Fault, file: &SourceFile) -> CompileError {
    let place = |offset: TextSize| {
        file.to_source_code()
            .source_location(offset, PositionEncoding::Utf32)
    };
    CompileError::Parse(ParseError {
        error: ParseErrorType::OtherError(fault.message.to_owned()),
        raw_location: fault.range,
        location: place(fault.range.start()),
        end_location: place(fault.range.end()),
        source_path: file.name().to_owned(),
        is_unclosed_bracket: false,
        is_unclosed_string: false,
    })
}

/// Interactive input is one line of simple statements, or one compound statement.
fn single(body: &[ast::Stmt], source: &str) -> Result<(), Fault> {
    let Some((first, rest)) = body.split_first() else {
        let message = "invalid syntax";
        return Err(Fault {
            message,
            range: TextRange::default(),
        });
    };
    let more = rest
        .iter()
        .any(|stmt| source[first.end().to_usize()..stmt.start().to_usize()].contains('\n'));
    if more {
        return Err(Fault {
            message: "multiple statements found while compiling a single statement",
            range: TextRange::empty(first.end()),
        });
    }
    Ok(())
}

struct Checker<'a> {
    source: &'a str,
    fault: Option<Fault>,
}

impl<'a> Visitor<'a> for Checker<'_> {
    fn visit_expr(&mut self, expr: &'a ast::Expr) {
        if self.fault.is_none() {
            walk_expr(self, expr);
        }
    }

    /// A keyword argument's name may not be in parentheses.
    fn visit_keyword(&mut self, keyword: &'a ast::Keyword) {
        if keyword.arg.is_some()
            && self.source.as_bytes().get(keyword.start().to_usize()) == Some(&b'(')
        {
            self.fault.get_or_insert(Fault {
                message: "expression cannot contain assignment, perhaps you meant \"==\"?",
                range: keyword.range,
            });
        }
        ast::visitor::walk_keyword(self, keyword);
    }
}
