//! What to ask instead of a model whose end is near.

use super::facts::ModelFacts;
use super::naming;
use super::snapshot::Snapshot;
use super::watch;

/// Words that tell a stage of a model, not its family.
const STAGES: [&str; 5] = ["latest", "preview", "exp", "experimental", "beta"];

/// What an operator may put in its place: the alias of its family, else the newest model of the same author that is
/// named most like it and has no end in sight. `today`: days since 1970.
pub(super) fn of(snapshot: &Snapshot, model: &str, today: i64) -> Option<String> {
    alias(snapshot, model).or_else(|| nearest(snapshot, model, today))
}

fn alias(snapshot: &Snapshot, model: &str) -> Option<String> {
    let is_its = |facts: &&ModelFacts| {
        naming::is_alias(&facts.id)
            && facts.id != model
            && naming::author(&facts.id) == naming::author(model)
            && family(&facts.id) == family(model)
    };
    let alias = snapshot.dated().map(|(facts, _)| facts).find(is_its)?;
    Some(match &alias.alias_target {
        Some(target) => format!("{} (now {target})", alias.id),
        None => alias.id.clone(),
    })
}

fn nearest(snapshot: &Snapshot, model: &str, today: i64) -> Option<String> {
    let made = snapshot.dated().find(|(facts, _)| facts.id == model).and_then(|(_, created)| created);
    let fits = |(facts, created): &(&ModelFacts, Option<u64>)| {
        let is_newer = created.zip(made).is_none_or(|(created, made)| created > made);
        is_newer
            && facts.id != model
            && naming::variant(&facts.id).is_none()
            && !naming::is_alias(&facts.id)
            && naming::author(&facts.id) == naming::author(model)
            && first_word(&facts.id) == first_word(model)
            && !watch::ends_soon(facts, today)
    };
    let likeness = |id: &str| {
        let shared = naming::model(id).bytes().zip(naming::model(model).bytes());
        (family(id) == family(model), shared.take_while(|(left, right)| left == right).count())
    };
    let nearest =
        snapshot.dated().filter(fits).max_by_key(|(facts, created)| (likeness(&facts.id), *created))?;
    Some(nearest.0.id.clone())
}

/// The words of a model's name without versions and stages, in order.
fn family(id: &str) -> Vec<&str> {
    let is_family = |word: &&str| !word.bytes().any(|byte| byte.is_ascii_digit()) && !STAGES.contains(word);
    let mut words: Vec<_> = naming::model(id).split('-').filter(is_family).collect();
    words.sort_unstable();
    words
}

fn first_word(id: &str) -> &str {
    let word = naming::model(id).split('-').next().unwrap_or_default();
    word.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.')
}
