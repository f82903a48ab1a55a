//! Randomness as a parameter. Code that draws ids, tokens or jitter takes an [`Rng`].

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Draws random numbers.
pub trait Rng: fmt::Debug + Send + Sync {
    /// 64 random bits.
    fn next_u64(&self) -> u64;

    /// A number from 0 to `bound` - 1; 0 if `bound` is 0.
    fn below(&self, bound: u64) -> u64 {
        // The upper half of the product (Lemire, "Fast Random Integer Generation in an Interval", 2019,
        // without its rejection step: the bias is at most `bound` / 2^64).
        let product = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(product >> 64).expect("the upper half has 64 bits")
    }

    /// 62 random bits as a number that is never negative.
    fn token(&self) -> i64 {
        (self.next_u64() >> 2).cast_signed()
    }

    /// 128 random bits in hexadecimal: a name that no other process or test has.
    fn unique_name(&self) -> String {
        format!("{:016x}{:016x}", self.next_u64(), self.next_u64())
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for randomness")]
    fn next_u64(&self) -> u64 {
        getrandom::u64().expect("the operating system has randomness")
    }
}

/// A reproducible sequence for tests and simulations: SplitMix64 (Steele, Lea, Flood, "Fast Splittable
/// Pseudorandom Number Generators", OOPSLA 2014). Never for production: who knows one number of it can
/// compute all others.
#[derive(Debug)]
pub struct SeededRng {
    state: AtomicU64,
}

/// The increment of the state: 2^64 divided by the golden ratio, made odd.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl SeededRng {
    /// The sequence of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }
}

impl Rng for SeededRng {
    fn next_u64(&self) -> u64 {
        let mut mixed = self.state.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeded_sequence_is_splitmix64() {
        // The first values of the reference implementation (Vigna, splitmix64.c) with this seed.
        let rng = SeededRng::new(1_234_567);
        let drawn: Vec<_> = (0..3).map(|_| rng.next_u64()).collect();
        let expected =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(drawn, expected);
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let rng = SeededRng::new(7);
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.below(1), 0);
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[usize::try_from(rng.below(5)).expect("below 5")] = true;
        }
        assert_eq!(seen, [true; 5]);
    }

    #[test]
    fn tokens_are_never_negative() {
        let rng = SeededRng::new(7);
        assert!((0..1_000).all(|_| rng.token() >= 0));
    }

    #[test]
    fn the_operating_system_gives_other_numbers_each_time() {
        assert_ne!(SystemRng.unique_name(), SystemRng.unique_name());
    }
}
