//! From the front end's tree to ours, with the positions and the shapes that CPython's parser gives.
//!
//! The two differ in small ways (who owns the parentheses of a generator, how `elif` nests, where an argument begins);
//! each is settled here, so that the tree is what `ast.parse` promises.

use super::asdl::Kind;
use super::strings;
use super::tree::{Constant, Field, Node, Place};
use crate::syntax::TypeComments;
use ruff_python_ast as front;
use ruff_python_ast::{Expr, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};
use rustpython_compiler_core::SourceFile;

/// The tree of a module, or of an expression; `interactive` is for input of one statement.
pub(crate) fn read(
    tree: &front::Mod,
    file: &SourceFile,
    interactive: bool,
    comments: &TypeComments,
) -> Node {
    let reader = Reader::new(file, comments);
    match tree {
        front::Mod::Module(module) if interactive => Node::new(
            Kind::Interactive,
            Place::default(),
            vec![reader.body(&module.body)],
        ),
        front::Mod::Module(module) => Node::new(
            Kind::Module,
            Place::default(),
            vec![reader.body(&module.body), type_ignores(comments)],
        ),
        front::Mod::Expression(expression) => Node::new(
            Kind::Expression,
            Place::default(),
            vec![reader.expr(&expression.body).into()],
        ),
    }
}

fn type_ignores(comments: &TypeComments) -> Field {
    let ignores = comments.ignores.iter().map(|(line, tag)| {
        let fields = vec![Field::Int(i64::from(*line)), Field::from(tag.as_str())];
        Node::new(Kind::TypeIgnore, Place::default(), fields)
    });
    ignores.collect::<Vec<_>>().into()
}

