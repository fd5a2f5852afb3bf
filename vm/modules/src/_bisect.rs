//! `_bisect`: binary search in sorted sequences.

use crate::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_bisect",
    methods: METHODS,
    exec: |_| Ok(()),
};

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "bisect_right",
        |_: &Obj, bound| Search::new(bound)?.place(Side::Right),
        "($module, /, a, x, lo=0, hi=None, *, key=None)"
    ),
    keywords!(
        "insort_right",
        |_: &Obj, bound| Search::new(bound)?.insert(Side::Right),
        "($module, /, a, x, lo=0, hi=None, *, key=None)"
    ),
    keywords!(
        "bisect_left",
        |_: &Obj, bound| Search::new(bound)?.place(Side::Left),
        "($module, /, a, x, lo=0, hi=None, *, key=None)"
    ),
    keywords!(
        "insort_left",
        |_: &Obj, bound| Search::new(bound)?.insert(Side::Left),
        "($module, /, a, x, lo=0, hi=None, *, key=None)"
    ),
];

/// On which side of equal items the place is.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
}

struct Search<'a> {
    a: &'a Obj,
    x: &'a Obj,
    lo: isize,
    /// -1 for the sequence's length.
    hi: isize,
    key: Option<&'a Obj>,
}

impl<'a> Search<'a> {
    fn new([a, x, lo, hi, key]: [Option<&'a Obj>; 5]) -> Result<Search<'a>> {
        let lo = args::to_isize_or(lo, 0)?;
        let hi = match hi.filter(|hi| !hi.is_none()) {
            None => -1,
            Some(hi) if number::is_index(hi) => args::to_isize(hi)?,
            Some(hi) => {
                return raise!(
                    TypeError,
                    "argument should be integer or None, not '{}'",
                    hi.tp_name()
                );
            }
        };
        Ok(Search {
            a: required(a),
            x: required(x),
            lo,
            hi,
            key: key.filter(|key| !key.is_none()),
        })
    }

    /// Where `x`, which is a key if there are keys, belongs.
    fn place(&self, side: Side) -> Result<isize> {
        self.place_of(self.x, side)
    }

    fn place_of(&self, x: &Obj, side: Side) -> Result<isize> {
        if self.lo < 0 {
            return raise!(ValueError, "lo must be non-negative");
        }
        let mut lo = self.lo;
        let mut hi = if self.hi == -1 {
            proto::length(self.a)? as isize
        } else {
            self.hi
        };
        while lo < hi {
            let middle = ((lo as usize + hi as usize) / 2) as isize;
            let mut item = proto::sequence_item(self.a, middle)?;
            if let Some(key) = self.key {
                item = call::call1(key, &item)?;
            }
            let (left, right) = if side == Side::Left {
                (&*item, x)
            } else {
                (x, &*item)
            };
            let less = proto::is_true(&*proto::rich_compare(left, right, CompareOp::Lt)?)?;
            if less == (side == Side::Left) {
                lo = middle + 1;
            } else {
                hi = middle;
            }
        }
        Ok(lo)
    }

    fn insert(&self, side: Side) -> Result<()> {
        let i = match self.key {
            Some(key) => self.place_of(&*call::call1(key, self.x)?, side)?,
            None => self.place(side)?,
        };
        call::method(
            self.a,
            intern!("insert"),
            &[int::from_isize(i).as_obj(), self.x],
        )
        .map(drop)
    }
}
