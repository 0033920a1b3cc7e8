//! Bad weather between the bot and Discord, and a governor behind another.

mod second;
mod weather;
