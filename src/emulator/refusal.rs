//! Why a request is refused, in Discord's terms but without its protocol.

use std::collections::BTreeMap;

/// What the bot asked for and did not get.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum Refusal {
    #[error("Unknown Application")]
    UnknownApplication,
    #[error("Unknown Channel")]
    UnknownChannel,
    #[error("Unknown Guild")]
    UnknownGuild,
    #[error("Unknown Member")]
    UnknownMember,
    #[error("Unknown Message")]
    UnknownMessage,
    #[error("Unknown User")]
    UnknownUser,
    #[error("Unknown Webhook")]
    UnknownWebhook,
    #[error("Unknown interaction")]
    UnknownInteraction,
    #[error("Request entity too large")]
    TooLarge,
    #[error("Interaction has already been acknowledged.")]
    AlreadyAcknowledged,
    #[error("Maximum number of follow-up messages for this interaction reached")]
    TooManyFollowUps,
    #[error("Missing Access")]
    MissingAccess,
    #[error("Missing Permissions")]
    MissingPermissions,
    #[error("Cannot edit a message authored by another user")]
    NotTheAuthor,
    #[error("Cannot send an empty message")]
    EmptyMessage,
    #[error("Cannot send messages to this user")]
    CannotMessage,
    #[error("Invalid Webhook Token")]
    InvalidWebhookToken,
    #[error("Thread is archived")]
    Archived,
    #[error("A thread has already been created for this message")]
    ThreadExists,
    #[error("Cannot reply without permission to read message history")]
    CannotReply,
    #[error("Cannot execute action on this channel type")]
    WrongChannelKind,
    #[error("Maximum number of server channels reached")]
    TooManyChannels,
    #[error("Message was blocked by automatic moderation")]
    Moderated,
    #[error("The request body contains invalid JSON.")]
    InvalidJson,
    #[error("Invalid Form Body")]
    Form(Faults),
}

impl Refusal {
    /// Discord's error code.
    pub(super) const fn code(&self) -> u32 {
        match self {
            Self::UnknownApplication => 10002,
            Self::UnknownChannel => 10003,
            Self::UnknownGuild => 10004,
            Self::UnknownMember => 10007,
            Self::UnknownMessage => 10008,
            Self::UnknownUser => 10013,
            Self::UnknownWebhook => 10015,
            Self::UnknownInteraction => 10062,
            Self::TooManyChannels => 30013,
            Self::TooLarge => 40005,
            Self::AlreadyAcknowledged => 40060,
            Self::TooManyFollowUps => 40094,
            Self::MissingAccess => 50001,
            Self::NotTheAuthor => 50005,
            Self::EmptyMessage => 50006,
            Self::CannotMessage => 50007,
            Self::MissingPermissions => 50013,
            Self::WrongChannelKind => 50024,
            Self::InvalidWebhookToken => 50027,
            Self::Form(_) => 50035,
            Self::Archived => 50083,
            Self::InvalidJson => 50109,
            Self::CannotReply => 160_002,
            Self::Moderated => 200_000,
            Self::ThreadExists => 160_004,
        }
    }
}

/// The faults of a form, by the dotted path of the field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults {
    by_path: BTreeMap<String, Vec<Fault>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Faults {
    pub(super) fn one(path: &str, code: &'static str, message: impl Into<String>) -> Self {
        let mut faults = Self::default();
        faults.add(path, code, message);
        faults
    }

    pub(super) fn add(&mut self, path: &str, code: &'static str, message: impl Into<String>) {
        self.by_path.entry(path.to_owned()).or_default().push(Fault { code, message: message.into() });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[Fault])> {
        self.by_path.iter().map(|(path, faults)| (path.as_str(), faults.as_slice()))
    }
}
