//! `_ast`: the classes of syntax trees, and the bridge on which `compile()` goes between them and the compiler.
//!
//! The compiler's table of node kinds is the only place where the grammar stands: classes, fields, docstrings and both
//! directions of the conversion are made from it.

mod classes;
mod from_objects;
mod node;
mod to_objects;

use compiler::{Mode, Options, flags};

use vm::ast::Bridge;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::object;
use vm::types::{int, module};
use vm::{marshal, source};

use classes::Classes;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_ast",
    methods: &[],
    exec,
};

static BRIDGE: Bridge = Bridge {
    is_ast,
    parse,
    compile,
};

const FLAGS: &[(&str, u32)] = &[
    ("PyCF_ALLOW_TOP_LEVEL_AWAIT", flags::ALLOW_TOP_LEVEL_AWAIT),
    ("PyCF_ONLY_AST", flags::ONLY_AST),
    ("PyCF_OPTIMIZED_AST", flags::OPTIMIZED_AST),
    ("PyCF_TYPE_COMMENTS", flags::TYPE_COMMENTS),
];

fn exec(m: &Obj) -> Result<()> {
    let classes = Classes::get()?;
    module::add(m, "AST", node::AST.as_obj())?;
    for class in classes.all() {
        module::add_type(m, class)?;
    }
    for (name, value) in FLAGS {
        module::add(m, name, int::from_i64(i64::from(*value)).as_obj())?;
    }
    vm::ast::install(&BRIDGE);
    Ok(())
}

fn is_ast(o: &Obj) -> Result<bool> {
    object::is_instance(o, node::AST.as_obj())
}

fn parse(text: &str, filename: &str, mode: Mode, options: Options) -> Result {
    let classes = Classes::get()?;
    let mut warn = |w: &compiler::SyntaxWarning| source::warn_syntax(w, filename);
    match compiler::parse_to_ast(text, filename, mode, options, &mut warn) {
        Ok(tree) => to_objects::node(classes, &tree),
        Err(error) => Err(source::raise_error(&error)),
    }
}

fn compile(tree: &Obj, filename: &str, mode: Mode, flags: u32, optimize: u8) -> Result {
    let classes = Classes::get()?;
    let wanted = match mode {
        Mode::Eval => compiler::ast::Kind::Expression,
        Mode::Single => compiler::ast::Kind::Interactive,
        _ => compiler::ast::Kind::Module,
    };
    if !object::is_instance(tree, classes.of(wanted).as_obj())? {
        return raise!(
            TypeError,
            "expected {} node, got {}",
            wanted.name(),
            vm::types::type_::name_of(tree.ty())
        );
    }
    let tree = from_objects::module(classes, tree, wanted)?;
    let mut warn = |w: &compiler::SyntaxWarning| source::warn_syntax(w, filename);
    let options = source::options(flags, optimize);
    match compiler::compile_ast(tree, filename, options, &mut warn) {
        Ok(code) => marshal::load_code(&code).map(Ref::into_obj),
        Err(error) => Err(source::raise_error(&error)),
    }
}
