//! `Decompress`: a decompressor that is fed piece by piece, and leaves what it was not allowed to take to its caller.

use core::cell::{Cell, RefCell};

use zlib_rs::{InflateFlush, ReturnCode};

use super::functions::int_or;
use super::stream::{Inflater, Ran};
use super::{DEF_BUF_SIZE, MAX_WBITS, bytes_of, decompressor_dictionary, failed};
use crate::prelude::*;
use vm::types::bytes::{self, BytesExt as _};

/// `zlib.Decompress`.
#[repr(C)]
pub struct Decompress {
    ob_base: PyObject,
    /// None once `flush` has seen the end.
    stream: RefCell<Option<Inflater>>,
    zdict: Option<Vec<u8>>,
    /// Bytes behind the end of the stream.
    unused_data: Slot,
    /// Bytes that `max_length` has kept from being read.
    unconsumed_tail: Slot,
    eof: Cell<u8>,
}

static_type!(Decompress, DECOMPRESS);

static METHODS: &[PyMethodDef] = &[
    keywords!("decompress", decompress, "($self, data, /, max_length=0)"),
    fastcall!("flush", flush, "($self, length=zlib.DEF_BUF_SIZE, /)"),
    noargs!("copy", copy, "($self, /)"),
    noargs!("__copy__", copy, "($self, /)"),
    o!(
        "__deepcopy__",
        |d: &Decompress, _: &Obj| copy(d),
        "($self, memo, /)"
    ),
];

static MEMBERS: &[PyMemberDef] = &[
    member!(
        "unused_data",
        Decompress,
        unused_data,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!(
        "unconsumed_tail",
        Decompress,
        unconsumed_tail,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!("eof", Decompress, eof, Py_T_BOOL, Py_READONLY),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Decompress>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .owns_memory()
        .dealloc_drop::<Decompress>()
        .tp_traverse(|d: &Decompress, v: &mut Visitor| {
            v.slot(&d.unused_data)?;
            v.slot(&d.unconsumed_tail)
        })
        .new_disallowed()
        .methods(METHODS)
        .members(MEMBERS);
}

fn no_bytes() -> Slot {
    bytes::empty().into_obj().into()
}

/// `decompressobj(wbits, zdict)`.
pub fn decompressobj(_: &Obj, [wbits, zdict]: [Option<&Obj>; 2]) -> Result {
    let window_bits = int_or(wbits, MAX_WBITS)?;
    let zdict = decompressor_dictionary(zdict)?;
    let stream = new_stream(window_bits, zdict.as_deref())?;
    let d = Decompress {
        ob_base: header(),
        stream: RefCell::new(Some(stream)),
        zdict,
        unused_data: no_bytes(),
        unconsumed_tail: no_bytes(),
        eof: flag(false),
    };
    Ok(create(&DECOMPRESS, d)?.into_obj())
}

/// A stream; raw ones, which do not ask for their dictionary, get it at once.
pub fn new_stream(window_bits: i32, zdict: Option<&[u8]>) -> Result<Inflater> {
    let mut stream = match Inflater::new(window_bits) {
        Ok(stream) => stream,
        Err(ReturnCode::MemError) => {
            return raise!(
                MemoryError,
                "Can't allocate memory for decompression object"
            );
        }
        Err(ReturnCode::StreamError) => return raise!(ValueError, "Invalid initialization option"),
        Err(code) => return Err(failed(code, None, "while creating decompression object")),
    };
    if let Some(zdict) = zdict.filter(|_| window_bits < 0) {
        match stream.set_dictionary(zdict) {
            ReturnCode::Ok => {}
            code => return Err(failed(code, stream.message(), "while setting zdict")),
        }
    }
    Ok(stream)
}

impl Decompress {
    /// Keeps what was not read: behind the end for ever, before it for the next call.
    fn save_rest(&self, rest: &[u8], code: ReturnCode) {
        let mut tail = rest;
        if code == ReturnCode::StreamEnd {
            let mut unused = self.bytes_in(&self.unused_data).to_vec();
            unused.extend_from_slice(rest);
            self.unused_data.set(Some(bytes::new(&unused).into_obj()));
            tail = &[];
        }
        if !tail.is_empty() || !self.bytes_in(&self.unconsumed_tail).is_empty() {
            self.unconsumed_tail.set(Some(bytes::new(tail).into_obj()));
        }
    }

    fn bytes_in<'a>(&self, slot: &'a Slot) -> &'a [u8] {
        slot.borrow()
            .and_then(|o| o.downcast::<PyBytesObject>())
            .map_or(&[], |b| b.as_slice())
    }
}

