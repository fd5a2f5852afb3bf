//! Filters: their Python form, a dict with an `id` and options, and the library's.

use core::ffi::c_void;
use core::mem::zeroed;
use core::ptr;

use liblzma_sys::*;

use super::{ERROR, check};
use modules::prelude::*;
use vm::types::dict::{self, DictExt as _};
use vm::types::int::IntExt as _;

/// The options of a filter.
enum Options {
    None,
    Lzma(Box<lzma_options_lzma>),
    Delta(Box<lzma_options_delta>),
    Bcj(Box<lzma_options_bcj>),
}

/// A filter that owns its options.
pub struct Filter {
    pub id: lzma_vli,
    options: Options,
}

/// As many bits of an int as the target has, with the target's name for messages.
fn unsigned(o: &Obj, most: u64, name: &str) -> Result<u64> {
    match number::index_int(o)?.to_u64() {
        Some(n) if n <= most => Ok(n),
        _ => raise!(OverflowError, "Value too large for {name} type"),
    }
}

/// A C `uint32_t`.
pub fn to_u32(o: &Obj) -> Result<u32> {
    Ok(unsigned(o, u32::MAX.into(), "uint32_t")? as u32)
}

/// A `lzma_vli`, or a limit of memory.
pub fn to_u64(o: &Obj) -> Result<u64> {
    unsigned(o, u64::MAX, "lzma_vli")
}

/// The options that a preset stands for.
pub fn preset_options(preset: u32) -> Result<Box<lzma_options_lzma>> {
    // SAFETY: a C struct of numbers and nullable pointers.
    let mut options: Box<lzma_options_lzma> = Box::new(unsafe { zeroed() });
    // SAFETY: room for the options.
    if unsafe { lzma_lzma_preset(&mut *options, preset) } != 0 {
        return Err(ERROR.raise(format_args!("Invalid compression preset: {preset}")));
    }
    Ok(options)
}

/// What a specification says under one of its keys.
fn entry(spec: &Obj, key: &str) -> Result<Option<Ref>> {
    match proto::getitem(spec, str_::intern_str(key)) {
        Ok(value) => Ok(Some(value)),
        Err(raised) => match err::clear_if(&exc::KeyError) {
            true => Ok(None),
            false => Err(raised),
        },
    }
}

/// Sets each named field that the specification has, and refuses one with other keys; the message does not say more.
fn set_fields<const N: usize>(
    spec: &Obj,
    what: &str,
    names: [&str; N],
    mut set: impl FnMut(usize, u32),
) -> Result<()> {
    let mut known = 0;
    let mut read = || -> Result<()> {
        for (i, name) in names.iter().enumerate() {
            let Some(value) = entry(spec, name)? else {
                continue;
            };
            known += 1;
            // An id is no option, and presets have been looked at.
            if !matches!(*name, "id" | "preset") {
                set(i, to_u32(&value)?);
            }
        }
        Ok(())
    };
    let fine = read().is_ok() && proto::length(spec).is_ok_and(|n| n == known);
    if fine {
        return Ok(());
    }
    err::clear();
    raise!(ValueError, "Invalid filter specifier for {what} filter")
}

/// Whether an object has items by key, as C asks it.
fn is_mapping(o: &Obj) -> bool {
    // SAFETY: a type's suites are null or valid.
    unsafe { o.ty().tp_as_mapping.get().as_ref() }.is_some_and(|m| m.mp_subscript.get().is_some())
}

impl Filter {
    /// The filter that a Python specification describes.
    pub fn from_spec(spec: &Obj) -> Result<Filter> {
        if !is_mapping(spec) {
            return raise!(
                TypeError,
                "Filter specifier must be a dict or dict-like object"
            );
        }
        let Some(id) = entry(spec, "id")? else {
            return raise!(ValueError, "Filter specifier must have an \"id\" entry");
        };
        let id = to_u64(&id)?;
        let options = match id {
            LZMA_FILTER_LZMA1 | LZMA_FILTER_LZMA2 => Options::Lzma(lzma_options(spec)?),
            LZMA_FILTER_DELTA => Options::Delta(delta_options(spec)?),
            LZMA_FILTER_X86 | LZMA_FILTER_POWERPC | LZMA_FILTER_IA64 | LZMA_FILTER_ARM
            | LZMA_FILTER_ARMTHUMB | LZMA_FILTER_SPARC => Options::Bcj(bcj_options(spec)?),
            _ => return raise!(ValueError, "Invalid filter ID: {id}"),
        };
        Ok(Filter { id, options })
    }

    /// The filter whose properties are these bytes.
    pub fn from_properties(id: lzma_vli, properties: &[u8]) -> Result<Filter> {
        let mut raw = lzma_filter {
            id,
            options: ptr::null_mut(),
        };
        // SAFETY: a filter with an id, and valid bytes.
        check(unsafe {
            lzma_properties_decode(&mut raw, ptr::null(), properties.as_ptr(), properties.len())
        })?;
        let options = match id {
            _ if raw.options.is_null() => Options::None,
            // SAFETY: the library has made the options that its filters of this id have.
            LZMA_FILTER_LZMA1 | LZMA_FILTER_LZMA2 => unsafe {
                Options::Lzma(Box::new(raw.options.cast::<lzma_options_lzma>().read()))
            },
            // SAFETY: as above.
            LZMA_FILTER_DELTA => unsafe {
                Options::Delta(Box::new(raw.options.cast::<lzma_options_delta>().read()))
            },
            // SAFETY: as above; all others are branch filters.
            _ => unsafe { Options::Bcj(Box::new(raw.options.cast::<lzma_options_bcj>().read())) },
        };
        // SAFETY: made by the library's default allocator, which is C's.
        unsafe { libc::free(raw.options) };
        Ok(Filter { id, options })
    }

