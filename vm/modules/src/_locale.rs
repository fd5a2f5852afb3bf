//! `_locale`: the C library's locale.

use core::ffi::{CStr, c_char, c_int};
use std::ffi::CString;

use layout::*;

use vm::args;
use vm::err::{self, Result, raise};
use vm::method::*;
use vm::object::*;
use vm::types::dict::{self, DictExt as _};
use vm::types::str_::{StrData, StrExt as _};
use vm::types::{int, list, module, str_, type_};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_locale",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    fastcall!(
        "setlocale",
        setlocale,
        "($module, category, locale=None, /)"
    ),
    noargs!("localeconv", localeconv, "($module, /)"),
    fastcall!("strcoll", strcoll, "($module, os1, os2, /)"),
    o!("strxfrm", strxfrm, "($module, string, /)"),
    o!("nl_langinfo", nl_langinfo, "($module, key, /)"),
    noargs!("getencoding", getencoding, "($module, /)"),
    o!("gettext", gettext, "($module, msg, /)"),
    fastcall!("dgettext", dgettext, "($module, domain, msg, /)"),
    fastcall!(
        "dcgettext",
        dcgettext,
        "($module, domain, msg, category, /)"
    ),
    o!("textdomain", textdomain, "($module, domain, /)"),
    fastcall!(
        "bindtextdomain",
        bindtextdomain,
        "($module, domain, dir, /)"
    ),
    fastcall!(
        "bind_textdomain_codeset",
        bind_textdomain_codeset,
        "($module, domain, codeset, /)"
    ),
];

unsafe extern "C" {
    fn wcscoll(a: *const libc::wchar_t, b: *const libc::wchar_t) -> c_int;
    fn wcsxfrm(to: *mut libc::wchar_t, from: *const libc::wchar_t, n: usize) -> usize;
    #[link_name = "dcgettext"]
    fn c_dcgettext(domain: *const c_char, msg: *const c_char, category: c_int) -> *mut c_char;
    #[link_name = "textdomain"]
    fn c_textdomain(domain: *const c_char) -> *mut c_char;
    #[link_name = "bindtextdomain"]
    fn c_bindtextdomain(domain: *const c_char, dir: *const c_char) -> *mut c_char;
    #[link_name = "bind_textdomain_codeset"]
    fn c_bind_textdomain_codeset(domain: *const c_char, codeset: *const c_char) -> *mut c_char;
}

static ERROR: Global<Option<&'static PyTypeObject>> = Global::new(None);

fn exec(m: &Obj) -> Result<()> {
    module::add_ints(m, CONSTANTS)?;
    module::add(m, "Error", error_type()?.as_obj())
}

/// `locale.Error`
fn error_type() -> Result<&'static PyTypeObject> {
    if let Some(tp) = ERROR.get() {
        return Ok(tp);
    }
    let made = type_::new_exception("locale", "Error", &[&err::exc::Exception])?;
    // SAFETY: a new class, whose reference is kept for ever.
    let tp: &'static PyTypeObject = unsafe { &*made.into_raw().cast() };
    ERROR.set(Some(tp));
    Ok(tp)
}

fn failed<T>(message: &str) -> Result<T> {
    Err(err::set_object(error_type()?, str_::new(message).as_obj()))
}

/// Text of the C library.
fn text(p: *const c_char) -> String {
    if p.is_null() {
        return String::new();
    }
    // SAFETY: NUL-terminated, and copied at once.
    unsafe { CStr::from_ptr(p) }.to_string_lossy().into_owned()
}

fn c_string(what: &str, o: &Obj) -> Result<CString> {
    if !o.is::<PyUnicodeObject>() {
        return raise!(TypeError, "{what} must be str, not {}", o.tp_name());
    }
    match CString::new(str_lossy(o)) {
        Ok(s) => Ok(s),
        Err(_) => raise!(ValueError, "embedded null character"),
    }
}

