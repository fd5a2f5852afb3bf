//! From our tree to the front end's, for the compilation of trees that programs made.
//!
//! The front end locates everything by offset into a source text, so a blank one is laid out on which the offsets of the
//! nodes fall on the lines and columns they claim. Text that the front end cannot hold (with surrogates in it) travels as
//! a placeholder, which is resolved when the code is written.

use super::asdl::Kind;
use super::tree::{Constant, Field, Node, Place};
use crate::compile::MAX_DEPTH;
use crate::error::{self, Error};
use crate::marshal::Substitutions;
use ruff_python_ast as front;
use ruff_python_ast::{AtomicNodeIndex, ConstantValue, ConversionFlag, Expr, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::str::FromStr;

type Result<T> = std::result::Result<T, Error>;

/// A tree that the front end can compile, with the text it seems to come from.
pub(crate) struct Written {
    pub(crate) tree: front::Mod,
    pub(crate) source: String,
    pub(crate) substitutions: Substitutions,
}

/// Convert a tree that `validate` has accepted.
pub(crate) fn write(node: Node) -> Result<Written> {
    let mut layout = Layout::default();
    layout.measure(&node, 0)?;
    let source = layout.lay_out();
    let mut writer = Writer {
        layout,
        substitutions: Substitutions::default(),
    };
    let kind = node.kind;
    let mut fields = Fields::of(node);
    let tree = match kind {
        Kind::Module | Kind::Interactive => front::Mod::Module(front::ModModule {
            node_index: AtomicNodeIndex::NONE,
            range: TextRange::default(),
            body: writer.body(fields.next())?,
            runtime_body: None,
        }),
        Kind::Expression => front::Mod::Expression(front::ModExpression {
            node_index: AtomicNodeIndex::NONE,
            range: TextRange::default(),
            body: writer.boxed(fields.next())?,
        }),
        _ => return Err(unexpected("mod", kind.name())),
    };
    Ok(Written {
        tree,
        source,
        substitutions: writer.substitutions,
    })
}

/// Lines and columns beyond these are drawn in: no source is that large, and the blank text must stay small.
const MAX_LINES: i32 = 1 << 20;
const MAX_COLUMNS: i32 = 1 << 16;

/// How wide each line of the blank text is, and where it begins.
#[derive(Default)]
struct Layout {
    widths: Vec<u32>,
    starts: Vec<u32>,
}

impl Layout {
    fn measure(&mut self, node: &Node, depth: usize) -> Result<()> {
        // Statements and expressions nest through other nodes, so this is a little stricter than the parser's limit.
        if depth > MAX_DEPTH {
            return Err(error::too_deep());
        }
        let place = node.place;
        self.reach(place.lineno, place.col_offset);
        self.reach(place.end_lineno, place.end_col_offset);
        node.fields
            .iter()
            .try_for_each(|field| self.measure_field(field, depth + 1))
    }

    fn measure_field(&mut self, field: &Field, depth: usize) -> Result<()> {
        match field {
            Field::Node(node) => self.measure(node, depth),
            Field::Sequence(fields) => fields
                .iter()
                .try_for_each(|field| self.measure_field(field, depth)),
            _ => Ok(()),
        }
    }

    fn reach(&mut self, line: i32, column: i32) {
        let (line, column) = drawn_in(line, column);
        if self.widths.len() <= line {
            self.widths.resize(line + 1, 0);
        }
        self.widths[line] = self.widths[line].max(column);
    }

    fn lay_out(&mut self) -> String {
        let mut text = String::new();
        for &width in &self.widths {
            self.starts.push(text.len() as u32);
            // A `pass` that takes a docstring's place must fit.
            text.extend(std::iter::repeat_n(' ', width as usize + 4));
            text.push('\n');
        }
        text
    }

    fn range(&self, place: Place) -> TextRange {
        let offset = |line, column| {
            let (line, column) = drawn_in(line, column);
            TextSize::new(self.starts[line] + column)
        };
        let start = offset(place.lineno, place.col_offset);
        TextRange::new(
            start,
            offset(place.end_lineno, place.end_col_offset).max(start),
        )
    }
}

/// The index of a line, and a column, as the layout has them.
fn drawn_in(line: i32, column: i32) -> (usize, u32) {
    (
        line.clamp(1, MAX_LINES) as usize - 1,
        column.clamp(0, MAX_COLUMNS) as u32,
    )
}

/// The fields of a node, one after the other.
struct Fields(std::vec::IntoIter<Field>);

impl Fields {
    fn of(node: Node) -> Fields {
        Fields(node.fields.into_iter())
    }

    fn next(&mut self) -> Field {
        self.0.next().unwrap_or(Field::None)
    }
}

fn unexpected(wanted: &str, got: &str) -> Error {
    Error::Type(format!("expected some sort of {wanted}, but got {got}"))
}

fn missing(wanted: &str) -> Error {
    Error::Value(format!("None disallowed in {wanted} list"))
}

fn name_of(field: &Field) -> &'static str {
    match field {
        Field::None => "None",
        Field::Node(node) => node.kind.name(),
        Field::Singleton(kind) => kind.name(),
        Field::Sequence(_) => "list",
        Field::Str(_) => "str",
        Field::Int(_) => "int",
        Field::Constant(_) => "constant",
    }
}

fn node(field: Field, wanted: &str) -> Result<Node> {
    match field {
        Field::Node(node) => Ok(*node),
        other => Err(unexpected(wanted, name_of(&other))),
    }
}

