//! JSON Schemas of what the admin program prints with `--json`, made from the types that it prints.
//!
//! They stand in `docs/schema`, one file for each shape, and tests hold both against each other and
//! against the program. To add one: a line here, and `LINERENT_WRITE_SCHEMAS=1 ./scripts/test schemas`.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use crate::cli::refusals::RefusedView;
use crate::cli::views::accounts::AccountView;
use crate::cli::views::audit::AuditView;
use crate::cli::views::booking::{BookedView, RefundedView};
use crate::cli::views::closing::ClosedView;
use crate::cli::views::configurations::ConfiguredView;
use crate::cli::views::databases::{AdvancedView, InitialisedView};
use crate::cli::views::demo::DemoView;
use crate::cli::views::findings::FindingView;
use crate::cli::views::forecast::ForecastDayView;
use crate::cli::views::imports::ImportView;
use crate::cli::views::lines::LineView;
use crate::cli::views::mail::MailTestView;
use crate::cli::views::notices::{
    DeliveryView, NoticeLetterView, NoticeView, PreviewView, RetriedView,
};
use crate::cli::views::numbers::{FoundView, InventoryView, RentPreviewView};
use crate::cli::views::prices::RepriceView;
use crate::cli::views::reloads::{CheckReport, ReloadView};
use crate::cli::views::runs::RunView;
use crate::cli::views::settings::SettingView;
use crate::cli::views::short_codes::{DisclosuresView, SetUpsView};
use crate::cli::views::statement::StatementView;
use crate::cli::views::subscriptions::SubscriptionView;
use crate::cli::views::undo::UndoView;
use crate::config::Sources;
use crate::operations::accounts::history::HistoryView;

/// Every schema, by the command that prints it; commands that print the same share one.
pub fn all() -> Vec<(&'static str, Schema)> {
    vec![
        ("account", of::<AccountView>()),
        ("account-close", of::<ClosedView>()),
        ("account-history", of::<HistoryView>()),
        ("account-list", of::<Vec<AccountView>>()),
        ("account-refund", of::<RefundedView>()),
        ("account-statement", of::<Vec<StatementView>>()),
        ("account-top-up", of::<BookedView>()),
        ("audit", of::<AuditView>()),
        ("config-check", of::<Sources>()),
        ("config-default", of::<String>()),
        ("config-show", of::<Vec<SettingView>>()),
        ("configure", of::<ConfiguredView>()),
        ("doctor", of::<Vec<FindingView>>()),
        ("demo", of::<DemoView>()),
        ("forecast", of::<Vec<ForecastDayView>>()),
        ("init", of::<InitialisedView>()),
        ("mail-test", of::<MailTestView>()),
        ("notice", of::<NoticeView>()),
        ("notice-list", of::<Vec<NoticeView>>()),
        ("notice-preview", of::<PreviewView>()),
        ("notice-retry-failed", of::<RetriedView>()),
        ("notice-send", of::<DeliveryView>()),
        ("notice-show", of::<NoticeLetterView>()),
        ("number", of::<InventoryView>()),
        ("number-import", of::<ImportView>()),
        ("number-list", of::<Vec<InventoryView>>()),
        ("number-reprice", of::<RepriceView>()),
        ("number-search", of::<FoundView>()),
        ("refusal", of::<RefusedView>()),
        ("reload", of::<ReloadView>()),
        ("reload-check", of::<CheckReport>()),
        ("reload-list", of::<Vec<ReloadView>>()),
        ("rent-any-dry-run", of::<RentPreviewView>()),
        ("rent-file", of::<Vec<LineView>>()),
        ("run", of::<RunView>()),
        ("run-undo", of::<UndoView>()),
        ("run-list", of::<Vec<RunView>>()),
        ("sandbox-advance", of::<AdvancedView>()),
        ("shortcode", of::<SetUpsView>()),
        ("shortcode-disclosure", of::<DisclosuresView>()),
        ("subscription", of::<SubscriptionView>()),
        ("subscription-list", of::<Vec<SubscriptionView>>()),
    ]
}

fn of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}
