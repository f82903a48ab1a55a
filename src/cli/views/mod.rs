//! What `--json` prints: a type for each noun, made from the service's own. Their field names are part of the
//! interface; `docs/schema` has them.

pub mod accounts;
pub mod audit;
pub mod booking;
pub mod closing;
pub mod configurations;
pub mod databases;
pub mod demo;
pub mod findings;
pub mod forecast;
pub mod imports;
pub mod lines;
pub mod mail;
pub mod notices;
pub mod numbers;
pub mod prices;
pub mod reloads;
pub mod runs;
pub mod settings;
pub mod short_codes;
pub mod statement;
pub mod subscriptions;
pub mod undo;
