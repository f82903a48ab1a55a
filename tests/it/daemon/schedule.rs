//! When runs are due, under a simulated clock: whatever the zone does to its clocks, and whatever the
//! moments at which the daemon dies, sleeps and starts again.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use linerent::calendar::date_at;
use linerent::schedule::{LastRun, Schedule};
use linerent_testkit::seeded_rng::SeededRng;

/// Five years of each, with every change of clocks in them. Samoa had no 30 December 2011; Lord Howe
/// changes by half an hour; Morocco changes around Ramadan.
const ZONES: [(Tz, &str); 5] = [
    (Tz::Europe__London, "2024-01-01T00:00:00Z"),
    (Tz::America__New_York, "2024-01-01T00:00:00Z"),
    (Tz::Australia__Lord_Howe, "2024-01-01T00:00:00Z"),
    (Tz::Africa__Casablanca, "2024-01-01T00:00:00Z"),
    (Tz::Pacific__Apia, "2009-01-01T00:00:00Z"),
];
const FIVE_YEARS: TimeDelta = TimeDelta::days(5 * 365 + 1);

/// A daemon's life: what it finds in the database survives it.
struct Life {
    schedule: Schedule,
    chance: SeededRng,
    now: DateTime<Utc>,
    last: Option<LastRun>,
    /// The dates of the runs that ended, in the order of their ends.
    ended: Vec<NaiveDate>,
    /// The longest time for which it is down, in minutes.
    down_max: u64,
    crashes_in_a_row: u32,
}

impl Life {
    fn begin(zone: Tz, run_at: &str, begins_at: &str, down_max: u64) -> Self {
        let chance = SeededRng::new(&format!("{zone}, {run_at}, {down_max}"));
        let run_at: NaiveTime = run_at.parse().expect("a time");
        Self {
            schedule: Schedule { run_at, zone },
            chance,
            now: begins_at.parse().expect("an instant"),
            last: None,
            ended: Vec::new(),
            down_max,
            crashes_in_a_row: 0,
        }
    }

    /// One look at the clock, what comes of it, and the time until the next look.
    fn tick(&mut self) {
        if let Some(due) = self.schedule.due(self.now, self.last) {
            assert!(due.since <= self.now, "{due:?} at {}", self.now);
            let resumes = self.last == Some(LastRun { on: due.on, has_ended: false });
            let is_new = self.last.is_none_or(|last| last.on < due.on);
            assert!(resumes || is_new, "{due:?} after {:?}", self.last);
            self.run(due.on);
        }
        let pause = match self.chance.once_in(40) {
            true => self.chance.below(self.down_max),
            false => 1 + self.chance.below(30),
        };
        self.pass(pause);
    }

    /// A run takes its time, and it may be cut off.
    fn run(&mut self, on: NaiveDate) {
        let minutes = self.chance.below(90);
        self.pass(minutes);
        let is_cut_off = self.crashes_in_a_row < 2 && self.chance.once_in(4);
        self.last = Some(LastRun { on, has_ended: !is_cut_off });
        if is_cut_off {
            self.crashes_in_a_row += 1;
            let minutes = self.chance.below(self.down_max);
            self.pass(minutes);
        } else {
            self.crashes_in_a_row = 0;
            self.ended.push(on);
        }
    }

    fn pass(&mut self, minutes: u64) {
        self.now += TimeDelta::minutes(i64::try_from(minutes).expect("a few days"));
    }

    fn today(&self) -> NaiveDate {
        date_at(self.now, self.schedule.zone)
    }
}

