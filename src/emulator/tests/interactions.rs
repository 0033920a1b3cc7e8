//! Commands, suggestions and buttons, by the real client.

use std::time::Duration;

use poise::serenity_prelude as serenity;
use serde_json::json;
use serenity::{
    ButtonStyle, CreateActionRow, CreateButton, CreateInteractionResponse, CreateInteractionResponseMessage,
    CreateMessage, GatewayIntents,
};

use super::Rest;
use super::bot::{Bot, Heard};
use crate::emulator::playground::{AFTER_DARK, APPLICATION, GENERAL, KIM, KIM_DM, ROBIN};
use crate::emulator::{ActionError, Change, Emulator, InteractionState, Invocation, Settings};
use crate::ids::{InteractionId, MessageId};

async fn bot() -> Bot {
    let intents = GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::DIRECT_MESSAGES;
    Bot::ready(intents).await
}

async fn reaches(emulator: &Emulator, id: InteractionId, wanted: InteractionState) {
    let mut changes = emulator.changes();
    while emulator.interaction(id).unwrap().state != wanted {
        changes.recv().await.unwrap();
    }
}

async fn message_that(
    emulator: &Emulator,
    wanted: impl Fn(&crate::emulator::MessageView) -> bool,
) -> MessageId {
    let mut changes = emulator.changes();
    loop {
        if let Some(found) = emulator.messages(GENERAL, KIM).into_iter().find(&wanted) {
            return found.id;
        }
        changes.recv().await.unwrap();
    }
}

#[tokio::test]
async fn a_command_is_answered_with_the_user_it_names() {
    let mut bot = bot().await;
    let invocation = Invocation::new("ping").with("user", ROBIN.to_string());
    let id = bot.emulator.invoke(KIM, GENERAL, &invocation).unwrap();
    reaches(&bot.emulator, id, InteractionState::Answered).await;
    let answer = bot.emulator.messages(GENERAL, ROBIN).pop().unwrap();
    assert_eq!(answer.content, "pong for robin");
    let line = answer.interaction.unwrap();
    assert_eq!((line.user, line.name.as_deref()), (KIM, Some("ping")));
    assert_eq!(bot.emulator.interaction(id).unwrap().original, Some(answer.id));
    bot.emulator.reply(KIM, answer.id, "thanks", true).unwrap();
    let thanks = bot
        .hear(|heard| matches!(heard, Heard::Message(message) if message.author.id.get() == KIM.get()))
        .await;
    let Heard::Message(thanks) = thanks else { unreachable!() };
    assert_eq!(
        (thanks.content.as_str(), thanks.mentions.len()),
        ("", 1),
        "no exemption for answers to commands"
    );
    let direct = bot.emulator.invoke(KIM, KIM_DM, &Invocation::new("ping")).unwrap();
    reaches(&bot.emulator, direct, InteractionState::Answered).await;
    assert_eq!(bot.emulator.messages(KIM_DM, KIM)[0].content, "pong for nobody");
}

#[tokio::test]
async fn the_first_follow_up_fills_the_placeholder() {
    let bot = bot().await;
    bot.emulator.invoke(KIM, GENERAL, &Invocation::new("slow")).unwrap();
    message_that(&bot.emulator, |message| message.content == "afterthought").await;
    let seen = bot.emulator.messages(GENERAL, ROBIN);
    let texts: Vec<_> = seen.iter().map(|message| message.content.as_str()).collect();
    assert_eq!(texts, ["second thought", "afterthought"]);
    assert!(seen.iter().all(|message| !message.pending));
    assert_eq!(seen[1].reply_to, Some(seen[0].id));
}

#[tokio::test]
async fn an_ephemeral_answer_is_for_the_asker_and_reaches_the_bot_as_a_direct_message() {
    let mut bot = bot().await;
    let id = bot.emulator.invoke(KIM, GENERAL, &Invocation::new("secret")).unwrap();
    let told = bot.next_message().await;
    assert_eq!((told.guild_id, told.channel_id.get()), (None, GENERAL.get()));
    assert!(
        told.flags.unwrap().contains(serenity::MessageFlags::EPHEMERAL | serenity::MessageFlags::LOADING)
    );
    reaches(&bot.emulator, id, InteractionState::Answered).await;
    assert_eq!(bot.emulator.messages(GENERAL, KIM)[0].content, "between us");
    assert_eq!(bot.emulator.messages(GENERAL, ROBIN), []);
    let first = bot.emulator.messages(GENERAL, KIM)[0].id;
    let read = channel_message(&bot, first).await;
    assert!(read.is_err(), "the channel's routes do not know it");
}