pub(crate) struct Reader<'a> {
    pub(crate) file: &'a SourceFile,
    pub(crate) source: &'a str,
    /// Where each line begins.
    lines: Vec<u32>,
    comments: &'a TypeComments,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a SourceFile, comments: &'a TypeComments) -> Reader<'a> {
        let source = file.source_text();
        let ends = memchr::memchr_iter(b'\n', source.as_bytes());
        let lines = std::iter::once(0)
            .chain(ends.map(|at| at as u32 + 1))
            .collect();
        Reader {
            file,
            source,
            lines,
            comments,
        }
    }

    /// The type that a comment between two places gives.
    fn type_comment(&self, from: TextSize, to: TextSize) -> Option<TextRange> {
        let (from, to) = (from.to_usize(), to.to_usize());
        let comments = &self.comments.comments;
        let next = comments.partition_point(|(start, _)| *start < from);
        let &(start, end) = comments.get(next).filter(|(start, _)| *start < to)?;
        Some(TextRange::new(
            TextSize::new(start as u32),
            TextSize::new(end as u32),
        ))
    }

    fn type_comment_field(&self, from: TextSize, body: &[Stmt]) -> Field {
        let to = body.first().map_or(from, Ranged::start);
        self.text_of(self.type_comment(from, to))
    }

    fn text_of(&self, range: Option<TextRange>) -> Field {
        range.map(|range| &self.source[range]).into()
    }

    fn line_and_column(&self, offset: TextSize) -> (i32, i32) {
        let offset = offset.to_u32();
        let line = self.lines.partition_point(|&start| start <= offset);
        (line as i32, (offset - self.lines[line - 1]) as i32)
    }

    pub(crate) fn place(&self, range: TextRange) -> Place {
        let (lineno, col_offset) = self.line_and_column(range.start());
        let (end_lineno, end_col_offset) = self.line_and_column(range.end());
        Place {
            lineno,
            col_offset,
            end_lineno,
            end_col_offset,
        }
    }

    pub(crate) fn node(&self, kind: Kind, range: TextRange, fields: Vec<Field>) -> Node {
        Node::new(kind, self.place(range), fields)
    }

    fn body(&self, body: &[Stmt]) -> Field {
        Field::Sequence(body.iter().map(|stmt| self.stmt(stmt).into()).collect())
    }

    fn exprs<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> Field {
        Field::Sequence(
            exprs
                .into_iter()
                .map(|expr| self.expr(expr).into())
                .collect(),
        )
    }

    fn boxed(&self, expr: &Expr) -> Field {
        self.expr(expr).into()
    }

    fn optional(&self, expr: Option<&Expr>) -> Field {
        expr.map(|expr| self.expr(expr)).into()
    }

    fn stmt(&self, stmt: &Stmt) -> Node {
        let range = match stmt {
            Stmt::For(_) | Stmt::While(_) | Stmt::With(_) | Stmt::Match(_) | Stmt::Try(_) => {
                self.block_end(stmt.range())
            }
            _ => stmt.range(),
        };
        let (kind, fields) = match stmt {
            Stmt::FunctionDef(s) => return self.function(s),
            Stmt::ClassDef(s) => return self.class(s),
            Stmt::If(s) => return self.if_chain(s),
            Stmt::Return(s) => (Kind::Return, vec![self.optional(s.value.as_deref())]),
            Stmt::Delete(s) => (Kind::Delete, vec![self.exprs(&s.targets)]),
            Stmt::Assign(s) => return self.assignment(s),
            Stmt::TypeAlias(s) => (
                Kind::TypeAlias,
                vec![
                    self.boxed(&s.name),
                    self.type_params(s.type_params.as_deref()),
                    self.boxed(&s.value),
                ],
            ),
            Stmt::AugAssign(s) => (
                Kind::AugAssign,
                vec![
                    self.boxed(&s.target),
                    operator(s.op).into(),
                    self.boxed(&s.value),
                ],
            ),
            Stmt::AnnAssign(s) => (
                Kind::AnnAssign,
                vec![
                    self.boxed(&s.target),
                    self.boxed(&s.annotation),
                    self.optional(s.value.as_deref()),
                    Field::Int(i64::from(s.simple)),
                ],
            ),
            Stmt::For(s) => (
                if s.is_async {
                    Kind::AsyncFor
                } else {
                    Kind::For
                },
                vec![
                    self.boxed(&s.target),
                    self.boxed(&s.iter),
                    self.body(&s.body),
                    self.body(&s.orelse),
                    self.type_comment_field(s.iter.end(), &s.body),
                ],
            ),
            Stmt::While(s) => (
                Kind::While,
                vec![
                    self.boxed(&s.test),
                    self.body(&s.body),
                    self.body(&s.orelse),
                ],
            ),
            Stmt::With(s) => (
                if s.is_async {
                    Kind::AsyncWith
                } else {
                    Kind::With
                },
                vec![
                    self.with_items(&s.items),
                    self.body(&s.body),
                    self.type_comment_field(s.items.last().map_or(s.start(), Ranged::end), &s.body),
                ],
            ),
            Stmt::Match(s) => (
                Kind::Match,
                vec![self.boxed(&s.subject), self.cases(&s.cases)],
            ),
            Stmt::Raise(s) => (
                Kind::Raise,
                vec![
                    self.optional(s.exc.as_deref()),
                    self.optional(s.cause.as_deref()),
                ],
            ),
            Stmt::Try(s) => (
                if s.is_star { Kind::TryStar } else { Kind::Try },
                vec![
                    self.body(&s.body),
                    self.handlers(&s.handlers),
                    self.body(&s.orelse),
                    self.body(&s.finalbody),
                ],
            ),
            Stmt::Assert(s) => (
                Kind::Assert,
                vec![self.boxed(&s.test), self.optional(s.msg.as_deref())],
            ),
            Stmt::Import(s) => (Kind::Import, vec![self.aliases(&s.names)]),
            Stmt::ImportFrom(s) => (
                Kind::ImportFrom,
                vec![
                    s.module.as_ref().map(|name| name.as_str()).into(),
                    self.aliases(&s.names),
                    Field::Int(i64::from(s.level)),
                ],
            ),
            Stmt::Global(s) => (Kind::Global, vec![identifiers(&s.names)]),
            Stmt::Nonlocal(s) => (Kind::Nonlocal, vec![identifiers(&s.names)]),
            Stmt::Expr(s) => (Kind::Expr, vec![self.boxed(&s.value)]),
            Stmt::Pass(_) => (Kind::Pass, vec![]),
            Stmt::Break(_) => (Kind::Break, vec![]),
            Stmt::Continue(_) => (Kind::Continue, vec![]),
            Stmt::IpyEscapeCommand(_) => unreachable!("parsed in no mode of ours"),
        };
        self.node(kind, range, fields)
    }

    /// A compound statement reaches up to the semicolon after its last statement, if there is one.
    fn block_end(&self, range: TextRange) -> TextRange {
        let after = &self.source.as_bytes()[range.end().to_usize()..];
        match after.iter().position(|b| !matches!(b, b' ' | b'\t')) {
            Some(at) if after[at] == b';' => {
                TextRange::new(range.start(), range.end() + TextSize::new(at as u32 + 1))
            }
            _ => range,
        }
    }

    /// A decorated definition begins at its keyword, after the decorators.
    fn definition(&self, range: TextRange, decorators: &[front::Decorator]) -> TextRange {
        let range = self.block_end(range);
        let Some(last) = decorators.last() else {
            return range;
        };
        let mut at = last.end().to_usize();
        let bytes = self.source.as_bytes();
        while let Some(byte) = bytes.get(at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\x0c' | b'\\' => at += 1,
                b'#' => at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at),
                _ => break,
            }
        }
        TextRange::new(TextSize::new(at as u32), range.end())
    }

    fn decorators(&self, decorators: &[front::Decorator]) -> Field {
        self.exprs(decorators.iter().map(|decorator| &decorator.expression))
    }

    /// A comment with the type belongs to the statement.
    fn assignment(&self, s: &front::StmtAssign) -> Node {
        let rest = &self.source[s.end().to_usize()..];
        let line = rest.lines().next().unwrap_or_default();
        let comment = line
            .trim_start_matches([' ', '\t', '\x0c'])
            .starts_with('#')
            .then(|| self.type_comment(s.end(), s.end() + TextSize::of(line)))
            .flatten();
        self.node(
            Kind::Assign,
            TextRange::new(s.start(), comment.map_or(s.end(), TextRange::end)),
            vec![
                self.exprs(&s.targets),
                self.boxed(&s.value),
                self.text_of(comment),
            ],
        )
    }

    fn function(&self, s: &front::StmtFunctionDef) -> Node {
        self.node(
            if s.is_async {
                Kind::AsyncFunctionDef
            } else {
                Kind::FunctionDef
            },
            self.definition(s.range, &s.decorator_list),
            vec![
                s.name.as_str().into(),
                self.parameters(Some(&s.parameters)).into(),
                self.body(&s.body),
                self.decorators(&s.decorator_list),
                self.optional(s.returns.as_deref()),
                self.type_comment_field(
                    s.returns.as_deref().map_or(s.parameters.end(), Ranged::end),
                    &s.body,
                ),
                self.type_params(s.type_params.as_deref()),
            ],
        )
    }

    fn class(&self, s: &front::StmtClassDef) -> Node {
        let (bases, keywords) = match &s.arguments {
            Some(arguments) => (
                self.exprs(&arguments.args),
                self.keywords(&arguments.keywords),
            ),
            None => (Field::Sequence(vec![]), Field::Sequence(vec![])),
        };
        self.node(
            Kind::ClassDef,
            self.definition(s.range, &s.decorator_list),
            vec![
                s.name.as_str().into(),
                bases,
                keywords,
                self.body(&s.body),
                self.decorators(&s.decorator_list),
                self.type_params(s.type_params.as_deref()),
            ],
        )
    }

    /// Each `elif` is an `if` alone in the `else` of the one before.
    fn if_chain(&self, s: &front::StmtIf) -> Node {
        let mut orelse = Field::Sequence(vec![]);
        for clause in s.elif_else_clauses.iter().rev() {
            let body = self.body(&clause.body);
            orelse = match &clause.test {
                None => body,
                Some(test) => {
                    let range = self.block_end(TextRange::new(clause.start(), s.end()));
                    Field::Sequence(vec![
                        self.node(Kind::If, range, vec![self.boxed(test), body, orelse])
                            .into(),
                    ])
                }
            };
        }
        self.node(
            Kind::If,
            self.block_end(s.range),
            vec![self.boxed(&s.test), self.body(&s.body), orelse],
        )
    }

    fn with_items(&self, items: &[front::WithItem]) -> Field {
        let item = |item: &front::WithItem| {
            Node::new(
                Kind::withitem,
                Place::default(),
                vec![
                    self.boxed(&item.context_expr),
                    self.optional(item.optional_vars.as_deref()),
                ],
            )
        };
        items.iter().map(item).collect::<Vec<_>>().into()
    }

    fn cases(&self, cases: &[front::MatchCase]) -> Field {
        let case = |case: &front::MatchCase| {
            Node::new(
                Kind::match_case,
                Place::default(),
                vec![
                    self.pattern(&case.pattern).into(),
                    self.optional(case.guard.as_deref()),
                    self.body(&case.body),
                ],
            )
        };
        cases.iter().map(case).collect::<Vec<_>>().into()
    }

    fn handlers(&self, handlers: &[front::ExceptHandler]) -> Field {
        let handler = |handler: &front::ExceptHandler| {
            let front::ExceptHandler::ExceptHandler(handler) = handler;
            self.node(
                Kind::ExceptHandler,
                self.block_end(handler.range),
                vec![
                    self.optional(handler.type_.as_deref()),
                    handler.name.as_ref().map(|name| name.as_str()).into(),
                    self.body(&handler.body),
                ],
            )
        };
        handlers.iter().map(handler).collect::<Vec<_>>().into()
    }

    fn aliases(&self, aliases: &[front::Alias]) -> Field {
        let alias = |alias: &front::Alias| {
            self.node(
                Kind::alias,
                alias.range,
                vec![
                    alias.name.as_str().into(),
                    alias.asname.as_ref().map(|name| name.as_str()).into(),
                ],
            )
        };
        aliases.iter().map(alias).collect::<Vec<_>>().into()
    }

    fn keywords(&self, keywords: &[front::Keyword]) -> Field {
        let keyword = |keyword: &front::Keyword| {
            self.node(
                Kind::keyword,
                keyword.range,
                vec![
                    keyword.arg.as_ref().map(|name| name.as_str()).into(),
                    self.boxed(&keyword.value),
                ],
            )
        };
        keywords.iter().map(keyword).collect::<Vec<_>>().into()
    }

    fn type_params(&self, params: Option<&front::TypeParams>) -> Field {
        let param = |param: &front::TypeParam| match param {
            front::TypeParam::TypeVar(p) => self.node(
                Kind::TypeVar,
                p.range,
                vec![
                    p.name.as_str().into(),
                    self.optional(p.bound.as_deref()),
                    self.optional(p.default.as_deref()),
                ],
            ),
            front::TypeParam::ParamSpec(p) => self.node(
                Kind::ParamSpec,
                p.range,
                vec![p.name.as_str().into(), self.optional(p.default.as_deref())],
            ),
            front::TypeParam::TypeVarTuple(p) => self.node(
                Kind::TypeVarTuple,
                p.range,
                vec![p.name.as_str().into(), self.optional(p.default.as_deref())],
            ),
        };
        Field::Sequence(
            params
                .into_iter()
                .flat_map(|params| params.iter())
                .map(|p| param(p).into())
                .collect(),
        )
    }

    /// An argument begins at its name, whatever stars it has.
    fn arg(&self, parameter: &front::Parameter, all: &front::Parameters) -> Node {
        // Without comments there is nothing to look for.
        let next = Some(all)
            .filter(|_| !self.comments.comments.is_empty())
            .into_iter()
            .flat_map(front::Parameters::iter)
            .map(|other| other.start())
            .filter(|start| *start > parameter.start())
            .min();
        self.node(
            Kind::arg,
            TextRange::new(parameter.name.start(), parameter.end()),
            vec![
                parameter.name.as_str().into(),
                self.optional(parameter.annotation.as_deref()),
                self.text_of(self.type_comment(parameter.end(), next.unwrap_or(all.end()))),
            ],
        )
    }

    fn parameters(&self, parameters: Option<&front::Parameters>) -> Node {
        let empty = front::Parameters::default();
        let p = parameters.unwrap_or(&empty);
        let args = |list: &[front::ParameterWithDefault]| -> Field {
            list.iter()
                .map(|arg| self.arg(&arg.parameter, p))
                .collect::<Vec<_>>()
                .into()
        };
        let defaults = p
            .posonlyargs
            .iter()
            .chain(&p.args)
            .filter_map(|p| p.default.as_deref());
        let kw_defaults = p
            .kwonlyargs
            .iter()
            .map(|p| self.optional(p.default.as_deref()));
        Node::new(
            Kind::arguments,
            Place::default(),
            vec![
                args(&p.posonlyargs),
                args(&p.args),
                p.vararg.as_ref().map(|arg| self.arg(arg, p)).into(),
                args(&p.kwonlyargs),
                Field::Sequence(kw_defaults.collect()),
                p.kwarg.as_ref().map(|arg| self.arg(arg, p)).into(),
                self.exprs(defaults),
            ],
        )
    }

    pub(crate) fn expr(&self, expr: &Expr) -> Node {
        let (kind, fields) = match expr {
            Expr::BoolOp(e) => (
                Kind::BoolOp,
                vec![
                    match e.op {
                        front::BoolOp::And => Kind::And.into(),
                        front::BoolOp::Or => Kind::Or.into(),
                    },
                    self.exprs(&e.values),
                ],
            ),
            Expr::Named(e) => (
                Kind::NamedExpr,
                vec![self.boxed(&e.target), self.boxed(&e.value)],
            ),
            Expr::BinOp(e) => (
                Kind::BinOp,
                vec![
                    self.boxed(&e.left),
                    operator(e.op).into(),
                    self.boxed(&e.right),
                ],
            ),
            Expr::UnaryOp(e) => (
                Kind::UnaryOp,
                vec![unary_operator(e.op).into(), self.boxed(&e.operand)],
            ),
            Expr::Lambda(e) => (
                Kind::Lambda,
                vec![
                    self.parameters(e.parameters.as_deref()).into(),
                    self.boxed(&e.body),
                ],
            ),
            Expr::If(e) => (
                Kind::IfExp,
                vec![
                    self.boxed(&e.test),
                    self.boxed(&e.body),
                    self.boxed(&e.orelse),
                ],
            ),
            Expr::Dict(e) => {
                let keys = e
                    .items
                    .iter()
                    .map(|item| self.optional(item.key.as_ref()))
                    .collect();
                let values = e.items.iter().map(|item| &item.value);
                (Kind::Dict, vec![Field::Sequence(keys), self.exprs(values)])
            }
            Expr::Set(e) => (Kind::Set, vec![self.exprs(&e.elts)]),
            Expr::ListComp(e) => (
                Kind::ListComp,
                vec![self.boxed(&e.elt), self.generators(&e.generators)],
            ),
            Expr::SetComp(e) => (
                Kind::SetComp,
                vec![self.boxed(&e.elt), self.generators(&e.generators)],
            ),
            Expr::DictComp(e) => (
                Kind::DictComp,
                vec![
                    self.optional(e.key.as_deref()),
                    self.boxed(&e.value),
                    self.generators(&e.generators),
                ],
            ),
            Expr::Generator(e) => return self.generator(e, e.range),
            Expr::Await(e) => (Kind::Await, vec![self.boxed(&e.value)]),
            Expr::Yield(e) => (Kind::Yield, vec![self.optional(e.value.as_deref())]),
            Expr::YieldFrom(e) => (Kind::YieldFrom, vec![self.boxed(&e.value)]),
            Expr::Compare(e) => {
                let ops = e.ops.iter().map(|op| comparison(*op).into()).collect();
                (
                    Kind::Compare,
                    vec![
                        self.boxed(&e.left),
                        Field::Sequence(ops),
                        self.exprs(&e.comparators),
                    ],
                )
            }
            Expr::Call(e) => (
                Kind::Call,
                vec![
                    self.boxed(&e.func),
                    self.call_arguments(&e.arguments),
                    self.keywords(&e.arguments.keywords),
                ],
            ),
            Expr::FString(e) => return strings::joined(self, e),
            Expr::TString(e) => return strings::template(self, e),
            Expr::StringLiteral(e) => return strings::text(self, e),
            Expr::BytesLiteral(e) => {
                return self.constant(e.range, Constant::Bytes(e.value.bytes().collect()));
            }
            Expr::NumberLiteral(e) => return self.constant(e.range, number(&e.value)),
            Expr::BooleanLiteral(e) => return self.constant(e.range, Constant::Bool(e.value)),
            Expr::NoneLiteral(e) => return self.constant(e.range, Constant::None),
            Expr::EllipsisLiteral(e) => return self.constant(e.range, Constant::Ellipsis),
            Expr::Constant(e) => return self.constant(e.range, constant_value(&e.value)),
            Expr::Attribute(e) => (
                Kind::Attribute,
                vec![self.boxed(&e.value), e.attr.as_str().into(), context(e.ctx)],
            ),
            Expr::Subscript(e) => (
                Kind::Subscript,
                vec![self.boxed(&e.value), self.boxed(&e.slice), context(e.ctx)],
            ),
            Expr::Starred(e) => (Kind::Starred, vec![self.boxed(&e.value), context(e.ctx)]),
            Expr::Name(e) => (Kind::Name, vec![e.id.as_str().into(), context(e.ctx)]),
            Expr::List(e) => (Kind::List, vec![self.exprs(&e.elts), context(e.ctx)]),
            Expr::Tuple(e) => (Kind::Tuple, vec![self.exprs(&e.elts), context(e.ctx)]),
            Expr::Slice(e) => (
                Kind::Slice,
                vec![
                    self.optional(e.lower.as_deref()),
                    self.optional(e.upper.as_deref()),
                    self.optional(e.step.as_deref()),
                ],
            ),
            Expr::IpyEscapeCommand(_) => unreachable!("parsed in no mode of ours"),
        };
        self.node(kind, expr.range(), fields)
    }

    pub(crate) fn constant(&self, range: TextRange, value: Constant) -> Node {
        self.node(
            Kind::Constant,
            range,
            vec![Field::Constant(value), Field::None],
        )
    }

    fn generator(&self, e: &front::ExprGenerator, range: TextRange) -> Node {
        self.node(
            Kind::GeneratorExp,
            range,
            vec![self.boxed(&e.elt), self.generators(&e.generators)],
        )
    }

    /// A generator that is the only argument borrows the parentheses of the call.
    fn call_arguments(&self, arguments: &front::Arguments) -> Field {
        match &arguments.args[..] {
            [Expr::Generator(e)] if !e.parenthesized => {
                Field::Sequence(vec![self.generator(e, arguments.range).into()])
            }
            args => self.exprs(args),
        }
    }

    fn generators(&self, generators: &[front::Comprehension]) -> Field {
        let generator = |generator: &front::Comprehension| {
            Node::new(
                Kind::comprehension,
                Place::default(),
                vec![
                    self.boxed(&generator.target),
                    self.boxed(&generator.iter),
                    self.exprs(&generator.ifs),
                    Field::Int(i64::from(generator.is_async)),
                ],
            )
        };
        generators.iter().map(generator).collect::<Vec<_>>().into()
    }

    fn patterns<'p>(&self, patterns: impl IntoIterator<Item = &'p Pattern>) -> Field {
        Field::Sequence(
            patterns
                .into_iter()
                .map(|pattern| self.pattern(pattern).into())
                .collect(),
        )
    }

    fn pattern(&self, pattern: &Pattern) -> Node {
        let name =
            |name: &Option<front::Identifier>| Field::from(name.as_ref().map(|name| name.as_str()));
        let (kind, fields) = match pattern {
            Pattern::MatchValue(p) => (Kind::MatchValue, vec![self.boxed(&p.value)]),
            Pattern::MatchSingleton(p) => {
                let value = match p.value {
                    front::Singleton::None => Constant::None,
                    front::Singleton::True => Constant::Bool(true),
                    front::Singleton::False => Constant::Bool(false),
                };
                (Kind::MatchSingleton, vec![Field::Constant(value)])
            }
            Pattern::MatchSequence(p) => (Kind::MatchSequence, vec![self.patterns(&p.patterns)]),
            Pattern::MatchMapping(p) => (
                Kind::MatchMapping,
                vec![
                    self.exprs(&p.keys),
                    self.patterns(&p.patterns),
                    name(&p.rest),
                ],
            ),
            Pattern::MatchClass(p) => {
                let keywords = &p.arguments.keywords;
                let attrs = keywords
                    .iter()
                    .map(|keyword| keyword.attr.as_str().into())
                    .collect();
                (
                    Kind::MatchClass,
                    vec![
                        self.boxed(&p.cls),
                        self.patterns(&p.arguments.patterns),
                        Field::Sequence(attrs),
                        self.patterns(keywords.iter().map(|keyword| &keyword.pattern)),
                    ],
                )
            }
            Pattern::MatchStar(p) => (Kind::MatchStar, vec![name(&p.name)]),
            Pattern::MatchAs(p) => (
                Kind::MatchAs,
                vec![
                    p.pattern
                        .as_ref()
                        .map(|pattern| self.pattern(pattern))
                        .into(),
                    name(&p.name),
                ],
            ),
            Pattern::MatchOr(p) => (Kind::MatchOr, vec![self.patterns(&p.patterns)]),
        };
        self.node(kind, pattern.range(), fields)
    }
}

