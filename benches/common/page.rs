//! What was measured, on one page: each figure beside its limit and the least that is possible. The same as JSON.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Map, Value};

use super::figures::{Limit, Sample};

const NAME: usize = 58;
const COLUMN: usize = 14;

/// Sections of figures.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Page {
    machine: String,
    sections: Vec<Section>,
}

#[derive(Debug, Default, Serialize)]
struct Section {
    title: String,
    #[serde(skip)]
    columns: [&'static str; 3],
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Figure(Figure),
    Note(String),
}

/// One line of the page.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Figure {
    name: String,
    unit: &'static str,
    /// One figure, or that of the middle. `None`: the system does not tell.
    measured: Option<f64>,
    /// That of the worst of a hundred.
    #[serde(skip_serializing_if = "Option::is_none")]
    worst: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    worst_limit: Option<f64>,
    /// The least that Discord's limits and the model's pace leave possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    least: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    worst_least: Option<f64>,
    over: bool,
    #[serde(skip)]
    decimals: usize,
}

impl Page {
    pub(crate) fn machine(&mut self) {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpus = read("/proc/cpuinfo");
        let cpu = cpus
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
            .map(|(_, name)| name);
        let (kernel, cpu) = (read("/proc/sys/kernel/osrelease"), cpu.unwrap_or("unknown processor"));
        self.machine = format!("{cores} cores, {cpu}, {} {}", std::env::consts::OS, kernel.trim());
    }

    /// A heading over times.
    pub(crate) fn heading(&mut self, heading: &str) {
        self.section(heading, ["p50", "p99", "limit"]);
    }

    /// A heading over figures that are no times.
    pub(crate) fn title(&mut self, title: &str) {
        self.section(title, ["", "", "limit"]);
    }

