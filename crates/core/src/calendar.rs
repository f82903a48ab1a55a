//! Billing dates: anchors, renewal dates and periods.
//!
//! A renewal date is always computed from the start date, never from the previous renewal. A subscription
//! that renews on 28 February because February is short renews on 31 March again.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use thiserror::Error;

/// The day of the month on which a subscription renews.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// A day of the month, 1 to 30; in a shorter month, its last day.
    Day(u32),
    /// The last day of every month.
    MonthEnd,
}

/// A renewal date would be after [`LAST_DAY`].
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

/// The date `months` months after `start`, by the anchor of `start`.
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
    // Chrono falls back to the month's last day, as `Anchor::Day` requires.
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

/// The days that one payment covers: from `start` up to, but not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    pub start: NaiveDate,
    pub end: NaiveDate,
}

impl Period {
    /// A period of a subscription that started on `started_on`. Period 0 is paid when the number is rented.
    pub fn of(started_on: NaiveDate, index: u32) -> Result<Self, BeyondCalendar> {
        let after =
            index.checked_add(1).ok_or(BeyondCalendar { start: started_on, months: index })?;
        Ok(Self { start: renewal_on(started_on, index)?, end: renewal_on(started_on, after)? })
    }
}

/// The first day that billing knows.
pub const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a date");

/// The last day with a year of four digits, which is what every database can store.
pub const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a date");

/// `days` after `date`, at most [`LAST_DAY`].
pub fn days_after(date: NaiveDate, days: u32) -> NaiveDate {
    date.checked_add_days(Days::new(u64::from(days))).map_or(LAST_DAY, |day| day.min(LAST_DAY))
}

/// `days` before `date`, at least [`NaiveDate::MIN`].
pub fn days_before(date: NaiveDate, days: u32) -> NaiveDate {
    date.checked_sub_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MIN)
}

/// The date in `zone` at the instant `at`.
pub fn date_at(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// The first instant of `date` at which the local time in `zone` is `time` or later.
///
/// If daylight saving time skips `time`, the result is the instant after the gap; if it repeats `time`, the
/// earlier of the two. If the zone skipped the whole date, the result is the first instant after it.
pub fn instant_of(date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let wanted = date.and_time(time);
    // A gap is usually an hour; half an hour on Lord Howe Island, and once a whole day in Samoa.
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
        let golden = include_str!("../golden/renewal_dates.csv");
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
    fn a_rental_from_a_month_end_renews_on_month_ends() {
        let dates: Vec<_> =
            (1..=3).map(|k| renewal_on(date("2015-02-28"), k).expect("in range")).collect();
        assert_eq!(dates, [date("2015-03-31"), date("2015-04-30"), date("2015-05-31")]);
    }

    #[test]
    fn a_rental_from_the_30th_renews_on_the_30th_again_after_february() {
        let dates: Vec<_> =
            (1..=2).map(|k| renewal_on(date("2023-01-30"), k).expect("in range")).collect();
        assert_eq!(dates, [date("2023-02-28"), date("2023-03-30")]);
    }

    #[test]
    fn a_time_skipped_by_daylight_saving_is_the_instant_after_the_gap() {
        let half_past_one = NaiveTime::from_hms_opt(1, 30, 0).expect("a time");
        let at = instant_of(date("2026-03-29"), half_past_one, chrono_tz::Europe::London);
        assert_eq!(at.to_rfc3339(), "2026-03-29T01:00:00+00:00");
    }

    #[test]
    fn a_time_repeated_by_daylight_saving_is_the_earlier_one() {
        let half_past_one = NaiveTime::from_hms_opt(1, 30, 0).expect("a time");
        let at = instant_of(date("2026-10-25"), half_past_one, chrono_tz::Europe::London);
        assert_eq!(at.to_rfc3339(), "2026-10-25T00:30:00+00:00");
    }

    #[test]
    fn a_date_that_the_zone_skipped_is_the_first_instant_after_it() {
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
