//! Tokens, by the numbers that Python's `token` module gives them.

macro_rules! tokens {
    ($($name:ident = $number:literal $($text:literal)?,)*) => {
        /// The type of a token.
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum TokenType { $($name = $number,)* }

        /// The operators and delimiters: their text and type.
        pub(crate) const OPERATORS: &[(&str, TokenType)] = &[$($(($text, TokenType::$name),)?)*];

        const NAMES: &[(&str, TokenType)] = &[$((stringify!($name), TokenType::$name),)*];
    };
}

tokens! {
    ENDMARKER = 0,
    NAME = 1,
    NUMBER = 2,
    STRING = 3,
    NEWLINE = 4,
    INDENT = 5,
    DEDENT = 6,
    LPAR = 7 "(",
    RPAR = 8 ")",
    LSQB = 9 "[",
    RSQB = 10 "]",
    COLON = 11 ":",
    COMMA = 12 ",",
    SEMI = 13 ";",
    PLUS = 14 "+",
    MINUS = 15 "-",
    STAR = 16 "*",
    SLASH = 17 "/",
    VBAR = 18 "|",
    AMPER = 19 "&",
    LESS = 20 "<",
    GREATER = 21 ">",
    EQUAL = 22 "=",
    DOT = 23 ".",
    PERCENT = 24 "%",
    LBRACE = 25 "{",
    RBRACE = 26 "}",
    EQEQUAL = 27 "==",
    NOTEQUAL = 28 "!=",
    LESSEQUAL = 29 "<=",
    GREATEREQUAL = 30 ">=",
    TILDE = 31 "~",
    CIRCUMFLEX = 32 "^",
    LEFTSHIFT = 33 "<<",
    RIGHTSHIFT = 34 ">>",
    DOUBLESTAR = 35 "**",
    PLUSEQUAL = 36 "+=",
    MINEQUAL = 37 "-=",
    STAREQUAL = 38 "*=",
    SLASHEQUAL = 39 "/=",
    PERCENTEQUAL = 40 "%=",
    AMPEREQUAL = 41 "&=",
    VBAREQUAL = 42 "|=",
    CIRCUMFLEXEQUAL = 43 "^=",
    LEFTSHIFTEQUAL = 44 "<<=",
    RIGHTSHIFTEQUAL = 45 ">>=",
    DOUBLESTAREQUAL = 46 "**=",
    DOUBLESLASH = 47 "//",
    DOUBLESLASHEQUAL = 48 "//=",
    AT = 49 "@",
    ATEQUAL = 50 "@=",
    RARROW = 51 "->",
    ELLIPSIS = 52 "...",
    COLONEQUAL = 53 ":=",
    EXCLAMATION = 54 "!",
    OP = 55,
    TYPE_IGNORE = 56,
    TYPE_COMMENT = 57,
    SOFT_KEYWORD = 58,
    FSTRING_START = 59,
    FSTRING_MIDDLE = 60,
    FSTRING_END = 61,
    TSTRING_START = 62,
    TSTRING_MIDDLE = 63,
    TSTRING_END = 64,
    COMMENT = 65,
    NL = 66,
    ERRORTOKEN = 67,
}

impl TokenType {
    /// The type of that name.
    pub(crate) fn named(name: &str) -> Option<TokenType> {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, token)| *token)
    }

    /// The type of an operator or delimiter.
    pub(crate) fn of_operator(text: &[u8]) -> Option<TokenType> {
        OPERATORS
            .iter()
            .find(|(known, _)| known.as_bytes() == text)
            .map(|(_, token)| *token)
    }

    /// Strings and the parts of interpolated ones, which may begin on an earlier line than they end.
    pub(crate) fn is_string_part(self) -> bool {
        use TokenType::*;
        matches!(
            self,
            STRING
                | FSTRING_START
                | FSTRING_MIDDLE
                | FSTRING_END
                | TSTRING_START
                | TSTRING_MIDDLE
                | TSTRING_END
        )
    }
}

/// A token and where it stands, in bytes of the source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) kind: TokenType,
    /// None for tokens without text of their own (the end, and changes of indentation).
    pub(crate) span: Option<(usize, usize)>,
    pub(crate) lineno: u32,
    pub(crate) col_offset: i64,
    pub(crate) end_lineno: u32,
    pub(crate) end_col_offset: i64,
    /// How many brackets were open after it was read.
    pub(crate) level: usize,
    /// Text of a raw interpolated string.
    pub(crate) raw: bool,
}
