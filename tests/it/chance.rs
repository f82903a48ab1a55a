//! Chance that can be repeated: a failed test prints its seed, and LINERENT_TEST_SEED sets it.

/// A sequence of numbers that looks random (SplitMix64).
pub struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    pub fn new() -> Self {
        let seed = match std::env::var("LINERENT_TEST_SEED") {
            Ok(seed) => seed.parse().expect("LINERENT_TEST_SEED is a number"),
            Err(_) => linerent::ids::new_uuid().as_u64_pair().1 >> 2,
        };
        Self { seed, state: seed }
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

impl Drop for Chance {
    #[expect(clippy::print_stderr, reason = "it goes to the report of the failed test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("repeat it with LINERENT_TEST_SEED={}", self.seed);
        }
    }
}
