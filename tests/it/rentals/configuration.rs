//! Where the messages and calls of a rented number go, and that it is forgotten with the rental.

use std::process::Output;
use std::sync::Arc;

use linerent::cli::parse::ConfigurationOptions;
use linerent::cli::views::configurations::ConfiguredView;
use linerent::operations::rentals::cancel::CancelAt;
use linerent::operations::rentals::configure::{self, ConfigurationChange};
use linerent::rental::configuration::Field;
use linerent_testkit::webhook_server::{Answer, Server, status};
use linerent_testkit::{World, id, number, said};
use tokio::sync::{Barrier, Semaphore};

const NUMBER: &str = "447700900001";

/// One rented number, whose webhooks may be on this machine.
async fn with_a_rented_number(world: &mut World) {
    world.app.settings.webhooks.allow_private = true;
    world.numbers(&[NUMBER], "2.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", NUMBER).await;
}

async fn configure(world: &World, wanted: ConfigurationOptions) -> ConfiguredView {
    let configured =
        configure::configure(&world.app, &number(NUMBER), None, &change(&wanted)).await;
    ConfiguredView::from(&configured.expect("it is configured"))
}

async fn configuration(world: &World) -> ConfiguredView {
    let shown = configure::show(&world.app, &number(NUMBER), None).await;
    ConfiguredView::from(&shown.expect("a rented number"))
}

/// The rows there are, whosesoever.
async fn configurations(world: &World) -> Vec<String> {
    world.texts("SELECT concat_ws('|', account_id, ordinal, inbound_sms_url, application) FROM configurations ORDER BY account_id, ordinal").await
}

/// The real program, to which webhooks may be on this machine.
fn configure_by_hand(world: &World, arguments: &[&str]) -> Output {
    let mut program = world.program(&[&["configure"], arguments].concat());
    program.env("LINERENT__WEBHOOKS__ALLOW_PRIVATE", "true");
    program.output().expect("the program starts")
}

fn change(options: &ConfigurationOptions) -> ConfigurationChange {
    let set = options.to_configuration().expect("well-formed values");
    ConfigurationChange { set, ..Default::default() }
}

fn application(name: &str) -> ConfigurationOptions {
    ConfigurationOptions { application: Some(name.to_owned()), ..Default::default() }
}

fn printed(output: &Output, server: &Server) -> String {
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes).replace(&server.address.to_string(), "SERVER")
    };
    let code = output.status.code().expect("the program ends by itself");
    format!("{}{}exit {code}", text(&output.stdout), text(&output.stderr))
}

