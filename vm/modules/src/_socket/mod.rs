//! `_socket`: the native half of `socket`.

mod address;
mod constants;
mod messages;
mod names;
mod numbers;
mod options;
mod socket;
mod transfer;
mod wait;

use core::ffi::CStr;

use layout::*;

use vm::err::{self, Raised, Result, exc};
use vm::method::*;
use vm::object::*;
use vm::types::type_::{self, TypeBuilder};
use vm::types::{cfunction, int, module, str_, tuple};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_socket",
    methods: names::METHODS,
    exec,
};

/// An exception class that is made at run time.
struct Class(Global<Option<&'static PyTypeObject>>);

impl Class {
    const fn new() -> Class {
        Class(Global::new(None))
    }

    fn get(&self, name: &str) -> Result<&'static PyTypeObject> {
        if let Some(tp) = self.0.get() {
            return Ok(tp);
        }
        let made = type_::new_exception("socket", name, &[&exc::OSError])?;
        // SAFETY: a new class, whose reference is kept for ever.
        let tp: &'static PyTypeObject = unsafe { &*made.into_raw().cast() };
        self.0.set(Some(tp));
        Ok(tp)
    }
}

static HERROR: Class = Class::new();
static GAIERROR: Class = Class::new();

fn exec(m: &Obj) -> Result<()> {
    let name = str_::intern_str("_socket");
    cfunction::add_functions(m, numbers::METHODS, name)?;
    cfunction::add_functions(m, socket::FUNCTIONS, name)?;
    if !has_flag(&socket::SOCKET, Py_TPFLAGS_READY) {
        socket::define(&mut TypeBuilder::start(&socket::SOCKET, c"_socket.socket"));
        type_::ready(&socket::SOCKET)?;
    }
    module::add(m, "socket", socket::SOCKET.as_obj())?;
    module::add(m, "SocketType", socket::SOCKET.as_obj())?;
    module::add(m, "error", exc::OSError.as_obj())?;
    module::add(m, "timeout", exc::TimeoutError.as_obj())?;
    module::add(m, "herror", HERROR.get("herror")?.as_obj())?;
    module::add(m, "gaierror", GAIERROR.get("gaierror")?.as_obj())?;
    module::add(m, "has_ipv6", TRUE())?;
    module::add(m, "BDADDR_ANY", str_::new("00:00:00:00:00:00").as_obj())?;
    module::add(m, "BDADDR_LOCAL", str_::new("00:00:00:FF:FF:FF").as_obj())?;
    module::add_ints(m, constants::CONSTANTS)
}

/// Raises `class(code, text)`.
#[cold]
fn raise_coded(class: &Class, name: &str, code: i32, text: &CStr) -> Raised {
    let tp = match class.get(name) {
        Ok(tp) => tp,
        Err(raised) => return raised,
    };
    let args = tuple::from_array([
        int::from_i64(i64::from(code)).into_obj(),
        str_::new(&text.to_string_lossy()).into_obj(),
    ]);
    err::set_object(tp, args.as_obj())
}

/// The `gaierror` for what `getaddrinfo` and `getnameinfo` answered.
#[cold]
fn gai_error(code: i32) -> Raised {
    if code == libc::EAI_SYSTEM {
        return err::last_os_error(None);
    }
    // SAFETY: the C library's own text.
    raise_coded(&GAIERROR, "gaierror", code, unsafe {
        CStr::from_ptr(libc::gai_strerror(code))
    })
}

/// The `herror` for what the older look-ups left.
#[cold]
fn host_error(code: i32) -> Raised {
    unsafe extern "C" {
        fn hstrerror(code: core::ffi::c_int) -> *const core::ffi::c_char;
    }
    // SAFETY: the C library's own text.
    raise_coded(&HERROR, "herror", code, unsafe {
        CStr::from_ptr(hstrerror(code))
    })
}
