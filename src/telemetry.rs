//! Logs. Built apart from installed, so that tests can read what would be written.

use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};

use tracing::{Level, Metadata, Subscriber, error};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, filter, fmt};

/// Libraries that log bodies, frames, routes with tokens or statements below this level. No setting lifts the cap.
const CAPPED: [(&str, Level); 11] = [
    ("serenity", Level::ERROR),
    ("poise", Level::ERROR),
    ("tungstenite", Level::ERROR),
    ("tokio_tungstenite", Level::ERROR),
    ("hyper", Level::WARN),
    ("hyper_util", Level::WARN),
    ("reqwest", Level::WARN),
    ("axum", Level::WARN),
    ("sqlx", Level::WARN),
    ("rustls", Level::WARN),
    ("h2", Level::WARN),
];

/// How logs look and how much is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub format: Format,
    /// In the syntax of `RUST_LOG`.
    pub filter: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self { format: Format::Text, filter: "info".to_owned() }
    }
}

impl Settings {
    /// Says what is wrong with a filter, in a sentence.
    ///
    /// # Errors
    /// When the filter cannot be understood.
    pub fn check_filter(filter: &str) -> Result<(), String> {
        EnvFilter::try_new(filter).map(drop).map_err(|error| error.to_string())
    }
}

/// A subscriber that writes to `writer`.
///
/// # Errors
/// When the filter cannot be understood.
pub fn subscriber<W>(
    settings: &Settings,
    writer: W,
) -> Result<impl Subscriber + Send + Sync, filter::ParseError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&settings.filter)?;
    let lines = lines(settings.format, writer).with_filter(filter::filter_fn(is_allowed));
    Ok(tracing_subscriber::registry().with(filter).with(lines))
}

/// Makes the subscriber the one of the process. Logs go to standard error: standard output belongs to commands.
///
/// # Errors
/// When the filter cannot be understood or a subscriber is installed already.
pub fn install(settings: &Settings) -> Result<(), InstallError> {
    subscriber(settings, io::stderr)?.try_init()?;
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Says where a panic happened and not what it said: that may hold what people wrote.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    error!(panic.location = location, "a task panicked");
}

#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error("the log filter is not understood")]
    Filter(#[from] filter::ParseError),
    #[error("logs are installed already")]
    Installed(#[from] TryInitError),
}

fn lines<S, W>(format: Format, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    match format {
        Format::Text => fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(writer).boxed(),
        Format::Json => fmt::layer().json().flatten_event(true).with_writer(writer).boxed(),
    }
}

fn is_allowed(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let krate = target.split("::").next().unwrap_or(target);
    CAPPED.iter().find(|(capped, _)| *capped == krate).is_none_or(|(_, level)| metadata.level() <= level)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{debug, info, warn};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(format: Format, log: impl FnOnce()) -> String {
        let page = Page::default();
        let writer = page.clone();
        let settings = Settings { format, filter: "trace".to_owned() };
        let subscriber = subscriber(&settings, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, log);
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn no_setting_lifts_the_cap_on_libraries() {
        let logs = written(Format::Text, || {
            warn!(target: "serenity::gateway::ws", "a whole frame");
            info!(target: "serenity::http::client", "a token in a route");
            debug!(target: "hyper_util::client", "a body");
            debug!(target: "sqlx::query", "a statement");
            warn!(target: "serenity_like", "not capped");
            debug!("ours");
        });
        assert!(logs.contains("ours") && logs.contains("not capped"), "{logs}");
        for leak in ["frame", "token", "body", "statement"] {
            assert!(!logs.contains(leak), "{leak}: {logs}");
        }
    }

    #[test]
    fn json_logs_are_one_object_a_line() {
        let logs = written(Format::Json, || info!(turn.id = 7, "turn closed"));
        let line: serde_json::Value = serde_json::from_str(logs.trim()).unwrap();
        assert_eq!(line["turn.id"], 7);
        assert_eq!(line["message"], "turn closed");
    }

    #[test]
    fn a_bad_filter_is_an_error() {
        assert!(Settings::check_filter("prism=loud=very").is_err());
        assert!(Settings::check_filter("info,prism=debug").is_ok());
    }
}
