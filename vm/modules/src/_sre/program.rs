//! Patterns as the matcher wants them: the code words that `re._compiler` emits, checked and decoded once into operations
//! with absolute targets.
//!
//! Invariant: a `Program` is well formed. Every target is an operation, every set and mark number is in range, so the
//! matcher checks none of it.

use text::Buf;

use super::charset::{Fold, Set};
use super::matcher::Spare;

/// Unlimited repetition.
pub const NO_LIMIT: u32 = u32::MAX;

/// An operation that looks at one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Single {
    Any,
    /// All but the line feed.
    AnyInLine,
    Is(u32),
    IsNot(u32),
    Folded(Fold, u32),
    NotFolded(Fold, u32),
    /// A member of a set, by its number.
    In(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Beginning,
    BeginningOfLine,
    Boundary(Words),
    NonBoundary(Words),
    End,
    EndOfLine,
    EndOfText,
}

/// Whose letters make words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    Ascii,
    Locale,
    Unicode,
}

/// What becomes of the characters that a repeated single could give back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Greedy,
    Lazy,
    Possessive,
}

#[derive(Clone, Debug)]
pub enum Op {
    /// The whole pattern matched.
    Success,
    Fail,
    One(Single),
    At(At),
    Mark(u32),
    Jump(u32),
    /// Goes on behind, and at `other` if that fails; at once if the next character cannot be the first.
    Choose {
        first: Option<Single>,
        other: u32,
    },
    Group {
        group: u32,
        fold: Option<Fold>,
    },
    /// Goes on behind if the group matched, else at `no`.
    IfGroup {
        group: u32,
        no: u32,
    },
    RepeatOne {
        single: Single,
        min: u32,
        max: u32,
        mood: Mood,
        then: Option<u32>,
    },
    /// Starts a repetition whose `Until` is at `until`.
    Repeat {
        until: u32,
    },
    Until {
        body: u32,
        min: u32,
        max: u32,
        lazy: bool,
    },
    /// A part that is matched on its own: what it could try otherwise is forgotten when it ends.
    Atomic,
    EndAtomic,
    /// `back` characters before the current one; `behind` is where to go on.
    Assert {
        back: u32,
    },
    EndAssert,
    AssertNot {
        back: u32,
        behind: u32,
    },
    EndAssertNot,
    /// Starts a repetition that gives nothing back.
    StartPossessive,
    /// The next round of it, which is matched on its own.
    Possessive {
        min: u32,
        max: u32,
        behind: u32,
    },
    EndPossessive {
        next: u32,
    },
}

/// How to find where a match may start.
#[derive(Clone, Debug, Default)]
pub struct Info {
    pub min: usize,
    /// The characters that every match begins with.
    pub prefix: Buf,
    /// The prefix is the whole pattern.
    pub literal: bool,
    /// The set that the first character belongs to.
    pub first: Option<u32>,
}

#[derive(Clone, Debug, Default)]
pub struct Program {
    pub ops: Vec<Op>,
    pub sets: Vec<Set>,
    pub info: Info,
    /// Number of marks: two for each group.
    pub marks: usize,
    pub spare: Spare,
}

