//! `ZstdDecompressor`.

use core::cell::{Cell, RefCell};
use core::ffi::c_int;

use zstd_sys::*;

use super::check;
use super::dictionary::{self, Use};
use super::parameters::Direction::Decompression;
use crate::codec::{self, Decode, Fed, Feed, Ran, Step, bytes_of, type_in_message};
use modules::prelude::*;
use vm::types::bytes;

/// `compression.zstd.ZstdDecompressor`.
#[repr(C)]
pub struct Decompressor {
    ob_base: PyObject,
    feed: RefCell<Feed<Context>>,
    /// The dictionary that the context refers to.
    zstd_dict: Slot,
    /// Bytes behind the end of the frame.
    unused_data: Slot,
    eof: Cell<u8>,
    needs_input: Cell<u8>,
}

static_type!(Decompressor, DECOMPRESSOR);

static METHODS: &[PyMethodDef] = &[keywords!(
    "decompress",
    decompress,
    "($self, /, data, max_length=-1)"
)];

static MEMBERS: &[PyMemberDef] = &[
    member!("eof", Decompressor, eof, Py_T_BOOL, Py_READONLY),
    member!(
        "needs_input",
        Decompressor,
        needs_input,
        Py_T_BOOL,
        Py_READONLY
    ),
];

static GETSET: &[PyGetSetDef] = &[getset!("unused_data", |d: &Decompressor| Ok(d
    .unused_data
    .get()))];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Decompressor>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .destructible()
        .dealloc_drop::<Decompressor>()
        .tp_traverse(|d: &Decompressor, v: &mut Visitor| {
            v.slot(&d.zstd_dict)?;
            v.slot(&d.unused_data)
        })
        .tp_new(new)
        .text_signature(method_doc!(
            "ZstdDecompressor",
            "(zstd_dict=None, options=None)"
        ))
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

/// The library's decompression context, owned.
struct Context(*mut ZSTD_DCtx);

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: owned, and not used again.
        unsafe { ZSTD_freeDCtx(self.0) };
    }
}

impl Context {
    fn new() -> Result<Context> {
        // SAFETY: no arguments.
        let raw = unsafe { ZSTD_createDCtx() };
        if raw.is_null() {
            return Err(super::ERROR.raise(format_args!("Unable to create ZSTD_DCtx instance.")));
        }
        Ok(Context(raw))
    }

    fn set(&mut self, parameter: c_int, value: c_int) -> Result<()> {
        // SAFETY: the library's enumeration is a C int, and it answers for any.
        let code = unsafe {
            let parameter = core::mem::transmute::<u32, ZSTD_dParameter>(parameter as u32);
            ZSTD_DCtx_setParameter(self.0, parameter, value)
        };
        // SAFETY: takes any number.
        match unsafe { ZSTD_isError(code) } {
            0 => Ok(()),
            _ => Err(Decompression.refused(parameter, value)),
        }
    }

    /// Takes a dictionary, which must live as long as this.
    fn load(&mut self, d: &dictionary::Dictionary, how: Use) -> Result<()> {
        let (at, len) = (d.content().as_ptr().cast(), d.content().len());
        // SAFETY: the dictionary's content and its digested form live as long as the dictionary.
        let code = unsafe {
            match how {
                Use::Digested => ZSTD_DCtx_refDDict(self.0, d.for_decompression()?),
                Use::Undigested => ZSTD_DCtx_loadDictionary(self.0, at, len),
                Use::Prefix => ZSTD_DCtx_refPrefix(self.0, at, len),
            }
        };
        check(
            code,
            "Unable to load Zstandard dictionary or prefix for decompression",
        )?;
        Ok(())
    }
}

impl Decode for Context {
    const HOLDS_BACK: bool = true;

    fn decode(&mut self, input: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<Ran> {
        codec::run(input, limit, out, |input, room| {
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
            // SAFETY: valid pointers.
            let hint = unsafe { ZSTD_decompressStream(self.0, &mut target, &mut source) };
            let hint = check(hint, "Unable to decompress Zstandard data")?;
            Ok(Step {
                consumed: source.pos,
                produced: target.pos,
                ended: hint == 0,
            })
        })
    }
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature =
        Signature::new("ZstdDecompressor", "(zstd_dict=None, options=None)");
    let [zstd_dict, options] = SIGNATURE
        .bind(args, kwargs)?
        .map(|o| o.filter(|o| !o.is_none()));
    let mut context = Context::new()?;
    if let Some(zstd_dict) = zstd_dict {
        let (d, how) = dictionary::of_argument(zstd_dict, Use::Digested)?;
        context.load(d, how)?;
    }
    if let Some(options) = options {
        let Some(options) = options.downcast::<PyDictObject>() else {
            return raise!(
                TypeError,
                "ZstdDecompressor() argument 'options' must be dict, not {}",
                type_in_message(options)
            );
        };
        for (parameter, value) in Decompression.options(options)? {
            context.set(parameter, value)?;
        }
    }
    let d = Decompressor {
        ob_base: header(),
        feed: RefCell::new(Feed::new(context)),
        zstd_dict: Slot::new(zstd_dict.map(Obj::new_ref)),
        unused_data: bytes::empty().into_obj().into(),
        eof: flag(false),
        needs_input: flag(true),
    };
    Ok(create(tp, d)?.into_obj())
}

fn decompress(d: &Decompressor, [data, max_length]: [Option<&Obj>; 2]) -> Result {
    let data = bytes_of(required(data))?;
    let limit = codec::limit(max_length)?;
    if d.eof.get() != 0 {
        return raise!(EOFError, "Already at the end of a Zstandard frame.");
    }
    let mut feed = d.feed.borrow_mut();
    let Fed {
        out,
        unused,
        needs_input,
    } = match feed.feed(data.bytes(), limit) {
        Ok(fed) => fed,
        Err(raised) => {
            d.needs_input.set(1);
            let session = ZSTD_ResetDirective::ZSTD_reset_session_only;
            // SAFETY: the context is valid; its parameters and dictionary stay.
            unsafe { ZSTD_DCtx_reset(feed.decoder.0, session) };
            return Err(raised);
        }
    };
    d.needs_input.set(needs_input.into());
    if let Some(unused) = unused {
        d.eof.set(1);
        d.unused_data.set(Some(bytes::new(&unused).into_obj()));
    }
    Ok(bytes::new(&out).into_obj())
}