fn sequence(field: Field) -> Result<Vec<Field>> {
    match field {
        Field::Sequence(fields) => Ok(fields),
        Field::None => Ok(Vec::new()),
        other => Err(unexpected("list", name_of(&other))),
    }
}

fn int(field: Field) -> i64 {
    match field {
        Field::Int(value) => value,
        _ => 0,
    }
}

fn singleton(field: Field, wanted: &str) -> Result<Kind> {
    match field {
        Field::Singleton(kind) => Ok(kind),
        Field::Node(node) if node.kind.is_singleton() => Ok(node.kind),
        other => Err(unexpected(wanted, name_of(&other))),
    }
}

struct Writer {
    layout: Layout,
    substitutions: Substitutions,
}

impl Writer {
    fn body(&mut self, field: Field) -> Result<front::Suite> {
        sequence(field)?
            .into_iter()
            .map(|field| self.stmt(field))
            .collect()
    }

    fn exprs<C: FromIterator<Expr>>(&mut self, field: Field) -> Result<C> {
        sequence(field)?
            .into_iter()
            .map(|field| self.expr(field))
            .collect()
    }

    fn boxed(&mut self, field: Field) -> Result<Box<Expr>> {
        self.expr(field).map(Box::new)
    }

    fn optional(&mut self, field: Field) -> Result<Option<Box<Expr>>> {
        match field {
            Field::None => Ok(None),
            field => self.boxed(field).map(Some),
        }
    }

    fn identifier(&mut self, field: Field, range: TextRange) -> Result<front::Identifier> {
        match field {
            Field::Str(text) => Ok(front::Identifier::new(&*text, range)),
            other => Err(unexpected("identifier", name_of(&other))),
        }
    }

    fn optional_identifier(
        &mut self,
        field: Field,
        range: TextRange,
    ) -> Result<Option<front::Identifier>> {
        match field {
            Field::None => Ok(None),
            field => self.identifier(field, range).map(Some),
        }
    }

    fn identifiers(&mut self, field: Field, range: TextRange) -> Result<Vec<front::Identifier>> {
        let fields = sequence(field)?.into_iter();
        fields.map(|field| self.identifier(field, range)).collect()
    }

    fn stmt(&mut self, field: Field) -> Result<Stmt> {
        if field == Field::None {
            return Err(missing("statement"));
        }
        let node = node(field, "stmt")?;
        let (kind, range) = (node.kind, self.layout.range(node.place));
        let node_index = AtomicNodeIndex::NONE;
        let mut f = Fields::of(node);
        Ok(match kind {
            Kind::FunctionDef | Kind::AsyncFunctionDef => {
                let name = self.identifier(f.next(), range)?;
                let parameters = Box::new(self.parameters(f.next())?);
                let body = self.body(f.next())?;
                let decorator_list = self.decorators(f.next())?;
                let returns = self.optional(f.next())?;
                let _type_comment = f.next();
                Stmt::FunctionDef(front::StmtFunctionDef {
                    node_index,
                    range,
                    is_async: kind == Kind::AsyncFunctionDef,
                    decorator_list,
                    name,
                    type_params: self.type_params(f.next())?,
                    parameters,
                    returns,
                    body,
                    runtime_decorator_list: None,
                    runtime_type_comment: None,
                    runtime_type_comment_bytes: None,
                    runtime_body: None,
                })
            }
            Kind::ClassDef => {
                let name = self.identifier(f.next(), range)?;
                let bases = self.exprs::<Vec<_>>(f.next())?;
                let keywords = self.keywords(f.next())?;
                let body = self.body(f.next())?;
                let decorator_list = self.decorators(f.next())?;
                let arguments = (!bases.is_empty() || !keywords.is_empty())
                    .then(|| Box::new(arguments(range, bases, keywords)));
                Stmt::ClassDef(front::StmtClassDef {
                    node_index,
                    range,
                    decorator_list,
                    name,
                    type_params: self.type_params(f.next())?,
                    arguments,
                    body,
                    runtime_decorator_list: None,
                    runtime_body: None,
                })
            }
            Kind::Return => Stmt::Return(front::StmtReturn {
                node_index,
                range,
                value: self.optional(f.next())?,
            }),
            Kind::Delete => Stmt::Delete(front::StmtDelete {
                node_index,
                range,
                targets: self.exprs(f.next())?,
                runtime_targets: None,
            }),
            Kind::Assign => Stmt::Assign(front::StmtAssign {
                node_index,
                range,
                targets: self.exprs(f.next())?,
                value: self.boxed(f.next())?,
                runtime_targets: None,
                runtime_type_comment: None,
                runtime_type_comment_bytes: None,
            }),
            Kind::TypeAlias => Stmt::TypeAlias(front::StmtTypeAlias {
                node_index,
                range,
                name: self.boxed(f.next())?,
                type_params: self.type_params(f.next())?,
                value: self.boxed(f.next())?,
            }),
            Kind::AugAssign => Stmt::AugAssign(front::StmtAugAssign {
                node_index,
                range,
                target: self.boxed(f.next())?,
                op: operator(f.next())?,
                value: self.boxed(f.next())?,
            }),
            Kind::AnnAssign => Stmt::AnnAssign(front::StmtAnnAssign {
                node_index,
                range,
                target: self.boxed(f.next())?,
                annotation: self.boxed(f.next())?,
                value: self.optional(f.next())?,
                simple: int(f.next()) != 0,
                runtime_simple: None,
            }),
            Kind::For | Kind::AsyncFor => Stmt::For(front::StmtFor {
                node_index,
                range,
                is_async: kind == Kind::AsyncFor,
                target: self.boxed(f.next())?,
                iter: self.boxed(f.next())?,
                body: self.body(f.next())?,
                orelse: self.body(f.next())?,
                runtime_type_comment: None,
                runtime_type_comment_bytes: None,
                runtime_body: None,
                runtime_orelse: None,
            }),
            Kind::While => Stmt::While(front::StmtWhile {
                node_index,
                range,
                test: self.boxed(f.next())?,
                body: self.body(f.next())?,
                orelse: self.body(f.next())?,
                runtime_body: None,
                runtime_orelse: None,
            }),
            Kind::If => self.if_chain(range, &mut f)?,
            Kind::With | Kind::AsyncWith => Stmt::With(front::StmtWith {
                node_index,
                range,
                is_async: kind == Kind::AsyncWith,
                items: self.with_items(f.next())?,
                body: self.body(f.next())?,
                runtime_type_comment: None,
                runtime_type_comment_bytes: None,
                runtime_body: None,
            }),
            Kind::Match => Stmt::Match(front::StmtMatch {
                node_index,
                range,
                subject: self.boxed(f.next())?,
                cases: self.cases(f.next())?,
            }),
            Kind::Raise => Stmt::Raise(front::StmtRaise {
                node_index,
                range,
                exc: self.optional(f.next())?,
                cause: self.optional(f.next())?,
            }),
            Kind::Try | Kind::TryStar => Stmt::Try(front::StmtTry {
                node_index,
                range,
                body: self.body(f.next())?,
                handlers: self.handlers(f.next())?,
                orelse: self.body(f.next())?,
                finalbody: self.body(f.next())?,
                is_star: kind == Kind::TryStar,
                runtime_body: None,
                runtime_handlers: None,
                runtime_orelse: None,
                runtime_finalbody: None,
            }),
            Kind::Assert => Stmt::Assert(front::StmtAssert {
                node_index,
                range,
                test: self.boxed(f.next())?,
                msg: self.optional(f.next())?,
            }),
            Kind::Import => Stmt::Import(front::StmtImport {
                node_index,
                range,
                names: self.aliases(f.next())?,
                is_lazy: false,
            }),
            Kind::ImportFrom => Stmt::ImportFrom(front::StmtImportFrom {
                node_index,
                range,
                module: self.optional_identifier(f.next(), range)?,
                names: self.aliases(f.next())?,
                level: int(f.next()).max(0) as u32,
                is_lazy: false,
                runtime_level: None,
            }),
            Kind::Global => Stmt::Global(front::StmtGlobal {
                node_index,
                range,
                names: self.identifiers(f.next(), range)?,
            }),
            Kind::Nonlocal => Stmt::Nonlocal(front::StmtNonlocal {
                node_index,
                range,
                names: self.identifiers(f.next(), range)?,
            }),
            Kind::Expr => Stmt::Expr(front::StmtExpr {
                node_index,
                range,
                value: self.boxed(f.next())?,
            }),
            Kind::Pass => Stmt::Pass(front::StmtPass { node_index, range }),
            Kind::Break => Stmt::Break(front::StmtBreak { node_index, range }),
            Kind::Continue => Stmt::Continue(front::StmtContinue { node_index, range }),
            other => return Err(unexpected("stmt", other.name())),
        })
    }