on_both_engines!(all_of_it_is_set_shown_and_cleared_by_hand, |world| {
    with_a_rented_number(world).await;
    let server = Server::start(|_| status("200 OK")).await;
    let mut answers = Vec::new();
    for arguments in [
        vec![],
        vec![
            "--inbound-sms-url",
            &server.url("/sms?key=1"),
            "--voice-callback",
            "url",
            &server.url("/calls"),
            "--voice-status-url",
            &server.url("/status"),
            "--application",
            "crm",
            "--smpp-system-type",
            "inbound",
        ],
        vec!["--voice-callback", "tel", "+44 7700 900002", "--clear", "smpp-system-type"],
        vec![
            "--voice-callback",
            "sip",
            "alice@Example.com",
            "--clear",
            "inbound-sms-url",
            "--clear",
            "application",
        ],
        vec!["--clear", "voice-callback", "--clear", "voice-status-url"],
    ] {
        let arguments = [vec![NUMBER], arguments].concat();
        answers.push(printed(&configure_by_hand(world, &arguments), &server));
    }
    let asked = server.asked();
    insta::allow_duplicates! { insta::assert_snapshot!(answers.join("\n\n"), @r"
    number            447700900001
    account           0000000a
    configured        nothing
    exit 0

    number            447700900001
    account           0000000a
    inbound sms url   http://SERVER/sms?key=1
    voice callback    url http://SERVER/calls
    voice status url  http://SERVER/status
    application       crm
    smpp system type  inbound
    exit 0

    number            447700900001
    account           0000000a
    inbound sms url   http://SERVER/sms?key=1
    voice callback    tel 447700900002
    voice status url  http://SERVER/status
    application       crm
    exit 0

    number            447700900001
    account           0000000a
    voice callback    sip sip:alice@example.com
    voice status url  http://SERVER/status
    exit 0

    number            447700900001
    account           0000000a
    configured        nothing
    exit 0
    ") }
    assert_eq!(asked.len(), 3, "each webhook was asked once: {asked:?}");
    assert_eq!(configurations(world).await, Vec::<String>::new());
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_program_reads_what_is_configured_and_what_was_asked, |world| {
    with_a_rented_number(world).await;
    let server = Server::start(|_| status("204 No Content")).await;
    let (sms, calls) = (server.url("/sms"), server.url("/calls"));
    let mut answers = Vec::new();
    for arguments in [
        vec![NUMBER, "--json", "--inbound-sms-url", &sms, "--application", "crm"],
        vec![NUMBER, "--json", "--voice-callback", "url", &calls, "--skip-check"],
        vec![NUMBER, "--json"],
    ] {
        answers.push(printed(&configure_by_hand(world, &arguments), &server));
    }
    insta::allow_duplicates! { insta::assert_snapshot!(answers.join("\n\n"), @r#"
    {
      "number": "447700900001",
      "account": "0000000a",
      "inbound_sms_url": "http://SERVER/sms",
      "voice_callback": null,
      "voice_status_url": null,
      "application": "crm",
      "smpp_system_type": null,
      "checked": [
        "inbound_sms_url"
      ],
      "unchecked": []
    }
    exit 0

    {
      "number": "447700900001",
      "account": "0000000a",
      "inbound_sms_url": "http://SERVER/sms",
      "voice_callback": {
        "type": "url",
        "value": "http://SERVER/calls"
      },
      "voice_status_url": null,
      "application": "crm",
      "smpp_system_type": null,
      "checked": [],
      "unchecked": [
        "voice_callback"
      ]
    }
    `--voice-callback` was saved unchecked
    exit 0

    {
      "number": "447700900001",
      "account": "0000000a",
      "inbound_sms_url": "http://SERVER/sms",
      "voice_callback": {
        "type": "url",
        "value": "http://SERVER/calls"
      },
      "voice_status_url": null,
      "application": "crm",
      "smpp_system_type": null,
      "checked": [],
      "unchecked": []
    }
    exit 0
    "#) }
    assert_eq!(server.asked(), ["/sms"]);
});

on_both_engines!(a_number_is_shown_with_its_configuration, |world| {
    with_a_rented_number(world).await;
    configure(
        world,
        ConfigurationOptions {
            voice_callback: Some(("tel".to_owned(), "447700900002".to_owned())),
            ..application("crm")
        },
    )
    .await;
    let text = |output: Output| String::from_utf8(output.stdout).expect("text");
    let shown = text(world.linerent(&["number", "show", NUMBER]));
    let json = text(world.linerent(&["number", "show", NUMBER, "--json"]));
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let listed = text(world.linerent(&["number", "list", "--json"]));
    assert!(!listed.contains("configuration"), "{listed}");
    insta::allow_duplicates! {
        insta::assert_snapshot!(format!("{shown}\n{:#}", json["configuration"]), @r#"
    number            447700900001
    country           GB
    type              mobile-lvn
    features          SMS
    monthly price     2.00 EUR
    setup price       0.00 EUR
    status            rented
    rented by         0000000a
    voice callback    tel 447700900002
    application       crm

    {
      "application": "crm",
      "inbound_sms_url": null,
      "smpp_system_type": null,
      "voice_callback": {
        "type": "tel",
        "value": "447700900002"
      },
      "voice_status_url": null
    }
    "#);
    }
});

on_both_engines!(what_is_configured_goes_when_the_rental_is_cancelled, |world| {
    with_a_rented_number(world).await;
    configure(world, application("crm")).await;
    world.cancel(NUMBER, CancelAt::Once).await;
    assert_eq!(configurations(world).await, Vec::<String>::new());
    // Not even the same account finds it again.
    world.rent("0000000a", NUMBER).await;
    assert_eq!(configuration(world).await.configuration.application, None);
    let shown = world.number(NUMBER).await.configuration.expect("it is rented");
    assert_eq!(shown.application, None);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(at_the_end_of_the_period_it_goes_and_not_before, |world| {
    with_a_rented_number(world).await;
    configure(world, application("crm")).await;
    world.cancel(NUMBER, CancelAt::PeriodEnd).await;
    configure(world, application("erp")).await;
    world.advance("2026-02-27").await;
    assert_eq!(configurations(world).await, ["10|1|erp"]);
    world.advance("2026-02-28").await;
    assert_eq!(configurations(world).await, Vec::<String>::new());
});

on_both_engines!(the_next_renter_of_a_released_number_finds_nothing, |world| {
    world.change_policy(|policy| policy.release.hold.days = 0);
    world.app.settings.webhooks.allow_private = true;
    world.numbers(&[NUMBER, "447700900002"], "2.00").await;
    world.account("0000000a", "4").await;
    world.account("0000000b", "10").await;
    world.rent("0000000a", NUMBER).await;
    world.rent("0000000b", "447700900002").await;
    configure(world, application("crm")).await;
    configure::configure(&world.app, &number("447700900002"), None, &change(&application("hers")))
        .await
        .expect("hers");
    world.advance("2026-03-31").await;
    assert_eq!(world.number(NUMBER).await.status, "available");
    // Others' stays, through renewals too.
    assert_eq!(configurations(world).await, ["11|1|hers"]);
    world.rent("0000000b", NUMBER).await;
    assert_eq!(configuration(world).await.configuration.application, None);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(each_renter_of_a_shared_short_code_has_a_configuration_of_its_own, |world| {
    world.shared_short_code("98975", "1.00").await;
    for key in ["0000000a", "0000000b"] {
        world.account(key, "10").await;
        world.rent(key, "98975").await;
        let wanted = change(&application(&format!("of-{key}")));
        configure::configure(&world.app, &number("98975"), Some(id(key)), &wanted)
            .await
            .expect("its own");
    }
    assert_eq!(configurations(world).await, ["10|1|of-0000000a", "11|1|of-0000000b"]);
    assert!(world.number("98975").await.configuration.is_none());
    let undecided =
        configure::show(&world.app, &number("98975"), None).await.expect_err("two rent it");
    let undecided = said(undecided);
    assert!(undecided.contains("--account"), "{undecided}");
});

on_both_engines!(webhooks_are_asked_side_by_side_and_saved_all_or_none, |world| {
    with_a_rented_number(world).await;
    let all = Arc::new(Barrier::new(3));
    let server = Server::start(move |path| match path.split('?').next().unwrap_or_default() {
        "/missing" => status("404 Not Found"),
        // Asked one after the other they would wait for each other for ever.
        "/ok" => status("200 OK"),
        _ => Answer::Together(Arc::clone(&all)),
    })
    .await;
    let wanted = |sms: &str, calls: &str, status: &str| ConfigurationOptions {
        inbound_sms_url: Some(server.url(sms)),
        voice_callback: Some(("url".to_owned(), server.url(calls))),
        voice_status_url: Some(server.url(status)),
        ..application("crm")
    };
    let configured = configure(world, wanted("/sms", "/calls", "/status")).await;
    assert_eq!(configured.checked, ["inbound_sms_url", "voice_callback", "voice_status_url"]);
    let before = configuration(world).await;
    let bad = ConfigurationOptions {
        application: Some("erp".to_owned()),
        ..wanted("/ok", "/missing?t0ken", "/missing")
    };
    let refusal = configure::configure(&world.app, &number(NUMBER), None, &change(&bad))
        .await
        .expect_err("404");
    let words = said(refusal).replace(&server.address.to_string(), "SERVER");
    insta::allow_duplicates! { insta::assert_snapshot!(words, @r"
    `--voice-callback` was not saved: http://SERVER answered 404; `--voice-status-url` was not saved: http://SERVER answered 404
    hint: it must answer GET with 2xx; `--skip-check` saves it without asking
    ") }
    assert_eq!(configuration(world).await.configuration, before.configuration);
});

on_both_engines!(a_rental_that_ends_while_a_webhook_is_asked_is_not_configured, |world| {
    with_a_rented_number(world).await;
    let gate = Arc::new(Semaphore::new(0));
    let (asked, theirs) = (Arc::new(Semaphore::new(0)), Arc::clone(&gate));
    let noticed = Arc::clone(&asked);
    let server = Server::start(move |_| {
        noticed.add_permits(1);
        Answer::Later(Arc::clone(&theirs))
    })
    .await;
    let url = Some(server.url("/sms"));
    let wanted = change(&ConfigurationOptions { inbound_sms_url: url, ..Default::default() });
    let msisdn = number(NUMBER);
    let configuring = configure::configure(&world.app, &msisdn, None, &wanted);
    let meanwhile = async {
        asked.acquire().await.expect("it stays open").forget();
        world.cancel(NUMBER, CancelAt::Once).await;
        world.rent("0000000a", NUMBER).await;
        gate.add_permits(1);
    };
    let (outcome, ()) = tokio::join!(configuring, meanwhile);
    let refusal = said(outcome.expect_err("the rental has ended"));
    assert_eq!(refusal, format!("the rental of {NUMBER} has ended meanwhile"));
    assert_eq!(configurations(world).await, Vec::<String>::new());
});

on_both_engines!(what_two_configure_at_once_is_kept_of_both, |world| {
    with_a_rented_number(world).await;
    let (first, second) = (world.another_app().await, world.another_app().await);
    let tel = ConfigurationOptions {
        voice_callback: Some(("tel".to_owned(), "447700900002".to_owned())),
        ..Default::default()
    };
    let smpp =
        ConfigurationOptions { smpp_system_type: Some("inbound".to_owned()), ..Default::default() };
    let (msisdn, tel) = (number(NUMBER), change(&tel));
    let (smpp, crm) = (change(&smpp), change(&application("crm")));
    let outcomes = tokio::join!(
        configure::configure(&first, &msisdn, None, &tel),
        configure::configure(&second, &msisdn, None, &smpp),
        configure::configure(&world.app, &msisdn, None, &crm),
    );
    assert!(outcomes.0.is_ok() && outcomes.1.is_ok() && outcomes.2.is_ok(), "{outcomes:?}");
    let it = configuration(world).await.configuration;
    assert!(
        it.voice_callback.is_some() && it.smpp_system_type.is_some() && it.application.is_some(),
        "{it:?}"
    );
    first.store.close().await;
    second.store.close().await;
});

on_both_engines!(configured_again_alike_nothing_is_written, |world| {
    with_a_rented_number(world).await;
    configure(world, application("crm")).await;
    let before = world.dump().await;
    configure(world, application("crm")).await;
    let change = ConfigurationChange { clear: vec![Field::VoiceCallback], ..Default::default() };
    let cleared = configure::configure(&world.app, &number(NUMBER), None, &change).await;
    cleared.expect("it is configured");
    assert_eq!(world.dump().await, before, "the account's version, too");
});

on_both_engines!(the_database_keeps_no_configuration_without_a_subscription, |world| {
    with_a_rented_number(world).await;
    for (ordinal, kind, callback) in
        [(2, "NULL", "NULL"), (1, "'fax'", "'1'"), (1, "'sip'", "NULL")]
    {
        world
            .sql_error_of(&format!(
            "INSERT INTO configurations (account_id, ordinal, voice_callback_type, voice_callback)
             VALUES (10, {ordinal}, {kind}, {callback})"
        ))
            .await;
    }
    configure(world, application("crm")).await;
    world.sql_error_of("DELETE FROM subscriptions").await;
});

on_both_engines!(a_proxy_of_the_environment_is_not_asked, |world| {
    with_a_rented_number(world).await;
    let server = Server::start(|_| status("200 OK")).await;
    let proxy = Server::start(|_| status("200 OK")).await;
    let mut program =
        world.program(&["configure", NUMBER, "--inbound-sms-url", &server.url("/sms")]);
    let program = program.env("LINERENT__WEBHOOKS__ALLOW_PRIVATE", "true");
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        program.env(name, proxy.url(""));
    }
    assert!(program.output().expect("the program starts").status.success());
    assert_eq!((server.asked(), proxy.asked()), (vec!["/sms".to_owned()], Vec::new()));
});
