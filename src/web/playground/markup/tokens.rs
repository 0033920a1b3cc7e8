//! What stands inside a text and means more than its letters: mentions, moments, addresses.

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Plain(&'a str),
    User(u64),
    Channel(u64),
    Role(u64),
    /// Seconds since 1970, and the letter of the format.
    Moment(i64, char),
    Emoji(&'a str),
    Command(&'a str),
    Link(&'a str),
}

pub(super) fn split(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut plain_from = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find(['<', 'h']) {
        at += found;
        let Some((token, length)) = token_at(&text[at..]) else {
            at += 1;
            continue;
        };
        if plain_from < at {
            tokens.push(Token::Plain(&text[plain_from..at]));
        }
        tokens.push(token);
        at += length;
        plain_from = at;
    }
    if plain_from < text.len() {
        tokens.push(Token::Plain(&text[plain_from..]));
    }
    tokens
}

fn token_at(text: &str) -> Option<(Token<'_>, usize)> {
    if !text.starts_with('<') {
        let link = link(text)?;
        return Some((Token::Link(link), link.len()));
    }
    let end = text.find('>')?;
    Some((bracketed(&text[1..end])?, end + 1))
}

fn bracketed(inner: &str) -> Option<Token<'_>> {
    if let Some(id) = inner.strip_prefix("@&") {
        return id.parse().ok().map(Token::Role);
    }
    if let Some(id) = inner.strip_prefix('@') {
        return id.strip_prefix('!').unwrap_or(id).parse().ok().map(Token::User);
    }
    if let Some(id) = inner.strip_prefix('#') {
        return id.parse().ok().map(Token::Channel);
    }
    if let Some(moment) = inner.strip_prefix("t:") {
        return self::moment(moment);
    }
    if let Some(command) = inner.strip_prefix('/') {
        return command.rsplit_once(':').and_then(|(name, id)| numbered(name, id)).map(Token::Command);
    }
    let emoji = inner.strip_prefix('a').unwrap_or(inner).strip_prefix(':')?;
    emoji.split_once(':').and_then(|(name, id)| numbered(name, id)).map(Token::Emoji)
}

fn numbered<'a>(name: &'a str, id: &str) -> Option<&'a str> {
    (!name.is_empty() && id.parse::<u64>().is_ok()).then_some(name)
}

fn moment(inner: &str) -> Option<Token<'static>> {
    let (seconds, style) = inner.split_once(':').unwrap_or((inner, "f"));
    let mut letters = style.chars();
    match (seconds.parse(), letters.next(), letters.next()) {
        (Ok(seconds), Some(letter), None) if "tTdDfFR".contains(letter) => {
            Some(Token::Moment(seconds, letter))
        }
        _ => None,
    }
}

/// An address that begins here, without the punctuation of the sentence around it.
fn link(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let stops = |c: char| c.is_whitespace() || c.is_control() || "<>\"`|".contains(c);
    let end = rest.find(stops).unwrap_or(rest.len());
    let trimmed = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']);
    let trimmed = match trimmed.strip_suffix(')') {
        Some(inside) if !inside.contains('(') => inside,
        _ => trimmed,
    };
    (!trimmed.is_empty()).then(|| &text[..text.len() - rest.len() + trimmed.len()])
}