    /// An `if` alone in an `else` becomes an `elif`, which is how the front end nests them.
    fn if_chain(&mut self, range: TextRange, f: &mut Fields) -> Result<Stmt> {
        let test = self.boxed(f.next())?;
        let body = self.body(f.next())?;
        let mut clauses = Vec::new();
        let mut orelse = sequence(f.next())?;
        loop {
            let clause = |range, test, body| front::ElifElseClause {
                range,
                node_index: AtomicNodeIndex::NONE,
                test,
                body,
                runtime_body: None,
                runtime_orelse: None,
            };
            match &orelse[..] {
                [] => break,
                [Field::Node(only)] if only.kind == Kind::If => {
                    let range = self.layout.range(only.place);
                    let mut f = Fields::of(node(orelse.remove(0), "stmt")?);
                    let test = self.expr(f.next())?;
                    clauses.push(clause(range, Some(test), self.body(f.next())?));
                    orelse = sequence(f.next())?;
                }
                _ => {
                    let body = self.body(Field::Sequence(orelse))?;
                    let start = body.first().map_or(range, |stmt| stmt.range());
                    clauses.push(clause(start, None, body));
                    break;
                }
            }
        }
        Ok(Stmt::If(front::StmtIf {
            node_index: AtomicNodeIndex::NONE,
            range,
            test,
            body,
            elif_else_clauses: clauses,
            runtime_body: None,
        }))
    }

    fn decorators<C: FromIterator<front::Decorator>>(&mut self, field: Field) -> Result<C> {
        let decorator = |field| {
            let expression = self.expr(field)?;
            Ok(front::Decorator {
                range: expression.range(),
                node_index: AtomicNodeIndex::NONE,
                expression,
            })
        };
        sequence(field)?.into_iter().map(decorator).collect()
    }

    fn with_items(&mut self, field: Field) -> Result<Vec<front::WithItem>> {
        let item = |field| {
            let mut f = Fields::of(node(field, "withitem")?);
            let context_expr = self.expr(f.next())?;
            Ok(front::WithItem {
                range: context_expr.range(),
                node_index: AtomicNodeIndex::NONE,
                context_expr,
                optional_vars: self.optional(f.next())?,
            })
        };
        sequence(field)?.into_iter().map(item).collect()
    }

