//! `/help`: how to talk to the bot, with examples.

use super::{Context, Error, whisper};

/// How to talk to me
#[poise::command(slash_command, install_context = "Guild", interaction_context = "Guild|BotDm")]
pub(crate) async fn help(ctx: Context<'_>) -> Result<(), Error> {
    let me = ctx.data().me().map_or_else(|| "@me".to_owned(), |me| format!("<@{}>", me.user));
    ctx.send(whisper(text(&me))).await?;
    Ok(())
}

fn text(me: &str) -> String {
    format!(
        "**Talk to me**\n\
         Mention me: {me} what should I cook tonight?\n\
         Reply to one of my messages, with the ping on, and we go on from there.\n\
         Write me a direct message: no mention needed.\n\
         `/chat message: tell me a story` works everywhere; `private: True` shows the answer to you alone.\n\
         \n\
         **Choose who answers**\n\
         `/persona list` shows everybody, `/persona show` tells more about one.\n\
         `/persona use` chooses for this channel (needs Manage Server; in a direct message it is your choice).\n\
         `/chat persona:` asks somebody else just once.\n\
         \n\
         **Models and money**\n\
         `/model show` tells which language models answer here, `/model use` chooses one for the server (needs Manage \
         Server).\n\
         `/usage` shows what you have used, and how much is left for today.\n\
         \n\
         **Your words**\n\
         `/forget` erases what I remember: this conversation, everything of yours, or this channel. It asks first.\n\
         Delete your message and I forget it and what I answered.\n\
         `/about` says what I am."
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_help_fits_into_a_message() {
        assert!(super::text("<@18446744073709551615>").chars().count() <= 2_000);
    }
}
