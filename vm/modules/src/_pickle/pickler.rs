//! `Pickler`, `dump` and `dumps`.

use core::cell::{Cell, RefCell};
use core::ffi::c_int;
use core::ptr;

use super::memo::Memo;
use super::opcodes::*;
use super::output::Output;
use super::{DEFAULT_PROTOCOL, HIGHEST_PROTOCOL, errors, memo_proxy, own_hook, save};
use crate::prelude::*;
use vm::types::bytes;
use vm::types::type_;

/// A pickler.
#[repr(C)]
pub struct Pickler {
    ob_base: PyObject,
    pub memo: RefCell<Memo>,
    output: RefCell<Output>,
    /// The `persistent_id` that was set on the instance.
    own_persistent_id: Slot,
    /// What `persistent_id` is during a dump, unless it answers `None` to everything.
    pub persistent_id: Slot,
    pub dispatch_table: Slot,
    /// During a dump.
    pub reducer_override: Slot,
    pub write: Slot,
    pub buffer_callback: Slot,
    bin: Cell<c_int>,
    fast: Cell<c_int>,
    pub proto: Cell<u8>,
    pub fix_imports: Cell<bool>,
    /// The containers that a fast pickler is in, once they are many.
    pub fast_path: RefCell<Vec<usize>>,
    pub fast_depth: Cell<usize>,
    running: Cell<bool>,
}

static_type!(Pickler, PICKLER);

static METHODS: &[PyMethodDef] =
    &[
        o!(
            "persistent_id",
            |_: &Pickler, _: &Obj| Ok(()),
            "($self, obj, /)"
        ),
        o!("dump", dump_method, "($self, obj, /)"),
        noargs!("clear_memo", |p: &Pickler| Ok(p.clear_memo()), "($self, /)"),
        noargs!(
            "__sizeof__",
            |p: &Pickler| {
                let memo = p.memo.borrow().len() * size_of::<(Ref, usize)>();
                Ok(p.as_obj().ty().tp_basicsize.get() as usize
                    + memo
                    + p.output.borrow().bytes().len())
            },
            "($self, /)"
        ),
    ];

static MEMBERS: &[PyMemberDef] = &[
    member!("bin", Pickler, bin, Py_T_INT, 0),
    member!("fast", Pickler, fast, Py_T_INT, 0),
    member!("dispatch_table", Pickler, dispatch_table, Py_T_OBJECT_EX, 0),
];

