//! What argument parsers that CPython's generator wrote call: counts of positional arguments, binding of keywords.

use core::ffi::{CStr, c_char, c_int};
use core::ptr;

use layout::*;
use vm::err::{self, Raised, Result, exc};
use vm::object::*;
use vm::protocol::object;
use vm::types::dict::DictExt as _;
use vm::types::str_;
use vm::types::tuple::TupleExt as _;
use vm::types::type_::CompareOp;

use crate::shape::*;

/// `_PyArg_Parser`: the names of the parameters, the positional-only ones empty and first.
#[repr(C)]
pub struct Parser {
    format: *const c_char,
    keywords: *const *const c_char,
    fname: *const c_char,
    custom_msg: *const c_char,
    once: u8,
    is_kwtuple_owned: c_int,
    pos: c_int,
    min: c_int,
    max: c_int,
    kwtuple: P,
    next: *mut Parser,
}

/// How many arguments a function takes.
struct Counts {
    min_positional: usize,
    max_positional: usize,
    min_keyword: usize,
    var_positional: bool,
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

#[cold]
fn type_error(message: String) -> Raised {
    err::new(&exc::TypeError, format_args!("{message}"))
}

impl Parser {
    fn function(&self) -> String {
        // SAFETY: C text, as a parser has it.
        unsafe {
            if !self.fname.is_null() {
                return format!("{}()", text(self.fname));
            }
            let format = if self.format.is_null() {
                "".into()
            } else {
                text(self.format)
            };
            match format.split_once(':') {
                Some((_, name)) => format!("{name}()"),
                None => "function".to_owned(),
            }
        }
    }

    /// The parameters' names, interned, and how many of them, the first, are positional-only.
    fn names(&self) -> (Vec<&'static Obj>, usize) {
        let mut names = Vec::new();
        // SAFETY: an array of C texts that ends with null.
        unsafe {
            let mut at = self.keywords;
            while !(*at).is_null() {
                names.push(str_::intern_str(&CStr::from_ptr(*at).to_string_lossy()));
                at = at.add(1);
            }
        }
        let empty = |name: &&&Obj| str_::same_text(name, "");
        let positional_only = names.iter().take_while(empty).count();
        (names, positional_only)
    }

    fn check(&self, counts: &Counts, total: usize, given: usize, named: usize) -> Result<()> {
        let (least, most) = (counts.min_positional, counts.max_positional);
        if !counts.var_positional && given + named > total {
            let kind = if given == 0 { "keyword " } else { "" };
            return Err(type_error(format!(
                "{} takes at most {total} {kind}argument{} ({} given)",
                self.function(),
                plural(total),
                given + named
            )));
        }
        if !counts.var_positional && given > most {
            let how = if least < most { "at most" } else { "exactly" };
            return Err(type_error(match most {
                0 => format!("{} takes no positional arguments", self.function()),
                _ => format!(
                    "{} takes {how} {most} positional argument{} ({given} given)",
                    self.function(),
                    plural(most)
                ),
            }));
        }
        if given < least {
            let how = if counts.var_positional || least < most {
                "at least"
            } else {
                "exactly"
            };
            return Err(type_error(format!(
                "{} takes {how} {least} positional argument{} ({given} given)",
                self.function(),
                plural(least)
            )));
        }
        Ok(())
    }

    /// Fills `slots`, one for each parameter, from positional and named arguments.
    fn bind(
        &self,
        counts: &Counts,
        positional: &[P],
        named: &[(Ref, P)],
        slots: &mut [P],
    ) -> Result<()> {
        let (names, positional_only) = self.names();
        self.check(counts, names.len(), positional.len(), named.len())?;
        let given = positional.len().min(counts.max_positional);
        slots[..given].copy_from_slice(&positional[..given]);
        slots[given..].fill(ptr::null_mut());
        let needed = match counts.min_keyword {
            0 => counts.min_positional,
            n => counts.max_positional + n,
        };
        let mut refused = None;
        for (name, value) in named {
            let at = names
                .iter()
                .skip(positional_only)
                .position(|n| same_name(n, name));
            match at.map(|at| at + positional_only) {
                Some(at) if at >= given => slots[at] = *value,
                at => refused = refused.or(Some((name, at))),
            }
        }
        for at in given..names.len().min(needed) {
            if slots[at].is_null() && at >= positional_only {
                return Err(type_error(format!(
                    "{} missing required argument '{}' (pos {})",
                    self.function(),
                    str_lossy(names[at]),
                    at + 1
                )));
            }
        }
        match refused {
            None => Ok(()),
            Some((name, at)) => Err(self.refuse(&names[positional_only..], name, at)),
        }
    }

