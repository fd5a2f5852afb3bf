//! `ZstdCompressor`.

use core::cell::{Cell, RefCell};
use core::ffi::c_int;
use core::mem::MaybeUninit;

use zstd_sys::*;

use super::check;
use super::dictionary::{self, Use};
use super::parameters::Direction::Compression;
use crate::codec::{self, Step, bytes_of, type_in_message};
use modules::prelude::*;
use vm::types::bytes;
use vm::types::int::IntExt as _;

/// `compression.zstd.ZstdCompressor`.
#[repr(C)]
pub struct Compressor {
    ob_base: PyObject,
    context: RefCell<Context>,
    /// The dictionary that the context refers to.
    zstd_dict: Slot,
    last_mode: Cell<c_int>,
}

static_type!(Compressor, COMPRESSOR);

/// What a call does besides taking data.
pub static MODES: [(&str, i64); 3] = [
    ("CONTINUE", CONTINUE as i64),
    ("FLUSH_BLOCK", FLUSH_BLOCK as i64),
    ("FLUSH_FRAME", FLUSH_FRAME as i64),
];
const CONTINUE: c_int = 0;
const FLUSH_BLOCK: c_int = 1;
const FLUSH_FRAME: c_int = 2;

const COMPRESSION_LEVEL: c_int = 100;

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "compress",
        compress,
        "($self, /, data, mode=ZstdCompressor.CONTINUE)"
    ),
    keywords!(
        "flush",
        flush,
        "($self, /, mode=ZstdCompressor.FLUSH_FRAME)"
    ),
    o!(
        "set_pledged_input_size",
        set_pledged_input_size,
        "($self, size, /)"
    ),
];

static MEMBERS: &[PyMemberDef] = &[member!(
    "last_mode",
    Compressor,
    last_mode,
    Py_T_INT,
    Py_READONLY
)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Compressor>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .destructible()
        .dealloc_drop::<Compressor>()
        .tp_traverse(|c: &Compressor, v: &mut Visitor| v.slot(&c.zstd_dict))
        .tp_new(new)
        .text_signature(method_doc!(
            "ZstdCompressor",
            "(level=None, options=None, zstd_dict=None)"
        ))
        .methods(METHODS)
        .members(MEMBERS);
}

/// The library's compression context, owned.
struct Context {
    raw: *mut ZSTD_CCtx,
    level: c_int,
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: owned, and not used again.
        unsafe { ZSTD_freeCCtx(self.raw) };
    }
}

impl Context {
    fn new() -> Result<Context> {
        // SAFETY: no arguments.
        let raw = unsafe { ZSTD_createCCtx() };
        if raw.is_null() {
            return Err(super::ERROR.raise(format_args!("Unable to create ZSTD_CCtx instance.")));
        }
        Ok(Context {
            raw,
            level: ZSTD_CLEVEL_DEFAULT as c_int,
        })
    }

    fn set_level(&mut self, level: c_int) -> Result<()> {
        let (low, high) = Compression.bounds(COMPRESSION_LEVEL)?;
        if !(low..=high).contains(&level) {
            return raise!(
                ValueError,
                "illegal compression level {level}; the valid range is [{low}, {high}]"
            );
        }
        self.level = level;
        self.set(COMPRESSION_LEVEL, level)
    }

    fn set(&mut self, parameter: c_int, value: c_int) -> Result<()> {
        // SAFETY: the library's enumeration is a C int, and it answers for any.
        let code = unsafe {
            let parameter = core::mem::transmute::<u32, ZSTD_cParameter>(parameter as u32);
            ZSTD_CCtx_setParameter(self.raw, parameter, value)
        };
        // SAFETY: takes any number.
        match unsafe { ZSTD_isError(code) } {
            0 => Ok(()),
            _ => Err(Compression.refused(parameter, value)),
        }
    }

    fn set_options(&mut self, options: &PyDictObject) -> Result<()> {
        for (parameter, value) in Compression.options(options)? {
            match parameter {
                COMPRESSION_LEVEL => self.set_level(value)?,
                _ => self.set(parameter, value)?,
            }
        }
        Ok(())
    }

    /// Takes a dictionary, which must live as long as this.
    fn load(&mut self, d: &dictionary::Dictionary, how: Use) -> Result<()> {
        let (at, len) = (d.content().as_ptr().cast(), d.content().len());
        // SAFETY: the dictionary's content and its digested form live as long as the dictionary.
        let code = unsafe {
            match how {
                Use::Digested => ZSTD_CCtx_refCDict(self.raw, d.digested(self.level)?),
                Use::Undigested => ZSTD_CCtx_loadDictionary(self.raw, at, len),
                Use::Prefix => ZSTD_CCtx_refPrefix(self.raw, at, len),
            }
        };
        check(
            code,
            "Unable to load Zstandard dictionary or prefix for compression",
        )?;
        Ok(())
    }

