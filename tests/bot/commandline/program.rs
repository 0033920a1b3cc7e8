//! The program itself, as somebody runs it: a child process with an environment and a working folder of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use prism::shutdown::Shutdown;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{ChildStdin, Command};
use tokio::sync::mpsc;

use crate::harness::within;

/// A folder to run the program in, with nothing set but what a test sets.
pub(super) struct Home {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

/// A running program. It ends with its test.
pub(super) struct Running {
    process: tokio::process::Child,
    input: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    seen: Vec<String>,
}

impl Home {
    /// Pages take a free port; everything else is as on a fresh machine.
    pub(super) fn new() -> Self {
        let variables = vec![("PRISM_HTTP".to_owned(), "127.0.0.1:0".to_owned())];
        Self { folder: tempfile::tempdir().unwrap(), variables }
    }

    /// Sets a variable for every later run.
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.variables.retain(|(own, _)| own != name);
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and the folder it is in.
    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prism"));
        command.args(arguments).current_dir(self.folder.path());
        command.env_clear().envs(self.variables.iter().cloned());
        command.kill_on_drop(true).stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub(super) async fn run(&self, arguments: &[&str]) -> Finished {
        let output = within("the program ends", self.command(arguments).output()).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Finished { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Starts the program and leaves it running.
    pub(super) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel(1_000);
        forward(process.stdout.take().unwrap(), sender.clone());
        forward(process.stderr.take().unwrap(), sender);
        Running { input: process.stdin.take(), process, lines, seen: Vec::new() }
    }
}

fn forward(stream: impl AsyncRead + Send + Unpin + 'static, lines: mpsc::Sender<String>) {
    Shutdown::default().spawn(async move {
        let mut stream = BufReader::new(stream).lines();
        while let Ok(Some(line)) = stream.next_line().await {
            if lines.send(line).await.is_err() {
                return;
            }
        }
    });
}

impl Running {
    /// Reads on until a line holds this, and gives that line.
    pub(super) async fn line(&mut self, part: &str) -> String {
        let reading = async {
            loop {
                let line = self.lines.recv().await?;
                self.seen.push(line.clone());
                if line.contains(part) {
                    return Some(line);
                }
            }
        };
        let found = within(&format!("a line with {part:?}"), reading).await;
        found.unwrap_or_else(|| panic!("no line with {part:?} in\n{}", self.seen.join("\n")))
    }

    /// Waits until the bot is connected and says where its pages are.
    pub(super) async fn connected(&mut self) -> SocketAddr {
        let line = self.line("health checks on http://").await;
        let (_, address) = line.split_once("http://").unwrap();
        let address = address.split('/').next().unwrap().parse().unwrap();
        self.line("connected to Discord").await;
        self.line("commands registered").await;
        address
    }

    /// Types a line.
    pub(super) async fn say(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        input.flush().await.unwrap();
    }

    /// Sends a signal by its name: `TERM`, `INT`.
    pub(super) async fn signal(&self, name: &str) {
        let id = self.process.id().unwrap().to_string();
        let kill = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &id]).status();
        assert!(kill.await.unwrap().success());
    }

    /// Waits for the end: the exit code and everything that was written.
    pub(super) async fn ended(mut self) -> (Option<i32>, String) {
        let reading = async {
            while let Some(line) = self.lines.recv().await {
                self.seen.push(line);
            }
            self.process.wait().await.unwrap()
        };
        let status = within("the program ends", reading).await;
        (status.code(), self.seen.join("\n"))
    }
}

/// The status and the whole answer to a GET.
pub(super) async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within("an answer", socket.read_to_string(&mut answer)).await.unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no status in {answer:?}")), answer)
}
