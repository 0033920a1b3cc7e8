//! The command line: the program itself, run as somebody runs it.

mod models;
mod program;
mod running;
mod talking;
mod usage;
mod watched;
