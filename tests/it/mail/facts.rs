//! Who is told what, and when: one mail for each account, run and kind.

use linerent::notice::Kind;
use linerent::operations::accounts::notices;
use linerent::operations::rentals::cancel::CancelAt;
use linerent::policy::AheadWhen;
use linerent::policy::Hold;
use linerent_testkit::{World, id};
use rust_decimal::Decimal;

const KEY: &str = "0000000a";
const NUMBERS: [&str; 3] = ["447700900001", "447700900002", "447700900003"];

on_both_engines!(a_run_sends_one_receipt_for_all_numbers_of_an_account, |world| {
    three_numbers(world, "20").await;
    let run = world.advance("2026-02-28").await.pop().expect("a run");
    assert_eq!((run.renewed, run.notices), (3, 1));
    assert_eq!(world.told(KEY).await, ["renewed/2026-02-28"]);
    assert_eq!(world.subjects(KEY).await, ["Your receipt: 3 numbers renewed for 6.00 EUR"]);
    let letter = world.letter("0000000a/renewed/2026-02-28").await;
    for words in ["+447700900001", "28 February 2026 to 30 March 2026", "2.00 EUR", "8.00 EUR"] {
        assert!(letter.contains(words), "{words} is not in {letter}");
    }
    assert_eq!(world.run().await.notices, 0, "the second time there is nothing to tell");
    assert_eq!(world.run_of("2026-02-28").await.notices, 1);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(renting_and_free_numbers_need_no_receipt, |world| {
    world.numbers(&["447700900009"], "0").await;
    world.account(KEY, "5").await;
    world.rent(KEY, "447700900009").await;
    world.advance("2026-03-31").await;
    assert_eq!(world.told(KEY).await, Vec::<String>::new());
});

on_both_engines!(what_was_missed_comes_in_one_receipt, |world| {
    three_numbers(world, "50").await;
    world.sleep_until("2026-04-30").await;
    assert_eq!(world.run().await.renewed, 9);
    assert_eq!(
        world.subjects(KEY).await,
        ["Your receipt: 9 monthly rentals renewed for 18.00 EUR"]
    );
});

on_both_engines!(a_letter_names_fifty_numbers_and_says_how_many_there_are, |world| {
    let numbers: Vec<_> = (0..53).map(|n| format!("4477009001{n:02}")).collect();
    world.numbers(&numbers.iter().map(String::as_str).collect::<Vec<_>>(), "1").await;
    world.account(KEY, "200").await;
    for number in &numbers {
        world.rent(KEY, number).await;
    }
    world.sleep_until("2026-02-28").await;
    world.run().await;
    let letter = world.letter("0000000a/renewed/2026-02-28").await;
    assert!(letter.contains("and 3 more") && letter.contains("53.00 EUR"), "{letter}");
});

on_both_engines!(past_due_and_released_are_told_once_each, |world| {
    world.change_policy(|policy| {
        policy.release.grace_days = 2;
        policy.release.hold = Hold { days: 90 };
    });
    three_numbers(world, "9").await;
    world.advance("2026-03-02").await;
    assert_eq!(
        world.told(KEY).await,
        [
            "past_due/2026-02-28",
            "released/2026-03-02",
            "renewal_ahead/2026-02-25",
            "renewed/2026-02-28"
        ]
    );
    let subjects = world.subjects(KEY).await;
    assert_eq!(
        subjects,
        [
            "Add 3.00 EUR by 27 February 2026 to renew 3 numbers",
            "Add 3.00 EUR by 1 March 2026 to keep 2 numbers",
            "Your receipt: 1 number renewed for 2.00 EUR",
            "You lost 2 numbers; you can rent them again until 30 May 2026",
        ]
    );
    world.sleep_until("2026-05-29").await;
    world.run().await;
    // The last day of the letter is the last day on which nobody else may have it.
    world.sleep_until("2026-05-30").await;
    world.account("0000000b", "50").await;
    assert!(world.rental_refusal("0000000b", NUMBERS[1]).await.contains("2026-05-31"));
    world.advance("2026-05-31").await;
    world.rent("0000000b", NUMBERS[1]).await;
});

on_both_engines!(a_number_that_goes_back_on_sale_at_once_says_so, |world| {
    world.change_policy(|policy| policy.release.hold = Hold { days: 0 });
    three_numbers(world, "6").await;
    world.sleep_until("2026-02-28").await;
    let run = world.run().await;
    assert_eq!((run.released, run.notices), (3, 1));
    assert_eq!(world.told(KEY).await, ["released/2026-02-28"]);
    let letter = world.letter("0000000a/released/2026-02-28").await;
    assert!(letter.contains("on sale"), "{letter}");
});

on_both_engines!(a_short_code_that_many_rent_is_kept_for_nobody, |world| {
    world.shared_short_code("98975", "2").await;
    world.account(KEY, "2").await;
    world.rent(KEY, "98975").await;
    world.sleep_until("2026-02-28").await;
    assert_eq!(world.run().await.released, 1);
    let subjects = world.subjects(KEY).await;
    assert_eq!(subjects, ["Your rental of 1 shared short code ended"]);
    let letter = world.letter("0000000a/released/2026-02-28").await;
    assert!(letter.contains("you can rent it again at any time"), "{letter}");
    assert!(letter.contains("can be rented at any time"), "{letter}");
    assert!(!letter.contains("You lost"), "{letter}");
});

on_both_engines!(a_shortfall_that_a_card_mends_is_no_matter_for_a_mail, |world| {
    world.renter("2", "2").await;
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    let run = world.first_renewal().await;
    assert_eq!((run.past_due, run.reloads.captured, run.notices), (0, 1, 2));
    assert_eq!(world.told(KEY).await, ["reload_captured/2026-02-28", "renewed/2026-02-28"]);
});

on_both_engines!(several_reloads_of_a_run_are_one_mail_and_so_are_their_renewals, |world| {
    // Three reloads of 1 x 2 EUR: each pays one of the numbers.
    world.change_policy(|policy| policy.auto_reload.multiples_max = 1);
    three_numbers(world, "6").await;
    world.auto_reload(KEY, "1", "2", "pm_card_visa").await;
    world.sleep_until("2026-02-28").await;
    let run = world.run().await;
    assert_eq!((run.reloads.captured, run.renewed), (3, 3));
    assert_eq!(run.notices, 2);
    assert_eq!(world.told(KEY).await, ["reload_captured/2026-02-28", "renewed/2026-02-28"]);
    let subjects = world.subjects(KEY).await;
    assert!(
        subjects.contains(&"Your card was charged 6.00 EUR in 3 payments".to_owned()),
        "{subjects:?}"
    );
    assert!(subjects.contains(&"Your receipt: 3 numbers renewed for 6.00 EUR".to_owned()));
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(declines_are_told_and_the_last_one_with_the_end_of_the_order, |world| {
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "5", "20", "pm_card_chargeDeclined").await;
    world.advance("2026-02-03").await;
    assert_eq!(
        world.told(KEY).await,
        [
            "auto_reload_switched_off/2026-02-03",
            "reload_declined/2026-02-01",
            "reload_declined/2026-02-02"
        ]
    );
});

on_both_engines!(a_low_balance_is_told_once_for_each_crossing, |world| {
    world.account_with_threshold(KEY, "10", "5").await;
    let adjust = async |amount: &str, reference: &str| {
        world.try_to_adjust(KEY, amount, "a correction", reference).await.expect("booked");
    };
    adjust("-5", "at the threshold").await;
    assert_eq!(world.told(KEY).await, Vec::<String>::new(), "5 is not below 5");
    adjust("-1", "below").await;
    adjust("-1", "still below").await;
    assert_eq!(world.subjects(KEY).await, ["Your balance is 4.00 EUR, below 5.00 EUR"]);
    world.deliver().await;
    adjust("2", "at the threshold again").await;
    adjust("-0.01", "below again").await;
    assert_eq!(world.told(KEY).await, ["low_balance/2026-01-31", "low_balance/2026-01-31/2"]);
});

on_both_engines!(a_balance_that_was_always_low_crosses_nothing, |world| {
    world.account_with_threshold(KEY, "4", "5").await;
    world.run().await;
    assert_eq!(world.told(KEY).await, Vec::<String>::new());
});

on_both_engines!(a_low_balance_waits_for_what_the_card_says, |world| {
    world.numbers(&NUMBERS, "2").await;
    for (key, method) in [(KEY, "pm_card_visa"), ("0000000b", "pm_card_chargeDeclined")] {
        world.account_with_threshold(key, "6", "5").await;
        world.auto_reload(key, "5", "20", method).await;
        let number = if key == KEY { NUMBERS[0] } else { NUMBERS[1] };
        // The rental itself would cross the threshold.
        world.top_up(key, "2", "for the rental").await;
        world.rent(key, number).await;
    }
    world.sleep_until("2026-02-28").await;
    world.run().await;
    assert_eq!(world.told(KEY).await, ["reload_captured/2026-02-28", "renewed/2026-02-28"]);
    assert_eq!(
        world.told("0000000b").await,
        ["low_balance/2026-02-28", "reload_declined/2026-02-28", "renewed/2026-02-28"]
    );
});

on_both_engines!(renewals_ahead_are_told_once_where_they_are_not_covered, |world| {
    three_numbers(world, "7").await;
    world.advance("2026-02-24").await;
    assert_eq!(world.told(KEY).await, Vec::<String>::new(), "four days before is too early");
    let run = world.advance("2026-02-25").await.pop().expect("a run");
    assert_eq!(run.notices, 1);
    world.advance("2026-02-27").await;
    assert_eq!(world.told(KEY).await, ["renewal_ahead/2026-02-25"]);
    let letter = world.letter("0000000a/renewal_ahead/2026-02-25").await;
    assert!(letter.contains("5.00 EUR") && letter.contains("28 February 2026"), "{letter}");
});

on_both_engines!(a_day_without_a_run_loses_no_warning, |world| {
    three_numbers(world, "7").await;
    world.sleep_until("2026-02-27").await;
    world.run().await;
    assert_eq!(world.told(KEY).await, ["renewal_ahead/2026-02-27"]);
});

on_both_engines!(who_falls_short_later_is_told_later, |world| {
    three_numbers(world, "12").await;
    world.advance("2026-02-25").await;
    assert_eq!(world.told(KEY).await, Vec::<String>::new(), "6 EUR are there, and enough");
    world.try_to_adjust(KEY, "-1", "a fee", "fee").await.expect("booked");
    world.advance("2026-02-26").await;
    assert_eq!(world.told(KEY).await, ["renewal_ahead/2026-02-26"]);
});

on_both_engines!(what_a_card_covers_or_what_ends_is_no_shortfall, |world| {
    three_numbers(world, "6").await;
    world.auto_reload(KEY, "0.01", "2", "pm_sandbox_error500_9").await;
    world.advance("2026-02-26").await;
    let told = world.told(KEY).await;
    assert!(!told.iter().any(|id| id.starts_with("renewal_ahead")), "{told:?}");
    world.numbers(&["447700900077"], "3").await;
    world.account("0000000b", "3").await;
    world.rent("0000000b", "447700900077").await;
    world.cancel("447700900077", CancelAt::PeriodEnd).await;
    world.sleep_until("2026-03-24").await;
    world.run().await;
    assert_eq!(world.told("0000000b").await, Vec::<String>::new(), "it does not renew");
});

on_both_engines!(always_and_never_are_for_the_operator_to_say, |world| {
    three_numbers(world, "60").await;
    world.change_policy(|policy| policy.notices.ahead = AheadWhen::Always);
    world.advance("2026-02-26").await;
    assert_eq!(world.told(KEY).await, ["renewal_ahead/2026-02-25"]);
    world.change_policy(|policy| policy.notices.ahead = AheadWhen::Never);
    world.advance("2026-03-30").await;
    assert_eq!(world.told(KEY).await, ["renewal_ahead/2026-02-25", "renewed/2026-02-28"]);
});

on_both_engines!(an_account_does_without_what_it_switched_off, |world| {
    three_numbers(world, "9").await;
    let off = [Kind::Renewed, Kind::RenewalAhead];
    let account = notices::set(&world.app, id(KEY), &off, &[]).await.expect("switched off");
    assert_eq!(account.notices_off, [Kind::Renewed, Kind::RenewalAhead]);
    world.advance("2026-02-28").await;
    assert_eq!(world.told(KEY).await, ["released/2026-02-28"]);
    let on = [Kind::Renewed];
    let account = notices::set(&world.app, id(KEY), &[], &on).await.expect("switched on");
    assert_eq!(account.notices_off, [Kind::RenewalAhead]);
    world.top_up(KEY, "10", "for the last one").await;
    world.advance("2026-03-31").await;
    assert_eq!(world.told(KEY).await, ["released/2026-02-28", "renewed/2026-03-31"]);
});

on_both_engines!(a_top_up_that_pays_what_was_due_sends_its_receipt, |world| {
    world.change_policy(|policy| policy.release.grace_days = 5);
    three_numbers(world, "6").await;
    world.sleep_until("2026-02-28").await;
    world.run().await;
    world.top_up(KEY, "10", "late").await;
    assert_eq!(world.told(KEY).await, ["past_due/2026-02-28", "renewed/2026-02-28"]);
});

on_both_engines!(the_operator_is_told_what_was_done_and_what_was_not, |world| {
    world.with_operator();
    world.change_policy(|policy| {
        policy.release.guard.min = 1;
        policy.release.guard.percent = Decimal::from(5);
    });
    three_numbers(world, "6").await;
    world.sleep_until("2026-02-28").await;
    let run = world.run().await;
    assert_eq!((run.status, run.held_back, run.notices), ("held", 3, 2));
    let letter = world.letter("operator/report/2026-02-28").await;
    assert!(letter.contains("linerent run approve 2026-02-28"), "{letter}");
    let again = world.run().await;
    assert_eq!((again.status, again.notices), ("held", 0), "nothing else is to be reported");
    world.deliver().await;
    let approved = world.approve("2026-02-28").await;
    assert_eq!((approved.released, approved.notices), (3, 2));
    let reports: Vec<_> = world
        .all_notices()
        .await
        .into_iter()
        .filter(|it| it.account.is_none())
        .map(|it| (it.id, it.to.expect("somebody")))
        .collect();
    assert_eq!(
        reports,
        [
            ("operator/report/2026-02-28/2".to_owned(), "ops@example.com".to_owned()),
            ("operator/report/2026-02-28".to_owned(), "ops@example.com".to_owned()),
        ]
    );
});

on_both_engines!(nobody_reads_reports_unless_somebody_is_named, |world| {
    assert_eq!(world.run().await.notices, 0);
    assert_eq!(world.all_notices().await, []);
});

on_both_engines!(the_dry_run_foretells_how_many_notices_there_would_be, |world| {
    world.with_operator();
    world.change_policy(|policy| policy.release.grace_days = 1);
    three_numbers(world, "9").await;
    world.account_with_threshold("0000000b", "9", "5").await;
    world.numbers(&["447700900010"], "3").await;
    world.rent("0000000b", "447700900010").await;
    for day in ["2026-02-25", "2026-02-28", "2026-03-01", "2026-03-28"] {
        world.sleep_until(day).await;
        let foretold = world.dry_run().await;
        assert_eq!(world.run().await, foretold, "{day}");
    }
});

/// One account that rents three numbers for 2 EUR each, with what is left of `balance` after that.
async fn three_numbers(world: &World, balance: &str) {
    world.numbers(&NUMBERS, "2").await;
    world.account(KEY, balance).await;
    for number in NUMBERS {
        world.rent(KEY, number).await;
    }
}
