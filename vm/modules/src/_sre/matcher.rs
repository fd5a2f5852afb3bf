//! The matcher: runs a `Program` over characters of one width, with its choices on a stack of its own, so that no pattern
//! or text makes it recurse.
//!
//! A choice remembers a place to go on from, and how much of the other stacks there was: marks that were changed since
//! are undone from the trail, repetitions that began since are forgotten. Repetitions are a list whose nodes never change,
//! one for each round; so going back is setting a number.

use core::cell::Cell;
use core::{fmt, mem};

use text::{Char, Str, search};

use super::charset::{Fold, is_word, lower, same};
use super::program::{At, Mood, NO_LIMIT, Op, Program, Single, Words};

/// A mark that isn't set.
pub const UNSET: usize = usize::MAX;
/// No repetition is under way.
const OUTSIDE: u32 = u32::MAX;
/// How many steps pass between two looks at signals.
const PATIENCE: u32 = 1 << 14;

/// Why matching stopped without an answer.
#[derive(Debug)]
pub enum Stop {
    Interrupted,
    NoMemory,
}

type Answer<T> = Result<T, Stop>;

#[derive(Clone, Copy)]
enum Kind {
    /// Goes on at an operation.
    Resume,
    /// A greedy repetition of a single, which can give one back.
    Greedy,
    /// A lazy one, which can take one more.
    Lazy,
    /// The start of a part that is matched on its own; when it fails, so does what is around it.
    Barrier,
    /// The same, but its failure lets the match go on at an operation.
    Otherwise,
}

struct Choice {
    kind: Kind,
    op: u32,
    /// Where the text goes on; for the repetitions, where they began (greedy) or are (lazy).
    at: usize,
    count: usize,
    repeat: u32,
    nodes: u32,
    trail: usize,
}

/// One round of a repetition.
struct Node {
    /// Rounds that are complete.
    count: u32,
    /// Where the last round began.
    last: usize,
    outer: u32,
}

/// The memory of a matcher.
#[derive(Default)]
struct Stacks {
    marks: Vec<usize>,
    choices: Vec<Choice>,
    barriers: Vec<u32>,
    nodes: Vec<Node>,
    trail: Vec<(u32, usize)>,
}

/// Memory that the next matcher for the same program takes over, so that most matches need none of their own.
#[derive(Default)]
pub struct Spare(Cell<Stacks>);

impl Clone for Spare {
    fn clone(&self) -> Spare {
        Spare::default()
    }
}

impl fmt::Debug for Spare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spare")
    }
}

/// How many choices the memory that is kept has room for at most.
const SPARE_CHOICES: usize = 1 << 10;

impl Drop for Matcher<'_> {
    fn drop(&mut self) {
        if self.choices.capacity().max(self.trail.capacity()) > SPARE_CHOICES {
            return;
        }
        self.program.spare.0.set(Stacks {
            marks: mem::take(&mut self.marks),
            choices: mem::take(&mut self.choices),
            barriers: mem::take(&mut self.barriers),
            nodes: mem::take(&mut self.nodes),
            trail: mem::take(&mut self.trail),
        });
    }
}

/// What is kept from one match to the next.
pub struct Matcher<'p> {
    program: &'p Program,
    /// Two for each group.
    pub marks: Vec<usize>,
    /// The group that ended last, counted from 1; 0 for none.
    pub last_index: usize,
    /// Where the match that was found begins and ends.
    pub start: usize,
    pub end: usize,
    /// The match must reach the end of the text.
    pub whole: bool,
    /// The match must not be empty if it begins here.
    pub advance_from: Option<usize>,
    choices: Vec<Choice>,
    /// The stack indices of the barriers among the choices.
    barriers: Vec<u32>,
    nodes: Vec<Node>,
    trail: Vec<(u32, usize)>,
    steps: u32,
}

/// The trail's name for `last_index`.
const LAST_INDEX: u32 = u32::MAX;

