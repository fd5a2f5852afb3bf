//! The module's functions: what frames say of themselves, and the making of dictionaries.

use core::ffi::{c_uint, c_void};

use zstd_sys::*;

use super::parameters::{self, Direction};
use super::{ERROR, check, words};
use crate::codec::{bytes_of, type_in_message};
use modules::prelude::*;
use vm::types::bytes::{self, BytesExt as _};
use vm::types::int::IntExt as _;

/// The module's functions.
pub static METHODS: &[PyMethodDef] = &[
    fastcall!(
        "train_dict",
        train_dict,
        "($module, samples_bytes, samples_sizes, dict_size, /)"
    ),
    fastcall!(
        "finalize_dict",
        finalize_dict,
        "($module, custom_dict_bytes, samples_bytes, samples_sizes,\n              dict_size, compression_level, /)"
    ),
    keywords!(
        "get_param_bounds",
        get_param_bounds,
        "($module, /, parameter, is_compress)"
    ),
    keywords!(
        "get_frame_size",
        get_frame_size,
        "($module, /, frame_buffer)"
    ),
    keywords!(
        "get_frame_info",
        get_frame_info,
        "($module, /, frame_buffer)"
    ),
    keywords!(
        "set_parameter_types",
        parameters::set_types,
        "($module, /, c_parameter_type, d_parameter_type)"
    ),
];

fn get_param_bounds(_: &Obj, [parameter, compress]: [Option<&Obj>; 2]) -> Result {
    let parameter = args::to_i32(required(parameter))?;
    let direction = match args::to_bool(required(compress))? {
        true => Direction::Compression,
        false => Direction::Decompression,
    };
    let (low, high) = direction.bounds(parameter)?;
    let pair = [low, high].map(|n| int::from_i64(n.into()).into_obj());
    Ok(tuple::from_array(pair).into_obj())
}

fn get_frame_size(_: &Obj, [frame]: [Option<&Obj>; 1]) -> Result<usize> {
    let frame = bytes_of(required(frame))?;
    // SAFETY: valid bytes.
    let size =
        unsafe { ZSTD_findFrameCompressedSize(frame.bytes().as_ptr().cast(), frame.bytes().len()) };
    // SAFETY: takes any number.
    if unsafe { ZSTD_isError(size) } == 0 {
        return Ok(size);
    }
    Err(ERROR.raise(format_args!(
        "Error when finding the compressed size of a Zstandard frame. Ensure the frame_buffer argument starts from \
         the beginning of a frame, and its length is not less than this complete frame. Zstd error message: {}.",
        words(size)
    )))
}

const SIZE_UNKNOWN: u64 = u64::MAX;
const SIZE_ERROR: u64 = u64::MAX - 1;

fn get_frame_info(_: &Obj, [frame]: [Option<&Obj>; 1]) -> Result {
    let frame = bytes_of(required(frame))?;
    let (at, len) = (frame.bytes().as_ptr().cast::<c_void>(), frame.bytes().len());
    // SAFETY: valid bytes.
    let (size, id) = unsafe {
        (
            ZSTD_getFrameContentSize(at, len),
            ZSTD_getDictID_fromFrame(at, len),
        )
    };
    let size = match size {
        SIZE_UNKNOWN => none(),
        SIZE_ERROR => {
            return Err(ERROR.raise(format_args!(
                "Error when getting information from the header of a Zstandard frame. Ensure the frame_buffer argument \
                 starts from the beginning of a frame, and its length is not less than the frame header (6~18 bytes)."
            )));
        }
        size => int::from_u64(size).into_obj(),
    };
    Ok(tuple::from_array([size, int::from_u64(id.into()).into_obj()]).into_obj())
}

/// Argument `i`, counted from one, as an instance of a builtin type.
fn typed<'a, T: Layout>(function: &str, a: &[&'a Obj], i: usize, name: &str) -> Result<&'a T> {
    match a[i - 1].downcast() {
        Some(o) => Ok(o),
        None => raise!(
            TypeError,
            "{function}() argument {i} must be {name}, not {}",
            type_in_message(a[i - 1])
        ),
    }
}

/// How long each sample is, which must add up to them all.
fn sample_sizes(sizes: &PyTupleObject, samples: &[u8]) -> Result<Vec<usize>> {
    let mut out = Vec::with_capacity(sizes.len());
    let mut total = Some(0usize);
    for size in sizes.objects() {
        let Some(size) = size.downcast::<PyLongObject>() else {
            return raise!(TypeError, "an integer is required");
        };
        let size = size.to_u64().map(|n| n as usize);
        total = total.zip(size).and_then(|(sum, n)| sum.checked_add(n));
        out.extend(size);
    }
    if total != Some(samples.len()) {
        return raise!(
            ValueError,
            "The samples size tuple doesn't match the concatenation's size."
        );
    }
    Ok(out)
}

/// The room for a dictionary.
fn room(size: &Obj) -> Result<Vec<u8>> {
    match args::to_isize(size)? {
        n if n <= 0 => raise!(ValueError, "dict_size argument should be positive number."),
        n => Ok(vec![0; n as usize]),
    }
}

fn train_dict(_: &Obj, a: &[&Obj]) -> Result {
    args::expect("train_dict", a, 3..=3)?;
    let samples: &PyBytesObject = typed("train_dict", a, 1, "bytes")?;
    let sizes: &PyTupleObject = typed("train_dict", a, 2, "tuple")?;
    let mut out = room(a[2])?;
    let sizes = sample_sizes(sizes, samples.as_slice())?;
    // SAFETY: the sizes are those of the samples, and the room is as large as it is said to be.
    let made = unsafe {
        ZDICT_trainFromBuffer(
            out.as_mut_ptr().cast(),
            out.len(),
            samples.as_slice().as_ptr().cast(),
            sizes.as_ptr(),
            sizes.len() as c_uint,
        )
    };
    let made = check(made, "Unable to train the Zstandard dictionary")?;
    Ok(bytes::new(&out[..made]).into_obj())
}

fn finalize_dict(_: &Obj, a: &[&Obj]) -> Result {
    args::expect("finalize_dict", a, 5..=5)?;
    let custom: &PyBytesObject = typed("finalize_dict", a, 1, "bytes")?;
    let samples: &PyBytesObject = typed("finalize_dict", a, 2, "bytes")?;
    let sizes: &PyTupleObject = typed("finalize_dict", a, 3, "tuple")?;
    let size = args::to_isize(a[3])?;
    let level = args::to_i32(a[4])?;
    let mut out = room(int::from_isize(size).as_obj())?;
    let sizes = sample_sizes(sizes, samples.as_slice())?;
    let parameters = ZDICT_params_t {
        compressionLevel: level,
        notificationLevel: 0,
        dictID: 0,
    };
    // SAFETY: the sizes are those of the samples, and the room is as large as it is said to be.
    let made = unsafe {
        ZDICT_finalizeDictionary(
            out.as_mut_ptr().cast(),
            out.len(),
            custom.as_slice().as_ptr().cast(),
            custom.as_slice().len(),
            samples.as_slice().as_ptr().cast(),
            sizes.as_ptr(),
            sizes.len() as c_uint,
            parameters,
        )
    };
    let made = check(made, "Unable to finalize the Zstandard dictionary")?;
    Ok(bytes::new(&out[..made]).into_obj())
}
