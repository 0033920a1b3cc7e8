//! `@Robin` as people type it, and `<@123>` as Discord sends it.

use super::markup::Names;

/// Turns typed names into mentions, the longest that fits first; text in backticks stays.
pub(super) fn encode(text: &str, names: &Names) -> String {
    let mut known: Vec<(char, &str, String)> = Vec::new();
    known.extend(names.users.iter().map(|(id, name)| ('@', name.as_str(), format!("<@{id}>"))));
    known.extend(names.roles.iter().map(|(id, name)| ('@', name.as_str(), format!("<@&{id}>"))));
    known.extend(names.channels.iter().map(|(id, name)| ('#', name.as_str(), format!("<#{id}>"))));
    known.sort_by_key(|(_, name, _)| std::cmp::Reverse(name.len()));
    let pieces = text.split('`').enumerate().map(|(index, piece)| match index % 2 {
        0 => outside_code(piece, &known),
        _ => piece.to_owned(),
    });
    pieces.collect::<Vec<_>>().join("`")
}

fn outside_code(text: &str, known: &[(char, &str, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['@', '#']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let inside_word = out.ends_with(|c: char| c.is_alphanumeric() || c == '<');
        match known.iter().find(|(mark, name, _)| !inside_word && begins(from, *mark, name)) {
            Some((mark, name, mention)) => {
                out.push_str(mention);
                rest = &from[mark.len_utf8() + name.len()..];
            }
            None => {
                out.push_str(&from[..1]);
                rest = &from[1..];
            }
        }
    }
    out + rest
}

fn begins(text: &str, mark: char, name: &str) -> bool {
    let Some(rest) = text.strip_prefix(mark) else { return false };
    let Some(typed) = rest.get(..name.len()) else { return false };
    let ends = !rest[name.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    !name.is_empty() && ends && typed.to_lowercase() == name.to_lowercase()
}

/// The text as its author may go on typing it.
pub(super) fn decode(text: &str, names: &Names) -> String {
    let mut out = text.to_owned();
    for (id, name) in &names.users {
        out = out.replace(&format!("<@{id}>"), &format!("@{name}"));
    }
    for (id, name) in &names.roles {
        out = out.replace(&format!("<@&{id}>"), &format!("@{name}"));
    }
    for (id, name) in &names.channels {
        out = out.replace(&format!("<#{id}>"), &format!("#{name}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        names.users.extend([(1, "Prism".to_owned()), (2, "Prism Two".to_owned())]);
        names.roles.insert(3, "Helpers".into());
        names.channels.insert(4, "tea and biscuits".into());
        names
    }

    #[test]
    fn typed_names_become_mentions() {
        let cases = [
            ("@Prism hello", "<@1> hello"),
            ("hi @prism, you", "hi <@1>, you"),
            ("@Prism Two!", "<@2>!"),
            ("@Helpers in #tea and biscuits", "<@&3> in <#4>"),
            ("@Prisms me@prism `@Prism` <@1>", "@Prisms me@prism `@Prism` <@1>"),
            ("@", "@"),
            ("@Prİsm", "@Prİsm"),
        ];
        for (typed, sent) in cases {
            assert_eq!(encode(typed, &names()), sent, "{typed}");
        }
    }

    #[test]
    fn what_is_edited_reads_as_it_was_typed() {
        let typed = "@Prism and @Helpers in #tea and biscuits";
        assert_eq!(decode(&encode(typed, &names()), &names()), typed);
    }
}
