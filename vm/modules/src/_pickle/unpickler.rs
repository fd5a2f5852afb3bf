//! `Unpickler`, `load` and `loads`.

use core::cell::{Cell, RefCell};
use core::ptr;

use super::errors::unpickling;
use super::reader::Reader;
use super::{find, load, memo_proxy, own_hook};
use crate::prelude::*;
use vm::import;
use vm::sys::audit_event;
use vm::types::dict::DictExt as _;
use vm::types::type_;

/// An unpickler.
#[repr(C)]
pub struct Unpickler {
    ob_base: PyObject,
    pub stack: RefCell<Vec<Ref>>,
    /// How many objects were on the stack at each `MARK`.
    pub marks: RefCell<Vec<usize>>,
    /// What opcodes that take one object must leave.
    pub fence: Cell<usize>,
    pub memo: RefCell<Vec<Option<Ref>>>,
    pub reader: Reader,
    own_persistent_load: Slot,
    pub persistent_load: Slot,
    pub buffers: Slot,
    pub encoding: RefCell<String>,
    pub errors: RefCell<String>,
    pub proto: Cell<u8>,
    fix_imports: Cell<bool>,
    running: Cell<bool>,
}

static_type!(Unpickler, UNPICKLER);

static METHODS: &[PyMethodDef] = &[
    o!(
        "persistent_load",
        |_: &Unpickler, _: &Obj| -> Result<()> {
            unpickling(format_args!(
                "A load persistent id instruction was encountered, but no persistent_load function was specified."
            ))
        },
        "($self, pid, /)"
    ),
    noargs!("load", load_method, "($self, /)"),
    fastcall!(
        "find_class",
        |u: &Unpickler, given: &[&Obj]| {
            args::expect("find_class", given, 2..=2)?;
            u.find_class(given[0], given[1])
        },
        "($self, module_name, global_name, /)"
    ),
    noargs!(
        "__sizeof__",
        |u: &Unpickler| {
            let objects = u.stack.borrow().len() + u.memo.borrow().len() + u.marks.borrow().len();
            Ok(u.as_obj().ty().tp_basicsize.get() as usize + objects * size_of::<Ref>())
        },
        "($self, /)"
    ),
];

static GETSET: &[PyGetSetDef] = &[getset!("memo", memo_proxy::of_unpickler, set_memo)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Unpickler>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .owns_memory()
        .dealloc_drop::<Unpickler>()
        .tp_traverse(|u: &Unpickler, v: &mut Visitor| {
            for slot in u.slots() {
                v.slot(slot)?;
            }
            if let Ok(stack) = u.stack.try_borrow() {
                stack.iter().try_for_each(|o| v.visit(o))?;
            }
            if let Ok(memo) = u.memo.try_borrow() {
                memo.iter().flatten().try_for_each(|o| v.visit(o))?;
            }
            u.reader.visit(v)
        })
        .tp_clear(|u: &Unpickler| {
            for slot in u.slots() {
                slot.set(None);
            }
            u.clear_memo();
            drop(u.stack.take());
        })
        .tp_getattro(getattr)
        .tp_setattro(setattr)
        .tp_new(
            |tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| {
                new(tp).map(Ref::into_obj)
            },
        )
        .tp_init(init)
        .text_signature(method_doc!(
            "Unpickler",
            "(file, *, fix_imports=True, encoding='ASCII', errors='strict',\n          buffers=())"
        ))
        .methods(METHODS)
        .getset(GETSET);
}

fn new(tp: &PyTypeObject) -> Result<Ref<Unpickler>> {
    let u = Unpickler {
        ob_base: header(),
        stack: RefCell::default(),
        marks: RefCell::default(),
        fence: Cell::new(0),
        memo: RefCell::default(),
        reader: Reader::new(),
        own_persistent_load: Slot::empty(),
        persistent_load: Slot::empty(),
        buffers: Slot::empty(),
        encoding: RefCell::default(),
        errors: RefCell::default(),
        proto: Cell::new(0),
        fix_imports: Cell::new(false),
        running: Cell::new(false),
    };
    create(tp, u)
}

fn init(u: &Unpickler, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIGNATURE: Signature = Signature::new(
        "Unpickler",
        "(file, *, fix_imports=True, encoding='ASCII', errors='strict',\n          buffers=())",
    );
    let [file, options @ ..]: [Option<&Obj>; 5] = SIGNATURE.bind(args, kwargs)?;
    u.check_idle()?;
    u.reader.release();
    u.reader.set_file(required(file))?;
    u.set_options(options)?;
    u.clear_memo();
    u.proto.set(0);
    Ok(())
}

/// Puts an object in a memo.
pub fn put(memo: &mut Vec<Option<Ref>>, number: usize, o: Ref) {
    if number >= memo.len() {
        memo.resize_with(number + 1, || None);
    }
    memo[number] = Some(o);
}

impl Unpickler {
    fn slots(&self) -> [&Slot; 6] {
        let [read, readline, peek] = self.reader.slots();
        [
            &self.own_persistent_load,
            &self.persistent_load,
            &self.buffers,
            read,
            readline,
            peek,
        ]
    }

    fn check_idle(&self) -> Result<()> {
        if self.running.get() {
            return raise!(RuntimeError, "Unpickler object is already used");
        }
        Ok(())
    }

