//! The pages as a browser meets them: a real listener, requests byte for byte.

mod actions;
mod events;
mod message;
mod page;
mod panel;
mod site;
