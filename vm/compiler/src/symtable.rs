//! Symbol tables as plain data, for the runtime's `_symtable`.

use crate::compile::{self, Mode, Options};
use crate::error::{self, Error};
use crate::parse;
use rustpython_compiler::codegen::preprocess;
use rustpython_compiler::codegen::symboltable::{
    CompilerScope, SymbolFlags, SymbolScope, SymbolTable,
};

/// Where the scope of a symbol lies in its flags: `flags >> SCOPE_OFFSET` is one of `LOCAL` (1), `GLOBAL_EXPLICIT`,
/// `GLOBAL_IMPLICIT`, `FREE` and `CELL` (5).
pub const SCOPE_OFFSET: u32 = 12;

/// A block of code with a scope of its own; the numbers are those of `_symtable`'s constants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub id: usize,
    pub name: String,
    /// `TYPE_FUNCTION` (0), class, module, annotation, type alias, type parameters, type variable (6).
    pub kind: u8,
    /// Each symbol with its `DEF_*` flags and its scope.
    pub symbols: Vec<(String, i64)>,
    pub varnames: Vec<String>,
    pub children: Vec<Block>,
    pub nested: bool,
    pub lineno: i64,
}

/// The symbol table of a source.
pub fn symtable(
    source: &str,
    filename: &str,
    mode: Mode,
    options: Options,
) -> Result<Block, Error> {
    compile::refuse_nulls(source)?;
    let source = parse::translate_newlines(source);
    compile::on_big_stack(source.len(), || {
        let mut parsed = parse::parse(&source, filename, mode, options, &mut Vec::new())?;
        let future = preprocess::has_future_annotations(&parsed.tree);
        let table = match &mut parsed.tree {
            ruff_python_ast::Mod::Module(module) => {
                preprocess::preprocess_statements(&mut module.body, 0, future, true);
                SymbolTable::scan_program(module, parsed.source)
            }
            ruff_python_ast::Mod::Expression(expression) => {
                SymbolTable::scan_expr(expression, parsed.source)
            }
        };
        table.map(|table| block(&table)).map_err(|error| {
            error::from_codegen(&error.into_codegen_error(filename.to_owned()), filename)
        })
    })
}

fn block(table: &SymbolTable) -> Block {
    let mut children: Vec<Block> = table
        .sub_tables
        .iter()
        .chain(table.annotation_block.as_deref())
        .map(block)
        .collect();
    children.sort_by_key(|child| child.id);
    // The generator marks more than the reference does: names of the block itself that a block inside takes from outside.
    let free_inside = |name: &str| {
        let inside = |child: &SymbolTable| {
            child.symbols.get(name).is_some_and(|symbol| {
                symbol.scope == SymbolScope::Free
                    || symbol.flags.contains(SymbolFlags::DEF_FREE_CLASS)
            })
        };
        table.sub_tables.iter().any(inside) || table.annotation_block.as_deref().is_some_and(inside)
    };
    let class = table.typ == CompilerScope::Class;
    let symbols = table.symbols.iter().map(|(name, symbol)| {
        let scope = symbol.scope.as_i32();
        let mut flags = i64::from(symbol.flags.bits()) | i64::from(scope) << SCOPE_OFFSET;
        let free_class = i64::from(SymbolFlags::DEF_FREE_CLASS.bits());
        if symbol.flags == SymbolFlags::DEF_FREE_CLASS || !free_inside(name) {
            flags &= !free_class;
        }
        if !class && inlined(table).any(|comprehension| uses(comprehension, name)) {
            flags |= i64::from(SymbolFlags::USE.bits());
        }
        (name.to_string(), flags)
    });
    Block {
        id: table.block_index,
        name: table.name.to_string(),
        kind: match table.typ {
            CompilerScope::Function
            | CompilerScope::AsyncFunction
            | CompilerScope::Lambda
            | CompilerScope::Comprehension => 0,
            CompilerScope::Class => 1,
            CompilerScope::Module => 2,
            CompilerScope::Annotation => 3,
            CompilerScope::TypeAlias => 4,
            CompilerScope::TypeParams => 5,
            CompilerScope::TypeVariable => 6,
        },
        symbols: symbols.collect(),
        varnames: table.varnames.iter().map(ToString::to_string).collect(),
        children,
        nested: table.is_nested,
        lineno: i64::from(table.line_number),
    }
}

/// The comprehensions that are inlined in a block, without those inside them, which the list has behind each.
fn inlined(table: &SymbolTable) -> impl Iterator<Item = &SymbolTable> {
    let mut rest = &table.inlined_comprehension_blocks[..];
    std::iter::from_fn(move || {
        let (first, others) = rest.split_first()?;
        rest = others
            .get(first.inlined_comprehension_blocks.len()..)
            .unwrap_or_default();
        Some(first)
    })
}

/// Does an inlined comprehension take a name from around it? Then the block around it uses the name itself.
fn uses(comprehension: &SymbolTable, name: &str) -> bool {
    comprehension.symbols.get(name).is_some_and(|symbol| {
        symbol.scope == SymbolScope::Free
            && (symbol.flags.contains(SymbolFlags::USE)
                || inlined(comprehension).any(|nested| uses(nested, name)))
    })
}
