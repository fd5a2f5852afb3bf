//! Libraries of the system that are loaded when a module first asks for them, so that a machine without them loses that
//! module alone, and a program that does not ask pays nothing.

use core::ffi::{CStr, c_void};
use std::sync::OnceLock;

/// A library's functions, once they are loaded.
pub struct Library<T> {
    loaded: OnceLock<Result<T, String>>,
}

impl<T> Library<T> {
    /// Nothing is loaded yet.
    pub const fn new() -> Library<T> {
        Library {
            loaded: OnceLock::new(),
        }
    }

    /// The functions, or the reason why there are none.
    pub fn load(&self, by: impl FnOnce() -> Result<T, String>) -> Result<&T, &str> {
        self.loaded.get_or_init(by).as_ref().map_err(|e| &**e)
    }

    /// The functions of a library that its module has loaded.
    pub fn get(&self) -> &T {
        match self.loaded.get() {
            Some(Ok(functions)) => functions,
            _ => unreachable!("a module loads its library before it offers anything"),
        }
    }
}

/// The open handles of some libraries.
pub struct Handles(Vec<*mut c_void>);

impl Handles {
    /// Opens the libraries of these names, which stay open.
    pub fn open(names: &[&CStr]) -> Result<Handles, String> {
        let open = |name: &&CStr| {
            // SAFETY: a valid name; the libraries' initialisers are trusted as the system is.
            let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
            if !handle.is_null() {
                return Ok(handle);
            }
            // SAFETY: after a failure there is a text, valid until the next call.
            let text = unsafe { CStr::from_ptr(libc::dlerror()) };
            Err(text.to_string_lossy().into_owned())
        };
        names
            .iter()
            .map(open)
            .collect::<Result<_, _>>()
            .map(Handles)
    }

    /// The address of a symbol in the first library that has it.
    pub fn find(&self, symbol: &CStr) -> Option<*mut c_void> {
        self.0.iter().find_map(|handle| {
            // SAFETY: an open handle and a valid name.
            let at = unsafe { libc::dlsym(*handle, symbol.as_ptr()) };
            (!at.is_null()).then_some(at)
        })
    }

    /// The address of a symbol that must be there.
    pub fn need(&self, symbol: &CStr) -> Result<*mut c_void, String> {
        match self.find(symbol) {
            Some(at) => Ok(at),
            None => Err(format!("undefined symbol: {}", symbol.to_string_lossy())),
        }
    }
}

/// Declares a struct of a library's functions, and a static that loads them. Those after `optional` may be missing.
macro_rules! library {
    (
        $(#[$doc:meta])*
        $library:ident: $api:ident from $names:expr;
        $(fn $f:ident($($t:ty),* $(,)?) $(-> $r:ty)?;)*
        optional
        $(fn $of:ident($($ot:ty),* $(,)?) $(-> $or:ty)?;)*
    ) => {
        $(#[$doc])*
        #[allow(non_snake_case)]
        pub struct $api {
            $(pub $f: unsafe extern "C" fn($($t),*) $(-> $r)?,)*
            $(pub $of: Option<unsafe extern "C" fn($($ot),*) $(-> $or)?>,)*
        }

        /// The library, once it is loaded.
        pub static $library: $crate::dynlib::Library<$api> = $crate::dynlib::Library::new();

        impl $api {
            /// Loads the library.
            pub fn load() -> core::result::Result<&'static $api, &'static str> {
                $library.load(|| {
                    let handles = $crate::dynlib::Handles::open(&$names)?;
                    Ok($api {
                        $($f: {
                            let at = handles.need(vm::method::c_text(concat!(stringify!($f), "\0")))?;
                            // SAFETY: the library's headers declare the function so.
                            unsafe { core::mem::transmute::<*mut c_void, unsafe extern "C" fn($($t),*) $(-> $r)?>(at) }
                        },)*
                        $($of: handles.find(vm::method::c_text(concat!(stringify!($of), "\0"))).map(|at| {
                            // SAFETY: as above.
                            unsafe { core::mem::transmute::<*mut c_void, unsafe extern "C" fn($($ot),*) $(-> $or)?>(at) }
                        }),)*
                    })
                })
            }
        }
    };
}
pub(crate) use library;
