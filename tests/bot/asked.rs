//! What the model was asked.

use serde_json::Value;

/// The messages of a request that are neither the system text nor examples: role and content.
pub(crate) fn conversation(body: &Value) -> Vec<(String, String)> {
    let messages = body["messages"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = messages.iter().map(|message| (text(&message["role"]), text(&message["content"])));
    all.skip_while(|(_, content)| !content.starts_with('[')).collect()
}

pub(crate) fn said(role: &str, text: &str) -> (String, String) {
    (role.to_owned(), text.to_owned())
}

/// The persona that a request speaks as.
pub(crate) fn persona(body: &Value) -> String {
    let system = body["messages"][0]["content"].as_str().unwrap();
    let name = system.strip_prefix("You are ").and_then(|rest| rest.split_once(".\n"));
    name.unwrap_or_else(|| panic!("no persona in {system}")).0.to_owned()
}
