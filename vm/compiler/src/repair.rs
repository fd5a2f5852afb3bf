//! Rewrites what the code generator gets wrong into an equivalent it gets right.
//!
//! Serves `compile` only: a tree that is handed out as AST is never rewritten. Each rewrite says which fault it avoids;
//! `tests/faults.rs` holds one test for each, so that a fault mended upstream shows.

use crate::arithmetic;
use crate::scopes::{self, has_scope};
use ruff_python_ast as ast;
use ruff_python_ast::visitor::transformer::{Transformer, walk_expr, walk_stmt};
use ruff_python_ast::{AtomicNodeIndex, ConstantValue, Expr, Number, Operator, Stmt, UnaryOp};
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::cell::Cell;

/// Above this many elements the generator builds a display piece by piece and does not fold it again.
const STACK_USE_GUIDELINE: usize = 30;

/// Rewrite `module`, which was parsed from `source`.
pub(crate) fn repair(module: &mut ast::Mod, source: &str, strip_docstrings: bool) {
    scopes::separate(module);
    let repairer = Repairer {
        source,
        strip_docstrings,
        class_depth: Cell::new(0),
    };
    match module {
        ast::Mod::Module(module) => repairer.module(module),
        ast::Mod::Expression(expression) => repairer.visit_expr(&mut expression.body),
    }
}

struct Repairer<'a> {
    source: &'a str,
    strip_docstrings: bool,
    class_depth: Cell<usize>,
}

impl Repairer<'_> {
    fn module(&self, module: &mut ast::ModModule) {
        self.docstring(&mut module.body);
        for stmt in &mut module.body {
            self.visit_stmt(stmt);
        }
    }

    /// A body that is a docstring only becomes `pass`, which is as wide as the word, if the line is, wherever the string ended.
    fn docstring(&self, body: &mut ast::Suite) {
        if self.strip_docstrings
            && let [Stmt::Expr(ast::StmtExpr { value, range, .. })] = &body[..]
            && value.is_string_literal_expr()
        {
            let start = range.start();
            let line = self.source[start.to_usize()..].find('\n').unwrap_or(4);
            body[0] = Stmt::Pass(ast::StmtPass {
                node_index: AtomicNodeIndex::NONE,
                range: TextRange::at(start, TextSize::new(line.min(4) as u32)),
            });
        }
    }

    /// `__conditional_annotations__` of a class inside another one is looked for in the outer class. A binding that is
    /// never executed makes it the inner class's own.
    fn conditional_annotations(&self, class: &mut ast::StmtClassDef) {
        if self.class_depth.get() == 0 || !annotates_conditionally(&class.body) {
            return;
        }
        let at = usize::from(class.body.first().is_some_and(is_docstring));
        let range = class
            .body
            .get(at)
            .map_or(class.range, |stmt| TextRange::empty(stmt.start()));
        class
            .body
            .insert(at, never_bound("__conditional_annotations__", range));
    }

    /// Scopes inside a dict display are numbered keys first but generated in the order of evaluation. An item whose key
    /// would be out of turn is written as `**{key: value}`.
    fn dict_display(dict: &mut ast::ExprDict) {
        let mut scope_in_value = false;
        for item in &mut dict.items {
            let in_value = has_scope(&item.value);
            if let Some(key) = item.key.take_if(|key| scope_in_value && has_scope(key)) {
                let range = item.value.range();
                let placeholder = constant(ConstantValue::None, range);
                let value = std::mem::replace(&mut item.value, placeholder);
                item.value = Expr::Dict(ast::ExprDict {
                    node_index: AtomicNodeIndex::NONE,
                    range,
                    runtime_values: None,
                    items: vec![ast::DictItem {
                        key: Some(key),
                        value,
                    }],
                });
                scope_in_value = true;
            }
            scope_in_value |= in_value;
        }
    }

    /// The text of an interpolation reaches up to the mark that ends it, blanks included.
    fn template(&self, template: &mut ast::ExprTString) {
        let mut changed = false;
        for part in template.value.iter_mut() {
            for element in &mut part.elements {
                if let ast::InterpolatedStringElement::Interpolation(interpolation) = element {
                    changed |= self.interpolation(interpolation);
                }
            }
        }
        // A lone interpolation with a text of its own is taken for a node that is not a template.
        if changed && let Some(part) = template.as_single_part_tstring() {
            let mut empty = part.clone();
            empty.elements = Vec::new().into();
            template.value = ast::TStringValue::concatenated(vec![part.clone(), empty]);
        }
    }

    /// Gives the interpolation its exact text, if the generator would not.
    fn interpolation(&self, interpolation: &mut ast::InterpolatedElement) -> bool {
        let (brace, end) = (
            interpolation.range.start().to_usize(),
            interpolation.expression.end().to_usize(),
        );
        if interpolation.runtime_str.is_some() || self.source.as_bytes().get(brace) != Some(&b'{') {
            return false;
        }
        let mark = end + expression_end(&self.source[end..]);
        let text = without_comments(&self.source[brace + 1..mark]);
        if text == self.source[brace + 1..end] {
            return false;
        }
        if interpolation.debug_text.is_some()
            && interpolation.conversion == ast::ConversionFlag::None
            && interpolation.format_spec.is_none()
        {
            interpolation.conversion = ast::ConversionFlag::Repr;
        }
        interpolation.runtime_str = Some(ConstantValue::Str(text.into()));
        interpolation.runtime_interpolation_format_spec =
            interpolation.format_spec.as_ref().map(|spec| {
                Box::new(Expr::from(ast::FString {
                    range: spec.range,
                    node_index: AtomicNodeIndex::NONE,
                    elements: spec.elements.clone(),
                    flags: ast::FStringFlags::empty(),
                }))
            });
        true
    }
}

