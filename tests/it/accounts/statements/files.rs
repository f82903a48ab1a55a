//! The real program: formats, files and what it refuses.

use linerent_testkit::World;

async fn with_an_account(world: &World) {
    world.account("a0000001", "10").await;
    world.number_with_setup("447700900001", "1.50", "0.25").await;
    world.rent("a0000001", "447700900001").await;
}

/// What the program printed and said, and how it ended.
fn answer(world: &World, arguments: &[&str]) -> String {
    let output = world.linerent(&[&["account", "statement"], arguments].concat());
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = said.replace(&world.folder().display().to_string(), "FOLDER");
    let said: Vec<_> =
        said.lines().map(|line| line.split(" (os error").next().unwrap_or(line)).collect();
    format!("{printed}{}\nexit {}", said.join("\n"), output.status.code().unwrap_or(-1))
}

on_both_engines!(csv_has_the_fields_of_the_json_under_one_heading, |world| {
    with_an_account(world).await;
    let answer = answer(world, &["a0000001", "--format", "csv"]);
    insta::allow_duplicates! { insta::assert_snapshot!(answer, @r"
    on,code,number,period_start,period_end,amount,balance_after,currency,reference,reason
    2026-01-31,top-up,,,,10.00,10.00,EUR,opening,
    2026-01-31,setup,447700900001,,,-0.25,9.75,EUR,,
    2026-01-31,rental,447700900001,2026-01-31,2026-02-28,-1.50,8.25,EUR,,

    exit 0
    ") }
    let json = world.linerent(&["--json", "account", "statement", "a0000001"]).stdout;
    let first = serde_json::from_slice::<Vec<serde_json::Map<String, serde_json::Value>>>(&json);
    let fields: std::collections::BTreeSet<String> =
        first.expect("an array").swap_remove(0).into_iter().map(|(name, _)| name).collect();
    let heading = answer.lines().next().unwrap_or_default();
    assert_eq!(
        heading.split(',').map(str::to_owned).collect::<std::collections::BTreeSet<_>>(),
        fields
    );
    let formatted = world.linerent(&["account", "statement", "a0000001", "--format", "json"]);
    assert_eq!(formatted.stdout, json);
});

on_both_engines!(the_table_names_the_last_day_of_a_period_as_receipts_do, |world| {
    with_an_account(world).await;
    insta::allow_duplicates! { insta::assert_snapshot!(answer(world, &["a0000001"]), @r"
    ON          CODE    NUMBER        PERIOD                    AMOUNT  BALANCE       REFERENCE
    2026-01-31  top-up                                           10.00    10.00  EUR  opening
    2026-01-31  setup   447700900001                             -0.25     9.75  EUR
    2026-01-31  rental  447700900001  2026-01-31 to 2026-02-27   -1.50     8.25  EUR

    exit 0
    ") }
});

on_both_engines!(csv_of_nothing_is_the_heading, |world| {
    world.account("a0000001", "0").await;
    let answer = answer(world, &["a0000001", "--format", "csv"]);
    assert_eq!(answer.lines().filter(|line| line.starts_with("on,code")).count(), 1);
    assert_eq!(answer.lines().count(), 3, "{answer}");
});

on_both_engines!(a_pdf_replaces_the_file_as_a_whole_and_leaves_nothing_else, |world| {
    with_an_account(world).await;
    let folder = world.folder().join("papers");
    std::fs::create_dir(&folder).expect("a folder");
    let file = folder.join("one.pdf");
    std::fs::write(&file, "what was there before").expect("a file");
    let answer = answer(world, &["a0000001", "--format", "pdf", "--output", "papers/one.pdf"]);
    insta::allow_duplicates! { insta::assert_snapshot!(answer, @r"
    papers/one.pdf is written: 1 page, 3 lines
    warning: `operator.name` is not set, so the statement does not say who issued it
    exit 0
    ") }
    let written = std::fs::read(&file).expect("a file");
    assert!(written.starts_with(b"%PDF-1.7"));
    assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 1);
    let arguments = ["account", "statement", "a0000001", "--format", "pdf"];
    // Not a terminal: it goes to stdout, and is the same.
    assert_eq!(world.linerent(&arguments).stdout, written);
    assert_eq!(world.linerent(&[&arguments[..], &["--output", "-"]].concat()).stdout, written);
});

on_both_engines!(the_issuer_is_the_operator_of_the_configuration, |world| {
    with_an_account(world).await;
    let mut program = world.program(&["account", "statement", "a0000001", "--format", "pdf"]);
    program.env("LINERENT__OPERATOR__NAME", "Example Numbers Ltd");
    program.env("LINERENT__OPERATOR__ADDRESS", r"1 High Street\nLondon");
    program.env("LINERENT__OPERATOR__TAX_ID", "VAT GB123456789");
    let output = program.output().expect("the program starts");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = crate::accounts::statements::text_of(&output.stdout).join("");
    for part in ["Example Numbers Ltd", "1 High Street London", "VAT GB123456789"] {
        assert!(crate::accounts::statements::contains(&text, part), "{part}: {text}");
    }
});

on_both_engines!(what_cannot_be_written_is_refused_and_nothing_is_left, |world| {
    with_an_account(world).await;
    std::fs::create_dir(world.folder().join("papers")).expect("a folder");
    let pdf = ["a0000001", "--format", "pdf", "--output"];
    let mut answers = vec![
        answer(world, &[&pdf[..], &["papers"]].concat()),
        answer(world, &[&pdf[..], &["nowhere/one.pdf"]].concat()),
        answer(world, &["b0000001", "--format", "pdf"]),
        answer(
            world,
            &["a0000001", "--format", "pdf", "--from", "2026-03-01", "--to", "2026-02-01"],
        ),
        answer(world, &["a0000001", "--format", "csv", "--json"]),
    ];
    for (key, value) in
        [("PAPER", "a5"), ("ADDRESS", r"1\n2\n3\n4\n5\n6\n7\n8\n9"), ("NAME", "two\nlines")]
    {
        let mut program = world.program(&["account", "statement", "a0000001", "--format", "csv"]);
        let output = program.env(format!("LINERENT__OPERATOR__{key}"), value).output();
        let output = output.expect("the program starts");
        answers.push(String::from_utf8_lossy(&output.stderr).into_owned());
        assert_eq!(output.status.code(), Some(2));
    }
    assert_eq!(std::fs::read_dir(world.folder().join("papers")).expect("a folder").count(), 0);
    insta::allow_duplicates! { insta::assert_snapshot!(answers.join("\n"), @r#"
    error: FOLDER/papers is a folder
    hint: name a file in it
    exit 2
    error: writing nowhere/one.pdf: No such file or directory
    hint: name a file in a folder that this user may write to
    exit 2
    error: there is no account b0000001
    hint: `linerent account list` lists all accounts
    exit 1
    error: the first date 2026-03-01 is after the last date 2026-02-01
    hint: use `--from 2026-02-01 --to 2026-03-01`
    exit 1
    {
      "refused": {
        "code": "format_contradicts_json",
        "message": "`--json` and `--format csv` contradict each other",
        "hints": [
          "leave one of them out"
        ]
      }
    }
    error: `--json` and `--format csv` contradict each other
    hint: leave one of them out
    exit 1
    error: `operator.paper` is `a5` in LINERENT__OPERATOR__PAPER, expected "a4" or "letter"
    hint: `linerent config default` explains all settings

    error: `operator.address` has 9 lines
    hint: use at most 8 lines

    error: `operator.name` is `two\u{a}lines`: it contains U+000A (line feed) at character 4
    hint: write at most 200 characters on one line
    "#) }
});
