//! Refusals in words: a sentence and hints for each.
//!
//! To add a refusal: its variant in `operations::refusal`, a line in `explain`, its sentence in the file of its
//! topic, and its paragraph in `docs/refusals.md`. What the command line refuses by itself is a [`CommandRefusal`].

mod accounts;
mod cards;
mod command;
mod files;
mod money;
mod numbers;
mod rentals;
mod runs;
mod short_codes;
mod values;

pub use command::CommandRefusal;

use serde::Serialize;

use super::views::closing;
use crate::billing::reload_processor::NotFunded;
use crate::billing::settle::SettleError;
use crate::operations::numbers::reprice::RepricingInterrupted;
use crate::operations::refusal::Refusal;
use crate::remedies;

/// What a refused command prints with `--json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RefusedView {
    /// Why it was refused. Nothing has changed.
    pub refused: RefusalView,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RefusalView {
    /// Stable, for programs; `docs/refusals.md` lists all codes.
    pub code: &'static str,
    /// The reason.
    pub message: String,
    /// What can be done.
    pub hints: Vec<String>,
}

impl RefusalView {
    /// The refusal among the causes of `error`, if it is one.
    pub fn find(error: &anyhow::Error) -> Option<Self> {
        error.chain().find_map(|cause| {
            let by_rule = cause.downcast_ref::<Refusal>().map(Self::of);
            by_rule.or_else(|| cause.downcast_ref::<CommandRefusal>().map(Self::of_command))
        })
    }

    pub fn of(refusal: &Refusal) -> Self {
        let Explanation { message, hints } = explain(refusal);
        Self { code: refusal.code(), message, hints }
    }

    fn of_command(refusal: &CommandRefusal) -> Self {
        let Explanation { message, hints } = refusal.explain();
        Self { code: refusal.code(), message, hints }
    }
}

/// A sentence, and what can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub message: String,
    pub hints: Vec<String>,
}

impl Explanation {
    fn plain(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new() }
    }

    fn hinted(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hints: vec![hint.into()] }
    }

    /// The words of an error, and what can be done about it.
    fn of_error(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut explanation = Self::of_text(&error.to_string());
        explanation.hints.extend(remedies::of(error));
        explanation
    }

    /// From a text of another module, which carries its hints on lines of their own.
    fn of_text(text: &str) -> Self {
        let mut parts = text.split("\nhint: ").map(str::to_owned);
        Self { message: parts.next().unwrap_or_default(), hints: parts.collect() }
    }
}

/// What can be done about a failure that is not a refusal, if its cause is one that the commands know.
pub fn hints_of_failure(error: &anyhow::Error) -> Vec<String> {
    let settle = error.chain().find_map(|cause| cause.downcast_ref::<SettleError>());
    if let Some(SettleError::NotFunded { not_funded: NotFunded::Open { id, .. }, .. }) = settle {
        return vec![format!(
            "`linerent reload check` asks the gateway again, `linerent reload show {id}` shows the reload; rent when it is settled"
        )];
    }
    if error.is::<RepricingInterrupted>() {
        let hint = "the same command again goes on with the others, and so does the next run";
        return vec![hint.to_owned()];
    }
    Vec::new()
}