impl Transformer for Repairer<'_> {
    fn visit_stmt(&self, stmt: &mut Stmt) {
        match stmt {
            Stmt::ClassDef(class) => {
                self.docstring(&mut class.body);
                self.conditional_annotations(class);
                self.class_depth.set(self.class_depth.get() + 1);
                walk_stmt(self, stmt);
                self.class_depth.set(self.class_depth.get() - 1);
                return;
            }
            Stmt::FunctionDef(function) => self.docstring(&mut function.body),
            Stmt::For(statement) => fold_sequence(&mut statement.iter, false),
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    /// The numbers of patterns are folded by a pass of their own.
    fn visit_pattern(&self, _: &mut ast::Pattern) {}

    fn visit_comprehension(&self, comprehension: &mut ast::Comprehension) {
        fold_sequence(&mut comprehension.iter, false);
        ast::visitor::transformer::walk_comprehension(self, comprehension);
    }

    fn visit_expr(&self, expr: &mut Expr) {
        match expr {
            Expr::Dict(dict) => Self::dict_display(dict),
            Expr::TString(template) => self.template(template),
            Expr::BinOp(operation) => {
                if let Some((real, imag)) = arithmetic::fold_complex(operation) {
                    *expr = constant(ConstantValue::Complex { real, imag }, operation.range);
                } else if let Some(value) =
                    arithmetic::fold_floor_division(operation).or_else(|| negative_power(operation))
                {
                    *expr = constant(ConstantValue::Float(value), operation.range);
                }
            }
            Expr::Compare(comparison) => {
                if let ([.., ast::CmpOp::In | ast::CmpOp::NotIn], Some(last)) =
                    (&comparison.ops[..], comparison.comparators.last_mut())
                {
                    fold_sequence(last, true);
                }
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

/// A display of many constants that is only iterated over or searched is one constant.
fn fold_sequence(expr: &mut Expr, searched: bool) {
    let (elements, set) = match expr {
        Expr::Tuple(tuple) => (&tuple.elts, false),
        Expr::List(list) => (&list.elts, false),
        Expr::Set(set) if searched => (&set.elts, true),
        _ => return,
    };
    if elements.len() <= STACK_USE_GUIDELINE {
        return;
    }
    let Some(values) = elements
        .iter()
        .map(constant_value)
        .collect::<Option<Vec<_>>>()
    else {
        return;
    };
    let value = if set {
        ConstantValue::Frozenset(values)
    } else {
        ConstantValue::Tuple(values)
    };
    *expr = constant(value, expr.range());
}

/// The value of a literal, where it can be carried over without loss.
fn constant_value(expr: &Expr) -> Option<ConstantValue> {
    Some(match expr {
        Expr::NoneLiteral(_) => ConstantValue::None,
        Expr::EllipsisLiteral(_) => ConstantValue::Ellipsis,
        Expr::BooleanLiteral(literal) => ConstantValue::Boolean(literal.value),
        Expr::StringLiteral(literal) => {
            let text = literal.value.to_str();
            // What cannot be text is read from the source again; a constant would lose it.
            if text.contains(char::REPLACEMENT_CHARACTER) {
                return None;
            }
            ConstantValue::Str(text.into())
        }
        Expr::BytesLiteral(literal) => ConstantValue::Bytes(literal.value.bytes().collect()),
        Expr::NumberLiteral(literal) => number(&literal.value, 1.0)?,
        Expr::UnaryOp(ast::ExprUnaryOp {
            op: UnaryOp::USub,
            operand,
            ..
        }) => number(&operand.as_number_literal_expr()?.value, -1.0)?,
        Expr::Tuple(tuple) => ConstantValue::Tuple(
            tuple
                .elts
                .iter()
                .map(constant_value)
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}

fn number(number: &Number, sign: f64) -> Option<ConstantValue> {
    Some(match number {
        Number::Int(int) => {
            let value = int.as_i64()?;
            let value = if sign < 0.0 { -value } else { value };
            ConstantValue::Integer(value.to_string().into())
        }
        Number::Float(value) => ConstantValue::Float(sign * value),
        Number::Complex { real, imag } => ConstantValue::Complex {
            real: sign * real,
            imag: sign * imag,
        },
    })
}

/// `int ** -int`, which the generator folds by repeated multiplication, losing digits.
fn negative_power(operation: &ast::ExprBinOp) -> Option<f64> {
    let int = |expr: &Expr| match &expr.as_number_literal_expr()?.value {
        Number::Int(int) => int.as_i64().and_then(|int| u32::try_from(int).ok()),
        _ => None,
    };
    let Expr::UnaryOp(ast::ExprUnaryOp {
        op: UnaryOp::USub,
        operand,
        ..
    }) = &*operation.right
    else {
        return None;
    };
    let (base, exponent) = (int(&operation.left)?, int(operand)?);
    (operation.op == Operator::Pow && base > 0).then(|| f64::from(base).powf(-f64::from(exponent)))
}

fn constant(value: ConstantValue, range: TextRange) -> Expr {
    Expr::Constant(ast::ExprConstant {
        node_index: AtomicNodeIndex::NONE,
        range,
        value,
        kind: None,
        invalid_type: None,
    })
}

/// `if False: name = None`
fn never_bound(name: &str, range: TextRange) -> Stmt {
    let assignment = Stmt::Assign(ast::StmtAssign {
        node_index: AtomicNodeIndex::NONE,
        range,
        targets: vec![Expr::Name(ast::ExprName {
            node_index: AtomicNodeIndex::NONE,
            range,
            id: name.into(),
            ctx: ast::ExprContext::Store,
        })],
        runtime_targets: None,
        runtime_type_comment: None,
        runtime_type_comment_bytes: None,
        value: Box::new(constant(ConstantValue::None, range)),
    });
    Stmt::If(ast::StmtIf {
        node_index: AtomicNodeIndex::NONE,
        range,
        test: Box::new(Expr::BooleanLiteral(ast::ExprBooleanLiteral {
            node_index: AtomicNodeIndex::NONE,
            range,
            value: false,
        })),
        body: [assignment].into_iter().collect(),
        runtime_body: None,
        elif_else_clauses: Vec::new(),
    })
}

fn is_docstring(stmt: &Stmt) -> bool {
    stmt.as_expr_stmt()
        .is_some_and(|stmt| stmt.value.is_string_literal_expr())
}

/// Is there an annotated name inside a compound statement of this body?
fn annotates_conditionally(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| sub_bodies(stmt).any(annotates))
}

fn annotates(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match stmt {
        Stmt::AnnAssign(assignment) => assignment.target.is_name_expr(),
        _ => sub_bodies(stmt).any(annotates),
    })
}

/// The bodies of a compound statement that belong to the scope it stands in.
fn sub_bodies(stmt: &Stmt) -> Box<dyn Iterator<Item = &[Stmt]> + '_> {
    match stmt {
        Stmt::If(s) => Box::new(
            std::iter::once(&s.body[..])
                .chain(s.elif_else_clauses.iter().map(|clause| &clause.body[..])),
        ),
        Stmt::For(s) => Box::new([&s.body[..], &s.orelse[..]].into_iter()),
        Stmt::While(s) => Box::new([&s.body[..], &s.orelse[..]].into_iter()),
        Stmt::With(s) => Box::new(std::iter::once(&s.body[..])),
        Stmt::Match(s) => Box::new(s.cases.iter().map(|case| &case.body[..])),
        Stmt::Try(s) => Box::new(
            [&s.body[..], &s.orelse[..], &s.finalbody[..]]
                .into_iter()
                .chain(s.handlers.iter().map(|handler| {
                    let ast::ExceptHandler::ExceptHandler(handler) = handler;
                    &handler.body[..]
                })),
        ),
        _ => Box::new(std::iter::empty()),
    }
}

/// How far it is from the end of an interpolated expression to the `=`, `!`, `:` or `}` after it.
pub(crate) fn expression_end(after: &str) -> usize {
    let mut comment = false;
    after
        .find(|c| {
            comment = c == '#' || comment && c != '\n';
            !comment && matches!(c, '=' | '!' | ':' | '}')
        })
        .unwrap_or(0)
}

/// The text of an interpolation as programs see it. Quotes are followed, since a `#` between them is no comment.
pub(crate) fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let mut quote = "";
    while let Some(c) = rest.chars().next() {
        let len = if quote.is_empty() {
            match c {
                '#' => {
                    rest = rest.find('\n').map_or("", |end| &rest[end..]);
                    continue;
                }
                '"' | '\'' => {
                    let triple = rest.len() >= 3 && rest.bytes().take(3).all(|b| b == c as u8);
                    quote = &rest[..if triple { 3 } else { 1 }];
                    quote.len()
                }
                _ => c.len_utf8(),
            }
        } else if rest.starts_with(quote) {
            std::mem::take(&mut quote).len()
        } else if c == '\\' {
            1 + rest[1..].chars().next().map_or(0, char::len_utf8)
        } else {
            c.len_utf8()
        };
        out.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    out
}
