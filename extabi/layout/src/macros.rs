//! The macros that state layouts and constants. A row that disagrees with its struct does not compile; a row that disagrees with the C
//! headers fails the test `headers`.

/// What was asserted of one struct, by its C names.
pub struct StructLayout {
    pub name: &'static str,
    pub size: usize,
    pub fields: &'static [(&'static str, usize)],
}

/// A constant, by its C name.
pub struct Constant {
    pub name: &'static str,
    pub value: i128,
}

macro_rules! constants {
    ($($name:ident: $type:ty = $value:expr;)*) => {
        $(pub const $name: $type = $value;)*

        pub(crate) const CONSTANTS: &[crate::Constant] = &[
            $(crate::Constant { name: stringify!($name), value: $name as i128 },)*
        ];
    };
}

macro_rules! c_name {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident $c_name:literal) => {
        $c_name
    };
}

/// `Struct as "C name": size { field as "C name": offset, }`, both C names optional.
macro_rules! layouts {
    ($($name:ident $(as $c_name:literal)? : $size:literal {
        $($field:ident $(as $c_field:literal)? : $offset:literal,)*
    })*) => {
        $(
            const _: () = {
                assert!(size_of::<$name>() == $size);
                $(assert!(core::mem::offset_of!($name, $field) == $offset);)*
            };

            // SAFETY: whoever holds a reference to it holds the GIL, which serialises every access.
            unsafe impl Sync for $name {}

            impl $name {
                pub const fn zeroed() -> Self {
                    // SAFETY: integers, floats, nullable pointers and optional functions, for which zero bytes are a value.
                    unsafe { core::mem::MaybeUninit::zeroed().assume_init() }
                }
            }
        )*

        pub(crate) const LAYOUTS: &[crate::StructLayout] = &[
            $(crate::StructLayout {
                name: c_name!($name $($c_name)?),
                size: $size,
                fields: &[$((c_name!($field $($c_field)?), $offset),)*],
            },)*
        ];
    };
}

/// A struct that extensions see only through pointers.
macro_rules! opaque {
    ($name:ident) => {
        #[repr(C)]
        pub struct $name {
            _private: [u8; 0],
            _not_send_nor_unpin: core::marker::PhantomData<(*mut u8, core::marker::PhantomPinned)>,
        }
    };
}

/// Accessors of the bit ranges of a struct whose one field is `bits`: `get, set: lowest bit, width;`
macro_rules! bit_field {
    ($name:ident { $($get:ident, $set:ident: $low:literal, $width:literal;)* }) => {
        impl $name {
            $(
                #[inline(always)]
                pub fn $get(&self) -> u32 {
                    (self.bits.get() >> $low) & ((1 << $width) - 1)
                }

                #[inline(always)]
                pub fn $set(&self, value: u32) {
                    let mask = ((1 << $width) - 1) << $low;
                    self.bits.set((self.bits.get() & !mask) | ((value << $low) & mask));
                }
            )*
        }
    };
}
