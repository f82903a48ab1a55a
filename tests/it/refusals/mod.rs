//! What bad input gets. Each refused command says what was wrong and how to mend it, changes
//! nothing, and exits with 1 where a rule said no, with 2 where it could not be carried out.
//!
//! The real program is asked, in a world's own folder. To add a case: a line among the commands
//! of the test that it belongs to, or a test of its own.

use std::process::{Command, Output};

use linerent::cli::views::accounts::AccountView;
use linerent::cli::views::audit::AuditView;
use linerent::cli::views::numbers::InventoryView;
use linerent::cli::views::reloads::ReloadView;
use linerent::cli::views::runs::RunView;
use linerent::cli::views::subscriptions::SubscriptionView;
use linerent::operations::run::{self, Watch};
use linerent::operations::{audit, numbers::show, reload, rentals::list};
use linerent_testkit::World;

/// Pins the answers to what they are, on whichever engine.
macro_rules! assert_answers {
    ($answers:expr, @$expected:literal) => {{
        let answers = $answers;
        insta::allow_duplicates! { insta::assert_snapshot!(answers, @$expected) }
    }};
}

mod accounts;
mod cancelling;
mod clocks;
mod configuration;
mod configuring;
mod databases;
mod forecasts;
mod imports;
mod mail;
mod money;
mod prices;
mod races;
mod reloads;
mod renting;
mod servers;
mod short_codes;
mod texts;

/// The program's answers to `commands`, of which none may do or change anything.
async fn refused(world: &World, commands: &[&[&str]]) -> String {
    let mut answers = Vec::new();
    let before = everything(world).await;
    for command in commands {
        let output = world.linerent(command);
        assert!(!output.status.success(), "{command:?} was done: {output:?}");
        assert_eq!(everything(world).await, before, "{command:?} changed something");
        answers.push(format!("$ {}\n{}", shown(command), answer(world, &output)));
    }
    answers.join("\n")
}

/// A command as a shell would want it.
fn shown(command: &[&str]) -> String {
    let is_plain = |it: &str| !it.is_empty() && !it.contains(char::is_whitespace);
    let words =
        command.iter().map(|it| if is_plain(it) { (*it).to_owned() } else { format!("{it:?}") });
    words.collect::<Vec<_>>().join(" ")
}

/// What the program said beside the data, and how it ended, without what differs from one world
/// or machine to another.
fn answer(world: &World, output: &Output) -> String {
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "there is data, and there is no data");
    let folder = world.folder().display().to_string();
    let said = String::from_utf8_lossy(&output.stderr).replace(&folder, "FOLDER");
    let said: Vec<_> = said
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| line.split(" (os error").next().unwrap_or(line))
        .collect();
    let code = output.status.code().expect("the program ends by itself");
    format!("{}\nexit {code}", said.join("\n"))
}

/// The program does as it is told, and returns what it printed.
fn done(world: &World, command: &[&str]) -> String {
    let output = world.linerent(command);
    assert!(output.status.success(), "{command:?} was not done: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Runs the program on the database at `url` instead of the world's.
fn linerent_on(world: &World, url: &str, command: &[&str]) -> Output {
    let mut program = Command::new(linerent_testkit::path_of("linerent"));
    program.current_dir(world.folder()).args(["--database", url]).args(command);
    program.output().expect("the program starts")
}

/// All that an operator can see.
async fn everything(world: &World) -> String {
    let app = &world.app;
    let accounts = linerent::operations::accounts::list(app).await.expect("accounts");
    let accounts: Vec<_> = accounts.iter().map(AccountView::from).collect();
    let numbers = show::list(app, None).await.expect("numbers");
    let numbers: Vec<_> = numbers.iter().map(InventoryView::from).collect();
    let subscriptions = list::list(app, None, None, None).await.expect("subscriptions");
    let subscriptions: Vec<_> = subscriptions.iter().map(SubscriptionView::from).collect();
    let runs = run::list(app, 1_000).await.expect("runs");
    let runs: Vec<_> = runs.iter().map(RunView::from).collect();
    let reloads = reload::list(app, None, None, 1_000).await.expect("reloads");
    let reloads: Vec<_> = reloads.iter().map(ReloadView::from).collect();
    let audit = audit::audit(app, &Watch::default()).await.expect("an audit");
    let audit = AuditView::from(&audit);
    let installation = app.store.find_installation().await.expect("an installation");
    let seen = (accounts, numbers, subscriptions, runs, reloads, audit);
    serde_json::to_string(&seen).expect("JSON") + &format!("{installation:?}")
}