    /// The library's form, valid while the filter is not moved or changed.
    pub fn raw(&mut self) -> lzma_filter {
        let options: *mut c_void = match &mut self.options {
            Options::None => ptr::null_mut(),
            Options::Lzma(o) => ptr::from_mut(&mut **o).cast(),
            Options::Delta(o) => ptr::from_mut(&mut **o).cast(),
            Options::Bcj(o) => ptr::from_mut(&mut **o).cast(),
        };
        lzma_filter {
            id: self.id,
            options,
        }
    }

    /// The filter's properties as a stream's header has them.
    pub fn properties(&mut self) -> Result<Vec<u8>> {
        let raw = self.raw();
        let mut size = 0;
        // SAFETY: a filter with its own kind of options.
        check(unsafe { lzma_properties_size(&mut size, &raw) })?;
        let mut out = vec![0; size as usize];
        // SAFETY: as many bytes as were asked for.
        check(unsafe { lzma_properties_encode(&raw, out.as_mut_ptr()) })?;
        Ok(out)
    }
}

fn lzma_options(spec: &Obj) -> Result<Box<lzma_options_lzma>> {
    let preset = match entry(spec, "preset")? {
        Some(preset) => to_u32(&preset)?,
        None => LZMA_PRESET_DEFAULT,
    };
    let mut o = preset_options(preset)?;
    let names = [
        "id",
        "preset",
        "dict_size",
        "lc",
        "lp",
        "pb",
        "mode",
        "nice_len",
        "mf",
        "depth",
    ];
    set_fields(spec, "LZMA", names, |i, value| match names[i] {
        "dict_size" => o.dict_size = value,
        "lc" => o.lc = value,
        "lp" => o.lp = value,
        "pb" => o.pb = value,
        "mode" => o.mode = value,
        "nice_len" => o.nice_len = value,
        "mf" => o.mf = value,
        _ => o.depth = value,
    })?;
    Ok(o)
}

fn delta_options(spec: &Obj) -> Result<Box<lzma_options_delta>> {
    // SAFETY: a C struct of numbers and nullable pointers.
    let mut o: Box<lzma_options_delta> = Box::new(unsafe { zeroed() });
    o.dist = 1;
    set_fields(spec, "delta", ["id", "dist"], |_, value| o.dist = value)?;
    Ok(o)
}

fn bcj_options(spec: &Obj) -> Result<Box<lzma_options_bcj>> {
    let mut o = Box::new(lzma_options_bcj { start_offset: 0 });
    set_fields(spec, "BCJ", ["id", "start_offset"], |_, value| {
        o.start_offset = value
    })?;
    Ok(o)
}

/// The Python form of a filter that was read from its properties.
pub fn spec_of(filter: &Filter) -> Result {
    let spec = dict::new();
    let put = |name: &str, value: u32| spec.set_str(name, int::from_u64(u64::from(value)).as_obj());
    spec.set_str("id", int::from_u64(filter.id).as_obj())?;
    match &filter.options {
        Options::Lzma(o) if filter.id == LZMA_FILTER_LZMA1 => {
            put("lc", o.lc)?;
            put("lp", o.lp)?;
            put("pb", o.pb)?;
            put("dict_size", o.dict_size)?;
        }
        Options::Lzma(o) => put("dict_size", o.dict_size)?,
        Options::Delta(o) => put("dist", o.dist)?,
        Options::Bcj(o) => put("start_offset", o.start_offset)?,
        Options::None => {}
    }
    Ok(spec.into_obj())
}

/// A chain of filters, with the end that the library looks for.
pub struct Chain {
    filters: Vec<Filter>,
    raw: Vec<lzma_filter>,
}

const MOST_FILTERS: usize = 4;

impl Chain {
    /// The chain that a sequence of specifications describes.
    pub fn from_specs(specs: &Obj) -> Result<Chain> {
        let n = proto::length(specs)?;
        if n > MOST_FILTERS {
            return raise!(
                ValueError,
                "Too many filters - liblzma supports a maximum of {MOST_FILTERS}"
            );
        }
        let mut filters = Vec::with_capacity(n);
        for i in 0..n {
            let spec = proto::sequence_item(specs, i as isize)?;
            filters.push(Filter::from_spec(&spec)?);
        }
        let mut raw: Vec<lzma_filter> = filters.iter_mut().map(Filter::raw).collect();
        raw.push(lzma_filter {
            id: lzma_vli::MAX,
            options: ptr::null_mut(),
        });
        Ok(Chain { filters, raw })
    }

    /// What the library wants to be shown.
    pub fn as_ptr(&self) -> *const lzma_filter {
        self.raw.as_ptr()
    }

    /// The options of a chain of one LZMA1 filter.
    pub fn only_lzma1(&self) -> Option<&lzma_options_lzma> {
        match &self.filters[..] {
            [
                Filter {
                    id: LZMA_FILTER_LZMA1,
                    options: Options::Lzma(options),
                },
            ] => Some(options),
            _ => None,
        }
    }
}
