//! The calls that the bot makes in process, without serenity.

use std::fmt;

use reqwest::Method;

use crate::ids::{ApplicationId, ChannelId, InteractionId, MessageId};

/// One of Discord's requests that are made often enough to skip the door. Tokens are those of interactions.
#[derive(Clone, PartialEq, Eq)]
pub enum Call {
    CreateMessage(ChannelId),
    EditMessage(ChannelId, MessageId),
    GetMessage(ChannelId, MessageId),
    /// A page of [`Self::PAGE`] messages behind one.
    ListMessages(ChannelId, MessageId),
    DeleteMessage(ChannelId, MessageId),
    /// Takes no body: send `&()`.
    Typing(ChannelId),
    Callback(InteractionId, String),
    FollowUp(ApplicationId, String),
    EditFollowUp(ApplicationId, String, MessageId),
    DeleteFollowUp(ApplicationId, String, MessageId),
    GetFollowUp(ApplicationId, String, MessageId),
    EditOriginal(ApplicationId, String),
    GetOriginal(ApplicationId, String),
}

impl Call {
    /// The most that Discord lists at once.
    pub const PAGE: usize = 100;

    pub(super) fn method(&self) -> Method {
        match self {
            Self::CreateMessage(_) | Self::Typing(_) | Self::Callback(..) | Self::FollowUp(..) => {
                Method::POST
            }
            Self::EditMessage(..) | Self::EditFollowUp(..) | Self::EditOriginal(..) => Method::PATCH,
            Self::DeleteMessage(..) | Self::DeleteFollowUp(..) => Method::DELETE,
            Self::GetMessage(..) | Self::ListMessages(..) | Self::GetFollowUp(..) | Self::GetOriginal(..) => {
                Method::GET
            }
        }
    }

    /// Without the query.
    pub(super) fn path(&self) -> String {
        let rest = match self {
            Self::CreateMessage(channel) | Self::ListMessages(channel, _) => {
                format!("channels/{channel}/messages")
            }
            Self::EditMessage(channel, message)
            | Self::GetMessage(channel, message)
            | Self::DeleteMessage(channel, message) => {
                format!("channels/{channel}/messages/{message}")
            }
            Self::Typing(channel) => format!("channels/{channel}/typing"),
            Self::Callback(interaction, token) => format!("interactions/{interaction}/{token}/callback"),
            Self::FollowUp(application, token) => format!("webhooks/{application}/{token}"),
            Self::EditFollowUp(application, token, message)
            | Self::GetFollowUp(application, token, message)
            | Self::DeleteFollowUp(application, token, message) => {
                format!("webhooks/{application}/{token}/messages/{message}")
            }
            Self::EditOriginal(application, token) | Self::GetOriginal(application, token) => {
                format!("webhooks/{application}/{token}/messages/@original")
            }
        };
        format!("/api/v10/{rest}")
    }

    /// With its question mark; empty when there is none.
    pub(super) fn query(&self) -> String {
        match self {
            Self::ListMessages(_, after) => format!("?limit={}&after={after}", Self::PAGE),
            _ => String::new(),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::CreateMessage(_) => "CreateMessage",
            Self::EditMessage(..) => "EditMessage",
            Self::GetMessage(..) => "GetMessage",
            Self::ListMessages(..) => "ListMessages",
            Self::DeleteMessage(..) => "DeleteMessage",
            Self::Typing(_) => "Typing",
            Self::Callback(..) => "Callback",
            Self::FollowUp(..) => "FollowUp",
            Self::EditFollowUp(..) => "EditFollowUp",
            Self::DeleteFollowUp(..) => "DeleteFollowUp",
            Self::GetFollowUp(..) => "GetFollowUp",
            Self::EditOriginal(..) => "EditOriginal",
            Self::GetOriginal(..) => "GetOriginal",
        }
    }
}

/// Only the name: the fields hold tokens.
impl fmt::Debug for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_the_requests_that_discord_documents() {
        let (channel, message) = (ChannelId::new(7), MessageId::new(9));
        let (interaction, application) = (InteractionId::new(5), ApplicationId::new(3));
        let token = || "tok".to_owned();
        for (call, expected) in [
            (Call::CreateMessage(channel), "POST /api/v10/channels/7/messages"),
            (Call::EditMessage(channel, message), "PATCH /api/v10/channels/7/messages/9"),
            (Call::GetMessage(channel, message), "GET /api/v10/channels/7/messages/9"),
            (Call::ListMessages(channel, message), "GET /api/v10/channels/7/messages?limit=100&after=9"),
            (Call::DeleteMessage(channel, message), "DELETE /api/v10/channels/7/messages/9"),
            (Call::Typing(channel), "POST /api/v10/channels/7/typing"),
            (Call::Callback(interaction, token()), "POST /api/v10/interactions/5/tok/callback"),
            (Call::FollowUp(application, token()), "POST /api/v10/webhooks/3/tok"),
            (Call::EditFollowUp(application, token(), message), "PATCH /api/v10/webhooks/3/tok/messages/9"),
            (Call::GetFollowUp(application, token(), message), "GET /api/v10/webhooks/3/tok/messages/9"),
            (
                Call::DeleteFollowUp(application, token(), message),
                "DELETE /api/v10/webhooks/3/tok/messages/9",
            ),
            (Call::EditOriginal(application, token()), "PATCH /api/v10/webhooks/3/tok/messages/@original"),
            (Call::GetOriginal(application, token()), "GET /api/v10/webhooks/3/tok/messages/@original"),
        ] {
            assert_eq!(format!("{} {}{}", call.method(), call.path(), call.query()), expected);
        }
    }

    #[test]
    fn a_token_is_never_printed() {
        let call = Call::FollowUp(ApplicationId::new(3), "very-secret".to_owned());
        assert!(!format!("{call:?}").contains("secret"));
    }
}
