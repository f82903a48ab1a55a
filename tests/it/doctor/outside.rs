//! What is outside of the machine's own reach: mail servers and gateways.

use super::{doctor, production};
use linerent_testkit::smtp_server::{SmtpServer, Tls};
use linerent_testkit::stripe_server::{API_KEY, StripeServer};
use linerent_testkit::{Engine, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_is_greeted_and_gets_no_mail() {
    let world = World::new(Engine::Sqlite).await;
    let server = SmtpServer::start_with(Tls::None).await;
    let url = server.url();
    let variables = [
        ("LINERENT__MAIL__TRANSPORT", "smtp"),
        ("LINERENT__MAIL__FROM", "Billing <billing@example.com>"),
        ("LINERENT__MAIL__SMTP__URL", url.as_str()),
    ];
    let mail = |said: String| {
        let lines: Vec<_> =
            said.lines().filter(|it| it.contains(" mail ")).map(str::to_owned).collect();
        lines.join("\n")
    };
    insta::assert_snapshot!(mail(doctor(&world, &variables)), @r"
    ok       mail           templates loaded, sender Billing <billing@example.com>
    ok       mail           127.0.0.1:… accepts connections, without encryption
    ");
    assert_eq!(server.messages().len(), 0);
    drop(server);
    insta::assert_snapshot!(mail(doctor(&world, &variables)), @r"
    ok       mail           templates loaded, sender Billing <billing@example.com>
    wrong    mail           no mail can leave: 127.0.0.1:… cannot be reached: Connection refused
                            hint: see `mail` in the configuration; notices wait, and `linerent mail test --to ADDRESS` tries
    ");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_is_told_the_password_and_may_not_like_it() {
    let world = World::new(Engine::Sqlite).await;
    let server = SmtpServer::start_with(Tls::StartTls).await;
    server.credentials("ada", "hunter2");
    std::fs::write(world.folder().join("ca.pem"), server.certificate_pem()).expect("a file");
    let url = server.url();
    let said = ["hunter2", "hunter3"].map(|password| {
        let said = doctor(
            &world,
            &[
                ("LINERENT__MAIL__TRANSPORT", "smtp"),
                ("LINERENT__MAIL__FROM", "Billing <billing@example.com>"),
                ("LINERENT__MAIL__SMTP__URL", url.as_str()),
                ("LINERENT__MAIL__SMTP__CA_FILE", "ca.pem"),
                ("LINERENT__MAIL__SMTP__USER", "ada"),
                ("LINERENT__MAIL__SMTP__PASSWORD", password),
            ],
        );
        assert!(!said.contains("hunter"), "{said}");
        let line = said.lines().find(|it| it.contains("ada") || it.contains("no mail"));
        line.expect("a finding").to_owned()
    });
    insta::assert_snapshot!(said.join("\n"), @r"
    ok       mail           localhost:… accepts the login of `ada`, over STARTTLS
    wrong    mail           no mail can leave: localhost refuses the login of `ada`: 535 5.7.8 the user or the password is wrong
    ");
    assert_eq!(server.accepted(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_for_mails_that_cannot_be_one_is_wrong() {
    let world = World::new(Engine::Sqlite).await;
    std::fs::write(world.folder().join("mail"), "a file").expect("a file");
    let said = doctor(&world, &[("LINERENT__MAIL__DIR", "mail")]);
    let mail: Vec<_> =
        said.lines().filter(|it| it.contains("no mail") || it.contains("exit")).collect();
    insta::assert_snapshot!(mail.join("\n"), @r"
    wrong    mail           no mail can leave: mail is not a folder; see `mail.dir`
    exit 2
    ");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_does_not_answer_is_wrong_with_and_without_a_database() {
    let mut world = World::new(Engine::Sqlite).await;
    let variables = [
        ("LINERENT__PAYMENTS__GATEWAY", "stripe"),
        ("LINERENT__PAYMENTS__STRIPE__API_KEY", "sk_test_hunter2"),
        ("LINERENT__PAYMENTS__STRIPE__API_BASE", "http://127.0.0.1:1"),
    ];
    let gateway = |said: String| {
        let lines = said.lines().filter(|it| it.contains(" gateway ") || it.contains("network"));
        lines.map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    let with_a_database = gateway(doctor(&world, &variables));
    insta::assert_snapshot!(with_a_database, @r"
    wrong    gateway        `stripe` could not be asked: the gateway cannot be reached: Connection refused
                            hint: check the network and `payments.stripe`; until it answers, no card is charged and no number is released because of it
    ");
    world.url = "sqlite:nowhere.db".to_owned();
    assert_eq!(gateway(doctor(&world, &variables)), with_a_database);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_turns_us_away_is_wrong() {
    let world = World::new(Engine::Sqlite).await;
    let stand_in = StripeServer::start().await;
    let variables = |key| {
        [
            ("LINERENT__PAYMENTS__GATEWAY", "stripe"),
            ("LINERENT__PAYMENTS__STRIPE__API_KEY", key),
            ("LINERENT__PAYMENTS__STRIPE__API_BASE", stand_in.url.as_str()),
        ]
    };
    let said = [API_KEY, "sk_test_hunter2", "sk_live_hunter2"].map(|key| {
        let said = doctor(&world, &variables(key));
        assert!(!said.contains("hunter2"), "{said}");
        said.lines()
            .filter(|it| it.contains("gateway") || it.contains("key"))
            .collect::<Vec<_>>()
            .join("\n")
    });
    insta::assert_snapshot!(said.join("\n"), @r"
    ok       gateway        `stripe` accepts the API key; test mode
    wrong    gateway        `stripe` refuses the API key: the gateway refuses the key: Invalid API Key provided
                            hint: check `payments.stripe.api_key`
    wrong    gateway        this is a sandbox, and `payments.stripe.api_key` is a live key
                            hint: use a test key, sk_test_… or rk_test_…
    ");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn play_money_on_a_production_database_is_a_warning() {
    let world = production(Engine::Sqlite).await;
    let create = ["account", "create", "Ada", "--email", "ada@example.com", "--key", "0000000a"];
    assert!(world.linerent(&create).status.success());
    world
        .execute_sql(
            "INSERT INTO auto_reloads (account_id, threshold, amount, payment_method, status, declines)
             VALUES (10, 5000000, 20000000, 'pm_card_visa', 'on', 0)",
        )
        .await;
    let said = ["false", "true"].map(|word| {
        let said = doctor(&world, &[("LINERENT__PAYMENTS__TEST_IN_PRODUCTION", word)]);
        said.lines()
            .filter(|it| it.contains("gateway") || it.contains("payments."))
            .collect::<Vec<_>>()
            .join("\n")
    });
    insta::assert_snapshot!(said.join("\n\n"), @r"
    warning  gateway        1 of the accounts have auto-reload on, and no cards are charged: `sandbox` moves no money
                            hint: set `payments.gateway` to `stripe`

    ok       gateway        `sandbox` is used: no real card is charged
    warning  gateway        this is a production database, and reloads credit money that is not paid
                            hint: set `payments.test_in_production` to false after the rehearsal
    ");
    world.end().await;
}
