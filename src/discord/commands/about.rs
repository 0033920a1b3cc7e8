//! `/about`: what the bot is.

use super::{Context, Error, whisper};

/// What I am
#[poise::command(slash_command, install_context = "Guild", interaction_context = "Guild|BotDm")]
pub(crate) async fn about(ctx: Context<'_>) -> Result<(), Error> {
    let count = ctx.data().engine.personas().list().len();
    ctx.send(whisper(text(count))).await?;
    Ok(())
}

fn text(personas: usize) -> String {
    format!(
        "**Prism** {version}: {personas} characters in one bot.\n\
         I am a program. What I say is written by a language model and can be wrong.\n\
         I read messages that mention me, replies to me and direct messages, and I remember them so that we can go on \
         talking; `/forget` erases that.\n\
         -# Free software under the MIT licence; the characters are in the public domain (CC0).",
        version = env!("CARGO_PKG_VERSION")
    )
}
