//! What the governor is told at start.

use std::io;
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;

use super::guard::Guard;
use super::limiter::Mode;
use super::rules::Rules;

#[derive(Clone, Debug)]
pub struct Settings {
    /// Where Discord is: `https://discord.com`, or an emulator or another proxy. A path is a prefix.
    pub origin: String,
    pub token: SecretString,
    pub mode: Mode,
    pub rules: Rules,
    /// Requests of the whole bot in one second.
    pub global_per_second: u32,
    /// Requests that may wait at once; more are refused.
    pub queue: usize,
    pub guard: Guard,
    /// Whether a reply may ping the author of the message it replies to.
    pub allow_replied_user: bool,
    /// How long one request may wait for places, its repeats included.
    pub patience: Duration,
    /// How long one attempt may take.
    pub attempt: Duration,
    /// The pause before the first repeat after a fault; each further one is twice as long.
    pub backoff: Duration,
    /// How long [`super::Governor::gateway`] goes on asking.
    pub start: Duration,
    /// Of the form that Discord asks for.
    pub user_agent: String,
}

impl Settings {
    pub fn new(origin: impl Into<String>, token: SecretString) -> Self {
        Self {
            origin: origin.into(),
            token,
            mode: Mode::default(),
            rules: Rules::default(),
            global_per_second: 50,
            queue: 4096,
            guard: Guard::default(),
            allow_replied_user: false,
            patience: Duration::from_secs(60),
            attempt: Duration::from_secs(15),
            backoff: Duration::from_millis(100),
            start: Duration::from_secs(30),
            user_agent: concat!("DiscordBot (", env!("CARGO_PKG_NAME"), ", ", env!("CARGO_PKG_VERSION"), ")")
                .to_owned(),
        }
    }

    /// Scheme, host, port and path prefix of the origin, without a slash at the end; all else is dropped.
    pub(super) fn base(&self) -> io::Result<String> {
        let bad = |what: String| io::Error::new(io::ErrorKind::InvalidInput, what);
        let url =
            Url::parse(&self.origin).map_err(|error| bad(format!("Discord's address is no URL: {error}")))?;
        let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https"));
        let host =
            host.ok_or_else(|| bad("Discord's address must begin with http:// or https://".to_owned()))?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Ok(format!("{}://{host}{port}{}", url.scheme(), url.path().trim_end_matches('/')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(origin: &str) -> Option<String> {
        Settings::new(origin, SecretString::new("t".to_owned())).base().ok()
    }

    #[test]
    fn only_the_address_of_the_origin_is_kept() {
        assert_eq!(base("https://discord.com/").as_deref(), Some("https://discord.com"));
        assert_eq!(base("http://me:pw@127.0.0.1:80/x/?y#z").as_deref(), Some("http://127.0.0.1/x"));
        assert_eq!(base("http://[::1]:8080").as_deref(), Some("http://[::1]:8080"));
        for bad in ["discord.com", "ftp://discord.com", "file:///etc", ""] {
            assert_eq!(base(bad), None, "{bad}");
        }
    }
}
