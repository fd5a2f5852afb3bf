//! `CField`: a member of a structure or a union, and the descriptor that reads and writes it.

use crate::array::ARRAY_META;
use crate::cdata::{self, CData, Part};
use crate::codes::{self, Bits, Code, Extent};
use crate::info::{self, Info};
use crate::prelude::*;
use libffi_sys as ffi;

/// A member.
#[repr(C)]
pub struct CField {
    ob_base: PyObject,
    pub name: Slot,
    /// Its class.
    pub class: Slot,
    pub byte_offset: Cell<isize>,
    byte_size: Cell<isize>,
    /// Which member of its structure it is.
    pub index: Cell<isize>,
    /// How it reads, if not as its class does: arrays of characters are texts.
    code: Cell<Option<&'static Code>>,
    /// How many bits it has; 0 for all.
    width: Cell<u8>,
    low: Cell<u8>,
    /// Whether its own members are shown as the structure's.
    pub anonymous: Cell<bool>,
}

static_type!(CField, CFIELD);

/// Fills in `CField`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<CField>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .generic_attributes()
        .tp_new(new)
        .dealloc_drop::<CField>()
        .tp_traverse(|f: &CField, v: &mut Visitor| {
            v.slot(&f.name)?;
            v.slot(&f.class)
        })
        .tp_clear(|f: &CField| f.class.set(None))
        .tp_repr(repr)
        .tp_descr_get(get)
        .tp_descr_set(set)
        .members(MEMBERS)
        .getset(GETSET);
}

static MEMBERS: &[PyMemberDef] = &[
    member!("name", CField, name, _Py_T_OBJECT, Py_READONLY),
    member!("type", CField, class, _Py_T_OBJECT, Py_READONLY),
    member!(
        "byte_offset",
        CField,
        byte_offset,
        Py_T_PYSSIZET,
        Py_READONLY
    ),
    member!("byte_size", CField, byte_size, Py_T_PYSSIZET, Py_READONLY),
    member!("offset", CField, byte_offset, Py_T_PYSSIZET, Py_READONLY),
    member!("bit_offset", CField, low, Py_T_UBYTE, Py_READONLY),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("size", get_size),
    getset!("bit_size", get_bit_size),
    getset!("is_bitfield", |f: &CField| Ok(f.width.get() != 0)),
    getset!("is_anonymous", |f: &CField| Ok(f.anonymous.get())),
];

static SIGNATURE: Signature = Signature::new(
    "CField",
    "(name, type, byte_size, byte_offset, index, _internal_use, bit_size=None, bit_offset=None)",
);

fn new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [name, class, size, offset, index, internal, width, low] = SIGNATURE.bind(args, kwargs)?;
    let [name, class] = [name, class].map(|o| o.unwrap_or(NONE()));
    let Some(text) = str_::of(name) else {
        return raise!(
            TypeError,
            "CField() argument 'name' must be str, not {}",
            name.tp_name()
        );
    };
    let [size, offset, index] = [size, offset, index].map(|o| o.unwrap_or(NONE()));
    let (size, offset, index) = (
        args::to_isize(size)?,
        args::to_isize(offset)?,
        args::to_isize(index)?,
    );
    if !internal.map_or(Ok(false), proto::is_true)? {
        return raise!(TypeError, "cannot create CField object");
    }
    if size < 0 {
        return raise!(
            ValueError,
            "byte size of field {} must not be negative, got {size}",
            repr_lossy(name)
        );
    }
    let Some(info) = info::of_class(class) else {
        return raise!(
            TypeError,
            "type of field {} must be a C type",
            repr_lossy(name)
        );
    };
    if size as usize != info.size.get() {
        return raise!(
            ValueError,
            "byte size of field {} ({size}) does not match type size ({})",
            repr_lossy(name),
            info.size.get()
        );
    }
    let bits = bits_of(name, class, info, size, (width, low))?;
    let field = CField {
        ob_base: header(),
        name: Slot::new(Some(text.to_exact().into_obj())),
        class: Slot::new(Some(class.new_ref())),
        byte_offset: Cell::new(offset),
        byte_size: Cell::new(size),
        index: Cell::new(index),
        code: Cell::new(text_code(class, info)),
        width: Cell::new(bits.map_or(0, |b| b.width)),
        low: Cell::new(bits.map_or(0, |b| b.low)),
        anonymous: Cell::new(false),
    };
    Ok(create(&CFIELD, field)?.into_obj())
}

/// Whether members of a class may be bit fields: integers, but no characters.
fn allows_bits(info: &Info) -> bool {
    // SAFETY: the class's own type for libffi.
    match unsafe { (*info.ffi()).type_ } {
        ffi::FFI_TYPE_UINT8
        | ffi::FFI_TYPE_UINT16
        | ffi::FFI_TYPE_UINT32
        | ffi::FFI_TYPE_UINT64
        | ffi::FFI_TYPE_SINT64 => true,
        ffi::FFI_TYPE_SINT8 | ffi::FFI_TYPE_SINT16 | ffi::FFI_TYPE_SINT32 => {
            !info.reads_as(b'c') && !info.reads_as(b'u')
        }
        _ => false,
    }
}

fn small(o: &Obj) -> Result<isize> {
    let Some(n) = o.downcast::<PyLongObject>() else {
        return raise!(TypeError, "an integer is required");
    };
    args::to_isize(n.as_obj())
}