/// The civil dates of a zone from one instant to another, in order: those that existed.
fn dates(zone: Tz, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<NaiveDate> {
    let last = until - TimeDelta::minutes(15);
    // A date that exists lasts for 23 hours at least, so none falls between two of these instants.
    let steps = (last - from).num_hours() / 6;
    let instants = (0..=steps).map(|step| from + TimeDelta::hours(step * 6)).chain([last]);
    let mut dates: Vec<_> = instants.map(|at| date_at(at, zone)).collect();
    dates.dedup();
    dates
}

#[test]
fn each_civil_date_has_exactly_one_run_whatever_the_moments_of_restart() {
    for (zone, begins_at) in ZONES {
        for run_at in ["00:00:00", "02:30:00", "12:00:00"] {
            let mut life = Life::begin(zone, run_at, begins_at, 180);
            let begins_at = life.now;
            while life.now < begins_at + FIVE_YEARS {
                life.tick();
            }
            let mut all = dates(zone, begins_at, life.now);
            // The first date may have begun after its time, the last one may not have had it yet.
            all.retain(|date| (life.ended[0]..*life.ended.last().expect("runs")).contains(date));
            let ended = &life.ended[..life.ended.len() - 1];
            assert_eq!(ended, all, "{zone} at {run_at}");
            assert!(ended.len() > 1_820, "{} runs in {zone} at {run_at}", ended.len());
        }
    }
}

#[test]
fn what_was_missed_for_days_is_made_up_for_at_once() {
    for (zone, begins_at) in ZONES {
        for run_at in ["02:30:00", "23:45:00"] {
            let mut life = Life::begin(zone, run_at, begins_at, 5 * 24 * 60);
            let ends_at = life.now + FIVE_YEARS;
            while life.now < ends_at {
                life.tick();
                let last = life.last;
                if let Some(LastRun { has_ended: true, on }) = last
                    && life.schedule.due(life.now, last).is_none()
                {
                    // Of the dates whose time has come, the newest was run, or is not long gone.
                    let missed = dates(zone, life.now - TimeDelta::days(4), life.now);
                    let missed = missed.iter().filter(|date| **date > on).count();
                    assert!(missed <= 1, "{missed} dates went by since {on} at {}", life.now);
                }
            }
            assert!(life.ended.is_sorted_by(|one, next| one < next), "{zone} at {run_at}");
            assert!(life.ended.len() > 400, "{} runs in {zone}", life.ended.len());
            assert!(life.ended.iter().all(|date| *date <= life.today()));
        }
    }
}

fn due_at(zone: Tz, run_at: &str, now: &str, last: Option<(&str, bool)>) -> Option<String> {
    let schedule = Schedule { run_at: run_at.parse().expect("a time"), zone };
    let last = last.map(|(on, has_ended)| LastRun { on: linerent_testkit::date(on), has_ended });
    let due = schedule.due(now.parse().expect("an instant"), last)?;
    Some(format!("{} since {}", due.on, due.since.format("%m-%d %H:%M")))
}

#[test]
fn a_time_that_is_skipped_comes_with_the_end_of_the_gap() {
    let at = |now| due_at(Tz::Europe__London, "01:30:00", now, Some(("2026-03-28", true)));
    assert_eq!(at("2026-03-29T00:59:00Z"), None);
    assert_eq!(at("2026-03-29T01:00:00Z").as_deref(), Some("2026-03-29 since 03-29 01:00"));
}

#[test]
fn a_time_that_is_repeated_comes_once() {
    let at = |now, last| due_at(Tz::Europe__London, "01:30:00", now, Some((last, true)));
    assert_eq!(at("2026-10-25T00:29:00Z", "2026-10-24"), None);
    let due = at("2026-10-25T00:30:00Z", "2026-10-24");
    assert_eq!(due.as_deref(), Some("2026-10-25 since 10-25 00:30"));
    assert_eq!(at("2026-10-25T01:30:00Z", "2026-10-25"), None);
}

#[test]
fn a_date_that_never_was_has_no_run() {
    // On 29 December 2011, at midnight, Samoa went on to 31 December.
    let at = |now, last| due_at(Tz::Pacific__Apia, "02:30:00", now, Some((last, true)));
    assert_eq!(at("2011-12-30T09:59:00Z", "2011-12-29"), None, "the last minute of the 29th");
    assert_eq!(at("2011-12-30T10:00:00Z", "2011-12-29"), None, "the 31st, and too early");
    let due = at("2011-12-30T12:30:00Z", "2011-12-29");
    assert_eq!(due.as_deref(), Some("2011-12-31 since 12-30 12:30"));
}

#[test]
fn a_run_that_was_cut_off_at_midnight_ends_under_its_own_date() {
    let at = |now, last| due_at(Tz::UTC, "23:30:00", now, Some(last));
    let cut_off = ("2026-05-01", false);
    let due = at("2026-05-02T00:10:00Z", cut_off);
    assert_eq!(due.as_deref(), Some("2026-05-01 since 05-01 23:30"));
    let due = at("2026-05-02T23:30:00Z", cut_off);
    assert_eq!(due.as_deref(), Some("2026-05-02 since 05-01 23:30"), "it is too late for it");
    let due = at("2026-05-09T23:40:00Z", ("2026-04-30", true));
    assert_eq!(
        due.as_deref(),
        Some("2026-05-09 since 05-01 23:30"),
        "and it was due all the while"
    );
    let due = at("2026-05-02T00:10:00Z", ("2026-04-30", true));
    assert_eq!(due.as_deref(), Some("2026-05-02 since 05-01 23:30"), "the 1st was missed");
    assert_eq!(at("2026-05-02T00:10:00Z", ("2026-05-01", true)), None);
}

#[test]
fn a_fresh_database_has_missed_nothing() {
    assert_eq!(due_at(Tz::UTC, "23:30:00", "2026-05-02T00:10:00Z", None), None);
}

#[test]
fn the_next_run_is_foretold() {
    let schedule =
        Schedule { run_at: "02:30:00".parse().expect("a time"), zone: Tz::Pacific__Apia };
    let next = |now: &str| schedule.next_after(now.parse().expect("an instant")).to_rfc3339();
    assert_eq!(next("2011-12-29T12:29:00Z"), "2011-12-29T12:30:00+00:00");
    assert_eq!(next("2011-12-29T12:30:00Z"), "2011-12-30T12:30:00+00:00", "the 31st");
}
