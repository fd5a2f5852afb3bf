//! `_opcode`: the table of instructions, for `dis`.

use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::opcodes::{self, flag};
use vm::types::{int, list, module, str_, tuple};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_opcode",
    methods: METHODS,
    exec,
};

/// A function that tells whether an instruction has a property.
macro_rules! has {
    ($name:literal, $flag:expr) => {
        keywords!(
            $name,
            |_: &Obj, [opcode]: [Option<&Obj>; 1]| has(opcode, $flag),
            "($module, /, opcode)"
        )
    };
}

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "stack_effect",
        stack_effect,
        "($module, opcode, oparg=None, /, *, jump=None)"
    ),
    keywords!("is_valid", is_valid, "($module, /, opcode)"),
    has!("has_arg", flag::ARG),
    has!("has_const", flag::CONST),
    has!("has_name", flag::NAME),
    has!("has_jump", flag::JUMP),
    has!("has_free", flag::FREE),
    has!("has_local", flag::LOCAL),
    keywords!("has_exc", has_exc, "($module, /, opcode)"),
    noargs!("get_specialization_stats", |_: &Obj| Ok(()), "($module, /)"),
    noargs!("get_nb_ops", get_nb_ops, "($module, /)"),
    noargs!(
        "get_intrinsic1_descs",
        |_: &Obj| Ok(strings(INTRINSICS_1)),
        "($module, /)"
    ),
    noargs!(
        "get_intrinsic2_descs",
        |_: &Obj| Ok(strings(INTRINSICS_2)),
        "($module, /)"
    ),
    noargs!(
        "get_special_method_names",
        |_: &Obj| Ok(strings(SPECIAL_METHODS)),
        "($module, /)"
    ),
    keywords!("get_executor", get_executor, "($module, /, code, offset)"),
];

fn exec(m: &Obj) -> Result<()> {
    module::add(m, "ENABLE_SPECIALIZATION", int::one())?;
    module::add(m, "ENABLE_SPECIALIZATION_FT", int::one())
}

fn row(opcode: Option<&Obj>) -> Result<Option<&'static opcodes::Opcode>> {
    let number = args::to_i32(opcode.unwrap_or(NONE()))?;
    Ok(u32::try_from(number).ok().and_then(opcodes::find))
}

fn has(opcode: Option<&Obj>, flag: u16) -> Result<bool> {
    Ok(row(opcode)?.is_some_and(|row| row.has(flag)))
}

fn is_valid(_: &Obj, [opcode]: [Option<&Obj>; 1]) -> Result<bool> {
    Ok(row(opcode)?.is_some())
}

/// The pseudo-instructions that begin a block with a handler.
fn has_exc(_: &Obj, [opcode]: [Option<&Obj>; 1]) -> Result<bool> {
    Ok(row(opcode)?
        .is_some_and(|row| matches!(row.name, "SETUP_FINALLY" | "SETUP_CLEANUP" | "SETUP_WITH")))
}

fn stack_effect(_: &Obj, [opcode, oparg, jump]: [Option<&Obj>; 3]) -> Result<i64> {
    let opcode = args::to_i32(opcode.unwrap_or(NONE()))?;
    let oparg = oparg.filter(|o| !o.is_none()).map_or(Ok(0), args::to_i32)?;
    let effect = |jump| match (u32::try_from(opcode), u32::try_from(oparg)) {
        (Ok(opcode), Ok(oparg)) => opcodes::stack_effect(opcode, oparg, jump),
        _ => None,
    };
    let found = match jump.unwrap_or(NONE()) {
        // Either way: the greater effect.
        j if j.is_none() => effect(true).max(effect(false)),
        j if j.is_same(TRUE()) => effect(true),
        j if j.is_same(FALSE()) => effect(false),
        _ => return raise!(ValueError, "stack_effect: jump must be False, True or None"),
    };
    match found {
        Some(effect) => Ok(effect),
        None => raise!(ValueError, "invalid opcode or oparg"),
    }
}

fn get_nb_ops(_: &Obj) -> Result<Ref<PyListObject>> {
    let text = |s: &str| str_::intern_str(s).new_ref();
    let rows = NB_OPS
        .iter()
        .map(|(name, symbol)| tuple::from_array([text(name), text(symbol)]).into_obj());
    Ok(list::from_vec(rows.collect()))
}

fn strings(names: &[&str]) -> Ref<PyListObject> {
    list::from_vec(
        names
            .iter()
            .map(|s| str_::intern_str(s).new_ref())
            .collect(),
    )
}

fn get_executor(_: &Obj, [code, offset]: [Option<&Obj>; 2]) -> Result<()> {
    let code = code.unwrap_or(NONE());
    if !code.is::<PyCodeObject>() {
        return raise!(
            TypeError,
            "expected a code object, not '{}'",
            code.tp_name()
        );
    }
    args::to_i32(offset.unwrap_or(NONE()))?;
    raise!(ValueError, "no executor at given byte offset")
}

static NB_OPS: &[(&str, &str)] = &[
    ("NB_ADD", "+"),
    ("NB_AND", "&"),
    ("NB_FLOOR_DIVIDE", "//"),
    ("NB_LSHIFT", "<<"),
    ("NB_MATRIX_MULTIPLY", "@"),
    ("NB_MULTIPLY", "*"),
    ("NB_REMAINDER", "%"),
    ("NB_OR", "|"),
    ("NB_POWER", "**"),
    ("NB_RSHIFT", ">>"),
    ("NB_SUBTRACT", "-"),
    ("NB_TRUE_DIVIDE", "/"),
    ("NB_XOR", "^"),
    ("NB_INPLACE_ADD", "+="),
    ("NB_INPLACE_AND", "&="),
    ("NB_INPLACE_FLOOR_DIVIDE", "//="),
    ("NB_INPLACE_LSHIFT", "<<="),
    ("NB_INPLACE_MATRIX_MULTIPLY", "@="),
    ("NB_INPLACE_MULTIPLY", "*="),
    ("NB_INPLACE_REMAINDER", "%="),
    ("NB_INPLACE_OR", "|="),
    ("NB_INPLACE_POWER", "**="),
    ("NB_INPLACE_RSHIFT", ">>="),
    ("NB_INPLACE_SUBTRACT", "-="),
    ("NB_INPLACE_TRUE_DIVIDE", "/="),
    ("NB_INPLACE_XOR", "^="),
    ("NB_SUBSCR", "[]"),
];

static INTRINSICS_1: &[&str] = &[
    "INTRINSIC_1_INVALID",
    "INTRINSIC_PRINT",
    "INTRINSIC_IMPORT_STAR",
    "INTRINSIC_STOPITERATION_ERROR",
    "INTRINSIC_ASYNC_GEN_WRAP",
    "INTRINSIC_UNARY_POSITIVE",
    "INTRINSIC_LIST_TO_TUPLE",
    "INTRINSIC_TYPEVAR",
    "INTRINSIC_PARAMSPEC",
    "INTRINSIC_TYPEVARTUPLE",
    "INTRINSIC_SUBSCRIPT_GENERIC",
    "INTRINSIC_TYPEALIAS",
];

static INTRINSICS_2: &[&str] = &[
    "INTRINSIC_2_INVALID",
    "INTRINSIC_PREP_RERAISE_STAR",
    "INTRINSIC_TYPEVAR_WITH_BOUND",
    "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS",
    "INTRINSIC_SET_FUNCTION_TYPE_PARAMS",
    "INTRINSIC_SET_TYPEPARAM_DEFAULT",
];

static SPECIAL_METHODS: &[&str] = &["__enter__", "__exit__", "__aenter__", "__aexit__"];
