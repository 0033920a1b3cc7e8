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
            (card(0, &default, true))
            @for (place, persona) in personas.list().iter().filter(|persona| persona.id != default.id).enumerate() {
                (card(place + 1, persona, false))
            }
        }
    }
}

fn card(place: usize, persona: &Persona, is_default: bool) -> Markup {
    html! {
        article.card {
            (avatar::persona(place, &persona.name))
            h3 { (persona.name) @if persona.rating == Rating::Mature { " " span.aged title="Only where age-restricted" { "18+" } } }
            p { (persona.tagline) }
            footer {
                button.plain type="button" data-action="persona" data-persona=(persona.id)
                    aria-label={ "Talk to " (persona.name) } { "Talk" }
                @if is_default { span.tags { "answers by default" } }
            }
        }
    }
}
