//! Properties of everything that reads what comes from outside: it never panics, takes a bounded time, reads what it
//! prints, and what it accepts can be stored. `linerent_testkit::fuzz` makes the inputs. Parsers that are not public
//! have a file `fuzz.rs` beside them.

mod files;
mod values;
mod webhooks;
