//! SIGHUP: reads the configuration again, with the files of secrets and templates. Changes that need a restart are
//! logged. If anything is wrong, the whole configuration stays as it was.

use std::sync::Arc;

use anyhow::Result;
use tokio::signal::unix::Signal;
use tokio_util::task::AbortOnDropHandle;
use tracing::{error, info, warn};

use super::state::State;
use super::{Source, startup, systemd};
use crate::config::DaemonSettings;
use crate::remedies::explain;

/// Reads the configuration again after each signal.
pub(super) fn on_each(
    mut hangups: Signal,
    source: Source,
    begun_with: DaemonSettings,
    state: Arc<State>,
) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            systemd::rereading();
            match reread(&source, &begun_with, &state) {
                Ok(()) => {
                    info!("the configuration was read again, and holds from the next round on");
                    startup::check_gateway_credentials(&state.app()).await;
                }
                Err(failure) => {
                    let (error, hints) = explain(&failure);
                    error!(
                        error,
                        hint = hints.join("; "),
                        "the configuration stays as it was, the new one is wrong"
                    );
                }
            }
            systemd::ready();
        }
    }))
}

fn reread(source: &Source, begun_with: &DaemonSettings, state: &State) -> Result<()> {
    let loaded = source.load()?;
    let app = state.app();
    let (url, pool) = (loaded.settings.database_url.clone(), loaded.settings.database_pool);
    state.take(app.with_settings(loaded.settings)?);
    state.set_late_after(loaded.daemon.late_after);
    let changed = [
        ("database.url", url != app.settings.database_url),
        (
            "database.connections_max, database.wait_max, database.answer_max",
            pool != app.settings.database_pool,
        ),
    ];
    let changed = changed.into_iter().filter(|(_, has_changed)| *has_changed).map(|(key, _)| key);
    for key in changed.chain(begun_with.changed_until_restart(&loaded.daemon)) {
        warn!(key, "it has changed, and holds from the next start on");
    }
    Ok(())
}
