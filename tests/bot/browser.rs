//! Headless chromium, driven as a person does: keys where the focus is, clicks on what can be seen.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Once;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::within;
use crate::http;

const DRIVER: &str = "chromedriver";
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,900",
    "--force-prefers-reduced-motion",
];

/// All tests of the page are skipped together.
static SAID: Once = Once::new();

/// How long the driver may take to end its browser.
const FAREWELL: Duration = Duration::from_secs(10);

/// One window. Everything it started ends when it is dropped.
pub(crate) struct Browser {
    client: Client,
    driver: Driver,
    _profile: TempDir,
}

impl Browser {
    /// `None`, with a line that says so, where there is no browser.
    pub(crate) async fn open(address: &str) -> Option<Self> {
        let Some(binary) = installed() else {
            assert!(!is_required(), "PRISM_REQUIRE_BROWSER is set, and {DRIVER} or chromium is missing");
            SAID.call_once(say_skipped);
            return None;
        };
        let driver = Driver::start();
        let profile = tempfile::tempdir().unwrap();
        let client = within("a browser", connect(&driver, &binary, profile.path())).await;
        client.goto(address).await.unwrap();
        Some(Self { client, driver, _profile: profile })
    }

    /// Waits until a JavaScript expression is true of the page, and answers what it is then.
    pub(crate) async fn until(&self, expression: &str) -> Value {
        match self.client.execute_async(&watch(expression), Vec::new()).await {
            Ok(seen) => seen,
            Err(failure) => panic!("{failure}: it never came to be: {expression}\n{}", self.shown().await),
        }
    }

    /// What a JavaScript expression is now.
    pub(crate) async fn look(&self, expression: &str) -> Value {
        self.client.execute(&format!("return {expression}"), Vec::new()).await.unwrap()
    }

    /// Types where the focus is; special keys are characters of [`fantoccini::key::Key`].
    pub(crate) async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    pub(crate) async fn click(&self, selector: &str) {
        let element = self.client.wait().for_element(Locator::Css(selector)).await.unwrap();
        element.click().await.unwrap_or_else(|failure| panic!("{selector} cannot be clicked: {failure}"));
    }

    /// Ends the session, after a look at what the browser had to complain about: refusals by the page's own policy,
    /// errors of its script, answers that failed.
    pub(crate) async fn finish(self) {
        assert_eq!(self.complaints().await, [""; 0], "the browser complained");
    }

    async fn complaints(&self) -> Vec<String> {
        let session = self.client.session_id().await.unwrap().unwrap();
        let head = format!("POST /session/{session}/se/log HTTP/1.1\r\nHost: {}\r\n", self.driver.address);
        let answer = http::send(self.driver.address, &head, &json!({ "type": "browser" }).to_string()).await;
        let log: Value = serde_json::from_str(&answer.body).unwrap();
        let entries = log["value"].as_array().unwrap();
        entries.iter().map(|entry| format!("{}: {}", entry["level"], entry["message"])).collect()
    }

    async fn shown(&self) -> String {
        let text = self.client.execute("return document.body.innerText", Vec::new()).await;
        format!("{}\n{:#?}", text.unwrap_or_default().as_str().unwrap_or_default(), self.complaints().await)
    }
}

/// Past the capture of the test run, which shows nothing of a test that passes.
fn say_skipped() {
    let line = format!("SKIPPED: the page is not tested, because {DRIVER} or chromium is not installed\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// Looks again whenever anything on the page changes. The page's policy forbids to make code of strings, so the
/// expression stands in the script.
fn watch(expression: &str) -> String {
    format!(
        "const done = arguments[0];
        const look = () => {expression};
        const first = look();
        if (first) return done(first);
        const again = () => {{
            const seen = look();
            if (!seen) return;
            observer.disconnect();
            document.removeEventListener('focusin', again);
            done(seen);
        }};
        const observer = new MutationObserver(again);
        observer.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
        document.addEventListener('focusin', again);"
    )
}

async fn connect(driver: &Driver, binary: &str, profile: &Path) -> Client {
    let mut flags: Vec<_> = FLAGS.map(str::to_owned).to_vec();
    flags.push(format!("--user-data-dir={}", profile.display()));
    let wanted = json!({
        "goog:chromeOptions": { "binary": binary, "args": flags },
        "goog:loggingPrefs": { "browser": "WARNING" },
        "timeouts": { "script": 30_000 },
    });
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(wanted.as_object().unwrap().clone());
    builder.connect(&format!("http://{}", driver.address)).await.unwrap()
}

/// Where chromium is, when its driver is there too.
fn installed() -> Option<String> {
    on_path(DRIVER)?;
    BROWSERS.into_iter().find_map(on_path)
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests ask for the surroundings of the test run, not of the bot"
)]
fn on_path(program: &str) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    let mut files = std::env::split_paths(&path).map(|folder| folder.join(program));
    files.find(|file| file.is_file()).map(|file| file.display().to_string())
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests ask for the surroundings of the test run, not of the bot"
)]
fn is_required() -> bool {
    std::env::var_os("PRISM_REQUIRE_BROWSER").is_some_and(|value| value == "1")
}

/// A running driver, and through it the browser.
struct Driver {
    process: Child,
    address: SocketAddr,
    /// Held open: the driver may still have something to say.
    _output: BufReader<ChildStdout>,
}

impl Driver {
    fn start() -> Self {
        let mut command = Command::new(DRIVER);
        // A Ctrl+C in the terminal reaches the tests only: they end the driver in order.
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut process = command.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port(&mut output)));
        Self { process, address, _output: output }
    }

    /// Asks the driver to end, which ends its browser first; a driver that is merely killed leaves it behind.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(FAREWELL))?;
        write!(stream, "GET /shutdown HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)?;
        stream.read(&mut [0; 64]).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Whatever is left of it is killed.
        let _ = self.shut_down();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The port is in the driver's last line of greeting: `ChromeDriver was started successfully on port 44779.`
fn port(output: &mut impl BufRead) -> u16 {
    let mut lines = output.lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains("successfully on port")).expect("the driver did not start");
    let digits: String = line.chars().rev().skip(1).take_while(char::is_ascii_digit).collect();
    digits.chars().rev().collect::<String>().parse().unwrap()
}
