//! `_random`: the Mersenne Twister as a class, which `random.Random` extends.

use core::cell::UnsafeCell;

use num::random::Random as Twister;

use crate::prelude::*;
use vm::types::int::IntExt as _;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_random",
    methods: &[],
    exec,
};

fn exec(m: &Obj) -> Result<()> {
    add_types(m, &[(&RANDOM, c"_random.Random", define)])
}

/// A generator of random numbers.
#[repr(C)]
pub struct Random {
    ob_base: PyObject,
    twister: UnsafeCell<Twister>,
}

static_type!(Random, RANDOM);

fn define(b: &mut TypeBuilder) {
    b.basicsize::<Random>()
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_new(
            |tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| {
                // Zeroed memory is a state, which `__init__` replaces.
                type_alloc(tp, 0)
            },
        )
        .tp_init(init)
        .methods(METHODS);
}

static METHODS: &[PyMethodDef] = &[
    noargs!(
        "random",
        |r: &Random| Ok(r.with(Twister::random)),
        "($self, /)"
    ),
    fastcall!("seed", seed_method, "($self, n=None, /)"),
    noargs!("getstate", getstate, "($self, /)"),
    o!("setstate", setstate, "($self, state, /)"),
    o!("getrandbits", getrandbits, "($self, k, /)"),
];

impl Random {
    fn with<R>(&self, f: impl FnOnce(&mut Twister) -> R) -> R {
        // SAFETY: the lock is held and `f` runs no Python code, so that this is the only borrow.
        f(unsafe { &mut *self.twister.get() })
    }
}

fn init(r: &Random, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    no_keywords("Random", &RANDOM, r.as_obj().ty(), kwargs)?;
    args::expect("Random", args.objects(), 0..=1)?;
    seed(r, args.objects().first().copied())
}

fn seed_method(r: &Random, args: &[&Obj]) -> Result<()> {
    args::expect("seed", args, 0..=1)?;
    seed(r, args.first().copied())
}

/// Words that nobody can guess.
fn entropy() -> Vec<u32> {
    let mut words = vec![0u32; Twister::STATE_LEN];
    let mut filled = 0;
    while filled < size_of_val(&words[..]) {
        // SAFETY: writes at most what is left of the words.
        let n = unsafe {
            let start = words.as_mut_ptr().cast::<u8>().add(filled);
            libc::getrandom(start.cast(), size_of_val(&words[..]) - filled, 0)
        };
        match usize::try_from(n) {
            Ok(n) => filled += n,
            Err(_) if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {
            }
            // The clock is better than nothing.
            Err(_) => {
                return vec![
                    std::time::UNIX_EPOCH
                        .elapsed()
                        .map_or(0, |t| t.as_nanos() as u32),
                ];
            }
        }
    }
    words
}

fn seed(r: &Random, arg: Option<&Obj>) -> Result<()> {
    let Some(arg) = arg.filter(|o| !o.is_none()) else {
        let words = entropy();
        r.with(|twister| *twister = Twister::from_words(&words));
        return Ok(());
    };
    let new = match arg.downcast::<PyLongObject>() {
        // The sign is lost, even if a subclass thinks otherwise.
        Some(n) => Twister::from_digits(n.magnitude()),
        None => Twister::from_digits(int::from_u64(proto::hash(arg)? as u64).magnitude()),
    };
    r.with(|twister| *twister = new);
    Ok(())
}

fn getstate(r: &Random) -> Result<Ref<PyTupleObject>> {
    let (words, next) = r.with(|twister| {
        let (words, next) = twister.state();
        (*words, next)
    });
    let numbers = words
        .iter()
        .map(|&w| int::from_u64(u64::from(w)).into_obj());
    Ok(tuple::from_vec(
        numbers.chain([int::from_usize(next).into_obj()]).collect(),
    ))
}

fn setstate(r: &Random, state: &Obj) -> Result<()> {
    let Some(items) = state.downcast::<PyTupleObject>() else {
        return raise!(TypeError, "state vector must be a tuple");
    };
    let [words @ .., next] = items.items() else {
        return raise!(ValueError, "state vector is the wrong size");
    };
    let mut state = [0; Twister::STATE_LEN];
    if words.len() != state.len() {
        return raise!(ValueError, "state vector is the wrong size");
    }
    for (word, o) in state.iter_mut().zip(words) {
        let Some(n) = o.downcast::<PyLongObject>() else {
            return raise!(TypeError, "an integer is required");
        };
        if n.is_negative() {
            return raise!(
                OverflowError,
                "can't convert negative value to unsigned int"
            );
        }
        match n.to_u64() {
            Some(n) => *word = n as u32,
            None => {
                return raise!(
                    OverflowError,
                    "Python int too large to convert to C unsigned long"
                );
            }
        }
    }
    let next = args::to_i64(next)?;
    let Some(new) = usize::try_from(next)
        .ok()
        .and_then(|next| Twister::from_state(state, next))
    else {
        return raise!(ValueError, "invalid state");
    };
    r.with(|twister| *twister = new);
    Ok(())
}

fn getrandbits(r: &Random, k: &Obj) -> Result<Ref<PyLongObject>> {
    let k = number::index_int(k)?;
    if k.is_negative() {
        return raise!(ValueError, "Cannot convert negative int");
    }
    let Some(k) = k.to_u64() else {
        return raise!(OverflowError, "Python int too large for C uint64_t");
    };
    if k > 1 << 40 {
        return Err(err::no_memory());
    }
    let words = r.with(|twister| twister.random_words(k));
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    Ok(int::from_byte_string(&bytes, true, false))
}
