//! The typing indicator.

use std::convert::Infallible;

use tokio::time::sleep;

use super::Surface;
use crate::governor::{Call, Class};
use crate::ids::ChannelId;

/// With more answers in the making, each call to Discord is worth more to their words than to a sign that they come.
const CROWD: usize = 25;

/// Shows in a channel that somebody writes, until it is dropped or Discord does not want it.
pub(crate) async fn keep_typing(surface: &Surface, channel: Option<ChannelId>) -> Infallible {
    if let Some(channel) = channel {
        sleep(surface.settings.typing_after).await;
        while is_crowded(surface) || show(surface, channel).await {
            sleep(surface.settings.typing_every).await;
        }
    }
    std::future::pending().await
}

fn is_crowded(surface: &Surface) -> bool {
    surface.engine.busy_conversations() > CROWD
}

async fn show(surface: &Surface, channel: ChannelId) -> bool {
    surface.governor.call(Call::Typing(channel), Class::Typing, &()).await.is_ok()
}
