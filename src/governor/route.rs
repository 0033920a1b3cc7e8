//! What a method and a path tell about a request: its limits, its urgency, and what it may carry.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use reqwest::Method;

use super::class::Class;

/// The resource that Discord counts a route's limit by: a channel, a guild, a webhook or an interaction with its
/// token. Kept as a hash, so that tokens do not stay in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Major(u64);

impl Major {
    /// Of routes without one, and of probes that stand for a whole template.
    pub(super) const NONE: Self = Self(0);

    fn of(parts: &[&str]) -> Self {
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// What entitles to a request. A token in the path needs no other, and such requests do not count against the
/// limit that the whole bot shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credential {
    Bot,
    Path,
}

/// Where in a body a message stands that could ping people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carries {
    Nothing,
    /// The body is a message.
    Message,
    /// `data` is one, unless the type says otherwise.
    Callback,
    /// `message` is one, where the thread starts with a post.
    Post,
    /// A message in the words of another service; its mentions cannot be kept in check.
    Foreign,
}

#[derive(Clone, Debug)]
pub(super) struct Route {
    /// Method and path with ids, tokens, emoji and codes blanked, for example `PATCH channels/_/messages/_`.
    pub(super) template: Arc<str>,
    pub(super) major: Major,
    /// The class of a request that does not say one.
    pub(super) class: Class,
    pub(super) credential: Credential,
    pub(super) carries: Carries,
}

const BLANK: &str = "_";

impl Route {
    /// Reads a path without its query, `/api/v10/...`. `None` when it is none of Discord's API, or has empty or dot
    /// segments, which the far end may read as another route than we do.
    pub(super) fn parse(method: &Method, path: &str) -> Option<Self> {
        let is_clear = !path.strip_prefix("/api/")?.split('/').any(is_ambiguous);
        is_clear.then(|| Self::read(method, path))
    }

    /// Reads a path that is known to be one of Discord's API.
    pub(super) fn read(method: &Method, path: &str) -> Self {
        let mut segments: Vec<&str> = path.trim_start_matches("/api/").split('/').collect();
        if is_version(segments[0]) {
            segments.remove(0);
        }
        let blanked = blank(&segments);
        Self {
            template: format!("{method} {}", blanked.join("/")).into(),
            major: major(&segments),
            class: class(method, &blanked),
            credential: credential(&blanked),
            carries: carries(method, &blanked),
        }
    }
}

fn is_ambiguous(segment: &str) -> bool {
    let lower = segment.to_ascii_lowercase();
    lower.is_empty()
        || lower.replace("%2e", ".").chars().all(|c| c == '.')
        || lower.contains("%2f")
        || lower.contains('\\')
}

fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(is_number)
}

fn is_number(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}

fn blank<'a>(segments: &[&'a str]) -> Vec<&'a str> {
    let is_variable = |index: usize| {
        let follows = |words: &[&str]| index > 0 && words.contains(&segments[index - 1]);
        let is_token = index == 2 && matches!(segments[0], "webhooks" | "interactions");
        is_token
            || is_number(segments[index])
            || segments[index] == "@original"
            || follows(&["reactions", "invites", "templates"])
    };
    (0..segments.len()).map(|index| if is_variable(index) { BLANK } else { segments[index] }).collect()
}

fn major(segments: &[&str]) -> Major {
    match segments {
        [kind @ ("webhooks" | "interactions"), id, token, ..] => Major::of(&[kind, id, token]),
        [kind @ ("channels" | "guilds" | "webhooks"), id, ..] => Major::of(&[kind, id]),
        _ => Major::NONE,
    }
}

fn credential(blanked: &[&str]) -> Credential {
    match blanked {
        ["webhooks" | "interactions", _, _, ..] => Credential::Path,
        _ => Credential::Bot,
    }
}

fn class(method: &Method, blanked: &[&str]) -> Class {
    match (method.as_str(), blanked) {
        ("POST", ["interactions", ..]) => Class::Callback,
        ("POST", ["channels", _, "messages"] | ["webhooks", _, _]) => Class::FirstWords,
        ("PATCH", ["channels", _, "messages", _] | ["webhooks", _, _, "messages", _]) => Class::FinalEdit,
        ("POST", ["channels", _, "typing"]) => Class::Typing,
        _ => Class::Other,
    }
}

