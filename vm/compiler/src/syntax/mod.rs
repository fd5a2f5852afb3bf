//! The reference's tokenizer and grammar, for what the front end does not give: its errors, and its tokens.

mod lexer;
mod token;
mod tokens;

pub use token::TokenType;
pub use tokens::{TokenInfo, tokenize};
