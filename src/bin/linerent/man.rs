use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _};
use linerent::daemon::CommandLine;

use crate::{Cli, output};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  linerent man /usr/local/share/man/man1
  linerent man . && man ./linerent-rent.1")]
pub struct Man {
    /// The folder for the pages, one for each command and the daemon; made where it is not there.
    folder: PathBuf,
}

impl Man {
    pub fn run(self) -> Result<ExitCode> {
        let folder = self.folder.display();
        std::fs::create_dir_all(&self.folder).with_context(|| format!("making {folder}"))?;
        for program in [Cli::command(), CommandLine::command()] {
            clap_mangen::generate_to(program, &self.folder)
                .with_context(|| format!("writing man pages into {folder}"))?;
        }
        output::note(&format!("man pages are in {folder}"));
        Ok(ExitCode::SUCCESS)
    }
}