mod code {
    pub const FAILURE: u32 = 0;
    pub const SUCCESS: u32 = 1;
    pub const ANY: u32 = 2;
    pub const ANY_ALL: u32 = 3;
    pub const ASSERT: u32 = 4;
    pub const ASSERT_NOT: u32 = 5;
    pub const AT: u32 = 6;
    pub const BRANCH: u32 = 7;
    pub const GROUPREF: u32 = 11;
    pub const GROUPREF_EXISTS: u32 = 12;
    pub const IN: u32 = 13;
    pub const INFO: u32 = 14;
    pub const JUMP: u32 = 15;
    pub const LITERAL: u32 = 16;
    pub const MARK: u32 = 17;
    pub const MAX_UNTIL: u32 = 18;
    pub const MIN_UNTIL: u32 = 19;
    pub const NOT_LITERAL: u32 = 20;
    pub const REPEAT: u32 = 23;
    pub const REPEAT_ONE: u32 = 24;
    pub const MIN_REPEAT_ONE: u32 = 26;
    pub const ATOMIC_GROUP: u32 = 27;
    pub const POSSESSIVE_REPEAT: u32 = 28;
    pub const POSSESSIVE_REPEAT_ONE: u32 = 29;
    pub const GROUPREF_IGNORE: u32 = 30;
    pub const IN_IGNORE: u32 = 31;
    pub const LITERAL_IGNORE: u32 = 32;
    pub const NOT_LITERAL_IGNORE: u32 = 33;
    pub const GROUPREF_LOC_IGNORE: u32 = 34;
    pub const IN_LOC_IGNORE: u32 = 35;
    pub const LITERAL_LOC_IGNORE: u32 = 36;
    pub const NOT_LITERAL_LOC_IGNORE: u32 = 37;
    pub const GROUPREF_UNI_IGNORE: u32 = 38;
    pub const IN_UNI_IGNORE: u32 = 39;
    pub const LITERAL_UNI_IGNORE: u32 = 40;
    pub const NOT_LITERAL_UNI_IGNORE: u32 = 41;

    pub const INFO_PREFIX: u32 = 1;
    pub const INFO_LITERAL: u32 = 2;
    pub const INFO_CHARSET: u32 = 4;
}
use code::*;

/// The code isn't what the compiler of patterns emits.
#[derive(Debug)]
pub struct Invalid;

type Decoded<T> = Result<T, Invalid>;

struct Decoder<'a> {
    code: &'a [u32],
    groups: u32,
    out: Program,
}

/// Checks and decodes the code of a pattern with so many groups.
pub fn decode(code: &[u32], groups: usize) -> Decoded<Program> {
    let groups = u32::try_from(groups).map_err(|_| Invalid)?;
    let mut decoder = Decoder {
        code,
        groups,
        out: Program {
            marks: 2 * groups as usize,
            ..Program::default()
        },
    };
    let Some((&SUCCESS, _)) = code.split_last() else {
        return Err(Invalid);
    };
    let mut at = 0;
    if code.first() == Some(&INFO) {
        at = decoder.info()?;
    }
    let end = code.len() - 1;
    if decoder.block(at, end)? != end {
        return Err(Invalid);
    }
    decoder.out.ops.push(Op::Success);
    decoder.note_followers();
    Ok(decoder.out)
}

