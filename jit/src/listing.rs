//! Machine code as text, with the instructions that it was made from.

use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter};
use layout::PyCodeObject;
use vm::code;

use crate::compiler::Output;
use crate::decode::row;
use crate::runtime::Entry;

/// Prints a function to the standard error.
pub fn print(code: &PyCodeObject, output: &Output, place: usize, table: &[usize]) {
    eprint!("{}", listing(code, output, place, table));
}

/// The text, one machine instruction a line.
pub fn listing(code: &PyCodeObject, output: &Output, place: usize, table: &[usize]) -> String {
    let mut text = String::new();
    let mut formatter = IntelFormatter::new();
    formatter.options_mut().set_first_operand_char_index(8);
    let start = place + output.start;
    let bytes = &output.bytes[output.start..];
    let decoder = Decoder::with_ip(64, bytes, start as u64, DecoderOptions::NONE);
    let mut places = output.places.iter().peekable();
    let mut line = String::new();
    for machine in decoder {
        let offset = machine.ip() as usize - place;
        while let Some((_, unit)) = places.next_if(|(at, _)| *at <= offset) {
            text.push_str(&header(code, *unit));
        }
        line.clear();
        formatter.format(&machine, &mut line);
        text.push_str(&format!("  {offset:5x}  {line}{}\n", note(&machine, table)));
    }
    text
}

fn header(code: &PyCodeObject, unit: usize) -> String {
    // SAFETY: the unit is inside the code.
    let word = unsafe { *code::instructions(code).add(unit) };
    let name = row(word as u8).map_or("?", |row| row.name);
    format!("{unit:4} {name} {}\n", word >> 8)
}

/// What a slot of the table holds.
fn note(machine: &Instruction, table: &[usize]) -> String {
    if machine.memory_base() != iced_x86::Register::R13 {
        return String::new();
    }
    let slot = machine.memory_displacement64() as usize / 8;
    if slot >= table.len() {
        return String::new();
    }
    match u8::try_from(slot).ok().and_then(row) {
        Some(row) => format!("  ; {}", row.name),
        None => format!("  ; {}", entry_name(slot)),
    }
}

fn entry_name(slot: usize) -> String {
    const FIRST: usize = Entry::Nowhere as usize;
    Entry::ALL
        .get(slot.wrapping_sub(FIRST))
        .map_or_else(String::new, |entry| format!("{entry:?}"))
}