fn decompress(d: &Decompress, [data, max_length]: [Option<&Obj>; 2]) -> Result {
    let data = bytes_of(required(data))?;
    let limit = match args::to_isize_or(max_length, 0)? {
        n if n < 0 => return raise!(ValueError, "max_length must be non-negative"),
        0 => usize::MAX,
        n => n as usize,
    };
    let mut slot = d.stream.borrow_mut();
    let Some(stream) = slot.as_mut() else {
        return Err(failed(
            ReturnCode::StreamError,
            None,
            "while decompressing data",
        ));
    };
    let mut out = Vec::new();
    let ran = stream.run(
        data.bytes(),
        InflateFlush::SyncFlush,
        limit,
        d.zdict.as_deref(),
        &mut out,
    );
    let Ran { code, consumed } = match ran {
        Ok(ran) => ran,
        Err(code) => return Err(failed(code, stream.message(), "while setting zdict")),
    };
    d.save_rest(&data.bytes()[consumed..], code);
    match code {
        ReturnCode::StreamEnd => d.eof.set(1),
        ReturnCode::Ok | ReturnCode::BufError => {}
        code => return Err(failed(code, stream.message(), "while decompressing data")),
    }
    Ok(bytes::new(&out).into_obj())
}

fn flush(d: &Decompress, args: &[&Obj]) -> Result {
    args::expect("flush", args, 0..=1)?;
    if args::to_isize_or(args.first().copied(), DEF_BUF_SIZE)? <= 0 {
        return raise!(ValueError, "length must be greater than zero");
    }
    let data = d.bytes_in(&d.unconsumed_tail).to_vec();
    let mut slot = d.stream.borrow_mut();
    let Some(stream) = slot.as_mut() else {
        return Ok(bytes::empty().into_obj());
    };
    let mut out = Vec::new();
    let ran = stream.run(
        &data,
        InflateFlush::Finish,
        usize::MAX,
        d.zdict.as_deref(),
        &mut out,
    );
    let Ran { code, consumed } = match ran {
        Ok(ran) => ran,
        Err(code) => return Err(failed(code, stream.message(), "while setting zdict")),
    };
    d.save_rest(&data[consumed..], code);
    if code == ReturnCode::StreamEnd {
        d.eof.set(1);
        *slot = None;
    }
    Ok(bytes::new(&out).into_obj())
}

fn copy(d: &Decompress) -> Result {
    let stream = match d.stream.borrow_mut().as_mut().map(Inflater::try_clone) {
        Some(Ok(stream)) => stream,
        Some(Err(ReturnCode::MemError)) => {
            return raise!(
                MemoryError,
                "Can't allocate memory for decompression object"
            );
        }
        _ => return raise!(ValueError, "Inconsistent stream state"),
    };
    let copy = Decompress {
        ob_base: header(),
        stream: RefCell::new(Some(stream)),
        zdict: d.zdict.clone(),
        unused_data: Slot::new(d.unused_data.get()),
        unconsumed_tail: Slot::new(d.unconsumed_tail.get()),
        eof: Cell::new(d.eof.get()),
    };
    Ok(create(&DECOMPRESS, copy)?.into_obj())
}
