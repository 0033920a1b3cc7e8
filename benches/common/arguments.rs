//! What every measurement can be told: `cargo bench --bench load -- flood --json figures.json`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Arguments {
    /// The binary that is measured; without it, the one that cargo built
    #[arg(long, value_name = "PATH")]
    pub(crate) bot: Option<PathBuf>,

    /// Writes the figures into this file as well, beside those of other measurements that stand there
    #[arg(long, value_name = "PATH")]
    pub(crate) json: Option<PathBuf>,

    /// What cargo itself passes
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    pub(crate) fn binary(&self) -> PathBuf {
        self.bot.clone().unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_prism")))
    }
}
