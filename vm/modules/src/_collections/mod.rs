//! `_collections`: the native half of `collections`.

mod count;
mod defaultdict;
mod deque;
mod deque_iter;
mod ring;
mod tuplegetter;

use layout::*;

use vm::err::Result;
use vm::method::*;
use vm::object::*;
use vm::types::module;
use vm::types::type_::{self, TypeBuilder};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_collections",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[fastcall!(
    "_count_elements",
    count::count_elements,
    "($module, mapping, iterable, /)"
)];

type Define = fn(&mut TypeBuilder);

fn exec(m: &Obj) -> Result<()> {
    let types: [(
        &'static PyTypeObject,
        &'static core::ffi::CStr,
        &str,
        Define,
    ); 5] = [
        (&deque::DEQUE, c"collections.deque", "deque", deque::define),
        (
            &deque_iter::FORWARD,
            c"collections._deque_iterator",
            "_deque_iterator",
            deque_iter::define_forward,
        ),
        (
            &deque_iter::REVERSE,
            c"collections._deque_reverse_iterator",
            "_deque_reverse_iterator",
            deque_iter::define_reverse,
        ),
        (
            &defaultdict::DEFAULTDICT,
            c"collections.defaultdict",
            "defaultdict",
            defaultdict::define,
        ),
        (
            &tuplegetter::TUPLEGETTER,
            c"collections._tuplegetter",
            "_tuplegetter",
            tuplegetter::define,
        ),
    ];
    for (tp, qualified, name, define) in types {
        if tp.tp_flags.get() & Py_TPFLAGS_READY == 0 {
            define(&mut TypeBuilder::start(tp, qualified));
            type_::ready(tp)?;
        }
        module::add(m, name, tp.as_obj())?;
    }
    module::add(m, "OrderedDict", PyODict_Type.as_obj())
}
