//! The right strip: who can be talked to.

use std::sync::Arc;

use maud::{Markup, html};

use super::avatar;
use crate::persona::{Library, Persona, Rating};

pub(super) fn show(personas: &Library) -> Markup {
    html! {
        section aria-labelledby="personas-title" {
            h2 id="personas-title" { "Personas" }
            p.lead { "Choose who answers in this channel." }
            @for (place, persona) in in_order(personas).iter().enumerate() { (card(place, persona)) }
        }
    }
}

/// The default first, then the others by name.
fn in_order(personas: &Library) -> Vec<Arc<Persona>> {
    let default = personas.default_persona();
    let others = personas.list().into_iter().filter(|persona| persona.id != default.id);
    std::iter::once(Arc::clone(&default)).chain(others).collect()
}

/// The picture that a persona has everywhere on the page.
pub(super) fn portrait(personas: &Library, persona: &Persona) -> Markup {
    let place = in_order(personas).iter().position(|other| other.id == persona.id);
    avatar::persona(place.unwrap_or_default(), &persona.name)
}

fn card(place: usize, persona: &Persona) -> Markup {
    html! {
        article.card data-persona-id=(persona.id) {
            (avatar::persona(place, &persona.name))
            h3 { (persona.name) @if persona.rating == Rating::Mature { " " span.aged title="Only where age-restricted" { "18+" } } }
            p { (persona.tagline) }
            footer {
                button.plain type="button" data-action="persona" data-persona=(persona.id)
                    aria-label={ "Talk to " (persona.name) } { "Talk" }
                @if place == 0 { span.tags { "answers by default" } }
                span.here { "answers here" }
            }
        }
    }
}