fn bits_of(
    name: &Obj,
    class: &Obj,
    info: &Info,
    size: isize,
    (width, low): (Option<&Obj>, Option<&Obj>),
) -> Result<Option<Bits>> {
    let low = low.unwrap_or(NONE());
    let Some(width) = width.filter(|w| !w.is_none()) else {
        if !low.is_none() {
            return raise!(
                ValueError,
                "field {}: bit_offset must be specified if bit_size is",
                repr_lossy(name)
            );
        }
        return Ok(None);
    };
    if !allows_bits(info) {
        return raise!(
            TypeError,
            "bit fields not allowed for type {}",
            class_name(class)
        );
    }
    if size > 100 {
        return raise!(
            ValueError,
            "bit field {} size too large, got {size}",
            repr_lossy(name)
        );
    }
    let width = small(width)?;
    if !(1..=255).contains(&width) {
        return raise!(
            ValueError,
            "bit size of field {} out of range, got {width}",
            repr_lossy(name)
        );
    }
    let low = small(low)?;
    if !(0..=255).contains(&low) {
        return raise!(
            ValueError,
            "bit offset of field {} out of range, got {low}",
            repr_lossy(name)
        );
    }
    if low + width > size * 8 {
        return raise!(
            ValueError,
            "bit field {} overflows its type ({low} + {width} > {})",
            repr_lossy(name),
            size * 8
        );
    }
    Ok(Some(Bits {
        low: low as u8,
        width: width as u8,
    }))
}

/// How a member reads that is an array of characters.
fn text_code(class: &Obj, info: &Info) -> Option<&'static Code> {
    if !is_class_of(class, &ARRAY_META) {
        return None;
    }
    let items = info::of_class(info.proto())?;
    if items.reads_as(b'c') {
        Some(codes::expect(b's'))
    } else if items.reads_as(b'u') {
        Some(codes::expect(b'U'))
    } else {
        None
    }
}

impl CField {
    /// The member behind an object that is one.
    pub fn of(o: &Obj) -> Option<&CField> {
        o.downcast::<CField>()
    }

    /// The member's class.
    pub fn class(&self) -> &Obj {
        self.class.borrow().unwrap_or(NONE())
    }

    fn name(&self) -> String {
        repr_lossy(self.name.borrow().unwrap_or(NONE()))
    }

    /// The same member as one of a structure that it lies deeper in.
    pub fn moved(&self, index: isize, offset: isize) -> Result<Ref<CField>> {
        create(
            &CFIELD,
            CField {
                ob_base: header(),
                name: Slot::new(self.name.get()),
                class: Slot::new(self.class.get()),
                byte_offset: Cell::new(self.byte_offset.get() + offset),
                byte_size: self.byte_size.clone(),
                index: Cell::new(self.index.get() + index),
                code: self.code.clone(),
                width: self.width.clone(),
                low: self.low.clone(),
                anonymous: Cell::new(false),
            },
        )
    }

    fn part(&self, c: &CData) -> Part<'_> {
        let bits = match self.width.get() {
            0 => None,
            width => Some(Bits {
                low: self.low.get(),
                width,
            }),
        };
        Part {
            class: self.class(),
            code: self.code.get(),
            index: self.index.get(),
            extent: Extent {
                size: self.byte_size.get() as usize,
                bits,
            },
            at: c.data().wrapping_offset(self.byte_offset.get()),
        }
    }
}

fn instance(o: &Obj) -> Result<&CData> {
    match cdata::of(o) {
        Some(c) => Ok(c),
        None => raise!(TypeError, "not a ctype instance"),
    }
}

fn get(f: &CField, o: Option<&Obj>, _: Option<&Obj>) -> Result {
    let Some(o) = o.filter(|o| !o.is_none()) else {
        return Ok(f.as_obj().new_ref());
    };
    let c = instance(o)?;
    cdata::get(c, &f.part(c))
}

fn set(f: &CField, o: &Obj, value: Option<&Obj>) -> Result<()> {
    let c = instance(o)?;
    let Some(value) = value else {
        return raise!(TypeError, "can't delete attribute");
    };
    cdata::set(c, &f.part(c), value)
}

/// The size in bytes; of bit fields, their width and where they start packed into one number.
fn get_size(f: &CField) -> Result<isize> {
    Ok(match f.width.get() {
        0 => f.byte_size.get(),
        width => isize::from(width) << 16 | isize::from(f.low.get()),
    })
}

fn get_bit_size(f: &CField) -> Result {
    let bits = match f.width.get() {
        0 => f.byte_size.get() as i128 * 8,
        width => width.into(),
    };
    Ok(int::from_i128(bits).into_obj())
}

fn repr(f: &CField) -> Result<String> {
    let what = type_::fully_qualified_name(f.as_obj().ty());
    let (name, class) = (f.name(), class_name(f.class()));
    let offset = f.byte_offset.get();
    Ok(match f.width.get() {
        0 => format!(
            "<{what} {name} type={class}, ofs={offset}, size={}>",
            f.byte_size.get()
        ),
        width => format!(
            "<{what} {name} type={class}, ofs={offset}, bit_size={width}, bit_offset={}>",
            f.low.get()
        ),
    })
}
