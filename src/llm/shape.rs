//! Objects and lists in JSON, read leniently: what is of another type than expected counts as absent, members that
//! nobody knows are passed over, and strings stay where they lie.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The most elements of a list that are kept.
const MOST: usize = 1024;

/// An object whose members are read as they come. One that is told twice counts as told last.
pub(super) trait Shape<'de>: Default {
    /// Reads the value of this member from `map`, or passes over it with [`skip`].
    fn member<M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error>;
}

pub(super) fn skip<'de, M: MapAccess<'de>>(map: &mut M) -> Result<(), M::Error> {
    map.next_value::<IgnoredAny>().map(drop)
}

/// `None`: something else than an object.
pub(super) struct Object<T>(pub(super) Option<T>);

/// The elements of a list, the first [`MOST`] of them; none of anything else.
pub(super) struct List<T> {
    first: Option<T>,
    others: Vec<T>,
}

impl<T> List<T> {
    pub(super) fn len(&self) -> usize {
        self.others.len() + usize::from(self.first.is_some())
    }

    pub(super) fn first(self) -> Option<T> {
        self.first
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { first: None, others: Vec::new() }
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::iter::Chain<std::option::IntoIter<T>, std::vec::IntoIter<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.others)
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads one of the two above.
struct Reader<T>(PhantomData<T>);

impl<'de, T: Shape<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader::<Self>(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader::<Self>(PhantomData))
    }
}

/// The visits that bring something else than was expected.
macro_rules! absent {
    ($value:expr; $($visit:ident($type:ty)),*) => {
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("anything")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }

        $(fn $visit<E>(self, _: $type) -> Result<Self::Value, E> {
            Ok($value)
        })*
    };
}

impl<'de, T: Shape<'de>> Visitor<'de> for Reader<Object<T>> {
    type Value = Object<T>;

    absent!(Object(None); visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));

    fn visit_seq<S: SeqAccess<'de>>(self, mut elements: S) -> Result<Self::Value, S::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Object(None))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut object = T::default();
        while let Some(Name(name)) = map.next_key()? {
            object.member(&name, &mut map)?;
        }
        Ok(Object(Some(object)))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<List<T>> {
    type Value = List<T>;

    absent!(List::default(); visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));

    fn visit_seq<S: SeqAccess<'de>>(self, mut elements: S) -> Result<Self::Value, S::Error> {
        let mut list = List { first: elements.next_element()?, others: Vec::new() };
        while list.others.len() < MOST - 1 {
            let Some(element) = elements.next_element()? else {
                return Ok(list);
            };
            list.others.push(element);
        }
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(list)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(List::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Pair {
        first: u32,
        second: usize,
    }

    impl<'de> Shape<'de> for Pair {
        fn member<M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error> {
            match name {
                "first" => self.first = map.next_value()?,
                "second" => self.second = map.next_value::<List<IgnoredAny>>()?.len(),
                _ => skip(map)?,
            }
            Ok(())
        }
    }

    fn read(json: &str) -> Option<(u32, usize)> {
        let object: Object<Pair> = serde_json::from_str(json).unwrap();
        object.0.map(|pair| (pair.first, pair.second))
    }

    #[test]
    fn members_are_read_in_any_order_and_strange_ones_passed_over() {
        assert_eq!(read(r#"{"x":{"first":9},"second":[1,{},"a"],"f\u0069rst":7,"y":1e999}"#), Some((7, 3)));
        assert_eq!(read(r#"{"first":1,"first":2}"#), Some((2, 0)));
    }

    #[test]
    fn another_type_counts_as_absent() {
        for json in ["null", "true", "-1", "1", "1.5", "\"a\"", "\"\\n\"", "[{\"first\":1}]"] {
            assert_eq!(read(json), None, "{json}");
            assert_eq!(read(&format!("{{\"second\":{json}}}")).map(|pair| pair.0), Some(0), "{json}");
        }
        assert_eq!(read(r#"{"second":{"a":[]}}"#), Some((0, 0)));
    }

    #[test]
    fn a_list_is_read_to_its_bound() {
        let list: List<u32> = serde_json::from_str(&format!("[{}1]", "1,".repeat(MOST + 5))).unwrap();
        assert_eq!((list.len(), list.into_iter().count()), (MOST, MOST));
    }

    #[test]
    fn broken_json_is_an_error() {
        for json in ["", "{", "{}x", "[", "{\"second\":[}", "nul"] {
            assert!(serde_json::from_str::<Object<Pair>>(json).is_err(), "{json}");
        }
    }
}
