//! What became of what was foretold, read off subscriptions and statements after the runs: by no code
//! that the forecast shares.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use linerent::calendar::renewal_on;
use linerent::cli::views::accounts::AccountView;
use linerent::cli::views::forecast::{ForecastDayView, ForecastView};
use linerent::cli::views::runs::RunView;
use linerent::cli::views::statement::StatementView;
use linerent::cli::views::subscriptions::SubscriptionView;
use linerent::operations::rentals::list;
use linerent_testkit::World;
use rust_decimal::Decimal;

/// How everything stood when the forecast was made.
pub struct Beginning {
    days: Vec<Vec<ForecastDayView>>,
    accounts: Vec<Account>,
    subscriptions: Vec<SubscriptionView>,
}

struct Account {
    view: AccountView,
    /// Lines of its statement: the day itself may have some, of before its run.
    lines: usize,
}

impl Beginning {
    pub async fn of(world: &World, forecast: &ForecastView) -> Self {
        let blank = |day: &ForecastDayView| nothing_on(day.on, &day.currency);
        let days = forecast.currencies.iter();
        let mut accounts = Vec::new();
        for account in linerent::operations::accounts::list(&world.app).await.expect("accounts") {
            let view = AccountView::from(&account);
            let lines = world.statement(&view.key).await.len();
            accounts.push(Account { view, lines });
        }
        Self {
            days: days.map(|it| it.days.iter().map(blank).collect()).collect(),
            accounts,
            subscriptions: list::list(&world.app, None, None, None)
                .await
                .expect("subscriptions")
                .iter()
                .map(SubscriptionView::from)
                .collect(),
        }
    }

    /// What the days brought, in the same order as they were foretold.
    pub async fn truth(mut self, world: &World) -> Vec<Vec<ForecastDayView>> {
        for Account { view: account, lines } in std::mem::take(&mut self.accounts) {
            let statement = world.statement(&account.key).await;
            let after = world.subscriptions(&account.key).await;
            let Some(days) = self.days.iter_mut().find(|it| it[0].currency == account.currency)
            else {
                continue;
            };
            let before = self.subscriptions.iter().filter(|it| it.account == account.key);
            let periods =
                periods(before, &after, &statement, (days[0].on, days[days.len() - 1].on));
            count(days, &account, &periods, &statement[lines..], &after);
        }
        self.days
    }
}

/// A period that fell due while the forecast looked ahead.
struct Period {
    number: String,
    start: NaiveDate,
    price: Decimal,
    fell_due_on: NaiveDate,
    paid_on: Option<NaiveDate>,
}

fn periods<'a>(
    before: impl Iterator<Item = &'a SubscriptionView>,
    after: &[SubscriptionView],
    statement: &[StatementView],
    (first, last): (NaiveDate, NaiveDate),
) -> Vec<Period> {
    let mut periods = Vec::new();
    for it in before {
        let Some(next) = it.next_renewal_on else { continue };
        let same = |other: &&SubscriptionView| {
            other.number == it.number && other.started_on == it.started_on
        };
        let after = after.iter().find(same).expect("it is still listed");
        for months in 1.. {
            let start = renewal_on(it.started_on, months).expect("in range");
            let fell_due_on = start.max(first);
            let is_over = after.ended_on.is_some_and(|ended| match after.end_reason {
                Some("cancelled") => start >= ended,
                _ => fell_due_on > ended,
            });
            if fell_due_on > last || is_over {
                break;
            }
            if start < next {
                continue;
            }
            let payment = statement.iter().find(|line| {
                line.code == "rental"
                    && line.number.as_ref() == Some(&it.number)
                    && line.period_start == Some(start)
            });
            let paid_on = payment.map(|line| line.on);
            // What costs nothing leaves no trace.
            let paid_on = if it.monthly_price.is_zero() { Some(fell_due_on) } else { paid_on };
            let (number, price) = (it.number.clone(), it.monthly_price);
            periods.push(Period { number, start, price, fell_due_on, paid_on });
        }
    }
    periods
}

fn count(
    days: &mut [ForecastDayView],
    account: &AccountView,
    periods: &[Period],
    statement: &[StatementView],
    after: &[SubscriptionView],
) {
    let mut by_date: BTreeMap<_, _> = days.iter_mut().map(|day| (day.on, day)).collect();
    let mut short: BTreeMap<NaiveDate, BTreeSet<&str>> = BTreeMap::new();
    for period in periods {
        let day = by_date.get_mut(&period.fell_due_on).expect("a day");
        day.renewals += 1;
        day.amount += period.price;
        if period.paid_on == Some(period.fell_due_on) {
            day.funded += period.price;
            continue;
        }
        day.short += period.price;
        short.entry(period.fell_due_on).or_default().insert(&period.number);
        if let Some(day) = period.paid_on.and_then(|on| by_date.get_mut(&on)) {
            day.paid_late += period.price;
        }
    }
    for (on, numbers) in short {
        let day = by_date.get_mut(&on).expect("a day");
        day.short_accounts += 1;
        day.short_numbers += numbers.len() as u64;
    }
    // What the account had is spent before what its card brought.
    let mut own = account.balance + account.credit_limit;
    for line in statement {
        let Some(day) = by_date.get_mut(&line.on) else { continue };
        if line.code == "reload" {
            day.reloads += 1;
            day.reload_amount += line.amount;
            continue;
        }
        let price = -line.amount;
        let by_balance = price.min(own.max(Decimal::ZERO));
        own -= by_balance;
        let period = periods.iter().find(|it| {
            Some(&it.number) == line.number.as_ref() && Some(it.start) == line.period_start
        });
        if period.expect("it fell due").fell_due_on == line.on {
            day.funded_by_balance += by_balance;
            day.funded_by_reload += price - by_balance;
        }
    }
    for it in after.iter().filter(|it| it.end_reason == Some("unfunded")) {
        if let Some(day) = it.ended_on.and_then(|on| by_date.get_mut(&on)) {
            day.released += 1;
        }
    }
}

fn nothing_on(on: NaiveDate, currency: &str) -> ForecastDayView {
    ForecastDayView {
        on,
        currency: currency.to_owned(),
        renewals: 0,
        amount: Decimal::ZERO,
        funded: Decimal::ZERO,
        funded_by_balance: Decimal::ZERO,
        funded_by_reload: Decimal::ZERO,
        short: Decimal::ZERO,
        paid_late: Decimal::ZERO,
        reloads: 0,
        reload_amount: Decimal::ZERO,
        short_accounts: 0,
        short_numbers: 0,
        released: 0,
    }
}

/// What the runs said of themselves is what was foretold.
pub fn compare_with_reports(forecast: &ForecastView, runs: &[RunView]) {
    for run in runs {
        let on = run.billing_date;
        let days: Vec<_> = forecast.days().into_iter().filter(|day| day.on == on).collect();
        let charged = days.iter().map(|day| (&day.currency, day.funded + day.paid_late));
        let charged: Vec<_> = charged.filter(|(_, amount)| !amount.is_zero()).collect();
        let renewed: Vec<_> =
            run.renewed_amounts.iter().map(|money| (&money.currency, money.amount)).collect();
        assert_eq!(charged, renewed, "{on}");
        let sum = |of: fn(&ForecastDayView) -> u64| days.iter().map(|day| of(day)).sum::<u64>();
        assert_eq!(sum(|day| day.released), run.released, "{on}");
        assert_eq!(sum(|day| day.reloads), run.reloads.captured, "{on}");
    }
}
