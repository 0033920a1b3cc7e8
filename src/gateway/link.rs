//! One connection to Discord.

use std::io::Read;
use std::time::Duration;

use flate2::read::ZlibDecoder;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::close::End;
use super::wire::{Envelope, HELLO, interval_of};

/// No payload is larger, inflated or not: the largest servers' come to some megabytes.
const LARGEST: usize = 64 << 20;
/// How long a goodbye may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// Ends the session at Discord.
pub(super) const GOODBYE: u16 = 1000;
/// Any other code lets it be taken up again.
pub(super) const UNTIL_SOON: u16 = 4900;

pub(super) struct Link {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    step: Duration,
}

impl Link {
    /// Connects, and waits for the greeting. Gives the interval of heartbeats too.
    pub(super) async fn dial(url: &str, step: Duration) -> Result<(Self, Duration), End> {
        let address = format!("{}/?v=10&encoding=json", url.trim_end_matches('/'));
        let config = WebSocketConfig {
            max_message_size: Some(LARGEST),
            max_frame_size: Some(LARGEST),
            ..WebSocketConfig::default()
        };
        let dialling = timeout(step, connect_async_with_config(address, Some(config), true)).await;
        let (socket, _) = match dialling {
            Ok(Ok(connected)) => connected,
            Ok(Err(failure)) => {
                return Err(End::Lost(kind(&failure)));
            }
            Err(_) => return Err(End::Lost("no connection in time")),
        };
        let mut link = Self { socket, step };
        let hello = timeout(step, link.next()).await.map_err(|_| End::Lost("no greeting in time"))??;
        let interval =
            Envelope::read(&hello).filter(|hello| hello.op == HELLO).and_then(|hello| interval_of(&hello));
        let interval = interval.filter(|ms| *ms > 0).ok_or(End::Lost("no greeting that can be read"))?;
        Ok((link, Duration::from_millis(interval)))
    }

    /// The next payload. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Result<String, End> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Binary(bytes))) => {
                    return inflate(&bytes).ok_or(End::Lost("a payload that cannot be inflated"));
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame
                        .map_or(End::Lost("closed without a code"), |frame| End::Closed(frame.code.into())));
                }
                Some(Ok(_)) => {}
                Some(Err(failure)) => return Err(End::Lost(kind(&failure))),
                None => return Err(End::Lost("the connection ended")),
            }
        }
    }

    pub(super) async fn say(&mut self, payload: String) -> Result<(), End> {
        let said = timeout(self.step, self.socket.send(Message::Text(payload))).await;
        said.map_err(|_| End::Lost("nothing could be sent in time"))?
            .map_err(|failure| End::Lost(kind(&failure)))
    }

    pub(super) async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
        // Nobody may be there any more.
        let _ = timeout(FAREWELL, self.socket.close(Some(frame))).await;
    }
}

/// `None`: it is broken, or larger than anything that Discord sends.
fn inflate(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    let limit = LARGEST as u64 + 1;
    let read = ZlibDecoder::new(bytes).take(limit).read_to_string(&mut text).ok()?;
    (read <= LARGEST).then_some(text)
}

/// A few words for the log: the error itself may hold what the far end wrote.
fn kind(failure: &Error) -> &'static str {
    match failure {
        Error::Io(_) => "the network failed",
        Error::Tls(_) => "TLS failed",
        Error::Protocol(_) => "no valid WebSocket",
        Error::Capacity(_) => "a payload that is too large",
        Error::Url(_) | Error::Http(_) | Error::HttpFormat(_) => "the address answered otherwise",
        _ => "the connection ended",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_was_deflated_is_read_within_a_bound() {
        assert_eq!(inflate(&deflated(b"{\"op\":10}")).as_deref(), Some("{\"op\":10}"));
        assert_eq!(inflate(b"nonsense"), None);
        assert_eq!(inflate(&deflated(&vec![b' '; LARGEST])).map(|text| text.len()), Some(LARGEST));
        assert_eq!(inflate(&deflated(&vec![b' '; LARGEST + 1])), None);
    }
}
