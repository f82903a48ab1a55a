use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Arg, Args, Command, CommandFactory as _, ValueHint};
use clap_complete::Shell;

use crate::cli::{Cli, output};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  linerent completions bash > /usr/share/bash-completion/completions/linerent
  linerent completions zsh > /usr/local/share/zsh/site-functions/_linerent
  linerent completions fish > ~/.config/fish/completions/linerent.fish")]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> Result<ExitCode> {
        let mut command = without_files(Cli::command());
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "linerent", &mut script);
        let script = String::from_utf8(script).context("writing the completions")?;
        let script = if self.shell == Shell::Bash { with_files(&script, &command) } else { script };
        output::print(script.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A shell offers the files of the folder for whatever it knows nothing of. What is no file is said
/// to be something else.
fn without_files(command: Command) -> Command {
    let hint = |it: Arg| {
        let is_unknown = it.get_value_hint() == ValueHint::Unknown;
        let takes_values = it.get_action().takes_values();
        if is_unknown && takes_values { it.value_hint(ValueHint::Other) } else { it }
    };
    command.mut_args(hint).mut_subcommands(without_files)
}

/// The script for bash offers nothing but options where a file can stand as well. With no offer, bash
/// has the files; options are offered once they are begun.
fn with_files(script: &str, command: &Command) -> String {
    let patterns: Vec<_> =
        taking_files(command).iter().map(|path| format!("*\" {path} \"*")).collect();
    let function = format!(
        "_linerent_or_files() {{
    _linerent \"$@\"
    case \" ${{COMP_WORDS[*]:0:COMP_CWORD}} \" in
        {})
            [[ $2 == -* ]] || COMPREPLY=()
            ;;
    esac
}}\n",
        patterns.join(" | ")
    );
    script.replace("complete -F _linerent ", "complete -F _linerent_or_files ") + &function
}

/// The commands that are given a file or folder without an option, such as `number import`.
fn taking_files(command: &Command) -> Vec<String> {
    let mut paths = Vec::new();
    for below in command.get_subcommands() {
        let has_file = below
            .get_positionals()
            .any(|it| matches!(it.get_value_hint(), ValueHint::FilePath | ValueHint::DirPath));
        let name = below.get_name();
        paths.extend(has_file.then(|| name.to_owned()));
        paths.extend(taking_files(below).into_iter().map(|path| format!("{name} {path}")));
    }
    paths
}
