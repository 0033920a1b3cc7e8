//! `/help` and `/about`.

use prism::emulator::Invocation;
use prism::emulator::playground::{GENERAL, KIM, KIM_DM};

use crate::harness::Stage;

#[tokio::test]
async fn help_and_about_are_for_the_asker_alone_and_ping_nobody() {
    let stage = Stage::open().await;
    for (command, word) in [("help", "/persona use"), ("about", "I am a program")] {
        for channel in [GENERAL, KIM_DM] {
            let asked = stage.discord.invoke(KIM, channel, &Invocation::new(command)).unwrap();
            let told = stage.replied(asked, |message| message.content.contains(word)).await;
            assert_eq!(told.only_for, Some(KIM));
            assert_eq!(told.mentions, []);
        }
    }
    assert!(stage.model.requests().is_empty());
    stage.finish().await;
}