    fn cases(&mut self, field: Field) -> Result<Vec<front::MatchCase>> {
        let case = |field| {
            let mut f = Fields::of(node(field, "match_case")?);
            let pattern = self.pattern(f.next())?;
            Ok(front::MatchCase {
                range: pattern.range(),
                node_index: AtomicNodeIndex::NONE,
                pattern,
                guard: self.optional(f.next())?,
                body: self.body(f.next())?,
                runtime_body: None,
            })
        };
        sequence(field)?.into_iter().map(case).collect()
    }

    fn handlers(&mut self, field: Field) -> Result<Vec<front::ExceptHandler>> {
        let handler = |field| {
            let node = node(field, "excepthandler")?;
            let range = self.layout.range(node.place);
            let mut f = Fields::of(node);
            Ok(front::ExceptHandler::ExceptHandler(
                front::ExceptHandlerExceptHandler {
                    range,
                    node_index: AtomicNodeIndex::NONE,
                    type_: self.optional(f.next())?,
                    name: self.optional_identifier(f.next(), range)?,
                    body: self.body(f.next())?,
                    runtime_body: None,
                },
            ))
        };
        sequence(field)?.into_iter().map(handler).collect()
    }

    fn aliases(&mut self, field: Field) -> Result<Vec<front::Alias>> {
        let alias = |field| {
            let node = node(field, "alias")?;
            let range = self.layout.range(node.place);
            let mut f = Fields::of(node);
            Ok(front::Alias {
                range,
                node_index: AtomicNodeIndex::NONE,
                name: self.identifier(f.next(), range)?,
                asname: self.optional_identifier(f.next(), range)?,
            })
        };
        sequence(field)?.into_iter().map(alias).collect()
    }

    fn keywords(&mut self, field: Field) -> Result<Vec<front::Keyword>> {
        let keyword = |field| {
            let node = node(field, "keyword")?;
            let range = self.layout.range(node.place);
            let mut f = Fields::of(node);
            Ok(front::Keyword {
                range,
                node_index: AtomicNodeIndex::NONE,
                arg: self.optional_identifier(f.next(), range)?,
                value: self.expr(f.next())?,
            })
        };
        sequence(field)?.into_iter().map(keyword).collect()
    }

    fn type_params(&mut self, field: Field) -> Result<Option<Box<front::TypeParams>>> {
        let param = |field| {
            let node = node(field, "type_param")?;
            let (kind, range) = (node.kind, self.layout.range(node.place));
            let node_index = AtomicNodeIndex::NONE;
            let mut f = Fields::of(node);
            let name = self.identifier(f.next(), range)?;
            Ok(match kind {
                Kind::TypeVar => front::TypeParam::TypeVar(front::TypeParamTypeVar {
                    node_index,
                    range,
                    name,
                    bound: self.optional(f.next())?,
                    default: self.optional(f.next())?,
                }),
                Kind::ParamSpec => front::TypeParam::ParamSpec(front::TypeParamParamSpec {
                    node_index,
                    range,
                    name,
                    default: self.optional(f.next())?,
                }),
                Kind::TypeVarTuple => {
                    front::TypeParam::TypeVarTuple(front::TypeParamTypeVarTuple {
                        node_index,
                        range,
                        name,
                        default: self.optional(f.next())?,
                    })
                }
                other => return Err(unexpected("type_param", other.name())),
            })
        };
        let type_params = sequence(field)?
            .into_iter()
            .map(param)
            .collect::<Result<Vec<_>>>()?;
        let Some((first, last)) = type_params.first().zip(type_params.last()) else {
            return Ok(None);
        };
        Ok(Some(Box::new(front::TypeParams {
            range: TextRange::new(first.start(), last.end().max(first.start())),
            node_index: AtomicNodeIndex::NONE,
            type_params,
            runtime_type_params: None,
        })))
    }

    fn arg(&mut self, field: Field) -> Result<front::Parameter> {
        let node = node(field, "arg")?;
        let range = self.layout.range(node.place);
        let mut f = Fields::of(node);
        Ok(front::Parameter {
            range,
            node_index: AtomicNodeIndex::NONE,
            name: self.identifier(f.next(), range)?,
            annotation: self.optional(f.next())?,
            runtime_type_comment: None,
            runtime_type_comment_bytes: None,
        })
    }

    fn optional_arg(&mut self, field: Field) -> Result<Option<Box<front::Parameter>>> {
        match field {
            Field::None => Ok(None),
            field => self.arg(field).map(|arg| Some(Box::new(arg))),
        }
    }

    fn args(&mut self, field: Field) -> Result<Vec<front::ParameterWithDefault>> {
        let arg = |field| {
            let parameter = self.arg(field)?;
            Ok(front::ParameterWithDefault {
                range: parameter.range,
                node_index: AtomicNodeIndex::NONE,
                parameter,
                default: None,
            })
        };
        sequence(field)?.into_iter().map(arg).collect()
    }

    fn parameters(&mut self, field: Field) -> Result<front::Parameters> {
        let mut f = Fields::of(node(field, "arguments")?);
        let mut posonlyargs = self.args(f.next())?;
        let mut args = self.args(f.next())?;
        let vararg = self.optional_arg(f.next())?;
        let mut kwonlyargs = self.args(f.next())?;
        let kw_defaults = sequence(f.next())?;
        let kwarg = self.optional_arg(f.next())?;
        let defaults: Vec<Expr> = self.exprs(f.next())?;
        for (arg, default) in kwonlyargs.iter_mut().zip(kw_defaults) {
            arg.default = self.optional(default)?;
        }
        // Defaults belong to the last of the positional arguments.
        let positional = posonlyargs.iter_mut().chain(&mut args);
        for (arg, default) in positional.rev().zip(defaults.into_iter().rev()) {
            arg.default = Some(Box::new(default));
        }
        Ok(front::Parameters {
            posonlyargs: posonlyargs.into(),
            args: args.into(),
            vararg,
            kwonlyargs: kwonlyargs.into(),
            kwarg,
            ..front::Parameters::default()
        })
    }

