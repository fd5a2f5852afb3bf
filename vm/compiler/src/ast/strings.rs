//! Strings in a tree: implicit concatenation, and the pieces of f- and t-strings, as CPython's parser joins them.

use super::asdl::Kind;
use super::read::Reader;
use super::tree::{Constant, Field, Node, Place};
use ruff_python_ast as front;
use ruff_python_ast::InterpolatedStringElement as Element;
use ruff_text_size::{Ranged, TextRange, TextSize};
use rustpython_compiler::codegen;

/// A string without interpolations.
pub(crate) fn text(reader: &Reader<'_>, e: &front::ExprStringLiteral) -> Node {
    let value = codegen::string_literal_value(reader.file, &e.value);
    let kind = e
        .value
        .as_slice()
        .first()
        .map_or(Field::None, |part| kind_of(reader, part.range));
    reader.node(
        Kind::Constant,
        e.range,
        vec![
            Field::Constant(Constant::Str(value.as_bytes().into())),
            kind,
        ],
    )
}

/// `u` before the quotes is remembered.
fn kind_of(reader: &Reader<'_>, range: TextRange) -> Field {
    if reader.source[range].starts_with('u') {
        "u".into()
    } else {
        Field::None
    }
}

/// `JoinedStr`, with all the parts that stand side by side.
pub(crate) fn joined(reader: &Reader<'_>, e: &front::ExprFString) -> Node {
    let mut pieces = Pieces::new(reader, Kind::FormattedValue);
    for part in &e.value {
        match part {
            front::FStringPart::Literal(literal) => pieces.literal(literal),
            front::FStringPart::FString(part) => pieces.elements(&part.elements, part.flags.into()),
        }
    }
    reader.node(Kind::JoinedStr, e.range, vec![pieces.finish()])
}

/// `TemplateStr`, likewise.
pub(crate) fn template(reader: &Reader<'_>, e: &front::ExprTString) -> Node {
    let mut pieces = Pieces::new(reader, Kind::Interpolation);
    for part in &e.value {
        pieces.elements(&part.elements, part.flags.into());
    }
    reader.node(Kind::TemplateStr, e.range, vec![pieces.finish()])
}

/// Values in order; text that is not interrupted becomes one constant, and empty text none.
struct Pieces<'a> {
    reader: &'a Reader<'a>,
    interpolation: Kind,
    values: Vec<Field>,
    text: Vec<u8>,
    /// Where the pending text begins and ends, and its `kind`.
    pending: Option<(Place, Field)>,
}

impl<'a> Pieces<'a> {
    fn new(reader: &'a Reader<'a>, interpolation: Kind) -> Pieces<'a> {
        Pieces {
            reader,
            interpolation,
            values: Vec::new(),
            text: Vec::new(),
            pending: None,
        }
    }

    fn text(&mut self, place: Place, bytes: &[u8], kind: Field) {
        self.text.extend_from_slice(bytes);
        match &mut self.pending {
            Some((whole, _)) => {
                whole.end_lineno = place.end_lineno;
                whole.end_col_offset = place.end_col_offset;
            }
            None => self.pending = Some((place, kind)),
        }
    }

    fn flush(&mut self) {
        if let Some((place, kind)) = self.pending.take()
            && !self.text.is_empty()
        {
            let value = Constant::Str(std::mem::take(&mut self.text).into());
            let node = Node::new(Kind::Constant, place, vec![Field::Constant(value), kind]);
            self.values.push(node.into());
        }
    }

    fn finish(mut self) -> Field {
        self.flush();
        Field::Sequence(self.values)
    }

    fn literal(&mut self, literal: &front::StringLiteral) {
        let value = codegen::string_literal_part_value(self.reader.file, literal);
        let kind = kind_of(self.reader, literal.range);
        self.text(self.reader.place(literal.range), value.as_bytes(), kind);
    }

    fn elements(
        &mut self,
        elements: &front::InterpolatedStringElements,
        flags: front::AnyStringFlags,
    ) {
        for element in elements {
            match element {
                Element::Literal(literal) => {
                    let value = codegen::interpolated_string_literal_value(
                        self.reader.file,
                        literal,
                        flags,
                    );
                    self.text(
                        self.reader.place(literal.range),
                        value.as_bytes(),
                        Field::None,
                    );
                }
                Element::Interpolation(interpolation) => self.interpolation(interpolation, flags),
            }
        }
    }

    fn interpolation(&mut self, e: &front::InterpolatedElement, flags: front::AnyStringFlags) {
        let reader = self.reader;
        let mut conversion = e.conversion as i64;
        if e.debug_text.is_some() {
            self.debug_text(e);
            if e.format_spec.is_none() && conversion == -1 {
                conversion = i64::from(b'r');
            }
        }
        self.flush();
        let spec = e.format_spec.as_ref().map(|spec| {
            let mut pieces = Pieces::new(reader, Kind::FormattedValue);
            pieces.elements(&spec.elements, flags);
            // The specification begins at its colon.
            let range = TextRange::new(spec.start() - TextSize::new(1), spec.end());
            reader.node(Kind::JoinedStr, range, vec![pieces.finish()])
        });
        let mut fields = vec![reader.expr(&e.expression).into()];
        if self.interpolation == Kind::Interpolation {
            fields.push(Field::Constant(Constant::Str(
                expression_text(reader, e).into_bytes().into(),
            )));
        }
        fields.extend([Field::Int(conversion), spec.into()]);
        self.values
            .push(reader.node(self.interpolation, e.range, fields).into());
    }

    /// `{expr=}` puts its own text in front. The text's place ends where the reference's arithmetic puts it: one column
    /// before the name of the conversion, the specification, or the end.
    fn debug_text(&mut self, e: &front::InterpolatedElement) {
        let Some(debug) = &e.debug_text else { return };
        let reader = self.reader;
        let text_end = e.expression.end().to_usize() + debug.trailing().len();
        let text =
            crate::repair::without_comments(&reader.source[e.start().to_usize() + 1..text_end]);
        let end = if e.conversion != front::ConversionFlag::None {
            let after = &reader.source[text_end + 1..];
            text_end + 1 + (after.len() - after.trim_start().len())
        } else if let Some(spec) = &e.format_spec {
            spec.start().to_usize()
        } else {
            e.end().to_usize()
        };
        let mut place = reader.place(TextRange::new(
            e.start() + TextSize::new(1),
            TextSize::new(end as u32),
        ));
        place.end_col_offset -= 1;
        self.text(place, text.as_bytes(), Field::None);
    }
}

/// The source of an interpolated expression, up to the mark that ends it.
fn expression_text(reader: &Reader<'_>, e: &front::InterpolatedElement) -> String {
    let (start, end) = (e.start().to_usize() + 1, e.expression.end().to_usize());
    let end = end + crate::repair::expression_end(&reader.source[end..]);
    crate::repair::without_comments(&reader.source[start..end])
}
