//! `prism models`: what the configured servers have, what it costs, and what of it may be used.

use clap::Args;

use super::{Context, Failure};
use crate::app::{self, Clients};
use crate::chat::Dollars;
use crate::config::Purpose;
use crate::llm::{Excluded, Ladder, Offer, Price};
use crate::shutdown::Shutdown;
use crate::status::Status;

const EXAMPLES: &str = "Examples:
  prism models                   what may be used; a number is a place on the ladder
  prism models flash             those with this in their id or name
  prism models gemini --all      also what the configuration does not allow, and why";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Only models whose id or name contains this
    filter: Option<String>,
    /// Also those that the configuration does not allow
    #[arg(long)]
    all: bool,
}

#[expect(clippy::print_stdout, reason = "the list is the output of this command")]
pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    let config = context.config(Purpose::Playground)?;
    let (clients, stop) = (Clients::build(&config)?, Shutdown::default());
    let ladder = app::ladder(&config, &clients, &Status::default(), &stop);
    let offers = ladder.fetched_offers().await;
    stop.begin();
    if offers.is_empty() {
        return Err(anyhow::anyhow!(
            "no server told which models it has: check the network and PRISM_MODEL_URL ({})",
            config.model.server.base_url
        )
        .into());
    }
    println!("{:>2} {:<44} {:>9} {:>8} {:>8}  notes", "", "model", "context", "1M in", "1M out");
    let filter = arguments.filter.unwrap_or_default().to_lowercase();
    let fits = |offer: &&Offer| {
        (arguments.all || offer.excluded.is_none())
            && (offer.name.to_lowercase().contains(&filter)
                || offer.facts.name.to_lowercase().contains(&filter))
    };
    let fitting: Vec<_> = offers.iter().filter(fits).collect();
    for offer in &fitting {
        println!("{}", line(&ladder, offer));
    }
    if fitting.is_empty() {
        let more = if arguments.all { "" } else { "; --all also looks among those that may not be used" };
        println!("none of {} models fits{more}", offers.len());
    }
    for model in missing(&ladder) {
        println!("{model}: configured, but its server does not list it");
    }
    Ok(())
}

fn line(ladder: &Ladder, offer: &Offer) -> String {
    let rung = ladder.settings().models.iter().position(|model| *model == offer.name);
    let rung = rung.map(|rung| format!("{}.", rung + 1)).unwrap_or_default();
    let context = offer.facts.context_length.map(|tokens| tokens.to_string()).unwrap_or_default();
    let (prompt, completion) = offer.facts.price.as_ref().map(prices).unwrap_or_default();
    let line =
        format!("{rung:>2} {:<44} {context:>9} {prompt:>8} {completion:>8}  {}", offer.name, notes(offer));
    line.trim_end().to_owned()
}

fn notes(offer: &Offer) -> String {
    let request = offer.facts.price.map(|price| price.request).filter(|pico| *pico > 0);
    let request = request.map(|pico| format!("{} a request", Dollars(pico / 1_000)));
    let images = offer.facts.images.unwrap_or(false).then(|| "images".to_owned());
    let expires = offer.facts.expires.as_ref().map(|day| format!("until {day}"));
    let excluded = offer.excluded.map(|why| match why {
        Excluded::NotAllowed => "not in model.allow".to_owned(),
        Excluded::Unpriced => "no price known: needs a place in model.allow".to_owned(),
        Excluded::TooDear => "above model.max_price".to_owned(),
        Excluded::DearerThanAbove => "dearer than the one above".to_owned(),
    });
    [request, images, expires, excluded].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// For a million tokens: a pico-dollar each is a thousand nano-dollars for a million.
fn prices(price: &Price) -> (String, String) {
    let dollars = |pico: i64| Dollars(pico.saturating_mul(1_000)).to_string();
    (dollars(price.prompt), dollars(price.completion))
}

/// Configured models that their servers do not list.
fn missing(ladder: &Ladder) -> impl Iterator<Item = &String> {
    let is_missing = |model: &&String| ladder.offer_of(model).is_none() && ladder.knows_server_of(model);
    ladder.settings().models.iter().filter(is_missing)
}
