//! What people do.

use std::fmt;
use std::time::Duration;

use anyhow::Result;
use prism::emulator::model::{Answer, Fault};
use prism::emulator::{ActionError, ButtonAction, Invocation, MessageView};
use prism::ids::{ChannelId, MessageId, UserId};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::common::crowd::Crowd;
use crate::common::stage::Stage;
use crate::texts::TEXTS;
use crate::{FIRST_MODEL, SECOND_MODEL};

/// Questions that may still be deleted.
const RECENT: usize = 20;

pub(crate) struct Traffic<'a> {
    stage: &'a Stage,
    crowd: &'a Crowd,
    rng: StdRng,
    recent: Vec<MessageId>,
    asked: usize,
    deleted: usize,
    pressed: usize,
}

impl<'a> Traffic<'a> {
    pub(crate) fn new(stage: &'a Stage, crowd: &'a Crowd, seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed);
        Self { stage, crowd, rng, recent: Vec::new(), asked: 0, deleted: 0, pressed: 0 }
    }

    pub(crate) fn acts(&self) -> usize {
        self.asked + self.deleted + self.pressed
    }

    /// One person does one thing.
    pub(crate) fn act(&mut self) -> Result<()> {
        self.tune_models();
        let who = self.rng.random_range(0..self.crowd.people.len());
        let person = self.crowd.people[who];
        let room = *self.crowd.rooms.choose(&mut self.rng).unwrap_or(&self.crowd.direct[who]);
        match self.rng.random_range(0..100) {
            0..40 => self.ask(person, room, true),
            40..58 => self.ask(person, self.crowd.direct[who], false),
            58..74 => self.command(person, room, "chat"),
            74..78 => self.command(person, room, "help"),
            78..84 => self.reply(person, room),
            84..90 => self.delete(),
            _ => self.press(room),
        }
    }

    fn ask(&mut self, person: UserId, channel: ChannelId, mentions: bool) -> Result<()> {
        let number = self.asked;
        let text = if mentions {
            format!("<@{}> go on (#{number})", self.stage.discord.bot())
        } else {
            format!("go on (#{number})")
        };
        let question = self.stage.discord.say(person, channel, &text)?;
        self.remember(question);
        Ok(())
    }

    fn reply(&mut self, person: UserId, room: ChannelId) -> Result<()> {
        let Some(answer) = self.said(room).last().map(|message| message.id) else { return Ok(()) };
        // It may be gone by now, or not be there to be answered.
        if let Ok(question) = self.stage.discord.reply(person, answer, "and then?", true) {
            self.remember(question);
        }
        Ok(())
    }

    fn command(&mut self, person: UserId, room: ChannelId, name: &str) -> Result<()> {
        let invocation = Invocation::new(name);
        let invocation = match name {
            "chat" => invocation.with("message", format!("go on (#{})", self.asked)),
            _ => invocation,
        };
        self.stage.discord.invoke(person, room, &invocation)?;
        self.asked += 1;
        Ok(())
    }

    fn delete(&mut self) -> Result<()> {
        if self.recent.is_empty() {
            return Ok(());
        }
        // Mostly one that is being answered.
        let last = self.recent.len() - 1;
        let which = last - self.rng.random_range(0..=last.min(4));
        self.stage.discord.delete(self.recent.remove(which))?;
        self.deleted += 1;
        Ok(())
    }

    /// Somebody presses a button of the bot, mostly the one whom it is for.
    fn press(&mut self, room: ChannelId) -> Result<()> {
        let with_buttons: Vec<_> =
            self.said(room).into_iter().filter_map(|message| button(&message)).collect();
        let Some((message, id)) = with_buttons.last() else { return Ok(()) };
        let asker = self.stage.discord.message(*message).and_then(|message| message.reply_to);
        let asker = asker.and_then(|question| Some(self.stage.discord.message(question)?.author.id));
        let person = asker.filter(|_| self.rng.random_bool(0.8)).unwrap_or(self.crowd.people[0]);
        match self.stage.discord.press(person, *message, id) {
            Ok(_) => self.pressed += 1,
            Err(ActionError::NoSuchButton | ActionError::NoSuchMessage) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn said(&self, room: ChannelId) -> Vec<MessageView> {
        let bot = self.stage.discord.bot();
        let messages = self.stage.discord.messages(room, self.crowd.people[0]);
        messages.into_iter().filter(|message| message.author.id == bot && !message.ephemeral).collect()
    }

    fn remember(&mut self, question: MessageId) {
        self.asked += 1;
        if self.recent.len() == RECENT {
            self.recent.remove(0);
        }
        self.recent.push(question);
    }

    /// What the next who asks will hear, and whether the first model is well.
    fn tune_models(&mut self) {
        let text = TEXTS.choose(&mut self.rng).map(String::as_str).unwrap_or_default();
        let pace = self.rng.random_range(30.0..250.0);
        let first_token = Duration::from_millis(self.rng.random_range(0..1_500));
        let answer = Answer::text(text).after(first_token).paced(pace);
        self.stage.model.always(SECOND_MODEL, answer.clone());
        let at = self.rng.random_range(0..200);
        let answer = match self.rng.random_range(0..60) {
            0 => answer.fault(Fault::Mute),
            1 => answer.fault(Fault::Stall(at)),
            2 => answer.fault(Fault::CutAfter(at)),
            3 => answer.fault(Fault::CutBeforeHead),
            4 => answer.fault(Fault::EndAfter(at)),
            5 => answer.fault(Fault::ErrorAfter(at, 502)),
            6 => answer.fault(Fault::Empty),
            7 => Answer::status(503),
            8 => Answer::status(429),
            9 => Answer::status(400),
            _ => answer,
        };
        self.stage.model.always(FIRST_MODEL, answer);
    }
}

fn button(message: &MessageView) -> Option<(MessageId, String)> {
    let mut buttons = message.components.iter().flatten().filter(|button| !button.disabled);
    buttons.find_map(|button| match &button.action {
        ButtonAction::Press(id) => Some((message.id, id.clone())),
        ButtonAction::Open(_) => None,
    })
}

impl fmt::Display for Traffic<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "asked {}, deleted {}, pressed {}", self.asked, self.deleted, self.pressed)
    }
}
