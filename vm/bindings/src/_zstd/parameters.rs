//! Parameters of compression and decompression: their names, their bounds, and options given as dicts.

use core::ffi::c_int;

use zstd_sys::*;

use super::check;
use crate::codec::{c_int, type_in_message};
use modules::prelude::*;
use vm::types::dict::DictExt as _;

/// One of the two directions, each with parameters of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Compression,
    Decompression,
}
use Direction::{Compression, Decompression};

static NAMES: [(Direction, c_int, &str); 20] = [
    (Compression, 100, "compression_level"),
    (Compression, 101, "window_log"),
    (Compression, 102, "hash_log"),
    (Compression, 103, "chain_log"),
    (Compression, 104, "search_log"),
    (Compression, 105, "min_match"),
    (Compression, 106, "target_length"),
    (Compression, 107, "strategy"),
    (Compression, 160, "enable_long_distance_matching"),
    (Compression, 161, "ldm_hash_log"),
    (Compression, 162, "ldm_min_match"),
    (Compression, 163, "ldm_bucket_size_log"),
    (Compression, 164, "ldm_hash_rate_log"),
    (Compression, 200, "content_size_flag"),
    (Compression, 201, "checksum_flag"),
    (Compression, 202, "dict_id_flag"),
    (Compression, 400, "nb_workers"),
    (Compression, 401, "job_size"),
    (Compression, 402, "overlap_log"),
    (Decompression, 100, "window_log_max"),
];

/// The Python classes of parameters, which must not be mixed up.
static CLASSES: [Global<*const PyTypeObject>; 2] = [
    Global::new(core::ptr::null()),
    Global::new(core::ptr::null()),
];

impl Direction {
    fn word(self) -> &'static str {
        match self {
            Compression => "compression",
            Decompression => "decompression",
        }
    }

    fn other(self) -> Direction {
        match self {
            Compression => Decompression,
            Decompression => Compression,
        }
    }

    /// The class of the parameters of the other direction, and its name.
    fn wrong_class(self) -> (*const PyTypeObject, &'static str) {
        let name = match self {
            Compression => "DecompressionParameter",
            Decompression => "CompressionParameter",
        };
        (CLASSES[self.other() as usize].get(), name)
    }

    fn raw_bounds(self, parameter: c_int) -> ZSTD_bounds {
        // SAFETY: the library's enumerations are C ints, and it answers for any.
        unsafe {
            match self {
                Compression => ZSTD_cParam_getBounds(core::mem::transmute::<u32, ZSTD_cParameter>(
                    parameter as u32,
                )),
                Decompression => ZSTD_dParam_getBounds(
                    core::mem::transmute::<u32, ZSTD_dParameter>(parameter as u32),
                ),
            }
        }
    }

    /// The least and the greatest value of a parameter.
    pub fn bounds(self, parameter: c_int) -> Result<(c_int, c_int)> {
        let bounds = self.raw_bounds(parameter);
        check(
            bounds.error,
            &format!("Unable to get zstd {} parameter bounds", self.word()),
        )?;
        Ok((bounds.lowerBound, bounds.upperBound))
    }

    /// Raises for a parameter that the library has refused.
    #[cold]
    pub fn refused(self, parameter: c_int, value: c_int) -> err::Raised {
        let known = NAMES
            .iter()
            .find(|(direction, key, _)| *direction == self && *key == parameter);
        let name = match known {
            Some((.., name)) => (*name).to_owned(),
            None => format!("unknown parameter (key {parameter})"),
        };
        let (word, bounds) = (self.word(), self.raw_bounds(parameter));
        // SAFETY: takes any number.
        if unsafe { ZSTD_isError(bounds.error) } != 0 {
            return err::new(
                &exc::ValueError,
                format_args!("invalid {word} parameter '{name}'"),
            );
        }
        err::new(
            &exc::ValueError,
            format_args!(
                "{word} parameter '{name}' received an illegal value {value}; the valid range is [{}, {}]",
                bounds.lowerBound, bounds.upperBound
            ),
        )
    }

    /// The parameters and values of a dict of options.
    pub fn options(self, options: &PyDictObject) -> Result<Vec<(c_int, c_int)>> {
        let (wrong, wrong_name) = self.wrong_class();
        let mut out = Vec::new();
        for (key, value) in options.entries() {
            if core::ptr::eq(key.ty(), wrong) {
                return raise!(
                    TypeError,
                    "{} options dictionary key must not be a {wrong_name} attribute",
                    self.word()
                );
            }
            out.push((c_int(&key)?, c_int(&value)?));
        }
        Ok(out)
    }
}

/// `set_parameter_types(c_parameter_type, d_parameter_type)`.
pub fn set_types(_: &Obj, given: [Option<&Obj>; 2]) -> Result<()> {
    let names = ["c_parameter_type", "d_parameter_type"];
    let given = given.map(required);
    for (o, name) in given.iter().zip(names) {
        if !o.is::<PyTypeObject>() {
            return raise!(
                TypeError,
                "set_parameter_types() argument '{name}' must be type, not {}",
                type_in_message(o)
            );
        }
    }
    for (o, class) in given.iter().zip(&CLASSES) {
        // Kept for ever, like the module.
        class.set(o.new_ref().into_raw().cast());
    }
    Ok(())
}
