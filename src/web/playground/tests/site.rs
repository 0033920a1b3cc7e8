//! A running site, and a client that says exactly what it is told.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::emulator::{Emulator, Settings, World, playground};
use crate::ids::MessageId;
use crate::persona::Library;
use crate::shutdown::Shutdown;
use crate::status::Status;
use crate::web::{
    Access, FirstModel, Pages, Playground, Power, ReadSigns, ReplyFigures, Signs, Tally, serve,
};

/// Longer than anything here takes; a test that reaches it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// The one message of which the figures are known.
pub(super) const MEASURED: MessageId = MessageId::new(77);

pub(super) struct Site {
    pub(super) emulator: Emulator,
    pub(super) status: Status,
    pub(super) power: Power,
    pub(super) shutdown: Shutdown,
    pub(super) serving: JoinHandle<()>,
    authority: String,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Site {
    pub(super) async fn start(access: Access) -> Self {
        Self::start_with(access, None).await
    }

    /// Where the embedded model is the first of the ladder.
    pub(super) async fn start_with(access: Access, first_model: Option<FirstModel>) -> Self {
        let shutdown = Shutdown::default();
        let (status, power) = (Status::default(), Power::default());
        let emulator = Emulator::start(Settings::default(), World::playground(), &shutdown).await.unwrap();
        let personas = Library::embedded();
        let playground = Playground {
            emulator: emulator.clone(),
            personas: {
                let personas = personas.clone();
                Arc::new(move || personas.clone())
            },
            persona_of: Arc::new(move |_| {
                let personas = personas.clone();
                Box::pin(async move { Some(personas.default_persona()) })
            }),
            model_line: "Replies come from a test.".into(),
            figures: Arc::new(|message| Box::pin(async move { (message == MEASURED).then(figures) })),
            tally: Arc::new(|| Tally { starts: 1, sent: 12, ..Tally::default() }),
            first_model,
            power: power.clone(),
        };
        let pages = Pages { signs: signs(&status), access, hosts: Vec::new(), playground: Some(playground) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let stop = shutdown.clone();
        let serving = shutdown.spawn(async move { serve(listener, pages, &stop).await.unwrap() });
        Self { emulator, status, power, shutdown, serving, authority }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\n", self.authority), "").await
    }

    /// Posts as the page does, as Robin in #general unless the body says otherwise.
    pub(super) async fn act(&self, action: &str, body: Value) -> Answer {
        let mut sent = serde_json::json!({ "channel": playground::GENERAL, "as": playground::ROBIN });
        sent.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        self.post(action, &sent.to_string(), "Sec-Fetch-Site: same-origin\r\n").await
    }

    pub(super) async fn post(&self, action: &str, body: &str, headers: &str) -> Answer {
        let head = format!(
            "POST /playground/{action} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}",
            self.authority,
            body.len(),
        );
        self.send(&head, body).await
    }

    pub(super) async fn send(&self, head: &str, body: &str) -> Answer {
        let mut stream = self.open(head, body).await;
        let mut read = Vec::new();
        // A refused body may end in a reset; what was answered before counts.
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut read)).await.expect("no answer");
        let text = String::from_utf8(read).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").expect("no head");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    async fn open(&self, head: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.authority).await.unwrap();
        stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).await.unwrap();
        let _ = stream.write_all(body.as_bytes()).await;
        stream
    }

    pub(super) async fn watch(&self, query: &str) -> Watch {
        let head = format!("GET /playground/events{query} HTTP/1.1\r\nHost: {}\r\n", self.authority);
        Watch { stream: self.open(&head, "").await, read: String::new() }
    }
}

fn signs(status: &Status) -> ReadSigns {
    let status = status.clone();
    Arc::new(move || Signs { vitals: status.vitals(), discord: None })
}

fn figures() -> ReplyFigures {
    ReplyFigures { model: "test/model".into(), first_token_ms: Some(120), tokens: Some(9) }
}

/// An open stream of events.
pub(super) struct Watch {
    stream: TcpStream,
    read: String,
}

impl Watch {
    /// Reads on until the words have come; what came before them is dropped.
    pub(super) async fn until(&mut self, words: &str) -> String {
        loop {
            if let Some(at) = self.read.find(words) {
                let rest = self.read.split_off(at + words.len());
                return std::mem::replace(&mut self.read, rest);
            }
            assert!(self.more().await, "the stream ended before {words:?}");
        }
    }

    pub(super) async fn end(&mut self) {
        while self.more().await {}
    }

    async fn more(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut buffer));
        let count = read.await.expect("nothing more came").unwrap();
        self.read.push_str(&String::from_utf8_lossy(&buffer[..count]));
        count > 0
    }
}
