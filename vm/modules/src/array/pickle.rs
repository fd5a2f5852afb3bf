//! Pickling: arrays travel as bytes with a number that says what machine's items they are.

use super::*;
use vm::types::bytes::BytesExt as _;

/// A machine's representation of items.
enum Machine {
    Integer {
        size: usize,
        signed: bool,
        big_endian: bool,
    },
    Float {
        size: usize,
        big_endian: bool,
    },
    Text {
        codec: &'static str,
    },
}

const FIRST_FLOAT: i64 = 14;
const FIRST_TEXT: i64 = 18;
const END: i64 = 22;

/// The representation of a number.
fn machine(code: i64) -> Option<Machine> {
    let big_endian = code & 1 != 0;
    Some(match code {
        0 => Machine::Integer {
            size: 1,
            signed: false,
            big_endian: false,
        },
        1 => Machine::Integer {
            size: 1,
            signed: true,
            big_endian: false,
        },
        2..FIRST_FLOAT => Machine::Integer {
            size: 2 << ((code - 2) / 4),
            signed: (code - 2) & 2 != 0,
            big_endian,
        },
        FIRST_FLOAT..FIRST_TEXT => Machine::Float {
            size: if code < 16 { 4 } else { 8 },
            big_endian,
        },
        FIRST_TEXT..END => Machine::Text {
            codec: ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
                [(code - FIRST_TEXT) as usize],
        },
        _ => return None,
    })
}

/// The number of this machine's items.
fn own_code(descr: &Descr) -> i64 {
    let big_endian = i64::from(cfg!(target_endian = "big"));
    match (descr.is_integer(), descr.itemsize) {
        (true, 1) => i64::from(descr.is_signed()),
        (true, size) => {
            let width = i64::from(size.trailing_zeros()) - 1;
            2 + 4 * width + 2 * i64::from(descr.is_signed()) + big_endian
        }
        _ if descr.is_text() => 20 + big_endian,
        (_, 4) => FIRST_FLOAT + big_endian,
        _ => 16 + big_endian,
    }
}

/// `__reduce_ex__`
pub(super) fn reduce_ex(a: &Array, protocol: &Obj) -> Result<Ref<PyTupleObject>> {
    if !protocol.is::<PyLongObject>() {
        return raise!(TypeError, "__reduce_ex__ argument should be an integer");
    }
    let protocol = args::to_i64(protocol)?;
    let dict = proto::getattr_opt(a.as_obj(), intern!("__dict__"))?.unwrap_or_else(none);
    let tp = a.as_obj().ty().as_obj();
    let code = str_::from_char(u32::from(a.descr().typecode));
    if protocol < 3 {
        let arguments = tuple::pair(code.as_obj(), methods::to_list(a)?.as_obj());
        return Ok(tuple::from_slice(&[tp, arguments.as_obj(), &dict]));
    }
    let this = vm::import::import("array")?;
    let function = proto::getattr_str(&this, "_array_reconstructor")?;
    let (number, data) = (
        int::from_i64(own_code(a.descr())),
        bytes::try_new(a.bytes())?,
    );
    let arguments = tuple::from_slice(&[tp, code.as_obj(), number.as_obj(), data.as_obj()]);
    Ok(tuple::from_slice(&[&function, arguments.as_obj(), &dict]))
}

/// `_array_reconstructor`
pub(super) fn reconstruct(_: &Obj, arguments: &[&Obj]) -> Result {
    args::expect("_array_reconstructor", arguments, 4..=4)?;
    let Some(tp) = arguments[0].downcast::<PyTypeObject>() else {
        return raise!(
            TypeError,
            "first argument must be a type object, not {}",
            arguments[0].tp_name()
        );
    };
    let code = arguments[1]
        .downcast::<PyUnicodeObject>()
        .filter(|s| s.len() == 1)
        .map(|s| s.char_at(0));
    let Some(code) = code else {
        return raise!(
            TypeError,
            "_array_reconstructor() argument 2 must be a unicode character, not {}",
            arguments[1].tp_name()
        );
    };
    let number = i64::from(args::to_i32(arguments[2])?);
    if !vm::types::type_::is_subtype(tp, &ARRAY) {
        return raise!(
            TypeError,
            "{} is not a subtype of {}",
            type_name(tp),
            type_name(&ARRAY)
        );
    }
    let Some(descr) = item::find(code) else {
        return raise!(ValueError, "second argument must be a valid type code");
    };
    let Some(machine) = machine(number) else {
        return raise!(
            ValueError,
            "third argument must be a valid machine format code."
        );
    };
    let Some(data) = arguments[3].downcast::<PyBytesObject>() else {
        return raise!(
            TypeError,
            "fourth argument should be bytes, not {}",
            arguments[3].tp_name()
        );
    };
    if number == own_code(descr) {
        let a = storage::new(tp, descr, 0)?;
        methods::push_buffer(&a, data.as_obj())?;
        return Ok(a.into_obj());
    }
    translate(tp, descr, &machine, data)
}

/// Items of another machine, made anew.
fn translate(
    tp: &PyTypeObject,
    descr: &'static Descr,
    machine: &Machine,
    data: &PyBytesObject,
) -> Result {
    let items = data.as_slice();
    let check = |size: usize| {
        if items.len().is_multiple_of(size) {
            return Ok(());
        }
        raise!(ValueError, "string length not a multiple of item size")
    };
    match *machine {
        Machine::Integer {
            size,
            signed,
            big_endian,
        } => {
            check(size)?;
            // The type whose items fit best may have another letter here.
            let a = storage::new(tp, item::find_integer(size, signed).unwrap_or(descr), 0)?;
            for part in items.chunks(size) {
                a.push(int::from_byte_string(part, !big_endian, signed).as_obj())?;
            }
            Ok(a.into_obj())
        }
        Machine::Float { size, big_endian } => {
            check(size)?;
            let a = storage::new(tp, descr, 0)?;
            for part in items.chunks(size) {
                let mut raw = [0; 8];
                raw[..size].copy_from_slice(part);
                if big_endian {
                    raw[..size].reverse();
                }
                let word = u64::from_le_bytes(raw);
                let x = if size == 4 {
                    f64::from(f32::from_bits(word as u32))
                } else {
                    f64::from_bits(word)
                };
                a.push(vm::types::float::new(x).as_obj())?;
            }
            Ok(a.into_obj())
        }
        Machine::Text { codec } => {
            let text = call::call_method(data.as_obj(), "decode", &[str_::new(codec).as_obj()])?;
            let a = storage::new(tp, descr, 0)?;
            fill(&a, &text)?;
            Ok(a.into_obj())
        }
    }
}
