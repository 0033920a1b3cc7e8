//! Values of a document for serde, with refusals in the words of the person who wrote the file.

use std::fmt;
use std::ops::Range;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Expected, IntoDeserializer, Unexpected, Visitor};
use toml_edit::{ArrayOfTables, Item, Table, TableLike, Value};

use super::nearest::nearest;

/// Strings up to this many characters are quoted in messages, longer ones only counted.
const QUOTED: usize = 40;

/// Something that stands at a key or in a list.
#[derive(Clone, Copy)]
pub(super) enum Node<'a> {
    Value(&'a Value),
    Table(&'a Table),
    Tables(&'a ArrayOfTables),
}

/// Why a value was refused, and the innermost place to blame.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) span: Option<Range<usize>>,
}

impl<'a> Node<'a> {
    pub(super) fn of(item: &'a Item) -> Option<Self> {
        match item {
            Item::None => None,
            Item::Value(value) => Some(Self::Value(value)),
            Item::Table(table) => Some(Self::Table(table)),
            Item::ArrayOfTables(tables) => Some(Self::Tables(tables)),
        }
    }

    pub(super) fn span(self) -> Option<Range<usize>> {
        match self {
            Self::Value(value) => value.span(),
            Self::Table(table) => table.span(),
            Self::Tables(tables) => tables.span().or_else(|| tables.iter().next()?.span()),
        }
    }

    pub(super) fn as_table(self) -> Option<&'a dyn TableLike> {
        match self {
            Self::Value(Value::InlineTable(table)) => Some(table),
            Self::Table(table) => Some(table),
            Self::Value(_) | Self::Tables(_) => None,
        }
    }

    /// The members of a list, whichever of TOML's two ways it is written in.
    pub(super) fn members(self) -> Option<Vec<Self>> {
        match self {
            Self::Value(Value::Array(array)) => Some(array.iter().map(Self::Value).collect()),
            Self::Tables(tables) => Some(tables.iter().map(Self::Table).collect()),
            Self::Value(_) | Self::Table(_) => None,
        }
    }

    /// `"hot"`, `the number 5`, `a list`: what a person sees standing there.
    pub(super) fn description(self) -> String {
        match self {
            Self::Value(Value::String(text)) => quoted(text.value()),
            Self::Value(Value::Integer(number)) => found(Unexpected::Signed(*number.value())),
            Self::Value(Value::Float(number)) => found(Unexpected::Float(*number.value())),
            Self::Value(Value::Boolean(flag)) => found(Unexpected::Bool(*flag.value())),
            Self::Value(Value::Datetime(_)) => "a date".to_owned(),
            Self::Value(Value::Array(_)) | Self::Tables(_) => found(Unexpected::Seq),
            Self::Value(Value::InlineTable(_)) | Self::Table(_) => found(Unexpected::Map),
        }
    }

    pub(super) fn parse<T: DeserializeOwned>(self) -> Result<T, Wrong> {
        T::deserialize(self)
    }

    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong>
    where
        'a: 'de,
    {
        if let Some(members) = self.members() {
            return visitor.visit_seq(SeqDeserializer::new(members.into_iter()));
        }
        if let Some(table) = self.as_table() {
            let pairs = table.iter().filter_map(|(key, item)| Some((key, Node::of(item)?)));
            return visitor.visit_map(MapDeserializer::new(pairs));
        }
        match self {
            Self::Value(Value::String(text)) => visitor.visit_str(text.value()),
            Self::Value(Value::Integer(number)) => visitor.visit_i64(*number.value()),
            Self::Value(Value::Float(number)) => visitor.visit_f64(*number.value()),
            Self::Value(Value::Boolean(flag)) => visitor.visit_bool(*flag.value()),
            _ => Err(de::Error::invalid_type(Unexpected::Other("a date"), &visitor)),
        }
    }
}

impl<'de> de::Deserializer<'de> for Node<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visit(visitor).map_err(|wrong| wrong.within(self.span()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let result = match self {
            Self::Value(Value::String(name)) => visitor.visit_enum(name.value().as_str().into_deserializer()),
            other => Err(Wrong::new(format!("expected {}, found {}", choice(variants), other.description()))),
        };
        result.map_err(|wrong| wrong.within(self.span()))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Wrong> for Node<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl Wrong {
    fn new(message: String) -> Self {
        Self { message, span: None }
    }

    fn within(self, span: Option<Range<usize>>) -> Self {
        Self { span: self.span.or(span), ..self }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {}, found {}", expectation(expected), found(unexpected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let meant = nearest(variant, expected.iter().copied());
        let hint = meant.map_or_else(String::new, |word| format!("; did you mean \"{word}\"?"));
        Self::new(format!("expected {}, found {}{hint}", choice(expected), quoted(variant)))
    }
}

/// serde names Rust's types; the author of a file knows numbers, texts and lists.
fn expectation(expected: &dyn Expected) -> String {
    let name = expected.to_string();
    match name.as_str() {
        "a boolean" => "true or false".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        "u8" => whole(0, u8::MAX.into()),
        "u16" => whole(0, u16::MAX.into()),
        "u32" => whole(0, u32::MAX),
        "i8" | "i16" | "i32" | "i64" => "a whole number".to_owned(),
        "u64" | "usize" => "a whole number from 0".to_owned(),
        _ => name,
    }
}

fn whole(least: u32, most: u32) -> String {
    format!("a whole number from {least} to {most}")
}

fn found(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Bool(flag) => format!("`{flag}`"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Float(number) => format!("the number {number:?}"),
        Unexpected::Str(_) => "a string".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    match text.chars().count() {
        0 => "an empty string".to_owned(),
        short if short <= QUOTED => format!("{text:?}"),
        long => format!("{long} characters"),
    }
}

fn choice(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "nothing".to_owned(),
    }
}
