//! Notices: every mail once, on time, and as it should read.

mod admin;
mod facts;
mod hostile;
mod killed;
mod letters;
mod merging;
mod outage;
mod peers;
mod pipelining;
mod read;
mod templates;
mod transports;
