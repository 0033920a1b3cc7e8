//! Pictures drawn from a name: people are round, bots and personas are cut like a stone.

use maud::{Markup, html};

use super::markup::without_overrides;

/// What personas are painted in, warm and dark enough for a white letter.
const TONES: [u32; 10] = [
    0xA6_4B2A, 0x6B_7A3A, 0x8A_3F5C, 0x2F_6F73, 0xB0_7A1E, 0x5C_4A7D, 0x3E_6B4F, 0x9C_3B34, 0x4A_6285,
    0x7A_5A3A,
];

pub(super) fn person(name: &str, color: u32) -> Markup {
    html! {
        svg.avatar viewBox="0 0 40 40" aria-hidden="true" {
            circle cx="20" cy="20" r="20" fill=(hex(color)) {}
            path d="M0 20a20 20 0 0 0 40 0Q20 30 0 20Z" fill="#000" fill-opacity=".1" {}
            (letter(name))
        }
    }
}

pub(super) fn bot(name: &str, color: u32) -> Markup {
    html! {
        svg.avatar viewBox="0 0 40 40" aria-hidden="true" {
            path d="M12 1h16l11 11v16l-11 11h-16l-11-11v-16z" fill=(hex(color)) {}
            path d="M12 1h16l-8 12zM1 12l11-11 8 12z" fill="#fff" fill-opacity=".22" {}
            path d="M39 12v16l-19-15z" fill="#fff" fill-opacity=".1" {}
            path d="M1 28l11 11h16l-8-11z" fill="#000" fill-opacity=".14" {}
            (letter(name))
        }
    }
}

/// The bot this page is about: a prism on a stone of its colour.
pub(super) fn prism(color: u32) -> Markup {
    html! {
        svg.avatar viewBox="0 0 40 40" aria-hidden="true" {
            path d="M12 1h16l11 11v16l-11 11h-16l-11-11v-16z" fill=(hex(color)) {}
            path d="M1 22l15-4 2 3zM39 15l-17 4 1 2z" fill="#f7ecd9" fill-opacity=".8" {}
            path d="M20 8 32 30H8z" fill="#b8492b" {}
            path d="M20 8 32 30H20z" fill="#d9822b" {}
            path d="M20 8 26 30h-6z" fill="#e8c65a" {}
        }
    }
}

/// The picture of the persona at this place of the list; neighbours differ in tone.
pub(super) fn persona(place: usize, name: &str) -> Markup {
    bot(name, TONES[place % TONES.len()])
}

fn letter(name: &str) -> Markup {
    let shown = without_overrides(name);
    let first = shown.chars().find(|c| c.is_alphanumeric()).unwrap_or('·');
    html! { text x="20" y="20" dy=".36em" text-anchor="middle" { (first.to_uppercase()) } }
}

fn hex(color: u32) -> String {
    format!("#{:06x}", color & 0x00FF_FFFF)
}
