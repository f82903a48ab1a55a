//! Auto-reload: the card is charged exactly as often as the account was credited.

mod admin;
mod answers;
mod day;
mod killed;
mod outage;
mod renting;
mod storm;

use linerent::cli::views::reloads::CheckReport;
use linerent::operations::App;
use linerent::operations::reload;
use linerent::operations::run::Watch;
use linerent::reload::OpenReloads;
use linerent_testkit::reloads::KEY;

async fn check_at(app: &App) -> CheckReport {
    reload::check(app, &Watch::default(), OpenReloads::All).await.expect("a check").into()
}
