//! Buttons in a body.

use std::collections::HashSet;

use super::form::Form;
use crate::emulator::component::{Button, ButtonAction, ButtonStyle, Row};

const MOST_ROWS: usize = 5;
const MOST_IN_ROW: usize = 5;
const LONGEST_CUSTOM_ID: usize = 100;
const LONGEST_LABEL: usize = 80;
const LONGEST_URL: usize = 512;

/// The rows of `components`; None when the field is missing.
pub(super) fn rows(form: &mut Form<'_>) -> Option<Vec<Row>> {
    let mut seen = HashSet::new();
    form.each("components", MOST_ROWS, |form| {
        if form.number("type") != Some(1) {
            form.fault("type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,).");
            return None;
        }
        let row = form.each("components", MOST_IN_ROW, |form| button(form, &mut seen))?;
        if row.is_empty() {
            form.fault("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
        }
        Some(row)
    })
}

fn button(form: &mut Form<'_>, seen: &mut HashSet<String>) -> Option<Button> {
    if form.number("type") != Some(2) {
        form.fault("type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (2,).");
        return None;
    }
    form.require("style");
    let Some(style) = form.number("style").and_then(ButtonStyle::from_number) else {
        form.fault("style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5}.");
        return None;
    };
    let label = form.text("label", 0..=LONGEST_LABEL);
    let emoji = form.inside("emoji", |form| form.text("name", 1..=32)).flatten();
    if label.as_ref().is_none_or(String::is_empty) && emoji.is_none() {
        form.fault("", "BUTTON_COMPONENT_INVALID", "A button needs a label or an emoji.");
    }
    let action = match style {
        ButtonStyle::Link => ButtonAction::Open(form.required_text("url", 1..=LONGEST_URL)),
        _ => ButtonAction::Press(custom_id(form, seen)),
    };
    Some(Button { style, label, emoji, action, disabled: form.flag("disabled").unwrap_or(false) })
}

fn custom_id(form: &mut Form<'_>, seen: &mut HashSet<String>) -> String {
    let id = form.required_text("custom_id", 1..=LONGEST_CUSTOM_ID);
    if !id.is_empty() && !seen.insert(id.clone()) {
        form.fault("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
    }
    id
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::form;
    use super::*;
    use crate::emulator::refusal::Refusal;

    fn read(buttons: &Value) -> Result<Option<Vec<Row>>, Refusal> {
        form::read(&json!({ "components": [{ "type": 1, "components": buttons }] }), rows)
    }

    #[test]
    fn a_button_is_read_and_its_twin_refused() {
        let button = json!({ "type": 2, "style": 1, "label": "Retry", "custom_id": "v1:retry:7" });
        let rows = read(&json!([button])).unwrap().unwrap();
        assert_eq!(rows[0][0].custom_id(), Some("v1:retry:7"));
        assert!(read(&json!([button, button])).is_err());
    }

    #[test]
    fn too_much_of_anything_is_refused() {
        let button = |label: usize, id: usize| json!([{ "type": 2, "style": 2, "label": "l".repeat(label), "custom_id": "c".repeat(id) }]);
        assert!(read(&button(80, 100)).is_ok());
        for (label, id) in [(81, 1), (1, 101), (1, 0), (0, 1)] {
            assert!(read(&button(label, id)).is_err(), "{label} {id}");
        }
        let six: Vec<_> = (0..6)
            .map(|n| json!({ "type": 2, "style": 1, "label": "x", "custom_id": n.to_string() }))
            .collect();
        assert!(read(&json!(six)).is_err());
    }
}
