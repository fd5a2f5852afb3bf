//! The reference's tokenizer and grammar, for what the front end does not give: its errors, and its tokens.

mod actions;
mod diagnose;
mod grammar;
mod lexer;
mod parser;
mod token;
mod tokens;
mod unescape;

pub(crate) use diagnose::{TypeComments, diagnose, func_type_parts, type_comments};
pub use token::TokenType;
pub use tokens::{Stopped, TokenInfo, Tokenizer, tokenize};
