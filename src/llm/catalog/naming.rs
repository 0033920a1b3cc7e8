//! How model ids are made: `author/family-version:variant`, `~author/family-latest`, `@preset/name`.

/// Variants that are models of their own, listed if they exist, and never dearer than the plain one.
const KEEP_PRICE: [&str; 3] = ["free", "thinking", "extended"];
/// Variants that say how a provider is chosen. Every model has them, no list does.
const ROUTING: [&str; 4] = ["nitro", "floor", "exacto", "online"];

/// The plain id and the suffix of a variant.
pub(super) fn variant(id: &str) -> Option<(&str, &str)> {
    id.rsplit_once(':').filter(|(base, suffix)| !base.is_empty() && !suffix.contains('/'))
}

/// Whether the price of the plain model is at least that of the variant.
pub(super) fn keeps_price(suffix: &str) -> bool {
    KEEP_PRICE.contains(&suffix)
}

pub(super) fn is_routing(suffix: &str) -> bool {
    ROUTING.contains(&suffix)
}

pub(super) fn is_alias(id: &str) -> bool {
    id.starts_with('~')
}

pub(super) fn is_preset(id: &str) -> bool {
    id.starts_with('@')
}

/// Whether the server chooses the model.
pub(super) fn is_router(id: &str) -> bool {
    is_preset(id) || author(id) == "openrouter"
}

/// Empty where the id names none.
pub(super) fn author(id: &str) -> &str {
    id.trim_start_matches('~').split_once('/').map_or("", |(author, _)| author)
}

/// What follows the author, without a variant.
pub(super) fn model(id: &str) -> &str {
    let plain = variant(id).map_or(id, |(base, _)| base);
    plain.split_once('/').map_or(plain, |(_, model)| model)
}

/// Whether two ids are one model: equal but for a variant, or for the day of a release, which one of them leaves out.
pub(super) fn is_form_of(left: &str, right: &str) -> bool {
    let plain = |id| variant(id).map_or(id, |(base, _)| base);
    let (left, right) = (plain(left), plain(right));
    left == right || undated(left) == Some(right) || undated(right) == Some(left)
}

/// Without the day of its release, `-YYYYMMDD` or `-YYYY-MM-DD`. `None` when it has none.
fn undated(id: &str) -> Option<&str> {
    let tail = |length: usize| id.split_at_checked(id.len().checked_sub(length)?);
    let fits = |tail: &str, shape: &str| {
        tail.bytes().zip(shape.bytes()).all(|(found, wanted)| match wanted {
            b'0' => found.is_ascii_digit(),
            wanted => found == wanted,
        })
    };
    ["-00000000", "-0000-00-00"].iter().find_map(|shape| {
        let (base, end) = tail(shape.len())?;
        (!base.is_empty() && fits(end, shape)).then_some(base)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_fall_into_parts() {
        assert_eq!(variant("a/b:free"), Some(("a/b", "free")));
        assert_eq!(variant("a/b"), None);
        assert_eq!(variant("host:80/b"), None);
        assert_eq!(author("~google/gemini-flash-latest"), "google");
        assert_eq!(author("llama3:8b"), "");
        assert_eq!(model("google/gemini-2.5-flash:free"), "gemini-2.5-flash");
        assert!(is_router("openrouter/auto") && is_router("@preset/x") && !is_router("openai/gpt"));
    }

    #[test]
    fn a_dated_id_is_a_form_of_the_plain_one() {
        for (left, right) in [
            ("google/gemini-3-flash-preview-20251217", "google/gemini-3-flash-preview"),
            ("gpt-4o", "gpt-4o-2024-08-06"),
            ("x/y:free", "x/y"),
            ("x/y:free", "x/y-20250101"),
        ] {
            assert!(is_form_of(left, right) && is_form_of(right, left), "{left} {right}");
        }
        for (left, right) in [
            ("gpt-4o-2024-05-13", "gpt-4o-2024-08-06"),
            ("gpt-4o", "gpt-4o-mini"),
            ("gpt-4o", "gpt-4o-2024"),
            ("", "-20250101"),
            ("é-2025010", "é"),
        ] {
            assert!(!is_form_of(left, right) && !is_form_of(right, left), "{left} {right}");
        }
    }
}
