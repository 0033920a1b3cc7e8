//! Many people at once.

use prism::chat::{Budget, Budgets};
use prism::emulator::model::Answer;
use prism::emulator::world::{Member, User};
use prism::emulator::{MessageView, Settings, World};
use prism::ids::{ChannelId, UserId};
use prism::store::Payer;

use crate::harness::{LIGHTER_MODEL, MODEL, Setting, Stage};
use crate::prices::{MILLI, UNBOUND, by_token, flat};

const PEOPLE: u64 = 20;
const QUESTIONS: usize = 10;

/// The playground with a crowd: each has a channel to talk in.
fn crowd() -> (World, Vec<(UserId, ChannelId)>) {
    let mut world = World::playground();
    let channels = world.add_channels(PEOPLE);
    let people: Vec<_> = (1..=PEOPLE).map(|number| UserId::new(7_000_000 + number)).collect();
    for user in &people {
        world.users.push(User::person(*user, &format!("p{user}"), &format!("Person {user}"), 0));
        let member = Member { user: *user, nick: None, roles: Vec::new(), joined_at: 0 };
        world.guilds[0].members.push(member);
    }
    (world, people.into_iter().zip(channels).collect())
}

#[tokio::test]
async fn a_storm_of_questions_spends_no_more_than_the_budget() {
    let (world, people) = crowd();
    let bot = Budget { day: Some(60 * MILLI), ..UNBOUND };
    let guild = Budget { day: Some(50 * MILLI), ..UNBOUND };
    let user = Budget { day: Some(8 * MILLI), ..UNBOUND };
    let emulator = Settings { limits: false, ..Settings::default() };
    let setting = Setting { emulator, world: Some(world), ..Setting::default() };
    let sold = vec![by_token(MODEL).request_price("0.0005"), flat(LIGHTER_MODEL, "0.0005")];
    let mut stage = Stage::selling_in(setting, sold, Budgets { user, guild, bot }).await;
    stage.open_shop().await;
    // Dearer than the sums that people are refused for: what is set aside is more than what is spent.
    stage.model.always(MODEL, Answer::text("Yes. ".repeat(300)));
    stage.model.always(LIGHTER_MODEL, Answer::text("Yes."));
    for round in 0..QUESTIONS {
        for (person, channel) in &people {
            // Each about something else, so that none is answered together with another.
            let topic = stage.discord.say(*person, *channel, &format!("topic {round}")).unwrap();
            let question = format!("<@{}> question {round}", stage.discord.bot());
            stage.discord.reply(*person, topic, &question, true).unwrap();
        }
    }
    let mut refused = 0;
    for (person, channel) in &people {
        let told = all_answered(&stage, *person, *channel).await;
        refused += told.iter().filter(|message| message.content.contains("afford")).count();
    }
    stage.stop().await;
    let charged = stage.charged();
    assert!(charged <= 50 * MILLI, "{charged}");
    // It was not refused for fear alone.
    assert!(charged >= 40 * MILLI, "{charged}");
    let answered = usize::try_from(PEOPLE).unwrap() * QUESTIONS - refused;
    assert!(refused > 0 && stage.asked_models().len() == answered, "{refused} refused");
    let spent = stage.spent(Payer::Bot).await;
    assert_eq!((spent.day_nano_usd, spent.reserved_nano_usd), (charged, 0));
    stage.finish().await;
}

/// Waits until each question has its answer.
async fn all_answered(stage: &Stage, person: UserId, channel: ChannelId) -> Vec<MessageView> {
    let is_whole = |message: &MessageView| message.reply_to.is_some() && !message.content.is_empty();
    let look = || {
        let messages = stage.discord.messages(channel, person);
        let told: Vec<_> = messages
            .into_iter()
            .filter(|message| message.author.id == stage.discord.bot() && is_whole(message))
            .collect();
        (told.len() == QUESTIONS).then_some(told)
    };
    let told = stage.until(look, || format!("{:#?}", stage.discord.messages(channel, person))).await;
    told.iter().for_each(|message| stage.read(message.id));
    told
}
