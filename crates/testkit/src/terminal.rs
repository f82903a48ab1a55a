//! The real admin program on a terminal: that of `script`, of util-linux.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use crate::processes::path_of;
use crate::world::World;

pub const CTRL_C: &str = "\u{3}";
pub const CTRL_D: &str = "\u{4}";

/// All that came to the screen while a command was carried out, and how that ended.
pub struct Seen {
    raw: String,
    code: i32,
}

/// Carries out a command on a terminal; these keys are pressed as soon as `awaited` is seen.
pub fn on_terminal(world: &World, command: &str, (awaited, keys): (&str, &str)) -> Seen {
    let program = path_of("linerent");
    let line = format!(
        "stty columns 120; exec {} --database '{}' {command}",
        program.display(),
        world.url
    );
    let mut terminal = Command::new("script")
        .current_dir(world.folder())
        .args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`script` starts");
    // It is held until the end: a keyboard that is gone presses Ctrl-D.
    let mut keyboard = terminal.stdin.take().expect("a pipe");
    let mut output = terminal.stdout.take().expect("a pipe");
    let (mut seen, mut some) = (Vec::new(), [0; 4096]);
    let mut has_pressed = false;
    loop {
        let count = output.read(&mut some).expect("output");
        if count == 0 {
            break;
        }
        seen.extend_from_slice(&some[..count]);
        if !has_pressed && String::from_utf8_lossy(&seen).contains(awaited) {
            // The program may have ended meanwhile, and the terminal with it.
            let _ = keyboard.write_all(keys.as_bytes());
            has_pressed = true;
        }
    }
    drop(keyboard);
    let code = terminal.wait().expect("an end").code().expect("a code");
    Seen { raw: String::from_utf8_lossy(&seen).into_owned(), code }
}

impl Seen {
    /// Whether this was on the screen at any time.
    pub fn has_shown(&self, text: &str) -> bool {
        self.raw.contains(text)
    }

    /// The lines that are left at the end, and the exit code.
    pub fn at_the_end(&self) -> String {
        let raw = self.raw.replace("\r\n", "\n").replace("\u{1b}[2K", "");
        let lines = raw.lines().map(|line| line.rsplit('\r').next().unwrap_or_default().trim_end());
        let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        format!("{}\nexit {}", lines.join("\n"), self.code)
    }
}
