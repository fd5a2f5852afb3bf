//! `_symtable`: the compiler's symbol tables, for `symtable`.

use compiler::symtable::{self, Block};
use compiler::{Mode, flags};
use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::types::dict::{self, DictExt as _};
use vm::types::str_::StrExt as _;
use vm::types::type_::{self, TypeBuilder};
use vm::types::{int, list, module, str_};
use vm::{builtins, source};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_symtable",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[fastcall!(
    "symtable",
    symtable_,
    "($module, source, filename, startstr, /)"
)];

const CONSTANTS: &[(&str, i64)] = &[
    ("USE", 16),
    ("DEF_GLOBAL", 1),
    ("DEF_NONLOCAL", 8),
    ("DEF_LOCAL", 2),
    ("DEF_PARAM", 4),
    ("DEF_TYPE_PARAM", 1024),
    ("DEF_FREE_CLASS", 64),
    ("DEF_IMPORT", 128),
    ("DEF_BOUND", 134),
    ("DEF_ANNOT", 256),
    ("DEF_COMP_ITER", 512),
    ("DEF_COMP_CELL", 2048),
    ("TYPE_FUNCTION", 0),
    ("TYPE_CLASS", 1),
    ("TYPE_MODULE", 2),
    ("TYPE_ANNOTATION", 3),
    ("TYPE_TYPE_ALIAS", 4),
    ("TYPE_TYPE_PARAMETERS", 5),
    ("TYPE_TYPE_VARIABLE", 6),
    ("LOCAL", 1),
    ("GLOBAL_EXPLICIT", 2),
    ("GLOBAL_IMPLICIT", 3),
    ("FREE", 4),
    ("CELL", 5),
    ("SCOPE_OFF", symtable::SCOPE_OFFSET as i64),
    ("SCOPE_MASK", 15),
];

static ENTRY: PyTypeObject = PyTypeObject::statically_declared();

/// A block of code.
#[repr(C)]
struct Entry {
    ob_base: PyObject,
    id: Slot,
    name: Slot,
    symbols: Slot,
    varnames: Slot,
    children: Slot,
    nested: Slot,
    kind: Slot,
    lineno: Slot,
}

impl Layout for Entry {
    fn type_object() -> &'static PyTypeObject {
        &ENTRY
    }
}

static MEMBERS: &[PyMemberDef] = &[
    member!("id", Entry, id, _Py_T_OBJECT, Py_READONLY),
    member!("name", Entry, name, _Py_T_OBJECT, Py_READONLY),
    member!("symbols", Entry, symbols, _Py_T_OBJECT, Py_READONLY),
    member!("varnames", Entry, varnames, _Py_T_OBJECT, Py_READONLY),
    member!("children", Entry, children, _Py_T_OBJECT, Py_READONLY),
    member!("nested", Entry, nested, _Py_T_OBJECT, Py_READONLY),
    member!("type", Entry, kind, _Py_T_OBJECT, Py_READONLY),
    member!("lineno", Entry, lineno, _Py_T_OBJECT, Py_READONLY),
];

fn exec(m: &Obj) -> Result<()> {
    if ENTRY.tp_flags.get() & Py_TPFLAGS_READY == 0 {
        define(&mut TypeBuilder::start(&ENTRY, c"symtable entry"));
        type_::ready(&ENTRY)?;
    }
    module::add_ints(m, CONSTANTS)
}

fn define(b: &mut TypeBuilder) {
    b.basicsize::<Entry>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<Entry>()
        .tp_traverse(|e: &Entry, v: &mut Visitor| {
            let slots = [&e.id, &e.name, &e.symbols, &e.varnames];
            slots.into_iter().try_for_each(|slot| v.slot(slot))?;
            let slots = [&e.children, &e.nested, &e.kind, &e.lineno];
            slots.into_iter().try_for_each(|slot| v.slot(slot))
        })
        .tp_repr(repr)
        .members(MEMBERS);
}

fn repr(e: &Entry) -> Result<String> {
    let text = |slot: &Slot| slot.borrow().map(str_lossy).unwrap_or_default();
    Ok(format!(
        "<symtable entry {}({}), line {}>",
        text(&e.name),
        text(&e.id),
        text(&e.lineno)
    ))
}

fn symtable_(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("symtable", args, 3..=3)?;
    let filename = builtins::path_text(args[1])?;
    let Some(start) = args[2].downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "symtable() argument 3 must be str, not {}",
            args[2].tp_name()
        );
    };
    let text = builtins::source_text(args[0], "symtable", "string or bytes object", &filename)?;
    let mode = match start.as_str()? {
        "exec" => Mode::Exec,
        "eval" => Mode::Eval,
        "single" => Mode::Single,
        _ => {
            return raise!(
                ValueError,
                "symtable() arg 3 must be 'exec' or 'eval' or 'single'"
            );
        }
    };
    let options = source::options(flags::DONT_IMPLY_DEDENT, 0);
    match symtable::symtable(&text, &filename, mode, options) {
        Ok(block) => entry(&block),
        Err(error) => Err(source::raise_error(&error)),
    }
}

fn entry(block: &Block) -> Result {
    let symbols = dict::new();
    for (name, flags) in &block.symbols {
        symbols.set(str_::intern_str(name), int::from_i64(*flags).as_obj())?;
    }
    let names = block
        .varnames
        .iter()
        .map(|name| str_::intern_str(name).new_ref());
    let children: Vec<Ref> = block.children.iter().map(entry).collect::<Result<_>>()?;
    let number = |n: i64| Slot::new(Some(int::from_i64(n).into_obj()));
    let entry = Entry {
        ob_base: header(),
        id: Slot::empty(),
        name: Slot::new(Some(str_::intern_str(&block.name).new_ref())),
        symbols: Slot::new(Some(symbols.into_obj())),
        varnames: Slot::new(Some(list::new(names.collect()).into_obj())),
        children: Slot::new(Some(list::new(children).into_obj())),
        nested: number(i64::from(block.nested)),
        kind: number(i64::from(block.kind)),
        lineno: number(block.lineno),
    };
    let entry = create(&ENTRY, entry)?;
    let id = entry.as_ptr().addr();
    entry.id.set(Some(int::from_usize(id).into_obj()));
    Ok(entry.into_obj())
}
