//! When the day's run is due. Pure: the time and what was run are told, and whoever asks late, twice
//! or not at all for a while gets the right answer.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::calendar::{LAST_DAY, date_at, instant_of};
use crate::clock::Moment;

/// When runs are due: once for each civil date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// By the wall clock, on each date.
    pub run_at: NaiveTime,
    /// Whose wall clock, and whose dates.
    pub zone: Tz,
}

/// The run of the latest date that there was one for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastRun {
    /// Its billing date.
    pub on: NaiveDate,
    /// Whether it came to its end.
    pub has_ended: bool,
}

/// A run that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Its billing date.
    pub on: NaiveDate,
    /// Since when it, or the first one before it that was missed, has been due.
    pub since: DateTime<Utc>,
}

impl Schedule {
    /// The run that is due at `now`, if one is.
    ///
    /// That is today's once its time has come, unless it has ended. Where the previous day went by
    /// without a run, it is made up for at once, not only when today's time comes: by today's run, which
    /// charges what both days owe. A run of that day that was cut off comes to its end first, under its
    /// own date.
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

    /// When the next run is due after `now`, supposing that none is due now.
    pub fn next_after(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let mut date = date_at(now, self.zone);
        while self.wakes_at(date) <= now
            && let Some(next) = date.succ_opt()
        {
            date = self.first_from(next);
        }
        self.wakes_at(date)
    }

    /// The moments at which the runs of `first` and of the dates after it are due; a date that a zone
    /// skips has none.
    pub fn moments_from(self, first: NaiveDate) -> impl Iterator<Item = Moment> {
        let after = move |date: &NaiveDate| {
            date.succ_opt().map(|next| self.first_from(next)).filter(|next| *next <= LAST_DAY)
        };
        std::iter::successors(Some(self.first_from(first)), after)
            .map(move |on| Moment { at: self.wakes_at(on), on })
    }

    /// Since when there has been no run that ended; unknown where there never was one.
    fn missing_since(self, last: Option<LastRun>) -> Option<DateTime<Utc>> {
        let LastRun { on, has_ended } = last?;
        let first = if has_ended { self.first_from(on.succ_opt()?) } else { on };
        Some(self.wakes_at(first))
    }

    /// `date`, or the first one after it that existed: a zone may skip one, which then has no run.
    fn first_from(self, mut date: NaiveDate) -> NaiveDate {
        while date_at(self.wakes_at(date), self.zone) != date
            && let Some(next) = date.succ_opt()
        {
            date = next;
        }
        date
    }

    /// The first instant of `date` at which its run is due.
    fn wakes_at(self, date: NaiveDate) -> DateTime<Utc> {
        instant_of(date, self.run_at, self.zone)
    }

    /// The civil date before `date`: one that existed.
    fn date_before(self, date: NaiveDate) -> NaiveDate {
        let midnight = instant_of(date, NaiveTime::MIN, self.zone);
        date_at(midnight - TimeDelta::seconds(1), self.zone)
    }
}
