//! Properties of parsers of what comes from outside: they get the inputs of a corpus, these inputs with random changes,
//! and random bytes. `./scripts/fuzz SECONDS` repeats all properties with new seeds.
//!
//! The corpus of a parser is the folder of its name in `tests/corpus`, one file for each input. An input that breaks a
//! property is written to it, as `found-…`, so that it is tried each time from then on.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};

/// How long one input may take. It is far more than any takes, because the machine may be busy.
const TIME_MAX: Duration = Duration::from_secs(20);

/// The largest input that changes make.
const BYTES_MAX: usize = 64 * 1024;

/// Checks that `property` does not panic, whatever the input, and that it takes a bounded time.
pub fn check(corpus: &str, property: impl Fn(&[u8])) {
    check_fewer(corpus, 1, property);
}

/// As [`check`], for a property that takes long: with one case in `divisor`.
///
/// # Panics
/// If an input breaks the property. It is in the corpus then.
#[expect(clippy::print_stdout, reason = "`scripts/fuzz` counts the cases")]
pub fn check_fewer(corpus: &str, divisor: u32, property: impl Fn(&[u8])) {
    let entries = entries(&folder(corpus));
    let timed = |input: &[u8]| {
        let begun = Instant::now();
        property(input);
        let took = begun.elapsed();
        assert!(took < TIME_MAX, "{} took {took:?}", input.escape_ascii());
    };
    for entry in &entries {
        timed(entry);
    }
    let default = Config::default();
    let cases = default.cases.div_ceil(divisor);
    let config = Config { cases, failure_persistence: None, max_shrink_time: 60_000, ..default };
    let seed = config.rng_seed;
    let outcome = TestRunner::new(config).run(&inputs(entries), |input| {
        timed(&input);
        Ok(())
    });
    match outcome {
        Ok(()) => println!("fuzz: {cases} cases of {corpus}"),
        Err(TestError::Fail(reason, input)) => {
            let path = keep(corpus, &input);
            panic!(
                "{reason}\ninput: {}\nit is kept in {}, the seed was {}",
                input.escape_ascii(),
                path.display(),
                in_words(seed)
            );
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// As [`check`], for a parser of text.
pub fn check_text(corpus: &str, property: impl Fn(&str)) {
    check(corpus, |input| property(&String::from_utf8_lossy(input)));
}

fn in_words(seed: RngSeed) -> String {
    match seed {
        RngSeed::Fixed(seed) => seed.to_string(),
        RngSeed::Random => "random".to_owned(),
    }
}

fn folder(corpus: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus").join(corpus)
}

/// The inputs of a corpus, in the order of their names, so that a seed always means the same.
fn entries(folder: &Path) -> Vec<Vec<u8>> {
    let files =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = files.map(|file| file.expect("an entry").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "there is no input in {}", folder.display());
    paths.iter().map(|path| std::fs::read(path).expect("a file")).collect()
}

/// Writes an input to the corpus, under a name that is the same for the same input.
fn keep(corpus: &str, input: &[u8]) -> PathBuf {
    // FNV-1a.
    let hash = input.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut name = "found-".to_owned();
    write!(name, "{hash:016x}").expect("a string takes everything");
    let path = folder(corpus).join(name);
    std::fs::write(&path, input).expect("the corpus can be written to");
    path
}

/// A change of an input. Places are shares of its length.
#[derive(Debug, Clone)]
enum Change {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    /// Repeats some bytes many times.
    Repeat(Index, usize, usize),
    /// Goes on as another input does from there.
    Splice(Index, Index),
    /// Ends there.
    End(Index),
}

/// Texts that parsers handle in special ways.
const TOKENS: [&str; 40] = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\t",
    " ",
    "-",
    "+",
    ".",
    ",",
    ";",
    ":",
    "\"",
    "'",
    "\\",
    "/",
    "//",
    "@",
    "%00",
    "%",
    "{{",
    "}}",
    "{%",
    "[",
    "{",
    "]",
    "}",
    "<",
    ">",
    "#",
    "=",
    "NaN",
    "1e400",
    "-0",
    "99999999999999999999",
    "\u{202e}",
    "\u{feff}",
    "\u{1f4de}",
    "\u{f6}",
    "\u{130}",
];

fn change() -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (place(), vec(any::<u8>(), 1..8)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (place(), select(&TOKENS[..])).prop_map(|(at, token)| Change::Insert(at, token.into())),
        (place(), 1..40_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        (place(), 1..16_usize, 2..600_usize)
            .prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        (place(), place()).prop_map(|(at, other)| Change::Splice(at, other)),
        place().prop_map(Change::End),
    ]
}

impl Change {
    fn apply(&self, input: &mut Vec<u8>, entries: &[Vec<u8>]) {
        let place = |at: &Index| at.index(input.len() + 1);
        match self {
            Self::Set(at, byte) => {
                let at = place(at);
                if let Some(there) = input.get_mut(at) {
                    *there = *byte;
                }
            }
            Self::Insert(at, bytes) => {
                let at = place(at);
                input.splice(at..at, bytes.iter().copied());
            }
            Self::Remove(at, count) => {
                let at = place(at);
                input.drain(at..input.len().min(at + count));
            }
            Self::Repeat(at, length, times) => {
                let at = place(at);
                let some = input[at..input.len().min(at + length)].repeat(*times);
                input.splice(at..at, some);
            }
            Self::Splice(at, other) => {
                let at = place(at);
                let other = &entries[other.index(entries.len())];
                input.truncate(at);
                input.extend_from_slice(other.get(at..).unwrap_or_default());
            }
            Self::End(at) => {
                let at = place(at);
                input.truncate(at);
            }
        }
        input.truncate(BYTES_MAX);
    }
}

fn inputs(entries: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changed = (any::<Index>(), vec(change(), 1..6)).prop_map(move |(index, changes)| {
        let mut input = entries[index.index(entries.len())].clone();
        for change in changes {
            change.apply(&mut input, &entries);
        }
        input
    });
    prop_oneof![1 => vec(any::<u8>(), 0..200), 4 => changed]
}
