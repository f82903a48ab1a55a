//! Who takes part in the demo, and who does what when.

use chrono::NaiveDate;

/// What an account does on a day.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    TopUp(&'static str),
    Rent(&'static str),
    Cancel(&'static str),
    CancelAtPeriodEnd(&'static str),
    /// Below 5, charge 20 to this payment method.
    AutoReload(&'static str),
}

use Act::{AutoReload, Cancel, CancelAtPeriodEnd, Rent, TopUp};

/// Key, name, credit limit.
pub(super) const ACCOUNTS: [(&str, &str, &str); 14] = [
    (WELL_FUNDED, "Analytical Engines", "0"),
    (MANY_NUMBERS, "Bletchley Dispatch", "0"),
    (LEAP, "Calendar & Daughters", "0"),
    (RUNS_DRY, "Driftwood Couriers", "0"),
    (TOPS_UP_LATE, "Evening Post", "0"),
    (BUYS_BACK, "Firefly Taxis", "0"),
    (ON_CREDIT, "Gutenberg Print", "20"),
    (LEAVES, "Hollerith Tabulators", "0"),
    (SHORT_CODE, "Iris Alerts", "0"),
    (SHORT_CODE_TOO, "Jacquard Looms", "0"),
    (FREE_NUMBER, "Kepler Observatory", "0"),
    (ONE_OF_TWO, "Lighthouse Keepers", "0"),
    (BY_CARD, "Moorgate Minicabs", "0"),
    (CARD_FAILS, "Nightjar Hotels", "0"),
];

const WELL_FUNDED: &str = "a0000001";
const MANY_NUMBERS: &str = "a0000002";
const LEAP: &str = "a0000003";
const RUNS_DRY: &str = "a0000004";
const TOPS_UP_LATE: &str = "a0000005";
const BUYS_BACK: &str = "a0000006";
const ON_CREDIT: &str = "a0000007";
const LEAVES: &str = "a0000008";
const SHORT_CODE: &str = "a0000009";
const SHORT_CODE_TOO: &str = "a000000a";
const FREE_NUMBER: &str = "a000000b";
const ONE_OF_TWO: &str = "a000000c";
const BY_CARD: &str = "a000000d";
const CARD_FAILS: &str = "a000000e";

/// The numbers whose stories are told, with who rented them first.
pub(super) const STORIES: [(&str, &str); 5] = [
    (WELL_FUNDED, "447700900012"),
    (LEAP, "447700900028"),
    (TOPS_UP_LATE, "447700900041"),
    (BUYS_BACK, "447700900042"),
    (RUNS_DRY, "12025550104"),
];

/// The accounts with a card in the story.
pub(super) const CARDS: [&str; 2] = [BY_CARD, CARD_FAILS];

/// Date, account, act: in the order of the days, after the day's run.
pub(super) const SCENES: [(&str, &str, Act); 50] = [
    ("2026-01-25", MANY_NUMBERS, TopUp("250")),
    ("2026-01-25", MANY_NUMBERS, Rent("447700900100")),
    ("2026-01-25", MANY_NUMBERS, Rent("447700900101")),
    ("2026-01-25", MANY_NUMBERS, Rent("447700900102")),
    ("2026-01-26", MANY_NUMBERS, Rent("3319900001")),
    ("2026-01-26", MANY_NUMBERS, Rent("3319900002")),
    ("2026-01-27", ON_CREDIT, Rent("4930231250")),
    ("2026-01-28", LEAVES, TopUp("30")),
    ("2026-01-28", LEAVES, Rent("4930231251")),
    ("2026-01-28", LEAVES, Rent("4930231252")),
    ("2026-01-29", RUNS_DRY, TopUp("5.50")),
    ("2026-01-29", RUNS_DRY, Rent("12025550104")),
    ("2026-01-30", FREE_NUMBER, TopUp("10")),
    ("2026-01-30", FREE_NUMBER, Rent("447700900200")),
    ("2026-01-30", FREE_NUMBER, Rent("447700900201")),
    ("2026-01-31", WELL_FUNDED, TopUp("100")),
    ("2026-01-31", WELL_FUNDED, Rent("447700900012")),
    ("2026-01-31", WELL_FUNDED, Rent("12025550101")),
    ("2026-01-31", WELL_FUNDED, Rent("18005550199")),
    ("2026-02-02", TOPS_UP_LATE, TopUp("2")),
    ("2026-02-02", TOPS_UP_LATE, Rent("447700900041")),
    ("2026-02-03", BUYS_BACK, TopUp("2.50")),
    ("2026-02-03", BUYS_BACK, Rent("447700900042")),
    ("2026-02-05", SHORT_CODE, TopUp("60")),
    ("2026-02-05", SHORT_CODE, Rent("98975")),
    ("2026-02-06", SHORT_CODE_TOO, TopUp("45")),
    ("2026-02-06", SHORT_CODE_TOO, Rent("98975")),
    ("2026-02-10", ONE_OF_TWO, TopUp("4.50")),
    ("2026-02-10", ONE_OF_TWO, Rent("447700900300")),
    ("2026-02-10", ONE_OF_TWO, Rent("447700900301")),
    ("2026-02-14", BY_CARD, AutoReload("pm_sandbox_timeoutAfterCapture")),
    ("2026-02-14", BY_CARD, TopUp("20")),
    ("2026-02-14", BY_CARD, Rent("98971")),
    ("2026-02-16", CARD_FAILS, AutoReload("pm_card_chargeDeclinedExpiredCard")),
    ("2026-02-16", CARD_FAILS, TopUp("10")),
    ("2026-02-16", CARD_FAILS, Rent("447700900044")),
    ("2026-02-16", CARD_FAILS, Rent("98972")),
    ("2026-02-27", LEAVES, Cancel("4930231252")),
    ("2026-02-28", LEAP, TopUp("20")),
    ("2026-02-28", LEAP, Rent("447700900028")),
    ("2026-03-05", TOPS_UP_LATE, TopUp("10")),
    ("2026-03-20", LEAVES, CancelAtPeriodEnd("4930231251")),
    ("2026-04-02", ONE_OF_TWO, TopUp("1")),
    ("2026-04-12", MANY_NUMBERS, Rent("447700900103")),
    ("2026-04-13", MANY_NUMBERS, Rent("3319900003")),
    ("2026-04-14", WELL_FUNDED, Rent("12025550102")),
    ("2026-04-20", SHORT_CODE, TopUp("30")),
    ("2026-04-20", BUYS_BACK, TopUp("12")),
    ("2026-04-20", BUYS_BACK, Rent("447700900042")),
    ("2026-05-01", ON_CREDIT, TopUp("40")),
];

/// The day on which the sandbox begins.
pub(super) fn first_day() -> NaiveDate {
    date("2026-01-25")
}

/// The last day that is run.
pub(super) fn last_day() -> NaiveDate {
    date("2026-05-05")
}

/// A date of the script.
pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().expect("the script's dates are well formed")
}