    fn set_options(
        &self,
        [fix_imports, encoding, errors, buffers]: [Option<&Obj>; 4],
    ) -> Result<()> {
        let text = |o: Option<&Obj>, what, default: &str| match o {
            Some(o) => args::to_str(what, o).map(str::to_owned),
            None => Ok(default.to_owned()),
        };
        self.fix_imports
            .set(fix_imports.map_or(Ok(true), proto::is_true)?);
        self.encoding
            .replace(text(encoding, "argument 'encoding'", "ASCII")?);
        self.errors
            .replace(text(errors, "argument 'errors'", "strict")?);
        let buffers = buffers
            .filter(|b| !b.is_none())
            .map(proto::iter)
            .transpose()?;
        self.buffers.set(buffers);
        Ok(())
    }

    /// Forgets what was unpickled.
    pub fn clear_memo(&self) {
        drop(self.memo.take());
    }

    fn load(&self) -> Result {
        let persistent_load = self.find_persistent_load()?;
        self.persistent_load.set(persistent_load);
        drop(self.stack.take());
        self.marks.take();
        self.fence.set(0);
        self.proto.set(0);
        let loaded = load::run(self);
        self.persistent_load.set(None);
        drop(self.stack.take());
        let loaded = loaded?;
        self.reader.skip_consumed()?;
        Ok(loaded)
    }

    fn load_alone(&self) -> Result {
        self.check_idle()?;
        self.running.set(true);
        let loaded = self.load();
        self.running.set(false);
        loaded
    }

    fn find_persistent_load(&self) -> Result<Option<Ref>> {
        match self.own_persistent_load.get() {
            Some(own) => Ok(Some(own)),
            None => proto::getattr_opt(self.as_obj(), intern!("persistent_load")),
        }
    }

    // ---- Classes ----

    /// What a name stands for, as the class of the unpickler sees it.
    pub fn resolve(&self, module: &Obj, name: &Obj) -> Result {
        let own = intern!("find_class");
        let found = |tp| type_::lookup(tp, own).map(ptr::from_ref);
        let tp = self.as_obj().ty();
        if ptr::eq(tp, &UNPICKLER) || found(tp) == found(&UNPICKLER) {
            return self.find_class(module, name);
        }
        call::method(self.as_obj(), own, &[module, name])
    }

    fn find_class(&self, module: &Obj, name: &Obj) -> Result {
        audit_event("pickle.find_class", &[module, name])?;
        let (mut module, mut name) = (module.new_ref(), name.new_ref());
        if self.proto.get() < 3 && self.fix_imports.get() {
            (module, name) = new_names(module, name)?;
        }
        let loaded = imported_module(&module)?;
        if self.proto.get() < 4 {
            return proto::getattr(&loaded, &name);
        }
        let path = find::dotted(&name)?;
        if let [single] = &path[..] {
            return proto::getattr(&loaded, single);
        }
        match find::follow(&loaded, &path)? {
            Some(o) => Ok(o),
            None => raise!(
                AttributeError,
                "Can't resolve path {} on module {}",
                repr_lossy(&name),
                repr_lossy(&module)
            ),
        }
    }
}

/// The module of a name, once it is ready.
pub fn imported_module(module: &Obj) -> Result {
    if !module.is::<PyUnicodeObject>() {
        return raise!(TypeError, "module name must be a string");
    }
    import::import_absolute(module)
}

/// The names that what Python 2 had now has.
fn new_names(module: Ref, name: Ref) -> Result<(Ref, Ref)> {
    let key = tuple::pair(&module, &name);
    if let Some(found) = super::NAME_MAPPING.dict()?.get(key.as_obj())? {
        if let Some([module, name]) = found.downcast::<PyTupleObject>().map(|t| t.items()) {
            return Ok((module.clone(), name.clone()));
        }
        return raise!(
            RuntimeError,
            "_compat_pickle.NAME_MAPPING values should be 2-tuples, not {:.200}",
            found.tp_name()
        );
    }
    let found = super::IMPORT_MAPPING.dict()?.get(&module)?;
    Ok((found.unwrap_or(module), name))
}

fn load_method(u: &Unpickler) -> Result {
    if !u.reader.has_file() {
        return unpickling(format_args!(
            "Unpickler.__init__() was not called by {}.__init__()",
            type_name(u.as_obj().ty())
        ));
    }
    u.load_alone()
}

// ---- Attributes ----

fn getattr(u: &Unpickler, name: &Obj) -> Result {
    own_hook::get(u.as_obj(), &u.own_persistent_load, "persistent_load", name)
}

fn setattr(u: &Unpickler, name: &Obj, value: Option<&Obj>) -> Result<()> {
    own_hook::set(
        u.as_obj(),
        &u.own_persistent_load,
        "persistent_load",
        name,
        value,
    )
}

fn set_memo(u: &Unpickler, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "attribute deletion is not supported");
    };
    let memo = memo_proxy::unpickler_memo(value)?;
    drop(u.memo.replace(memo));
    Ok(())
}

// ---- Functions ----

/// `load(file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())`
pub fn load_from_file(_: &Obj, [file, options @ ..]: [Option<&Obj>; 5]) -> Result {
    let u = new(&UNPICKLER)?;
    u.reader.set_file(required(file))?;
    u.set_options(options)?;
    u.load_alone()
}

/// `loads(data, /, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())`
pub fn loads(_: &Obj, [data, options @ ..]: [Option<&Obj>; 5]) -> Result {
    let u = new(&UNPICKLER)?;
    u.reader.set_bytes(required(data))?;
    u.set_options(options)?;
    let loaded = u.load_alone();
    u.reader.release();
    loaded
}