async fn channel_message(bot: &Bot, id: MessageId) -> serenity::Result<serenity::Message> {
    let channel = serenity::ChannelId::new(GENERAL.get());
    channel.message(&bot.http, serenity::MessageId::new(id.get())).await
}

#[tokio::test]
async fn suggestions_come_back_while_typing() {
    let bot = bot().await;
    let typed = Invocation::new("persona use").with("persona", "b");
    let choices = bot.emulator.autocomplete(ROBIN, GENERAL, &typed, "persona").await.unwrap();
    assert_eq!(choices.iter().map(|choice| choice.name.as_str()).collect::<Vec<_>>(), ["brine"]);
    let all = Invocation::new("persona use");
    assert_eq!(bot.emulator.autocomplete(ROBIN, GENERAL, &all, "persona").await.unwrap().len(), 3);
    let id = bot.emulator.invoke(ROBIN, GENERAL, &typed).unwrap();
    reaches(&bot.emulator, id, InteractionState::Answered).await;
    assert_eq!(bot.emulator.messages(GENERAL, KIM)[0].content, "now b");
}

#[tokio::test]
async fn a_client_does_not_send_what_cannot_be() {
    let bot = bot().await;
    let invoke = |invocation| bot.emulator.invoke(KIM, GENERAL, &invocation);
    assert_eq!(invoke(Invocation::new("nothing")), Err(ActionError::NoSuchCommand));
    assert_eq!(invoke(Invocation::new("persona")), Err(ActionError::NoSuchCommand));
    assert_eq!(invoke(Invocation::new("persona use")), Err(ActionError::MissingOption("persona".to_owned())));
    assert_eq!(
        invoke(Invocation::new("ping").with("user", 7)),
        Err(ActionError::BadOption("user".to_owned()))
    );
    assert_eq!(invoke(Invocation::new("ping").with("x", "y")), Err(ActionError::BadOption("x".to_owned())));
}

#[tokio::test]
async fn a_button_is_pressed_and_its_message_changed() {
    let mut bot = bot().await;
    let buttons = vec![
        CreateButton::new("v1:retry:7").label("Retry").style(ButtonStyle::Primary),
        CreateButton::new("off").label("Off").disabled(true),
    ];
    let message =
        CreateMessage::new().content("Try again?").components(vec![CreateActionRow::Buttons(buttons)]);
    let sent = serenity::ChannelId::new(GENERAL.get()).send_message(&bot.http, message).await.unwrap();
    let id = MessageId::new(sent.id.get());
    assert_eq!(bot.emulator.press(KIM, id, "off"), Err(ActionError::NoSuchButton));
    assert_eq!(bot.emulator.press(KIM, id, "other"), Err(ActionError::NoSuchButton));
    let press = bot.emulator.press(KIM, id, "v1:retry:7").unwrap();
    let Heard::Pressed(pressed) = bot.hear(|heard| matches!(heard, Heard::Pressed(_))).await else {
        unreachable!()
    };
    assert_eq!((pressed.data.custom_id.as_str(), pressed.message.id), ("v1:retry:7", sent.id));
    assert_eq!(pressed.user.id.get(), KIM.get());
    let update = CreateInteractionResponseMessage::new().content("Retrying").components(vec![]);
    pressed.create_response(&bot.http, CreateInteractionResponse::UpdateMessage(update)).await.unwrap();
    reaches(&bot.emulator, press, InteractionState::Answered).await;
    let seen = bot.emulator.message(id).unwrap();
    assert_eq!((seen.content.as_str(), seen.components.len()), ("Retrying", 0));
    let twice = pressed.create_response(&bot.http, CreateInteractionResponse::Acknowledge).await;
    assert!(twice.is_err_and(|error| error.to_string().contains("already been acknowledged")));
}