static GETSET: &[PyGetSetDef] = &[getset!("memo", memo_proxy::of_pickler, set_memo)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Pickler>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .owns_memory()
        .dealloc_drop::<Pickler>()
        .tp_traverse(|p: &Pickler, v: &mut Visitor| {
            for slot in p.slots() {
                v.slot(slot)?;
            }
            match p.memo.try_borrow() {
                Ok(memo) => memo.entries().iter().try_for_each(|(o, _)| v.visit(o)),
                Err(_) => Ok(()),
            }
        })
        .tp_clear(|p: &Pickler| {
            for slot in p.slots() {
                slot.set(None);
            }
            p.clear_memo();
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
            "Pickler",
            "(file, protocol=None, fix_imports=True, buffer_callback=None)"
        ))
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

fn new(tp: &PyTypeObject) -> Result<Ref<Pickler>> {
    let p = Pickler {
        ob_base: header(),
        memo: RefCell::default(),
        output: RefCell::default(),
        own_persistent_id: Slot::empty(),
        persistent_id: Slot::empty(),
        dispatch_table: Slot::empty(),
        reducer_override: Slot::empty(),
        write: Slot::empty(),
        buffer_callback: Slot::empty(),
        bin: Cell::new(0),
        fast: Cell::new(0),
        proto: Cell::new(0),
        fix_imports: Cell::new(false),
        fast_path: RefCell::default(),
        fast_depth: Cell::new(0),
        running: Cell::new(false),
    };
    create(tp, p)
}

fn init(p: &Pickler, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIGNATURE: Signature = Signature::new(
        "Pickler",
        "(file, protocol=None, fix_imports=True, buffer_callback=None)",
    );
    let [file, protocol, fix_imports, buffer_callback] = SIGNATURE.bind(args, kwargs)?;
    p.check_idle()?;
    p.write.set(None);
    p.set_protocol(protocol, fix_imports)?;
    p.set_file(required(file))?;
    p.set_buffer_callback(buffer_callback)?;
    p.clear_memo();
    p.fast.set(0);
    p.fast_depth.set(0);
    p.fast_path.take();
    let table = proto::getattr_opt(p.as_obj(), intern!("dispatch_table"))?;
    p.dispatch_table.set(table);
    Ok(())
}

impl Pickler {
    fn slots(&self) -> [&Slot; 6] {
        [
            &self.own_persistent_id,
            &self.persistent_id,
            &self.dispatch_table,
            &self.reducer_override,
            &self.write,
            &self.buffer_callback,
        ]
    }

    fn check_idle(&self) -> Result<()> {
        if self.running.get() {
            return raise!(RuntimeError, "Pickler object is already used");
        }
        Ok(())
    }

    fn set_protocol(&self, protocol: Option<&Obj>, fix_imports: Option<&Obj>) -> Result<()> {
        let protocol = match protocol.filter(|p| !p.is_none()) {
            None => DEFAULT_PROTOCOL,
            Some(given) => match args::to_i32(given)? {
                ..0 => HIGHEST_PROTOCOL,
                n if n > i32::from(HIGHEST_PROTOCOL) => {
                    return raise!(ValueError, "pickle protocol must be <= {HIGHEST_PROTOCOL}");
                }
                n => n as u8,
            },
        };
        let fix_imports = fix_imports.map_or(Ok(true), proto::is_true)?;
        self.proto.set(protocol);
        self.bin.set(c_int::from(protocol > 0));
        self.fix_imports.set(fix_imports && protocol < 3);
        Ok(())
    }

    fn set_file(&self, file: &Obj) -> Result<()> {
        match proto::getattr_opt(file, intern!("write"))? {
            Some(write) => {
                self.write.set(Some(write));
                Ok(())
            }
            None => raise!(TypeError, "file must have a 'write' attribute"),
        }
    }

    fn set_buffer_callback(&self, callback: Option<&Obj>) -> Result<()> {
        let callback = callback.filter(|c| !c.is_none());
        if callback.is_some() && self.proto.get() < 5 {
            return raise!(ValueError, "buffer_callback needs protocol >= 5");
        }
        self.buffer_callback.set(callback.map(Obj::new_ref));
        Ok(())
    }

    /// Forgets what was pickled.
    pub fn clear_memo(&self) {
        drop(self.memo.take());
    }

    /// Whether opcodes and their arguments are binary.
    #[inline(always)]
    pub fn is_binary(&self) -> bool {
        self.bin.get() != 0
    }

    /// Whether nothing is entered in the memo.
    #[inline(always)]
    pub fn is_fast(&self) -> bool {
        self.fast.get() != 0
    }

    // ---- Output ----

    /// Writes a part of the pickle.
    #[inline]
    pub fn put(&self, part: &[u8]) {
        self.output.borrow_mut().put(part);
    }

    /// Writes an opcode and its argument.
    #[inline]
    pub fn put2(&self, opcode: u8, argument: &[u8]) {
        let mut output = self.output.borrow_mut();
        output.put(&[opcode]);
        output.put(argument);
    }

    /// Where an opcode starts, the frame may end.
    #[inline]
    pub fn boundary(&self) -> Result<()> {
        if self.output.borrow_mut().close_full_frame() && self.write.borrow().is_some() {
            return self.flush();
        }
        Ok(())
    }

    fn flush(&self) -> Result<()> {
        let part = {
            let mut output = self.output.borrow_mut();
            let part = bytes::try_new(output.bytes())?;
            output.clear();
            part
        };
        match self.write.get() {
            Some(write) => call::call1(&write, part.as_obj()).map(drop),
            None => Ok(()),
        }
    }

    /// Writes a header and what may be so large that it goes to the file by itself; `payload` is an object with these bytes.
    pub fn put_large(&self, header: &[u8], data: &[u8], payload: Option<&Obj>) -> Result<()> {
        if data.len() < super::output::FRAME_TARGET {
            let mut output = self.output.borrow_mut();
            output.put(header);
            output.put(data);
            return Ok(());
        }
        let framing = {
            let mut output = self.output.borrow_mut();
            output.close_frame();
            let framing = core::mem::replace(&mut output.framing, false);
            output.put(header);
            framing
        };
        let written = match self.write.get() {
            None => {
                self.put(data);
                Ok(())
            }
            Some(write) => self.flush().and_then(|()| {
                let payload = match payload {
                    Some(o) => o.new_ref(),
                    None => bytes::try_new(data)?.into_obj(),
                };
                call::call1(&write, &payload).map(drop)
            }),
        };
        self.output.borrow_mut().framing = framing;
        written
    }

    // ---- The memo ----

    /// The number of an object that was pickled before.
    #[inline]
    pub fn memoized(&self, o: &Obj) -> Option<usize> {
        self.memo.borrow().get(o)
    }

    /// Enters the object on the unpickler's stack in both memos.
    pub fn memoize(&self, o: &Obj) -> Result<()> {
        if self.is_fast() {
            return Ok(());
        }
        let number = {
            let mut memo = self.memo.borrow_mut();
            let number = memo.len();
            memo.set(o, number);
            number
        };
        if self.proto.get() >= 4 {
            self.put(&[MEMOIZE]);
            return Ok(());
        }
        self.put_number(number, [PUT, BINPUT, LONG_BINPUT], "LONG_BINPUT")
    }

    /// Has the unpickler push an object of its memo.
    pub fn recall(&self, number: usize) -> Result<()> {
        self.put_number(number, [GET, BINGET, LONG_BINGET], "LONG_BINGET")
    }

    fn put_number(&self, number: usize, [text, short, long]: [u8; 3], name: &str) -> Result<()> {
        if !self.is_binary() {
            self.put2(text, format!("{number}\n").as_bytes());
        } else if let Ok(n) = u8::try_from(number) {
            self.put(&[short, n]);
        } else if let Ok(n) = u32::try_from(number) {
            self.put2(long, &n.to_le_bytes());
        } else {
            return errors::pickling(format_args!("memo id too large for {name}"));
        }
        Ok(())
    }

    // ---- A dump ----

    /// What `persistent_id` is, unless it is what all picklers have.
    fn find_persistent_id(&self) -> Result<Option<Ref>> {
        if let Some(own) = self.own_persistent_id.get() {
            return Ok(Some(own));
        }
        let name = intern!("persistent_id");
        let found = |tp| type_::lookup(tp, name).map(ptr::from_ref);
        if found(self.as_obj().ty()) == found(&PICKLER) {
            return Ok(None);
        }
        proto::getattr(self.as_obj(), name).map(Some)
    }

    fn dump(&self, o: &Obj) -> Result<()> {
        self.persistent_id.set(self.find_persistent_id()?);
        if !ptr::eq(self.as_obj().ty(), &PICKLER) {
            let reduce = proto::getattr_opt(self.as_obj(), intern!("reducer_override"))?;
            self.reducer_override.set(reduce);
        }
        {
            let mut output = self.output.borrow_mut();
            output.clear();
            output.framing = false;
            let proto = self.proto.get();
            if proto >= 2 {
                output.put(&[PROTO, proto]);
                output.framing = proto >= 4;
            }
        }
        let saved = save::save(self, o, true);
        if saved.is_ok() {
            self.put(&[STOP]);
        }
        let mut output = self.output.borrow_mut();
        output.close_frame();
        output.framing = false;
        drop(output);
        self.persistent_id.set(None);
        self.reducer_override.set(None);
        saved
    }

    fn dump_alone(&self, o: &Obj) -> Result<()> {
        self.check_idle()?;
        self.running.set(true);
        let dumped = self.dump(o);
        self.running.set(false);
        dumped
    }
}

fn dump_method(p: &Pickler, o: &Obj) -> Result<()> {
    if p.write.borrow().is_none() {
        let class = p.as_obj().ty();
        return errors::pickling(format_args!(
            "Pickler.__init__() was not called by {}.__init__()",
            type_name(class)
        ));
    }
    p.dump_alone(o)?;
    p.flush()
}

// ---- Attributes ----

fn getattr(p: &Pickler, name: &Obj) -> Result {
    own_hook::get(p.as_obj(), &p.own_persistent_id, "persistent_id", name)
}

fn setattr(p: &Pickler, name: &Obj, value: Option<&Obj>) -> Result<()> {
    own_hook::set(
        p.as_obj(),
        &p.own_persistent_id,
        "persistent_id",
        name,
        value,
    )
}

fn set_memo(p: &Pickler, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "attribute deletion is not supported");
    };
    let memo = memo_proxy::pickler_memo(value)?;
    drop(p.memo.replace(memo));
    Ok(())
}

