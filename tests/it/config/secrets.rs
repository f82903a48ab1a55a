//! No secret is seen, wherever it was put and whatever goes wrong.

use std::process::Command;

use super::App;

/// Everything that may hold a secret, each in every way in which it can be set.
#[test]
fn no_secret_is_seen_in_what_is_shown() {
    let app = App::with_file(
        "[payments.stripe]\napi_key = \"sk_live_hunter2\"\n[mail.smtp]\nurl = \"smtps://ada:hunter2@mail.example.com\"\npassword = \"hunter2\"\n",
    );
    let database = [("LINERENT__DATABASE__URL", "postgres://ada:hunter2@db.example.com/linerent")];
    let files = [
        ("LINERENT__DATABASE__URL_FILE", "database-url"),
        ("LINERENT__MAIL__SMTP__PASSWORD_FILE", "sk_live_hunter2"),
        ("LINERENT__PAYMENTS__STRIPE__API_BASE", "sk_live_hunter2"),
        ("LINERENT__MAIL__SMTP__PASSWORT", "hunter2"),
        ("LINERENT__DKIM", "hunter2"),
    ];
    let shown = [database.as_slice(), &files].map(|variables| {
        let answer = app.answer("--config linerent.toml config show", variables);
        let json = app.run("--config linerent.toml config show --json", variables);
        let everything = format!("{answer}{json:?}");
        assert!(!everything.contains("hunter2"), "{everything}");
        let masked = |line: &&str| line.contains("****") || line.contains("no key");
        answer.lines().filter(masked).map(str::to_owned).collect::<Vec<_>>().join("\n")
    });
    insta::assert_snapshot!(shown.join("\n\n"), @r"
    database.url                       postgres://ada:********@db.example.com/linerent  LINERENT__DATABASE__URL
    payments.stripe.api_key            ********                                         linerent.toml
    mail.smtp.url                      smtps://ada:********@mail.example.com            linerent.toml
    mail.smtp.password                 ********                                         linerent.toml

    database.url                       ********                               database-url
    payments.stripe.api_key            ********                               linerent.toml
    payments.stripe.api_base           ********                               LINERENT__PAYMENTS__STRIPE__API_BASE
    mail.smtp.url                      smtps://ada:********@mail.example.com  linerent.toml
    mail.smtp.password                 ********                               ********
    mail.smtp.password_file            ********                               LINERENT__MAIL__SMTP__PASSWORD_FILE
    dkim                               ********                               LINERENT__DKIM
    mail.smtp.passwort                 ********                               LINERENT__MAIL__SMTP__PASSWORT
    ");
}

/// What a person may get wrong around a secret: no answer, and no log, repeats any of it.
#[test]
fn no_mistake_has_a_secret_repeated() {
    let app = App::with_file("[payments.stripe]\napi_key = sk_live_hunter2\n");
    app.write("list.toml", "[[database]]\nurl = \"postgres://ada:hunter2@db/linerent\"\n");
    app.write("api-key", "sk_live_hunter2\n");
    let mistakes: &[(&str, &[(&str, &str)])] = &[
        ("--config linerent.toml", &[]),
        ("--config list.toml", &[]),
        ("--json", &[("LINERENT__DATABASE", "postgres://ada:hunter2@db/linerent")]),
        ("--json", &[("LINERENT__DATABASE__URL", "host=db password=hunter2")]),
        ("--json", &[("LINERENT__DATABASE__URL", "mysql://db/x?pass=hunter2")]),
        ("--json", &[("LINERENT__DATABASE__URL", "postgres://ada:hunter2/x@db/linerent")]),
        ("--json", &[("LINERENT__DATABASE__URL", "postgres://127.0.0.1:1/x?passwd=hunter2")]),
        ("--json", &[("LINERENT__DATABASE__URL_FILE", "api-key")]),
        ("--json", &[("LINERENT__DATABASE__URL_FILE", "postgres://ada:hunter2@db/linerent")]),
        ("--json", &[("LINERENT__PAYMENTS__STRIPE", "sk_live_hunter2")]),
        (
            "--json",
            &[
                ("LINERENT__PAYMENTS__GATEWAY", "stripe"),
                ("LINERENT__PAYMENTS__STRIPE__API_KEY", "hunter2"),
            ],
        ),
        (
            "--json",
            &[
                ("LINERENT__PAYMENTS__GATEWAY", "stripe"),
                ("LINERENT__PAYMENTS__STRIPE__API_KEY_FILE", "sk_live_hunter2"),
            ],
        ),
        (
            "--json",
            &[
                ("LINERENT__PAYMENTS__GATEWAY", "stripe"),
                ("LINERENT__PAYMENTS__STRIPE__API_BASE", "sk_live_hunter2"),
            ],
        ),
        ("--json", &[("LINERENT__MAIL__SMTP", "smtps://ada:hunter2@mail.example.com")]),
        (
            "--json",
            &[
                ("LINERENT__MAIL__TRANSPORT", "smtp"),
                ("LINERENT__MAIL__FROM", "ada@example.com"),
                ("LINERENT__MAIL__SMTP__URL", "smtps://ada:12/hunter2@mail.example.com"),
            ],
        ),
    ];
    let answers = mistakes.iter().map(|(flags, variables)| {
        let commands = ["config check", "config show", "doctor", "account list"];
        let answers = commands.map(|command| {
            let output = app.run(&format!("{flags} {command}"), variables);
            let everything = format!("{output:?}");
            assert!(
                !everything.contains("hunter2"),
                "{flags} {command} {variables:?}: {everything}"
            );
            app.answer(&format!("{flags} {command}"), variables)
        });
        let [.., last] = answers;
        last
    });
    insta::assert_snapshot!(answers.collect::<Vec<_>>().join("\n"), @r"
    error: linerent.toml, line 2: string values must be quoted, expected literal string
    hint: `linerent config default` prints a correct file
    exit 2
    error: `database` in list.toml is a section, and cannot have a value
    hint: set its keys, such as `database.url`
    exit 2
    error: `database` in LINERENT__DATABASE is a section, and cannot have a value
    hint: set its keys, such as `database.url`
    exit 2
    error: opening the database: `…` is not a database URL
    hint: use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    exit 2
    error: opening the database: `mysql:…` is not a database URL
    hint: use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    exit 2
    error: opening the database: `postgres:…` is not a database URL
    hint: the user or password seems to contain `/`: write it as %2F; in a user or password write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25
    exit 2
    error: opening the database: the database cannot be used: connection refused
    hint: check `database.url`, and that the server runs and can be reached
    exit 2
    error: the file that `database.url_file` names contains no database URL
    hint: write sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME into it
    exit 2
    error: reading `database.url_file`, ********: No such file or directory
    hint: name a file that this user may read
    exit 2
    error: `payments.stripe` in LINERENT__PAYMENTS__STRIPE is a section, and cannot have a value
    hint: set its keys, such as `payments.stripe.api_key`
    exit 2
    error: `payments.stripe.api_key` is not a secret or restricted key of Stripe
    hint: use a key that begins with sk_live_, sk_test_, rk_live_ or rk_test_; Stripe's dashboard shows it under API keys
    exit 2
    error: reading `payments.stripe.api_key_file`, ********: No such file or directory
    hint: name a file that this user may read
    exit 2
    error: `payments.stripe.api_base` is `********`
    hint: use an https:// URL; http:// is allowed for this machine only, such as http://127.0.0.1:8420
    exit 2
    error: `mail.smtp` in LINERENT__MAIL__SMTP is a section, and cannot have a value
    hint: set its keys, such as `mail.smtp.url`
    exit 2
    error: `mail.smtp.url` is not set, or is not the URL of a mail server
    hint: use smtps://USER:PASSWORD@mail.example.com, or smtp://127.0.0.1:25 for a relay on this machine; in a user or password write @ as %40, / as %2F, # as %23 and : as %3A
    exit 2
    ");
}

#[test]
fn a_variable_that_is_no_text_is_named_and_not_repeated() {
    use std::os::unix::ffi::OsStrExt as _;

    let mut program = Command::new(linerent_testkit::path_of("linerent"));
    program.args(["config", "check"]);
    let value = std::ffi::OsStr::from_bytes(b"hunter2\xff");
    program.env("LINERENT__MAIL__SMTP__PASSWORD", value);
    let output = program.output().expect("the program starts");
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @r"
    error: the environment variable LINERENT__MAIL__SMTP__PASSWORD is not UTF-8
    hint: set it to UTF-8 text
    ");
}
