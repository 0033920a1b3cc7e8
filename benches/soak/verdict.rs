//! Whether the bot stood it.

use std::time::Duration;

use crate::LONG;
use crate::common::figures::Limit;
use crate::common::page::Page;
use crate::gauge::{AtRest, Gauge};
use crate::reading::Reading;

/// MiB that may be added after the warm-up.
const GROWTH: f64 = 4.0;
/// Threads, files and tasks that a quiet process may have more of than at its start.
const MORE: usize = 20;
/// The same of files and tasks after a short run, when connections that nobody needs are still open.
const MORE_POOLED: usize = 150;
/// Seconds from the signal to the end: nobody is being answered any more.
const STOP: f64 = 2.0;

pub(crate) struct Verdict {
    pub(crate) acts: usize,
    pub(crate) weather: String,
    /// Everything was worked off in the end.
    pub(crate) settled: bool,
    pub(crate) reading: Reading,
    pub(crate) refused: u64,
    /// 429s that were asked for.
    pub(crate) made: u64,
    pub(crate) unexpected: Vec<String>,
    pub(crate) unfinished: usize,
    pub(crate) stopped: Duration,
    pub(crate) gauge: Gauge,
    pub(crate) at_rest: AtRest,
    pub(crate) peak: Option<f64>,
}

impl Verdict {
    /// 429s that the bot has brought upon itself.
    fn own_refusals(&self) -> usize {
        usize::try_from(self.refused.saturating_sub(self.made)).unwrap_or(usize::MAX)
    }

    /// Threads, files and tasks that were not there at the start.
    fn more(&self) -> [usize; 3] {
        let (first, last) = (self.gauge.first(), self.at_rest);
        let more = |last: Option<usize>, first: Option<usize>| {
            last.zip(first).map_or(0, |(last, first)| last.saturating_sub(first))
        };
        [more(last.threads, first.threads), more(last.files, first.files), more(last.tasks, first.tasks)]
    }

    fn most_more(&self) -> [usize; 3] {
        let of_connections = if self.gauge.lasted() >= LONG { MORE } else { MORE_POOLED };
        [MORE, of_connections, of_connections]
    }

    pub(crate) fn is_good(&self) -> bool {
        self.settled
            && self.reading.open == 0
            && self.reading.torn == 0
            && self.own_refusals() == 0
            && self.unexpected.is_empty()
            && self.unfinished == 0
            && self.stopped.as_secs_f64() <= STOP
            && self.more().into_iter().zip(self.most_more()).all(|(more, most)| more <= most)
            && self.gauge.growth().is_none_or(|growth| growth <= GROWTH)
    }

    pub(crate) fn page(&self) -> Page {
        let mut page = Page::default();
        page.machine();
        page.title(&format!("people did {} things; {}", self.acts, self.weather));
        let none = Limit::AtMost(0.0);
        page.count("answers that are whole", self.reading.whole, Limit::None);
        page.count("answers that end early and say so", self.reading.marked, Limit::None);
        page.count("refusals and failures in words", self.reading.words, Limit::None);
        page.count("answers that end early without a word", self.reading.torn, none);
        page.count("answers that look unfinished", self.reading.open, none);
        page.count("turns that wait for the next start", self.unfinished, none);
        page.count("429s that nobody asked for", self.own_refusals(), none);
        page.count("requests that Discord does not know", self.unexpected.len(), none);
        self.process(&mut page);
        for (words, times) in &self.reading.samples {
            page.note(&format!("{times:>6} times in words: {words}"));
        }
        for rest in self.reading.torn_ends.iter().take(5) {
            page.note(&format!("torn before: {rest:?}"));
        }
        for unexpected in self.unexpected.iter().take(5) {
            page.note(&format!("unexpected: {unexpected}"));
        }
        if !self.settled {
            page.note("it was still busy minutes after everybody had left");
        }
        page.note(if self.is_good() { "VERDICT: it stood it" } else { "VERDICT: it did not stand it" });
        page
    }

    fn process(&self, page: &mut Page) {
        let [threads, files, tasks] = self.more();
        #[expect(clippy::cast_precision_loss, reason = "a few")]
        let [most_threads, most_files, most_tasks] = self.most_more().map(|more| Limit::AtMost(more as f64));
        page.count("threads that were not there at the start", threads, most_threads);
        page.count("open files and connections that were not", files, most_files);
        page.count("tasks that were not there at the start", tasks, most_tasks);
        match self.gauge.growth() {
            Some(growth) => drop(page.memory(
                "resident memory, added after the warm-up",
                Some(growth),
                Limit::AtMost(GROWTH),
            )),
            None => page.note("too short to tell whether the memory grows"),
        }
        page.memory("resident memory at the start", self.gauge.first().mib, Limit::None);
        page.memory("resident memory at the end", self.at_rest.mib, Limit::None);
        page.memory("resident memory, at its most", self.peak, Limit::None);
        page.seconds("signal -> end", self.stopped, Limit::AtMost(STOP));
    }
}