    fn step(&mut self, input: &[u8], room: &mut [MaybeUninit<u8>], mode: c_int) -> Result<Step> {
        let mut source = ZSTD_inBuffer {
            src: input.as_ptr().cast(),
            size: input.len(),
            pos: 0,
        };
        let mut target = ZSTD_outBuffer {
            dst: room.as_mut_ptr().cast(),
            size: room.len(),
            pos: 0,
        };
        loop {
            // SAFETY: valid pointers, and one of the three modes.
            let left = unsafe {
                let mode = core::mem::transmute::<u32, ZSTD_EndDirective>(mode as u32);
                ZSTD_compressStream2(self.raw, &mut target, &mut source, mode)
            };
            let left = check(left, "Unable to compress Zstandard data")?;
            let done = match mode {
                // Workers hold back what they have not compressed yet.
                CONTINUE => source.pos == source.size,
                _ => left == 0,
            };
            if done || target.pos == target.size {
                return Ok(Step {
                    consumed: source.pos,
                    produced: target.pos,
                    ended: done && target.pos < target.size || left == 0,
                });
            }
        }
    }
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new(
        "ZstdCompressor",
        "(level=None, options=None, zstd_dict=None)",
    );
    let [level, options, zstd_dict] = SIGNATURE
        .bind(args, kwargs)?
        .map(|o| o.filter(|o| !o.is_none()));
    if level.is_some() && options.is_some() {
        return raise!(TypeError, "Only one of level or options should be used.");
    }
    let mut context = Context::new()?;
    if let Some(level) = level {
        let level = level_of(level)?;
        context.set_level(level)?;
    }
    if let Some(options) = options {
        let Some(options) = options.downcast::<PyDictObject>() else {
            return raise!(
                TypeError,
                "ZstdCompressor() argument 'options' must be dict, not {}",
                type_in_message(options)
            );
        };
        context.set_options(options)?;
    }
    if let Some(zstd_dict) = zstd_dict {
        let (d, how) = dictionary::of_argument(zstd_dict, Use::Undigested)?;
        context.load(d, how)?;
    }
    let c = Compressor {
        ob_base: header(),
        context: RefCell::new(context),
        zstd_dict: Slot::new(zstd_dict.map(Obj::new_ref)),
        last_mode: Cell::new(FLUSH_FRAME),
    };
    Ok(create(tp, c)?.into_obj())
}

fn level_of(o: &Obj) -> Result<c_int> {
    let Some(level) = o.downcast::<PyLongObject>() else {
        return raise!(TypeError, "invalid type for level, expected int");
    };
    match level.to_i64().map(c_int::try_from) {
        Some(Ok(level)) => Ok(level),
        _ => {
            let (low, high) = Compression.bounds(COMPRESSION_LEVEL)?;
            raise!(
                ValueError,
                "illegal compression level; the valid range is [{low}, {high}]"
            )
        }
    }
}

impl Compressor {
    fn run(&self, data: &[u8], mode: c_int) -> Result {
        let mut out = Vec::new();
        let mut context = self.context.borrow_mut();
        let ran = codec::run(data, usize::MAX, &mut out, |input, room| {
            context.step(input, room, mode)
        });
        if let Err(raised) = ran {
            self.last_mode.set(FLUSH_FRAME);
            // SAFETY: the context is valid; its parameters stay.
            unsafe { ZSTD_CCtx_reset(context.raw, ZSTD_ResetDirective::ZSTD_reset_session_only) };
            return Err(raised);
        }
        self.last_mode.set(mode);
        Ok(bytes::new(&out).into_obj())
    }
}

fn compress(c: &Compressor, [data, mode]: [Option<&Obj>; 2]) -> Result {
    let data = bytes_of(required(data))?;
    let mode = mode.map_or(Ok(CONTINUE), args::to_i32)?;
    if !(CONTINUE..=FLUSH_FRAME).contains(&mode) {
        return raise!(
            ValueError,
            "mode argument wrong value, it should be one of ZstdCompressor.CONTINUE, ZstdCompressor.FLUSH_BLOCK, \
             ZstdCompressor.FLUSH_FRAME."
        );
    }
    c.run(data.bytes(), mode)
}

fn flush(c: &Compressor, [mode]: [Option<&Obj>; 1]) -> Result {
    let mode = mode.map_or(Ok(FLUSH_FRAME), args::to_i32)?;
    if mode != FLUSH_FRAME && mode != FLUSH_BLOCK {
        return raise!(
            ValueError,
            "mode argument wrong value, it should be ZstdCompressor.FLUSH_FRAME or ZstdCompressor.FLUSH_BLOCK."
        );
    }
    c.run(&[], mode)
}

/// Two answers of the library to how large something is stand for none and for an error.
const MOST: u64 = u64::MAX - 1;

fn set_pledged_input_size(c: &Compressor, size: &Obj) -> Result<()> {
    let size = if size.is_none() {
        u64::MAX
    } else {
        let Some(n) = size.downcast::<PyLongObject>() else {
            return raise!(TypeError, "an integer is required");
        };
        match n.to_u64() {
            Some(n) if n < MOST => n,
            _ => {
                return raise!(
                    ValueError,
                    "size argument should be a positive int less than {MOST}"
                );
            }
        }
    };
    if c.last_mode.get() != FLUSH_FRAME {
        return raise!(
            ValueError,
            "set_pledged_input_size() method must be called when last_mode == FLUSH_FRAME"
        );
    }
    // SAFETY: a valid context.
    let code = unsafe { ZSTD_CCtx_setPledgedSrcSize(c.context.borrow().raw, size) };
    check(code, "Unable to set pledged uncompressed content size")?;
    Ok(())
}