#[tokio::test]
async fn a_bot_that_does_not_answer_is_seen_not_to() {
    let bot = bot().await;
    let mut changes = bot.emulator.changes();
    let id = bot.emulator.invoke(KIM, GENERAL, &Invocation::new("silent")).unwrap();
    bot.emulator.advance(Duration::from_secs(3));
    loop {
        if let Change::Interaction { id: own, state: InteractionState::DidNotRespond, .. } =
            changes.recv().await.unwrap()
        {
            assert_eq!(own, id);
            break;
        }
    }
    let unanswered = bot.emulator.unanswered(GENERAL, KIM);
    assert_eq!(unanswered.iter().map(|one| one.id).collect::<Vec<_>>(), [id]);
    assert_eq!(bot.emulator.unanswered(GENERAL, ROBIN), []);
}

#[tokio::test]
async fn the_clock_needs_nobody_to_move_it() {
    let rest =
        Rest::start_with(Settings { ack_window: Duration::from_millis(1), ..Settings::default() }).await;
    register_chat(&rest).await;
    let mut changes = rest.emulator.changes();
    let id = rest.emulator.invoke(KIM, GENERAL, &Invocation::new("chat")).unwrap();
    let expected =
        Change::Interaction { id, channel: GENERAL, user: KIM, state: InteractionState::DidNotRespond };
    while changes.recv().await.unwrap() != expected {}
}

/// The token of the interaction, as the bot would have been told it.
fn token_of(rest: &Rest, id: InteractionId) -> String {
    rest.emulator.read(|state| state.interactions.get(id).unwrap().token.clone())
}

async fn register_chat(rest: &Rest) {
    let path = format!("/applications/{APPLICATION}/commands");
    let registered = rest.call("PUT", &path, &json!([{ "name": "chat", "description": "Talk" }])).await;
    assert_eq!(registered.status, 200, "{}", registered.body);
}

async fn with_a_command() -> (Rest, InteractionId, String) {
    let rest = Rest::start().await;
    register_chat(&rest).await;
    let id = rest.emulator.invoke(KIM, GENERAL, &Invocation::new("chat")).unwrap();
    let token = token_of(&rest, id);
    (rest, id, token)
}

#[tokio::test]
async fn the_clocks_of_an_interaction_close_its_doors() {
    let (rest, id, token) = with_a_command().await;
    let callback = format!("/interactions/{id}/{token}/callback");
    let follow_up = format!("/webhooks/{APPLICATION}/{token}");
    let original = format!("{follow_up}/messages/@original");
    let text = json!({ "content": "x" });
    assert_eq!(
        rest.call("POST", &follow_up, &text).await.refusal(),
        (404, 10015),
        "nothing was answered yet"
    );
    assert_eq!(rest.call("POST", &callback, &json!({ "type": 5 })).await.status, 204);
    assert!(rest.emulator.messages(GENERAL, KIM)[0].pending);
    assert_eq!(rest.call("POST", &callback, &json!({ "type": 5 })).await.refusal(), (400, 40060));
    assert_eq!(rest.call("PATCH", &original, &text).await.status, 200);
    assert_eq!(rest.call("GET", &original, &serde_json::Value::Null).await.body["content"], "x");
    rest.emulator.advance(Duration::from_secs(15 * 60));
    assert_eq!(rest.call("PATCH", &original, &text).await.refusal(), (401, 50027));
    let late = rest.emulator.invoke(KIM, GENERAL, &Invocation::new("chat")).unwrap();
    let callback = format!("/interactions/{late}/{}/callback", token_of(&rest, late));
    rest.emulator.expire_interaction(late).unwrap();
    assert_eq!(rest.call("POST", &callback, &json!({ "type": 5 })).await.refusal(), (404, 10062));
}

