//! The panel as the page is first drawn. The script keeps it current.

use maud::{Markup, html};

use super::Panel;
use super::button::Button;
use super::strip::Reading;
use super::switch::{NEEDS_EMBEDDED, Switch};

pub(in crate::web::playground) fn show(panel: &Panel) -> Markup {
    let reading = panel.read();
    html! {
        details id="panel" {
            summary {
                span.name { "Break it" }
                span.about { "and see what the promises are worth" }
                span.weather id="panel-weather" { (reading.weather) }
            }
            div.levers role="group" aria-label="What can be broken" {
                @for switch in Switch::ALL { (lever(switch, &reading, panel.has(switch))) }
                @for button in Button::ALL { (pusher(button)) }
            }
            (strip(&reading))
        }
    }
}

fn lever(switch: Switch, reading: &Reading, is_there: bool) -> Markup {
    let about = format!("about-{}", switch.id());
    html! {
        div.lever {
            label {
                input type="checkbox" role="switch" data-switch=(switch.id()) aria-describedby=(about)
                    checked[reading.on.contains(&switch)] disabled[!is_there] autocomplete="off";
                (switch.label())
            }
            p id=(about) { @if is_there { (switch.about()) } @else { (NEEDS_EMBEDDED) } }
        }
    }
}

fn pusher(button: Button) -> Markup {
    let about = format!("about-{}", button.id());
    html! {
        div.lever {
            button.plain type="button" data-action="push" data-push=(button.id()) aria-describedby=(about) {
                (button.label())
            }
            p id=(about) { (button.about()) }
        }
    }
}

fn strip(reading: &Reading) -> Markup {
    html! {
        div.came {
            dl aria-label="What came of it" {
                @for figure in &reading.figures {
                    div { dt { (figure.label) } dd data-figure=(figure.id) { (figure.value) } }
                }
            }
            p id="panel-bot" role="status" { (reading.bot) }
        }
    }
}
