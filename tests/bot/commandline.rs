//! The command line: the program itself, run as somebody runs it.

mod program;
mod running;
mod talking;
mod usage;
