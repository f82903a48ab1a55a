//! The patterns of numbering plans: a small part of regular expressions, over digits only.
//!
//! A pattern consists of digits, `\d`, classes such as `[2-47]`, groups `(?:…|…)`, and the quantifiers `?`, `{n}`
//! and `{n,m}`. It matches a number as a whole. Matching is by backtracking, which is fast here, because the
//! alternatives of a group differ in their first digits.

/// Alternatives, each a sequence.
#[derive(Debug)]
pub(crate) struct Pattern(Vec<Vec<Item>>);

#[derive(Debug)]
struct Item {
    atom: Atom,
    min: u8,
    max: u8,
}

#[derive(Debug)]
enum Atom {
    /// Bit `n` is set if the digit `n` matches.
    Digits(u16),
    Group(Pattern),
}

impl Pattern {
    /// `None` if the text is not a pattern of this kind.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser { rest: text };
        let pattern = parser.alternatives()?;
        parser.rest.is_empty().then_some(pattern)
    }

    /// Whether all of `digits` matches.
    pub fn matches(&self, digits: &str) -> bool {
        self.matches_prefix(digits.as_bytes(), &|rest| rest.is_empty())
    }

    /// Whether a prefix matches so that `then` accepts the rest.
    fn matches_prefix(&self, digits: &[u8], then: &dyn Fn(&[u8]) -> bool) -> bool {
        self.0.iter().any(|items| matches_items(items, digits, then))
    }
}

fn matches_items(items: &[Item], digits: &[u8], then: &dyn Fn(&[u8]) -> bool) -> bool {
    match items.split_first() {
        None => then(digits),
        Some((item, following)) => {
            matches_repeated(item, 0, digits, &|rest| matches_items(following, rest, then))
        }
    }
}

/// Matches `item` again after `count` times, or goes on with `then`.
fn matches_repeated(item: &Item, count: u8, digits: &[u8], then: &dyn Fn(&[u8]) -> bool) -> bool {
    let again = count < item.max
        && match &item.atom {
            Atom::Digits(set) => digits.split_first().is_some_and(|(digit, rest)| {
                is_in(*set, *digit) && matches_repeated(item, count + 1, rest, then)
            }),
            Atom::Group(group) => {
                group.matches_prefix(digits, &|rest| matches_repeated(item, count + 1, rest, then))
            }
        };
    again || (count >= item.min && then(digits))
}

fn is_in(set: u16, digit: u8) -> bool {
    digit.is_ascii_digit() && set & (1 << (digit - b'0')) != 0
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Option<Pattern> {
        let mut alternatives = vec![self.sequence()?];
        while self.skip("|") {
            alternatives.push(self.sequence()?);
        }
        Some(Pattern(alternatives))
    }

    fn sequence(&mut self) -> Option<Vec<Item>> {
        let mut items = Vec::new();
        while !self.rest.is_empty() && !self.rest.starts_with(['|', ')']) {
            let atom = self.atom()?;
            let (min, max) = self.quantifier()?;
            items.push(Item { atom, min, max });
        }
        Some(items)
    }

    fn atom(&mut self) -> Option<Atom> {
        if self.skip("(?:") {
            let group = self.alternatives()?;
            return self.skip(")").then_some(Atom::Group(group));
        }
        if self.skip("\\d") {
            return Some(Atom::Digits(0x3ff));
        }
        if !self.skip("[") {
            return Some(Atom::Digits(1 << self.digit()?));
        }
        let mut set = 0;
        while !self.skip("]") {
            let first = self.digit()?;
            let last = if self.skip("-") { self.digit()? } else { first };
            for digit in first..=last {
                set |= 1 << digit;
            }
        }
        Some(Atom::Digits(set))
    }

    fn quantifier(&mut self) -> Option<(u8, u8)> {
        if self.skip("?") {
            return Some((0, 1));
        }
        if !self.skip("{") {
            return Some((1, 1));
        }
        let (bounds, rest) = self.rest.split_once('}')?;
        self.rest = rest;
        let (min, max) = bounds.split_once(',').unwrap_or((bounds, bounds));
        Some((min.parse().ok()?, max.parse().ok()?))
    }

    fn digit(&mut self) -> Option<u8> {
        let digit = *self.rest.as_bytes().first()?;
        self.rest = self.rest.get(1..)?;
        digit.is_ascii_digit().then(|| digit - b'0')
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    use regex_lite::Regex;

    /// Each pattern of the plans, with an example of a number.
    fn patterns() -> Vec<(&'static str, &'static str)> {
        let mut found = Vec::new();
        let mut general = None;
        for line in include_str!("../data/plans.txt").lines() {
            match line.split_ascii_whitespace().collect::<Vec<_>>()[..] {
                ["general", pattern] => general = Some(pattern),
                [_, _, example, pattern] if line.starts_with(' ') => {
                    found.push((pattern, example));
                    found.extend(general.take().map(|general| (general, example)));
                }
                _ => {}
            }
        }
        found
    }

    #[test]
    fn other_syntax_is_not_accepted() {
        for text in
            ["a", "(1)", "[^1]", "1+", "1*", ".", "\\w", "(?:1", "1)", "[1", "1{", "1{2", "1{,2}"]
        {
            assert!(Pattern::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn every_count_of_a_repeated_group_is_tried() {
        let pattern = Pattern::parse("(?:1|12){1,3}2?3").expect("a pattern");
        for digits in ["13", "123", "1123", "12123", "11123", "1223", "1212123"] {
            assert!(pattern.matches(digits), "{digits}");
        }
        for digits in ["", "3", "1", "11113", "12223", "132"] {
            assert!(!pattern.matches(digits), "{digits}");
        }
    }

    /// Digits that resemble `example`: a few of them are changed, one is removed or added.
    fn variants(example: &str) -> impl Strategy<Value = String> {
        let digits: Vec<char> = example.chars().collect();
        let changes = prop::collection::vec((0..digits.len(), prop::char::range('0', '9')), 0..4);
        (Just(digits), changes, 0..4_u8).prop_map(|(mut digits, changes, length)| {
            for (index, digit) in changes {
                digits[index] = digit;
            }
            match length {
                0 => drop(digits.pop()),
                1 => digits.push('7'),
                _ => {}
            }
            digits.into_iter().collect()
        })
    }

    #[test]
    fn the_patterns_match_as_regular_expressions_do() {
        let mut runner = TestRunner::deterministic();
        let (mut compared, mut matched) = (0, 0);
        for (text, example) in patterns() {
            let pattern = Pattern::parse(text).expect("a pattern");
            let expected = Regex::new(&format!("^(?:{text})$")).expect("a regular expression");
            let variants = variants(example);
            for _ in 0..20 {
                let digits = variants.new_tree(&mut runner).expect("a variant").current();
                assert_eq!(pattern.matches(&digits), expected.is_match(&digits), "{text} {digits}");
                compared += 1;
                matched += usize::from(pattern.matches(&digits));
            }
        }
        assert!(compared > 25_000 && matched > 5_000, "{matched} of {compared} matched");
    }
}
