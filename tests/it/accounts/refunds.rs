//! Paying the balance back: once per reference, never more than there is.

use std::process::Stdio;

use linerent::cli::views::booking::RefundedView;
use linerent::operations;
use linerent::operations::accounts::refund;
use linerent::operations::rentals::cancel::CancelAt;
use linerent_testkit::{World, id, said};
use tokio::task::spawn_blocking;

const KEY: &str = "0000000a";

pub async fn refund(
    world: &World,
    amount: Option<&str>,
    reference: &str,
) -> Result<RefundedView, operations::Error> {
    let amount = amount.map(|text| text.parse().expect("an amount"));
    let refunded = refund::refund(&world.app, id(KEY), amount, reference, None).await?;
    Ok(RefundedView::from(&refunded))
}

/// Why a refund is refused, in one line.
async fn refund_refusal(world: &World, amount: Option<&str>) -> String {
    let before = world.statement(KEY).await.len();
    let refusal = said(refund(world, amount, "refused").await.expect_err("a refusal"));
    assert_eq!(world.statement(KEY).await.len(), before);
    refusal.lines().next().unwrap_or_default().to_owned()
}

on_both_engines!(a_refund_is_booked_once_per_reference, |world| {
    world.account(KEY, "10").await;
    let first = refund(world, Some("4"), "SEPA-1").await.expect("a refund");
    assert_eq!(
        (first.amount.to_string(), first.balance.to_string()),
        ("4.00".into(), "6.00".into())
    );
    let again = refund(world, Some("4.00"), "SEPA-1").await.expect("the same answer");
    assert_eq!((again.booked, again.balance.to_string()), (false, "6.00".to_owned()));
    let other = refund(world, Some("5"), "SEPA-1").await.expect_err("another amount");
    assert!(said(other).starts_with("this reference was used before, for 4.00 EUR"));
    let rest = refund(world, None, "SEPA-2").await.expect("the rest");
    assert_eq!((rest.booked, rest.amount.to_string()), (true, "6.00".to_owned()));
    let again = refund(world, None, "SEPA-2").await.expect("the same answer");
    assert_eq!((again.booked, again.amount.to_string()), (false, "6.00".to_owned()));
    let line = world.statement(KEY).await.pop().expect("a line");
    assert_eq!((line.code, line.reference.as_deref()), ("refund", Some("SEPA-2")));
    let sides = "SELECT concat_ws('|', code, debit, credit, idempotency_key) FROM transfers WHERE sequence = 3";
    assert_eq!(world.texts(sides).await, ["refund|balance|refunds|refund/SEPA-2"]);
    let seen = "SELECT concat_ws('|', code, credit) FROM analyst_transfers WHERE sequence = 3";
    assert_eq!(world.texts(seen).await, ["refund|refunds"]);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(credit_is_not_refunded, |world| {
    world.account_with_credit(KEY, "3", "50").await;
    let refusal = refund_refusal(world, Some("3.000001")).await;
    assert_eq!(refusal, "3.000001 EUR is more than the balance, 3.00 EUR");
    refund(world, None, "all").await.expect("a refund");
    let refusal = refund_refusal(world, None).await;
    assert_eq!(refusal, "the balance is 0.00 EUR, there is nothing to refund");
    let refusal = refund_refusal(world, Some("1")).await;
    assert_eq!(refusal, "the balance is 0.00 EUR, there is nothing to refund");
});

on_both_engines!(what_is_due_comes_before_a_refund, |world| {
    world.numbers(&["447700900001", "447700900002"], "2.00").await;
    world.account(KEY, "7").await;
    world.rent(KEY, "447700900001").await;
    world.rent(KEY, "447700900002").await;
    world.sleep_until("2026-02-28").await;
    // The balance covers one of them, and which is for the run to say.
    let refusal = refund_refusal(world, Some("1")).await;
    assert_eq!(refusal, "renewals of 4.00 EUR are due and not paid, and they come first");
    world.cancel("447700900001", CancelAt::Once).await;
    world.cancel("447700900002", CancelAt::Once).await;
    assert_eq!(refund(world, None, "all").await.expect("a refund").amount.to_string(), "3.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_reload_that_is_not_settled_keeps_the_balance_where_it_is, |world| {
    world.account(KEY, "3").await;
    world.auto_reload(KEY, "5", "20", "pm_sandbox_error500_3").await;
    world.check().await;
    world.auto_reload_off(KEY).await;
    let id = world.reloads(KEY).await.remove(0).id;
    let refusal = refund_refusal(world, Some("1")).await;
    assert_eq!(
        refusal,
        format!("the reload {id} is not settled, and its money may be part of the balance yet")
    );
});

on_both_engines!(what_auto_reload_would_fetch_again_is_not_refunded, |world| {
    world.account(KEY, "30").await;
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    let refusal = refund_refusal(world, Some("25.01")).await;
    assert_eq!(
        refusal,
        "4.99 EUR would be left, below 5.00 EUR, and auto-reload would charge the card for it again"
    );
    refund(world, Some("25"), "part").await.expect("a refund");
    assert_eq!(world.check().await.requested, 0);
    world.auto_reload_off(KEY).await;
    refund(world, None, "rest").await.expect("a refund");
    assert_eq!(world.check().await.requested, 0);
    assert_eq!(world.balance(KEY).await, "0.00");
});

/// The program's outputs on `commands`, all at the same time.
pub async fn at_once<const N: usize>(
    world: &World,
    commands: [&[&str]; N],
) -> [std::process::Output; N] {
    let children = commands.map(|command| {
        let mut program = world.program(command);
        program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        program.spawn().expect("the program starts")
    });
    let ends = children.map(|child| spawn_blocking(|| child.wait_with_output().expect("an end")));
    let mut outputs = Vec::with_capacity(N);
    for end in ends {
        outputs.push(end.await.expect("no panic"));
    }
    outputs.try_into().expect("as many as there were")
}

on_both_engines!(refunds_at_once_pay_back_no_more_than_there_is, |world| {
    world.account(KEY, "0").await;
    for round in 0..6 {
        world.top_up(KEY, "10", &format!("in-{round}")).await;
        let (one, other) = (format!("a-{round}"), format!("b-{round}"));
        let refund = |reference| ["account", "refund", KEY, "--all", "--reference", reference];
        let outputs = at_once(world, [&refund(&one), &refund(&other)]).await;
        let codes: Vec<_> = outputs.iter().map(|it| it.status.code()).collect();
        assert!(codes.contains(&Some(0)) && codes.contains(&Some(1)), "{outputs:?}");
        assert_eq!(world.balance(KEY).await, "0.00");
    }
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_refund_of_one_reference_twice_at_once_counts_once, |world| {
    world.account(KEY, "0").await;
    for round in 0..6 {
        world.top_up(KEY, "10", &format!("in-{round}")).await;
        let reference = round.to_string();
        let refund = ["--json", "account", "refund", KEY, "--all", "--reference", &reference];
        let outputs = at_once(world, [&refund, &refund, &refund]).await;
        let said: String =
            outputs.iter().map(|it| String::from_utf8_lossy(&it.stdout).into_owned()).collect();
        assert!(outputs.iter().all(|it| it.status.success()), "{outputs:?}");
        assert_eq!(said.matches("\"booked\": true").count(), 1);
        assert_eq!(said.matches("\"amount\": \"10.00\"").count(), 3);
    }
    assert_eq!(world.disagreements().await, []);
});
