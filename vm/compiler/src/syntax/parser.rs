//! Interprets the grammar over the tokens, as a packrat parser does.
//!
//! Invariant: tokens are fetched exactly when the reference fetches them, since the last one fetched is where a plain
//! "invalid syntax" is reported.

use super::grammar::{Action, Alternative, GRAMMAR, Grammar, Item, Kind, Memo, Where};
use super::lexer::{Done, Lexer, Raised};
use super::token::{Token, TokenType};
use crate::error::{SyntaxErrorKind, line_of_file};
use std::collections::HashMap;
use std::rc::Rc;

/// How deep rules may nest before the source is too complex.
const MAX_STACK: usize = 4000;

#[derive(Debug, Clone)]
pub(super) enum Value {
    None,
    Token(usize),
    Node(Rc<Node>),
    List(Rc<[Value]>),
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) span: Span,
    pub(super) children: Vec<Value>,
}

/// Lines count from 1, columns from 0 in bytes; -1 is unknown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) lineno: i64,
    pub(super) col_offset: i64,
    pub(super) end_lineno: i64,
    pub(super) end_col_offset: i64,
}

impl Span {
    pub(super) fn to(self, end: Span) -> Span {
        Span {
            end_lineno: end.end_lineno,
            end_col_offset: end.end_col_offset,
            ..self
        }
    }
}

/// What a parse begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    File,
    Single,
    Eval,
    FuncType,
}

pub(super) struct Parser<'a> {
    grammar: &'static Grammar,
    pub(super) lexer: Lexer<'a>,
    filename: &'a str,
    pub(super) start: Start,
    pub(super) imply_dedent: bool,
    /// `<>` and not `!=` is the operator.
    pub(super) barry: bool,
    pub(super) max_str_digits: usize,
    /// The minor version whose grammar is meant.
    pub(super) feature_version: u8,
    parsing_started: bool,
    pub(super) tokens: Vec<Token>,
    pub(super) mark: usize,
    memo: HashMap<(usize, usize), (Option<Value>, usize)>,
    depth: usize,
    pub(super) call_wrong_rules: bool,
    /// Parsing is over, because of an error.
    stopped: bool,
    pub(super) error: Option<Raised>,
    pub(super) too_complex: bool,
    /// The tokens of the strings that the first parse has read.
    pub(super) strings: Vec<usize>,
    /// Lines of `# type: ignore`, and what follows these words.
    pub(super) type_ignores: Vec<(u32, String)>,
}

type Names = Vec<(u8, Value)>;