    fn section(&mut self, title: &str, columns: [&'static str; 3]) {
        self.sections.push(Section { title: title.to_owned(), columns, lines: Vec::new() });
    }

    /// What comes to a time, in the middle and among the worst. The limit holds for both.
    pub(crate) fn added(&mut self, name: &str, (before, after): (&Sample, &Sample), limit: f64) {
        let [middle, worst] = [0.5, 0.99].map(|share| after.quantile(share) - before.quantile(share));
        let limit = Limit::Both(limit, limit);
        self.figure(Figure { worst: Some(worst), decimals: 2, ..Figure::new(name, "ms", middle, limit) });
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn count(&mut self, name: &str, count: usize, limit: Limit) -> &mut Figure {
        self.figure(Figure { decimals: 0, ..Figure::new(name, "", count as f64, limit) })
    }

    pub(crate) fn seconds(&mut self, name: &str, time: Duration, limit: Limit) -> &mut Figure {
        self.value(name, Some(time.as_secs_f64()), "s", limit)
    }

    /// Any other figure. `None`: the system does not tell.
    pub(crate) fn value(
        &mut self,
        name: &str,
        value: Option<f64>,
        unit: &'static str,
        limit: Limit,
    ) -> &mut Figure {
        let figure = Figure::new(name, unit, value.unwrap_or(f64::NAN), limit);
        self.figure(Figure { measured: value, decimals: 2, ..figure })
    }

    /// Nano-dollars.
    #[expect(clippy::cast_precision_loss, reason = "sums of a few dollars")]
    pub(crate) fn money(&mut self, name: &str, nano: i64, limit: Option<i64>) {
        let limit = limit.map_or(Limit::None, |limit| Limit::AtMost(limit as f64 / 1e9));
        let figure = Figure::new(name, "USD", nano as f64 / 1e9, limit);
        self.figure(Figure { decimals: 5, ..figure });
    }

    pub(crate) fn note(&mut self, note: &str) {
        self.line(Line::Note(note.to_owned()));
    }

    pub(crate) fn times(&mut self, name: &str, sample: &Sample, limit: Limit) -> &mut Figure {
        let (middle, worst) = (sample.quantile(0.5), sample.quantile(0.99));
        self.figure(Figure { worst: Some(worst), decimals: 2, ..Figure::new(name, "ms", middle, limit) })
    }

    pub(crate) fn memory(&mut self, name: &str, mib: Option<f64>, limit: Limit) -> &mut Figure {
        let figure = Figure::new(name, "MiB", mib.unwrap_or(f64::NAN), limit);
        self.figure(Figure { measured: mib, decimals: 1, ..figure })
    }

    pub(crate) fn binary(&mut self, path: &Path, limit: Limit) -> Result<()> {
        #[expect(clippy::cast_precision_loss, reason = "a file of some megabytes")]
        let mb = fs::metadata(path)?.len() as f64 / 1e6;
        self.figure(Figure { decimals: 1, ..Figure::new("binary", "MB", mb, limit) });
        Ok(())
    }

    /// Prints the page, and keeps it under this name where the figures are wanted as JSON.
    #[expect(clippy::print_stdout, reason = "the page of figures is the output")]
    pub(crate) fn publish(&self, name: &str, json: Option<&Path>) -> Result<()> {
        println!("{self}");
        let Some(path) = json else { return Ok(()) };
        let kept = fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let mut pages: Map<String, Value> = kept.unwrap_or_default();
        pages.insert(name.to_owned(), serde_json::to_value(self)?);
        let text = serde_json::to_string_pretty(&pages)?;
        fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
    }

    fn figure(&mut self, mut figure: Figure) -> &mut Figure {
        figure.over = figure.is_over();
        self.line(Line::Figure(figure));
        match self.sections.last_mut().and_then(|section| section.lines.last_mut()) {
            Some(Line::Figure(figure)) => figure,
            _ => unreachable!("it was just put there"),
        }
    }

    fn line(&mut self, line: Line) {
        if self.sections.is_empty() {
            self.title("");
        }
        if let Some(section) = self.sections.last_mut() {
            section.lines.push(line);
        }
    }

    fn over(&self) -> usize {
        let lines = self.sections.iter().flat_map(|section| &section.lines);
        lines.filter(|line| matches!(line, Line::Figure(figure) if figure.over)).count()
    }
}

impl Figure {
    fn new(name: &str, unit: &'static str, measured: f64, limit: Limit) -> Self {
        let (limit, worst_limit) = limit.bounds();
        Self { name: name.to_owned(), unit, measured: Some(measured), limit, worst_limit, ..Self::default() }
    }

    /// What Discord's limits and the model's pace leave possible, in the unit of the line.
    pub(crate) fn least(&mut self, least: f64) {
        self.least = Some(least);
    }

    /// The same for the middle and for the worst, in milliseconds.
    pub(crate) fn least_of(&mut self, sample: &Sample) {
        self.least = Some(sample.quantile(0.5));
        self.worst_least = Some(sample.quantile(0.99));
    }

    fn is_over(&self) -> bool {
        let beyond = |measured: Option<f64>, limit: Option<f64>| {
            measured.zip(limit).is_some_and(|(measured, limit)| measured > limit)
        };
        beyond(self.measured, self.limit) || beyond(self.worst, self.worst_limit)
    }

    fn column(&self, value: Option<f64>) -> String {
        value.map_or_else(String::new, |value| {
            format!("{value:.*} {}", self.decimals, self.unit).trim_end().to_owned()
        })
    }

    /// Bounds are written as short as they are.
    fn bounds(&self, (middle, worst): (Option<f64>, Option<f64>)) -> String {
        let round = |value: f64| (value * 100.0).round() / 100.0;
        match (middle, worst) {
            (Some(middle), Some(worst)) => format!("{} / {} {}", round(middle), round(worst), self.unit),
            (Some(middle), None) => format!("{} {}", round(middle), self.unit),
            _ => String::new(),
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.machine)?;
        for section in &self.sections {
            write!(formatter, "{section}")?;
        }
        match self.over() {
            0 => Ok(()),
            1 => writeln!(formatter, "\n1 figure is over its limit."),
            over => writeln!(formatter, "\n{over} figures are over their limits."),
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, limit] = self.columns;
        let title = &self.title;
        writeln!(formatter)?;
        // A long one stands alone.
        let title = if title.chars().count() > NAME {
            writeln!(formatter, "{title}")?;
            ""
        } else {
            title.as_str()
        };
        let heading = format!(
            "{title:<NAME$} {first:>COLUMN$} {second:>COLUMN$} {limit:>COLUMN$} {:>COLUMN$}",
            "least possible"
        );
        writeln!(formatter, "{heading}")?;
        self.lines.iter().try_for_each(|line| match line {
            Line::Figure(figure) => write!(formatter, "{figure}"),
            Line::Note(note) => writeln!(formatter, "{note}"),
        })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        let Some(measured) = self.measured else {
            return writeln!(formatter, "{name:<NAME$} unknown on this system");
        };
        let (measured, worst) = (self.column(Some(measured)), self.column(self.worst));
        let limit = self.bounds((self.limit, self.worst_limit));
        let least = self.bounds((self.least, self.worst_least));
        let over = if self.over { "  OVER" } else { "" };
        let line = format!(
            "{name:<NAME$} {measured:>COLUMN$} {worst:>COLUMN$} {limit:>COLUMN$} {least:>COLUMN$}{over}"
        );
        writeln!(formatter, "{}", line.trim_end())
    }
}
