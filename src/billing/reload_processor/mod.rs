//! Takes reloads to the gateway and records their outcomes.
//!
//! The order of events is fixed. The request was stored and committed before. The gateway is asked outside of any
//! transaction, under the reload's id (`process`). The outcome is committed together with its transfer and with
//! everything that the money pays at once (`record`). If the process dies in between, the reload stays open, and the
//! next process asks again under the same key. `fund` raises money that a rental needs, and `resolve` records an
//! outcome that an operator found out.

mod evidence;
mod fund;
mod process;
mod processor;
mod record;
mod resolve;

pub use super::settle_error::NotFunded;
pub use processor::{ReloadProcessor, ReloadResult};
pub use resolve::Unresolved;

pub(super) use processor::IfClaimed;
