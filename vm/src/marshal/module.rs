//! The `marshal` module.

use layout::*;

use super::{VERSION, read, write};
use crate::args;
use crate::err::{Result, raise};
use crate::keywords;
use crate::method::ModuleDef;
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::bytes::BytesExt as _;
use crate::types::{bytes, int, module};

/// The module.
pub static DEF: ModuleDef = ModuleDef {
    name: "marshal",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "dump",
        dump,
        "($module, value, file, version=5, /, *, allow_code=True)"
    ),
    keywords!("load", load, "($module, file, /, *, allow_code=True)"),
    keywords!(
        "dumps",
        dumps,
        "($module, value, version=5, /, *, allow_code=True)"
    ),
    keywords!("loads", loads, "($module, bytes, /, *, allow_code=True)"),
];

fn exec(m: &Obj) -> Result<()> {
    module::add(m, "version", int::from_i64(i64::from(VERSION)).as_obj())
}

fn flag(o: Option<&Obj>) -> Result<bool> {
    o.map_or(Ok(true), object::is_true)
}

fn version(o: Option<&Obj>) -> Result<i32> {
    o.map_or(Ok(VERSION), args::to_i32)
}

fn dump(_: &Obj, [value, file, v, allow_code]: [Option<&Obj>; 4]) -> Result {
    let data = write::dumps(value.expect("required"), version(v)?, flag(allow_code)?)?;
    call::call_method(
        file.expect("required"),
        "write",
        &[bytes::new(&data).as_obj()],
    )
}

fn dumps(_: &Obj, [value, v, allow_code]: [Option<&Obj>; 3]) -> Result {
    let data = write::dumps(value.expect("required"), version(v)?, flag(allow_code)?)?;
    Ok(bytes::new(&data).into_obj())
}

fn loads(_: &Obj, [data, allow_code]: [Option<&Obj>; 2]) -> Result {
    let buffer = object::get_buffer(data.expect("required"), PyBUF_SIMPLE)?;
    Ok(read::loads(buffer.bytes(), flag(allow_code)?)?.0)
}

/// Reads from a file object no more than the value takes: in growing pieces, and what was too much is given back by
/// seeking where the file can, as `marshal.load` promises to leave the position after the value.
fn load(_: &Obj, [file, allow_code]: [Option<&Obj>; 2]) -> Result {
    let file = file.expect("required");
    let allow_code = flag(allow_code)?;
    let data = call::call_method(file, "read", &[])?;
    let Some(b) = data.downcast::<PyBytesObject>() else {
        return raise!(
            TypeError,
            "file.read() returned not bytes but {}",
            data.tp_name()
        );
    };
    let (value, used) = read::loads(b.as_slice(), allow_code)?;
    let surplus = b.as_slice().len() - used;
    if surplus > 0 {
        let (back, from_here) = (int::from_i64(-(surplus as i64)), int::from_i64(1));
        call::call_method(file, "seek", &[back.as_obj(), from_here.as_obj()])?;
    }
    Ok(value)
}
