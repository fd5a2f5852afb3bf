//! `BufferedRWPair`: a reader and a writer under one name, for pipes and sockets.

use layout::{
    Layout, Py_TPFLAGS_BASETYPE, Py_TPFLAGS_HAVE_GC, PyDictObject, PyTupleObject, PyTypeObject,
};
use vm::args::{Signature, to_isize_or};
use vm::err::Result;
use vm::intern;
use vm::method::*;
use vm::object::*;
use vm::protocol::call::{call, method};
use vm::protocol::object::getattr;
use vm::types::int;
use vm::types::type_::TypeBuilder;

use super::buffered::{READER, WRITER};
use super::iobase::{self, BUFFERED_IO_BASE, IoBase};

pub static PAIR: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
pub struct Pair {
    base: IoBase,
    reader: Slot,
    writer: Slot,
}

impl Layout for Pair {
    fn type_object() -> &'static PyTypeObject {
        &PAIR
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Pair>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .destructible()
        .base(&BUFFERED_IO_BASE)
        .tp_init(init)
        .tp_dealloc(iobase::dealloc::<Pair>)
        .tp_traverse(|p: &Pair, v: &mut Visitor| {
            v.slot(&p.base.dict)?;
            v.slot(&p.reader)?;
            v.slot(&p.writer)
        })
        .tp_clear(|p: &Pair| {
            drop(p.reader.take());
            drop(p.writer.take());
            drop(p.base.dict.take());
        })
        .methods(METHODS)
        .getset(GETSET);
}

fn init(p: &Pair, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIG: Signature = Signature::new(
        "BufferedRWPair",
        "(reader, writer, buffer_size=DEFAULT_BUFFER_SIZE, /)",
    );
    let [reader, writer, size] = SIG.bind(args, kwargs)?;
    let (reader, writer) = (reader.unwrap_or(NONE()), writer.unwrap_or(NONE()));
    let size = int::from_isize(to_isize_or(size, super::DEFAULT_BUFFER_SIZE as isize)?);
    iobase::check_readable(reader)?;
    iobase::check_writable(writer)?;
    let reader = call(READER.as_obj(), &[reader, size.as_obj()])?;
    let writer = call(WRITER.as_obj(), &[writer, size.as_obj()])?;
    p.reader.set(Some(reader));
    p.writer.set(Some(writer));
    Ok(())
}

fn half(slot: &Slot) -> Result {
    slot.get().ok_or_else(iobase::uninitialized)
}

fn read_with(p: &Pair, name: &Obj, args: &[&Obj]) -> Result {
    method(&*half(&p.reader)?, name, args)
}

fn write_with(p: &Pair, name: &Obj, args: &[&Obj]) -> Result {
    method(&*half(&p.writer)?, name, args)
}

static METHODS: Methods = &[
    fastcall!(
        "read",
        |p: &Pair, args: &[&Obj]| read_with(p, intern!("read"), args),
        ""
    ),
    fastcall!(
        "peek",
        |p: &Pair, args: &[&Obj]| read_with(p, intern!("peek"), args),
        ""
    ),
    fastcall!(
        "read1",
        |p: &Pair, args: &[&Obj]| read_with(p, intern!("read1"), args),
        ""
    ),
    fastcall!(
        "readinto",
        |p: &Pair, args: &[&Obj]| read_with(p, intern!("readinto"), args),
        ""
    ),
    fastcall!(
        "readinto1",
        |p: &Pair, args: &[&Obj]| read_with(p, intern!("readinto1"), args),
        ""
    ),
    fastcall!(
        "write",
        |p: &Pair, args: &[&Obj]| write_with(p, intern!("write"), args),
        ""
    ),
    noargs!(
        "flush",
        |p: &Pair| write_with(p, intern!("flush"), &[]),
        "($self, /)"
    ),
    noargs!(
        "readable",
        |p: &Pair| read_with(p, intern!("readable"), &[]),
        "($self, /)"
    ),
    noargs!(
        "writable",
        |p: &Pair| write_with(p, intern!("writable"), &[]),
        "($self, /)"
    ),
    noargs!("close", close, "($self, /)"),
    noargs!("isatty", isatty, "($self, /)"),
];

static GETSET: &[layout::PyGetSetDef] = &[getset!("closed", |p: &Pair| getattr(
    &*half(&p.writer)?,
    intern!("closed")
))];

fn close(p: &Pair) -> Result<()> {
    let closed = write_with(p, intern!("close"), &[]).map(drop);
    iobase::preserving(closed, || read_with(p, intern!("close"), &[]).map(drop))
}

fn isatty(p: &Pair) -> Result {
    let answer = write_with(p, intern!("isatty"), &[])?;
    if answer.is_same(FALSE()) {
        read_with(p, intern!("isatty"), &[])
    } else {
        Ok(answer)
    }
}
