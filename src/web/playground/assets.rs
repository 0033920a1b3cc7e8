//! Script and style, joined from their pieces and carried in the binary.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use sha2::{Digest, Sha256};

const SCRIPT: &str = concat!(
    include_str!("script/state.js"),
    include_str!("script/panel.js"),
    include_str!("script/feed.js"),
    include_str!("script/palette.js"),
    include_str!("script/command.js"),
    include_str!("script/composer.js"),
    include_str!("script/shell.js"),
);
const STYLE: &str = concat!(
    include_str!("look/base.css"),
    include_str!("look/rail.css"),
    include_str!("look/panel.css"),
    include_str!("look/messages.css"),
    include_str!("look/composer.css"),
);

/// Stands in the head and runs before anything is painted, so that a night page never flashes white.
pub(super) const THEME: &str =
    "try { document.documentElement.dataset.theme = localStorage.getItem('prism.theme') ?? ''; } catch {}";

pub(super) static SCRIPT_ADDRESS: LazyLock<String> = LazyLock::new(|| address("app.js", SCRIPT));
pub(super) static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| address("app.css", STYLE));

/// The address changes with the content, so that browsers may keep it for ever.
fn address(name: &str, content: &str) -> String {
    let digest = format!("{:x}", Sha256::digest(content));
    format!("/playground/{name}?v={}", &digest[..12])
}

pub(super) async fn script() -> impl IntoResponse {
    asset("text/javascript; charset=utf-8", SCRIPT)
}

pub(super) async fn style() -> impl IntoResponse {
    asset("text/css; charset=utf-8", STYLE)
}

fn asset(kind: &'static str, content: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "private, max-age=31536000, immutable")], content)
}
