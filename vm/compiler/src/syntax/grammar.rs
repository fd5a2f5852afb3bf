//! Reads `grammar.peg` into the form that the parser interprets. The notation is explained at the head of that file.
//!
//! Invariant: the grammar is ours and is checked by a test, so a fault in it is a panic here.

use super::actions::{DO, Do};
use super::token::TokenType;
use std::collections::HashMap;
use std::sync::LazyLock;

pub(super) static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| read(include_str!("grammar.peg")));

pub(super) struct Grammar {
    pub(super) rules: Vec<Rule>,
    by_name: HashMap<String, usize>,
    /// The reserved words.
    pub(super) keywords: Vec<String>,
    pub(super) soft_keywords: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memo {
    No,
    Yes,
    LeftRecursive,
}

pub(super) struct Rule {
    pub(super) alternatives: Vec<Alternative>,
    pub(super) memo: Memo,
    /// Rules for what is wrong are not tried inside it.
    pub(super) taken_as_right: bool,
}

pub(super) struct Alternative {
    pub(super) elements: Vec<Element>,
    pub(super) action: Action,
    /// Tried only when the source is known to be wrong.
    pub(super) wrong: bool,
}

pub(super) struct Element {
    pub(super) name: Option<u8>,
    pub(super) item: Item,
}

pub(super) enum Item {
    Token(TokenType),
    Keyword(usize),
    SoftKeyword(String),
    AnySoftKeyword,
    Rule(usize),
    Group(Vec<Alternative>),
    Optional(Box<Item>),
    /// Repeated, at least so often.
    Repeat(Box<Item>, usize),
    /// Separator, and what it separates.
    Gather(Box<Item>, Box<Item>),
    Follows(Box<Item>),
    FollowsNot(Box<Item>),
    Cut,
    /// What there is since a minor version, and its name with a verb.
    Since(u8, String),
    Forced(TokenType, String),
}

impl Item {
    /// Lookaheads and cuts give no value.
    pub(super) fn has_value(&self) -> bool {
        !matches!(
            self,
            Item::Follows(_) | Item::FollowsNot(_) | Item::Cut | Item::Since(..)
        )
    }
}

/// Where an error is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    Here,
    Range,
    Since,
    Last,
    Next,
    NextUnlessError,
    Indent,
}

pub(super) enum Action {
    /// The value of the only element, or a node over them all.
    Default,
    Value(u8),
    Node(Kind, Vec<u8>),
    Raise(Where, Vec<u8>, String),
    Do(Do, Vec<u8>, String),
}

