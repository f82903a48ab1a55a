//! What is on sale is found by its digits, and each way of looking has its index.

use linerent::cli::parse::SearchOptions;
use linerent::operations::numbers::search;
use linerent::rental::{Match, NumberSearch, NumberType};
use linerent_testkit::{Engine, World};

/// Enough for PostgreSQL to prefer an index to reading everything.
const POPULATION: u32 = 30_000;

/// British and German numbers, a tenth of them not on sale, written straight into the database.
async fn inventory(world: &World) {
    let series = match world.engine {
        Engine::Sqlite => format!(
            "WITH RECURSIVE series(i) AS (
                SELECT 0 UNION ALL SELECT i + 1 FROM series WHERE i < {POPULATION} - 1
            )"
        ),
        Engine::Postgres => {
            format!("WITH series AS (SELECT generate_series(0, {POPULATION}::BIGINT - 1) AS i)")
        }
    };
    // Multiplied by a prime, neighbours differ in all of their last nine digits.
    let insert = format!(
        "INSERT INTO numbers (msisdn, country, type, features, monthly_price, setup_price,
            currency, is_shared, status)
         {series}
         SELECT
            CAST(CASE WHEN i % 4 = 3 THEN 447000000000 ELSE 49300000000000 END
                + (i * 7368787) % 999999937 AS TEXT),
            CASE WHEN i % 4 = 3 THEN 'GB' ELSE 'DE' END,
            CASE WHEN i % 5 = 0 THEN 'landline' ELSE 'mobile-lvn' END,
            CASE WHEN i % 3 = 0 THEN ',SMS,' ELSE ',SMS,VOICE,' END,
            1000000, 0, CASE WHEN i % 7 = 0 THEN 'USD' ELSE 'EUR' END, FALSE,
            CASE WHEN i % 10 = 9 THEN 'retired' ELSE 'available' END
         FROM series"
    );
    world.execute_sql(&insert).await;
    if world.engine == Engine::Postgres {
        world.execute_sql("VACUUM ANALYZE numbers").await;
    }
}

/// The numbers on sale that match, found the slow way.
async fn found_slowly(world: &World, condition: &str) -> Vec<String> {
    world
        .texts(&format!(
            "SELECT msisdn FROM numbers WHERE status = 'available' AND {condition} ORDER BY msisdn"
        ))
        .await
}

fn british(pattern: Option<(&str, Match)>) -> NumberSearch {
    NumberSearch {
        country: "GB".to_owned(),
        kind: None,
        features: Vec::new(),
        pattern: pattern.map(|(digits, matching)| (digits.to_owned(), matching)),
        currency: None,
        offset: 0,
        limit: 1_000_000,
    }
}

on_both_engines!(each_kind_of_match_finds_what_a_walk_through_all_finds, |world| {
    inventory(world).await;
    for (matching, condition) in [
        (Match::Starts, "substr(msisdn, 1, length('DIGITS')) = 'DIGITS'"),
        (Match::Contains, "msisdn LIKE '%DIGITS%'"),
        (Match::Ends, "msisdn LIKE '%DIGITS'"),
    ] {
        for digits in ["4", "44", "447", "44712", "7", "91", "012", "1234", "00", "4470000000000"] {
            let condition = format!("country = 'GB' AND {}", condition.replace("DIGITS", digits));
            let expected = found_slowly(world, &condition).await;
            let search = british(Some((digits, matching)));
            let (count, found) = world.app.store.search_numbers(&search).await.expect("a page");
            let found: Vec<_> = found.iter().map(|it| it.number.msisdn.to_string()).collect();
            assert_eq!(found, expected, "{matching:?} {digits}");
            assert_eq!(count, expected.len() as u64, "{matching:?} {digits}");
        }
    }
});

on_both_engines!(type_features_and_currency_narrow_every_kind_of_match, |world| {
    inventory(world).await;
    let condition = "country = 'GB' AND type = 'mobile-lvn' AND currency = 'EUR'
        AND features LIKE '%,VOICE,%' AND msisdn LIKE ";
    for (matching, digits, like) in [
        (Match::Starts, "4471", "'4471%'"),
        (Match::Contains, "712", "'%712%'"),
        (Match::Ends, "712", "'%712'"),
        (Match::Ends, "7", "'%7'"),
        (Match::Contains, "71", "'%71%'"),
    ] {
        let search = NumberSearch {
            kind: Some(NumberType::MobileLvn),
            features: vec!["SMS".to_owned(), "VOICE".to_owned()],
            currency: Some(linerent::money::Currency::EUR),
            ..british(Some((digits, matching)))
        };
        let (count, found) = world.app.store.search_numbers(&search).await.expect("a page");
        let found: Vec<_> = found.iter().map(|it| it.number.msisdn.to_string()).collect();
        assert_eq!(found, found_slowly(world, &format!("{condition}{like}")).await, "{matching:?}");
        assert!(count > 0, "{matching:?} {digits} finds nothing");
    }
});

