//! What `GET /generation` tells of an answer afterwards, and what it was charged.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::account::Account;
use super::price::{Counts, Tariff, dollars};

/// How many answers, and how many questions about them, are remembered: the newest.
const MOST: usize = 1_000;

/// Known of no answer here.
const UNSET: [&str; 19] = [
    "app_id",
    "cache_discount",
    "external_user",
    "http_referer",
    "moderation_latency",
    "num_fetches",
    "num_input_audio_prompt",
    "num_media_completion",
    "num_search_results",
    "preset_id",
    "provider_responses",
    "router",
    "service_tier",
    "session_id",
    "upstream_id",
    "upstream_inference_cost",
    "user_agent",
    "web_search_engine",
    "workspace_id",
];

/// The answers that began and ended. Clones are one list. The lock is never held over a wait.
#[derive(Clone, Debug)]
pub(super) struct Generations {
    archive: Arc<Mutex<Archive>>,
    account: Account,
}

#[derive(Debug)]
struct Archive {
    kept: VecDeque<Ended>,
    asked: VecDeque<String>,
    /// How often an answer is asked for in vain.
    hidden: u32,
    bills_cancelled: bool,
}

/// An answer as it began.
#[derive(Clone, Debug)]
pub(super) struct Generation {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) provider: String,
    pub(super) streamed: bool,
    pub(super) tariff: Tariff,
    /// If nothing goes wrong and nobody leaves.
    pub(super) planned: Counts,
    /// Of an answer that was sent to its end.
    pub(super) finish: Option<String>,
}

#[derive(Debug)]
struct Ended {
    generation: Generation,
    cancelled: bool,
    counts: Counts,
    cost: i64,
    /// To the first token, and from there to the end.
    latency: Duration,
    took: Duration,
    asks: u32,
}

impl Generations {
    pub(super) fn new(account: Account, bills_cancelled: bool) -> Self {
        let archive = Archive { kept: VecDeque::new(), asked: VecDeque::new(), hidden: 0, bills_cancelled };
        Self { archive: Arc::new(Mutex::new(archive)), account }
    }

    pub(super) fn hide(&self, asks: u32) {
        self.lock().hidden = asks;
    }

    /// The guard tells how the answer goes on.
    pub(super) fn begin(&self, generation: Generation) -> Billing {
        let progress = Progress { generation, began: Instant::now(), first_token: None, said: 0 };
        Billing { generations: self.clone(), progress: Some(progress) }
    }

    /// The answer to `GET /generation`; `None`: not known, not ended, or not yet to be told.
    pub(super) fn ask(&self, id: &str) -> Option<Value> {
        let mut archive = self.lock();
        if archive.asked.len() == MOST {
            archive.asked.pop_front();
        }
        archive.asked.push_back(id.to_owned());
        let hidden = archive.hidden;
        let ended = archive.kept.iter_mut().rev().find(|ended| ended.generation.id == id)?;
        ended.asks = ended.asks.saturating_add(1);
        (ended.asks > hidden).then(|| ended.body())
    }

    /// The ids that were asked for, oldest first.
    pub(super) fn asked(&self) -> Vec<String> {
        self.lock().asked.iter().cloned().collect()
    }

    fn end(&self, progress: Progress, sent: bool) {
        let mut archive = self.lock();
        let ended = progress.ended(sent, archive.bills_cancelled);
        self.account.charge(ended.cost);
        if archive.kept.len() == MOST {
            archive.kept.pop_front();
        }
        archive.kept.push_back(ended);
    }

    fn lock(&self) -> MutexGuard<'_, Archive> {
        self.archive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ended {
    fn body(&self) -> Value {
        let Self { generation, counts, .. } = self;
        let finish = generation.finish.as_deref().filter(|_| !self.cancelled);
        let cost = dollars(self.cost);
        let mut data = json!({
            "id": generation.id, "model": generation.model, "provider_name": generation.provider,
            "streamed": generation.streamed, "cancelled": self.cancelled,
            "total_cost": cost, "usage": cost, "is_byok": false,
            "finish_reason": finish, "native_finish_reason": finish.map(str::to_uppercase),
            "native_tokens_prompt": counts.prompt, "native_tokens_completion": counts.completion(),
            "native_tokens_reasoning": counts.thought, "native_tokens_cached": counts.cached,
            "native_tokens_completion_images": 0, "num_media_prompt": counts.images,
            "tokens_prompt": counts.prompt, "tokens_completion": counts.completion(),
            "latency": whole_ms(self.latency), "generation_time": whole_ms(self.took),
            "created_at": "2026-11-20T12:00:00Z", "origin": "", "api_type": "completions",
            "data_region": "global",
        });
        for key in UNSET {
            data[key] = Value::Null;
        }
        json!({ "data": data })
    }
}

fn whole_ms(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

/// An answer that is being sent. Dropping it ends it: unless all was sent, it was cancelled.
#[derive(Debug)]
pub(super) struct Billing {
    generations: Generations,
    /// `None`: it has ended.
    progress: Option<Progress>,
}

#[derive(Debug)]
struct Progress {
    generation: Generation,
    began: Instant,
    first_token: Option<Instant>,
    said: usize,
}

impl Progress {
    fn ended(self, sent: bool, bills_cancelled: bool) -> Ended {
        let Self { generation, began, first_token, said } = self;
        let planned = generation.planned;
        let cancelled = !sent && said < planned.said;
        let said = if cancelled && bills_cancelled { planned.said } else { said };
        let counts = Counts { said, ..planned };
        // OpenRouter charges nothing for what failed, or ended with neither a word nor a reason.
        let is_blank = counts.completion() == 0 && generation.finish.is_none();
        let is_insured = !cancelled && (is_blank || generation.finish.as_deref() == Some("error"));
        let cost = if is_insured { 0 } else { generation.tariff.cost(&counts) };
        let now = Instant::now();
        let first = first_token.unwrap_or(now);
        let (latency, took) = (first.duration_since(began), now.duration_since(first));
        Ended { generation, cancelled, counts, cost, latency, took, asks: 0 }
    }
}

impl Billing {
    pub(super) fn token_sent(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.said += 1;
            progress.first_token.get_or_insert_with(Instant::now);
        }
    }

    pub(super) fn sent(&mut self) {
        self.end(true);
    }

    fn end(&mut self, sent: bool) {
        if let Some(progress) = self.progress.take() {
            self.generations.end(progress, sent);
        }
    }
}

impl Drop for Billing {
    fn drop(&mut self) {
        self.end(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_thousand_are_remembered() {
        let generations = Generations::new(Account::new(None), false);
        for number in 0..=MOST {
            let generation = Generation {
                id: number.to_string(),
                model: "m".to_owned(),
                provider: "p".to_owned(),
                streamed: true,
                tariff: Tariff::default(),
                planned: Counts::default(),
                finish: None,
            };
            generations.begin(generation).sent();
        }
        assert!(generations.ask("0").is_none());
        for number in 1..=MOST {
            assert!(generations.ask(&number.to_string()).is_some());
        }
        let asked = generations.asked();
        assert_eq!((asked.len(), asked[0].as_str()), (MOST, "1"), "the first question is forgotten");
    }
}