fn identifiers(names: &[front::Identifier]) -> Field {
    Field::Sequence(names.iter().map(|name| name.as_str().into()).collect())
}

fn context(context: front::ExprContext) -> Field {
    match context {
        front::ExprContext::Store => Kind::Store,
        front::ExprContext::Del => Kind::Del,
        front::ExprContext::Load | front::ExprContext::Invalid => Kind::Load,
    }
    .into()
}

fn operator(operator: front::Operator) -> Kind {
    use front::Operator::*;
    match operator {
        Add => Kind::Add,
        Sub => Kind::Sub,
        Mult => Kind::Mult,
        MatMult => Kind::MatMult,
        Div => Kind::Div,
        Mod => Kind::Mod,
        Pow => Kind::Pow,
        LShift => Kind::LShift,
        RShift => Kind::RShift,
        BitOr => Kind::BitOr,
        BitXor => Kind::BitXor,
        BitAnd => Kind::BitAnd,
        FloorDiv => Kind::FloorDiv,
    }
}

fn unary_operator(operator: front::UnaryOp) -> Kind {
    match operator {
        front::UnaryOp::Invert => Kind::Invert,
        front::UnaryOp::Not => Kind::Not,
        front::UnaryOp::UAdd => Kind::UAdd,
        front::UnaryOp::USub => Kind::USub,
    }
}