fn optional_c_string(what: &str, o: &Obj) -> Result<Option<CString>> {
    if o.is_none() {
        return Ok(None);
    }
    if !o.is::<PyUnicodeObject>() {
        return raise!(TypeError, "{what} must be str or None, not {}", o.tp_name());
    }
    c_string(what, o).map(Some)
}

fn pointer(s: &Option<CString>) -> *const c_char {
    s.as_ref().map_or(core::ptr::null(), |s| s.as_ptr())
}

fn setlocale(_: &Obj, args: &[&Obj]) -> Result<String> {
    args::expect("setlocale", args, 1..=2)?;
    let category = args::to_i32(args[0])?;
    let wanted = match args.get(1) {
        Some(o) => optional_c_string("setlocale() argument 2", o)?,
        None => None,
    };
    // SAFETY: null asks; otherwise a C string. Others read the locale under the interpreter's lock.
    let chosen = unsafe { libc::setlocale(category, pointer(&wanted)) };
    if chosen.is_null() {
        return failed(if wanted.is_some() {
            "unsupported locale setting"
        } else {
            "locale query failed"
        });
    }
    Ok(text(chosen))
}

fn localeconv(_: &Obj) -> Result<Ref<PyDictObject>> {
    // SAFETY: the C library's own struct, valid until the locale changes.
    let c = unsafe { &*libc::localeconv() };
    let d = dict::new();
    let set_text = |name: &str, p: *const c_char| d.set_str(name, str_::new(&text(p)).as_obj());
    let set_number = |name: &str, n: c_char| d.set_str(name, int::from_i64(i64::from(n)).as_obj());
    set_text("int_curr_symbol", c.int_curr_symbol)?;
    set_text("currency_symbol", c.currency_symbol)?;
    set_text("mon_decimal_point", c.mon_decimal_point)?;
    set_text("mon_thousands_sep", c.mon_thousands_sep)?;
    d.set_str("mon_grouping", grouping(c.mon_grouping).as_obj())?;
    set_text("positive_sign", c.positive_sign)?;
    set_text("negative_sign", c.negative_sign)?;
    set_number("int_frac_digits", c.int_frac_digits)?;
    set_number("frac_digits", c.frac_digits)?;
    set_number("p_cs_precedes", c.p_cs_precedes)?;
    set_number("p_sep_by_space", c.p_sep_by_space)?;
    set_number("n_cs_precedes", c.n_cs_precedes)?;
    set_number("n_sep_by_space", c.n_sep_by_space)?;
    set_number("p_sign_posn", c.p_sign_posn)?;
    set_number("n_sign_posn", c.n_sign_posn)?;
    set_text("decimal_point", c.decimal_point)?;
    set_text("thousands_sep", c.thousands_sep)?;
    d.set_str("grouping", grouping(c.grouping).as_obj())?;
    Ok(d)
}

/// The sizes of groups of digits; a 0 or `CHAR_MAX` at the end says how it goes on.
fn grouping(p: *const c_char) -> Ref<PyListObject> {
    let mut sizes = Vec::new();
    // SAFETY: ends with 0 or CHAR_MAX.
    unsafe {
        if !p.is_null() && *p != 0 {
            for i in 0.. {
                let size = *p.add(i);
                sizes.push(int::from_i64(i64::from(size)).into_obj());
                if size == 0 || size == c_char::MAX {
                    break;
                }
            }
        }
    }
    list::from_vec(sizes)
}

/// A str as wide characters with a NUL.
fn wide(what: &str, o: &Obj) -> Result<Vec<libc::wchar_t>> {
    let Some(s) = o.downcast::<PyUnicodeObject>() else {
        return raise!(TypeError, "{what} must be str, not {}", o.tp_name());
    };
    let mut out: Vec<libc::wchar_t> = match s.data() {
        StrData::Latin1(s) => s.iter().map(|c| libc::wchar_t::from(*c)).collect(),
        StrData::Ucs2(s) => s.iter().map(|c| libc::wchar_t::from(*c)).collect(),
        StrData::Ucs4(s) => s.iter().map(|c| *c as libc::wchar_t).collect(),
    };
    if out.contains(&0) {
        return raise!(ValueError, "embedded null character");
    }
    out.push(0);
    Ok(out)
}

