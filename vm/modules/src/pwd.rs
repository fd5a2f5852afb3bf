//! `pwd` and `grp`: the system's users and groups.

use std::ffi::{CStr, CString};

use vm::types::{list, structseq};

use crate::posix::convert as posix;
use crate::prelude::*;

/// The module of users.
pub static PWD: ModuleDef = ModuleDef {
    name: "pwd",
    methods: &[
        o!("getpwuid", user_by_id, "($module, uidobj, /)"),
        o!("getpwnam", user_by_name, "($module, name, /)"),
        noargs!("getpwall", all_users, "($module, /)"),
    ],
    exec: |m| add_class(m, &USER, "pwd.struct_passwd", USER_FIELDS),
};

/// The module of groups.
pub static GRP: ModuleDef = ModuleDef {
    name: "grp",
    methods: &[
        keywords!("getgrgid", group_by_id, "($module, /, id)"),
        keywords!("getgrnam", group_by_name, "($module, /, name)"),
        noargs!("getgrall", all_groups, "($module, /)"),
    ],
    exec: |m| add_class(m, &GROUP, "grp.struct_group", GROUP_FIELDS),
};

const USER_FIELDS: &[&str] = &[
    "pw_name",
    "pw_passwd",
    "pw_uid",
    "pw_gid",
    "pw_gecos",
    "pw_dir",
    "pw_shell",
];
const GROUP_FIELDS: &[&str] = &["gr_name", "gr_passwd", "gr_gid", "gr_mem"];

type Class = Global<Option<&'static PyTypeObject>>;

static USER: Class = Global::new(None);
static GROUP: Class = Global::new(None);

fn add_class(m: &Obj, class: &Class, name: &str, fields: &[&str]) -> Result<()> {
    if class.get().is_none() {
        class.set(Some(structseq::new_type(name, fields, fields.len())?));
    }
    match class.get() {
        Some(tp) => module::add_type(m, tp),
        None => Ok(()),
    }
}

fn instance(class: &Class, values: Vec<Ref>) -> Result {
    match class.get() {
        Some(tp) => structseq::new(tp, values),
        None => raise!(SystemError, "the module is not initialised"),
    }
}

/// C text of the database, by the file system's encoding; `None` for a null pointer.
unsafe fn text(p: *const libc::c_char) -> Result {
    if p.is_null() {
        return Ok(none());
    }
    // SAFETY: the C library's text.
    vm::codecs::fs_decode(unsafe { CStr::from_ptr(p) }.to_bytes())
}

unsafe fn user(p: *const libc::passwd) -> Result {
    // SAFETY: the caller passes an entry of the database.
    unsafe {
        let p = &*p;
        let values = vec![
            text(p.pw_name)?,
            text(p.pw_passwd)?,
            posix::id_object(p.pw_uid),
            posix::id_object(p.pw_gid),
            text(p.pw_gecos)?,
            text(p.pw_dir)?,
            text(p.pw_shell)?,
        ];
        instance(&USER, values)
    }
}

unsafe fn group(p: *const libc::group) -> Result {
    // SAFETY: the caller passes an entry of the database; a null pointer ends its members.
    unsafe {
        let p = &*p;
        let mut members = Vec::new();
        let mut member = p.gr_mem;
        while !member.is_null() && !(*member).is_null() {
            members.push(text(*member)?);
            member = member.add(1);
        }
        let values = vec![
            text(p.gr_name)?,
            text(p.gr_passwd)?,
            posix::id_object(p.gr_gid),
            list::from_vec(members).into_obj(),
        ];
        instance(&GROUP, values)
    }
}

fn name_of(function: &str, o: &Obj) -> Result<CString> {
    let Some(s) = str_::of(o) else {
        return raise!(
            TypeError,
            "{function}() argument must be str, not {}",
            o.tp_name()
        );
    };
    match CString::new(vm::codecs::fs_encode(s)?) {
        Ok(name) => Ok(name),
        Err(_) => raise!(ValueError, "embedded null byte"),
    }
}

fn missing<T>(what: &str, key: &Obj) -> Result<T> {
    raise!(KeyError, "{what} not found: {}", repr_lossy(key))
}

fn user_by_id(_: &Obj, id: &Obj) -> Result {
    let uid = match posix::uid(id) {
        Ok(uid) => uid,
        Err(_) if err::clear_if(&exc::OverflowError) => {
            return raise!(KeyError, "getpwuid(): uid not found");
        }
        Err(raised) => return Err(raised),
    };
    // SAFETY: the entry is copied before the next call.
    unsafe {
        let p = libc::getpwuid(uid);
        if p.is_null() {
            return missing("getpwuid(): uid", &posix::id_object(uid));
        }
        user(p)
    }
}

fn user_by_name(_: &Obj, name: &Obj) -> Result {
    let c_name = name_of("getpwnam", name)?;
    // SAFETY: C text; the entry is copied before the next call.
    unsafe {
        let p = libc::getpwnam(c_name.as_ptr());
        if p.is_null() {
            return missing("getpwnam(): name", name);
        }
        user(p)
    }
}

fn all_users(_: &Obj) -> Result {
    let mut found = Vec::new();
    // SAFETY: each entry is copied before the next call.
    unsafe {
        libc::setpwent();
        loop {
            let p = libc::getpwent();
            if p.is_null() {
                break;
            }
            found.push(user(p));
        }
        libc::endpwent();
    }
    let found: Result<Vec<Ref>> = found.into_iter().collect();
    Ok(list::from_vec(found?).into_obj())
}

fn group_by_id(_: &Obj, [id]: [Option<&Obj>; 1]) -> Result {
    let gid = posix::gid(required(id))?;
    // SAFETY: the entry is copied before the next call.
    unsafe {
        let p = libc::getgrgid(gid);
        if p.is_null() {
            return missing("getgrgid(): gid", &posix::id_object(gid));
        }
        group(p)
    }
}

fn group_by_name(_: &Obj, [name]: [Option<&Obj>; 1]) -> Result {
    let name = required(name);
    let c_name = name_of("getgrnam", name)?;
    // SAFETY: C text; the entry is copied before the next call.
    unsafe {
        let p = libc::getgrnam(c_name.as_ptr());
        if p.is_null() {
            return missing("getgrnam(): name", name);
        }
        group(p)
    }
}

fn all_groups(_: &Obj) -> Result {
    let mut found = Vec::new();
    // SAFETY: each entry is copied before the next call.
    unsafe {
        libc::setgrent();
        loop {
            let p = libc::getgrent();
            if p.is_null() {
                break;
            }
            found.push(group(p));
        }
        libc::endgrent();
    }
    let found: Result<Vec<Ref>> = found.into_iter().collect();
    Ok(list::from_vec(found?).into_obj())
}
