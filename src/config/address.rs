//! Addresses that people write: databases, servers, listeners. Each parser says what it expected.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// `sqlite://data/prism.db` or a plain path: the file.
pub(crate) fn database(text: &str) -> Result<PathBuf, String> {
    let expected = "expected a SQLite file, for example sqlite://data/prism.db";
    let path = match text.split_once(':') {
        Some(("sqlite", rest)) => rest.strip_prefix("//").unwrap_or(rest),
        Some((scheme, rest)) if rest.starts_with("//") => {
            return Err(format!("{expected}; Prism keeps conversations in SQLite, not in {scheme}"));
        }
        _ => text,
    };
    let path = path.split('?').next().unwrap_or_default();
    if path.is_empty() || path == ":memory:" {
        return Err(format!("{expected}; a bot without a file would forget everything at its next start"));
    }
    Ok(PathBuf::from(path))
}

/// A server's address without a closing slash. Plain http is taken only on this machine, or where `plain` allows it.
pub(crate) fn server(text: &str, plain: Plain) -> Result<String, String> {
    let address = text.trim().trim_end_matches('/');
    let expected = "expected an address such as https://example.org";
    let Some((scheme, rest)) = address.split_once("://") else { return Err(expected.to_owned()) };
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty()
        || host.contains('@')
        || address.contains(char::is_whitespace)
        || address.contains(['?', '#'])
    {
        return Err(expected.to_owned());
    }
    match scheme {
        "https" => Ok(address.to_owned()),
        "http" if plain == Plain::Anywhere || is_loopback(address) => Ok(address.to_owned()),
        "http" => Err(format!(
            "{expected}; plain http is taken only for this machine, because the token goes there"
        )),
        _ => Err(expected.to_owned()),
    }
}

/// Where plain http is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// Only on this machine.
    Here,
    /// Also in a private network: model servers at home have no certificates.
    Anywhere,
}

/// Whether an address is on this machine.
pub fn is_loopback(address: &str) -> bool {
    let host = host(address);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether an address is on this machine or in a network of one's own.
pub(crate) fn is_private(address: &str) -> bool {
    let host = host(address);
    let is_own = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    let is_name = !host.contains('.') && !host.contains(':');
    let is_local_name = [".local", ".lan", ".internal"].iter().any(|ending| host.ends_with(ending));
    is_loopback(address) || host.parse().map_or(is_name || is_local_name, is_own)
}

/// The host of an address, without brackets and port.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    }
}

/// Where to listen: an IP address and a port.
pub(crate) fn listener(text: &str) -> Result<SocketAddr, String> {
    text.trim().replace("localhost:", "127.0.0.1:").parse().map_err(|_| {
        "expected an IP address and a port, for example 127.0.0.1:8787 (port 0 takes a free one)".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_files() {
        for (text, path) in [
            ("sqlite://data/prism.db", "data/prism.db"),
            ("sqlite:///data/prism.db", "/data/prism.db"),
            ("sqlite:prism.db", "prism.db"),
            ("sqlite://x.db?mode=rwc", "x.db"),
            ("data/x.db", "data/x.db"),
        ] {
            assert_eq!(database(text), Ok(PathBuf::from(path)), "{text}");
        }
        for text in ["postgres://localhost/db", "sqlite::memory:", "sqlite://", ""] {
            assert!(database(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tokens_never_go_over_plain_http() {
        assert_eq!(server("https://discord.com/", Plain::Here), Ok("https://discord.com".to_owned()));
        for here in ["http://127.0.0.1:80", "http://localhost:9", "http://[::1]:9"] {
            assert!(server(here, Plain::Here).is_ok(), "{here}");
        }
        for bad in [
            "http://discord.com",
            "http://127.0.0.1.evil.org",
            "discord.com",
            "ftp://x",
            "https://",
            "https://a@b",
        ] {
            assert!(server(bad, Plain::Here).is_err(), "{bad}");
        }
        assert!(server("http://192.168.1.5:11434/v1", Plain::Anywhere).is_ok());
    }

    #[test]
    fn private_networks_are_known() {
        for own in [
            "http://localhost:1",
            "http://192.168.1.5:1/v1",
            "http://[fd00::1]:1",
            "http://nas:1",
            "http://nas.local",
        ] {
            assert!(is_private(own), "{own}");
        }
        for foreign in ["http://openrouter.ai/api/v1", "http://8.8.8.8", "http://192.168.1.5.evil.org"] {
            assert!(!is_private(foreign), "{foreign}");
        }
    }

    #[test]
    fn listeners_have_a_port() {
        assert!(
            listener("127.0.0.1:0").is_ok()
                && listener("localhost:8787").is_ok()
                && listener("[::]:80").is_ok()
        );
        assert!(listener("8787").is_err() && listener("example.org:80").is_err());
    }
}
