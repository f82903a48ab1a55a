//! Where the messages and calls of a rented number go, and that it is forgotten with the rental.

mod lifetime;

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
