//! The gate before every page: who may ask, from where, and what an answer may do in a browser.
//!
//! A page on loopback is reachable by every website the visitor has open, so the address it was asked under and the
//! page that asks are checked on each request; when the page is exposed, a token is needed besides.

mod access;
mod headers;
mod origin;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{COOKIE, HOST};
use axum::http::{HeaderName, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

pub use self::access::Access;
use self::access::Pass;
pub(super) use self::headers::Nonce;
use self::origin::{Hosts, Source};

/// What is checked before a page answers.
#[derive(Clone)]
pub(super) struct Gate {
    rules: Arc<Rules>,
}

struct Rules {
    access: Access,
    hosts: Hosts,
}

/// Why a request is not answered, in words for the person in front of the browser.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Host,
    Source,
    Token,
}

impl Gate {
    pub(super) fn new(access: Access, hosts: Vec<String>) -> Self {
        let hosts = Hosts { configured: hosts, any_address: matches!(access, Access::Token(_)) };
        Self { rules: Arc::new(Rules { access, hosts }) }
    }

    fn check(&self, request: &Request) -> Result<Pass, Refusal> {
        let host = header(request, HOST);
        if !host.is_some_and(|host| self.rules.hosts.allow(host)) {
            return Err(Refusal::Host);
        }
        let source = Source {
            site: header(request, HeaderName::from_static("sec-fetch-site")),
            mode: header(request, HeaderName::from_static("sec-fetch-mode")),
            origin: header(request, HeaderName::from_static("origin")),
            host,
        };
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        if !source.may_ask(changes) {
            return Err(Refusal::Source);
        }
        self.rules.access.check(request.uri(), header(request, COOKIE)).ok_or(Refusal::Token)
    }
}

/// Lets a request pass to its page or refuses it; either way the answer carries the protective headers.
pub(super) async fn guard(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let nonce = Nonce::random();
    let mut response = match gate.check(&request) {
        Err(refusal) => refusal.into_response(),
        Ok(Pass::Entering { cookie }) => access::welcome(&cookie),
        Ok(Pass::Inside) => {
            request.extensions_mut().insert(nonce.clone());
            next.run(request).await
        }
    };
    headers::protect(response.headers_mut(), &nonce);
    response
}

fn header(request: &Request, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, words) = match self {
            Self::Host => (
                StatusCode::MISDIRECTED_REQUEST,
                "Prism does not answer under this name. Open the address that it printed when it started.",
            ),
            Self::Source => (
                StatusCode::FORBIDDEN,
                "This request came from another website, or from a browser that does not say which page sent it.",
            ),
            Self::Token => (
                StatusCode::UNAUTHORIZED,
                "This playground is private. Open the address with the token that Prism printed when it started.",
            ),
        };
        (status, words).into_response()
    }
}
