//! The return pass: puts numbers whose hold has ended back on sale.

use super::context::{Context, RunError};
use super::outcome_sink::OutcomeSink;
use super::slice_leases::SliceLeases;
use crate::run::{Pass, RunCounts};
use crate::store::StoreError;

pub(super) async fn return_numbers(
    context: &Context,
    sink: &OutcomeSink,
) -> Result<RunCounts, RunError> {
    let returned = match sink {
        OutcomeSink::Database => write(context).await?,
        OutcomeSink::Counters(_) => {
            context.writer.store.count_ended_holds(context.writer.moment.on).await?
        }
    };
    Ok(RunCounts { returned, ..RunCounts::default() })
}

async fn write(context: &Context) -> Result<u64, RunError> {
    let leases = SliceLeases::new(context.clone(), Pass::Return);
    while let Some(slice) = leases.next().await? {
        let now = context.writer.clock.now();
        match context.writer.store.return_held_numbers(slice, now).await {
            // Another worker was faster. The next look tells whether anything is left to do.
            Err(StoreError::Conflict | StoreError::LeaseLost) => {}
            outcome => {
                let returned = outcome?;
                context.observer.committed(&RunCounts { returned, ..RunCounts::default() });
                return Ok(returned);
            }
        }
    }
    Ok(0)
}
