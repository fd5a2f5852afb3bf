//! Keeps the scopes of a tree apart where the front end's symbol table confuses them.
//!
//! A variable of an inlined comprehension is taken for the variable of that name which a scope nested beside it gets from
//! an enclosing function: the comprehension's is renamed. And scopes are numbered in another order than they are generated
//! in a few constructions whose parts are not evaluated as they are written: those are put in the order of evaluation,
//! where more than one part has scopes.

use ruff_python_ast as ast;
use ruff_python_ast::visitor::transformer::{self, Transformer};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{AtomicNodeIndex, Expr, ExprContext, Stmt};
use ruff_text_size::{Ranged, TextRange};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

type Names = HashSet<ast::name::Name>;

/// Rewrite the tree.
pub(crate) fn separate(module: &mut ast::Mod) {
    let separator = Separator {
        enclosing: RefCell::new(Vec::new()),
        fresh: Cell::new(0),
    };
    match module {
        ast::Mod::Module(module) => {
            for stmt in &mut module.body {
                separator.visit_stmt(stmt);
            }
        }
        ast::Mod::Expression(expression) => separator.visit_expr(&mut expression.body),
    }
}

/// Does evaluating this expression make a scope: a lambda or a comprehension?
pub(crate) fn has_scope(expr: &Expr) -> bool {
    ast::helpers::any_over_expr(expr, |expr| {
        matches!(
            expr,
            Expr::Lambda(_)
                | Expr::Generator(_)
                | Expr::ListComp(_)
                | Expr::SetComp(_)
                | Expr::DictComp(_)
        )
    })
}

struct Separator {
    /// The names that each enclosing function binds.
    enclosing: RefCell<Vec<Names>>,
    /// How many names have been made up.
    fresh: Cell<usize>,
}

impl Separator {
    /// Enter a function-like scope: `bound` are its own names, `walk` visits what is in it.
    fn scope(&self, contents: Contents, rename: impl FnOnce(&Names), walk: impl FnOnce()) {
        let conflicts: Names = {
            let enclosing = self.enclosing.borrow();
            let shadows = contents.comprehensions.difference(&contents.bound);
            shadows
                .filter(|name| {
                    contents.nested.contains(*name)
                        && enclosing.iter().any(|names| names.contains(*name))
                })
                .cloned()
                .collect()
        };
        if !conflicts.is_empty() {
            rename(&conflicts);
        }
        self.enclosing.borrow_mut().push(contents.bound);
        walk();
        self.enclosing.borrow_mut().pop();
    }

    /// A name that no program can have.
    fn fresh(&self) -> ast::name::Name {
        let number = self.fresh.get();
        self.fresh.set(number + 1);
        format!(".value{number}").into()
    }

    /// The value of an assignment, and what a loop runs over, come before the targets: `STATEMENT` becomes
    /// `if True: .value = VALUE; STATEMENT; del .value`.
    fn targets_last(&self, stmt: &mut Stmt) {
        let value = match stmt {
            Stmt::Assign(s) if s.targets.iter().any(has_scope) => &mut s.value,
            Stmt::For(s) if has_scope(&s.target) => &mut s.iter,
            Stmt::AnnAssign(ast::StmtAnnAssign {
                target,
                value: Some(value),
                ..
            }) if has_scope(target) => value,
            _ => return,
        };
        if !has_scope(value) {
            return;
        }
        let (id, range) = (self.fresh(), value.range());
        let value = std::mem::replace(&mut **value, name(&id, ExprContext::Load, range));
        let first = assign(name(&id, ExprContext::Store, range), value, range);
        let last = Stmt::Delete(ast::StmtDelete {
            node_index: AtomicNodeIndex::NONE,
            range,
            targets: vec![name(&id, ExprContext::Del, range)],
            runtime_targets: None,
        });
        let condition = Expr::BooleanLiteral(ast::ExprBooleanLiteral {
            node_index: AtomicNodeIndex::NONE,
            range,
            value: true,
        });
        let range = stmt.range();
        let taken = std::mem::replace(stmt, first.clone());
        *stmt = Stmt::If(ast::StmtIf {
            node_index: AtomicNodeIndex::NONE,
            range,
            test: Box::new(condition),
            body: [first, taken, last].into_iter().collect(),
            elif_else_clauses: Vec::new(),
            runtime_body: None,
        });
    }

