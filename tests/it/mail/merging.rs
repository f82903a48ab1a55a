//! What happens later on a date is told by the same mail, as long as nobody has tried to send it.

use linerent_testkit::World;

const KEY: &str = "0000000a";

on_both_engines!(a_mail_that_was_sent_stays_as_it_was_and_the_rest_is_told_by_another, |world| {
    late_payer(world).await;
    world.top_up(KEY, "2", "for the first").await;
    world.deliver().await;
    world.top_up(KEY, "2", "for the second").await;
    assert_eq!(
        world.told(KEY).await,
        ["past_due/2026-02-28", "renewed/2026-02-28", "renewed/2026-02-28/2"]
    );
    for id in ["0000000a/renewed/2026-02-28", "0000000a/renewed/2026-02-28/2"] {
        let letter = world.letter(id).await;
        assert_eq!(letter.matches("+4477").count(), 1, "one number each: {letter}");
    }
});

on_both_engines!(a_mail_that_waits_tells_what_comes_later_too, |world| {
    late_payer(world).await;
    world.top_up(KEY, "2", "for the first").await;
    world.top_up(KEY, "2.50", "for the second").await;
    assert_eq!(world.told(KEY).await, ["past_due/2026-02-28", "renewed/2026-02-28"]);
    let letter = world.letter("0000000a/renewed/2026-02-28").await;
    assert!(letter.contains("+447700900001") && letter.contains("+447700900002"), "{letter}");
    assert!(letter.contains("4.00 EUR") && letter.contains("0.50 EUR"), "{letter}");
});

on_both_engines!(a_mail_that_may_have_arrived_is_not_changed_any_more, |world| {
    late_payer(world).await;
    world.top_up(KEY, "2", "for the first").await;
    world.execute_sql("UPDATE notices SET attempts = 1 WHERE kind = 'renewed'").await;
    world.top_up(KEY, "2", "for the second").await;
    assert_eq!(
        world.told(KEY).await,
        ["past_due/2026-02-28", "renewed/2026-02-28", "renewed/2026-02-28/2"]
    );
});

on_both_engines!(a_mail_that_is_being_sent_is_not_changed_any_more, |world| {
    late_payer(world).await;
    world.top_up(KEY, "2", "for the first").await;
    world
        .execute_sql(
            "UPDATE notices SET claimed_until = '2099-01-01T00:00:00+00:00' WHERE kind = 'renewed'",
        )
        .await;
    world.top_up(KEY, "2", "for the second").await;
    assert_eq!(world.told(KEY).await.len(), 3);
});

on_both_engines!(a_mail_that_cannot_be_read_stops_no_money, |world| {
    late_payer(world).await;
    world.top_up(KEY, "2", "for the first").await;
    world.execute_sql("UPDATE notices SET content = '{}' WHERE kind = 'renewed'").await;
    world.top_up(KEY, "2", "for the second").await;
    assert_eq!(world.balance(KEY).await, "0.00");
    assert_eq!(world.told(KEY).await, ["past_due/2026-02-28", "renewed/2026-02-28/2"]);
});

on_both_engines!(what_is_refused_is_not_told, |world| {
    late_payer(world).await;
    world.try_to_adjust(KEY, "-50", "too much", "x").await.expect_err("an overdraft");
    assert_eq!(world.told(KEY).await, ["past_due/2026-02-28"]);
});

on_both_engines!(the_mails_of_a_run_at_work_wait_until_it_ends, |world| {
    late_payer(world).await;
    world
        .execute_sql(
            "UPDATE runs SET status = 'running';
             UPDATE run_slices
             SET leased_by = 'somebody', leased_until = '2099-01-01T00:00:00+00:00'
             WHERE pass = 'unfunded'",
        )
        .await;
    assert_eq!(world.deliver().await.sent, 0, "more may come to them");
    world.execute_sql("UPDATE run_slices SET leased_until = '2020-01-01T00:00:00+00:00'").await;
    assert_eq!(world.deliver().await.sent, 1, "whoever was at work is gone");
});

/// An account two of whose numbers are past due on 2026-02-28, of which it was told.
async fn late_payer(world: &mut World) {
    world.change_policy(|policy| {
        policy.release.grace_days = 5;
        policy.notices.ahead = linerent::policy::AheadWhen::Never;
    });
    world.numbers(&["447700900001", "447700900002"], "2").await;
    world.account(KEY, "4").await;
    world.rent(KEY, "447700900001").await;
    world.rent(KEY, "447700900002").await;
    world.sleep_until("2026-02-28").await;
    world.run().await;
}
