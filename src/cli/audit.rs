use std::process::ExitCode;

use crate::operations::{App, audit};
use anyhow::Result;
use clap::Args;

use crate::cli::output::{self, Screen, counted, or_blank, table};
use crate::cli::views::audit::AuditView;

#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  linerent audit"#)]
pub struct Audit {}

impl Audit {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let (watch, bar) = output::watch("auditing");
        let audit = audit::audit(app, &watch).await;
        bar.finish_and_clear();
        let audit = AuditView::from(&audit?);
        screen.show(&audit, people)?;
        Ok(ExitCode::from(u8::from(!audit.disagreements.is_empty())))
    }
}

fn people(audit: &AuditView) -> String {
    let looked_at = [
        counted(audit.accounts, "account"),
        counted(audit.subscriptions, "subscription"),
        counted(audit.transfers, "transfer"),
        counted(audit.numbers, "number"),
        counted(audit.reloads, "reload"),
    ]
    .join(", ");
    let looked_at = match (&audit.gateway, &audit.gateway_not_asked) {
        (Some(gateway), _) => format!("{looked_at}, and the list of the gateway `{gateway}`"),
        (None, Some(why)) => format!("{looked_at} (the gateway was not asked, {why})"),
        (None, None) => looked_at,
    };
    if audit.disagreements.is_empty() {
        return format!("{looked_at}: no disagreements");
    }
    let rows = audit.disagreements.iter().map(|it| {
        vec![or_blank(it.account.as_ref()), or_blank(it.number.as_ref()), it.what.clone()]
    });
    let list = table("disagreements", &["account", "number", "what disagrees"], &[], rows);
    format!("{list}\n\n{looked_at}: {}", counted(audit.disagreements.len() as u64, "disagreement"))
}