    /// `{KEY: VALUE for ...}` as `{.key: .value for ... for .key, .value in [(KEY, VALUE)]}`.
    fn key_first(&self, e: &mut ast::ExprDictComp) {
        let Some(key) = &mut e.key else { return };
        if !has_scope(key) || !has_scope(&e.value) {
            return;
        }
        let (ids, range) = ([self.fresh(), self.fresh()], e.range);
        let parts = [&mut **key, &mut *e.value];
        let pair = parts.into_iter().zip(&ids).map(|(part, id)| {
            let place = part.range();
            std::mem::replace(part, name(id, ExprContext::Load, place))
        });
        let pair = tuple(pair.collect(), ExprContext::Load, range);
        let targets = ids
            .iter()
            .map(|id| name(id, ExprContext::Store, range))
            .collect();
        e.generators.push(ast::Comprehension {
            range,
            node_index: AtomicNodeIndex::NONE,
            target: tuple(targets, ExprContext::Store, range),
            iter: tuple(vec![pair], ExprContext::Load, range),
            ifs: Vec::new(),
            is_async: false,
            runtime_ifs: None,
            runtime_is_async: None,
        });
    }
}

/// A comprehension in the header of a class is inlined at the wrong place: it is put in a function of its own,
/// `(lambda .iter: COMPREHENSION)(ITER)`.
struct OwnFunction;

impl OwnFunction {
    fn wrap(expr: &mut Expr) {
        let generators = match expr {
            Expr::ListComp(e) => &mut e.generators,
            Expr::SetComp(e) => &mut e.generators,
            Expr::DictComp(e) => &mut e.generators,
            _ => return,
        };
        if generators.iter().any(|clause| clause.is_async) {
            return;
        }
        let range = generators[0].iter.range();
        let id: ast::name::Name = ".iter".into();
        let iter = std::mem::replace(&mut generators[0].iter, name(&id, ExprContext::Load, range));
        let range = expr.range();
        let body = Box::new(std::mem::replace(expr, name(&id, ExprContext::Load, range)));
        let parameter = ast::ParameterWithDefault {
            range,
            node_index: AtomicNodeIndex::NONE,
            parameter: ast::Parameter {
                range,
                node_index: AtomicNodeIndex::NONE,
                name: ast::Identifier::new(id, range),
                annotation: None,
                runtime_type_comment: None,
                runtime_type_comment_bytes: None,
            },
            default: None,
        };
        let lambda = Expr::Lambda(ast::ExprLambda {
            node_index: AtomicNodeIndex::NONE,
            range,
            parameters: Some(Box::new(ast::Parameters {
                args: [parameter].into_iter().collect(),
                ..ast::Parameters::default()
            })),
            body,
        });
        *expr = Expr::Call(ast::ExprCall {
            node_index: AtomicNodeIndex::NONE,
            range_start: range.start(),
            func: Box::new(lambda),
            arguments: ast::Arguments {
                range,
                node_index: AtomicNodeIndex::NONE,
                args: vec![iter].into(),
                keywords: Vec::new().into(),
                runtime_args: None,
                runtime_bases: None,
            },
        });
    }
}

impl Transformer for OwnFunction {
    fn visit_expr(&self, expr: &mut Expr) {
        match expr {
            Expr::Lambda(_) | Expr::Generator(_) => {}
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) => Self::wrap(expr),
            _ => transformer::walk_expr(self, expr),
        }
    }
}

fn name(id: &ast::name::Name, ctx: ExprContext, range: TextRange) -> Expr {
    Expr::Name(ast::ExprName {
        node_index: AtomicNodeIndex::NONE,
        range,
        id: id.clone(),
        ctx,
    })
}

