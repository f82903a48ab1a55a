//! The clock guard: at a date that may be wrong, nothing is charged or released.

use linerent::operations::reload;
use linerent::operations::run::{self, Watch};
use linerent::operations::{Error, Refusal};
use linerent::reload::OpenReloads;
use linerent_testkit::World;
use linerent_testkit::world::{date, id, number, said};

/// One account whose number costs 2.00 a month, with a card that always pays, and one without a card.
async fn two_accounts(world: &World) {
    world.numbers(&["447700900001", "447700900002"], "2.00").await;
    world.account("0000000a", "10").await;
    world.auto_reload("0000000a", "5", "20", "pm_card_visa").await;
    world.rent("0000000a", "447700900001").await;
    world.account("0000000b", "498.75").await;
    world.rent("0000000b", "447700900002").await;
}

on_both_engines!(a_clock_that_is_decades_ahead_charges_nothing, |world| {
    two_accounts(world).await;
    world.change_policy(|policy| policy.notices.has_operator = true);
    let clock = world.make_production_at("2099-01-01T06:00:00Z").await;
    let before = world.dump().await;
    for notices in [1, 0] {
        let held = world.run().await;
        assert_eq!((held.status, held.held_by), ("held", Some("clock")));
        assert_eq!((held.renewed, held.released, held.reloads.requested), (0, 0, 0));
        assert_eq!(held.notices, notices, "the operator is notified once");
    }
    assert_eq!(world.dry_run().await.held_by, Some("clock"));
    assert_eq!(world.dump().await, before);
    let held = world.run_of("2099-01-01").await;
    assert_eq!((held.status, held.held_by), ("held", Some("clock")));

    // With the right clock there is nothing to mend.
    clock.set("2026-02-28T06:00:00Z".parse().expect("an instant"));
    let approved = run::approve(&world.app, date("2099-01-01"), &Watch::default()).await;
    let refused = approved.expect_err("a date that has not come");
    assert!(matches!(refused, Error::Refused(Refusal::RunInFuture { .. })), "{refused:?}");
    let healthy = world.run().await;
    assert_eq!((healthy.status, healthy.renewed), ("complete", 2));
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(an_approved_run_charges_what_it_showed_first, |world| {
    two_accounts(world).await;
    let clock = world.make_production_at("2026-06-30T06:00:00Z").await;
    assert_eq!(world.run().await.held_by, Some("clock"));
    let preview = run::preview_approval(&world.app, date("2026-06-30"), &Watch::default()).await;
    // Five months each, of which 8.00 pay four for the first account before its card is asked.
    let preview = preview.expect("a preview").counts;
    assert_eq!((preview.renewed, preview.reloads.requested), (9, 1));
    assert_eq!(world.run().await.held_by, Some("clock"), "a preview approves nothing");
    let approved = world.approve("2026-06-30").await;
    assert_eq!((approved.status, approved.renewed), ("complete", 10));
    assert_eq!(world.balance("0000000b").await, "486.75");
    assert_eq!(world.disagreements().await, []);
    clock.set("2026-07-01T06:00:00Z".parse().expect("an instant"));
    assert_eq!(world.run().await.status, "complete");
});

on_both_engines!(a_daemon_that_was_down_for_ten_weeks_catches_up_by_itself, |world| {
    two_accounts(world).await;
    world.make_production_at("2026-04-11T06:00:00Z").await;
    let run = world.run().await;
    assert_eq!((run.status, run.renewed), ("complete", 4));
});

on_both_engines!(a_held_date_is_run_once_it_comes, |world| {
    two_accounts(world).await;
    let clock = world.make_production_at("2026-06-30T06:00:00Z").await;
    assert_eq!(world.run().await.held_by, Some("clock"));
    for (day, renewed) in [("2026-03-31", 4), ("2026-06-30", 6)] {
        clock.set(format!("{day}T06:00:00Z").parse().expect("an instant"));
        let run = world.run().await;
        assert_eq!((run.status, run.renewed), ("complete", renewed), "{day}");
    }
});

on_both_engines!(transfers_show_that_the_date_is_right, |world| {
    two_accounts(world).await;
    world.execute_sql("UPDATE installation SET sandbox_on = '2026-05-01'").await;
    world.app.kind = linerent::installation::InstallationKind::Sandbox { on: date("2026-05-01") };
    world.top_up("0000000a", "1", "INV-1").await;
    world.make_production_at("2026-06-30T06:00:00Z").await;
    assert_eq!(world.run().await.status, "complete");
});

on_both_engines!(nothing_is_booked_at_a_date_that_may_be_wrong, |world| {
    use linerent::operations::accounts::{book, close, refund};
    use linerent::operations::rentals::cancel::{self, CancelAt};
    two_accounts(world).await;
    world.numbers(&["447700900003"], "2.00").await;
    world.make_production_at("2099-01-01T06:00:00Z").await;
    let before = world.dump().await;
    let app = &world.app;
    let five = || "5".parse().expect("an amount");
    let a = id("0000000a");
    let rented = number("447700900001");
    let refused: [Error; 6] = [
        book::top_up(app, a, five(), "INV-1").await.map(drop).expect_err("a top-up"),
        book::adjust(app, a, five(), "why", "INV-2").await.map(drop).expect_err("a correction"),
        refund::refund(app, a, Some(five()), "INV-3", None).await.map(drop).expect_err("a refund"),
        cancel::cancel(app, &rented, None, CancelAt::Once).await.map(drop).expect_err("an end"),
        close::close(app, a, linerent::billing::close_account::EndRentals::Yes)
            .await
            .map(drop)
            .expect_err("a closing"),
        reload::check(app, &Watch::default(), OpenReloads::All)
            .await
            .map(drop)
            .expect_err("a check"),
    ];
    for error in refused {
        assert!(matches!(error, Error::Refused(Refusal::ClockWrong { .. })), "{error:?}");
    }
    let rented = world.try_to_rent("0000000a", "447700900003").await.expect_err("a rental");
    assert!(said(rented).starts_with("the clock may be wrong: 2099-01-01 is 26633 days after"));
    assert_eq!(world.dump().await, before);
});