impl Decoder<'_> {
    fn word(&self, at: usize) -> Decoded<u32> {
        self.code.get(at).copied().ok_or(Invalid)
    }

    /// Where the skip at `at` leads, not beyond `end`.
    fn skip(&self, at: usize, end: usize) -> Decoded<usize> {
        let to = at.checked_add(self.word(at)? as usize).ok_or(Invalid)?;
        if to > end { Err(Invalid) } else { Ok(to) }
    }

    fn here(&self) -> u32 {
        self.out.ops.len() as u32
    }

    fn emit(&mut self, op: Op) -> usize {
        self.out.ops.push(op);
        self.out.ops.len() - 1
    }

    /// `<skip> <flags> <min> <max>`, then a prefix with its table of overlaps, or a set.
    fn info(&mut self) -> Decoded<usize> {
        let end = self.skip(1, self.code.len())?;
        let flags = self.word(2)?;
        self.out.info.min = self.word(3)? as usize;
        if flags & INFO_PREFIX != 0 {
            let len = self.word(5)? as usize;
            let prefix = self
                .code
                .get(7..7 + len)
                .filter(|_| 7 + 2 * len <= end)
                .ok_or(Invalid)?;
            self.out.info.prefix = Buf::from_codes(prefix.iter().copied());
            self.out.info.literal = flags & INFO_LITERAL != 0;
        } else if flags & INFO_CHARSET != 0 {
            let set = self.set(5, end, Fold::None)?;
            self.out.info.first = Some(set);
        }
        Ok(end)
    }

    fn set(&mut self, start: usize, end: usize, fold: Fold) -> Decoded<u32> {
        let words = self.code.get(start..end).ok_or(Invalid)?;
        let set = Set::decode(words, fold).ok_or(Invalid)?;
        let known = self.out.sets.iter().position(|other| *other == set);
        Ok(known.unwrap_or_else(|| {
            self.out.sets.push(set);
            self.out.sets.len() - 1
        }) as u32)
    }

    /// The operation at `at` if it looks at one character, and what follows it.
    fn single(&mut self, at: usize, end: usize) -> Decoded<Option<(Single, usize)>> {
        let literal = |single: fn(u32) -> Single| Ok(Some((single(self.word(at + 1)?), at + 2)));
        let folded = |single: fn(Fold, u32) -> Single, fold| {
            Ok(Some((single(fold, self.word(at + 1)?), at + 2)))
        };
        match self.word(at)? {
            ANY => Ok(Some((Single::AnyInLine, at + 1))),
            ANY_ALL => Ok(Some((Single::Any, at + 1))),
            LITERAL => literal(Single::Is),
            NOT_LITERAL => literal(Single::IsNot),
            LITERAL_IGNORE => folded(Single::Folded, Fold::Ascii),
            LITERAL_LOC_IGNORE => folded(Single::Folded, Fold::Locale),
            LITERAL_UNI_IGNORE => folded(Single::Folded, Fold::Unicode),
            NOT_LITERAL_IGNORE => folded(Single::NotFolded, Fold::Ascii),
            NOT_LITERAL_LOC_IGNORE => folded(Single::NotFolded, Fold::Locale),
            NOT_LITERAL_UNI_IGNORE => folded(Single::NotFolded, Fold::Unicode),
            op @ (IN | IN_IGNORE | IN_LOC_IGNORE | IN_UNI_IGNORE) => {
                let fold = match op {
                    IN => Fold::None,
                    IN_IGNORE => Fold::Ascii,
                    IN_LOC_IGNORE => Fold::Locale,
                    _ => Fold::Unicode,
                };
                let next = self.skip(at + 1, end)?;
                Ok(Some((Single::In(self.set(at + 2, next, fold)?), next)))
            }
            _ => Ok(None),
        }
    }

    /// Decodes up to `end`, or up to a `JUMP`, which only ever ends an alternative; says where it stopped.
    fn block(&mut self, start: usize, end: usize) -> Decoded<usize> {
        let mut at = start;
        while at < end {
            if let Some((single, next)) = self.single(at, end)? {
                self.emit(Op::One(single));
                at = next;
                continue;
            }
            at = match self.word(at)? {
                JUMP => return Ok(at),
                FAILURE => {
                    self.emit(Op::Fail);
                    at + 1
                }
                AT => {
                    let place = place(self.word(at + 1)?)?;
                    self.emit(Op::At(place));
                    at + 2
                }
                MARK => {
                    let mark = self.word(at + 1)?;
                    if mark >= 2 * self.groups {
                        return Err(Invalid);
                    }
                    self.emit(Op::Mark(mark));
                    at + 2
                }
                op @ (GROUPREF | GROUPREF_IGNORE | GROUPREF_LOC_IGNORE | GROUPREF_UNI_IGNORE) => {
                    let fold = match op {
                        GROUPREF => None,
                        GROUPREF_IGNORE => Some(Fold::Ascii),
                        GROUPREF_LOC_IGNORE => Some(Fold::Locale),
                        _ => Some(Fold::Unicode),
                    };
                    let group = self.group(at + 1)?;
                    self.emit(Op::Group { group, fold });
                    at + 2
                }
                GROUPREF_EXISTS => self.if_group(at, end)?,
                BRANCH => self.branch(at, end)?,
                op @ (REPEAT_ONE | MIN_REPEAT_ONE | POSSESSIVE_REPEAT_ONE) => {
                    self.repeat_one(op, at, end)?
                }
                REPEAT => self.repeat(at, end)?,
                POSSESSIVE_REPEAT => self.possessive(at, end)?,
                ATOMIC_GROUP => {
                    let next = self.skip(at + 1, end)?;
                    self.emit(Op::Atomic);
                    self.body(at + 2, next)?;
                    self.emit(Op::EndAtomic);
                    next
                }
                op @ (ASSERT | ASSERT_NOT) => self.assertion(op, at, end)?,
                _ => return Err(Invalid),
            };
        }
        if at == end { Ok(at) } else { Err(Invalid) }
    }

    /// A part that ends in `SUCCESS` just before `end`.
    fn body(&mut self, start: usize, end: usize) -> Decoded<()> {
        let last = end
            .checked_sub(1)
            .filter(|&last| last >= start)
            .ok_or(Invalid)?;
        if self.word(last)? != SUCCESS || self.block(start, last)? != last {
            return Err(Invalid);
        }
        Ok(())
    }

    fn group(&self, at: usize) -> Decoded<u32> {
        let group = self.word(at)?;
        if group < self.groups {
            Ok(group)
        } else {
            Err(Invalid)
        }
    }

    fn limits(&self, at: usize) -> Decoded<(u32, u32)> {
        let (min, max) = (self.word(at)?, self.word(at + 1)?);
        if min <= max {
            Ok((min, max))
        } else {
            Err(Invalid)
        }
    }

    fn repeat_one(&mut self, op: u32, at: usize, end: usize) -> Decoded<usize> {
        let next = self.skip(at + 1, end)?;
        let (min, max) = self.limits(at + 2)?;
        let mood = match op {
            REPEAT_ONE => Mood::Greedy,
            MIN_REPEAT_ONE => Mood::Lazy,
            _ => Mood::Possessive,
        };
        let (single, behind) = self.single(at + 4, next)?.ok_or(Invalid)?;
        if behind + 1 != next || self.word(behind)? != SUCCESS {
            return Err(Invalid);
        }
        self.emit(Op::RepeatOne {
            single,
            min,
            max,
            mood,
            then: None,
        });
        Ok(next)
    }

    fn repeat(&mut self, at: usize, end: usize) -> Decoded<usize> {
        let until = self.skip(at + 1, end)?;
        let (min, max) = self.limits(at + 2)?;
        let start = self.emit(Op::Fail);
        if self.block(at + 4, until)? != until {
            return Err(Invalid);
        }
        let lazy = match self.word(until)? {
            MAX_UNTIL if until < end => false,
            MIN_UNTIL if until < end => true,
            _ => return Err(Invalid),
        };
        self.out.ops[start] = Op::Repeat { until: self.here() };
        self.emit(Op::Until {
            body: start as u32 + 1,
            min,
            max,
            lazy,
        });
        Ok(until + 1)
    }

    fn possessive(&mut self, at: usize, end: usize) -> Decoded<usize> {
        let last = self.skip(at + 1, end)?;
        let (min, max) = self.limits(at + 2)?;
        if last >= end || self.word(last)? != SUCCESS {
            return Err(Invalid);
        }
        self.emit(Op::StartPossessive);
        let next = self.emit(Op::Fail);
        if self.block(at + 4, last)? != last {
            return Err(Invalid);
        }
        self.emit(Op::EndPossessive { next: next as u32 });
        self.out.ops[next] = Op::Possessive {
            min,
            max,
            behind: self.here(),
        };
        Ok(last + 1)
    }

    fn assertion(&mut self, op: u32, at: usize, end: usize) -> Decoded<usize> {
        let next = self.skip(at + 1, end)?;
        let back = self.word(at + 2)?;
        let start = self.emit(Op::Assert { back });
        self.body(at + 3, next)?;
        if op == ASSERT {
            self.emit(Op::EndAssert);
        } else {
            self.emit(Op::EndAssertNot);
            self.out.ops[start] = Op::AssertNot {
                back,
                behind: self.here(),
            };
        }
        Ok(next)
    }

    /// `<skip> alternative JUMP <to the end>`, any number of times, then a skip of 0.
    fn branch(&mut self, at: usize, end: usize) -> Decoded<usize> {
        let mut at = at + 1;
        let mut jumps = Vec::new();
        let mut target = None;
        loop {
            let skip = self.word(at)?;
            if skip == 0 {
                break;
            }
            let next = self.skip(at, end)?;
            let last = self.word(next)? == 0;
            let split = self.emit(Op::Fail);
            let stop = self.block(at + 1, next)?;
            if stop + 2 != next || self.word(stop)? != JUMP {
                return Err(Invalid);
            }
            let to = self.skip(stop + 1, end)?;
            if *target.get_or_insert(to) != to {
                return Err(Invalid);
            }
            jumps.push(self.emit(Op::Fail));
            self.out.ops[split] = if last {
                Op::Jump(split as u32 + 1)
            } else {
                Op::Choose {
                    first: self.first_single(split + 1),
                    other: self.here(),
                }
            };
            at = next;
        }
        let behind = at + 1;
        if target.is_some_and(|to| to != behind) {
            return Err(Invalid);
        }
        let here = self.here();
        for jump in jumps {
            self.out.ops[jump] = Op::Jump(here);
        }
        Ok(behind)
    }

    fn if_group(&mut self, at: usize, end: usize) -> Decoded<usize> {
        let group = self.group(at + 1)?;
        let no = (at + 1)
            .checked_add(self.word(at + 2)? as usize)
            .filter(|&no| no <= end)
            .ok_or(Invalid)?;
        let test = self.emit(Op::Fail);
        let stop = self.block(at + 3, no)?;
        if stop == no {
            self.out.ops[test] = Op::IfGroup {
                group,
                no: self.here(),
            };
            return Ok(no);
        }
        if stop + 2 != no {
            return Err(Invalid);
        }
        let behind = self.skip(stop + 1, end)?;
        let jump = self.emit(Op::Fail);
        self.out.ops[test] = Op::IfGroup {
            group,
            no: self.here(),
        };
        if self.block(no, behind)? != behind {
            return Err(Invalid);
        }
        self.out.ops[jump] = Op::Jump(self.here());
        Ok(behind)
    }

    /// What the first character of the part that starts at an operation must be, if that is plain.
    fn first_single(&self, mut at: usize) -> Option<Single> {
        loop {
            match self.out.ops.get(at)? {
                Op::One(single) => return Some(*single),
                Op::RepeatOne { single, min, .. } if *min > 0 => return Some(*single),
                Op::Mark(_) => at += 1,
                _ => return None,
            }
        }
    }

    /// Tells each repetition of a single the literal behind it, without which it need not try to go on.
    fn note_followers(&mut self) {
        for at in 0..self.out.ops.len() {
            let literal = match self.out.ops.get(at + 1) {
                Some(Op::One(Single::Is(c))) => Some(*c),
                _ => None,
            };
            if let Op::RepeatOne { then, .. } = &mut self.out.ops[at] {
                *then = literal;
            }
        }
    }
}

fn place(at: u32) -> Decoded<At> {
    Ok(match at {
        0 | 2 => At::Beginning,
        1 => At::BeginningOfLine,
        3 => At::Boundary(Words::Ascii),
        4 => At::NonBoundary(Words::Ascii),
        5 => At::End,
        6 => At::EndOfLine,
        7 => At::EndOfText,
        8 => At::Boundary(Words::Locale),
        9 => At::NonBoundary(Words::Locale),
        10 => At::Boundary(Words::Unicode),
        11 => At::NonBoundary(Words::Unicode),
        _ => return Err(Invalid),
    })
}
