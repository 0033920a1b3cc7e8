//! (to come)
use serde_json::Value;
pub(super) fn speak(_body: &Value) -> String {
    "Hello.".to_owned()
}