// ---- Functions ----

fn prepared(
    [protocol, fix_imports, buffer_callback]: [Option<&Obj>; 3],
    file: Option<&Obj>,
) -> Result<Ref<Pickler>> {
    let p = new(&PICKLER)?;
    p.set_protocol(protocol, fix_imports)?;
    if let Some(file) = file {
        p.set_file(file)?;
    }
    p.set_buffer_callback(buffer_callback)?;
    Ok(p)
}

/// `dump(obj, file, protocol=None, *, fix_imports=True, buffer_callback=None)`
pub fn dump_to_file(
    _: &Obj,
    [o, file, protocol, fix_imports, buffer_callback]: [Option<&Obj>; 5],
) -> Result<()> {
    let p = prepared([protocol, fix_imports, buffer_callback], file)?;
    p.dump_alone(required(o))?;
    p.flush()
}

/// `dumps(obj, protocol=None, *, fix_imports=True, buffer_callback=None)`
pub fn dumps(
    _: &Obj,
    [o, protocol, fix_imports, buffer_callback]: [Option<&Obj>; 4],
) -> Result<Ref<PyBytesObject>> {
    let p = prepared([protocol, fix_imports, buffer_callback], None)?;
    p.dump_alone(required(o))?;
    let output = p.output.borrow();
    bytes::try_new(output.bytes())
}