fn strcoll(_: &Obj, args: &[&Obj]) -> Result<i32> {
    args::expect("strcoll", args, 2..=2)?;
    for (i, o) in args.iter().enumerate() {
        if !o.is::<PyUnicodeObject>() {
            return raise!(
                TypeError,
                "strcoll() argument {} must be str, not {}",
                i + 1,
                o.tp_name()
            );
        }
    }
    let (a, b) = (
        wide("strcoll() argument 1", args[0])?,
        wide("strcoll() argument 2", args[1])?,
    );
    // SAFETY: both end with NUL.
    Ok(unsafe { wcscoll(a.as_ptr(), b.as_ptr()) })
}

fn strxfrm(_: &Obj, s: &Obj) -> Result<Ref<PyUnicodeObject>> {
    let from = wide("strxfrm() argument", s)?;
    let mut to: Vec<libc::wchar_t> = vec![0; from.len()];
    loop {
        // SAFETY: the source ends with NUL; the buffer is as long as it says.
        let n = unsafe { wcsxfrm(to.as_mut_ptr(), from.as_ptr(), to.len()) };
        if n < to.len() {
            let chars: Vec<u32> = to[..n].iter().map(|c| *c as u32).collect();
            return Ok(str_::from_chars(&chars));
        }
        to = vec![0; n + 1];
    }
}

fn nl_langinfo(_: &Obj, key: &Obj) -> Result<String> {
    let key = args::to_i32(key)?;
    if !CONSTANTS
        .iter()
        .any(|(name, n)| *n == i64::from(key) && is_langinfo(name))
    {
        return raise!(ValueError, "unsupported langinfo constant");
    }
    // SAFETY: the C library's own text.
    Ok(text(unsafe { libc::nl_langinfo(key) }))
}

fn is_langinfo(name: &str) -> bool {
    !name.starts_with("LC_") && name != "CHAR_MAX"
}

fn getencoding(_: &Obj) -> Result<String> {
    // SAFETY: the C library's own text.
    let found = text(unsafe { libc::nl_langinfo(libc::CODESET) });
    Ok(if found.is_empty() {
        "UTF-8".to_owned()
    } else {
        found
    })
}

// ---- Translations ----

fn translated(domain: &Option<CString>, msg: &CString, category: c_int) -> String {
    // SAFETY: C strings, or null for the current domain.
    text(unsafe { c_dcgettext(pointer(domain), msg.as_ptr(), category) })
}

fn gettext(_: &Obj, msg: &Obj) -> Result<String> {
    Ok(translated(
        &None,
        &c_string("gettext() argument", msg)?,
        libc::LC_MESSAGES,
    ))
}

fn dgettext(_: &Obj, args: &[&Obj]) -> Result<String> {
    args::expect("dgettext", args, 2..=2)?;
    let domain = optional_c_string("dgettext() argument 1", args[0])?;
    Ok(translated(
        &domain,
        &c_string("dgettext() argument 2", args[1])?,
        libc::LC_MESSAGES,
    ))
}

fn dcgettext(_: &Obj, args: &[&Obj]) -> Result<String> {
    args::expect("dcgettext", args, 3..=3)?;
    let domain = optional_c_string("dcgettext() argument 1", args[0])?;
    let msg = c_string("dcgettext() argument 2", args[1])?;
    Ok(translated(&domain, &msg, args::to_i32(args[2])?))
}

fn textdomain(_: &Obj, domain: &Obj) -> Result<String> {
    let domain = optional_c_string("textdomain() argument", domain)?;
    // SAFETY: a C string, or null to ask.
    let current = unsafe { c_textdomain(pointer(&domain)) };
    if current.is_null() {
        Err(err::last_os_error(None))
    } else {
        Ok(text(current))
    }
}

