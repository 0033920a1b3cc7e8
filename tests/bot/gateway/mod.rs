//! The gateway in all weathers: what breaks is taken up again, what is final ends the bot in words.

mod alive;
mod budget;
mod closes;
mod events;
mod shards;
