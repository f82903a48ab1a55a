//! The release guard.

use linerent_testkit::{World, date};

/// Three accounts, two of which cannot pay on 2026-02-28; the guard minds more than one release.
async fn two_of_three_cannot_pay(world: &mut World) {
    world.change_policy(|policy| policy.release.guard.min = 1);
    world.numbers(&["447700900001", "447700900002", "447700900003"], "2.00").await;
    for (key, balance, msisdn) in [
        ("0000000a", "2", "447700900001"),
        ("0000000b", "2", "447700900002"),
        ("0000000c", "10", "447700900003"),
    ] {
        world.account(key, balance).await;
        world.rent(key, msisdn).await;
    }
}

on_both_engines!(too_many_releases_are_held_back_and_an_approval_goes_on, |world| {
    two_of_three_cannot_pay(world).await;
    let held = world.advance("2026-02-28").await.pop().expect("a run on the last day");
    assert_eq!((held.status, held.renewed), ("held", 1));
    assert_eq!((held.past_due, held.released, held.held_back), (2, 0, 2));
    assert_eq!(held.oldest_unbilled, Some(date("2026-02-28")));
    assert_eq!(world.subscriptions("0000000a").await[0].status, "past_due");
    let approved = world.approve("2026-02-28").await;
    assert_eq!((approved.status, approved.released, approved.held_back), ("complete", 2, 0));
    assert_eq!(world.subscriptions("0000000a").await[0].status, "ended");
    let of_the_date = world.run_of("2026-02-28").await;
    assert_eq!((of_the_date.status, of_the_date.accounts), ("complete", 3));
    assert_eq!((of_the_date.renewed, of_the_date.past_due, of_the_date.released), (1, 2, 2));
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_later_healthy_run_goes_on, |world| {
    two_of_three_cannot_pay(world).await;
    world.advance("2026-02-28").await;
    world.top_up("0000000a", "5", "INV-1").await;
    let healthy = world.advance("2026-03-01").await.remove(0);
    assert_eq!((healthy.status, healthy.released, healthy.held_back), ("complete", 1, 0));
    assert_eq!(world.subscriptions("0000000a").await[0].status, "active");
    assert_eq!(world.subscriptions("0000000b").await[0].status, "ended");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_later_run_that_is_no_healthier_holds_back_again, |world| {
    two_of_three_cannot_pay(world).await;
    world.advance("2026-02-28").await;
    let held = world.advance("2026-03-01").await.remove(0);
    assert_eq!((held.status, held.past_due, held.held_back), ("held", 0, 2));
    let program = world.linerent(&["run", "approve", "2026-02-28"]);
    assert_eq!(program.status.code(), Some(1), "a later run came after it");
});

on_both_engines!(only_a_held_run_can_be_approved, |world| {
    world.advance("2026-02-01").await;
    assert_eq!(world.linerent(&["run", "approve", "2026-02-01"]).status.code(), Some(1));
    assert_eq!(world.linerent(&["run", "approve", "2026-02-02"]).status.code(), Some(1));
});

on_both_engines!(what_was_released_before_on_the_same_date_counts, |world| {
    two_of_three_cannot_pay(world).await;
    world.top_up("0000000b", "2", "INV-1").await;
    let first = world.advance("2026-02-28").await.pop().expect("a run on the last day");
    assert_eq!((first.status, first.released), ("complete", 1));
    // A second release on the same date would be one too many.
    world
        .execute_sql(
            "UPDATE subscriptions
         SET periods_charged = 1, next_renewal_on = '2026-02-28'
         WHERE account_id = 11",
        )
        .await;
    world.execute_sql("UPDATE accounts SET balance = 0 WHERE account_id = 11").await;
    let second = world.run().await;
    assert_eq!((second.status, second.released, second.held_back), ("held", 0, 1));
});