fn carries(method: &Method, blanked: &[&str]) -> Carries {
    match (method.as_str(), blanked) {
        ("POST", ["interactions", _, _, "callback"]) => Carries::Callback,
        ("POST", ["channels", _, "messages"] | ["webhooks", _, _]) => Carries::Message,
        ("PATCH", ["channels", _, "messages", _] | ["webhooks", _, _, "messages", _]) => Carries::Message,
        ("POST", ["channels", _, "threads"]) => Carries::Post,
        ("POST", ["webhooks", _, _, _]) => Carries::Foreign,
        _ => Carries::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(request: &str) -> Route {
        let (method, path) = request.split_once(' ').unwrap();
        Route::parse(&method.parse().unwrap(), &format!("/api/v10/{path}")).unwrap()
    }

    #[test]
    fn a_route_tells_template_class_credential_and_content() {
        use Carries::{Callback, Foreign, Message, Nothing, Post};
        use Credential::{Bot, Path};
        for (request, template, class, credential, carries) in [
            ("POST channels/1/messages", "POST channels/_/messages", Class::FirstWords, Bot, Message),
            ("PATCH channels/1/messages/2", "PATCH channels/_/messages/_", Class::FinalEdit, Bot, Message),
            ("GET channels/1/messages/2", "GET channels/_/messages/_", Class::Other, Bot, Nothing),
            ("POST channels/1/typing", "POST channels/_/typing", Class::Typing, Bot, Nothing),
            ("POST channels/1/threads", "POST channels/_/threads", Class::Other, Bot, Post),
            (
                "PUT channels/1/messages/2/reactions/%F0%9F%91%8D/@me",
                "PUT channels/_/messages/_/reactions/_/@me",
                Class::Other,
                Bot,
                Nothing,
            ),
            (
                "POST interactions/1/tok/callback",
                "POST interactions/_/_/callback",
                Class::Callback,
                Path,
                Callback,
            ),
            ("POST webhooks/1/tok", "POST webhooks/_/_", Class::FirstWords, Path, Message),
            ("POST webhooks/1/tok/slack", "POST webhooks/_/_/slack", Class::Other, Path, Foreign),
            (
                "PATCH webhooks/1/tok/messages/@original",
                "PATCH webhooks/_/_/messages/_",
                Class::FinalEdit,
                Path,
                Message,
            ),
            ("GET webhooks/1", "GET webhooks/_", Class::Other, Bot, Nothing),
            ("GET invites/abc", "GET invites/_", Class::Other, Bot, Nothing),
            ("GET guilds/templates/abc", "GET guilds/templates/_", Class::Other, Bot, Nothing),
            ("PUT applications/1/commands", "PUT applications/_/commands", Class::Other, Bot, Nothing),
            ("GET users/@me", "GET users/@me", Class::Other, Bot, Nothing),
        ] {
            let route = route(request);
            assert_eq!(&*route.template, template);
            assert_eq!(
                (route.class, route.credential, route.carries),
                (class, credential, carries),
                "{request}"
            );
        }
    }

    #[test]
    fn limits_belong_to_a_channel_a_guild_or_a_token() {
        let major = |request: &str| route(request).major;
        assert_eq!(major("POST channels/1/messages"), major("PATCH channels/1/messages/2"));
        assert_ne!(major("POST channels/1/messages"), major("POST channels/2/messages"));
        assert_ne!(major("GET channels/1"), major("GET guilds/1"));
        assert_ne!(major("POST webhooks/1/a"), major("POST webhooks/1/b"));
        assert_ne!(major("POST interactions/1/a/callback"), major("POST webhooks/1/a"));
        assert_eq!(major("GET users/1"), Major::NONE);
    }

    #[test]
    fn a_path_that_could_be_read_in_two_ways_is_none() {
        for path in [
            "/channels/1",
            "/api/v10/channels//messages",
            "/api/v10/channels/1/../2",
            "/api/v10/%2E%2e/x",
            "/api/v10/a%2Fb",
            "/api/",
            "@elsewhere.example/api/",
        ] {
            assert!(Route::parse(&Method::GET, path).is_none(), "{path}");
        }
        assert!(Route::parse(&Method::GET, "/api/gateway").is_some());
    }
}
