//! Renting by card.

use linerent_testkit::reloads::KEY;
use linerent_testkit::stripe_server::{Fault, StripeServer};

on_both_engines!(a_rental_that_the_balance_does_not_cover_is_paid_by_card, |world| {
    world.number_with_setup("447700900001", "3", "2").await;
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "2", "4", "pm_card_visa").await;
    world.rent(KEY, "447700900001").await;
    assert_eq!(
        world.reloads_in_short(KEY).await,
        "captured 8.00",
        "5 to pay, 2 to be left, 1 there"
    );
    assert_eq!(world.balance(KEY).await, "4.00");
    let codes: Vec<_> = world.statement(KEY).await.iter().map(|line| line.code).collect();
    assert_eq!(codes, ["top-up", "reload", "setup", "rental"]);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_rental_that_the_balance_covers_charges_no_card, |world| {
    world.number_with_setup("447700900001", "3", "2").await;
    world.account(KEY, "5").await;
    world.auto_reload(KEY, "2", "4", "pm_card_visa").await;
    world.rent(KEY, "447700900001").await;
    assert_eq!(world.reloads(KEY).await, []);
});

on_both_engines!(a_declined_card_rents_nothing_and_is_told_why, |world| {
    world.numbers(&["447700900001"], "3").await;
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "2", "4", "pm_card_chargeDeclinedInsufficientFunds").await;
    let refusal = world.rental_refusal(KEY, "447700900001").await;
    insta::allow_duplicates! { insta::assert_snapshot!(refusal, @r"
    the balance does not cover it: 3.00 EUR is needed, 1.00 EUR is available; the card was declined: insufficient_funds: your card has insufficient funds
    hint: top the account up, or see `linerent reload list` and set `linerent account auto-reload` again
    ") }
    assert_eq!(world.number("447700900001").await.status, "available");
    let refusal = world.rental_refusal(KEY, "447700900001").await;
    assert!(refusal.contains("the card was declined a short time ago"), "{refusal}");
    assert_eq!(world.reloads(KEY).await.len(), 1, "and it is not charged again at once");
    assert_eq!(world.show(KEY).await.auto_reload.expect("on").declines, 1);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_card_in_doubt_rents_nothing_until_it_is_known, |world| {
    let stand_in = StripeServer::start().await;
    world.use_stripe(&stand_in);
    world.numbers(&["447700900001"], "3").await;
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "2", "4", "pm_card_visa").await;
    stand_in.faults(&[Fault::CutAfter]);
    let failure = world.try_to_rent(KEY, "447700900001").await.expect_err("nobody knows");
    assert!(!failure.is::<linerent::operations::Refusal>(), "no rule said no: {failure}");
    assert!(failure.to_string().contains("it is not known yet whether the card was charged"));
    assert_eq!(world.number("447700900001").await.status, "available");
    // The next try asks about the same reload first, and then has the money.
    world.rent(KEY, "447700900001").await;
    assert_eq!(stand_in.captured().len(), 1);
    assert_eq!(world.reloads_in_short(KEY).await, "captured 4.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_rental_dearer_than_a_days_reloads_charges_no_card_in_vain, |world| {
    world.change_policy(|policy| policy.auto_reload.multiples_max = 1);
    world.numbers(&["447700900001"], "50").await;
    world.account(KEY, "0").await;
    world.auto_reload(KEY, "2", "4", "pm_card_visa").await;
    let refusal = world.rental_refusal(KEY, "447700900001").await;
    assert!(
        refusal.contains("the reloads that are left today come to 12.00 EUR at most"),
        "{refusal}"
    );
    assert_eq!(world.reloads(KEY).await, []);
    world.top_up(KEY, "40", "INV-1").await;
    world.rent(KEY, "447700900001").await;
    assert_eq!(
        world.reloads_in_short(KEY).await,
        "captured 4.00, captured 4.00, captured 4.00",
        "now they are enough"
    );
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(what_is_past_due_is_paid_before_what_is_new, |world| {
    world.renter("2", "2").await;
    world.numbers(&["447700900002"], "3").await;
    world.auto_reload(KEY, "1", "10", "pm_sandbox_declines_1").await;
    world.first_renewal().await;
    world.change_policy(|policy| policy.auto_reload.retry_after = chrono::TimeDelta::zero());
    world.rent(KEY, "447700900002").await;
    assert_eq!(world.subscriptions(KEY).await[0].status, "active");
    assert_eq!(world.balance(KEY).await, "5.00", "10, less 2 and 3");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(what_came_in_is_enough_though_what_followed_is_in_doubt, |world| {
    world.numbers(&["447700900001"], "1").await;
    world.account(KEY, "0").await;
    world.auto_reload(KEY, "20", "1", "pm_sandbox_answersLate").await;
    world.try_to_rent(KEY, "447700900001").await.expect_err("nobody knows yet");
    // Asked again, 10 come in; the next 10, for the threshold, are in doubt.
    world.rent(KEY, "447700900001").await;
    assert_eq!(world.reloads_in_short(KEY).await, "captured 10.00, in_doubt 10.00");
    assert_eq!(world.balance(KEY).await, "9.00");
});
