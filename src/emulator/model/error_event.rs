//! An error in a stream, in every form that servers are known to give it.

use serde_json::{Value, json};

use super::availability::Availability;
use super::shape::Shape;

/// An error event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorEvent {
    /// What stands under `error`.
    error: Value,
    form: Form,
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Beside a choice that finishes with `error`, as OpenRouter does.
    Chunk,
    /// Inside that choice.
    Choice,
    /// With nothing beside it.
    Alone,
    /// `object` says that it is one, and its keys stand at the top.
    Object,
    /// Plain JSON over several lines, in no event at all.
    Outside,
}

impl ErrorEvent {
    /// With this code: a number, a string or null.
    pub fn new(code: impl Into<Value>) -> Self {
        let metadata = json!({"error_type": "provider_unavailable"});
        Self::of(json!({"code": code.into(), "message": "scripted", "metadata": metadata}))
    }

    pub fn without_code() -> Self {
        Self::of(json!({"message": "scripted"}))
    }

    /// The error is a string.
    pub fn text(message: &str) -> Self {
        Self::of(json!(message))
    }

    /// Anything under `error`.
    pub fn of(error: Value) -> Self {
        Self { error, form: Form::Chunk, name: None }
    }

    /// Names what the provider said, as a string. For an error that is an object.
    #[must_use]
    pub fn raw(mut self, raw: &str) -> Self {
        if self.error.is_object() {
            self.error["message"] = json!("Provider returned error");
            self.error["metadata"] =
                json!({"error_type": "provider_unavailable", "raw": raw, "provider_name": "Embedded"});
        }
        self
    }

    /// For an error that is an object.
    #[must_use]
    pub fn available(mut self, availability: &Availability) -> Self {
        if self.error.is_object() {
            self.error["availability"] = availability.value();
        }
        self
    }

    #[must_use]
    pub fn in_choice(self) -> Self {
        Self { form: Form::Choice, ..self }
    }

    #[must_use]
    pub fn alone(self) -> Self {
        Self { form: Form::Alone, ..self }
    }

    #[must_use]
    pub fn as_object(self) -> Self {
        Self { form: Form::Object, ..self }
    }

    #[must_use]
    pub fn outside_events(self) -> Self {
        Self { form: Form::Outside, ..self }
    }

    /// The event carries a name, such as `error`.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// As it stands in a stream.
    pub(super) fn event(&self, shape: &Shape) -> String {
        if self.form == Form::Outside {
            return format!("{:#}\n\n", self.body(shape));
        }
        let name = self.name.as_ref().map(|name| format!("event: {name}\n")).unwrap_or_default();
        format!("{name}data: {}\n\n", self.body(shape))
    }

    /// As a body of its own: status 200, an error, and no choices unless it stands in one.
    pub(super) fn whole(&self, shape: &Shape) -> Value {
        if self.form == Form::Choice {
            let mut whole = shape.failed_whole();
            whole["choices"][0]["error"] = self.error.clone();
            return whole;
        }
        let form = if self.form == Form::Object { Form::Object } else { Form::Alone };
        Self { form, ..self.clone() }.body(shape)
    }

    fn body(&self, shape: &Shape) -> Value {
        match self.form {
            Form::Chunk => {
                let mut chunk = shape.failed();
                chunk["error"] = self.error.clone();
                chunk
            }
            Form::Choice => {
                let mut chunk = shape.failed();
                chunk["choices"][0]["error"] = self.error.clone();
                chunk
            }
            Form::Object => {
                let mut error = self.error.clone();
                if !error.is_object() {
                    error = json!({ "message": error });
                }
                error["object"] = json!("error");
                error
            }
            Form::Alone | Form::Outside => json!({"error": self.error}),
        }
    }
}