/// The table of contents of all sentences. It is longer than a screen so that the compiler can say which is missing.
#[rustfmt::skip]
fn explain(refusal: &Refusal) -> Explanation {
    use Refusal as R;
    match refusal {
        R::InvalidValue { what, reason } => values::invalid(what, reason),
        R::NothingToChange => values::nothing_to_change(),
        R::PeriodReversed { from, to } => values::period_reversed(*from, *to),
        R::ChangedConcurrently => values::changed_concurrently(),

        R::ProductionCannotBecomeSandbox => runs::production_cannot_become_sandbox(),
        R::SandboxExists { on } => runs::sandbox_exists(*on),
        R::NotASandbox => runs::not_a_sandbox(),
        R::SandboxClockInFuture { on, to } => runs::sandbox_clock_in_future(*on, *to),
        R::EndOfCalendar => runs::end_of_calendar(),
        R::SandboxDateOutOfRange { on, first, last } => runs::sandbox_date_out_of_range(*on, *first, *last),
        R::ClockWrong { fault } => runs::clock_wrong(*fault),
        R::RunBeingUndone { date } => runs::run_being_undone(*date),
        R::RunNotLatest { date, latest } => runs::run_not_latest(*date, *latest),
        R::RunInFuture { date, today } => runs::run_in_future(*date, *today),
        R::ClockWentBack { today, latest } => runs::clock_went_back(*today, *latest),

        R::AccountNotFound { account } => accounts::not_found(*account),
        R::AccountClosed { account } => accounts::closed(*account),
        R::AccountKeyTaken { account } => accounts::key_taken(*account),
        R::AccountHasObligations { account, obligations } => closing::explain(*account, obligations),
        R::NoticeKindRequired { kind } => accounts::notice_kind_required(*kind),
        R::NoticeKindContradicted { kind } => accounts::notice_kind_contradicted(*kind),

        R::InsufficientFunds { needed, available, not_funded } => money::insufficient(*needed, *available, not_funded),
        R::CurrencyMismatch { what, amount, currency } => money::currency_mismatch(what, *amount, *currency),
        R::AmountRefused { error } => Explanation::of_error(error),
        R::BalanceOverflow => money::balance_overflow(),
        R::ReferenceUsed { booked } => money::reference_used(*booked),
        R::NothingToRefund { account, balance } => money::nothing_to_refund(*account, *balance),
        R::RefundExceedsBalance { wanted, balance } => money::refund_exceeds_balance(*wanted, *balance),
        R::RenewalsDue { account, amount } => money::renewals_due(*account, *amount),
        R::ReloadUnsettled { reload } => money::reload_unsettled(*reload),
        R::RefundWouldTriggerReload { account, left, threshold } => money::refund_triggers_reload(*account, *left, *threshold),

        R::GatewayNotConfigured => cards::gateway_not_configured(),
        R::GatewayRefusesAmount { error } => Explanation::of_error(error),
        R::PaymentMethodUnknown { rejection } => Explanation::of_error(rejection),
        R::ReloadNotFound { reload } => cards::reload_not_found(*reload),
        R::ReloadSettled { reload, status } => cards::reload_settled(*reload, *status),
        R::ReloadNotForResolution { reload, reason } => cards::reload_not_for_resolution(*reload, reason),

        R::NumberNotFound { msisdn } => numbers::not_found(msisdn),
        R::NumberRetired { msisdn } => numbers::retired(msisdn),
        R::NumberRented { msisdn } => numbers::rented(msisdn),
        R::NumberTaken => numbers::taken(),
        R::NumberNotOnSale { msisdn, status } => numbers::not_on_sale(msisdn, status),
        R::NumberCurrencyMismatch { msisdn, sold_in, account, currency } => numbers::currency_mismatch(msisdn, *sold_in, *account, *currency),
        R::NumberHeldForAnother { msisdn, until } => numbers::held_for_another(msisdn, *until),
        R::NumberExists { msisdn } => numbers::exists(msisdn),
        R::NotEnoughNumbers { wanted, found, currency } => numbers::not_enough(*wanted, *found, *currency),
        R::NoNumbersOfTariff { country, kind } => numbers::none_of_tariff(country, *kind),
        R::TariffNotInCurrency { country, kind, currency, sold_in } => numbers::tariff_not_in_currency(country, *kind, *currency, sold_in),
        R::TariffInSeveralCurrencies { country, kind, sold_in } => numbers::tariff_in_several_currencies(country, *kind, sold_in),
        R::PriceNotInFuture { effective_on, today, first_on } => numbers::price_not_in_future(*effective_on, *today, *first_on),
        R::PriceNoticeTooShort { effective_on, notice_days, first_on } => numbers::price_notice_too_short(*effective_on, *notice_days, *first_on),

        R::NotAShortCode { msisdn, kind, country } => short_codes::not_one(msisdn, *kind, country),
        R::ShortCodeNotRented { account, msisdn } => short_codes::not_rented(*account, msisdn),
        R::ShortCodeNotSetUp { account, msisdn, kind } => short_codes::not_set_up(*account, msisdn, *kind),
        R::ShortCodeSetUpIncomplete { msisdn, kind, missing } => short_codes::incomplete(msisdn, *kind, missing),
        R::ShortCodeSetUpInvalid { errors } => short_codes::invalid(errors),
        R::NotAnAmericanShortCode { msisdn } => short_codes::not_american(msisdn),

        R::AlreadyRented { account, msisdn } => rentals::already_rented(*account, msisdn),
        R::NotRented { account, msisdn } => rentals::not_rented(*account, msisdn),
        R::SeveralRenters { msisdn, renters } => rentals::several_renters(msisdn, *renters),
        R::RentalEnded { msisdn } => rentals::ended(msisdn),
        R::NoCancellationScheduled { account, msisdn } => rentals::no_cancellation_scheduled(*account, msisdn),
        R::TooLateToKeep { account, msisdn, ended_on } => rentals::too_late_to_keep(*account, msisdn, *ended_on),
        R::CallLoop { msisdn } => rentals::call_loop(msisdn),
        R::SetAndCleared { field } => rentals::set_and_cleared(*field),
        R::WebhooksFailed { failures } => rentals::webhooks_failed(failures),

        R::LinesRefused { nothing_done, errors } => files::lines_refused(nothing_done, errors),
        R::HeadingRefused { nothing_done, error, columns } => files::heading_refused(nothing_done, error, columns),
        R::FileEmpty { things, columns } => files::empty(things, columns),
        R::FileTooLarge { nothing_done, max } => files::too_large(nothing_done, *max),

        R::NoticeNotFound { notice } => runs::notice_not_found(*notice),
        R::NoticeSent { notice } => runs::notice_sent(*notice),
        R::RunNotFound { date } => runs::run_not_found(*date),
        R::RunNotHeld { date, status } => runs::run_not_held(*date, *status),
        R::RunSuperseded { date, latest } => runs::run_superseded(*date, *latest),
    }
}
