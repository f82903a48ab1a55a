//! When the day's run is due. Pure: the time and the last run are parameters, so the answer is right however late or
//! often it is asked for.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::calendar::{LAST_DAY, date_at, instant_of};
use crate::clock::Moment;

/// When runs are due: once per civil date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The time of day in `zone`.
    pub run_at: NaiveTime,
    /// The billing time zone.
    pub zone: Tz,
}

/// The run with the latest date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastRun {
    pub on: NaiveDate,
    pub has_ended: bool,
}

/// A run that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub on: NaiveDate,
    /// The time at which it, or the first run before it that was missed, became due.
    pub since: DateTime<Utc>,
}

impl Schedule {
    /// The run that is due at `now`, if one is.
    ///
    /// Today's run is due from `run_at` on, unless it has ended. If the previous day had no run, today's run is due at
    /// once, because it also charges what was due on that day. If the previous day's run was interrupted, it is due
    /// first, under its own date.
    pub fn due(self, now: DateTime<Utc>, last: Option<LastRun>) -> Option<Due> {
        let today = date_at(now, self.zone);
        let wakes_at = self.wakes_at(today);
        if last.is_some_and(|last| last.on == today && last.has_ended) {
            return None;
        }
        if now >= wakes_at {
            let since = self.missing_since(last).map_or(wakes_at, |since| since.min(wakes_at));
            return Some(Due { on: today, since });
        }
        let yesterday = self.date_before(today);
        match last {
            Some(LastRun { on, has_ended: false }) if on == today => Some(Due { on, since: now }),
            Some(LastRun { on, has_ended: false }) if on == yesterday => {
                Some(Due { on, since: self.wakes_at(on) })
            }
            Some(LastRun { on, .. }) if on < yesterday => {
                let since = self.missing_since(last).unwrap_or(now).min(now);
                Some(Due { on: today, since })
            }
            _ => None,
        }
    }

    /// When the next run is due after `now`, if none is due now.
    pub fn next_after(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let mut date = date_at(now, self.zone);
        while self.wakes_at(date) <= now
            && let Some(next) = date.succ_opt()
        {
            date = self.first_from(next);
        }
        self.wakes_at(date)
    }

    /// The moments at which the runs of `first` and of the dates after it are due. A date that the time zone skips has
    /// no run.
    pub fn moments_from(self, first: NaiveDate) -> impl Iterator<Item = Moment> {
        let after = move |date: &NaiveDate| {
            date.succ_opt().map(|next| self.first_from(next)).filter(|next| *next <= LAST_DAY)
        };
        std::iter::successors(Some(self.first_from(first)), after)
            .map(move |on| Moment { at: self.wakes_at(on), on })
    }

    /// The time since which no run has ended; `None` if there never was a run.
    fn missing_since(self, last: Option<LastRun>) -> Option<DateTime<Utc>> {
        let LastRun { on, has_ended } = last?;
        let first = if has_ended { self.first_from(on.succ_opt()?) } else { on };
        Some(self.wakes_at(first))
    }

    /// `date`, or the first date after it that the time zone does not skip.
    fn first_from(self, mut date: NaiveDate) -> NaiveDate {
        while date_at(self.wakes_at(date), self.zone) != date
            && let Some(next) = date.succ_opt()
        {
            date = next;
        }
        date
    }

    /// The instant at which the run of `date` is due.
    fn wakes_at(self, date: NaiveDate) -> DateTime<Utc> {
        instant_of(date, self.run_at, self.zone)
    }

    /// The date before `date` that the time zone did not skip.
    fn date_before(self, date: NaiveDate) -> NaiveDate {
        let midnight = instant_of(date, NaiveTime::MIN, self.zone);
        date_at(midnight - TimeDelta::seconds(1), self.zone)
    }
}
