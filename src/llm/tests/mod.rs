//! The real client against the embedded model server, over loopback.

mod breaker;
mod cancel;
mod continued;
mod cuts;
mod events;
mod faults;
mod hedge;
mod plan;
mod request;
mod servers;
mod shapes;
mod walk;

use std::time::Duration;

use super::{
    Attempt, Bill, Failure, Flavour, Ladder, Message, Reply, Report, Request, Role, Server, Settings,
};
use crate::emulator::model::{Answer, ModelServer, ModelSettings};
use crate::shutdown::Shutdown;
use crate::status::Status;

/// Short enough not to be noticed, long enough for a loaded machine to do something else meanwhile.
const SOON: Duration = Duration::from_millis(250);

/// A server and a ladder of two models on it, `first` and `second`.
struct Bench {
    server: ModelServer,
    settings: Settings,
    status: Status,
    shutdown: Shutdown,
}

impl Bench {
    async fn start() -> Self {
        Self::with(ModelSettings::default()).await
    }

    async fn with(settings: ModelSettings) -> Self {
        let shutdown = Shutdown::default();
        let server = ModelServer::start(settings, &shutdown).await.unwrap();
        let settings = Settings {
            server: Server::new(server.base_url()),
            models: vec!["first".to_owned(), "second".to_owned()],
            max_price: None,
            // What the server does by itself has tests of its own.
            server_fallback: false,
            ..Settings::default()
        };
        Self { server, settings, status: Status::default(), shutdown }
    }

    fn ladder(&self) -> Ladder {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Ladder::new(self.settings.clone(), |_| http.clone(), self.status.clone(), &self.shutdown)
    }

    async fn open(&self) -> Result<Reply, Exhausted> {
        open(&self.ladder(), hello()).await
    }

    fn asked(&self) -> Vec<String> {
        self.server.requests().into_iter().map(|received| received.model).collect()
    }

    /// Everything that one answer of the first model becomes, which it gives as often as it is asked; no second model
    /// is.
    async fn hear(&mut self, answer: Answer) -> Heard {
        self.settings.models.truncate(1);
        self.server.always("first", answer);
        match self.open().await {
            Ok(mut reply) => {
                let (text, failure) = listen(&mut reply).await;
                Heard { text, failure, report: Some(reply.report()) }
            }
            Err(exhausted) => Heard { text: String::new(), failure: Some(exhausted.cause), report: None },
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

struct Heard {
    text: String,
    failure: Option<Failure>,
    report: Option<Report>,
}

/// No model spoke.
#[derive(Debug)]
struct Exhausted {
    cause: Failure,
    attempts: Vec<Attempt>,
}

async fn open(ladder: &Ladder, request: Request) -> Result<Reply, Exhausted> {
    let plan = ladder.plan(&request);
    let mut reply = ladder.ask(request, plan);
    match reply.open().await {
        Ok(()) => Ok(reply),
        Err(cause) => Err(Exhausted { cause, attempts: reply.into_report().attempts }),
    }
}

fn hello() -> Request {
    Request { messages: vec![Message::new(Role::User, "Hello!")], ..Request::default() }
}

/// All text to the end, and the failure that ended it.
async fn listen(reply: &mut Reply) -> (String, Option<Failure>) {
    let mut text = String::new();
    while let Some(piece) = reply.next().await {
        match piece {
            Ok(piece) => text.push_str(&piece),
            Err(failure) => {
                assert!(reply.next().await.is_none(), "nothing follows a failure");
                return (text, Some(failure));
            }
        }
    }
    (text, None)
}