on_both_engines!(a_feature_is_a_whole_word, |world| {
    let heading = "msisdn,country,type,features,monthly_price,setup_price,currency";
    let file = format!(
        "{heading}\n\
         447400000001,GB,mobile-lvn,\"A_B,XVOICE\",1,0,EUR\n\
         447400000002,GB,mobile-lvn,\"AXB,VOICE\",1,0,EUR\n"
    );
    std::fs::write(world.folder().join("numbers.csv"), file).expect("a file");
    assert!(world.linerent(&["number", "import", "numbers.csv"]).status.success());
    for (features, expected) in
        [("VOICE", vec!["447400000002"]), ("A_B", vec!["447400000001"]), ("a_b,voice", vec![])]
    {
        let wanted = SearchOptions {
            country: "GB".to_owned(),
            kind: None,
            features: Some(features.to_owned()),
            pattern: None,
            matching: Match::Starts,
        };
        let found = search::search(&world.app, &wanted.to_search().expect("a search"), 1, 20)
            .await
            .expect("a page");
        let found: Vec<_> =
            found.numbers.into_iter().map(|it| it.number.msisdn.to_string()).collect();
        assert_eq!(found, expected, "{features}");
    }
});

on_both_engines!(pages_follow_each_other_to_the_last, |world| {
    inventory(world).await;
    for pattern in [None, Some(("447", Match::Starts)), Some(("12", Match::Ends))] {
        let all = world.app.store.search_numbers(&british(pattern)).await.expect("all").1;
        let mut paged = Vec::new();
        let limit = 997;
        let mut offset = 0;
        loop {
            let search = NumberSearch { offset, limit, ..british(pattern) };
            let (count, page) = world.app.store.search_numbers(&search).await.expect("a page");
            assert_eq!(count, all.len() as u64);
            if page.is_empty() {
                break;
            }
            paged.extend(page);
            offset += limit;
        }
        assert_eq!(paged, all);
    }
});

on_both_engines!(each_kind_of_match_is_found_by_its_index, |world| {
    inventory(world).await;
    // What the count and the page are found by. Whether PostgreSQL visits the table as well depends
    // on what others have locked of it; for a whole country, either of its indexes will do.
    let (all, between, by_end, by_part) = match world.engine {
        Engine::Postgres => (
            [vec!["numbers_", "country = 'GB'"], vec!["using numbers_on_sale", "country = 'GB'"]],
            vec!["numbers_on_sale", ">= '44712'", "< '44712:'"],
            vec!["numbers_by_end", ">= '21743'", "< '21743:'"],
            vec!["numbers_by_part", "~~ '%34712%'"],
        ),
        Engine::Sqlite => {
            // The index holds all that a search asks for, and is read from end to end.
            let whole = vec!["COVERING INDEX numbers_on_sale (country=?)"];
            (
                [whole.clone(), whole.clone()],
                vec!["COVERING INDEX numbers_on_sale (country=? AND msisdn>? AND msisdn<?)"],
                vec!["numbers_by_end (country=? AND msisdn_reversed>? AND msisdn_reversed<?)"],
                whole,
            )
        }
    };
    let both = |steps: Vec<&'static str>| [steps.clone(), steps];
    for (pattern, steps) in [
        (None, all.clone()),
        (Some(("44712", Match::Starts)), both(between)),
        (Some(("34712", Match::Ends)), both(by_end)),
        (Some(("34712", Match::Contains)), both(by_part)),
        // Too few digits choose too little: all of the country are looked at.
        (Some(("7", Match::Ends)), both(all[0].clone())),
        (Some(("71", Match::Contains)), both(all[0].clone())),
    ] {
        let search = NumberSearch { limit: 20, ..british(pattern) };
        let plans = world.app.store.search_plans(&search).await.expect("plans");
        for (plan, steps) in plans.iter().zip(&steps) {
            for step in steps {
                assert!(plan.contains(step), "{pattern:?}: `{step}` is not in\n{plan}");
            }
            let reads_all = plan.contains("Seq Scan") || plan.contains("SCAN numbers");
            assert!(!reads_all, "{pattern:?} reads the whole table\n{plan}");
        }
    }
});
