//! Cases of their own: money that comes late, money that nobody knows of, days, the guard.

use chrono_tz::Pacific::Apia;
use linerent::cli::views::forecast::{ForecastDayView, ForecastView};
use linerent::schedule::Schedule;
use linerent_testkit::date;
use rust_decimal::Decimal;

/// The days of the first currency on which something happens.
fn eventful(forecast: &ForecastView) -> Vec<&ForecastDayView> {
    let days = forecast.currencies[0].days.iter();
    days.filter(|it| it.renewals + it.reloads + it.released > 0).collect()
}

on_both_engines!(what_a_card_pays_on_a_later_day_is_counted_once, |world| {
    world.change_policy(|policy| {
        policy.release.grace_days = 10;
        policy.auto_reload.multiples_max = 1;
        policy.auto_reload.per_day_max = 2;
    });
    world.renter("9", "9").await;
    world.auto_reload("0000000a", "1", "2", "pm_card_visa").await;
    // Today's check is not foretold: it is tomorrow's run that finds the balance low.
    world.advance("2026-02-27").await;
    let foretold = world.forecast(7).await;
    let days = eventful(&foretold);
    // 2.00 are there from the days before; 10.00 are needed, and 4.00 come on each day.
    let seen: Vec<_> = days
        .iter()
        .map(|it| (it.on, it.short, it.paid_late, it.reload_amount, it.released))
        .collect();
    let [nine, four] = [9, 4].map(Decimal::from);
    let none = Decimal::ZERO;
    assert_eq!(
        seen,
        [(date("2026-02-28"), nine, none, four, 0), (date("2026-03-01"), none, nine, four, 0),]
    );
    assert_eq!((days[0].short_accounts, days[1].short_accounts), (1, 0));
});

on_both_engines!(what_a_gateway_will_say_is_not_guessed, |world| {
    world.renter("9", "9").await;
    world.auto_reload("0000000a", "1", "20", "pm_sandbox_error500_99").await;
    world.sleep_until("2026-02-28").await;
    assert_eq!(world.run().await.reloads.in_doubt, 1);
    let foretold = world.forecast(60).await;
    assert_eq!(foretold.in_doubt, 1);
    let seen: Vec<_> =
        eventful(&foretold).iter().map(|it| (it.on, it.short, it.reloads, it.released)).collect();
    let nine = Decimal::from(9);
    assert_eq!(
        seen,
        [(date("2026-03-01"), nine, 0, 0), (date("2026-03-31"), nine, 0, 0)],
        "nothing comes, and nothing is released"
    );
});

on_both_engines!(today_is_in_it_until_its_run_has_ended, |world| {
    world.renter("9", "9").await;
    world.sleep_until("2026-02-28").await;
    let foretold = world.forecast(2).await;
    assert_eq!((foretold.from, foretold.to), (date("2026-02-28"), date("2026-03-01")));
    world.cut_off_run().await;
    assert_eq!(world.forecast(1).await.from, date("2026-02-28"));
    world.run().await;
    assert_eq!(world.forecast(1).await.from, date("2026-03-01"));
});

on_both_engines!(the_day_on_which_the_guard_would_hold_is_told, |world| {
    world.renter("9", "9").await;
    world.change_policy(|policy| {
        policy.release.guard.min = 0;
        policy.release.guard.percent = Decimal::from(50);
    });
    world.account("0000000b", "100").await;
    world.numbers(&["447700900002", "447700900003"], "1").await;
    world.rent("0000000b", "447700900002").await;
    assert_eq!(world.forecast(60).await.held, None, "one of two is not more than half");
    world.cancel("447700900002", linerent::operations::rentals::cancel::CancelAt::PeriodEnd).await;
    let held = world.forecast(60).await.held.expect("a day");
    assert_eq!((held.on, held.releases, held.live), (date("2026-02-28"), 1, 1));
    let of_one = world.forecast_of(60, Some("0000000a")).await;
    assert_eq!(of_one.held, None, "of one account nobody can tell");
});

on_both_engines!(an_account_that_rents_nothing_has_days_with_nothing, |world| {
    world.account("0000000b", "100").await;
    assert!(world.forecast(3).await.currencies.is_empty());
    let foretold = world.forecast_of(3, Some("0000000b")).await;
    assert_eq!(foretold.days().len(), 3);
    assert!(eventful(&foretold).is_empty());
});

#[test]
fn a_date_that_a_zone_skipped_has_no_run() {
    let run_at = "02:30:00".parse().expect("a time");
    let schedule = Schedule { run_at, zone: Apia };
    let days: Vec<_> = schedule.moments_from(date("2011-12-29")).take(3).collect();
    let on: Vec<_> = days.iter().map(|day| day.on).collect();
    assert_eq!(on, [date("2011-12-29"), date("2011-12-31"), date("2012-01-01")]);
    assert_eq!(days[1].at.to_string(), "2011-12-30 12:30:00 UTC", "by the wall clock of the zone");
}
