//! The program: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use prism::cli::{self, Arguments};

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Arguments::parse()).await
}
