//! The daily run: what it charges and releases, alone, shared, interrupted, and for show.

mod clock_guard;
mod determinism;
mod dry_run;
mod guard;
mod isolation;
mod killed;
mod large;
mod late;
mod releases;
mod renewals;
mod sharing;
mod textfile;
mod undo;
