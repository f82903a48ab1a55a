//! Notices: what was told to an account, and how mails leave.

use std::sync::Arc;
use std::time::Duration;

use linerent::billing::delivery::Delivered;
use linerent::cli::views::notices::NoticeView;
use linerent::mail::{
    MailSettings, Mailbox, Mailer, SmtpSecurity, SmtpSettings, SmtpTransport, TransportSettings,
    mailbox_of,
};
use linerent::operations::notice;
use linerent::operations::run::Watch;

use super::{World, id, mailer};
use crate::smtp_server::SmtpServer;

impl World {
    /// The account's notices, oldest first.
    pub async fn notices(&self, key: &str) -> Vec<NoticeView> {
        let notices = notice::list(&self.app, Some(id(key)), None, 1_000).await.expect("a list");
        let mut notices: Vec<_> = notices.iter().map(NoticeView::from).collect();
        notices.sort_by_key(|it| (it.billing_date, it.queued_at, it.id.clone()));
        notices
    }

    /// Everybody's notices.
    pub async fn all_notices(&self) -> Vec<NoticeView> {
        let notices = notice::list(&self.app, None, None, 100_000).await.expect("a list");
        notices.iter().map(NoticeView::from).collect()
    }

    /// The ids of the account's notices without its key: `renewed/2026-02-28`.
    pub async fn told(&self, key: &str) -> Vec<String> {
        let mut told: Vec<_> = self.notices(key).await.into_iter().map(|it| it.id).collect();
        told.sort();
        told.iter()
            .map(|id| id.trim_start_matches(key).trim_start_matches('/').to_owned())
            .collect()
    }

    /// The subjects of the account's notices, oldest first.
    pub async fn subjects(&self, key: &str) -> Vec<String> {
        let notices = self.notices(key).await.into_iter();
        notices.map(|it| it.subject.expect("a subject")).collect()
    }

    /// The letter of a notice, as plain text.
    pub async fn letter(&self, id: &str) -> String {
        let id = id.parse().expect("the id of a notice");
        let shown = notice::show(&self.app, id).await.expect("a notice");
        shown.mail.expect("a mail").text
    }

    /// Delivers as the daemon does.
    pub async fn deliver(&self) -> Delivered {
        notice::deliver(&self.app, &Watch::default(), false).await.expect("a delivery")
    }

    /// Delivers as a person does who does not want to wait.
    pub async fn deliver_now(&self) -> Delivered {
        notice::deliver(&self.app, &Watch::default(), true).await.expect("a delivery")
    }

    /// Other settings of mail from now on, still kept in memory.
    pub fn change_mail_settings(&mut self, change: impl FnOnce(&mut MailSettings)) {
        let mut settings = (*self.app.settings.mail).clone();
        change(&mut settings);
        let has_operator = settings.operator.is_some();
        self.change_policy(|policy| policy.notices.has_operator = has_operator);
        self.app.mailer = mailer(&settings, &self.post);
        self.app.settings.mail = Arc::new(settings);
    }

    /// Somebody reads the reports.
    pub fn with_operator(&mut self) {
        self.change_mail_settings(|mail| {
            mail.operator = Some(mailbox_of("ops@example.com").expect("one"))
        });
    }

    /// Mails go to this server from now on.
    pub fn use_smtp(&mut self, server: &SmtpServer) {
        self.use_smtp_settings(smtp_settings(server));
    }

    pub fn use_smtp_settings(&mut self, smtp: SmtpSettings) {
        let mut settings = (*self.app.settings.mail).clone();
        settings.transport = TransportSettings::Smtp(smtp.clone());
        let transport = Arc::new(SmtpTransport::new(smtp).expect("a transport"));
        let mailer = Mailer::with_transport(&settings, transport).expect("a mailer");
        self.app.mailer = Arc::new(mailer);
        self.app.settings.mail = Arc::new(settings);
    }

    /// So many accounts that were told of a renewal each, and the notices are pending.
    pub async fn renewers(&mut self, count: u32) {
        for index in 0..count {
            let (key, msisdn) =
                (key_of(index), format!("{}", 447_700_900_000_u64 + u64::from(index)));
            self.numbers(&[&msisdn], "1").await;
            self.account(&key, "100").await;
            self.rent(&key, &msisdn).await;
        }
        self.sleep_until("2026-02-28").await;
        let run = self.run().await;
        assert_eq!(run.notices, u64::from(count));
    }
}

pub fn mailbox(address: &str) -> Mailbox {
    mailbox_of(address).expect("a mailbox")
}

/// The key of the account with this index.
pub fn key_of(index: u32) -> String {
    format!("{:08x}", index + 1)
}

/// How to reach a server that speaks without TLS.
pub fn smtp_settings(server: &SmtpServer) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        security: SmtpSecurity::None,
        credentials: None,
        connections_max: 4,
        timeout: Duration::from_secs(5),
        ca_file: None,
        hello_name: Some("billing.example.com".to_owned()),
    }
}