impl<'a> Parser<'a> {
    pub(super) fn new(source: &'a [u8], filename: &'a str, start: Start) -> Parser<'a> {
        Parser {
            grammar: &GRAMMAR,
            lexer: Lexer::new(source, false),
            filename,
            start,
            imply_dedent: true,
            barry: false,
            max_str_digits: 0,
            feature_version: crate::compile::FEATURE_VERSION,
            parsing_started: false,
            tokens: Vec::new(),
            mark: 0,
            memo: HashMap::new(),
            depth: 0,
            call_wrong_rules: false,
            stopped: false,
            error: None,
            too_complex: false,
            strings: Vec::new(),
            type_ignores: Vec::new(),
        }
    }

    /// Does the source match the grammar, from where reading stands?
    pub(super) fn parse(&mut self) -> bool {
        let rule = self.grammar.rule(match self.start {
            Start::File => "file",
            Start::Single => "interactive",
            Start::Eval => "eval",
            Start::FuncType => "func_type",
        });
        self.rule(rule).is_some() && !self.stopped
    }

    /// Once more from the beginning, with the rules for what is wrong.
    pub(super) fn begin_second_pass(&mut self) {
        self.mark = 0;
        self.memo.clear();
        self.depth = 0;
        self.call_wrong_rules = true;
        self.stopped = false;
    }

    // Tokens.

    fn fill(&mut self) -> bool {
        let mut token = self.lexer.next();
        while token.kind == TokenType::TYPE_IGNORE {
            let tag = String::from_utf8_lossy(self.text(token)).into_owned();
            self.type_ignores.push((self.lexer.lineno, tag));
            token = self.lexer.next();
        }
        if self.start == Start::Single && token.kind == TokenType::ENDMARKER && self.parsing_started
        {
            token.kind = TokenType::NEWLINE;
            self.parsing_started = false;
            if self.lexer.indented() && self.imply_dedent {
                self.lexer.imply_dedents();
            }
        } else {
            self.parsing_started = true;
        }
        self.tokens.push(token);
        if token.kind == TokenType::ERRORTOKEN {
            self.tokenizer_error();
            self.stopped = true;
            return false;
        }
        true
    }

    fn tokenizer_error(&mut self) {
        if let Some(error) = &self.lexer.error
            && self.error.is_none()
        {
            self.error = Some(error.clone());
        }
        if self.error.is_some() {
            return;
        }
        let line = i64::from(self.lexer.lineno);
        let (kind, msg, column) = match self.lexer.done {
            Done::Dedent => {
                let msg = "unindent does not match any outer indentation level";
                self.raise_at_last(SyntaxErrorKind::Indentation, msg.to_owned());
                return;
            }
            Done::TabSpace => (
                SyntaxErrorKind::Tab,
                "inconsistent use of tabs and spaces in indentation",
                0,
            ),
            Done::TooDeep => (
                SyntaxErrorKind::Indentation,
                "too many levels of indentation",
                0,
            ),
            Done::LineContinuation => (
                SyntaxErrorKind::Syntax,
                "unexpected character after line continuation character",
                (self.lexer.cur - self.lexer.buf) as i64 - 1,
            ),
            _ => {
                self.unexpected_end();
                return;
            }
        };
        self.raise(kind, msg.to_owned(), (line, column.max(0) + 1), (line, 0));
    }

    /// The source ended too soon: for want of a bracket, if one is open.
    pub(super) fn unexpected_end(&mut self) {
        match self.lexer.brackets.last().copied() {
            Some(bracket) => self.never_closed(bracket),
            None => self.raise_at_last(
                SyntaxErrorKind::Syntax,
                "unexpected EOF while parsing".to_owned(),
            ),
        }
    }

    pub(super) fn never_closed(&mut self, bracket: super::lexer::Bracket) {
        let msg = format!("'{}' was never closed", char::from(bracket.open));
        let line = i64::from(bracket.lineno);
        self.raise(
            SyntaxErrorKind::Syntax,
            msg,
            (line, bracket.column as i64 + 1),
            (line, 0),
        );
    }

    /// The token at the mark, fetched if need be.
    fn token(&mut self) -> Option<Token> {
        if self.mark == self.tokens.len() && !self.fill() {
            return None;
        }
        Some(self.tokens[self.mark])
    }

    pub(super) fn text(&self, token: Token) -> &[u8] {
        token
            .span
            .map_or(&[], |(start, end)| &self.lexer.source[start..end])
    }

    fn keyword_of(&self, token: Token) -> Option<usize> {
        if token.kind != TokenType::NAME {
            return None;
        }
        let text = self.text(token);
        self.grammar
            .keywords
            .iter()
            .position(|keyword| keyword.as_bytes() == text)
    }

    fn advance(&mut self) -> Option<Value> {
        self.mark += 1;
        Some(Value::Token(self.mark - 1))
    }

    // The grammar.

    fn rule(&mut self, index: usize) -> Option<Value> {
        if self.stopped {
            return None;
        }
        if self.depth >= MAX_STACK {
            self.too_complex = true;
            self.stopped = true;
            return None;
        }
        self.depth += 1;
        let wrong = self.call_wrong_rules;
        self.call_wrong_rules &= !self.grammar.rules[index].taken_as_right;
        let result = self.remembered(index);
        self.call_wrong_rules = wrong;
        self.depth -= 1;
        if self.stopped { None } else { result }
    }

    fn remembered(&mut self, index: usize) -> Option<Value> {
        let rule = &self.grammar.rules[index];
        let begin = self.mark;
        if rule.memo == Memo::No {
            return self.alternatives(&rule.alternatives);
        }
        if let Some((value, end)) = self.memo.get(&(index, begin)) {
            self.mark = *end;
            return value.clone();
        }
        if rule.memo == Memo::Yes {
            let value = self.alternatives(&rule.alternatives);
            self.memo.insert((index, begin), (value.clone(), self.mark));
            return value;
        }
        // A rule that begins with itself starts from nothing and grows for as long as that takes it further.
        let (mut best, mut best_end) = (None, begin);
        loop {
            self.memo.insert((index, begin), (best.clone(), best_end));
            self.mark = begin;
            let value = self.alternatives(&rule.alternatives);
            if self.stopped {
                return None;
            }
            if value.is_none() || self.mark <= best_end {
                break;
            }
            (best, best_end) = (value, self.mark);
        }
        self.mark = best_end;
        best
    }

    fn alternatives(&mut self, alternatives: &'static [Alternative]) -> Option<Value> {
        let begin = self.mark;
        for alternative in alternatives {
            if alternative.wrong && !self.call_wrong_rules {
                continue;
            }
            let mut cut = false;
            let mut names = Names::new();
            let mut values = Vec::new();
            if self.elements(alternative, &mut names, &mut values, &mut cut) {
                let value = self.act(&alternative.action, begin, &names, values);
                if value.is_none() {
                    // What an action turns down is not tried in another way.
                    self.stopped |= self.error.is_some();
                    self.mark = begin;
                }
                return value;
            }
            self.mark = begin;
            if cut || self.stopped {
                return None;
            }
        }
        None
    }

    fn elements(
        &mut self,
        alternative: &'static Alternative,
        names: &mut Names,
        values: &mut Vec<Value>,
        cut: &mut bool,
    ) -> bool {
        for element in &alternative.elements {
            if let Item::Cut = element.item {
                *cut = true;
                continue;
            }
            let Some(value) = self.item(&element.item) else {
                return false;
            };
            if self.stopped {
                return false;
            }
            if let Some(name) = element.name {
                names.push((name, value.clone()));
            }
            if element.item.has_value() {
                values.push(value);
            }
        }
        true
    }

    fn item(&mut self, item: &'static Item) -> Option<Value> {
        match item {
            Item::Token(kind) => {
                let token = self.token()?;
                if token.kind != *kind
                    || *kind == TokenType::NAME && self.keyword_of(token).is_some()
                {
                    return None;
                }
                self.advance()
            }
            Item::Keyword(keyword) => {
                let token = self.token()?;
                if self.keyword_of(token) != Some(*keyword) {
                    return None;
                }
                self.advance()
            }
            Item::SoftKeyword(word) => {
                let token = self.token()?;
                if token.kind != TokenType::NAME || self.text(token) != word.as_bytes() {
                    return None;
                }
                self.advance()
            }
            Item::AnySoftKeyword => {
                let token = self.token()?;
                let text = self.text(token);
                let soft = self
                    .grammar
                    .soft_keywords
                    .iter()
                    .any(|word| word.as_bytes() == text);
                if token.kind != TokenType::NAME || !soft {
                    return None;
                }
                self.advance()
            }
            Item::Forced(kind, text) => {
                let token = self.token()?;
                if token.kind != *kind {
                    let span = self.token_span(self.mark);
                    self.raise_span(format!("expected '{text}'"), span);
                    return None;
                }
                self.advance()
            }
            Item::Rule(index) => self.rule(*index),
            Item::Group(alternatives) => self.alternatives(alternatives),
            Item::Optional(inner) => {
                let begin = self.mark;
                let value = self.item(inner);
                if self.stopped {
                    return None;
                }
                if value.is_none() {
                    self.mark = begin;
                }
                Some(value.unwrap_or(Value::None))
            }
            Item::Repeat(inner, least) => {
                let mut values = Vec::new();
                self.repeat(&mut values, inner, None);
                if self.stopped || values.len() < *least {
                    return None;
                }
                Some(Value::List(values.into()))
            }
            Item::Gather(separator, inner) => {
                let mut values = vec![self.item(inner)?];
                self.repeat(&mut values, inner, Some(separator));
                if self.stopped {
                    return None;
                }
                Some(Value::List(values.into()))
            }
            Item::Follows(inner) => self.follows(inner).then_some(Value::None),
            Item::FollowsNot(inner) => {
                let follows = self.follows(inner);
                (!follows && !self.stopped).then_some(Value::None)
            }
            Item::Since(version, what) => {
                if self.feature_version < *version {
                    let msg = format!("{what} only supported in Python 3.{version} and greater");
                    self.raise_at_last(SyntaxErrorKind::Syntax, msg);
                    return None;
                }
                Some(Value::None)
            }
            Item::Cut => Some(Value::None),
        }
    }

    fn repeat(
        &mut self,
        values: &mut Vec<Value>,
        inner: &'static Item,
        separator: Option<&'static Item>,
    ) {
        loop {
            let begin = self.mark;
            let separated = separator.is_none_or(|separator| self.item(separator).is_some());
            match separated.then(|| self.item(inner)).flatten() {
                Some(value) if !self.stopped && self.mark > begin => values.push(value),
                _ => {
                    self.mark = begin;
                    return;
                }
            }
        }
    }

    fn follows(&mut self, item: &'static Item) -> bool {
        let begin = self.mark;
        let found = self.item(item).is_some();
        self.mark = begin;
        found
    }

    fn act(
        &mut self,
        action: &'static Action,
        begin: usize,
        names: &Names,
        mut values: Vec<Value>,
    ) -> Option<Value> {
        match action {
            Action::Default if values.len() == 1 => values.pop(),
            Action::Default => Some(self.node(Kind::Other, begin, Vec::new())),
            Action::Value(name) => Some(named(names, *name)),
            Action::Node(kind, children) => {
                let children = children.iter().map(|name| named(names, *name)).collect();
                Some(self.node(*kind, begin, children))
            }
            Action::Raise(place, about, text) => {
                let about: Vec<Value> = about.iter().map(|name| named(names, *name)).collect();
                self.raise_by_rule(*place, &about, text);
                None
            }
            Action::Do(function, about, text) => {
                let about: Vec<Value> = about.iter().map(|name| named(names, *name)).collect();
                function(self, begin, &about, text)
            }
        }
    }

    /// Remember that a string has been read, for the warnings.
    pub(super) fn note_string(&mut self, token: &Value) {
        if let Value::Token(index) = token
            && !self.call_wrong_rules
            && !self.strings.contains(index)
        {
            self.strings.push(*index);
        }
    }

    /// A node from the token at `begin` to the last one read.
    pub(super) fn node(&mut self, kind: Kind, begin: usize, children: Vec<Value>) -> Value {
        let mut last = self.mark;
        while last > begin + 1
            && matches!(
                self.tokens[last - 1].kind,
                TokenType::ENDMARKER | TokenType::NEWLINE | TokenType::INDENT | TokenType::DEDENT
            )
        {
            last -= 1;
        }
        let span = self
            .token_span(begin)
            .to(self.token_span(last.saturating_sub(1)));
        Value::Node(Rc::new(Node {
            kind,
            span,
            children,
        }))
    }

    // Errors.

    fn token_span(&self, index: usize) -> Span {
        let token = self.tokens[index];
        Span {
            lineno: i64::from(token.lineno),
            col_offset: token.col_offset,
            end_lineno: i64::from(token.end_lineno),
            end_col_offset: token.end_col_offset,
        }
    }

    pub(super) fn span(&self, value: &Value) -> Span {
        match value {
            Value::Token(index) => self.token_span(*index),
            Value::Node(node) => node.span,
            Value::List(values) => match (values.first(), values.last()) {
                (Some(first), Some(last)) => self.span(first).to(self.span(last)),
                _ => self.token_span(self.tokens.len() - 1),
            },
            Value::None => self.token_span(self.tokens.len() - 1),
        }
    }

    fn raise_by_rule(&mut self, place: Where, about: &[Value], text: &str) {
        let mut msg = text.to_owned();
        if let Some(first) = about.first() {
            if let Value::Node(node) = first {
                msg = msg.replace("%s", node.kind.name());
            }
            msg = msg.replace("%d", &self.span(first).lineno.to_string());
        }
        match place {
            Where::Here => self.raise_span(msg, self.span(&about[0])),
            Where::Range => {
                let span = self.span(&about[0]).to(self.span(&about[1]));
                self.raise_span(msg, span);
            }
            Where::Since => self.raise_since(msg, &about[0]),
            Where::Last => self.raise_at_last(SyntaxErrorKind::Syntax, msg),
            Where::Indent => self.raise_at_last(SyntaxErrorKind::Indentation, msg),
            Where::NextUnlessError if self.error.is_some() => {}
            Where::Next | Where::NextUnlessError => {
                if self.mark < self.tokens.len() || self.fill() {
                    self.raise_at_token(SyntaxErrorKind::Syntax, msg, self.mark);
                }
            }
        }
    }

    pub(super) fn raise_span(&mut self, msg: String, span: Span) {
        self.raise(
            SyntaxErrorKind::Syntax,
            msg,
            (span.lineno, span.col_offset + 1),
            (span.end_lineno, span.end_col_offset + 1),
        );
    }

    /// From `value` to where reading stands.
    pub(super) fn raise_since(&mut self, msg: String, value: &Value) {
        let span = self.span(value);
        let end = (
            i64::from(self.lexer.lineno),
            (self.lexer.cur - self.lexer.line_start) as i64,
        );
        self.raise(
            SyntaxErrorKind::Syntax,
            msg,
            (span.lineno, span.col_offset + 1),
            end,
        );
    }

    /// At the last token fetched.
    pub(super) fn raise_at_last(&mut self, kind: SyntaxErrorKind, msg: String) {
        match self.tokens.len() {
            0 => self.raise(kind, msg, (0, 0), (0, -1)),
            count => self.raise_at_token(kind, msg, count - 1),
        }
    }

    /// A plain error at a token, whatever its place.
    pub(super) fn raise_at(&mut self, token: Token, msg: String) {
        let span = Span {
            lineno: i64::from(token.lineno),
            col_offset: token.col_offset,
            end_lineno: i64::from(token.end_lineno),
            end_col_offset: token.end_col_offset,
        };
        self.raise_span(msg, span);
    }

    fn raise_at_token(&mut self, kind: SyntaxErrorKind, msg: String, index: usize) {
        let token = self.tokens[index];
        let column = match token.col_offset {
            -1 if self.lexer.cur == self.lexer.buf => 0,
            -1 => (self.lexer.cur - self.lexer.line_start) as i64,
            column => column + 1,
        };
        let end_column = if token.end_col_offset == -1 {
            -1
        } else {
            token.end_col_offset + 1
        };
        self.raise(
            kind,
            msg,
            (i64::from(token.lineno), column),
            (i64::from(token.end_lineno), end_column),
        );
    }

    /// Record an error, which ends the parse. Columns count from 1, in bytes.
    pub(super) fn raise(
        &mut self,
        kind: SyntaxErrorKind,
        msg: String,
        start: (i64, i64),
        end: (i64, i64),
    ) {
        if self.stopped && self.error.is_some() {
            return;
        }
        let text = self.error_line(start.0);
        let characters = |column: i64| {
            let column = usize::try_from(column).unwrap_or(0);
            let within = &text.as_bytes()[..column.min(text.len())];
            String::from_utf8_lossy(within).chars().count() as i64 + i64::from(column > text.len())
        };
        let offset = characters(start.1);
        let end_offset = if end.1 > 0 { characters(end.1) } else { end.1 };
        self.error = Some(Raised {
            kind,
            msg,
            lineno: start.0,
            offset,
            end_lineno: end.0,
            end_offset,
            text,
        });
        self.stopped = true;
    }

    /// The line that an error shows: from the file if there is one, else as it is held, else from the source.
    fn error_line(&self, lineno: i64) -> String {
        if self.start == Start::File
            && let Some(line) = line_of_file(self.filename, lineno)
        {
            return line;
        }
        let lexer = &self.lexer;
        if i64::from(lexer.lineno) <= lineno && lexer.inp > lexer.buf {
            return String::from_utf8_lossy(&lexer.source[lexer.line_start..lexer.inp])
                .into_owned();
        }
        let line = usize::try_from(lineno - 1).unwrap_or(0);
        let lines = lexer.source.split(|byte| *byte == b'\n');
        String::from_utf8_lossy(lines.clone().nth(line).unwrap_or_default()).into_owned()
    }
}

fn named(names: &Names, name: u8) -> Value {
    let found = names.iter().rev().find(|(known, _)| *known == name);
    found.map_or(Value::None, |(_, value)| value.clone())
}
