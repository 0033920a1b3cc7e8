//! When an answer is shown, how it ends, and where it goes when Discord takes no more of it.

mod crowded;
mod file;
mod stop;
mod token;

use prism::emulator::playground::{GENERAL, KIM};
use prism::emulator::{MessageView, Settings};

use crate::harness::{Setting, Stage};

const SONG: &str = "The kettle knows three songs, and all of them are about rain.";

/// A stage without rate limits.
async fn opened_with(change: impl FnOnce(&mut Stage)) -> Stage {
    let emulator = Settings { limits: false, ..Settings::default() };
    let mut stage = Stage::set(Setting { emulator, ..Setting::default() }).await;
    change(&mut stage);
    stage.start().await;
    stage
}

/// The bot's messages in #general that Kim sees.
fn by_bot(stage: &Stage) -> Vec<MessageView> {
    let messages = stage.discord.messages(GENERAL, KIM);
    messages.into_iter().filter(|message| message.author.id == stage.discord.bot()).collect()
}

/// Waits until the bot's messages in #general fit, and counts them as looked at.
async fn shown(stage: &Stage, fits: impl Fn(&[MessageView]) -> bool) -> Vec<MessageView> {
    let look = || Some(by_bot(stage)).filter(|messages| fits(messages));
    let messages = stage.until(look, || format!("{:#?}", by_bot(stage))).await;
    messages.iter().for_each(|message| stage.read(message.id));
    messages
}

/// The ids of the buttons under a message.
fn buttons(message: &MessageView) -> Vec<&str> {
    message.components.iter().flatten().filter_map(|button| button.custom_id()).collect()
}

fn has_stop(message: &MessageView) -> bool {
    matches!(buttons(message)[..], [id] if id.starts_with("v1:stop:"))
}

/// A text that takes two messages: paragraphs of one word each, so that it is seen where it is cut.
fn two_messages() -> (String, String) {
    ("One. ".repeat(390).trim_end().to_owned(), "Two. ".repeat(300).trim_end().to_owned())
}