    fn expr(&mut self, field: Field) -> Result<Expr> {
        if field == Field::None {
            return Err(missing("expression"));
        }
        let node = node(field, "expr")?;
        let (kind, range) = (node.kind, self.layout.range(node.place));
        let node_index = AtomicNodeIndex::NONE;
        let mut f = Fields::of(node);
        Ok(match kind {
            Kind::BoolOp => Expr::BoolOp(front::ExprBoolOp {
                node_index,
                range,
                op: match singleton(f.next(), "boolop")? {
                    Kind::And => front::BoolOp::And,
                    Kind::Or => front::BoolOp::Or,
                    other => return Err(unexpected("boolop", other.name())),
                },
                values: self.exprs(f.next())?,
                runtime_values: None,
            }),
            Kind::NamedExpr => Expr::Named(front::ExprNamed {
                node_index,
                range,
                target: self.boxed(f.next())?,
                value: self.boxed(f.next())?,
            }),
            Kind::BinOp => Expr::BinOp(front::ExprBinOp {
                node_index,
                range,
                left: self.boxed(f.next())?,
                op: operator(f.next())?,
                right: self.boxed(f.next())?,
            }),
            Kind::UnaryOp => Expr::UnaryOp(front::ExprUnaryOp {
                node_index,
                range,
                op: match singleton(f.next(), "unaryop")? {
                    Kind::Invert => front::UnaryOp::Invert,
                    Kind::Not => front::UnaryOp::Not,
                    Kind::UAdd => front::UnaryOp::UAdd,
                    Kind::USub => front::UnaryOp::USub,
                    other => return Err(unexpected("unaryop", other.name())),
                },
                operand: self.boxed(f.next())?,
            }),
            Kind::Lambda => Expr::Lambda(front::ExprLambda {
                node_index,
                range,
                parameters: Some(Box::new(self.parameters(f.next())?)),
                body: self.boxed(f.next())?,
            }),
            Kind::IfExp => Expr::If(front::ExprIf {
                node_index,
                range,
                test: self.boxed(f.next())?,
                body: self.boxed(f.next())?,
                orelse: self.boxed(f.next())?,
            }),
            Kind::Dict => {
                let keys = sequence(f.next())?;
                let values = sequence(f.next())?;
                let item = |(key, value)| {
                    Ok(front::DictItem {
                        key: self.optional(key)?.map(|key| *key),
                        value: self.expr(value)?,
                    })
                };
                Expr::Dict(front::ExprDict {
                    node_index,
                    range,
                    items: keys
                        .into_iter()
                        .zip(values)
                        .map(item)
                        .collect::<Result<_>>()?,
                    runtime_values: None,
                })
            }
            Kind::Set => Expr::Set(front::ExprSet {
                node_index,
                range,
                elts: self.exprs(f.next())?,
                runtime_elts: None,
            }),
            Kind::ListComp => Expr::ListComp(front::ExprListComp {
                node_index,
                range,
                elt: self.boxed(f.next())?,
                generators: self.generators(f.next())?,
            }),
            Kind::SetComp => Expr::SetComp(front::ExprSetComp {
                node_index,
                range,
                elt: self.boxed(f.next())?,
                generators: self.generators(f.next())?,
            }),
            Kind::DictComp => Expr::DictComp(front::ExprDictComp {
                node_index,
                range,
                key: self.optional(f.next())?,
                value: self.boxed(f.next())?,
                generators: self.generators(f.next())?,
            }),
            Kind::GeneratorExp => Expr::Generator(front::ExprGenerator {
                node_index,
                range,
                elt: self.boxed(f.next())?,
                generators: self.generators(f.next())?,
                parenthesized: true,
            }),
            Kind::Await => Expr::Await(front::ExprAwait {
                node_index,
                range,
                value: self.boxed(f.next())?,
            }),
            Kind::Yield => Expr::Yield(front::ExprYield {
                node_index,
                range,
                value: self.optional(f.next())?,
            }),
            Kind::YieldFrom => Expr::YieldFrom(front::ExprYieldFrom {
                node_index,
                range,
                value: self.boxed(f.next())?,
            }),
            Kind::Compare => {
                let left = self.boxed(f.next())?;
                let ops = sequence(f.next())?
                    .into_iter()
                    .map(comparison)
                    .collect::<Result<Vec<_>>>()?;
                Expr::Compare(front::ExprCompare {
                    node_index,
                    range,
                    left,
                    ops: ops.into(),
                    comparators: self.exprs::<Vec<_>>(f.next())?.into(),
                    runtime_comparators: None,
                })
            }
            Kind::Call => {
                let func = self.boxed(f.next())?;
                let args = self.exprs::<Vec<_>>(f.next())?;
                let keywords = self.keywords(f.next())?;
                Expr::Call(front::ExprCall {
                    node_index,
                    range_start: range.start(),
                    // A call ends where its arguments do.
                    arguments: arguments(
                        TextRange::new(func.end().min(range.end()), range.end()),
                        args,
                        keywords,
                    ),
                    func,
                })
            }
            Kind::FormattedValue => {
                let expression = self.boxed(f.next())?;
                let conversion = conversion(f.next());
                let spec = self.optional(f.next())?;
                self.f_string(
                    range,
                    vec![interpolated(
                        range, expression, conversion, None, None, spec,
                    )],
                    None,
                )
            }
            Kind::JoinedStr => {
                let values = self.exprs(f.next())?;
                self.f_string(range, Vec::new(), Some(values))
            }
            Kind::Interpolation => {
                let expression = self.boxed(f.next())?;
                let text = match f.next() {
                    Field::Constant(constant) => self.constant_value(constant)?,
                    other => return Err(unexpected("constant", name_of(&other))),
                };
                let conversion = conversion(f.next());
                let spec = self.optional(f.next())?;
                let element = interpolated(range, expression, conversion, Some(text), spec, None);
                self.t_string(range, vec![element], None)
            }
            Kind::TemplateStr => {
                let values = self.exprs(f.next())?;
                self.t_string(range, Vec::new(), Some(values))
            }
            Kind::Constant => match f.next() {
                Field::Constant(constant) => self.constant(constant, range)?,
                other => return Err(unexpected("constant", name_of(&other))),
            },
            Kind::Attribute => Expr::Attribute(front::ExprAttribute {
                node_index,
                range,
                value: self.boxed(f.next())?,
                attr: self.attribute_name(f.next(), range)?,
                ctx: context(f.next())?,
            }),
            Kind::Subscript => Expr::Subscript(front::ExprSubscript {
                node_index,
                range,
                value: self.boxed(f.next())?,
                slice: self.boxed(f.next())?,
                ctx: context(f.next())?,
            }),
            Kind::Starred => Expr::Starred(front::ExprStarred {
                node_index,
                range,
                value: self.boxed(f.next())?,
                ctx: context(f.next())?,
            }),
            Kind::Name => Expr::Name(front::ExprName {
                node_index,
                range,
                id: self.identifier(f.next(), range)?.id,
                ctx: context(f.next())?,
            }),
            Kind::List => Expr::List(front::ExprList {
                node_index,
                range,
                elts: self.exprs(f.next())?,
                ctx: context(f.next())?,
                runtime_elts: None,
            }),
            Kind::Tuple => Expr::Tuple(front::ExprTuple {
                node_index,
                range,
                elts: self.exprs(f.next())?,
                ctx: context(f.next())?,
                parenthesized: true,
                runtime_elts: None,
            }),
            Kind::Slice => Expr::Slice(front::ExprSlice {
                node_index,
                range,
                lower: self.optional(f.next())?,
                upper: self.optional(f.next())?,
                step: self.optional(f.next())?,
            }),
            other => return Err(unexpected("expr", other.name())),
        })
    }

