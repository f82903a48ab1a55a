//! Refusals about databases, their clocks, runs and notices.

use chrono::NaiveDate;

use super::Explanation;
use crate::notice::NoticeId;
use crate::remedies;
use crate::run::{ClockFault, RunStatus};

pub fn production_cannot_become_sandbox() -> Explanation {
    Explanation::hinted(
        "this is a production database, it cannot become a sandbox",
        "name another one with `--database`",
    )
}

pub fn sandbox_exists(on: NaiveDate) -> Explanation {
    Explanation::hinted(
        format!("the sandbox exists; its date is {on}"),
        "`linerent sandbox advance --to DATE` moves its clock on",
    )
}

pub fn not_a_sandbox() -> Explanation {
    Explanation::hinted(
        "this is a production database, its clock is the machine's",
        "`linerent --database URL init --sandbox` makes a sandbox of its own",
    )
}

pub fn sandbox_clock_in_future(on: NaiveDate, to: NaiveDate) -> Explanation {
    Explanation::hinted(
        format!("{to} is before the sandbox's date, {on}"),
        "`linerent --database URL init --sandbox --on DATE` makes another that begins earlier",
    )
}

pub fn end_of_calendar() -> Explanation {
    Explanation::hinted("the calendar ends here", "use an earlier date")
}

pub fn sandbox_date_out_of_range(on: NaiveDate, first: NaiveDate, last: NaiveDate) -> Explanation {
    Explanation::hinted(
        format!("a sandbox cannot have the date {on}"),
        format!("use a date from {first} to {last}"),
    )
}

pub fn clock_went_back(today: NaiveDate, latest: NaiveDate) -> Explanation {
    Explanation::hinted(
        format!("today is {today} by the clock, and {latest} has been run already"),
        "check the machine's clock and `billing.time_zone`",
    )
}

pub fn clock_wrong(fault: ClockFault) -> Explanation {
    Explanation::hinted(format!("the clock may be wrong: {fault}"), remedies::clock_wrong())
}

pub fn run_being_undone(date: NaiveDate) -> Explanation {
    Explanation::hinted(format!("the run of {date} is being undone"), remedies::being_undone(date))
}

pub fn run_in_future(date: NaiveDate, today: NaiveDate) -> Explanation {
    Explanation::hinted(
        format!("the run of {date} was held by a clock that was ahead; today is {today}"),
        "nothing has to be done about it: the run of that date begins on that date",
    )
}

pub fn run_not_latest(date: NaiveDate, latest: NaiveDate) -> Explanation {
    Explanation::hinted(
        format!("the run of {latest} came after that of {date}, and only the latest can be undone"),
        format!("`linerent run undo {latest}` first"),
    )
}

pub fn run_not_found(date: NaiveDate) -> Explanation {
    Explanation::hinted(
        format!("there was no run of {date}"),
        "`linerent run list` shows the latest",
    )
}

pub fn run_not_held(date: NaiveDate, status: RunStatus) -> Explanation {
    Explanation::hinted(
        format!("the run of {date} is {}, not held", status.as_str()),
        "`linerent run list` shows which runs are held",
    )
}

pub fn run_superseded(date: NaiveDate, latest: NaiveDate) -> Explanation {
    Explanation::hinted(
        format!("the run of {latest} came after that of {date}"),
        format!(
            "it holds the same releases back, if they still are: `linerent run approve {latest}`"
        ),
    )
}

pub fn notice_not_found(notice: NoticeId) -> Explanation {
    Explanation::hinted(
        format!("there is no notice {notice}"),
        "`linerent notice list` shows the newest",
    )
}

pub fn notice_sent(notice: NoticeId) -> Explanation {
    Explanation::hinted(
        format!("notice {notice} was sent"),
        format!("`linerent notice show {notice}` shows when, and what the server said"),
    )
}
