//! The right strip: who can be talked to.

use maud::{Markup, html};

use super::avatar;
use crate::persona::{Library, Persona, Rating};

pub(super) fn show(personas: &Library) -> Markup {
    let default = personas.default_persona();
    html! {
        section aria-labelledby="personas-title" {
            h2 id="personas-title" { "Personas" }
            p.lead { "Choose who answers in this channel." }
            @for persona in personas.list() { (card(&persona, persona.id == default.id)) }
        }
    }
}

fn card(persona: &Persona, is_default: bool) -> Markup {
    html! {
        article.card {
            (avatar::persona(persona.id.as_str(), &persona.name))
            h3 { (persona.name) @if persona.rating == Rating::Mature { " " span.aged title="Only where age-restricted" { "18+" } } }
            p { (persona.tagline) }
            footer {
                button.plain type="button" data-action="persona" data-persona=(persona.id) {
                    "Talk to " (first_word(&persona.name))
                }
                @if is_default { span.tags { "answers unless you choose" } }
            }
        }
    }
}

fn first_word(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}