    #[cold]
    fn refuse(&self, names: &[&'static Obj], name: &Obj, position: Option<usize>) -> Raised {
        let function = self.function();
        if let Some(at) = position {
            return type_error(format!(
                "argument for {function} given by name ('{}') and position ({})",
                str_lossy(name),
                at + 1
            ));
        }
        if !name.is::<PyUnicodeObject>() {
            return type_error("keywords must be strings".to_owned());
        }
        for known in names {
            match object::rich_compare_bool(known, name, CompareOp::Eq) {
                Ok(false) => {}
                Ok(true) => return type_error(format!("invalid keyword argument for {function}")),
                Err(raised) => return raised,
            }
        }
        let candidates: Vec<Ref> = names.iter().map(|n| n.new_ref()).collect();
        let hint = vm::suggestions::best(&candidates, name).map_or_else(String::new, |like| {
            format!(". Did you mean '{}'?", str_lossy(&like))
        });
        type_error(format!(
            "{function} got an unexpected keyword argument '{}'{hint}",
            str_lossy(name)
        ))
    }
}

fn same_name(known: &Obj, name: &Obj) -> bool {
    known.is_same(name) || name.is::<PyUnicodeObject>() && str_::same_text(known, &str_lossy(name))
}

/// The named arguments: from a dict, or from a tuple of names and the values behind the positional arguments.
///
/// # Safety
/// As the C API has it.
unsafe fn named(args: *const P, given: usize, kwargs: P, names: P) -> Vec<(Ref, P)> {
    let mut all = Vec::new();
    // SAFETY: the caller's.
    unsafe {
        if let Some(kwargs) = kwargs.cast::<PyDictObject>().as_ref() {
            let mut pos = 0;
            while let Some((name, value, _)) = kwargs.next(&mut pos) {
                all.push((name, value.as_ptr()));
            }
        } else if let Some(names) = names.cast::<PyTupleObject>().as_ref() {
            for (i, name) in names.items().iter().enumerate() {
                all.push((name.clone(), *args.add(given + i)));
            }
        }
    }
    all
}

api! {
    fn _PyArg_CheckPositional(name: *const c_char, given: isize, min: isize, max: isize) -> c_int {
        if (min..=max).contains(&given) { return 1; }
        let (how, n) = if given < min { ("at least ", min) } else { ("at most ", max) };
        let how = if min == max { "" } else { how };
        let plural = plural(n as usize);
        let _ = if name.is_null() {
            type_error(format!("unpacked tuple should have {how}{n} element{plural}, but has {given}"))
        } else {
            type_error(format!("{} expected {how}{n} argument{plural}, got {given}", text(name)))
        };
        0
    }
    fn _PyArg_BadArgument(function: *const c_char, which: *const c_char, wanted: *const c_char, o: P) {
        let got = if b(o).is_none() { "None".to_owned() } else { b(o).tp_name().to_owned() };
        let _ = type_error(format!("{}() {} must be {}, not {got}", text(function), text(which), text(wanted)));
    }
    fn _PyArg_UnpackKeywords(
        args: *const P, given: isize, kwargs: P, names: P, parser: *mut Parser,
        min_positional: c_int, max_positional: c_int, min_keyword: c_int, var_positional: c_int, buffer: *mut P,
    ) -> *const P {
        let parser = &*parser;
        let given = given as usize;
        let counts = Counts {
            min_positional: min_positional as usize,
            max_positional: max_positional as usize,
            min_keyword: min_keyword as usize,
            var_positional: var_positional != 0,
        };
        let positional = if given == 0 { &[][..] } else { core::slice::from_raw_parts(args, given) };
        let named = named(args, given, kwargs, names);
        let total = parser.names().0.len();
        let slots = core::slice::from_raw_parts_mut(buffer, total);
        match parser.bind(&counts, positional, &named, slots) {
            Ok(()) => buffer.cast_const(),
            Err(_) => ptr::null(),
        }
    }
}