fn comparison(operator: front::CmpOp) -> Kind {
    use front::CmpOp::*;
    match operator {
        Eq => Kind::Eq,
        NotEq => Kind::NotEq,
        Lt => Kind::Lt,
        LtE => Kind::LtE,
        Gt => Kind::Gt,
        GtE => Kind::GtE,
        Is => Kind::Is,
        IsNot => Kind::IsNot,
        In => Kind::In,
        NotIn => Kind::NotIn,
    }
}

fn number(number: &front::Number) -> Constant {
    match number {
        front::Number::Int(int) => match int.as_i64() {
            Some(value) => Constant::Int(value),
            None => Constant::BigInt(int.to_string().replace('_', "").into()),
        },
        front::Number::Float(value) => Constant::Float(*value),
        front::Number::Complex { real, imag } => Constant::Complex {
            real: *real,
            imag: *imag,
        },
    }
}

fn constant_value(value: &front::ConstantValue) -> Constant {
    match value {
        front::ConstantValue::None => Constant::None,
        front::ConstantValue::Boolean(value) => Constant::Bool(*value),
        front::ConstantValue::Str(value) => Constant::Str(value.as_bytes().into()),
        front::ConstantValue::Bytes(value) => Constant::Bytes(value.clone()),
        front::ConstantValue::Integer(value) => match value.parse() {
            Ok(value) => Constant::Int(value),
            Err(_) => Constant::BigInt(value.clone()),
        },
        front::ConstantValue::Tuple(values) => {
            Constant::Tuple(values.iter().map(constant_value).collect())
        }
        front::ConstantValue::Frozenset(values) => {
            Constant::Frozenset(values.iter().map(constant_value).collect())
        }
        front::ConstantValue::Float(value) => Constant::Float(*value),
        front::ConstantValue::Complex { real, imag } => Constant::Complex {
            real: *real,
            imag: *imag,
        },
        front::ConstantValue::Ellipsis => Constant::Ellipsis,
    }
}
