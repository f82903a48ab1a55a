use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::daemon::CommandLine;
use anyhow::{Context as _, Result};
use clap::builder::Resettable;
use clap::{Args, Command, CommandFactory as _, ValueHint};
use clap_mangen::roff::{Roff, roman};

use crate::cli::{Cli, output};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  linerent man /usr/local/share/man/man1
  linerent man . && man ./linerent-rent.1")]
pub struct Man {
    /// The directory for the pages, one for each command and the daemon; created if missing.
    #[arg(value_hint = ValueHint::DirPath)]
    folder: PathBuf,
}

impl Man {
    pub fn run(self) -> Result<ExitCode> {
        let folder = self.folder.display();
        fs::create_dir_all(&self.folder).with_context(|| format!("making {folder}"))?;
        for program in [Cli::command(), CommandLine::command()] {
            let mut program = program.disable_help_subcommand(true);
            program.build();
            let version = program.get_version().unwrap_or_default();
            let source = format!("{} {version}", program.get_name());
            write_pages(&program, &source, &self.folder)
                .with_context(|| format!("writing man pages into {folder}"))?;
        }
        output::note(&format!("man pages are in {folder}"));
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes the page of a command, and those of all below it.
fn write_pages(command: &Command, source: &str, folder: &Path) -> std::io::Result<()> {
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        write_pages(below, source, folder)?;
    }
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    // It would be filled and hyphenated like prose, and commands could not be copied from it.
    let man = clap_mangen::Man::new(command.clone().after_help(Resettable::Reset)).source(source);
    let mut page = Vec::new();
    man.render(&mut page)?;
    let page = String::from_utf8_lossy(&page).into_owned() + &sections(&after);
    // Else they are set as quotation marks and accents.
    let page = page.replace('`', r"\(ga").replace('~', r"\(ti").replace('^', r"\(ha");
    fs::write(folder.join(man.get_filename()), page)
}

/// What stands behind the help: a section for each of its headings, with what is indented below it
/// line by line, and prose as prose.
fn sections(after_help: &str) -> String {
    let mut roff = Roff::new();
    let mut is_filled = true;
    for line in after_help.lines() {
        let command = line.strip_prefix("  ");
        if command.is_none() != is_filled {
            is_filled = command.is_none();
            roff.control(if is_filled { "fi" } else { "nf" }, []);
        }
        let heading = line.strip_suffix(':').filter(|heading| !heading.contains(' '));
        match (command, heading) {
            (Some(command), _) => roff.text([roman(command)]),
            (None, Some(heading)) => roff.control("SH", [heading.to_uppercase().as_str()]),
            (None, None) if line.is_empty() => roff.control("PP", []),
            (None, None) => roff.text([roman(line)]),
        };
    }
    if !is_filled {
        roff.control("fi", []);
    }
    // Every piece is rendered with definitions at its head, and the page has them already.
    let text = roff.render();
    text.strip_prefix(&Roff::new().render()).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::sections;

    #[test]
    fn commands_stand_line_by_line_and_prose_is_filled() {
        let help =
            "Examples:\n  linerent rent\n  linerent cancel 'x'\n\nA file has columns:\nmany.";
        insta::assert_snapshot!(sections(help), @r"
        .SH EXAMPLES
        .nf
        linerent rent
        linerent cancel \*(Aqx\*(Aq
        .fi
        .PP
        A file has columns:
        many.
        ");
    }
}
