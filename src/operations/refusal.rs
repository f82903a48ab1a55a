//! What a rule says no to. Nothing has changed then.
//!
//! A refusal is data: the command line turns it into a sentence with a hint (`cli::refusals`), other
//! interfaces into a status or a page. To add one: a variant here, its sentence there, and a line in
//! `docs/refusals.md`. The code of a variant is its name in snake case; it is part of the interface and
//! never changes.

use std::fmt;

use chrono::NaiveDate;

use crate::billing::close_account::Obligations;
use crate::billing::reload_processor::{NotFunded, Unresolved};
use crate::ids::{AccountId, ReloadId};
use crate::money::{Currency, Money, MoneyError};
use crate::notice::{Kind, NoticeId};
use crate::payments::{Rejection, Unchargeable};
use crate::reload::ReloadStatus;
use crate::rental::configuration::Field;
use crate::rental::{Msisdn, NumberType};
use crate::run::{ClockFault, RunStatus};
use crate::text::TextError;
use crate::webhooks::Failure;
use linerent_short_codes::{ProgramKind, ValidationErrors};

#[derive(Debug, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Refusal {
    // --- any verb
    /// A value that the rules do not allow, whatever the state of the database.
    InvalidValue {
        what: &'static str,
        reason: InvalidValue,
    },
    /// Others keep changing the same account or number.
    ChangedConcurrently,
    NothingToChange,
    /// A period of dates that ends before it begins.
    PeriodReversed {
        from: NaiveDate,
        to: NaiveDate,
    },

    // --- databases and clocks
    ProductionCannotBecomeSandbox,
    SandboxExists {
        on: NaiveDate,
    },
    NotASandbox,
    SandboxClockInFuture {
        on: NaiveDate,
        to: NaiveDate,
    },
    EndOfCalendar,
    SandboxDateOutOfRange {
        on: NaiveDate,
        first: NaiveDate,
        last: NaiveDate,
    },
    ClockWentBack {
        today: NaiveDate,
        latest: NaiveDate,
    },

    /// The date may be wrong, so nothing is charged or released.
    ClockWrong {
        fault: ClockFault,
    },
    /// A run is being undone, and no other can begin.
    RunBeingUndone {
        date: NaiveDate,
    },

    // --- accounts
    AccountNotFound {
        account: AccountId,
    },
    AccountClosed {
        account: AccountId,
    },
    AccountKeyTaken {
        account: AccountId,
    },
    AccountHasObligations {
        account: AccountId,
        obligations: Box<Obligations>,
    },
    NoticeKindRequired {
        kind: Kind,
    },
    NoticeKindContradicted {
        kind: Kind,
    },

    // --- money
    InsufficientFunds {
        needed: Money,
        available: Money,
        not_funded: NotFunded,
    },
    CurrencyMismatch {
        what: &'static str,
        amount: Money,
        currency: Currency,
    },
    AmountRefused {
        error: MoneyError,
    },
    BalanceOverflow,
    ReferenceUsed {
        booked: Money,
    },
    NothingToRefund {
        account: AccountId,
        balance: Money,
    },
    RefundExceedsBalance {
        wanted: Money,
        balance: Money,
    },
    RenewalsDue {
        account: AccountId,
        amount: Money,
    },
    ReloadUnsettled {
        reload: ReloadId,
    },
    RefundWouldTriggerReload {
        account: AccountId,
        left: Money,
        threshold: Money,
    },

    // --- cards
    GatewayNotConfigured,
    GatewayRefusesAmount {
        error: Unchargeable,
    },
    PaymentMethodUnknown {
        rejection: Rejection,
    },
    ReloadNotFound {
        reload: ReloadId,
    },
    ReloadSettled {
        reload: ReloadId,
        status: ReloadStatus,
    },
    ReloadNotForResolution {
        reload: ReloadId,
        reason: Unresolved,
    },

    // --- numbers
    NumberNotFound {
        msisdn: Msisdn,
    },
    NumberRetired {
        msisdn: Msisdn,
    },
    NumberRented {
        msisdn: Msisdn,
    },
    NumberTaken,
    /// Rented by another account, or retired.
    NumberNotOnSale {
        msisdn: Msisdn,
        status: &'static str,
    },
    NumberCurrencyMismatch {
        msisdn: Msisdn,
        sold_in: Currency,
        account: AccountId,
        currency: Currency,
    },
    NumberHeldForAnother {
        msisdn: Msisdn,
        until: NaiveDate,
    },
    NotAShortCode {
        msisdn: Msisdn,
        kind: NumberType,
        country: String,
    },
    ShortCodeNotRented {
        account: AccountId,
        msisdn: Msisdn,
    },
    /// Nothing is set up for the short code, or nothing of this kind.
    ShortCodeNotSetUp {
        account: AccountId,
        msisdn: Msisdn,
        kind: Option<ProgramKind>,
    },
    /// The set-up has no text for its opt-in page without these values.
    ShortCodeSetUpIncomplete {
        msisdn: Msisdn,
        kind: ProgramKind,
        missing: Vec<&'static str>,
    },
    ShortCodeSetUpInvalid {
        errors: ValidationErrors,
    },
    NotAnAmericanShortCode {
        msisdn: Msisdn,
    },
    NumberExists {
        msisdn: String,
    },
    NotEnoughNumbers {
        wanted: u32,
        found: u32,
        currency: Currency,
    },
    NoNumbersOfTariff {
        country: String,
        kind: NumberType,
    },
    /// Such numbers are sold in other currencies.
    TariffNotInCurrency {
        country: String,
        kind: NumberType,
        currency: Currency,
        sold_in: Vec<Currency>,
    },
    /// One of the currencies has to be named.
    TariffInSeveralCurrencies {
        country: String,
        kind: NumberType,
        sold_in: Vec<Currency>,
    },
    /// Accounts must be notified of a price before it begins.
    PriceNotInFuture {
        effective_on: NaiveDate,
        today: NaiveDate,
        first_on: NaiveDate,
    },
    PriceNoticeTooShort {
        effective_on: NaiveDate,
        notice_days: u32,
        first_on: NaiveDate,
    },

    // --- rentals
    AlreadyRented {
        account: AccountId,
        msisdn: Msisdn,
    },
    NotRented {
        account: Option<AccountId>,
        msisdn: Msisdn,
    },
    SeveralRenters {
        msisdn: Msisdn,
        renters: usize,
    },
    RentalEnded {
        msisdn: Msisdn,
    },
    NoCancellationScheduled {
        account: AccountId,
        msisdn: Msisdn,
    },
    TooLateToKeep {
        account: AccountId,
        msisdn: Msisdn,
        ended_on: NaiveDate,
    },
    CallLoop {
        msisdn: Msisdn,
    },
    SetAndCleared {
        field: Field,
    },
    WebhooksFailed {
        failures: Vec<(Field, Failure)>,
    },

    // --- files
    /// Lines of a file, each with everything that is wrong with it. Nothing was done.
    LinesRefused {
        nothing_done: &'static str,
        errors: Vec<(u64, String)>,
    },
    /// A file whose heading does not name the columns that it must have.
    HeadingRefused {
        nothing_done: &'static str,
        error: String,
        columns: String,
    },
    FileEmpty {
        things: &'static str,
        columns: String,
    },
    FileTooLarge {
        nothing_done: &'static str,
        /// In bytes.
        max: u64,
    },

    // --- notices and runs
    NoticeNotFound {
        notice: NoticeId,
    },
    NoticeSent {
        notice: NoticeId,
    },
    RunNotFound {
        date: NaiveDate,
    },
    RunNotHeld {
        date: NaiveDate,
        status: RunStatus,
    },
    /// The run was held on a date that has not come yet, by a clock that was ahead.
    RunInFuture {
        date: NaiveDate,
        today: NaiveDate,
    },
    /// Only the latest run can be undone.
    RunNotLatest {
        date: NaiveDate,
        latest: NaiveDate,
    },
    RunSuperseded {
        date: NaiveDate,
        latest: NaiveDate,
    },
}

/// Why a value is not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidValue {
    Negative(Money),
    Zero,
    /// Zero or less.
    NotPositive(Money),
    NotAnEmailAddress(String),
    /// Not one line that people can read.
    Text(TextError),
    /// Not from `min` to `max`.
    OutOfRange {
        value: u64,
        min: u64,
        max: u64,
    },
}

impl Refusal {
    /// The stable name of the refusal, for programs.
    pub fn code(&self) -> &'static str {
        self.into()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.code())
    }
}

impl std::error::Error for Refusal {}
