//! Civil dates of billing: anchors, renewal dates, periods (DESIGN 2.1).
//!
//! A renewal date is always computed from the anchor, never from the previous renewal, so a
//! subscription that February pulled to the 28th is back on the 31st in March.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use thiserror::Error;

/// What fixes the renewal day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// A day of the month, 1 to 30; the month's last day where the month is too short.
    Day(u32),
    /// The last day of every month.
    MonthEnd,
}

/// A date left the range that the calendar can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no renewal date {months} months after {start}: beyond the calendar")]
pub struct BeyondCalendar {
    start: NaiveDate,
    months: u32,
}

impl Anchor {
    /// The anchor of a subscription that starts on `start`.
    pub fn of(start: NaiveDate) -> Self {
        let is_last_day = start.succ_opt().is_none_or(|next| next.day() == 1);
        if is_last_day { Self::MonthEnd } else { Self::Day(start.day()) }
    }
}

/// The `months`-th renewal date of a subscription that started on `start`; the 0th is `start`.
///
/// # Errors
/// [`BeyondCalendar`] where the date cannot be represented.
pub fn renewal_on(start: NaiveDate, months: u32) -> Result<NaiveDate, BeyondCalendar> {
    let beyond = BeyondCalendar { start, months };
    let renewal = renewal_on_any_day(start, months, beyond)?;
    if renewal > LAST_DAY { Err(beyond) } else { Ok(renewal) }
}

fn renewal_on_any_day(
    start: NaiveDate,
    months: u32,
    beyond: BeyondCalendar,
) -> Result<NaiveDate, BeyondCalendar> {
    // Chrono clamps to the month's last day, which is right for `Anchor::Day`.
    let clamped = start.checked_add_months(Months::new(months)).ok_or(beyond)?;
    match Anchor::of(start) {
        Anchor::Day(_) => Ok(clamped),
        Anchor::MonthEnd => {
            let first = clamped.with_day(1).ok_or(beyond)?;
            let next_month = first.checked_add_months(Months::new(1)).ok_or(beyond)?;
            next_month.pred_opt().ok_or(beyond)
        }
    }
}

/// The days that one payment covers: `start` included, `end` not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// First day.
    pub start: NaiveDate,
    /// First day after it.
    pub end: NaiveDate,
}

impl Period {
    /// The `index`-th period of a subscription that started on `started_on`; the 0th is the one
    /// that renting pays for.
    ///
    /// # Errors
    /// [`BeyondCalendar`] where its end cannot be represented.
    pub fn of(started_on: NaiveDate, index: u32) -> Result<Self, BeyondCalendar> {
        let after =
            index.checked_add(1).ok_or(BeyondCalendar { start: started_on, months: index })?;
        Ok(Self { start: renewal_on(started_on, index)?, end: renewal_on(started_on, after)? })
    }
}

/// The last day that is written with a year of four digits, as every database does.
pub const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a date");

/// `date` moved on by `days`, to [`LAST_DAY`] at most.
pub fn days_after(date: NaiveDate, days: u32) -> NaiveDate {
    date.checked_add_days(Days::new(u64::from(days))).map_or(LAST_DAY, |day| day.min(LAST_DAY))
}

/// `date` moved back by `days`, as far as the calendar goes.
pub fn days_before(date: NaiveDate, days: u32) -> NaiveDate {
    date.checked_sub_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MIN)
}

/// The civil date at the instant `at` in the billing time zone.
pub fn date_at(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// The first instant of `date` at which the wall clock in `zone` shows `time` or later.
///
/// A time that daylight saving skips is the instant after the gap; one that it repeats is the
/// earlier of the two; a date that the zone skipped altogether is its first instant afterwards.
pub fn instant_of(date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let wanted = date.and_time(time);
    // Gaps are an hour as a rule, half an hour on Lord Howe, a whole day on Samoa once.
    let minutes = 0..=(26 * 60);
    minutes
        .filter_map(|ahead| {
            let local = wanted.checked_add_signed(chrono::TimeDelta::minutes(ahead))?;
            zone.from_local_datetime(&local).earliest()
        })
        .next()
        .map_or_else(|| wanted.and_utc(), |at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn every_golden_renewal_date_holds() {
        let golden = include_str!("../tests/it/golden/renewal_dates.csv");
        let mut rows = csv::Reader::from_reader(golden.as_bytes());
        let mut checked = 0;
        for row in rows.deserialize() {
            let (rented_on, months, renews_on): (NaiveDate, u32, NaiveDate) = row.expect("a row");
            assert_eq!(renewal_on(rented_on, months), Ok(renews_on), "{rented_on} + {months}");
            checked += 1;
        }
        assert!(checked > 6_000, "only {checked} rows were read");
    }

    #[test]
    fn rented_on_a_month_end_renews_on_month_ends() {
        let dates: Vec<_> =
            (1..=3).map(|k| renewal_on(date("2015-02-28"), k).expect("in range")).collect();
        assert_eq!(dates, [date("2015-03-31"), date("2015-04-30"), date("2015-05-31")]);
    }

    #[test]
    fn the_thirtieth_comes_back_after_february() {
        let dates: Vec<_> =
            (1..=2).map(|k| renewal_on(date("2023-01-30"), k).expect("in range")).collect();
        assert_eq!(dates, [date("2023-02-28"), date("2023-03-30")]);
    }

    #[test]
    fn a_wake_time_that_summer_time_skips_is_the_instant_after_the_gap() {
        let half_past_one = NaiveTime::from_hms_opt(1, 30, 0).expect("a time");
        let at = instant_of(date("2026-03-29"), half_past_one, chrono_tz::Europe::London);
        assert_eq!(at.to_rfc3339(), "2026-03-29T01:00:00+00:00");
    }

    #[test]
    fn a_wake_time_that_winter_time_repeats_is_the_earlier_one() {
        let half_past_one = NaiveTime::from_hms_opt(1, 30, 0).expect("a time");
        let at = instant_of(date("2026-10-25"), half_past_one, chrono_tz::Europe::London);
        assert_eq!(at.to_rfc3339(), "2026-10-25T00:30:00+00:00");
    }

    #[test]
    fn a_date_that_samoa_skipped_is_its_first_instant_afterwards() {
        let at = instant_of(date("2011-12-30"), NaiveTime::MIN, chrono_tz::Pacific::Apia);
        assert_eq!(date_at(at, chrono_tz::Pacific::Apia), date("2011-12-31"));
    }

    proptest! {
        #[test]
        fn periods_are_contiguous_and_one_calendar_month_apart(
            days in 0_u64..60_000, index in 0_u32..240
        ) {
            let start = date("2000-01-01") + Days::new(days);
            let this = Period::of(start, index).expect("in range");
            let next = Period::of(start, index + 1).expect("in range");
            prop_assert_eq!(this.end, next.start);
            let months = |d: NaiveDate| d.year() * 12 + i32::try_from(d.month0()).expect("0 to 11");
            prop_assert_eq!(months(this.end) - months(this.start), 1);
            if Anchor::of(start) == Anchor::MonthEnd {
                prop_assert_eq!(this.end.succ_opt().expect("in range").day(), 1);
            }
        }
    }
}