impl<'p> Matcher<'p> {
    pub fn new(program: &'p Program) -> Matcher<'p> {
        let mut spare = program.spare.0.take();
        spare.marks.clear();
        spare.marks.resize(program.marks, UNSET);
        spare.trail.clear();
        Matcher {
            program,
            marks: spare.marks,
            last_index: 0,
            start: 0,
            end: 0,
            whole: false,
            advance_from: None,
            choices: spare.choices,
            barriers: spare.barriers,
            nodes: spare.nodes,
            trail: spare.trail,
            steps: 0,
        }
    }

    /// Matches at `from`, in the text up to `end`.
    pub fn match_at(
        &mut self,
        text: Str<'_>,
        from: usize,
        end: usize,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Answer<bool> {
        text::each_kind!(text, chars => self.attempt(&chars[..end], from, interrupted))
    }

    /// Looks for the first match that begins at `from` or behind it.
    pub fn search(
        &mut self,
        text: Str<'_>,
        from: usize,
        end: usize,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Answer<bool> {
        text::each_kind!(text, chars => self.seek(&chars[..end], from, interrupted))
    }

    fn seek<C: Char>(
        &mut self,
        text: &[C],
        mut from: usize,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Answer<bool> {
        let info = &self.program.info;
        let Some(last) = text.len().checked_sub(info.min) else {
            return Ok(false);
        };
        let prefix = info.prefix.as_str();
        while from <= last {
            if !prefix.is_empty() {
                match search::find(C::view(&text[from..]), prefix) {
                    Some(step) => from += step,
                    None => return Ok(false),
                }
                if info.literal && !self.whole {
                    self.reset();
                    (self.start, self.end) = (from, from + prefix.len());
                    return Ok(true);
                }
            } else if let Some(set) = info.first {
                let set = &self.program.sets[set as usize];
                match text[from..].iter().position(|c| set.has(c.code())) {
                    Some(step) => from += step,
                    None => return Ok(false),
                }
            }
            if self.attempt(text, from, interrupted)? {
                return Ok(true);
            }
            if matches!(self.program.ops.first(), Some(Op::At(At::Beginning))) {
                return Ok(false);
            }
            from += 1;
        }
        Ok(false)
    }

    /// Takes back every mark that the attempt before has set.
    fn reset(&mut self) {
        self.undo(0);
    }

    fn one<C: Char>(&self, single: Single, c: C) -> bool {
        let c = c.code();
        match single {
            Single::Any => true,
            Single::AnyInLine => c != 10,
            Single::Is(other) => c == other,
            Single::IsNot(other) => c != other,
            Single::Folded(fold, other) => same(fold, other, c),
            Single::NotFolded(fold, other) => !same(fold, other, c),
            Single::In(set) => self.program.sets[set as usize].has(c),
        }
    }

    /// How many characters at the start of a text are of a kind.
    fn run<C: Char>(&self, single: Single, text: &[C]) -> usize {
        let run = |test: &dyn Fn(u32) -> bool| text.iter().position(|c| !test(c.code()));
        match single {
            Single::Any => None,
            Single::AnyInLine => search::find_char(C::view(text), 10),
            Single::Is(other) => text.iter().position(|c| c.code() != other),
            Single::IsNot(other) => search::find_char(C::view(text), other),
            Single::Folded(fold, other) => run(&|c| same(fold, other, c)),
            Single::NotFolded(fold, other) => run(&|c| !same(fold, other, c)),
            Single::In(set) => {
                let set = &self.program.sets[set as usize];
                text.iter().position(|c| !set.has(c.code()))
            }
        }
        .unwrap_or(text.len())
    }

    fn set_mark(&mut self, mark: u32, at: usize) {
        let old = core::mem::replace(&mut self.marks[mark as usize], at);
        self.trail.push((mark, old));
        if mark & 1 != 0 {
            self.trail.push((LAST_INDEX, self.last_index));
            self.last_index = mark as usize / 2 + 1;
        }
    }

    fn undo(&mut self, to: usize) {
        while self.trail.len() > to
            && let Some((mark, old)) = self.trail.pop()
        {
            if mark == LAST_INDEX {
                self.last_index = old;
            } else {
                self.marks[mark as usize] = old;
            }
        }
    }

    fn choose(&mut self, kind: Kind, op: u32, at: usize, count: usize, repeat: u32) {
        self.choices.push(Choice {
            kind,
            op,
            at,
            count,
            repeat,
            nodes: self.nodes.len() as u32,
            trail: self.trail.len(),
        });
    }

    fn guard(&mut self, kind: Kind, op: u32, at: usize, repeat: u32) {
        self.barriers.push(self.choices.len() as u32);
        self.choose(kind, op, at, 0, repeat);
    }

    /// Forgets the choices of the innermost guarded part; gives where it began, and its repetition.
    fn cut(&mut self) -> (usize, u32) {
        let Some(barrier) = self.barriers.pop() else {
            return (0, OUTSIDE);
        };
        let choice = &self.choices[barrier as usize];
        let began = (choice.at, choice.repeat);
        self.choices.truncate(barrier as usize);
        began
    }

    /// The latest choice that can still be made otherwise: the operation, the place and the repetition to go on with.
    fn back<C: Char>(&mut self, text: &[C]) -> Option<(u32, usize, u32)> {
        loop {
            let choice = self.choices.last()?;
            let (kind, op, at, count, repeat) = (
                choice.kind,
                choice.op,
                choice.at,
                choice.count,
                choice.repeat,
            );
            let (nodes, trail) = (choice.nodes, choice.trail);
            self.undo(trail);
            self.nodes.truncate(nodes as usize);
            match kind {
                Kind::Resume => {
                    self.choices.pop();
                    return Some((op, at, repeat));
                }
                Kind::Greedy => {
                    let Op::RepeatOne { min, then, .. } = self.program.ops[op as usize] else {
                        return None;
                    };
                    let given_back = match then {
                        // What follows must be at the place that it is given back.
                        Some(c) => text[at + min as usize..at + count]
                            .iter()
                            .rposition(|x| x.code() == c),
                        None => (count > min as usize).then(|| count - 1 - min as usize),
                    };
                    let Some(kept) = given_back.map(|n| n + min as usize) else {
                        self.choices.pop();
                        continue;
                    };
                    if kept == min as usize {
                        self.choices.pop();
                    } else if let Some(choice) = self.choices.last_mut() {
                        choice.count = kept;
                    }
                    return Some((op + 1, at + kept, repeat));
                }
                Kind::Lazy => {
                    let Op::RepeatOne { single, max, .. } = self.program.ops[op as usize] else {
                        return None;
                    };
                    let room = max == NO_LIMIT || count < max as usize;
                    if room && text.get(at).is_some_and(|&c| self.one(single, c)) {
                        if let Some(choice) = self.choices.last_mut() {
                            choice.at = at + 1;
                            choice.count = count + 1;
                        }
                        return Some((op + 1, at + 1, repeat));
                    }
                    self.choices.pop();
                }
                Kind::Barrier => {
                    self.choices.pop();
                    self.barriers.pop();
                }
                Kind::Otherwise => {
                    self.choices.pop();
                    self.barriers.pop();
                    return Some((op, at, repeat));
                }
            }
        }
    }

    fn attempt<C: Char>(
        &mut self,
        text: &[C],
        from: usize,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Answer<bool> {
        self.reset();
        self.choices.clear();
        self.barriers.clear();
        self.nodes.clear();
        let program = self.program;
        let (mut op, mut at, mut repeat) = (0u32, from, OUTSIDE);
        loop {
            self.steps = self.steps.wrapping_add(1);
            if self.steps.is_multiple_of(PATIENCE) {
                self.pause(interrupted)?;
            }
            let matched = match &program.ops[op as usize] {
                Op::One(single) => match text.get(at) {
                    Some(&c) if self.one(*single, c) => {
                        at += 1;
                        op += 1;
                        true
                    }
                    _ => false,
                },
                Op::Choose { first, other } => {
                    let possible = first
                        .is_none_or(|single| text.get(at).is_some_and(|&c| self.one(single, c)));
                    if possible {
                        self.choose(Kind::Resume, *other, at, 0, repeat);
                        op += 1;
                    } else {
                        op = *other;
                    }
                    true
                }
                &Op::RepeatOne {
                    single,
                    min,
                    max,
                    mood,
                    then,
                } => {
                    let rest = &text[at..];
                    let most = if max == NO_LIMIT {
                        rest.len()
                    } else {
                        rest.len().min(max as usize)
                    };
                    let least = min as usize;
                    let taken = match mood {
                        Mood::Lazy => self.run(single, &rest[..least.min(rest.len())]),
                        _ => self.run(single, &rest[..most]),
                    };
                    if taken < least {
                        false
                    } else {
                        match mood {
                            Mood::Greedy if taken > least => {
                                self.choose(Kind::Greedy, op, at, taken, repeat)
                            }
                            Mood::Lazy => self.choose(Kind::Lazy, op, at + taken, taken, repeat),
                            _ => {}
                        }
                        at += taken;
                        op += 1;
                        // Fails at once if what follows is not there.
                        then.is_none_or(|c| text.get(at).is_some_and(|x| x.code() == c))
                    }
                }
                Op::Mark(mark) => {
                    self.set_mark(*mark, at);
                    op += 1;
                    true
                }
                Op::Jump(to) => {
                    op = *to;
                    true
                }
                Op::At(place) => {
                    op += 1;
                    is_at(*place, text, at)
                }
                Op::Repeat { until } => {
                    self.nodes.push(Node {
                        count: u32::MAX,
                        last: UNSET,
                        outer: repeat,
                    });
                    repeat = self.nodes.len() as u32 - 1;
                    op = *until;
                    true
                }
                Op::Until {
                    body,
                    min,
                    max,
                    lazy,
                } => {
                    let node = &self.nodes[repeat as usize];
                    // The first time round nothing is complete: -1 + 1.
                    let (count, last, outer) = (node.count.wrapping_add(1), node.last, node.outer);
                    let more = (*max == NO_LIMIT || count < *max) && at != last;
                    if count < *min {
                        self.nodes.push(Node { count, last, outer });
                        repeat = self.nodes.len() as u32 - 1;
                        op = *body;
                    } else if more && *lazy {
                        self.nodes.push(Node {
                            count,
                            last: at,
                            outer,
                        });
                        let again = self.nodes.len() as u32 - 1;
                        self.choose(Kind::Resume, *body, at, 0, again);
                        repeat = outer;
                        op += 1;
                    } else if more {
                        self.choose(Kind::Resume, op + 1, at, 0, outer);
                        self.nodes.push(Node {
                            count,
                            last: at,
                            outer,
                        });
                        repeat = self.nodes.len() as u32 - 1;
                        op = *body;
                    } else {
                        repeat = outer;
                        op += 1;
                    }
                    true
                }
                Op::Group { group, fold } => match self.same_group(text, *group, *fold, at) {
                    Some(len) => {
                        at += len;
                        op += 1;
                        true
                    }
                    None => false,
                },
                Op::IfGroup { group, no } => {
                    let (start, end) = (
                        self.marks[2 * *group as usize],
                        self.marks[2 * *group as usize + 1],
                    );
                    op = if end == UNSET || start > end {
                        *no
                    } else {
                        op + 1
                    };
                    true
                }
                Op::Atomic => {
                    self.guard(Kind::Barrier, op, at, repeat);
                    op += 1;
                    true
                }
                Op::EndAtomic => {
                    (_, repeat) = self.cut();
                    op += 1;
                    true
                }
                Op::Assert { back } => match at.checked_sub(*back as usize) {
                    Some(behind) => {
                        self.guard(Kind::Barrier, op, at, repeat);
                        at = behind;
                        op += 1;
                        true
                    }
                    None => false,
                },
                Op::EndAssert => {
                    (at, repeat) = self.cut();
                    op += 1;
                    true
                }
                Op::AssertNot { back, behind } => {
                    match at.checked_sub(*back as usize) {
                        Some(earlier) => {
                            self.guard(Kind::Otherwise, *behind, at, repeat);
                            at = earlier;
                            op += 1;
                        }
                        None => op = *behind,
                    }
                    true
                }
                Op::EndAssertNot => {
                    self.cut();
                    false
                }
                Op::StartPossessive => {
                    self.nodes.push(Node {
                        count: 0,
                        last: UNSET,
                        outer: repeat,
                    });
                    repeat = self.nodes.len() as u32 - 1;
                    op += 1;
                    true
                }
                Op::Possessive { min, max, behind } => {
                    let &Node { count, last, outer } = &self.nodes[repeat as usize];
                    if count < *min {
                        self.guard(Kind::Barrier, op, at, repeat);
                        op += 1;
                    } else if (*max == NO_LIMIT || count < *max) && at != last {
                        self.guard(Kind::Otherwise, *behind, at, outer);
                        op += 1;
                    } else {
                        repeat = outer;
                        op = *behind;
                    }
                    true
                }
                Op::EndPossessive { next } => {
                    let (began, _) = self.cut();
                    let &Node { count, outer, .. } = &self.nodes[repeat as usize];
                    self.nodes.push(Node {
                        count: count + 1,
                        last: began,
                        outer,
                    });
                    repeat = self.nodes.len() as u32 - 1;
                    op = *next;
                    true
                }
                Op::Success => {
                    let wrong = self.whole && at != text.len()
                        || self.advance_from == Some(from) && at == from;
                    if !wrong {
                        (self.start, self.end) = (from, at);
                        return Ok(true);
                    }
                    false
                }
                Op::Fail => false,
            };
            if !matched {
                match self.back(text) {
                    Some(next) => (op, at, repeat) = next,
                    None => return Ok(false),
                }
            }
        }
    }

    fn same_group<C: Char>(
        &self,
        text: &[C],
        group: u32,
        fold: Option<Fold>,
        at: usize,
    ) -> Option<usize> {
        let (start, end) = (
            self.marks[2 * group as usize],
            self.marks[2 * group as usize + 1],
        );
        let earlier = text.get(start..end)?;
        let here = text.get(at..at + earlier.len())?;
        let same = match fold {
            None => earlier == here,
            Some(fold) => earlier
                .iter()
                .zip(here)
                .all(|(a, b)| lower(fold, a.code()) == lower(fold, b.code())),
        };
        same.then_some(earlier.len())
    }

    #[cold]
    fn pause(&mut self, interrupted: &mut dyn FnMut() -> bool) -> Answer<()> {
        if interrupted() {
            return Err(Stop::Interrupted);
        }
        let bytes = self.choices.len() * size_of::<Choice>() + self.nodes.len() * size_of::<Node>();
        if bytes > isize::MAX as usize / 4 || self.nodes.len() >= OUTSIDE as usize - 1 {
            return Err(Stop::NoMemory);
        }
        Ok(())
    }
}

/// A line feed, the only end of line that patterns know.
fn is_line_end<C: Char>(c: Option<&C>) -> bool {
    c.is_some_and(|c| c.code() == 10)
}

fn is_at<C: Char>(place: At, text: &[C], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|i| text.get(i));
    let crossing = |words: Words| {
        let word = |c: Option<&C>| c.is_some_and(|c| is_word(words, c.code()));
        word(before) != word(text.get(at))
    };
    match place {
        At::Beginning => at == 0,
        At::BeginningOfLine => at == 0 || is_line_end(before),
        At::End => at == text.len() || at + 1 == text.len() && is_line_end(text.get(at)),
        At::EndOfLine => at == text.len() || is_line_end(text.get(at)),
        At::EndOfText => at == text.len(),
        At::Boundary(words) => crossing(words),
        At::NonBoundary(words) => !crossing(words),
    }
}
