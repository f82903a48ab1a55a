//! What can be done about an error, in words for the terminal and the log.
//!
//! The layers below report errors as data. Both programs put the remedies into words here, so that the layers below
//! name no command and no option. To add a remedy: the arm of the error's type in [`of`], its words in the file
//! of its subject.

mod app;
mod database;
mod files;
mod gateway;
mod mail;
mod settings;
mod values;

use std::error::Error;

use chrono::NaiveDate;

use crate::billing::close_account::CloseError;
use crate::billing::refund::RefundError;
use crate::billing::run::RunError;
use crate::billing::settle::SettleError;
use crate::ids::{NotAKey, NotAReload};
use crate::mail::NotAnAddress;
use crate::metrics::textfile::MetricsUnwritable;
use crate::money::MoneyError;
use crate::notice::{NotAKind, NotANotice};
use crate::operations::accounts::statement_pdf::BrokenStatement;
use crate::rental::configuration::Unusable;
use crate::rental::{RentalError, UnknownStatus};
use crate::store::StoreError;
use crate::telemetry::{self, remedies_in};
use linerent_short_codes::UnknownProgramKind;

/// What was tried and why it failed, in one line, and what can be done about it.
pub fn explain(error: &anyhow::Error) -> (String, Vec<String>) {
    let mut remedies: Vec<String> = Vec::new();
    for cause in error.chain() {
        for remedy in remedies_in(&cause.to_string()).into_iter().chain(of(cause)) {
            if !remedies.contains(&remedy) {
                remedies.push(remedy);
            }
        }
    }
    if remedies.is_empty() {
        remedies.extend(error.chain().find_map(|cause| files::remedy(cause.downcast_ref()?)));
    }
    (telemetry::reasons(error), remedies)
}

/// What can be done about `error` itself, without its causes.
pub fn of(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = store_error_in(error) {
        return database::remedy(error);
    }
    of_value(error)
        .or_else(|| error.downcast_ref().map(app::remedy))
        .or_else(|| error.downcast_ref().map(settings::remedy))
        .or_else(|| error.downcast_ref().map(gateway::amount))
        .or_else(|| error.downcast_ref().and_then(gateway::rejection))
        .or_else(|| error.downcast_ref().and_then(gateway::remedy))
        .or_else(|| mail::remedy(error))
        .or_else(|| error.downcast_ref().map(metrics))
        .or_else(|| error.downcast_ref().map(statement))
        .or_else(|| error.downcast_ref().and_then(run))
}

/// The error of the database that `error` is or wraps without a layer of its own.
fn store_error_in<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a StoreError> {
    let settle_error = if let Some(CloseError::Settle(inner)) = error.downcast_ref() {
        Some(inner)
    } else if let Some(RefundError::Settle(inner)) = error.downcast_ref() {
        Some(inner)
    } else {
        error.downcast_ref()
    };
    if let Some(SettleError::Store(inner)) = settle_error {
        return Some(inner);
    }
    if let Some(RunError::Store(inner)) = error.downcast_ref() {
        return Some(inner);
    }
    error.downcast_ref()
}

/// What can be done about a text that is not a value of the wanted type.
fn of_value(error: &(dyn Error + 'static)) -> Option<String> {
    error
        .downcast_ref::<NotAKey>()
        .map(values::account)
        .or_else(|| error.downcast_ref::<NotAReload>().map(values::reload))
        .or_else(|| error.downcast_ref::<MoneyError>().and_then(values::money))
        .or_else(|| error.downcast_ref::<UnknownProgramKind>().map(values::program_kind))
        .or_else(|| error.downcast_ref::<NotAKind>().map(values::notice_kind))
        .or_else(|| error.downcast_ref::<NotANotice>().map(values::notice))
        .or_else(|| error.downcast_ref::<NotAnAddress>().map(values::address))
        .or_else(|| error.downcast_ref::<RentalError>().map(values::rental))
        .or_else(|| error.downcast_ref::<UnknownStatus>().map(values::status))
        .or_else(|| error.downcast_ref::<Unusable>().map(values::configuration))
}

fn run(error: &RunError) -> Option<String> {
    match error {
        RunError::Interrupted => Some("the next run continues where it stopped".to_owned()),
        RunError::ClockWentBack { .. } => {
            Some("check the machine's clock and `billing.time_zone`".to_owned())
        }
        RunError::ClockWrong(_) => Some(clock_wrong()),
        RunError::BeingUndone(date) => Some(being_undone(*date)),
        RunError::Store(error) => database::remedy(error),
    }
}

/// What can be done if the clock may be wrong.
pub fn clock_wrong() -> String {
    "check the machine's clock and `billing.time_zone`; if the date is right, `linerent run` and then \
     `linerent run approve DATE` charge what is due"
        .to_owned()
}

/// What can be done about a run of `date` that is being undone.
pub fn being_undone(date: NaiveDate) -> String {
    format!("`linerent run undo {date}` continues where it stopped")
}

fn metrics(_: &MetricsUnwritable) -> String {
    "check `metrics.textfile`, and that this user may write to its folder".to_owned()
}

fn statement(error: &BrokenStatement) -> String {
    match error {
        BrokenStatement::WrongBalance { .. } => "`linerent audit` says what is wrong with the ledger",
        BrokenStatement::WrongOrder(_) => {
            "`linerent audit` checks the ledger; if a clock was set back, dates are out of order, and a statement without `--from` and `--to` has every transaction"
        }
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::SchemaError;

    #[test]
    fn an_error_is_explained_by_its_causes_and_their_remedies() {
        let empty = || StoreError::Schema(SchemaError::Empty);
        let tried = anyhow::Error::new(empty()).context("opening the database");
        let remedies = vec!["run `linerent init`".to_owned()];
        let reason = "opening the database: the database is empty".to_owned();
        assert_eq!(explain(&tried), (reason, remedies.clone()));
        for wrapped in [
            anyhow::Error::new(RunError::Store(empty())),
            anyhow::Error::new(SettleError::Store(empty())),
            anyhow::Error::new(CloseError::Settle(SettleError::Store(empty()))),
            anyhow::Error::new(RefundError::Settle(SettleError::Store(empty()))),
        ] {
            assert_eq!(explain(&wrapped), ("the database is empty".to_owned(), remedies.clone()));
        }
    }

    #[test]
    fn a_run_that_was_interrupted_has_a_remedy() {
        let (reason, remedies) = explain(&anyhow::Error::new(RunError::Interrupted));
        assert_eq!(reason, "the run was interrupted");
        assert_eq!(remedies, ["the next run continues where it stopped"]);
    }

    #[test]
    fn an_error_without_a_remedy_has_none() {
        assert_eq!(of(&std::fmt::Error), None);
    }

    #[test]
    fn a_conflict_says_that_the_command_can_be_repeated() {
        let (reason, remedies) = explain(&anyhow::Error::new(StoreError::Conflict));
        assert_eq!(reason, "the data changed meanwhile");
        assert_eq!(
            remedies,
            ["another process changed the same data first: run the command again"]
        );
    }

    #[test]
    fn a_file_that_cannot_be_used_has_a_remedy() {
        let error = anyhow::Error::new(std::io::Error::from(std::io::ErrorKind::NotFound));
        let (_, remedies) = explain(&error.context("opening numbers.csv"));
        assert_eq!(remedies, ["check the path"]);
    }
}
