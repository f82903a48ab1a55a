//! Checks that mails can be composed and sent, and the notices that still wait to be sent.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::{Check, Findings, Opened, Remedy};
use crate::installation::InstallationKind;
use crate::mail::{Mailer, SmtpSecurity, TransportSettings};
use crate::operations::Settings;

const MAIL: Check = Check::Mail;
const NOTICES: Check = Check::Notices;

pub(super) async fn look_at_mail(
    findings: &mut Findings,
    settings: &Settings,
    opened: Option<&Opened>,
) {
    let mailer = match Mailer::new(&settings.mail) {
        Ok(mailer) => mailer,
        Err(error) => return findings.failed(MAIL, error, Remedy::CheckMail),
    };
    findings.ok(MAIL, format!("templates loaded, sender {}", mailer.settings.from));
    match mailer.transport.try_out().await {
        Ok(()) => findings.ok(MAIL, way_out(&mailer.settings.transport)),
        Err(reason) => {
            findings.wrong(MAIL, format!("no mail can leave: {reason}"), Remedy::TestMail)
        }
    }
    if let TransportSettings::File(folder) = &mailer.settings.transport {
        findings.warn_if_open(MAIL, [folder.clone()]);
    }
    let is_production = opened.is_some_and(|opened| opened.kind == InstallationKind::Production);
    if is_production && mailer.settings.operator.is_none() {
        findings.warn(MAIL, "no address for the run reports", Remedy::SetOperator);
    }
}

fn way_out(transport: &TransportSettings) -> String {
    match transport {
        TransportSettings::File(folder) => format!("mails become files in {}", folder.display()),
        TransportSettings::Smtp(server) => {
            let security = match server.security {
                SmtpSecurity::Tls => "over TLS",
                SmtpSecurity::StartTls => "over STARTTLS",
                SmtpSecurity::None => "without encryption",
            };
            let user = server.credentials.as_ref();
            let user = user.map(|(user, _)| format!("the login of `{user}`"));
            let what = user.unwrap_or_else(|| "connections".to_owned());
            format!("{}:{} accepts {what}, {security}", server.host, server.port)
        }
    }
}

/// How long a notice may wait before it is reported.
const WAIT_MAX: TimeDelta = TimeDelta::hours(1);
/// Older failures are not reported.
const LOOK_BACK: TimeDelta = TimeDelta::days(7);

pub(super) async fn look_at_notices(findings: &mut Findings, opened: &Opened, now: DateTime<Utc>) {
    if let Err(error) = count(findings, opened, now).await {
        findings.failed(NOTICES, error, Remedy::CheckDatabase);
    }
}

async fn count(findings: &mut Findings, opened: &Opened, now: DateTime<Utc>) -> Result<()> {
    match opened.store.find_waiting_notices(now - WAIT_MAX).await? {
        None => findings.ok(NOTICES, "none waits for long"),
        Some(waiting) => {
            let (count, since) = (waiting.count, super::days::words(now - waiting.since));
            findings.warn(
                NOTICES,
                format!("{count} have waited for more than an hour, the oldest for {since}"),
                Remedy::DeliverNotices,
            );
        }
    }
    match opened.store.count_failed_notices(now - LOOK_BACK).await? {
        0 => findings.ok(NOTICES, "none was given up in the last 7 days"),
        failed => findings.warn(
            NOTICES,
            format!("{failed} given up in the last 7 days"),
            Remedy::RetryNotices,
        ),
    }
    Ok(())
}