fn bindtextdomain(_: &Obj, args: &[&Obj]) -> Result<String> {
    args::expect("bindtextdomain", args, 2..=2)?;
    let domain = c_string("bindtextdomain() argument 1", args[0])?;
    if domain.is_empty() {
        return failed("domain must be a non-empty string");
    }
    let dir = if args[1].is_none() {
        None
    } else {
        let path = vm::builtins::code::path_text(args[1])?;
        Some(CString::new(path).unwrap_or_default())
    };
    // SAFETY: C strings; null asks.
    let current = unsafe { c_bindtextdomain(domain.as_ptr(), pointer(&dir)) };
    if current.is_null() {
        Err(err::last_os_error(None))
    } else {
        Ok(text(current))
    }
}

fn bind_textdomain_codeset(_: &Obj, args: &[&Obj]) -> Result<Option<String>> {
    args::expect("bind_textdomain_codeset", args, 2..=2)?;
    let domain = c_string("bind_textdomain_codeset() argument 1", args[0])?;
    let codeset = optional_c_string("bind_textdomain_codeset() argument 2", args[1])?;
    // SAFETY: C strings; null asks.
    let current = unsafe { c_bind_textdomain_codeset(domain.as_ptr(), pointer(&codeset)) };
    Ok((!current.is_null()).then(|| text(current)))
}

static CONSTANTS: &[(&str, i64)] = &[
    ("ABDAY_1", 131072),
    ("ABDAY_2", 131073),
    ("ABDAY_3", 131074),
    ("ABDAY_4", 131075),
    ("ABDAY_5", 131076),
    ("ABDAY_6", 131077),
    ("ABDAY_7", 131078),
    ("ABMON_1", 131086),
    ("ABMON_10", 131095),
    ("ABMON_11", 131096),
    ("ABMON_12", 131097),
    ("ABMON_2", 131087),
    ("ABMON_3", 131088),
    ("ABMON_4", 131089),
    ("ABMON_5", 131090),
    ("ABMON_6", 131091),
    ("ABMON_7", 131092),
    ("ABMON_8", 131093),
    ("ABMON_9", 131094),
    ("ALT_DIGITS", 131119),
    ("AM_STR", 131110),
    ("CHAR_MAX", 127),
    ("CODESET", 14),
    ("CRNCYSTR", 262159),
    ("DAY_1", 131079),
    ("DAY_2", 131080),
    ("DAY_3", 131081),
    ("DAY_4", 131082),
    ("DAY_5", 131083),
    ("DAY_6", 131084),
    ("DAY_7", 131085),
    ("D_FMT", 131113),
    ("D_T_FMT", 131112),
    ("ERA", 131116),
    ("ERA_D_FMT", 131118),
    ("ERA_D_T_FMT", 131120),
    ("ERA_T_FMT", 131121),
    ("LC_ALL", 6),
    ("LC_COLLATE", 3),
    ("LC_CTYPE", 0),
    ("LC_MESSAGES", 5),
    ("LC_MONETARY", 4),
    ("LC_NUMERIC", 1),
    ("LC_TIME", 2),
    ("MON_1", 131098),
    ("MON_10", 131107),
    ("MON_11", 131108),
    ("MON_12", 131109),
    ("MON_2", 131099),
    ("MON_3", 131100),
    ("MON_4", 131101),
    ("MON_5", 131102),
    ("MON_6", 131103),
    ("MON_7", 131104),
    ("MON_8", 131105),
    ("MON_9", 131106),
    ("NOEXPR", 327681),
    ("PM_STR", 131111),
    ("RADIXCHAR", 65536),
    ("THOUSEP", 65537),
    ("T_FMT", 131114),
    ("T_FMT_AMPM", 131115),
    ("YESEXPR", 327680),
    ("_DATE_FMT", 131180),
];
