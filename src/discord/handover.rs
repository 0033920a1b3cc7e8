//! The end of an interaction's token, which works for fifteen minutes. An answer that takes longer goes on as ordinary
//! messages where it is public and the bot may write; elsewhere it is closed while there is time.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::{debug, info};

use super::Settings;
use super::error::{self, Lasting};
use super::face::Face;
use super::presenter::Presenter;
use super::update::Pending;
use crate::governor::{Call, Class};
use crate::ids::{ChannelId, InteractionId};
use crate::status::now_ms;

/// What became of the token of a question.
pub(crate) enum Left<T> {
    /// It is left behind.
    Token,
    /// There is nowhere else to go: the answer must be closed.
    Nowhere,
    /// Something else came first, and nothing has changed.
    Not(T),
}

impl Settings {
    /// When an answer has to go on without the token of its interaction: a while before that ends.
    pub(super) fn leaves_token(&self, asked: InteractionId) -> Instant {
        let age = Duration::from_millis(now_ms().saturating_sub(asked.created_at_ms()));
        Instant::now() + self.token_life.saturating_sub(self.token_margin).saturating_sub(age)
    }
}

impl Presenter<'_> {
    /// The same as [`Self::leave_token`] unless something else comes `meanwhile`. Takes no longer than the token works:
    /// where nobody knows by then whether the bot may write, the answer itself finds out.
    pub(crate) async fn leave_token_unless<T>(
        &mut self,
        meanwhile: impl Future<Output = T>,
    ) -> Result<Left<T>, Lasting> {
        let Some(until) = self.token_until else { return Ok(Left::Token) };
        let end = until + self.surface.settings.token_margin;
        let interruption = async {
            tokio::select! {
                biased;
                came = meanwhile => Some(came),
                () = sleep_until(end) => None,
            }
        };
        let busy = self.screen.busy.clone();
        let has_place = match busy.unless(interruption, self.leave_token()).await {
            Ok(left) => left?,
            Err(None) => self.move_unasked(),
            Err(Some(came)) => {
                self.token_until = self.screen.asked().map(|_| until);
                return Ok(Left::Not(came));
            }
        };
        Ok(if has_place { Left::Token } else { Left::Nowhere })
    }

    /// Goes on in the channel of a public answer, whether or not the bot may write there.
    fn move_unasked(&mut self) -> bool {
        let Some(asked) = self.screen.asked() else { return true };
        let channel = Some(asked.channel).filter(|_| !asked.ephemeral);
        channel.is_some_and(|channel| {
            self.move_to(channel);
            true
        })
    }

    /// The token ends soon: from now on the answer stands in its channel like any other. `false`: it cannot, and must
    /// be closed.
    async fn leave_token(&mut self) -> Result<bool, Lasting> {
        self.token_until = None;
        self.settle_what_is_under_way().await?;
        let Some(channel) = self.open_channel().await else { return Ok(self.screen.asked().is_none()) };
        if self.screen.is_blank() {
            self.point_below().await;
        }
        self.move_to(channel);
        Ok(true)
    }

    /// The token has ended before it was expected to. `false`: there is nowhere else to go.
    pub(super) async fn outlive_token(&mut self) -> bool {
        self.token_until = None;
        let Some(channel) = self.open_channel().await else { return false };
        self.move_to(channel);
        true
    }

    fn move_to(&mut self, channel: ChannelId) {
        info!(turn.id = %self.turn, channel.id = %channel, "an answer goes on without the token of its question");
        self.screen.leave_token();
    }

    /// Drops a change that waits, and awaits one under way.
    async fn settle_what_is_under_way(&mut self) -> Result<(), Lasting> {
        let Some(mut pending) = self.pending.take().filter(Pending::is_under_way) else { return Ok(()) };
        let result = pending.finish().await;
        if pending.is_answer() {
            self.settle(pending.step(), result).await?;
        } else {
            self.announced(result).await;
        }
        Ok(())
    }

    /// The channel of a public answer, if the bot may write there. To show that somebody is typing needs the same
    /// permission.
    async fn open_channel(&mut self) -> Option<ChannelId> {
        let channel = self.screen.asked().filter(|asked| !asked.ephemeral)?.channel;
        match self.surface.governor.call(Call::Typing(channel), Class::FirstWords, &()).await {
            Ok(_) => Some(channel),
            Err(failure) => {
                debug!(turn.id = %self.turn, error = &failure as &dyn std::error::Error, "an answer cannot go on in its channel");
                None
            }
        }
    }

    /// Says in the placeholder where the answer will stand: an edit of it would be seen by nobody by then.
    async fn point_below(&mut self) {
        let step = self.screen.first_step();
        let face = Face::of(error::goes_on_below().to_owned());
        let line = face.content.clone();
        let told = self.screen.update(step).send(Class::FinalEdit, || face).await;
        match told {
            Ok(shown) => {
                let news = self.screen.shows(step.part, shown);
                self.screen.set_lead();
                self.text.lead(line);
                self.remember(step.part, news).await;
            }
            // The answer itself does not depend on it.
            Err(failure) => {
                debug!(turn.id = %self.turn, error = &failure as &dyn std::error::Error, "nobody was told where an answer goes on");
            }
        }
    }
}
