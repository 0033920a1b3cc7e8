//! JSON whose fields may be missing, null or of another type than expected: servers add and change them without notice.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// An object whose fields are read when they are asked for. What cannot be read counts as absent.
#[derive(Deserialize)]
#[serde(transparent)]
pub(in crate::llm) struct Object<'a> {
    #[serde(borrow)]
    fields: HashMap<String, &'a RawValue>,
}

impl<'a> Object<'a> {
    pub(in crate::llm) fn of(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// A field as it stands, unless it is missing or null.
    pub(in crate::llm) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.fields.get(name).copied().filter(|raw| raw.get() != "null")
    }

    pub(in crate::llm) fn holds(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    pub(in crate::llm) fn read<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.raw(name)?.get()).ok()
    }

    pub(in crate::llm) fn object(&self, name: &str) -> Option<Self> {
        self.read(name)
    }

    /// A number of things. Some servers write whole numbers with a fraction of zero.
    pub(in crate::llm) fn count(&self, name: &str) -> Option<u32> {
        let number: f64 = self.read(name)?;
        let is_count = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
        is_count.then_some(number as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_counts_as_absent() {
        let json = r#"{"a": "x", "b": null, "c": 7.0, "d": -1, "e": 1.5, "f": {"a": 1}, "a\u0062": 4294967296, "c": 8}"#;
        let object = Object::of(json).unwrap();
        assert_eq!(object.read::<String>("a").as_deref(), Some("x"));
        assert_eq!(object.read::<u32>("a"), None);
        assert!(!object.holds("b") && !object.holds("z"));
        assert_eq!(object.count("c"), Some(8), "a key that comes twice");
        assert_eq!([object.count("d"), object.count("e"), object.count("ab")], [None; 3]);
        assert_eq!(object.object("f").unwrap().count("a"), Some(1));
        assert!(Object::of("[]").is_none() && Object::of("").is_none());
    }
}
