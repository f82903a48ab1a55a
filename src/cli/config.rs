use std::path::Path;
use std::process::ExitCode;

use crate::config::{self, Setting};
use anyhow::Result;
use clap::Subcommand;

use crate::cli::output::{self, Screen, table};

#[derive(Debug, Subcommand)]
pub enum Config {
    /// Read everything and say whether it can work, without the database or the network.
    #[command(after_help = r#"Examples:
  linerent config check
  linerent --config linerent.toml config check"#)]
    Check,
    /// Every key with its value and where that comes from; secrets are masked.
    #[command(after_help = r#"Examples:
  linerent config show"#)]
    Show,
}

impl Config {
    /// Both are asked when settings are wrong, so they read them by themselves.
    pub fn run(
        self,
        file: Option<&Path>,
        database_url: Option<&str>,
        screen: Screen,
    ) -> Result<ExitCode> {
        match self {
            Self::Check => {
                let sources = config::check(file, database_url)?;
                for name in &sources.misspelt_variables {
                    output::note(&format!(
                        "the environment variable {name} is not read\nhint: write two underscores after LINERENT and after each section"
                    ));
                }
                screen.show(&sources, |it| format!("the configuration is fine: {it}"))?;
            }
            Self::Show => {
                let settings = config::show(file, database_url)?;
                screen.show(&settings, |settings| people(settings))?;
                note_unknown(&settings);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn people(settings: &[Setting]) -> String {
    let rows = settings.iter().map(|it| {
        // A line's end in a value would tear its line.
        let value = it.value.as_deref().map(|value| value.replace(char::is_control, "\u{fffd}"));
        let origin = it.origin.clone().unwrap_or_else(|| "not set".to_owned());
        vec![it.key.clone(), value.unwrap_or_else(|| "-".to_owned()), origin]
    });
    table(&["key", "value", "origin"], &[], rows)
}

fn note_unknown(settings: &[Setting]) {
    for it in settings.iter().filter(|it| !it.is_known) {
        output::note(&format!(
            "there is no key `{}`\nhint: `config/default.toml` explains every key",
            it.key
        ));
    }
}
