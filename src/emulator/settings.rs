//! How an emulator is set up.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Everything that can be chosen at the start.
#[derive(Clone)]
pub struct Settings {
    /// Port 0 takes a free one. Another address than loopback is refused unless `expose` is on.
    pub listen: SocketAddr,
    /// Permits an address that others can reach.
    pub expose: bool,
    /// The only token the bot may use: never a real one.
    pub token: String,
    /// The portal's switch for Message Content. Off: asking for the intent closes with 4014, and REST hides texts.
    pub message_content: bool,
    /// Rate limits, the global one included.
    pub limits: bool,
    /// How often the bot must send a heartbeat.
    pub heartbeat: Duration,
    /// How long a client that was asked to reconnect may stay.
    pub reconnect_grace: Duration,
    /// How long an interaction waits for its first answer.
    pub ack_window: Duration,
    /// How long an interaction's token works.
    pub token_life: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            expose: false,
            token: "emulator.dummy.token".to_owned(),
            message_content: true,
            limits: true,
            heartbeat: Duration::from_millis(41_250),
            reconnect_grace: Duration::from_secs(10),
            ack_window: Duration::from_secs(3),
            token_life: Duration::from_secs(15 * 60),
        }
    }
}
