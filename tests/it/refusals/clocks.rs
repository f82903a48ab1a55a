//! Dates: of the sandbox, of production, of runs, and those that are none.

use super::{done, refused};

on_both_engines!(a_sandbox_does_not_go_back, |world| {
    let answers = refused(
        world,
        &[
            &["sandbox", "advance", "--to", "2026-01-30"],
            &["sandbox", "advance", "--to", "2026-01-30", "--without-runs"],
            &["init", "--sandbox", "--on", "2026-01-30"],
            &["init", "--sandbox", "--on", "2026-02-01"],
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ sandbox advance --to 2026-01-30
    error: 2026-01-30 is before the sandbox's date, 2026-01-31
    hint: `linerent --database URL init --sandbox --on DATE` makes another that begins earlier
    exit 1
    $ sandbox advance --to 2026-01-30 --without-runs
    error: 2026-01-30 is before the sandbox's date, 2026-01-31
    hint: `linerent --database URL init --sandbox --on DATE` makes another that begins earlier
    exit 1
    $ init --sandbox --on 2026-01-30
    error: the sandbox exists; its date is 2026-01-31
    hint: `linerent sandbox advance --to DATE` moves its clock on
    exit 1
    $ init --sandbox --on 2026-02-01
    error: the sandbox exists; its date is 2026-01-31
    hint: `linerent sandbox advance --to DATE` moves its clock on
    exit 1
    ");
    done(world, &["init", "--sandbox", "--on", "2026-01-31"]);
    done(world, &["sandbox", "advance", "--to", "2026-01-31"]);
});

on_both_engines!(production_does_not_become_a_sandbox, |world| {
    world.execute_sql("UPDATE installation SET kind = 'production', sandbox_on = NULL").await;
    let answers = refused(
        world,
        &[
            &["sandbox", "advance", "--to", "2030-01-01"],
            &["init", "--sandbox"],
            &["init", "--sandbox", "--on", "2026-01-31"],
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ sandbox advance --to 2030-01-01
    error: this is a production database, its clock is the machine's
    hint: `linerent --database URL init --sandbox` makes a sandbox of its own
    exit 1
    $ init --sandbox
    error: this is a production database, it cannot become a sandbox
    hint: name another one with `--database`
    exit 1
    $ init --sandbox --on 2026-01-31
    error: this is a production database, it cannot become a sandbox
    hint: name another one with `--database`
    exit 1
    ");
    assert_eq!(done(world, &["init"]), "the production database is up to date\n");
});

on_both_engines!(what_is_no_date_is_refused, |world| {
    world.account("0000000a", "0").await;
    let answers = refused(
        world,
        &[
            &["sandbox", "advance", "--to", "2026-02-30"],
            &["account", "statement", "0000000a", "--from", "yesterday"],
            &["account", "statement", "0000000a", "--to", "31.01.2026"],
            &["subscription", "list", "--due-by", "2026-02"],
            &["run", "show", ""],
            &["run", "approve", "+12345-01-01"],
            &["init", "--sandbox", "--on", "0000-12-31"],
            &["init", "--on", "2026-01-31"],
        ],
    )
    .await;
    assert_answers!(answers, @r#"
    $ sandbox advance --to 2026-02-30
    error: invalid value '2026-02-30' for '--to <DATE>': not a date; use YYYY-MM-DD
    For more information, try '--help'.
    exit 2
    $ account statement 0000000a --from yesterday
    error: invalid value 'yesterday' for '--from <DATE>': not a date; use YYYY-MM-DD
    For more information, try '--help'.
    exit 2
    $ account statement 0000000a --to 31.01.2026
    error: invalid value '31.01.2026' for '--to <DATE>': not a date; use YYYY-MM-DD
    For more information, try '--help'.
    exit 2
    $ subscription list --due-by 2026-02
    error: invalid value '2026-02' for '--due-by <DATE>': not a date; use YYYY-MM-DD
    For more information, try '--help'.
    exit 2
    $ run show ""
    error: invalid value '' for '<DATE>': not a date; use YYYY-MM-DD
    For more information, try '--help'.
    exit 2
    $ run approve +12345-01-01
    error: invalid value '+12345-01-01' for '<DATE>': not a date; use YYYY-MM-DD
    For more information, try '--help'.
    exit 2
    $ init --sandbox --on 0000-12-31
    error: invalid value '0000-12-31' for '--on <DATE>': not a date; use YYYY-MM-DD
    For more information, try '--help'.
    exit 2
    $ init --on 2026-01-31
    error: the following required arguments were not provided:
      --sandbox
    Usage: linerent init --sandbox --on <DATE>
    For more information, try '--help'.
    exit 2
    "#);
});

on_both_engines!(from_is_not_after_to, |world| {
    world.account("0000000a", "0").await;
    let statement = ["account", "statement", "0000000a"];
    let backwards = [&statement[..], &["--from", "2026-02-01", "--to", "2026-01-31"]].concat();
    assert_answers!(refused(world, &[&backwards]).await, @r"
    $ account statement 0000000a --from 2026-02-01 --to 2026-01-31
    error: the first date 2026-02-01 is after the last date 2026-01-31
    hint: use `--from 2026-01-31 --to 2026-02-01`
    exit 1
    ");
    done(world, &[&statement[..], &["--from", "2026-01-31", "--to", "2026-01-31"]].concat());
});

on_both_engines!(a_day_without_a_run_has_nothing_to_show_or_approve, |world| {
    let answers =
        refused(world, &[&["run", "show", "2026-01-31"], &["run", "approve", "2026-01-31"]]).await;
    assert_answers!(answers, @r"
    $ run show 2026-01-31
    error: there was no run of 2026-01-31
    hint: `linerent run list` shows the latest
    exit 1
    $ run approve 2026-01-31
    error: there was no run of 2026-01-31
    hint: `linerent run list` shows the latest
    exit 1
    ");
});

on_both_engines!(only_a_held_run_is_approved, |world| {
    world.run().await;
    assert_answers!(refused(world, &[&["run", "approve", "2026-01-31"]]).await, @r"
    $ run approve 2026-01-31
    error: the run of 2026-01-31 is complete, not held
    hint: `linerent run list` shows which runs are held
    exit 1
    ");
});

on_both_engines!(a_clock_that_went_back_bills_nothing, |world| {
    world.advance("2026-02-02").await;
    world.execute_sql("UPDATE installation SET sandbox_on = '2026-02-01'").await;
    assert_answers!(refused(world, &[&["run"]]).await, @r"
    $ run
    error: today is 2026-02-01 by the clock, and 2026-02-02 has been run already
    hint: check the machine's clock and `billing.time_zone`
    exit 1
    ");
});
