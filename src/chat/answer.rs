//! An answer that has begun: its text as it comes, and who wrote it.

use super::failure::{Failure, ModelFailure};
use super::usage;
use crate::llm;
use crate::store::UsageRow;

/// An answer that has begun. Its text is not for a log, so it has no debug form.
pub struct Answer {
    source: Source,
    text: String,
}

enum Source {
    Model(Box<llm::Reply>),
    /// A model's, complete or broken off. That has been told.
    Ended(Box<llm::Report>),
    /// Text that needs no model, to be handed out once.
    Ready(Option<String>),
}

impl Answer {
    pub(super) fn ready(text: String) -> Self {
        Self { source: Source::Ready(Some(text)), text: String::new() }
    }

    pub(super) fn of_model(reply: Box<llm::Reply>) -> Self {
        Self { source: Source::Model(reply), text: String::new() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The models that wrote it, in order, where it was not the first choice alone.
    pub fn byline(&self) -> Vec<String> {
        let report = match &self.source {
            Source::Model(reply) => reply.report(),
            Source::Ended(report) => (**report).clone(),
            Source::Ready(_) => return Vec::new(),
        };
        let mut speakers: Vec<_> = report.speakers().map(str::to_owned).collect();
        speakers.dedup();
        if speakers == [report.first_choice] { Vec::new() } else { speakers }
    }

    pub(super) async fn next(&mut self) -> Option<Result<String, Failure>> {
        let piece = match &mut self.source {
            Source::Ready(text) => text.take().map(Ok),
            Source::Ended(_) => None,
            Source::Model(reply) => match reply.next().await {
                Some(Ok(piece)) => Some(Ok(piece)),
                end => {
                    let report = reply.report();
                    let failure = why_not_whole(end.is_some(), &report);
                    self.source = Source::Ended(Box::new(report));
                    failure.map(|failure| Err(Failure::Model(failure)))
                }
            },
        };
        if let Some(Ok(piece)) = &piece {
            self.text.push_str(piece);
        }
        piece
    }

    /// Ends it: its text, and what its requests used.
    pub(super) fn into_parts(self) -> (String, Vec<UsageRow>) {
        let usage = match self.source {
            Source::Model(reply) => usage::of_report(&reply.into_report()),
            Source::Ended(report) => usage::of_report(&report),
            Source::Ready(_) => Vec::new(),
        };
        (self.text, usage)
    }
}

/// The cause of a break stays in the report; a person only needs to know that the text has no end.
fn why_not_whole(broke_off: bool, report: &llm::Report) -> Option<ModelFailure> {
    if broke_off { Some(ModelFailure::BrokenOff) } else { ModelFailure::of_finish(report.finish) }
}
