//! `notice list`, `notice show`, `notice retry`, `notice preview`, `notice send`.

use super::error::Result;
use super::pages::Pages;
use super::run::Watch;
use super::{App, Refusal};
use crate::billing::delivery::Delivered;
use crate::ids::AccountId;
use crate::mail::{Reader, RenderedEmail, TemplateError, Templates};
use crate::notice::sample::samples;
use crate::notice::{Kind, NoticeFilter, NoticeId, NoticeStatus, StoredNotice};
use crate::store::{NoticePlace, StoreError};

/// A notice and the mail that it makes now.
#[derive(Debug)]
pub struct ShownNotice {
    pub notice: StoredNotice,
    /// The address that it was sent to, or would be sent to now.
    pub recipient: Option<String>,
    /// The subject that it was sent with, or would be sent with now.
    pub subject: Option<String>,
    pub mail: Result<RenderedEmail, TemplateError>,
}

/// Delivers what is pending and due; `impatiently`, also what was to be tried again later.
///
/// # Errors
/// [`StoreError`]: a daemon waits for some of them to pass.
pub async fn deliver(app: &App, watch: &Watch, impatiently: bool) -> Result<Delivered, StoreError> {
    app.notice_sender(watch).deliver(impatiently).await
}

/// How many notices are still to be sent.
pub async fn waiting(app: &App) -> Result<u64> {
    Ok(app.store.notice_backlog().await?.pending)
}

/// The newest notices, to one account or to anyone, of one status or any, newest first.
pub async fn pages(
    app: &App,
    account: Option<AccountId>,
    status: Option<NoticeStatus>,
    limit: u32,
) -> Result<Pages<'_, ShownNotice>> {
    if let Some(account) = account {
        app.account(account).await?;
    }
    Ok(Pages::new(Some(limit), move |after: Option<NoticePlace>, limit| async move {
        let filter = NoticeFilter { account, status, limit };
        let after = after.unwrap_or_else(NoticePlace::first);
        let (notices, last) = app.store.notices_after(&filter, &after).await?;
        let mut shown = Vec::with_capacity(notices.len());
        for notice in notices {
            shown.push(with_mail(app, notice).await?);
        }
        Ok((shown, last))
    }))
}

/// As [`pages`], the whole list.
pub async fn list(
    app: &App,
    account: Option<AccountId>,
    status: Option<NoticeStatus>,
    limit: u32,
) -> Result<Vec<ShownNotice>> {
    pages(app, account, status, limit).await?.all().await
}

/// One notice.
pub async fn show(app: &App, id: NoticeId) -> Result<ShownNotice> {
    let notice = app.store.find_notice(id).await?;
    with_mail(app, notice.ok_or(Refusal::NoticeNotFound { notice: id })?).await
}

/// Makes a notice pending again that was given up, or that waits for another attempt.
///
/// # Errors
/// Refuses a notice that was sent.
pub async fn retry(app: &App, id: NoticeId) -> Result<ShownNotice> {
    show(app, id).await?;
    if !app.store.retry_notice(id, app.clock.now()).await? {
        return Err(Refusal::NoticeSent { notice: id }.into());
    }
    show(app, id).await
}

/// Makes all notices pending again that were given up, and returns how many.
pub async fn retry_failed(app: &App) -> Result<u64> {
    Ok(app.store.retry_failed_notices(app.clock.now()).await?)
}

/// A mail of `kind` as it would be written, from made-up data.
///
/// # Errors
/// [`TemplateError`] if the operator's template cannot be used.
pub fn preview(templates: &Templates, kind: Kind) -> Result<RenderedEmail, TemplateError> {
    templates.write_sample(&samples(kind).swap_remove(0))
}

/// A notice with the mail that it makes now. If it is not pending, it keeps the address and the subject that it
/// was sent with.
pub(super) async fn with_mail(app: &App, notice: StoredNotice) -> Result<ShownNotice> {
    let account = match notice.id.to.account() {
        Some(id) => app.store.find_account(id).await?,
        None => None,
    };
    let reader = account.as_ref().map(|it| Reader { account: it.id, name: &it.name });
    let mail = app.mailer.letters().write(&notice.content, notice.id, reader);
    let address = match &account {
        Some(account) => Some(account.email.clone()),
        None => app.mailer.settings.operator.as_ref().map(|operator| operator.email.to_string()),
    };
    let is_pending = notice.status == NoticeStatus::Pending;
    let subject = mail.as_ref().ok().map(|mail| mail.subject.clone());
    let recipient = notice.recipient.clone().filter(|_| !is_pending).or(address);
    let subject = notice.subject.clone().filter(|_| !is_pending).or(subject);
    Ok(ShownNotice { notice, recipient, subject, mail })
}
