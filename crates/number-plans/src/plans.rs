//! The numbering plans, read from `data/plans.txt`. `data/README.md` describes the file.

use std::sync::LazyLock;

use crate::pattern::Pattern;

#[derive(Debug)]
pub(crate) struct Plan {
    /// The ISO 3166 code of the country, or `001` if the calling code belongs to no country.
    pub id: &'static str,
    /// The calling code.
    pub code: u16,
    general: Pattern,
    pub kinds: Vec<Kind>,
}

/// A kind of number, for example mobile or toll-free.
#[derive(Debug)]
pub(crate) struct Kind {
    lengths: Vec<usize>,
    /// Only tests use it.
    #[cfg_attr(not(test), expect(dead_code, reason = "an example to test the patterns with"))]
    pub example: &'static str,
    pattern: Pattern,
}

impl Plan {
    /// Whether the plan has this national number, of any kind.
    pub fn has(&self, national: &str) -> bool {
        self.general.matches(national) && self.kinds.iter().any(|kind| kind.has(national))
    }

    /// The lengths of national numbers, sorted.
    pub fn lengths(&self) -> Vec<usize> {
        let mut lengths: Vec<_> =
            self.kinds.iter().flat_map(|kind| &kind.lengths).copied().collect();
        lengths.sort_unstable();
        lengths.dedup();
        lengths
    }
}

impl Kind {
    fn has(&self, national: &str) -> bool {
        self.lengths.contains(&national.len()) && self.pattern.matches(national)
    }
}

/// All plans. Those with the same calling code are adjacent.
pub(crate) fn all() -> &'static [Plan] {
    static PLANS: LazyLock<Vec<Plan>> =
        LazyLock::new(|| parse().expect("the built-in plans are valid: a test reads them all"));
    &PLANS
}

pub(crate) fn plan_of(country: &str) -> Option<&'static Plan> {
    all().iter().find(|plan| plan.id == country)
}

/// The plans with this calling code, the main country first.
pub(crate) fn plans_with_code(code: u16) -> impl Iterator<Item = &'static Plan> {
    let first = all().partition_point(|plan| plan.code < code);
    all()[first..].iter().take_while(move |plan| plan.code == code)
}

fn parse() -> Option<Vec<Plan>> {
    let text = include_str!("../data/plans.txt");
    let mut plans: Vec<Plan> = Vec::new();
    let mut lines = text.lines().filter(|line| !line.starts_with('#')).peekable();
    while let Some(line) = lines.next() {
        let (id, code) = line.split_once(' ')?;
        let general = Pattern::parse(lines.next()?.strip_prefix(" general ")?)?;
        let mut kinds = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with(' ')) {
            kinds.push(parse_kind(line)?);
        }
        plans.push(Plan { id, code: code.parse().ok()?, general, kinds });
    }
    Some(plans)
}

fn parse_kind(line: &'static str) -> Option<Kind> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let lengths = fields.next()?.split(',').map(|length| length.parse().ok());
    let lengths = lengths.collect::<Option<_>>()?;
    Some(Kind { lengths, example: fields.next()?, pattern: Pattern::parse(fields.next()?)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::is_country;

    #[test]
    fn every_plan_can_be_read() {
        assert!(all().len() > 250, "only {} plans were read", all().len());
        assert!(all().is_sorted_by_key(|plan| plan.code));
        let gb = plan_of("GB").expect("a plan");
        assert_eq!((gb.code, gb.lengths()), (44, vec![7, 9, 10]));
        let ids: Vec<_> = plans_with_code(44).map(|plan| plan.id).collect();
        assert_eq!(ids, ["GB", "GG", "IM", "JE"]);
    }

    #[test]
    fn nearly_every_plan_is_that_of_a_country() {
        let others: Vec<_> =
            all().iter().map(|plan| plan.id).filter(|id| *id != "001" && !is_country(id)).collect();
        // Ascension Island, Tristan da Cunha and Kosovo have no code in ISO 3166.
        assert_eq!(others, ["AC", "TA", "XK"]);
    }
}
