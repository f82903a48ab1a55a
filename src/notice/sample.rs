//! Samples of contents, for previews of mails and for checks of templates.

use chrono::NaiveDate;

use super::{
    Ahead, Captured, Charged, Content, Correction, Day, Declined, Freed, Kind, Listing, LowBalance,
    PastDue, PriceChange, Receipt, Released, Report, ReportReloads, Repriced, RunFailed,
    SwitchedOff, Unbilled, Unpaid, Upcoming,
};
use crate::calendar::{days_after, days_before};
use crate::money::{Currency, Money};

/// The date of all samples.
const ON: NaiveDate = NaiveDate::from_ymd_opt(2026, 4, 3).expect("a date");
const NEXT_MONTH: NaiveDate = NaiveDate::from_ymd_opt(2026, 5, 3).expect("a date");

/// Samples of `kind`: the first is an ordinary one, the others are extreme cases.
pub fn samples(kind: Kind) -> Vec<Content> {
    match kind {
        Kind::Renewed => each(&[3, 1, 362], |count| {
            Content::Renewed(Receipt { numbers: list(count, charged), balance: eur(17_500_000) })
        }),
        Kind::RenewalAhead => {
            let ahead = |count, missing, by_card| {
                let numbers = list(count, upcoming);
                Content::RenewalAhead(Ahead { numbers, balance: eur(1_000_000), missing, by_card })
            };
            vec![
                ahead(3, Some(eur(2_750_000)), false),
                ahead(1, None, false),
                ahead(362, Some(eur(451_500_000)), true),
            ]
        }
        Kind::LowBalance => {
            vec![Content::LowBalance(LowBalance {
                balance: eur(3_750_000),
                threshold: eur(5_000_000),
            })]
        }
        Kind::ReloadCaptured => each(&[1, 3], |count| {
            let reloads = vec![eur(20_000_000); count];
            let total = eur(20_000_000 * i64::try_from(count).unwrap_or_default());
            Content::ReloadCaptured(Captured { reloads, total, balance: eur(24_000_000) })
        }),
        Kind::ReloadDeclined => each(&[2, 1, 0], |left| {
            Content::ReloadDeclined(Declined {
                amount: eur(20_000_000),
                reason: "Your card has insufficient funds.".to_owned(),
                balance: eur(750_000),
                tries_left: u32::try_from(left).unwrap_or_default(),
            })
        }),
        Kind::AutoReloadSwitchedOff => vec![Content::AutoReloadSwitchedOff(SwitchedOff {
            amount: eur(20_000_000),
            reason: "Your card has expired.".to_owned(),
            declines: 3,
            balance: eur(750_000),
        })],
        Kind::PastDue => each(&[2, 1, 362], |count| {
            let (numbers, balance, by_card) = (list(count, unpaid), eur(750_000), count == 1);
            Content::PastDue(PastDue { numbers, balance, missing: eur(1_750_000), by_card })
        }),
        Kind::Released => {
            let released = |count, buy_back_until, is_shared| {
                let freed = |number, price| Freed { number, price, buy_back_until, is_shared };
                let (numbers, balance) = (list(count, freed), eur(750_000));
                Content::Released(Released { numbers, balance })
            };
            let until = Some(days_after(ON, 89));
            vec![
                released(2, until, false),
                released(1, None, false),
                released(362, until, false),
                released(1, None, true),
            ]
        }
        // The last one is a cancelled change.
        Kind::PriceChange => each(&[3, 1, 362, 0], |count| {
            let numbers = list(count, repriced);
            let total_now = eur(1_000_000 * i64::try_from(count).unwrap_or_default());
            Content::PriceChange(PriceChange { numbers, total_now })
        }),
        Kind::Correction => each(&[2, 1, 362, 0], |count| {
            let restored = vec!["447700900007".to_owned(); usize::from(count != 1)];
            let lost = vec!["447700900008".to_owned(); usize::from(count == 362)];
            let (reversed, balance) = (list(count, charged), eur(17_500_000));
            Content::Correction(Correction { run_on: ON, reversed, restored, lost, balance })
        }),
        Kind::Report => vec![report(false), report(true), report_of_clock_guard()],
        Kind::RunFailed => vec![Content::RunFailed(RunFailed {
            reason: "today is 2026-04-02 by the clock, and 2026-04-03 has been run already"
                .to_owned(),
            remedies: vec!["check the machine's clock and `billing.time_zone`".to_owned()],
        })],
    }
}

fn eur(micros: i64) -> Money {
    Money::from_micros(micros, Currency::EUR)
}

fn each(counts: &[usize], sample: impl Fn(usize) -> Content) -> Vec<Content> {
    counts.iter().map(|count| sample(*count)).collect()
}

/// `count` numbers of a range that is reserved for fiction.
fn list<T>(count: usize, item: impl Fn(String, Money) -> T) -> Listing<T> {
    let mut numbers = Listing::empty(eur(0));
    for msisdn in (447_700_900_000_u64..).take(count) {
        let price = eur(1_250_000);
        // The sum of these small amounts does not overflow.
        let _ = numbers.push(item(msisdn.to_string(), price), price);
    }
    numbers
}

fn charged(number: String, price: Money) -> Charged {
    Charged { number, start: ON, end: NEXT_MONTH, price }
}

fn upcoming(number: String, price: Money) -> Upcoming {
    Upcoming { number, on: days_after(ON, 3), price }
}

fn unpaid(number: String, price: Money) -> Unpaid {
    Unpaid { number, due_on: ON, price, kept_until: days_after(ON, 5) }
}

fn repriced(number: String, price: Money) -> Repriced {
    Repriced { number, on: NEXT_MONTH, now: eur(1_000_000), price }
}

/// A report of a run that the clock guard holds.
fn report_of_clock_guard() -> Content {
    let Content::Report(report) = report(false) else { return report(false) };
    let fault = "2099-01-01 is 26694 days after the latest run or transfer, 2025-11-30";
    Content::Report(Box::new(Report {
        status: "held".to_owned(),
        accounts: 0,
        renewed: 0,
        amounts: Vec::new(),
        past_due: 0,
        released: 0,
        returned: 0,
        reloads: ReportReloads { captured: 0, declined: 0, in_doubt: 0 },
        clock_fault: Some(fault.to_owned()),
        ..*report
    }))
}

/// A report of a run without problems, or of a held run with all of them.
fn report(is_held: bool) -> Content {
    let odd = |count: u64| if is_held { count } else { 0 };
    let unbilled = is_held.then(|| Unbilled {
        account: "1f3a90c2".to_owned(),
        reason: "the account's rows cannot be read".to_owned(),
    });
    let days = (0..30).rev().map(|back: u32| {
        let renewed = u64::from(back * 37 % 60 + 57);
        let was_run = !is_held || back != 12;
        Day { on: days_before(ON, back), was_run, renewed, released: u64::from(back % 7 == 3) * 4 }
    });
    Content::Report(Box::new(Report {
        status: if is_held { "held" } else { "complete" }.to_owned(),
        accounts: 21,
        renewed: 57,
        amounts: vec![eur(71_250_000)],
        past_due: 2,
        released: 1,
        held_back: odd(48),
        returned: 3,
        reloads: ReportReloads { captured: 4, declined: 1, in_doubt: odd(2) },
        unbilled_count: odd(1),
        unbilled: Vec::from_iter(unbilled),
        oldest_unbilled: is_held.then(|| days_before(ON, 2)),
        failed_notices: odd(5),
        missed_days: odd(2),
        days: days.collect(),
        clock_fault: None,
    }))
}
