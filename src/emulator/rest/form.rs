//! Reads a JSON body field by field and gathers every fault under its path, as Discord does.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::emulator::refusal::{Faults, Refusal};

/// An object being read.
pub(super) struct Form<'a> {
    fields: &'a Map<String, Value>,
    path: String,
    faults: &'a mut Faults,
}

/// Reads a whole body; any fault refuses it.
///
/// # Errors
/// [`Refusal::Form`] with all faults.
pub(super) fn read<T>(body: &Value, read: impl FnOnce(&mut Form<'_>) -> T) -> Result<T, Refusal> {
    let Some(fields) = body.as_object() else { return Err(Refusal::InvalidJson) };
    let mut faults = Faults::default();
    let result = read(&mut Form { fields, path: String::new(), faults: &mut faults });
    if faults.is_empty() { Ok(result) } else { Err(Refusal::Form(faults)) }
}

impl<'a> Form<'a> {
    pub(super) fn fault(&mut self, name: &str, code: &'static str, message: impl Into<String>) {
        let path = self.path_to(name);
        self.faults.add(&path, code, message);
    }

    /// Whether the field is there, be it null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// The field, unless it is missing or null.
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// The object as it came.
    pub(super) fn whole(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    /// A string of so many characters.
    pub(super) fn text(&mut self, name: &str, length: RangeInclusive<usize>) -> Option<String> {
        let text = self.typed(name, Value::as_str, "string")?;
        if !length.contains(&text.chars().count()) {
            let (least, most) = (length.start(), length.end());
            match least {
                0 => self.fault(name, "BASE_TYPE_MAX_LENGTH", format!("Must be {most} or fewer in length.")),
                _ => {
                    self.fault(
                        name,
                        "BASE_TYPE_BAD_LENGTH",
                        format!("Must be between {least} and {most} in length."),
                    );
                }
            }
            return None;
        }
        Some(text.to_owned())
    }

    /// As [`Form::text`], and a fault when it is missing.
    pub(super) fn required_text(&mut self, name: &str, length: RangeInclusive<usize>) -> String {
        self.require(name);
        self.text(name, length).unwrap_or_default()
    }

    pub(super) fn require(&mut self, name: &str) {
        if self.value(name).is_none() {
            self.fault(name, "BASE_TYPE_REQUIRED", "This field is required");
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        self.typed(name, Value::as_bool, "boolean")
    }

    pub(super) fn number(&mut self, name: &str) -> Option<u64> {
        self.typed(name, Value::as_u64, "int")
    }

    /// An id: a string of digits, or a number.
    pub(super) fn snowflake(&mut self, name: &str) -> Option<u64> {
        self.typed(name, snowflake, "snowflake")
    }

    /// At most `most` ids.
    pub(super) fn snowflakes(&mut self, name: &str, most: usize) -> Option<Vec<u64>> {
        let list = self.list(name, most)?;
        Some(list.iter().filter_map(snowflake).collect())
    }

    /// A list of at most `most` entries.
    pub(super) fn list(&mut self, name: &str, most: usize) -> Option<&'a Vec<Value>> {
        let list = self.typed(name, Value::as_array, "list")?;
        if list.len() > most {
            self.fault(name, "BASE_TYPE_MAX_LENGTH", format!("Must be {most} or fewer in length."));
            return None;
        }
        Some(list)
    }

    /// An object inside this one.
    pub(super) fn inside<T>(&mut self, name: &str, read: impl FnOnce(&mut Form<'_>) -> T) -> Option<T> {
        let fields = self.typed(name, Value::as_object, "dictionary")?;
        let path = self.path_to(name);
        Some(read(&mut Form { fields, path, faults: self.faults }))
    }

    /// Every object of a list.
    pub(super) fn each<T>(
        &mut self,
        name: &str,
        most: usize,
        mut read: impl FnMut(&mut Form<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let list = self.list(name, most)?;
        let mut found = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            let path = match self.path_to(name) {
                list if list.is_empty() => index.to_string(),
                list => format!("{list}.{index}"),
            };
            match value.as_object() {
                Some(fields) => found.extend(read(&mut Form { fields, path, faults: self.faults })),
                None => {
                    self.faults.add(&path, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
                }
            }
        }
        Some(found)
    }

    fn typed<T>(
        &mut self,
        name: &str,
        convert: impl FnOnce(&'a Value) -> Option<T>,
        kind: &str,
    ) -> Option<T> {
        let value = self.value(name)?;
        let converted = convert(value);
        if converted.is_none() {
            self.fault(name, "BASE_TYPE_INVALID", format!("Could not interpret the value as {kind}."));
        }
        converted
    }

    fn path_to(&self, name: &str) -> String {
        match (self.path.as_str(), name) {
            ("", name) => name.to_owned(),
            (path, "") => path.to_owned(),
            (path, name) => format!("{path}.{name}"),
        }
    }
}

fn snowflake(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