macro_rules! kinds {
    ($($kind:ident = $name:literal,)*) => {
        /// The kinds of nodes that errors tell apart.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Kind { $($kind,)* }

        const KINDS: &[(&str, Kind)] = &[$((stringify!($kind), Kind::$kind),)*];

        impl Kind {
            /// What errors call it.
            pub(super) fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    Other = "expression",
    Name = "name",
    Attribute = "attribute",
    Subscript = "subscript",
    Starred = "starred",
    List = "list",
    Tuple = "tuple",
    Lambda = "lambda",
    Call = "function call",
    BoolOp = "expression",
    BinOp = "expression",
    UnaryOp = "expression",
    GeneratorExp = "generator expression",
    Yield = "yield expression",
    Await = "await expression",
    ListComp = "list comprehension",
    SetComp = "set comprehension",
    DictComp = "dict comprehension",
    Dict = "dict literal",
    Set = "set display",
    JoinedStr = "f-string expression",
    TemplateStr = "t-string expression",
    Number = "literal",
    Str = "literal",
    Bytes = "literal",
    True = "True",
    False = "False",
    None = "None",
    Ellipsis = "ellipsis",
    Compare = "comparison",
    In = "comparison",
    IfExp = "conditional expression",
    NamedExpr = "named expression",
    Keyword = "keyword",
    DoubleStarred = "keyword",
    Arguments = "arguments",
    Comprehension = "comprehension",
    Sequence = "sequence",
}

impl Grammar {
    pub(super) fn rule(&self, name: &str) -> usize {
        *self
            .by_name
            .get(name)
            .unwrap_or_else(|| panic!("no rule {name}"))
    }
}

fn read(text: &str) -> Grammar {
    let mut rules: Vec<String> = Vec::new();
    for line in text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
    {
        if line.starts_with(' ') {
            let rule = rules.last_mut().expect("a rule begins at the margin");
            rule.push_str(line);
        } else {
            rules.push(line.to_owned());
        }
    }
    let rules: Vec<String> = rules.iter().flat_map(|rule| instances(rule)).collect();
    let mut grammar = Grammar {
        rules: Vec::new(),
        by_name: HashMap::new(),
        keywords: Vec::new(),
        soft_keywords: Vec::new(),
    };
    for (index, rule) in rules.iter().enumerate() {
        let name = rule
            .split([':', ' '])
            .next()
            .expect("a rule has a name")
            .to_owned();
        assert!(
            grammar.by_name.insert(name.clone(), index).is_none(),
            "{name} twice"
        );
    }
    for rule in &rules {
        let (head, body) = rule
            .split_once(": ")
            .or_else(|| rule.split_once(':'))
            .expect("a rule has a body");
        let memo = match head.split_once(' ') {
            Some((_, "(memo)")) => Memo::Yes,
            Some((_, "(left)")) => Memo::LeftRecursive,
            _ => Memo::No,
        };
        let mut reader = Reader {
            grammar: &mut grammar,
            rest: body,
        };
        let alternatives = reader.alternatives();
        assert!(reader.rest.is_empty(), "{head}: {:?}", reader.rest);
        grammar.rules.push(Rule {
            alternatives,
            memo,
            taken_as_right: head.ends_with("(right)"),
        });
    }
    grammar
}

/// A rule whose name has a placeholder stands for two.
fn instances(rule: &str) -> Vec<String> {
    let name = rule.split(':').next().expect("split gives one");
    if name.contains('@') {
        return ["fF", "tT"]
            .into_iter()
            .map(|letters| fill_in(rule, letters))
            .collect();
    }
    if name.contains('^') {
        return ["", "lambda_"]
            .into_iter()
            .map(|prefix| rule.replace('^', prefix))
            .collect();
    }
    vec![rule.to_owned()]
}

fn fill_in(rule: &str, letters: &str) -> String {
    let (lower, upper) = letters.split_at(1);
    let mut out = String::new();
    let mut chars = rule.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('@', Some('A'..='Z')) => out.push_str(upper),
            ('@', _) => out.push_str(lower),
            _ => out.push(c),
        }
    }
    out
}

struct Reader<'g, 't> {
    grammar: &'g mut Grammar,
    rest: &'t str,
}

