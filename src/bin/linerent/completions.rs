use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::{Cli, output};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  linerent completions bash > /usr/share/bash-completion/completions/linerent
  linerent completions zsh > /usr/local/share/zsh/site-functions/_linerent
  linerent completions fish > ~/.config/fish/completions/linerent.fish")]
pub struct Completions {
    /// For this shell.
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "linerent", &mut script);
        let script = String::from_utf8(script).context("writing the completions")?;
        output::print(script.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}
