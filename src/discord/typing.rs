//! The typing indicator.

use std::convert::Infallible;

use tokio::time::sleep;

use super::Surface;
use crate::governor::{Call, Class};
use crate::ids::ChannelId;

/// Shows in a channel that somebody writes, until it is dropped or Discord does not want it.
pub(crate) async fn keep_typing(surface: &Surface, channel: Option<ChannelId>) -> Infallible {
    if let Some(channel) = channel {
        while surface.governor.call(Call::Typing(channel), Class::Typing, &()).await.is_ok() {
            sleep(surface.settings.typing_every).await;
        }
    }
    std::future::pending().await
}
