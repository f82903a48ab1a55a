//! Mail and notices: what bad settings and bad commands get.

use super::{answer, refused};
use linerent_testkit::{Engine, World};

const SMTP: [(&str, &str); 2] =
    [("MAIL__TRANSPORT", "smtp"), ("MAIL__FROM", "Billing <billing@example.com>")];

/// The answers where the environment has each of `settings`, one list after the other.
fn with_settings(world: &World, settings: &[Vec<(&str, &str)>]) -> String {
    let answers = settings.iter().map(|settings| {
        let mut program = world.program(&["account", "list"]);
        for (name, value) in settings {
            program.env(format!("LINERENT__{name}"), value);
        }
        let shown: Vec<_> =
            settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let output = program.output().expect("the program starts");
        format!("{}\n{}", shown.join(" "), answer(world, &output))
    });
    answers.collect::<Vec<_>>().join("\n")
}

fn smtp<'a>(further: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&SMTP[..], further].concat()
}

#[tokio::test]
async fn settings_of_mail_that_cannot_work_are_refused_with_their_keys() {
    let world = World::new(Engine::Sqlite).await;
    let no_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    std::fs::write(world.folder().join("key.pem"), no_key).expect("a file");
    let answers = with_settings(
        &world,
        &[
            vec![("MAIL__TRANSPORT", "pigeon")],
            vec![("MAIL__FROM", "nobody")],
            vec![("MAIL__OPERATOR", "a@b, c@d")],
            vec![("MAIL__GIVE_UP_AFTER", "soon")],
            vec![("MAIL__SENDER", "x")],
            vec![("MAIL__TRANSPORT", "smtp")],
            smtp(&[]),
            smtp(&[("MAIL__SMTP__URL", "mail.example.com")]),
            smtp(&[("MAIL__SMTP__URL", "http://mail.example.com")]),
            smtp(&[("MAIL__SMTP__URL", "smtp://mail.example.com?tls=none")]),
            smtp(&[("MAIL__SMTP__URL", "smtp://mail.example.com?tls=maybe")]),
            smtp(&[("MAIL__SMTP__URL", "smtps://mail.example.com?pool=9")]),
            smtp(&[("MAIL__SMTP__URL", "smtps://ada@mail.example.com")]),
            smtp(&[
                ("MAIL__SMTP__URL", "smtps://ada:secret@mail.example.com"),
                ("MAIL__SMTP__CONNECTIONS_MAX", "0"),
            ]),
            smtp(&[
                ("MAIL__SMTP__URL", "smtps://mail.example.com"),
                ("MAIL__SMTP__CA_FILE", "nowhere.pem"),
            ]),
            vec![("MAIL__DKIM__SELECTOR", "x")],
            vec![("MAIL__DKIM__SELECTOR", "x"), ("MAIL__DKIM__KEY_FILE", "nowhere.pem")],
            vec![("MAIL__DKIM__SELECTOR", "x"), ("MAIL__DKIM__KEY_FILE", "key.pem")],
            vec![("NOTICES__AHEAD", "sometimes")],
            vec![("NOTICES__AHEAD_DAYS", "28")],
        ],
    );
    assert_answers!(answers, @r#"
    MAIL__TRANSPORT=pigeon
    error: `mail.transport` is `pigeon` in LINERENT__MAIL__TRANSPORT, expected "file" or "smtp"
    hint: `linerent config default` explains all settings
    exit 2
    MAIL__FROM=nobody
    error: `mail.from` is not a mail address: `nobody` is not an address
    hint: write it as name@example.com or Name <name@example.com>
    exit 2
    MAIL__OPERATOR=a@b, c@d
    error: `mail.operator` is not a mail address: `a@b, c@d` is not an address
    hint: write it as name@example.com or Name <name@example.com>
    exit 2
    MAIL__GIVE_UP_AFTER=soon
    error: `mail.give_up_after` is `soon` in LINERENT__MAIL__GIVE_UP_AFTER, expected a time from 1min to 30days with its unit, such as "90s", "6min" or "1h"
    hint: `linerent config default` explains all settings
    exit 2
    MAIL__SENDER=x
    error: unknown setting `mail.sender` in LINERENT__MAIL__SENDER
    hint: `linerent config default` prints all settings
    exit 2
    MAIL__TRANSPORT=smtp
    error: `mail.from` is `Billing <billing@localhost>`; it must be an address that can receive mail when `mail.transport` is `smtp`
    hint: set `mail.from`, for example Example Numbers <billing@example.com>
    exit 2
    MAIL__TRANSPORT=smtp MAIL__FROM=Billing <billing@example.com>
    error: `mail.smtp.url` is not set, or is not the URL of a mail server
    hint: use smtps://USER:PASSWORD@mail.example.com, or smtp://127.0.0.1:25 for a relay on this machine; in a user or password write @ as %40, / as %2F, # as %23 and : as %3A
    exit 2
    MAIL__TRANSPORT=smtp MAIL__FROM=Billing <billing@example.com> MAIL__SMTP__URL=mail.example.com
    error: `mail.smtp.url` is not set, or is not the URL of a mail server
    hint: use smtps://USER:PASSWORD@mail.example.com, or smtp://127.0.0.1:25 for a relay on this machine; in a user or password write @ as %40, / as %2F, # as %23 and : as %3A
    exit 2
    MAIL__TRANSPORT=smtp MAIL__FROM=Billing <billing@example.com> MAIL__SMTP__URL=http://mail.example.com
    error: `mail.smtp.url` is not set, or is not the URL of a mail server
    hint: use smtps://USER:PASSWORD@mail.example.com, or smtp://127.0.0.1:25 for a relay on this machine; in a user or password write @ as %40, / as %2F, # as %23 and : as %3A
    exit 2
    MAIL__TRANSPORT=smtp MAIL__FROM=Billing <billing@example.com> MAIL__SMTP__URL=smtp://mail.example.com?tls=none
    error: `mail.smtp.url` disables TLS, which is allowed only for a relay on this machine
    hint: use smtps:// or ?tls=required
    exit 2
    MAIL__TRANSPORT=smtp MAIL__FROM=Billing <billing@example.com> MAIL__SMTP__URL=smtp://mail.example.com?tls=maybe
    error: `mail.smtp.url` has `tls=maybe`
    hint: use required or none
    exit 2
    MAIL__TRANSPORT=smtp MAIL__FROM=Billing <billing@example.com> MAIL__SMTP__URL=smtps://mail.example.com?pool=9
    error: `mail.smtp.url` has a parameter that is not `tls`
    hint: in a user or password write ? as %3F
    exit 2
    MAIL__TRANSPORT=smtp MAIL__FROM=Billing <billing@example.com> MAIL__SMTP__URL=smtps://ada@mail.example.com
    error: `mail.smtp.user` is set without a password
    hint: set LINERENT__MAIL__SMTP__PASSWORD, or write the password to a file and name it in `mail.smtp.password_file`
    exit 2
    MAIL__TRANSPORT=smtp MAIL__FROM=Billing <billing@example.com> MAIL__SMTP__URL=smtps://ada:secret@mail.example.com MAIL__SMTP__CONNECTIONS_MAX=0
    error: `mail.smtp.connections_max` is `0` in LINERENT__MAIL__SMTP__CONNECTIONS_MAX, expected a whole number from 1 to 100
    hint: `linerent config default` explains all settings
    exit 2
    MAIL__TRANSPORT=smtp MAIL__FROM=Billing <billing@example.com> MAIL__SMTP__URL=smtps://mail.example.com MAIL__SMTP__CA_FILE=nowhere.pem
    error: `mail.smtp.ca_file` cannot be used: nowhere.pem: No such file or directory
    hint: it holds one or more certificates in PEM
    exit 2
    MAIL__DKIM__SELECTOR=x
    error: `mail.dkim` is incomplete
    hint: set both `mail.dkim.selector` and `mail.dkim.key_file`
    exit 2
    MAIL__DKIM__SELECTOR=x MAIL__DKIM__KEY_FILE=nowhere.pem
    error: reading `mail.dkim.key_file`, nowhere.pem: No such file or directory
    hint: name a file that this user may read
    exit 2
    MAIL__DKIM__SELECTOR=x MAIL__DKIM__KEY_FILE=key.pem
    error: the key of `mail.dkim` cannot be used
    hint: make one with `openssl genrsa -out dkim.pem 2048` or `openssl genpkey -algorithm ed25519 -out dkim.pem`
    exit 2
    NOTICES__AHEAD=sometimes
    error: `notices.ahead` is `sometimes` in LINERENT__NOTICES__AHEAD, expected "if_short", "always" or "never"
    hint: `linerent config default` explains all settings
    exit 2
    NOTICES__AHEAD_DAYS=28
    error: `notices.ahead_days` is `28` in LINERENT__NOTICES__AHEAD_DAYS, expected a whole number from 1 to 27
    hint: `linerent config default` explains all settings
    exit 2
    "#);
    world.end().await;
}

on_both_engines!(commands_that_name_nothing_there_is_are_refused, |world| {
    world.account("0000000a", "0").await;
    let answers = refused(
        world,
        &[
            &["notice", "show", "x"],
            &["notice", "show", "0000000a/renewed/2026-01-31"],
            &["notice", "show", "0000000a/renewed/2026-01-32"],
            &["notice", "retry", "operator/report/2026-01-31"],
            &["notice", "list", "--status", "lost"],
            &["notice", "list", "--account", "0000000b"],
            &["notice", "preview", "spam"],
            &["mail", "test", "--to", "nobody"],
            &["mail", "test", "--to", "a@b.org\nBcc: c@d.org"],
            &["account", "notices", "0000000a", "--off", "spam"],
            &["account", "notices", "0000000a", "--off", "past_due"],
            &["account", "notices", "0000000a", "--off", "renewed", "--on", "renewed"],
            &["account", "notices", "0000000b", "--off", "renewed"],
            &["account", "update", "0000000a"],
            &["account", "update", "0000000a", "--email", "a..b@x.org"],
            &["account", "update", "0000000a", "--name", "Ada\nEve"],
            &["account", "update", "0000000a", "--low-balance", "-1"],
        ],
    )
    .await;
    assert_answers!(answers, @r#"
    $ notice show x
    error: `x` is not a notice
    hint: `linerent notice list` shows them, for example 1f3a90c2/renewed/2026-02-28
    exit 1
    $ notice show 0000000a/renewed/2026-01-31
    error: there is no notice 0000000a/renewed/2026-01-31
    hint: `linerent notice list` shows the newest
    exit 1
    $ notice show 0000000a/renewed/2026-01-32
    error: `0000000a/renewed/2026-01-32` is not a notice
    hint: `linerent notice list` shows them, for example 1f3a90c2/renewed/2026-02-28
    exit 1
    $ notice retry operator/report/2026-01-31
    error: there is no notice operator/report/2026-01-31
    hint: `linerent notice list` shows the newest
    exit 1
    $ notice list --status lost
    error: `lost` is not a status of notices
    hint: use one of pending, sent, failed
    exit 1
    $ notice list --account 0000000b
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    $ notice preview spam
    error: `spam` is not a kind of notice
    hint: use one of renewed, renewal_ahead, low_balance, reload_captured, reload_declined, auto_reload_switched_off, past_due, released, price_change, correction, report, run_failed
    exit 1
    $ mail test --to nobody
    error: `nobody` is not an address
    hint: write it as name@example.com or Name <name@example.com>
    exit 1
    $ mail test --to "a@b.org\nBcc: c@d.org"
    error: `a@b.org\u{a}Bcc: c@d.org` is not an address
    hint: write it as name@example.com or Name <name@example.com>
    exit 1
    $ account notices 0000000a --off spam
    error: `spam` is not a kind of notice
    hint: use one of renewed, renewal_ahead, low_balance, reload_captured, reload_declined, auto_reload_switched_off, past_due, released, price_change, correction, report, run_failed
    exit 1
    $ account notices 0000000a --off past_due
    error: notices of kind past_due cannot be switched off
    hint: those that can be are renewed, renewal_ahead, low_balance, reload_captured
    exit 1
    $ account notices 0000000a --off renewed --on renewed
    error: renewed cannot be switched off and on at once
    hint: name it after `--off` or after `--on`
    exit 1
    $ account notices 0000000b --off renewed
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    $ account update 0000000a
    error: there is nothing to change
    hint: use at least one of the options that change something
    exit 1
    $ account update 0000000a --email a..b@x.org
    error: `a..b@x.org` is not an e-mail address
    hint: write it as name@example.com
    exit 1
    $ account update 0000000a --name "Ada\nEve"
    error: the name contains U+000A (line feed) at character 4
    hint: leave it out: it is not seen, and can change how other text is shown
    exit 1
    $ account update 0000000a --low-balance -1
    error: the low balance -1.00 EUR is negative
    hint: use zero or more
    exit 1
    "#);
});