    /// The name of an attribute ends where the expression does, which is how the generator locates it.
    fn attribute_name(&mut self, field: Field, range: TextRange) -> Result<front::Identifier> {
        let mut name = self.identifier(field, range)?;
        let width = TextSize::new(name.id.as_str().len() as u32);
        let start = range
            .end()
            .checked_sub(width)
            .unwrap_or(range.start())
            .max(range.start());
        name.range = TextRange::new(start, range.end());
        Ok(name)
    }

    fn generators(&mut self, field: Field) -> Result<Vec<front::Comprehension>> {
        let generator = |field| {
            let mut f = Fields::of(node(field, "comprehension")?);
            let target = self.expr(f.next())?;
            Ok(front::Comprehension {
                range: target.range(),
                node_index: AtomicNodeIndex::NONE,
                target,
                iter: self.expr(f.next())?,
                ifs: self.exprs(f.next())?,
                is_async: int(f.next()) != 0,
                runtime_ifs: None,
                runtime_is_async: None,
            })
        };
        sequence(field)?.into_iter().map(generator).collect()
    }

    fn f_string(
        &mut self,
        range: TextRange,
        elements: Vec<front::InterpolatedStringElement>,
        values: Option<Vec<Expr>>,
    ) -> Expr {
        Expr::FString(front::ExprFString {
            node_index: AtomicNodeIndex::NONE,
            range,
            value: front::FStringValue::single(front::FString {
                range,
                node_index: AtomicNodeIndex::NONE,
                elements: elements.into(),
                flags: front::FStringFlags::empty(),
            }),
            runtime_joined_str: values,
            runtime_values: None,
        })
    }

    fn t_string(
        &mut self,
        range: TextRange,
        elements: Vec<front::InterpolatedStringElement>,
        values: Option<Vec<Expr>>,
    ) -> Expr {
        Expr::TString(front::ExprTString {
            node_index: AtomicNodeIndex::NONE,
            range,
            value: front::TStringValue::single(front::TString {
                range,
                node_index: AtomicNodeIndex::NONE,
                elements: elements.into(),
                flags: front::TStringFlags::empty(),
            }),
            runtime_template_str: values,
            runtime_values: None,
        })
    }

