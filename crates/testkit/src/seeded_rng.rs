//! Random cases that can be repeated.
//!
//! By default they come from fixed seeds and are few. `./scripts/test --deep` chooses a seed, hands it over in
//! LINERENT_TEST_DEEP, and has many more.

/// The seed of a deep run; `None` in the usual one.
fn deep_seed() -> Option<u64> {
    let seed = std::env::var("LINERENT_TEST_DEEP").ok()?;
    Some(seed.parse().expect("LINERENT_TEST_DEEP is a number"))
}

/// How many of something a test does: `usual`, or `deep` in a deep run.
pub fn count_of(usual: u32, deep: u32) -> u32 {
    if deep_seed().is_some() { deep } else { usual }
}

/// A sequence of numbers that looks random (SplitMix64).
pub struct SeededRng {
    state: u64,
}

impl SeededRng {
    /// The sequence for `case`; each case of the same run has a sequence of its own.
    pub fn new(case: &str) -> Self {
        // FNV-1a, which is the same on each machine and in each release of Rust.
        let hash = case.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self { state: hash ^ deep_seed().unwrap_or_default() }
    }

    /// A number from 0 to `count` - 1.
    pub fn below(&mut self, count: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % count
    }

    /// True once in `count` times.
    pub fn once_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    pub fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        let index = self.below(things.len() as u64);
        things[usize::try_from(index).expect("an index")]
    }
}

impl Drop for SeededRng {
    #[expect(clippy::print_stderr, reason = "it goes to the report of the failed test")]
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(seed) = deep_seed()
        {
            eprintln!("repeat it with LINERENT_TEST_DEEP={seed} ./scripts/test --deep");
        }
    }
}