impl<'t> Reader<'_, 't> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, text: &str) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn need(&mut self, text: &str) {
        assert!(self.eat(text), "{text:?} before {:?}", self.rest);
    }

    fn word(&mut self) -> &'t str {
        self.skip_blanks();
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn alternatives(&mut self) -> Vec<Alternative> {
        self.eat("|");
        let mut found = vec![self.alternative()];
        while self.eat("|") {
            found.push(self.alternative());
        }
        found
    }

    fn alternative(&mut self) -> Alternative {
        let mut elements = Vec::new();
        let mut wrong = true;
        loop {
            self.skip_blanks();
            if self.rest.is_empty()
                || self.rest.starts_with(['|', ')', ']'])
                || self.rest.starts_with("=>")
            {
                break;
            }
            wrong &= self.rest.starts_with("wrong_");
            elements.push(self.element());
        }
        let action = if self.eat("=>") {
            self.action()
        } else {
            Action::Default
        };
        Alternative {
            wrong: wrong && elements.len() == 1,
            elements,
            action,
        }
    }

    fn element(&mut self) -> Element {
        let bytes = self.rest.as_bytes();
        let mut name = None;
        if bytes.len() > 2 && bytes[0].is_ascii_lowercase() && bytes[1] == b'=' {
            name = Some(bytes[0]);
            self.rest = &self.rest[2..];
        }
        Element {
            name,
            item: self.item(),
        }
    }

    fn item(&mut self) -> Item {
        if self.eat("~") {
            return Item::Cut;
        }
        if self.eat(">=") {
            let version = self.word().parse().expect("a minor version");
            return Item::Since(version, self.text());
        }
        if self.eat("&&") {
            return match self.atom() {
                Item::Token(token) => {
                    let text = super::token::OPERATORS
                        .iter()
                        .find(|(_, kind)| *kind == token);
                    Item::Forced(token, text.expect("only operators are forced").0.to_owned())
                }
                _ => panic!("only tokens are forced"),
            };
        }
        if self.eat("&") {
            return Item::Follows(Box::new(self.atom()));
        }
        if self.eat("!") {
            return Item::FollowsNot(Box::new(self.atom()));
        }
        let atom = self.atom();
        match self.rest.as_bytes().first() {
            Some(b'?') => {
                self.rest = &self.rest[1..];
                Item::Optional(Box::new(atom))
            }
            Some(b'*') => {
                self.rest = &self.rest[1..];
                Item::Repeat(Box::new(atom), 0)
            }
            Some(b'+') => {
                self.rest = &self.rest[1..];
                Item::Repeat(Box::new(atom), 1)
            }
            Some(b'.') => {
                self.rest = &self.rest[1..];
                let element = self.atom();
                self.need("+");
                Item::Gather(Box::new(atom), Box::new(element))
            }
            _ => atom,
        }
    }

    fn atom(&mut self) -> Item {
        if self.eat("(") {
            let group = self.alternatives();
            self.need(")");
            return Item::Group(group);
        }
        if self.eat("[") {
            let group = self.alternatives();
            self.need("]");
            return Item::Optional(Box::new(Item::Group(group)));
        }
        if self.rest.starts_with(['\'', '"']) {
            return self.quoted();
        }
        let word = self.word();
        assert!(!word.is_empty(), "an element before {:?}", self.rest);
        if word == "SOFT_KEYWORD" {
            return Item::AnySoftKeyword;
        }
        if word.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Item::Token(
                TokenType::named(word).unwrap_or_else(|| panic!("no token {word}")),
            );
        }
        Item::Rule(self.grammar.rule(word))
    }

    fn quoted(&mut self) -> Item {
        let quote = &self.rest[..1];
        let end = 1 + self.rest[1..].find(quote).expect("a quote is closed");
        let text = &self.rest[1..end];
        self.rest = &self.rest[end + 1..];
        if quote == "'" && text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Item::Keyword(index_of(&mut self.grammar.keywords, text));
        }
        // `"!"` is written like a soft keyword where the reference does not reserve it.
        match TokenType::of_operator(text.as_bytes()) {
            Some(token) => Item::Token(token),
            None => {
                index_of(&mut self.grammar.soft_keywords, text);
                Item::SoftKeyword(text.to_owned())
            }
        }
    }

    fn action(&mut self) -> Action {
        let word = self.word();
        if word == "do" {
            self.need(".");
            let name = self.word();
            let function = DO
                .iter()
                .find(|(known, _)| *known == name)
                .unwrap_or_else(|| panic!("no action {name}"))
                .1;
            let (names, inner) = self.arguments();
            let text = self.text();
            return Action::Do(function, names, if inner.is_empty() { text } else { inner });
        }
        let place = match word {
            "here" => Some(Where::Here),
            "range" => Some(Where::Range),
            "since" => Some(Where::Since),
            "last" => Some(Where::Last),
            "next" if self.eat("?") => Some(Where::NextUnlessError),
            "next" => Some(Where::Next),
            "indent" => Some(Where::Indent),
            _ => None,
        };
        if let Some(place) = place {
            let names = self.arguments().0;
            return Action::Raise(place, names, self.text());
        }
        match KINDS.iter().find(|(name, _)| *name == word) {
            Some((_, kind)) => Action::Node(*kind, self.arguments().0),
            None => {
                assert_eq!(word.len(), 1, "a name or a kind");
                Action::Value(word.as_bytes()[0])
            }
        }
    }

    /// Names in parentheses, and a text among them.
    fn arguments(&mut self) -> (Vec<u8>, String) {
        let mut names = Vec::new();
        let mut text = String::new();
        if !self.rest.starts_with('(') {
            return (names, text);
        }
        self.need("(");
        while !self.eat(")") {
            if self.rest.starts_with('"') {
                text = self.text();
            } else {
                names.extend_from_slice(self.word().as_bytes());
            }
            self.eat(",");
            self.skip_blanks();
        }
        (names, text)
    }

    fn text(&mut self) -> String {
        let mut out = String::new();
        if !self.eat("\"") {
            return out;
        }
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return out;
                }
                '\\' => out.extend(chars.next().map(|(_, c)| c)),
                _ => out.push(c),
            }
        }
        panic!("a text is closed");
    }
}

fn index_of(words: &mut Vec<String>, word: &str) -> usize {
    words
        .iter()
        .position(|known| known == word)
        .unwrap_or_else(|| {
            words.push(word.to_owned());
            words.len() - 1
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_read() {
        assert_eq!(GRAMMAR.rules.len(), GRAMMAR.by_name.len());
        let mut soft: Vec<_> = GRAMMAR.soft_keywords.iter().map(String::as_str).collect();
        soft.sort_unstable();
        assert_eq!(soft, ["_", "case", "match", "type"]);
        assert_eq!(GRAMMAR.keywords.len(), 35);
    }
}
