//! `CArgObject`: a converted parameter as a Python object, which `from_param` and `byref` answer with.

use crate::prelude::*;
use libffi_sys::ffi_type;

/// Room for the largest value that is passed as it is, a complex of `long double`.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
pub struct Value(pub [u64; 4]);

impl Value {
    pub const ZERO: Value = Value([0; 4]);

    /// A pointer as a value.
    pub fn pointer(p: *mut u8) -> Value {
        Value([p as u64, 0, 0, 0])
    }

    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }

    fn read<T: Copy>(&self) -> T {
        const { assert!(size_of::<T>() <= size_of::<Value>()) };
        // SAFETY: there is room for a T, and all the types asked for are plain numbers.
        unsafe { ptr::from_ref(self).cast::<T>().read() }
    }
}

/// A converted parameter.
#[repr(C)]
pub struct CArg {
    ob_base: PyObject,
    /// How libffi passes it.
    pub ffi: Cell<*mut ffi_type>,
    /// Which kind of value it is: the letter of a simple type, or `P` for addresses.
    pub tag: Cell<u8>,
    value: Cell<[u64; 4]>,
    /// What must live during the call.
    pub obj: Slot,
}

static_type!(CArg, CARG);

/// Fills in `CArgObject`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<CArg>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .generic_attributes()
        .dealloc_drop::<CArg>()
        .tp_traverse(|a: &CArg, v: &mut Visitor| {
            // SAFETY: a field of the object.
            unsafe { gc::visit_conservatively(a.value.as_ptr().cast(), size_of::<Value>()) };
            v.slot(&a.obj)
        })
        .tp_clear(|a: &CArg| a.obj.set(None))
        .tp_repr(repr)
        .members(MEMBERS);
}

static MEMBERS: &[PyMemberDef] = &[member!("_obj", CArg, obj, _Py_T_OBJECT, Py_READONLY)];

impl CArg {
    pub fn value(&self) -> Value {
        Value(self.value.get())
    }
}

/// A new parameter.
pub fn new(ffi: *mut ffi_type, tag: u8, value: Value, obj: Ref) -> Result {
    let made = create(
        &CARG,
        CArg {
            ob_base: header(),
            ffi: Cell::new(ffi),
            tag: Cell::new(tag),
            value: Cell::new(value.0),
            obj: Slot::new(Some(obj)),
        },
    )?;
    Ok(made.into_obj())
}

/// An address as a parameter, with what keeps the memory there.
pub fn address(tag: u8, p: *mut u8, obj: Ref) -> Result {
    new(
        &raw mut libffi_sys::ffi_type_pointer,
        tag,
        Value::pointer(p),
        obj,
    )
}

/// The parameter behind an object that is one.
pub fn of(o: &Obj) -> Option<&CArg> {
    o.downcast_exact::<CArg>()
}

fn is_literal(c: u8) -> bool {
    (c == b' ' || c.is_ascii_graphic()) && c != b'\\' && c != b'\''
}

fn float_repr(x: f64) -> String {
    str_::to_string_lossy(vm::types::float::repr(x).as_obj())
}

fn repr(a: &CArg) -> Result<String> {
    let (tag, value) = (a.tag.get(), a.value());
    let shown = match tag {
        b'b' | b'B' => value.read::<i8>().to_string(),
        b'h' | b'H' => value.read::<i16>().to_string(),
        b'i' | b'I' => value.read::<i32>().to_string(),
        b'l' | b'L' | b'q' | b'Q' => value.read::<i64>().to_string(),
        b'd' => float_repr(value.read()),
        b'f' => float_repr(value.read::<f32>().into()),
        b'c' => match value.read::<u8>() {
            c if is_literal(c) => format!("'{}'", c as char),
            c => format!("'\\x{c:02x}'"),
        },
        b'z' | b'Z' | b'P' => match value.read::<*const u8>() {
            p if p.is_null() => "(nil)".to_owned(),
            p => format!("{p:p}"),
        },
        _ if is_literal(tag) => {
            return Ok(format!("<cparam '{}' at {:p}>", tag as char, a.as_ptr()));
        }
        _ => return Ok(format!("<cparam 0x{tag:02x} at {:p}>", a.as_ptr())),
    };
    Ok(format!("<cparam '{}' ({shown})>", tag as char))
}