fn tuple(elts: Vec<Expr>, ctx: ExprContext, range: TextRange) -> Expr {
    Expr::Tuple(ast::ExprTuple {
        node_index: AtomicNodeIndex::NONE,
        range,
        elts,
        ctx,
        parenthesized: true,
        runtime_elts: None,
    })
}

fn assign(target: Expr, value: Expr, range: TextRange) -> Stmt {
    Stmt::Assign(ast::StmtAssign {
        node_index: AtomicNodeIndex::NONE,
        range,
        targets: vec![target],
        value: Box::new(value),
        runtime_targets: None,
        runtime_type_comment: None,
        runtime_type_comment_bytes: None,
    })
}

impl Transformer for Separator {
    fn visit_stmt(&self, stmt: &mut Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                for decorator in &mut function.decorator_list {
                    self.visit_decorator(decorator);
                }
                self.visit_parameters(&mut function.parameters);
                let contents = Contents::of_function(Some(&function.parameters), |contents| {
                    contents.visit_body(&function.body);
                });
                let body = RefCell::new(&mut function.body);
                self.scope(
                    contents,
                    |names| {
                        for stmt in body.borrow_mut().iter_mut() {
                            InScope { names }.visit_stmt(stmt);
                        }
                    },
                    || {
                        for stmt in body.borrow_mut().iter_mut() {
                            self.visit_stmt(stmt);
                        }
                    },
                );
            }
            Stmt::ClassDef(class) => {
                if let Some(arguments) = &mut class.arguments {
                    OwnFunction.visit_arguments(arguments);
                }
                transformer::walk_stmt(self, stmt);
            }
            Stmt::Assign(_) | Stmt::For(_) | Stmt::AnnAssign(_) => {
                self.targets_last(stmt);
                transformer::walk_stmt(self, stmt);
            }
            _ => transformer::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&self, expr: &mut Expr) {
        match expr {
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &mut lambda.parameters {
                    self.visit_parameters(parameters);
                }
                let contents = Contents::of_function(lambda.parameters.as_deref(), |contents| {
                    contents.visit_expr(&lambda.body);
                });
                let body = RefCell::new(&mut lambda.body);
                self.scope(
                    contents,
                    |names| InScope { names }.visit_expr(*body.borrow_mut()),
                    || self.visit_expr(*body.borrow_mut()),
                );
            }
            Expr::Generator(generator) => {
                let contents = Contents::of_generator(generator);
                let generator = RefCell::new(generator);
                self.scope(
                    contents,
                    |names| {
                        let mut generator = generator.borrow_mut();
                        InScope { names }.visit_expr(&mut generator.elt);
                        let clauses = &mut generator.generators;
                        for (index, clause) in clauses.iter_mut().enumerate() {
                            if index > 0 {
                                InScope { names }.visit_expr(&mut clause.iter);
                            }
                            clause
                                .ifs
                                .iter_mut()
                                .for_each(|test| InScope { names }.visit_expr(test));
                        }
                    },
                    || {
                        let mut generator = generator.borrow_mut();
                        generator
                            .generators
                            .iter_mut()
                            .for_each(|clause| self.visit_comprehension(clause));
                        self.visit_expr(&mut generator.elt);
                    },
                );
            }
            Expr::DictComp(comprehension) => {
                self.key_first(comprehension);
                transformer::walk_expr(self, expr);
            }
            _ => transformer::walk_expr(self, expr),
        }
    }
}

/// What a function-like scope holds, as far as its own statements and expressions tell.
#[derive(Default)]
struct Contents {
    /// Names it binds, or declares global or nonlocal.
    bound: Names,
    /// Names that comprehensions inlined in it bind.
    comprehensions: Names,
    /// Names that scopes nested in it mention, comprehensions apart.
    nested: Names,
}

impl Contents {
    fn of_function(
        parameters: Option<&ast::Parameters>,
        visit: impl FnOnce(&mut Contents),
    ) -> Contents {
        let mut contents = Contents::default();
        if let Some(parameters) = parameters {
            for parameter in parameters {
                contents.bound.insert(parameter.name().id.clone());
            }
        }
        visit(&mut contents);
        contents
    }

