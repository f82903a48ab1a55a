//! `init`: creates the database or brings it up to date.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};

use crate::calendar::date_at;
use crate::clock::Clock;
use crate::installation::{InstallationKind, SANDBOX_DATES};
use crate::operations::error::Result;
use crate::operations::{Refusal, Settings};
use crate::private_files;
use crate::store::schema::SchemaState;
use crate::store::{InitLock, Store, StoreError};

/// What `init` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Initialised {
    pub kind: InstallationKind,
    /// Whether anything was made or changed.
    pub changed: bool,
}

/// What the operator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A production database; a sandbox that exists stays a sandbox.
    AsItIs,
    /// A sandbox on this date, or on today's.
    Sandbox(Option<NaiveDate>),
}

/// Creates the database of `settings` as `wanted`, or brings it up to date.
///
/// # Errors
/// Refuses to make a sandbox of a production database, or to move a sandbox's clock. Fails if the database
/// cannot be reached or was not created by linerent.
pub async fn init(settings: &Settings, wanted: Wanted, clock: &dyn Clock) -> Result<Initialised> {
    refuse_unusual_date(wanted)?;
    make_folder(&settings.database_url)?;
    let _lock = lock(settings, clock).await.context("opening the database")?;
    let store = Store::connect_or_create(&settings.database_url, settings.database_pool)
        .await
        .context("opening the database")?;
    let outcome = initialise(&store, settings, wanted, clock.now()).await;
    store.close().await;
    outcome
}

/// How long an `init` waits for another one.
const WAIT_MAX: Duration = Duration::from_secs(120);
const WAIT: Duration = Duration::from_millis(100);

/// Waits for other processes that initialise the same database.
async fn lock(settings: &Settings, clock: &dyn Clock) -> Result<InitLock, StoreError> {
    let mut lock = InitLock::of(&settings.database_url, settings.database_pool).await?;
    let since = clock.monotonic();
    while !lock.try_take().await? {
        if clock.monotonic().saturating_sub(since) > WAIT_MAX {
            return Err(StoreError::BeingInitialised);
        }
        clock.sleep(WAIT).await;
    }
    Ok(lock)
}

/// Refuses a date of a sandbox that not everything can show.
fn refuse_unusual_date(wanted: Wanted) -> Result<(), Refusal> {
    match wanted {
        Wanted::Sandbox(Some(on)) => require_sandbox_date(on),
        Wanted::Sandbox(None) | Wanted::AsItIs => Ok(()),
    }
}

/// Refuses a date that a sandbox cannot have.
pub(super) fn require_sandbox_date(on: NaiveDate) -> Result<(), Refusal> {
    let (first, last) = SANDBOX_DATES.into_inner();
    if (first..=last).contains(&on) {
        return Ok(());
    }
    Err(Refusal::SandboxDateOutOfRange { on, first, last })
}

async fn initialise(
    store: &Store,
    settings: &Settings,
    wanted: Wanted,
    now: DateTime<Utc>,
) -> Result<Initialised> {
    let before = store.schema_state().await?;
    let existing = match before {
        // Asked first, so that what is refused has not been migrated either.
        SchemaState::Older | SchemaState::Current => store.find_installation().await?,
        SchemaState::Empty
        | SchemaState::Newer
        | SchemaState::PreRelease
        | SchemaState::Foreign => None,
    };
    let kind = kind_of(
        existing.map(|installation| installation.kind),
        wanted,
        date_at(now, settings.zone),
    )?;
    store.migrate().await?;
    store.create_installation(kind, now).await?;
    // Read back: another `init` may have come first.
    let kind = store.find_installation().await?.map_or(kind, |installation| installation.kind);
    let changed = before != SchemaState::Current || existing.is_none();
    Ok(Initialised { kind, changed })
}

/// What the database is for, or shall be.
fn kind_of(
    existing: Option<InstallationKind>,
    wanted: Wanted,
    today: NaiveDate,
) -> Result<InstallationKind, Refusal> {
    match (existing, wanted) {
        (None, Wanted::AsItIs) => Ok(InstallationKind::Production),
        (None, Wanted::Sandbox(on)) => Ok(InstallationKind::Sandbox { on: on.unwrap_or(today) }),
        (Some(InstallationKind::Production), Wanted::Sandbox(_)) => {
            Err(Refusal::ProductionCannotBecomeSandbox)
        }
        (Some(InstallationKind::Sandbox { on }), Wanted::Sandbox(Some(asked))) if asked != on => {
            Err(Refusal::SandboxExists { on })
        }
        (Some(kind), _) => Ok(kind),
    }
}

/// Makes the folder that an SQLite file shall be in.
fn make_folder(url: &str) -> Result<()> {
    let Some(folder) = sqlite_folder(url).filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    let made = private_files::make_folder(folder);
    Ok(made.with_context(|| format!("making the folder {}", folder.display()))?)
}

/// The folder that an SQLite file is in, or shall be; empty for the present one.
pub(crate) fn sqlite_folder(url: &str) -> Option<&Path> {
    sqlite_path(url)?.parent()
}

/// The path of an SQLite file.
pub(crate) fn sqlite_path(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path).split('?').next().unwrap_or(path);
    Some(Path::new(path))
}
