//! `prism health`: is the running bot well? For container health checks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;

use super::{Context, Failure};
use crate::app;
use crate::config::Purpose;

const TIMEOUT: Duration = Duration::from_secs(5);

#[expect(clippy::print_stdout, reason = "the answer is the output of this command")]
pub(super) async fn run(context: &Context) -> Result<(), Failure> {
    // Only the address matters here; the secrets that the bot needs may be out of reach for a health check.
    let address = context.config(Purpose::Playground)?.http;
    if address.port() == 0 {
        return Err(anyhow::anyhow!(
            "PRISM_HTTP takes a free port (0), so nobody knows where to ask: name a port"
        )
        .into());
    }
    let host = match address.ip() {
        // Listening everywhere includes this machine.
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let base = format!("http://{}", SocketAddr::new(host, address.port()));
    let url = format!("{base}/health/ready");
    let asking = app::http_client(&base)?.get(&url).timeout(TIMEOUT).send();
    let answer = asking.await.with_context(|| format!("nobody answers at {url}"))?;
    let is_well = answer.status().is_success();
    println!("{}", answer.text().await.context("the answer broke off")?);
    if is_well { Ok(()) } else { Err(Failure::NotInOrder) }
}
