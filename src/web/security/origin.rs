//! Under which name a request came, and which page sent it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The names under which pages are served. A website that points its own name at loopback is refused by this list.
pub(super) struct Hosts {
    pub(super) configured: Vec<String>,
    /// Also any bare address: no website can have one as its name.
    pub(super) any_address: bool,
}

impl Hosts {
    pub(super) fn allow(&self, host: &str) -> bool {
        let name = without_port(host);
        match address(name) {
            Some(address) => self.any_address || address.is_loopback() || self.is_configured(name),
            None => name.eq_ignore_ascii_case("localhost") || self.is_configured(name),
        }
    }

    fn is_configured(&self, name: &str) -> bool {
        self.configured.iter().any(|configured| configured.eq_ignore_ascii_case(name))
    }
}

fn without_port(host: &str) -> &str {
    let port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    match host.rsplit_once(':') {
        Some((name, end)) if port(end) => name,
        _ => host,
    }
}

fn address(name: &str) -> Option<IpAddr> {
    let bracketed = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    match bracketed {
        Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => name.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

/// What a browser says about the page that sent a request.
pub(super) struct Source<'a> {
    pub(super) site: Option<&'a str>,
    pub(super) mode: Option<&'a str>,
    pub(super) origin: Option<&'a str>,
    pub(super) host: Option<&'a str>,
}

impl Source<'_> {
    /// Whatever changes something must come from our own page; whatever only reads must not be pulled in by another
    /// website, though a link from there may lead here.
    pub(super) fn may_ask(&self, changes: bool) -> bool {
        match (self.site, changes) {
            (Some(site), true) => site == "same-origin",
            (None, true) => self.origin_is_ours(),
            (Some("same-origin" | "none") | None, false) => true,
            (Some(_), false) => self.mode == Some("navigate"),
        }
    }

    fn origin_is_ours(&self) -> bool {
        let authority = self
            .origin
            .and_then(|origin| origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")));
        authority.is_some() && authority == self.host
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_answered() {
        let hosts = Hosts { configured: vec!["prism.example".into()], any_address: false };
        for good in
            ["localhost", "LOCALHOST:8787", "127.0.0.1:8787", "127.0.0.2", "[::1]:8787", "prism.example:443"]
        {
            assert!(hosts.allow(good), "{good}");
        }
        for bad in
            ["", "evil.example", "localhost.evil.example", "10.0.0.1:8787", "[::2]:1", "127.0.0.1.evil:80"]
        {
            assert!(!hosts.allow(bad), "{bad}");
        }
    }

    #[test]
    fn an_exposed_page_answers_under_a_bare_address_and_not_under_a_foreign_name() {
        let hosts = Hosts { configured: Vec::new(), any_address: true };
        assert!(hosts.allow("192.168.1.20:8787"));
        assert!(hosts.allow("[fe80::1]:8787"));
        assert!(!hosts.allow("evil.example:8787"));
    }

    fn source<'a>(site: Option<&'a str>, origin: Option<&'a str>) -> Source<'a> {
        Source { site, mode: Some("cors"), origin, host: Some("localhost:8787") }
    }

    #[test]
    fn a_change_needs_our_own_page() {
        assert!(source(Some("same-origin"), None).may_ask(true));
        assert!(source(None, Some("http://localhost:8787")).may_ask(true));
        for (site, origin) in [
            (Some("cross-site"), Some("http://localhost:8787")),
            (Some("same-site"), None),
            (Some("none"), None),
            (None, None),
            (None, Some("null")),
            (None, Some("http://localhost:9999")),
            (None, Some("http://localhost:8787.evil.example")),
        ] {
            assert!(!source(site, origin).may_ask(true), "{site:?} {origin:?}");
        }
    }

    #[test]
    fn another_website_may_link_here_and_not_read_here() {
        assert!(source(None, None).may_ask(false));
        assert!(!source(Some("cross-site"), None).may_ask(false));
        let link = Source { site: Some("cross-site"), mode: Some("navigate"), origin: None, host: None };
        assert!(link.may_ask(false));
    }
}
