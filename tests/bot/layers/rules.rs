//! Which part may name which, and where each outside vocabulary lives.

use std::fmt;

use super::source::{self, Named};

/// Anyone may name these.
const LEAVES: [&str; 4] = ["document", "ids", "shutdown", "status"];

/// Left may name right, besides the leaves and itself.
const EDGES: [(&str, &[&str]); 17] = [
    ("main", &["app", "cli", "config", "telemetry"]),
    ("gateway", &[]),
    ("watchdog", &[]),
    (
        "cli",
        &[
            "app",
            "config",
            "telemetry",
            "web",
            "discord",
            "chat",
            "persona",
            "store",
            "llm",
            "governor",
            "emulator",
            "watchdog",
        ],
    ),
    (
        "app",
        &["config", "telemetry", "web", "discord", "chat", "persona", "store", "llm", "governor", "emulator"],
    ),
    (
        "config",
        &[
            "telemetry",
            "web",
            "discord",
            "chat",
            "persona",
            "store",
            "llm",
            "governor",
            "gateway",
            "emulator",
            "watchdog",
        ],
    ),
    ("web", &["chat", "persona", "store", "governor", "emulator"]),
    ("discord", &["chat", "persona", "store", "governor", "gateway"]),
    ("chat", &["persona", "store", "llm"]),
    ("persona", &[]),
    ("store", &[]),
    ("llm", &[]),
    ("governor", &[]),
    ("emulator", &[]),
    ("telemetry", &[]),
    ("lib", &[]),
    ("document", &[]),
];

/// Each outside vocabulary and its homes.
const HOMES: [(&str, &[&str]); 6] = [
    ("serenity", &["discord"]),
    ("poise", &["discord"]),
    ("sqlx", &["store"]),
    // app builds the one client that both share.
    ("reqwest", &["llm", "governor", "app"]),
    ("axum", &["web", "emulator", "governor"]),
    ("tokio_tungstenite", &["gateway"]),
];

/// A name outside its home, and why it may stand there.
struct Exception {
    file: &'static str,
    path: &'static [&'static str],
    _reason: &'static str,
}

const EXCEPTIONS: [Exception; 1] = [Exception {
    file: "src/discord/mod.rs",
    path: &["reqwest", "Client"],
    _reason: "serenity takes a client of this type; it is built in app, and discord only hands it on",
}];

/// What config may name of the other parts: their settings and what these are made of, and nothing that acts.
const SETTINGS: [&str; 11] = [
    "Settings",
    "self",
    "Budget",
    "Budgets",
    "CatalogSettings",
    "Flavour",
    "MaxPrice",
    "Mode",
    "Pattern",
    "Server",
    "TurnRates",
];

/// A name that may not stand where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Breach {
    file: String,
    line: usize,
    rule: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.rule)
    }
}

/// Everything in one file that the rules forbid. `file` is its path from the package's root.
pub(super) fn breaches(file: &str, text: &str) -> Vec<Breach> {
    let place = Place::of(file);
    let of = |named: Named| {
        let rule = place.breach(&named)?;
        Some(Breach { file: file.to_owned(), line: named.line, rule })
    };
    source::paths(text).into_iter().filter_map(of).collect()
}

/// Exceptions that nothing needs any more.
pub(super) fn stale_exceptions(read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let is_needed = |exception: &&Exception| {
        let text = read(exception.file).unwrap_or_default();
        source::paths(&text).iter().any(|named| starts_with(named, exception.path))
    };
    let stale = EXCEPTIONS.iter().filter(|exception| !is_needed(exception));
    stale.map(|exception| format!("{} {}", exception.file, exception.path.join("::"))).collect()
}

fn starts_with(named: &Named, path: &[&str]) -> bool {
    named.segments.iter().map(String::as_str).take(path.len()).eq(path.iter().copied())
}

/// Where a file stands among the modules.
struct Place<'a> {
    file: &'a str,
    /// Its first module, or the name of a root file.
    part: &'a str,
    /// How many modules it is in.
    depth: usize,
}

impl<'a> Place<'a> {
    fn of(file: &'a str) -> Self {
        let inside = file.strip_prefix("src/").unwrap_or(file);
        let path = inside.strip_suffix(".rs").unwrap_or(inside);
        let module = path.strip_suffix("/mod").unwrap_or(path);
        let part = module.split('/').next().unwrap_or(module);
        let is_root = matches!(module, "main" | "lib");
        let depth = if is_root { 0 } else { module.split('/').count() };
        Self { file, part, depth }
    }

    fn breach(&self, named: &Named) -> Option<String> {
        self.edge(named)
            .or_else(|| self.settings(named))
            .or_else(|| self.vocabulary(named))
            .or_else(|| self.environment(named))
    }

    fn edge(&self, named: &Named) -> Option<String> {
        let target = match self.target(named)? {
            "*" | "self" | "crate" => {
                return Some("names the whole crate: name the part that is meant".to_owned());
            }
            target => target,
        };
        let allowed = self.allowed();
        if target == self.part || LEAVES.contains(&target) || allowed.contains(&target) {
            return None;
        }
        let list = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
        Some(format!(
            "{} names {target}; besides the leaves ({}) it may name {list}",
            self.part,
            LEAVES.join(", ")
        ))
    }

    fn allowed(&self) -> &'static [&'static str] {
        EDGES.iter().find(|(part, _)| *part == self.part).map_or(&[], |(_, allowed)| allowed)
    }

    /// The part of this crate that a path leads to.
    fn target<'n>(&self, named: &'n Named) -> Option<&'n str> {
        let segments: Vec<_> = named.segments.iter().map(String::as_str).collect();
        match segments[0] {
            // `pub(crate)` names nothing.
            "crate" if segments.len() == 1 => named.renamed.then_some("crate"),
            "crate" => Some(segments[1]),
            "prism" if self.part == "main" => Some(segments.get(1).copied().unwrap_or("crate")),
            "super" | "self" => {
                let path: Vec<_> = segments.into_iter().skip_while(|segment| *segment == "self").collect();
                let up = path.iter().take_while(|segment| **segment == "super").count();
                let is_root = up > 0 && up == self.depth + named.inline;
                is_root.then(|| path.get(up).copied().unwrap_or("crate"))
            }
            _ => None,
        }
    }

    fn settings(&self, named: &Named) -> Option<String> {
        if self.part != "config" {
            return None;
        }
        let path: Vec<_> =
            named.segments.iter().map(String::as_str).skip_while(|first| *first == "crate").collect();
        let [part, item, ..] = path[..] else { return None };
        let acts = self.allowed().contains(&part) && part != "telemetry" && !SETTINGS.contains(&item);
        acts.then(|| format!("config names {part}::{item}; of other parts it may name the settings only"))
    }

    fn vocabulary(&self, named: &Named) -> Option<String> {
        let (name, homes) = HOMES.iter().find(|(name, _)| named.segments[0] == *name)?;
        let excepted =
            |exception: &Exception| exception.file == self.file && starts_with(named, exception.path);
        if homes.contains(&self.part) || EXCEPTIONS.iter().any(excepted) {
            return None;
        }
        Some(format!(
            "{} stands outside its home: {}",
            named.segments.join("::"),
            match homes {
                [] => format!("nothing names {name}"),
                homes => homes.join(", "),
            }
        ))
    }

    fn environment(&self, named: &Named) -> Option<String> {
        let reads = starts_with(named, &["std", "env"]) && self.part != "config";
        reads.then(|| "std::env is read in config only".to_owned())
    }
}
