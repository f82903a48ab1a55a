//! What the doctor found, in words.

use serde::Serialize;

use super::settings::sources_in_words;
use crate::config::Sources;
use crate::operations::doctor::{Finding, Level, Message, Remedy};
use crate::remedies;

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// The work goes on, and somebody should look.
    Warning,
    /// The work, or a part of it, cannot be done.
    Wrong,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }
}

impl From<Level> for State {
    fn from(level: Level) -> Self {
        match level {
            Level::Ok => Self::Ok,
            Level::Warning => Self::Warning,
            Level::Wrong => Self::Wrong,
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct FindingView {
    /// `configuration`, `metrics`, `database`, `clock`, `runs`, `gateway`, `mail` or `notices`.
    pub about: &'static str,
    /// `ok`, `warning` or `wrong`.
    pub state: State,
    /// What was found, in words.
    pub finding: String,
    /// What to do about it; there for everything that is not well.
    pub remedy: Option<String>,
}

const CONFIGURATION: &str = "configuration";

impl FindingView {
    /// A valid configuration, and each variable that is ignored although it resembles a setting.
    pub fn of_configuration(sources: &Sources) -> Vec<Self> {
        let valid = Self {
            about: CONFIGURATION,
            state: State::Ok,
            finding: format!("valid: {}", sources_in_words(sources)),
            remedy: None,
        };
        let ignored = sources.misspelt_variables.iter().map(|name| {
            let finding = format!("the environment variable {name} is ignored");
            let remedy = "write two underscores after LINERENT and after each section";
            Self::warning(CONFIGURATION, finding, remedy)
        });
        [valid].into_iter().chain(ignored).collect()
    }

    /// A configuration that cannot be read, so that nothing else can be checked.
    pub fn of_misconfiguration(error: &anyhow::Error) -> Vec<Self> {
        let (reason, remedies) = remedies::explain(error);
        let failed = Self {
            about: CONFIGURATION,
            state: State::Wrong,
            finding: reason,
            remedy: Some(or_else(remedies, || "see `linerent config show`".to_owned())),
        };
        let remedy = "correct the configuration, then run `linerent doctor` again";
        vec![
            failed,
            Self::warning(CONFIGURATION, "nothing else could be looked at".to_owned(), remedy),
        ]
    }

    fn warning(about: &'static str, finding: String, remedy: &str) -> Self {
        Self { about, state: State::Warning, finding, remedy: Some(remedy.to_owned()) }
    }
}

impl From<&Finding> for FindingView {
    fn from(it: &Finding) -> Self {
        let (finding, remedies) = match &it.message {
            Message::Text(text) => (text.clone(), Vec::new()),
            Message::Failure(error) => remedies::explain(error),
            Message::MetricsWritable(file) => {
                (format!("`linerent run` can write to {}", file.display()), Vec::new())
            }
            Message::MetricsUnwritable(file, error) => {
                (format!("`linerent run` cannot write to {}: {error}", file.display()), Vec::new())
            }
            Message::OpenToOthers(paths) => {
                let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
                (
                    format!("other users of this machine can use {}", paths.join(", ")),
                    vec![format!("`chmod go= {}`", paths.join(" "))],
                )
            }
        };
        let remedy = it.remedy.map(|remedy| or_else(remedies, || in_words(remedy)));
        Self { about: it.check.as_str(), state: it.level.into(), finding, remedy }
    }
}

/// The remedies of the error, or the other one if it has none.
fn or_else(remedies: Vec<String>, other: impl FnOnce() -> String) -> String {
    if remedies.is_empty() { other() } else { remedies.join("; ") }
}

fn in_words(remedy: Remedy) -> String {
    let text = match remedy {
        Remedy::ShowRun(date) => return format!("`linerent run show {date}` says why"),
        Remedy::ReviewClock(date) => {
            return format!(
                "correct the machine's clock; if the date is right, `linerent run approve {date}` charges what is due"
            );
        }
        Remedy::ContinueUndo(date) => return crate::remedies::being_undone(date),
        Remedy::ReviewRun(date) => {
            return format!(
                "look at `linerent run show {date}`, then `linerent run approve {date}`, or correct the cause of so many releases"
            );
        }
        Remedy::ListDue(date) => {
            return format!(
                "`linerent subscription list --due-by {date}` shows what it is; `linerent run` charges what was missed, and what is past due once it can be paid"
            );
        }
        Remedy::CheckGatewayNetwork(name) => {
            return format!(
                "check the network and `payments.{name}`; until it answers, no card is charged and no number is released because of it"
            );
        }
        Remedy::SetMetricsFile => "set `metrics.textfile` to the path of a file",
        Remedy::AllowMetricsFolder => {
            "create the folder, or allow the user of `linerent run` to write to it"
        }
        Remedy::CheckDatabase => "check the database",
        Remedy::CheckDatabaseUrl => "check `database.url`",
        Remedy::CheckDatabaseRights => "see the rights of the database's user",
        Remedy::RepairDatabase => "repair the database, then run `linerent doctor` again",
        Remedy::MakeRoom => "make room",
        Remedy::MakeRoomInTime => "make room before it is full",
        Remedy::RestrictFiles => "take the permissions of other users away with `chmod go=`",
        Remedy::SetServerClock => {
            "set the one that is wrong, best by NTP; dates are billed by this machine's"
        }
        Remedy::SetClock => {
            "set this machine's clock, best by NTP, or check `billing.time_zone`; until then no run begins"
        }
        Remedy::StartRun => {
            "start `linerentd`, or run `linerent run`: each missed period is charged once"
        }
        Remedy::ContinueRun => "`linerent run` or `linerentd` continues it",
        Remedy::CheckPayments => "check `payments`",
        Remedy::CheckCredentials => "check `payments`: no card can be charged",
        Remedy::EndRehearsal => "set `payments.test_in_production` to false after the rehearsal",
        Remedy::SetGateway => "set `payments.gateway` to `stripe`",
        Remedy::CheckMail => "see `mail` in the configuration",
        Remedy::TestMail => {
            "see `mail` in the configuration; notices wait, and `linerent mail test --to ADDRESS` tries"
        }
        Remedy::SetOperator => "set `mail.operator`",
        Remedy::DeliverNotices => {
            "`linerentd`, or `linerent notice send`, delivers them; `linerent notice list --status pending` says what the mail server said"
        }
        Remedy::RetryNotices => {
            "`linerent notice list --status failed` says why, `linerent notice retry --failed` tries again"
        }
    };
    text.to_owned()
}
