use std::path::Path;
use std::process::ExitCode;

use crate::config;
use crate::text::quoted;
use anyhow::Result;
use clap::Subcommand;

use crate::cli::output::{self, Screen, table};
use crate::cli::views::settings::{SettingView, sources_in_words};

#[derive(Debug, Subcommand)]
pub enum Config {
    /// Check that all settings are valid, without connecting to the database or the network.
    #[command(after_help = r#"Examples:
  linerent config check
  linerent --config linerent.toml config check"#)]
    Check,
    /// Show every setting with its value and its origin; secrets are masked.
    #[command(after_help = r#"Examples:
  linerent config show"#)]
    Show,
    /// Print the built-in configuration file, which explains every setting.
    #[command(after_help = r#"Examples:
  linerent config default
  linerent config default > linerent.toml"#)]
    Default,
}

impl Config {
    /// These are for settings that may be invalid, so they read them themselves.
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
                        "the environment variable {name} is ignored\nhint: write two underscores after LINERENT and after each section"
                    ));
                }
                screen.show(&sources, |it| {
                    format!("the configuration is valid: {}", sources_in_words(it))
                })?;
            }
            Self::Show => {
                let settings = config::show(file, database_url)?;
                let settings: Vec<_> = settings.into_iter().map(SettingView::from).collect();
                screen.show(&settings, |settings| people(settings))?;
                note_unknown(&settings);
            }
            Self::Default => screen.show(&config::DEFAULTS, |text| text.trim_end().to_owned())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn people(settings: &[SettingView]) -> String {
    let rows = settings.iter().map(|it| {
        let value = it.value.clone().unwrap_or_else(|| "-".to_owned());
        let origin = it.origin.clone().unwrap_or_else(|| "not set".to_owned());
        vec![it.key.clone(), value, origin]
    });
    table("settings", &["key", "value", "origin"], &[], rows)
}

fn note_unknown(settings: &[SettingView]) {
    for it in settings.iter().filter(|it| !it.is_known) {
        output::note(&format!(
            "unknown setting {}\nhint: `linerent config default` prints all settings",
            quoted(&it.key)
        ));
    }
}
