//! What must never happen, whatever people, models and files say.

mod age;
mod input;
mod logs;
mod pings;