    fn of_generator(generator: &ast::ExprGenerator) -> Contents {
        let mut contents = Contents::default();
        for (index, clause) in generator.generators.iter().enumerate() {
            if index > 0 {
                contents.visit_expr(&clause.iter);
            }
            contents.visit_expr(&clause.target);
            clause.ifs.iter().for_each(|test| contents.visit_expr(test));
        }
        contents.visit_expr(&generator.elt);
        contents
    }

    fn inlined(&mut self, clauses: &[ast::Comprehension], values: &[&Expr]) {
        for clause in clauses {
            let mut targets = Contents::default();
            targets.visit_expr(&clause.target);
            self.comprehensions.extend(targets.bound);
            self.visit_expr(&clause.iter);
            clause.ifs.iter().for_each(|test| self.visit_expr(test));
        }
        values.iter().for_each(|value| self.visit_expr(value));
    }

    fn bind(&mut self, name: Option<&ast::Identifier>) {
        self.bound.extend(name.map(|name| name.id.clone()));
    }
}

impl<'a> Visitor<'a> for Contents {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                self.bind(Some(&function.name));
                function
                    .decorator_list
                    .iter()
                    .for_each(|decorator| self.visit_decorator(decorator));
                let mut mentioned = Mentioned(&mut self.nested);
                visitor::walk_stmt(&mut mentioned, stmt);
            }
            Stmt::ClassDef(class) => {
                self.bind(Some(&class.name));
                visitor::walk_stmt(&mut Mentioned(&mut self.nested), stmt);
            }
            Stmt::Global(ast::StmtGlobal { names, .. })
            | Stmt::Nonlocal(ast::StmtNonlocal { names, .. }) => {
                names.iter().for_each(|name| self.bind(Some(name)));
            }
            Stmt::TypeAlias(_) => {
                visitor::walk_stmt(&mut Mentioned(&mut self.nested), stmt);
                visitor::walk_stmt(self, stmt);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_alias(&mut self, alias: &'a ast::Alias) {
        let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
        self.bound
            .insert(name.split('.').next().unwrap_or(name).into());
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(inner) = handler;
        self.bind(inner.name.as_ref());
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        match pattern {
            ast::Pattern::MatchAs(pattern) => self.bind(pattern.name.as_ref()),
            ast::Pattern::MatchStar(pattern) => self.bind(pattern.name.as_ref()),
            ast::Pattern::MatchMapping(pattern) => self.bind(pattern.rest.as_ref()),
            _ => {}
        }
        visitor::walk_pattern(self, pattern);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx != ExprContext::Load => {
                self.bound.insert(name.id.clone());
            }
            Expr::ListComp(e) => self.inlined(&e.generators, &[&e.elt]),
            Expr::SetComp(e) => self.inlined(&e.generators, &[&e.elt]),
            Expr::DictComp(e) => {
                let values: Vec<&Expr> = e
                    .key
                    .iter()
                    .chain([&e.value])
                    .map(|value| &**value)
                    .collect();
                self.inlined(&e.generators, &values);
            }
            Expr::Lambda(_) | Expr::Generator(_) => {
                visitor::walk_expr(&mut Mentioned(&mut self.nested), expr)
            }
            _ => visitor::walk_expr(self, expr),
        }
    }
}

/// Every name that is mentioned, in whatever scope.
struct Mentioned<'n>(&'n mut Names);

impl<'a> Visitor<'a> for Mentioned<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.0.insert(name.id.clone());
        }
        visitor::walk_expr(self, expr);
    }
}

/// Renames the variables of the comprehensions that are inlined in one scope.
struct InScope<'n> {
    names: &'n Names,
}

