//! The daemon: does each day's run once `schedule.run_at` has passed, checks the balances
//! of those who reload by card every `auto_reload.check_every`, asks about what is in doubt, and
//! delivers notices as they come. See [`linerent::daemon`].

use std::process::ExitCode;

fn main() -> ExitCode {
    linerent::daemon::main()
}
