//! Reloads: amounts, payment methods, keys and modes.

use std::process::{Command, Output};

use super::{answer, refused};
use linerent_testkit::stripe_server::{API_KEY, StripeServer};
use linerent_testkit::{Engine, World};

/// The command that sets a standing order.
#[rustfmt::skip]
const fn order<'a>(key: &'a str, threshold: &'a str, amount: &'a str, method: &'a str) -> [&'a str; 9] {
    [
        "account", "auto-reload", key, "--threshold", threshold, "--amount", amount,
        "--payment-method", method,
    ]
}

on_both_engines!(amounts_that_cannot_be_charged_are_refused, |world| {
    world.account("0000000a", "1").await;
    let order = |threshold, amount| order("0000000a", threshold, amount, "pm_card_visa");
    let commands = [
        order("0", "20"),
        order("-5", "20"),
        order("5", "0"),
        order("5", "-20"),
        order("5", "20 USD"),
        order("5 GBP", "20"),
        order("5", "20.001"),
        order("five", "20"),
        order("5", "2e3"),
    ];
    let commands: Vec<&[&str]> = commands.iter().map(|it| it.as_slice()).collect();
    assert_answers!(refused(world, &commands).await, @r#"
    $ account auto-reload 0000000a --threshold 0 --amount 20 --payment-method pm_card_visa
    error: the threshold is 0.00 EUR
    hint: use an amount above zero; `--off` ends auto-reload
    exit 1
    $ account auto-reload 0000000a --threshold -5 --amount 20 --payment-method pm_card_visa
    error: the threshold is -5.00 EUR
    hint: use an amount above zero; `--off` ends auto-reload
    exit 1
    $ account auto-reload 0000000a --threshold 5 --amount 0 --payment-method pm_card_visa
    error: the amount is 0.00 EUR
    hint: use an amount above zero; `--off` ends auto-reload
    exit 1
    $ account auto-reload 0000000a --threshold 5 --amount -20 --payment-method pm_card_visa
    error: the amount is -20.00 EUR
    hint: use an amount above zero; `--off` ends auto-reload
    exit 1
    $ account auto-reload 0000000a --threshold 5 --amount "20 USD" --payment-method pm_card_visa
    error: the amount is 20.00 USD, and the account is in EUR
    hint: state it in EUR, for example 25.00
    exit 1
    $ account auto-reload 0000000a --threshold "5 GBP" --amount 20 --payment-method pm_card_visa
    error: the threshold is 5.00 GBP, and the account is in EUR
    hint: state it in EUR, for example 25.00
    exit 1
    $ account auto-reload 0000000a --threshold 5 --amount 20.001 --payment-method pm_card_visa
    error: 20.001 EUR cannot be charged to a card
    hint: use a whole multiple of 0.01 EUR
    exit 1
    $ account auto-reload 0000000a --threshold five --amount 20 --payment-method pm_card_visa
    error: `five` is not an amount
    hint: write a plain decimal number, for example 12.50
    exit 1
    $ account auto-reload 0000000a --threshold 5 --amount 2e3 --payment-method pm_card_visa
    error: `2e3` is not an amount
    hint: write a plain decimal number, for example 12.50
    exit 1
    "#);
});

on_both_engines!(orders_that_cannot_be_are_refused, |world| {
    world.account("0000000a", "1").await;
    let answers = refused(
        world,
        &[
            &order("0000000a", "5", "20", "pm_nope"),
            &order("0000000a", "5", "20", ""),
            &order("0000000b", "5", "20", "pm_card_visa"),
            &["account", "auto-reload", "0000000a"],
            &["account", "auto-reload", "0000000a", "--threshold", "5", "--off"],
            &["reload", "show", "7"],
            &["reload", "show", "0000000a-0b6d3c92a7e1"],
            &["reload", "list", "--status", "paid"],
            &["reload", "list", "--account", "0000000b"],
            &["reload", "resolve", "0000000a-0b6d3c92a7e1", "--captured", "--reason", "x"],
            &["reload", "resolve", "0000000a-0b6d3c92a7e1", "--reason", "x"],
        ],
    )
    .await;
    assert_answers!(answers, @r#"
    $ account auto-reload 0000000a --threshold 5 --amount 20 --payment-method pm_nope
    error: the sandbox gateway does not know the payment method `pm_nope`
    hint: use pm_card_visa, pm_card_chargeDeclined, pm_card_chargeDeclinedInsufficientFunds, pm_card_authenticationRequired, … as Stripe names them, or pm_sandbox_declines_N, pm_sandbox_timeoutBeforeCapture, pm_sandbox_timeoutAfterCapture, pm_sandbox_answersLate, pm_sandbox_error500_N, pm_sandbox_slow_MILLISECONDS
    exit 1
    $ account auto-reload 0000000a --threshold 5 --amount 20 --payment-method ""
    error: the sandbox gateway does not know the payment method ``
    hint: use pm_card_visa, pm_card_chargeDeclined, pm_card_chargeDeclinedInsufficientFunds, pm_card_authenticationRequired, … as Stripe names them, or pm_sandbox_declines_N, pm_sandbox_timeoutBeforeCapture, pm_sandbox_timeoutAfterCapture, pm_sandbox_answersLate, pm_sandbox_error500_N, pm_sandbox_slow_MILLISECONDS
    exit 1
    $ account auto-reload 0000000b --threshold 5 --amount 20 --payment-method pm_card_visa
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    $ account auto-reload 0000000a
    error: the following required arguments were not provided:
      --threshold <AMOUNT>
      --amount <AMOUNT>
      --payment-method <PM>
    Usage: linerent account auto-reload --threshold <AMOUNT> --amount <AMOUNT> --payment-method <PM> <KEY>
    For more information, try '--help'.
    exit 2
    $ account auto-reload 0000000a --threshold 5 --off
    error: the argument '--threshold <AMOUNT>' cannot be used with '--off'
    Usage: linerent account auto-reload --threshold <AMOUNT> <KEY>
    For more information, try '--help'.
    exit 2
    $ reload show 7
    error: `7` is not a reload
    hint: `linerent reload list` shows them, for example 1f3a90c2-0b6d3c92a7e1
    exit 1
    $ reload show 0000000a-0b6d3c92a7e1
    error: there is no reload 0000000a-0b6d3c92a7e1
    hint: `linerent reload list` lists the newest
    exit 1
    $ reload list --status paid
    error: `paid` is not a status of reloads
    hint: use one of requested, in_doubt, captured, declined, lapsed
    exit 1
    $ reload list --account 0000000b
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    $ reload resolve 0000000a-0b6d3c92a7e1 --captured --reason x
    error: there is no reload 0000000a-0b6d3c92a7e1
    hint: `linerent reload list` lists the newest
    exit 1
    $ reload resolve 0000000a-0b6d3c92a7e1 --reason x
    error: the following required arguments were not provided:
      <--captured|--declined>
    Usage: linerent reload resolve --reason <REASON> <--captured|--declined> <ID>
    For more information, try '--help'.
    exit 2
    "#);
});

/// The program on the database at `url`, with these settings of `payments` in the environment.
fn with(world: &World, url: &str, settings: &[(&str, &str)], command: &[&str]) -> Output {
    let mut program = Command::new(linerent_testkit::path_of("linerent"));
    program.current_dir(world.folder()).args(["--database", url]).args(command);
    let settings =
        settings.iter().map(|(key, value)| (format!("LINERENT__PAYMENTS__{key}"), *value));
    program.envs(settings).output().expect("the program starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateways_key_that_is_missing_wrong_or_for_the_other_mode_is_refused_by_day() {
    let world = World::new(Engine::Sqlite).await;
    world.account("0000000a", "1").await;
    let production = format!("sqlite:{}", world.folder().join("production.db").display());
    for command in [
        ["init"].as_slice(),
        &["account", "create", "Ada", "--email", "a@example.com", "--key", "0000000a"],
    ] {
        assert!(with(&world, &production, &[], command).status.success());
    }
    let stand_in = StripeServer::start().await;

    let order = order("0000000a", "5", "20", "pm_card_visa");
    let list = ["account", "list"];
    let stripe = ("GATEWAY", "stripe");
    let here = ("STRIPE__API_BASE", stand_in.url.as_str());
    let key = |key: &'static str| ("STRIPE__API_KEY", key);
    let sandbox = world.url.as_str();
    let answers = [
        with(&world, sandbox, &[("GATEWAY", "paypal")], &list),
        with(&world, sandbox, &[stripe], &list),
        with(&world, sandbox, &[stripe, key("pk_test_1")], &list),
        with(&world, sandbox, &[stripe, key("sk_test_")], &list),
        with(&world, sandbox, &[stripe, ("STRIPE__API_KEY_FILE", "nowhere")], &list),
        with(&world, sandbox, &[stripe, key("sk_live_1")], &list),
        with(&world, &production, &[stripe, key("sk_test_1")], &list),
        with(&world, &production, &[], &order),
        with(&world, sandbox, &[stripe, key("sk_test_1"), here], &order),
        with(
            &world,
            sandbox,
            &[stripe, key(API_KEY), ("STRIPE__API_BASE", "http://127.0.0.1:9")],
            &order,
        ),
        with(
            &world,
            sandbox,
            &[stripe, key(API_KEY), ("STRIPE__API_BASE", "http://example.com")],
            &order,
        ),
        with(&world, sandbox, &[("CONCURRENT_MAX", "0")], &list),
        with(&world, sandbox, &[("STRIPE__TIMEOUT_S", "0"), stripe, key("sk_test_1")], &list),
    ]
    .map(|output| answer(&world, &output));
    assert!(!answers.concat().contains("sk_test_1"), "a key is never repeated");
    assert_answers!(answers.join("\n").replace(&stand_in.url, "URL"), @r#"
    error: `payments.gateway` is `paypal` in LINERENT__PAYMENTS__GATEWAY, expected "sandbox" or "stripe"
    hint: `linerent config default` explains all settings
    exit 2
    error: `payments.gateway` is `stripe`, but `payments.stripe.api_key` is not set
    hint: set LINERENT__PAYMENTS__STRIPE__API_KEY, or write the key to a file and name it in `payments.stripe.api_key_file`
    exit 2
    error: `payments.stripe.api_key` is not a secret or restricted key of Stripe
    hint: use a key that begins with sk_live_, sk_test_, rk_live_ or rk_test_; Stripe's dashboard shows it under API keys
    exit 2
    error: `payments.stripe.api_key` is not a secret or restricted key of Stripe
    hint: use a key that begins with sk_live_, sk_test_, rk_live_ or rk_test_; Stripe's dashboard shows it under API keys
    exit 2
    error: reading `payments.stripe.api_key_file`, nowhere: No such file or directory
    hint: name a file that this user may read
    exit 2
    error: this is a sandbox, and `payments.stripe.api_key` is a live key
    hint: use a test key, sk_test_… or rk_test_…
    exit 2
    error: this is a production database, and `payments.stripe.api_key` is a test key
    hint: use a live key, sk_live_… or rk_live_…; a rehearsal takes `payments.test_in_production = true`
    exit 2
    error: this is a production database, and the sandbox gateway moves no money
    hint: set `payments.gateway` to `stripe`; to rehearse without real money, set `payments.test_in_production = true`
    exit 1
    error: the gateway refuses the key: Invalid API Key provided
    hint: check `payments.stripe.api_key`
    exit 1
    error: the gateway could not be asked: the gateway cannot be reached: Connection refused
    hint: nothing has changed: try again, or check `payments`
    exit 2
    error: `payments.stripe.api_base` is `http://example.com`
    hint: use an https:// URL; http:// is allowed for this machine only, such as http://127.0.0.1:8420
    exit 2
    error: `payments.concurrent_max` is `0` in LINERENT__PAYMENTS__CONCURRENT_MAX, expected a whole number from 1 to 1000
    hint: `linerent config default` explains all settings
    exit 2
    error: `payments.stripe.timeout_s` is `0` in LINERENT__PAYMENTS__STRIPE__TIMEOUT_S, expected a whole number from 1 to 120
    hint: `linerent config default` explains all settings
    exit 2
    "#);
    world.end().await;
}

#[tokio::test]
async fn impossible_rules_for_reloads_are_refused_with_their_keys() {
    let world = World::new(Engine::Sqlite).await;
    let answers = [
        ("RETRY_AFTER", "soon"),
        ("RETRY_AFTER", "99days"),
        ("CHECK_EVERY", "0"),
        ("CHECK_EVERY", "-1s"),
        ("FAILURES_MAX", "0"),
        ("PER_DAY_MAX", "0"),
        ("MULTIPLES_MAX", "0"),
        ("TRESHOLD", "1"),
    ]
    .map(|(key, value)| {
        let mut program = world.program(&["account", "list"]);
        let output = program.env(format!("LINERENT__AUTO_RELOAD__{key}"), value).output();
        format!("{key}={value}\n{}", answer(&world, &output.expect("the program starts")))
    });
    assert_answers!(answers.join("\n"), @r#"
    RETRY_AFTER=soon
    error: `auto_reload.retry_after` is `soon` in LINERENT__AUTO_RELOAD__RETRY_AFTER, expected a time from 0s to 30days with its unit, such as "90s", "6min" or "1h"
    hint: `linerent config default` explains all settings
    exit 2
    RETRY_AFTER=99days
    error: `auto_reload.retry_after` is `99days` in LINERENT__AUTO_RELOAD__RETRY_AFTER, expected a time from 0s to 30days with its unit, such as "90s", "6min" or "1h"
    hint: `linerent config default` explains all settings
    exit 2
    CHECK_EVERY=0
    error: `auto_reload.check_every` is `0` in LINERENT__AUTO_RELOAD__CHECK_EVERY, expected a time from 1s to 30days with its unit, such as "90s", "6min" or "1h"
    hint: `linerent config default` explains all settings
    exit 2
    CHECK_EVERY=-1s
    error: `auto_reload.check_every` is `-1s` in LINERENT__AUTO_RELOAD__CHECK_EVERY, expected a time from 1s to 30days with its unit, such as "90s", "6min" or "1h"
    hint: `linerent config default` explains all settings
    exit 2
    FAILURES_MAX=0
    error: `auto_reload.failures_max` is `0` in LINERENT__AUTO_RELOAD__FAILURES_MAX, expected a whole number from 1 to 1000
    hint: `linerent config default` explains all settings
    exit 2
    PER_DAY_MAX=0
    error: `auto_reload.per_day_max` is `0` in LINERENT__AUTO_RELOAD__PER_DAY_MAX, expected a whole number from 1 to 1000
    hint: `linerent config default` explains all settings
    exit 2
    MULTIPLES_MAX=0
    error: `auto_reload.multiples_max` is `0` in LINERENT__AUTO_RELOAD__MULTIPLES_MAX, expected a whole number from 1 to 1000
    hint: `linerent config default` explains all settings
    exit 2
    TRESHOLD=1
    error: unknown setting `auto_reload.treshold` in LINERENT__AUTO_RELOAD__TRESHOLD
    hint: `linerent config default` prints all settings
    exit 2
    "#);
    world.end().await;
}