impl InScope<'_> {
    fn inlined(&self, clauses: &mut [ast::Comprehension], values: &mut [&mut Box<Expr>]) {
        let mut own = Contents::default();
        clauses
            .iter()
            .for_each(|clause| own.visit_expr(&clause.target));
        let names: Names = own.bound.intersection(self.names).cloned().collect();
        let rename = Rename { names: &names };
        for (index, clause) in clauses.iter_mut().enumerate() {
            // What the first clause runs over is evaluated outside.
            if index > 0 {
                rename.visit_expr(&mut clause.iter);
            }
            rename.visit_expr(&mut clause.target);
            clause
                .ifs
                .iter_mut()
                .for_each(|test| rename.visit_expr(test));
            self.visit_expr(&mut clause.iter);
            clause.ifs.iter_mut().for_each(|test| self.visit_expr(test));
        }
        for value in values {
            rename.visit_expr(value);
            self.visit_expr(value);
        }
    }
}

impl Transformer for InScope<'_> {
    fn visit_stmt(&self, stmt: &mut Stmt) {
        if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            transformer::walk_stmt(self, stmt);
        }
    }

    fn visit_expr(&self, expr: &mut Expr) {
        match expr {
            Expr::Lambda(_) | Expr::Generator(_) => {}
            Expr::ListComp(e) => self.inlined(&mut e.generators, &mut [&mut e.elt]),
            Expr::SetComp(e) => self.inlined(&mut e.generators, &mut [&mut e.elt]),
            Expr::DictComp(e) => {
                let mut values: Vec<&mut Box<Expr>> =
                    e.key.iter_mut().chain([&mut e.value]).collect();
                self.inlined(&mut e.generators, &mut values);
            }
            _ => transformer::walk_expr(self, expr),
        }
    }
}

/// Puts a mark before each mention of the names, down to the scopes that bind them anew.
struct Rename<'n> {
    names: &'n Names,
}

impl Rename<'_> {
    /// Without the names that are bound anew.
    fn inside(&self, bound: &Names, visit: impl FnOnce(&Rename<'_>)) {
        let names: Names = self.names.difference(bound).cloned().collect();
        if !names.is_empty() {
            visit(&Rename { names: &names });
        }
    }

    fn comprehension(&self, clauses: &mut [ast::Comprehension], values: &mut [&mut Box<Expr>]) {
        let mut own = Contents::default();
        clauses
            .iter()
            .for_each(|clause| own.visit_expr(&clause.target));
        if let Some(first) = clauses.first_mut() {
            self.visit_expr(&mut first.iter);
        }
        self.inside(&own.bound, |rename| {
            for (index, clause) in clauses.iter_mut().enumerate() {
                if index > 0 {
                    rename.visit_expr(&mut clause.iter);
                }
                rename.visit_expr(&mut clause.target);
                clause
                    .ifs
                    .iter_mut()
                    .for_each(|test| rename.visit_expr(test));
            }
            values.iter_mut().for_each(|value| rename.visit_expr(value));
        });
    }
}

impl Transformer for Rename<'_> {
    fn visit_expr(&self, expr: &mut Expr) {
        match expr {
            Expr::Name(name) if self.names.contains(&name.id) => {
                name.id = format!(".{}", name.id).into()
            }
            Expr::Lambda(lambda) => {
                let mut bound = Names::new();
                if let Some(parameters) = &mut lambda.parameters {
                    self.visit_parameters(parameters);
                    bound.extend(
                        parameters
                            .iter()
                            .map(|parameter| parameter.name().id.clone()),
                    );
                }
                self.inside(&bound, |rename| rename.visit_expr(&mut lambda.body));
            }
            Expr::Generator(e) => self.comprehension(&mut e.generators, &mut [&mut e.elt]),
            Expr::ListComp(e) => self.comprehension(&mut e.generators, &mut [&mut e.elt]),
            Expr::SetComp(e) => self.comprehension(&mut e.generators, &mut [&mut e.elt]),
            Expr::DictComp(e) => {
                let mut values: Vec<&mut Box<Expr>> =
                    e.key.iter_mut().chain([&mut e.value]).collect();
                self.comprehension(&mut e.generators, &mut values);
            }
            _ => transformer::walk_expr(self, expr),
        }
    }
}
