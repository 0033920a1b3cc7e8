//! Many people at once: who is answered when, what is joined, what is refused, and how an answer is ended.

mod apart;
mod deleted;
mod full;
mod joined;
mod order;
mod stop;

use std::ops::RangeInclusive;

use prism::emulator::model::{Answer, Gate, tokens};
use prism::emulator::playground::{GENERAL, KIM, ROBIN};
use prism::emulator::world::{Member, User};
use prism::emulator::{Invocation, MessageView, Settings, World};
use prism::ids::{ChannelId, MessageId, TurnId, UserId};
use prism::store::TurnState;

use crate::harness::{Setting, Stage, within};

const SONG: &str = "The kettle knows three songs, and all of them are about rain.";

/// What `SONG` shows once so many of its tokens are through.
fn begun(count: usize) -> String {
    tokens(SONG)[..count].concat()
}

/// Somebody who is nobody in particular.
fn guest(number: u64) -> UserId {
    UserId::new(1_290_000_000_000_000_000 + number)
}

/// A stage without rate limits and with guests, not started yet.
async fn unhurried() -> Stage {
    let mut world = World::playground();
    for number in 0..8 {
        let (id, name) = (guest(number), format!("guest{number}"));
        world.users.push(User::person(id, &name, &format!("Guest {number}"), 0));
        let joined_at = 1_735_000_000_000;
        world.guilds[0].members.push(Member { user: id, nick: None, roles: Vec::new(), joined_at });
    }
    let emulator = Settings { limits: false, ..Settings::default() };
    Stage::set(Setting { emulator, world: Some(world), ..Setting::default() }).await
}

async fn opened() -> Stage {
    let mut stage = unhurried().await;
    stage.start().await;
    stage
}

/// Robin asks, and the model keeps silent: whoever comes later waits.
async fn occupied(stage: &Stage) -> (MessageId, Gate) {
    asked(stage, GENERAL, ROBIN).await
}

async fn asked(stage: &Stage, channel: ChannelId, person: UserId) -> (MessageId, Gate) {
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let question = stage.mention_in(channel, person, "sing!");
    stage.model.wait_for_request().await;
    (question, gate)
}

fn by_bot(stage: &Stage, channel: ChannelId) -> Vec<MessageView> {
    let messages = stage.discord.messages(channel, ROBIN);
    messages.into_iter().filter(|message| message.author.id == stage.discord.bot()).collect()
}

/// How turns are closed, in the order in which they were accepted. Ends the bot.
async fn states(stage: &mut Stage, turns: i64) -> Vec<TurnState> {
    stage.stop().await;
    let store = stage.store().await;
    let mut states = Vec::new();
    for turn in 1..=turns {
        states.push(store.turn(TurnId::new(turn)).await.unwrap().unwrap().state);
    }
    store.close().await;
    states
}

impl Stage {
    /// Waits until so many turns run or wait.
    pub(crate) async fn crowd(&mut self, turns: usize) {
        let engine = self.engine().await;
        let gathered = async {
            while engine.live_turns() != turns {
                self.go_round().await;
            }
        };
        within("so many turns run or wait", gathered).await;
    }

    /// Waits until so many turns have been accepted and all of them are closed.
    pub(crate) async fn closed(&mut self, turns: i64) {
        self.all_closed(1..=turns).await;
    }

    /// Waits until these turns are accepted and closed.
    pub(crate) async fn all_closed(&mut self, turns: RangeInclusive<i64>) {
        let store = self.engine().await.store().clone();
        let all = async {
            for turn in turns.map(TurnId::new) {
                while store.turn(turn).await.unwrap().is_none_or(|turn| is_open(turn.state)) {
                    self.go_round().await;
                }
            }
        };
        within("these turns are closed", all).await;
    }

    /// One way through the bot and back, behind all that it has been told: whoever waits for something that nobody on
    /// Discord sees looks once for each.
    async fn go_round(&self) {
        let typed = Invocation::new("persona show").with("persona", "o");
        // A bot that is busy may not answer in time. Then it is asked again.
        let _ = self.discord.autocomplete(KIM, GENERAL, &typed, "persona").await;
    }
}

fn is_open(state: TurnState) -> bool {
    matches!(state, TurnState::Accepted | TurnState::Joined | TurnState::Answering)
}

/// The last thing somebody said, as a model was asked it.
fn last_asked(stage: &Stage, request: usize) -> String {
    crate::asked::conversation(&stage.model.requests()[request].body).pop().unwrap().1
}
