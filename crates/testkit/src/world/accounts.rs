//! More verbs of the [`World`]: what an operator does besides renting and running.

use anyhow::Result;
use chrono::NaiveDate;
use linerent::billing::RunReport;
use linerent::cli::parse::parsed;
use linerent::cli::views::forecast::ForecastView;
use linerent::cli::views::runs::RunView;
use linerent::cli::views::subscriptions::SubscriptionView;
use linerent::money::currency_of;
use linerent::operations::accounts::create::{self, AccountCreate};
use linerent::operations::forecast;
use linerent::operations::rentals::cancel::{self, CancelAt};
use linerent::operations::run::Watch;
use linerent::operations::{App, numbers::import, rentals::rent, run};

use crate::world::{World, date, id, number, said, settings};

impl World {
    /// An account with this key, balance and credit limit, in EUR.
    pub async fn account_with_credit(&self, key: &str, balance: &str, credit_limit: &str) {
        let asked = AccountCreate {
            name: format!("Account {key}"),
            email: format!("{key}@example.com"),
            id: Some(id(key)),
            currency: currency_of("EUR").expect("a currency"),
            credit_limit: Some(credit_limit.parse().expect("an amount")),
            low_balance: None,
        };
        create::create(&self.app, &asked).await.expect("an account");
        if balance != "0" {
            self.top_up(key, balance, "opening").await;
        }
    }

    /// Puts one number on sale at these prices.
    pub async fn number_with_setup(&self, msisdn: &str, monthly_price: &str, setup_price: &str) {
        let csv = format!(
            "msisdn,country,type,features,monthly_price,setup_price,currency\n\
             {msisdn},GB,mobile-lvn,SMS,{monthly_price},{setup_price},EUR\n"
        );
        import::import(&self.app, csv.as_bytes()).await.expect("an import");
    }

    /// Puts a short code on sale that many accounts can rent at once.
    pub async fn shared_short_code(&self, msisdn: &str, monthly_price: &str) {
        let csv = format!(
            "msisdn,country,type,features,monthly_price,setup_price,currency,shared\n\
             {msisdn},GB,shortcode,SMS,{monthly_price},0,EUR,true\n"
        );
        import::import(&self.app, csv.as_bytes()).await.expect("an import");
    }

    /// What a rental that may be refused comes to.
    pub async fn try_to_rent(&self, key: &str, msisdn: &str) -> Result<SubscriptionView> {
        let rented = rent::rent(&self.app, parsed(key)?, &parsed(msisdn)?).await?;
        Ok(SubscriptionView::from(&rented))
    }

    /// Why renting is refused.
    pub async fn rental_refusal(&self, key: &str, msisdn: &str) -> String {
        said(self.try_to_rent(key, msisdn).await.expect_err("a refusal"))
    }

    pub async fn cancel(&self, msisdn: &str, at: CancelAt) -> SubscriptionView {
        let cancelled = cancel::cancel(&self.app, &number(msisdn), None, at).await;
        SubscriptionView::from(&cancelled.expect("a cancellation"))
    }

    pub async fn approve(&self, on: &str) -> RunView {
        let approved = run::approve(&self.app, date(on), &Watch::default()).await;
        RunView::from(&approved.expect("an approved run"))
    }

    /// All that was done for a date, by whatever number of runs.
    pub async fn run_of(&self, on: &str) -> RunView {
        RunView::from(&run::show(&self.app, date(on)).await.expect("a run of that date"))
    }

    /// All that was done for a date so far, if anything.
    pub async fn find_run(&self, on: NaiveDate) -> Option<RunView> {
        let run = self.app.store.find_run(on).await.expect("a readable run");
        run.as_ref().map(|run| RunView::from(&RunReport::of(run)))
    }

    /// A run that is cut off before its first batch.
    pub async fn cut_off_run(&self) {
        let watch = Watch::default();
        watch.stop.cancel();
        run::run(&self.app, &watch).await.expect_err("an interrupted run");
    }

    /// A second app on the same database, as another process has one.
    pub async fn another_app(&self) -> App {
        let mut settings = settings(&self.url);
        settings.policy = std::sync::Arc::clone(&self.app.settings.policy);
        App::open(settings).await.expect("a second app")
    }

    /// An account that is told when its balance falls below `threshold`.
    pub async fn account_with_threshold(&self, key: &str, balance: &str, threshold: &str) {
        let asked = AccountCreate {
            name: format!("Account {key}"),
            email: format!("{key}@example.com"),
            id: Some(id(key)),
            currency: currency_of("EUR").expect("a currency"),
            credit_limit: None,
            low_balance: Some(threshold.parse().expect("an amount")),
        };
        create::create(&self.app, &asked).await.expect("an account");
        if balance != "0" {
            self.top_up(key, balance, "opening").await;
        }
    }

    /// What the next so many days are foretold to be, for everybody.
    pub async fn forecast(&self, days: u32) -> ForecastView {
        self.forecast_of(days, None).await
    }

    pub async fn forecast_of(&self, days: u32, key: Option<&str>) -> ForecastView {
        let account = key.map(id);
        let forecast = forecast::forecast(&self.app, days, account, &Watch::default()).await;
        ForecastView::try_from(&forecast.expect("a forecast")).expect("amounts")
    }

    /// An account without a balance that pays in this currency.
    pub async fn account_in(&self, key: &str, currency: &str, credit_limit: &str) {
        let asked = AccountCreate {
            name: format!("Account {key}"),
            email: format!("{key}@example.com"),
            id: Some(id(key)),
            currency: currency_of(currency).expect("a currency"),
            credit_limit: Some(credit_limit.parse().expect("an amount")),
            low_balance: None,
        };
        create::create(&self.app, &asked).await.expect("an account");
    }

    pub async fn number_in(&self, msisdn: &str, monthly_price: &str, currency: &str) {
        let csv = format!(
            "msisdn,country,type,features,monthly_price,setup_price,currency\n\
             {msisdn},GB,mobile-lvn,SMS,{monthly_price},0,{currency}\n"
        );
        import::import(&self.app, csv.as_bytes()).await.expect("an import");
    }
}