#[tokio::test]
async fn an_answer_must_fit_its_interaction() {
    let (rest, id, token) = with_a_command().await;
    let callback = format!("/interactions/{id}/{token}/callback?with_response=true");
    for kind in [6, 7, 8, 9] {
        let body = json!({ "type": kind, "data": { "content": "x", "choices": [] } });
        assert_eq!(rest.call("POST", &callback, &body).await.refusal(), (400, 50035), "{kind}");
    }
    let empty = json!({ "type": 4, "data": { "content": "" } });
    assert_eq!(rest.call("POST", &callback, &empty).await.refusal(), (400, 50006));
    let answered = rest.call("POST", &callback, &json!({ "type": 4, "data": { "content": "x" } })).await;
    assert_eq!(answered.body["resource"]["message"]["type"], 20);
    assert_eq!(answered.body["resource"]["message"]["interaction_metadata"]["user"]["id"], json!(KIM));
    let original = format!("/webhooks/{APPLICATION}/{token}/messages/@original");
    assert_eq!(rest.call("DELETE", &original, &serde_json::Value::Null).await.status, 204);
    assert_eq!(rest.call("GET", &original, &serde_json::Value::Null).await.refusal(), (404, 10008));
}

#[tokio::test]
async fn a_command_is_offered_to_those_who_may_use_it() {
    let rest = Rest::start().await;
    let path = format!("/applications/{APPLICATION}/commands");
    let managers = json!({ "name": "model", "description": "d", "default_member_permissions": "32" });
    let adults = json!({ "name": "spice", "description": "d", "nsfw": true });
    let servers = json!({ "name": "duel", "description": "d", "contexts": [0] });
    let registered = rest.call("PUT", &path, &json!([managers, adults, servers])).await;
    let again = rest.call("PUT", &path, &json!([servers, managers, adults])).await;
    assert_eq!(registered.body[0]["id"], again.body[1]["id"], "a command keeps its id");
    let try_it = |user, channel, name| rest.emulator.invoke(user, channel, &Invocation::new(name)).err();
    assert_eq!(try_it(KIM, GENERAL, "model"), Some(ActionError::NotAllowed));
    assert_eq!(try_it(ROBIN, GENERAL, "model"), None);
    assert_eq!(try_it(KIM, KIM_DM, "model"), None);
    assert_eq!(try_it(KIM, GENERAL, "spice"), Some(ActionError::NotAllowed));
    assert_eq!(try_it(KIM, AFTER_DARK, "spice"), None);
    assert_eq!(try_it(KIM, KIM_DM, "duel"), Some(ActionError::NoSuchCommand));
}

#[tokio::test]
async fn an_answer_into_a_deleted_channel_is_refused() {
    let (rest, id, token) = with_a_command().await;
    let callback = format!("/interactions/{id}/{token}/callback");
    assert_eq!(rest.call("POST", &callback, &json!({ "type": 5 })).await.status, 204);
    rest.emulator.delete_channel(GENERAL).unwrap();
    let follow_up = format!("/webhooks/{APPLICATION}/{token}");
    assert_eq!(rest.call("POST", &follow_up, &json!({ "content": "x" })).await.refusal(), (404, 10003));
}

#[tokio::test]
async fn a_command_that_a_person_brought_along_has_five_follow_ups() {
    let rest = Rest::start().await;
    let chat = json!([{ "name": "chat", "description": "Talk" }]);
    rest.call("PUT", &format!("/applications/{APPLICATION}/commands"), &chat).await;
    let id = rest.emulator.invoke_user_installed(KIM, GENERAL, &Invocation::new("chat")).unwrap();
    let token = rest.emulator.read(|state| state.interactions.get(id).unwrap().token.clone());
    let answer = json!({ "type": 4, "data": { "content": "first" } });
    rest.call("POST", &format!("/interactions/{id}/{token}/callback"), &answer).await;
    let webhook = format!("/webhooks/{APPLICATION}/{token}");
    for _ in 0..5 {
        assert_eq!(rest.call("POST", &webhook, &json!({ "content": "more" })).await.status, 200);
    }
    let refused = rest.call("POST", &webhook, &json!({ "content": "too much" })).await;
    assert_eq!(refused.refusal(), (400, 40094));
    let original = format!("{webhook}/messages/@original");
    assert_eq!(rest.call("PATCH", &original, &json!({ "content": "changed" })).await.status, 200);
}
