//! Who may see the pages: everybody on this machine, or whoever was given the token.

use axum::extract::Query;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, html};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};

const COOKIE_NAME: &str = "prism_playground";

/// Who may see the pages.
pub enum Access {
    /// The listener is bound to loopback: whoever reaches it sits at this machine.
    Loopback,
    /// The listener can be reached from elsewhere: `?token=` once, then a cookie.
    Token(SecretString),
}

/// How a request gets in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pass {
    Inside,
    /// The token was right: the browser is given a cookie and the address without the token.
    Entering {
        cookie: String,
    },
}

#[derive(Deserialize)]
struct Entrance {
    token: Option<String>,
}

impl Access {
    pub(super) fn check(&self, uri: &Uri, cookies: Option<&str>) -> Option<Pass> {
        let Self::Token(token) = self else { return Some(Pass::Inside) };
        let proof = proof(token.expose_secret());
        let shown = Query::<Entrance>::try_from_uri(uri).ok().and_then(|query| query.0.token);
        match shown {
            Some(shown) if self::proof(&shown) == proof => {
                Some(Pass::Entering { cookie: set_cookie(&proof) })
            }
            _ if cookies.is_some_and(|cookies| holds(cookies, &proof)) => Some(Pass::Inside),
            _ => None,
        }
    }
}

/// Hashes are compared instead of tokens: how long that takes says nothing about the token.
fn proof(token: &str) -> String {
    let digest = Sha256::new().chain_update("prism playground cookie").chain_update(token).finalize();
    format!("{digest:x}")
}

fn set_cookie(proof: &str) -> String {
    format!("{COOKIE_NAME}={proof}; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800")
}

fn holds(cookies: &str, proof: &str) -> bool {
    cookies
        .split(';')
        .filter_map(|cookie| cookie.trim().split_once('='))
        .any(|(name, value)| name == COOKIE_NAME && self::proof(value) == self::proof(proof))
}

/// A page that leads on to the playground. A redirect would not do: browsers keep a strict cookie back when the
/// chain of redirects began on another website, such as the chat in which the address was passed on.
pub(super) fn welcome(cookie: &str) -> Response {
    let body = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content="0;url=/playground";
                title { "Prism" }
            }
            body { p { "Come in: " a href="/playground" { "the playground" } "." } }
        }
    };
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (SET_COOKIE, cookie)];
    (StatusCode::OK, headers, body.into_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(access: &Access, uri: &str, cookies: Option<&str>) -> Option<Pass> {
        access.check(&uri.parse().unwrap(), cookies)
    }

    #[test]
    fn the_token_is_shown_once_and_the_cookie_opens_from_then_on() {
        let access = Access::Token(SecretString::new("open sesame".into()));
        let Some(Pass::Entering { cookie }) = check(&access, "/playground?token=open%20sesame", None) else {
            panic!("the right token was refused");
        };
        assert!(cookie.contains("HttpOnly; SameSite=Strict"));
        assert!(!cookie.contains("sesame"));
        let pair = cookie.split(';').next().unwrap();
        assert_eq!(check(&access, "/playground", Some(&format!("other=1; {pair}"))), Some(Pass::Inside));
    }

    #[test]
    fn a_wrong_token_or_cookie_stays_outside() {
        let access = Access::Token(SecretString::new("open sesame".into()));
        assert_eq!(check(&access, "/playground", None), None);
        assert_eq!(check(&access, "/playground?token=", None), None);
        assert_eq!(check(&access, "/playground?token=open", Some("prism_playground=open sesame")), None);
    }

    #[test]
    fn loopback_needs_no_token() {
        assert_eq!(check(&Access::Loopback, "/", None), Some(Pass::Inside));
    }
}