    /// A constant as the literal it could have been, so that every pass sees what it knows.
    fn constant(&mut self, constant: Constant, range: TextRange) -> Result<Expr> {
        let node_index = AtomicNodeIndex::NONE;
        let number = |value| {
            Expr::NumberLiteral(front::ExprNumberLiteral {
                node_index: AtomicNodeIndex::NONE,
                range,
                value,
            })
        };
        Ok(match constant {
            Constant::None => Expr::NoneLiteral(front::ExprNoneLiteral { node_index, range }),
            Constant::Ellipsis => {
                Expr::EllipsisLiteral(front::ExprEllipsisLiteral { node_index, range })
            }
            Constant::Bool(value) => Expr::BooleanLiteral(front::ExprBooleanLiteral {
                node_index,
                range,
                value,
            }),
            Constant::Int(value @ 0..) => {
                number(front::Number::Int(front::Int::from(value as u64)))
            }
            Constant::BigInt(text) if !text.starts_with('-') => {
                number(front::Number::Int(big_int(&text)?))
            }
            Constant::Float(value) => number(front::Number::Float(value)),
            Constant::Complex { real, imag } => number(front::Number::Complex { real, imag }),
            Constant::Str(bytes) => match std::str::from_utf8(&bytes) {
                // A replacement character would be looked up in the source.
                Ok(text) if !text.contains(char::REPLACEMENT_CHARACTER) => {
                    Expr::StringLiteral(front::ExprStringLiteral {
                        node_index: AtomicNodeIndex::NONE,
                        range,
                        value: front::StringLiteralValue::single(front::StringLiteral {
                            range,
                            node_index,
                            value: text.into(),
                            flags: front::StringLiteralFlags::empty(),
                        }),
                    })
                }
                _ => self.opaque(Constant::Str(bytes), range)?,
            },
            Constant::Bytes(value) => Expr::BytesLiteral(front::ExprBytesLiteral {
                node_index: AtomicNodeIndex::NONE,
                range,
                value: front::BytesLiteralValue::single(front::BytesLiteral {
                    range,
                    node_index,
                    value,
                    flags: front::BytesLiteralFlags::empty(),
                }),
            }),
            other => self.opaque(other, range)?,
        })
    }

    fn opaque(&mut self, constant: Constant, range: TextRange) -> Result<Expr> {
        Ok(Expr::Constant(front::ExprConstant {
            node_index: AtomicNodeIndex::NONE,
            range,
            value: self.constant_value(constant)?,
            kind: None,
            invalid_type: None,
        }))
    }

    fn constant_value(&mut self, constant: Constant) -> Result<ConstantValue> {
        Ok(match constant {
            Constant::None => ConstantValue::None,
            Constant::Bool(value) => ConstantValue::Boolean(value),
            Constant::Ellipsis => ConstantValue::Ellipsis,
            Constant::Int(value) => ConstantValue::Integer(value.to_string().into()),
            Constant::BigInt(text) => ConstantValue::Integer(decimal(&text).into()),
            Constant::Float(value) => ConstantValue::Float(value),
            Constant::Complex { real, imag } => ConstantValue::Complex { real, imag },
            Constant::Str(bytes) => ConstantValue::Str(match std::str::from_utf8(&bytes) {
                Ok(text) => text.into(),
                Err(_) => self.substitutions.placeholder(bytes).into(),
            }),
            Constant::Bytes(value) => ConstantValue::Bytes(value),
            Constant::Tuple(values) => ConstantValue::Tuple(self.constant_values(values)?),
            Constant::Frozenset(values) => ConstantValue::Frozenset(self.constant_values(values)?),
        })
    }

    fn constant_values(&mut self, values: Vec<Constant>) -> Result<Vec<ConstantValue>> {
        values
            .into_iter()
            .map(|value| self.constant_value(value))
            .collect()
    }

    fn patterns<C: FromIterator<Pattern>>(&mut self, field: Field) -> Result<C> {
        sequence(field)?
            .into_iter()
            .map(|field| self.pattern(field))
            .collect()
    }

    fn pattern(&mut self, field: Field) -> Result<Pattern> {
        if field == Field::None {
            return Err(missing("pattern"));
        }
        let node = node(field, "pattern")?;
        let (kind, range) = (node.kind, self.layout.range(node.place));
        let node_index = AtomicNodeIndex::NONE;
        let mut f = Fields::of(node);
        Ok(match kind {
            Kind::MatchValue => Pattern::MatchValue(front::PatternMatchValue {
                node_index,
                range,
                value: self.boxed(f.next())?,
            }),
            Kind::MatchSingleton => Pattern::MatchSingleton(front::PatternMatchSingleton {
                node_index,
                range,
                value: match f.next() {
                    Field::Constant(Constant::None) => front::Singleton::None,
                    Field::Constant(Constant::Bool(true)) => front::Singleton::True,
                    Field::Constant(Constant::Bool(false)) => front::Singleton::False,
                    other => return Err(unexpected("constant", name_of(&other))),
                },
            }),
            Kind::MatchSequence => Pattern::MatchSequence(front::PatternMatchSequence {
                node_index,
                range,
                patterns: self.patterns(f.next())?,
                runtime_patterns: None,
            }),
            Kind::MatchMapping => Pattern::MatchMapping(front::PatternMatchMapping {
                node_index,
                range,
                keys: self.exprs(f.next())?,
                patterns: self.patterns(f.next())?,
                rest: self.optional_identifier(f.next(), range)?,
                runtime_keys: None,
                runtime_patterns: None,
            }),
            Kind::MatchClass => {
                let cls = self.boxed(f.next())?;
                let patterns = self.patterns(f.next())?;
                let attrs = self.identifiers(f.next(), range)?;
                let values: Vec<Pattern> = self.patterns(f.next())?;
                let keyword =
                    |(attr, pattern): (front::Identifier, Pattern)| front::PatternKeyword {
                        range: pattern.range(),
                        node_index: AtomicNodeIndex::NONE,
                        attr,
                        pattern,
                    };
                Pattern::MatchClass(front::PatternMatchClass {
                    node_index: AtomicNodeIndex::NONE,
                    range,
                    cls,
                    arguments: front::PatternArguments {
                        range,
                        node_index,
                        patterns,
                        keywords: attrs.into_iter().zip(values).map(keyword).collect(),
                    },
                    runtime_patterns: None,
                    runtime_kwd_attrs: None,
                    runtime_kwd_patterns: None,
                })
            }
            Kind::MatchStar => Pattern::MatchStar(front::PatternMatchStar {
                node_index,
                range,
                name: self.optional_identifier(f.next(), range)?,
            }),
            Kind::MatchAs => Pattern::MatchAs(front::PatternMatchAs {
                node_index,
                range,
                pattern: match f.next() {
                    Field::None => None,
                    field => Some(Box::new(self.pattern(field)?)),
                },
                name: self.optional_identifier(f.next(), range)?,
            }),
            Kind::MatchOr => Pattern::MatchOr(front::PatternMatchOr {
                node_index,
                range,
                patterns: self.patterns(f.next())?,
                runtime_patterns: None,
            }),
            other => return Err(unexpected("pattern", other.name())),
        })
    }
}

fn arguments(range: TextRange, args: Vec<Expr>, keywords: Vec<front::Keyword>) -> front::Arguments {
    front::Arguments {
        range,
        node_index: AtomicNodeIndex::NONE,
        args: args.into(),
        keywords: keywords.into(),
        runtime_args: None,
        runtime_bases: None,
    }
}

fn interpolated(
    range: TextRange,
    expression: Box<Expr>,
    conversion: ConversionFlag,
    runtime_str: Option<ConstantValue>,
    runtime_interpolation_format_spec: Option<Box<Expr>>,
    runtime_formatted_value_format_spec: Option<Box<Expr>>,
) -> front::InterpolatedStringElement {
    front::InterpolatedStringElement::Interpolation(front::InterpolatedElement {
        range,
        node_index: AtomicNodeIndex::NONE,
        expression,
        debug_text: None,
        conversion,
        format_spec: None,
        runtime_str,
        runtime_interpolation_format_spec,
        runtime_formatted_value_format_spec,
    })
}

fn conversion(field: Field) -> ConversionFlag {
    match u8::try_from(int(field)) {
        Ok(b's') => ConversionFlag::Str,
        Ok(b'a') => ConversionFlag::Ascii,
        Ok(b'r') => ConversionFlag::Repr,
        _ => ConversionFlag::None,
    }
}

/// Digits of any base that a literal can have.
fn big_int(text: &str) -> Result<front::Int> {
    let radix = match text.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0o" | "0O") => 8,
        Some("0b" | "0B") => 2,
        _ => 10,
    };
    let parsed = match radix {
        10 => front::Int::from_str(text),
        _ => front::Int::from_str_radix(&text[2..], radix, text),
    };
    parsed.map_err(|error| Error::Value(error.to_string()))
}

/// Any notation of an integer as decimal digits.
fn decimal(text: &str) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let radix = match digits.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0o" | "0O") => 8,
        Some("0b" | "0B") => 2,
        _ => return text.to_owned(),
    };
    const LIMB: u64 = 1_000_000_000;
    let mut limbs: Vec<u64> = Vec::new();
    for digit in digits[2..].chars().filter_map(|c| c.to_digit(radix)) {
        let mut carry = u64::from(digit);
        for limb in &mut limbs {
            carry += *limb * u64::from(radix);
            *limb = carry % LIMB;
            carry /= LIMB;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let mut out = format!("{sign}{}", limbs.pop().unwrap_or(0));
    for limb in limbs.iter().rev() {
        out.push_str(&format!("{limb:09}"));
    }
    out
}

fn context(field: Field) -> Result<front::ExprContext> {
    match singleton(field, "expr_context")? {
        Kind::Load => Ok(front::ExprContext::Load),
        Kind::Store => Ok(front::ExprContext::Store),
        Kind::Del => Ok(front::ExprContext::Del),
        other => Err(unexpected("expr_context", other.name())),
    }
}

fn operator(field: Field) -> Result<front::Operator> {
    use front::Operator::*;
    Ok(match singleton(field, "operator")? {
        Kind::Add => Add,
        Kind::Sub => Sub,
        Kind::Mult => Mult,
        Kind::MatMult => MatMult,
        Kind::Div => Div,
        Kind::Mod => Mod,
        Kind::Pow => Pow,
        Kind::LShift => LShift,
        Kind::RShift => RShift,
        Kind::BitOr => BitOr,
        Kind::BitXor => BitXor,
        Kind::BitAnd => BitAnd,
        Kind::FloorDiv => FloorDiv,
        other => return Err(unexpected("operator", other.name())),
    })
}

fn comparison(field: Field) -> Result<front::CmpOp> {
    use front::CmpOp::*;
    Ok(match singleton(field, "cmpop")? {
        Kind::Eq => Eq,
        Kind::NotEq => NotEq,
        Kind::Lt => Lt,
        Kind::LtE => LtE,
        Kind::Gt => Gt,
        Kind::GtE => GtE,
        Kind::Is => Is,
        Kind::IsNot => IsNot,
        Kind::In => In,
        Kind::NotIn => NotIn,
        other => return Err(unexpected("cmpop", other.name())),
    })
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn integers_of_any_notation() {
        assert_eq!(
            decimal("-0x100000000000000000000"),
            "-1208925819614629174706176"
        );
        assert_eq!(decimal("0b0"), "0");
        assert_eq!(decimal("0o7_7"), "63");
        assert_eq!(decimal("-123"), "-123");
    }
}
