//! What a number cannot be configured with. Webhooks are on this machine, which is not allowed here.

use super::{answer, done, refused};
use linerent_testkit::webhook_server::{Server, status};

on_both_engines!(values_that_are_none_are_refused_by_the_name_of_their_option, |world| {
    world.numbers(&["447700900001", "447700900002"], "1.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    done(world, &["configure", "447700900001", "--application", "crm"]);
    let long = format!("https://example.com/{}", "x".repeat(2_000));
    let of = |option: &'static str, values: &[&'static str]| {
        [&["configure", "447700900001", option], values].concat()
    };
    let commands = [
        of("--inbound-sms-url", &[""]),
        of("--inbound-sms-url", &["hooks.example.com"]),
        of("--inbound-sms-url", &["ftp://example.com/"]),
        of("--inbound-sms-url", &["https://user:t0ken@example.com/"]),
        of("--inbound-sms-url", &["https://example.com/#t0ken"]),
        of("--voice-status-url", &["https://example.com/a\nb?t0ken"]),
        of("--voice-callback", &["url", "sip:alice@example.com"]),
        of("--voice-callback", &["sip", "alice"]),
        of("--voice-callback", &["sip", "alice:t0ken@example.com"]),
        of("--voice-callback", &["tel", "12"]),
        of("--voice-callback", &["tel", "07700 900001"]),
        of("--voice-callback", &["tel", "+44 7700 900001"]),
        of("--voice-callback", &["fax", "447700900002"]),
        of("--application", &[""]),
        of("--application", &["a b"]),
        of("--application", &["\u{1b}[31m red"]),
        of("--smpp-system-type", &["1234567890123"]),
        of("--smpp-system-type", &["ä"]),
        of("--application", &["erp", "--clear", "application"]),
        of("--voice-status-url", &["https://example.com/", "--clear", "voice-status-url"]),
    ];
    let mut commands: Vec<&[&str]> = commands.iter().map(Vec::as_slice).collect();
    commands.push(&["configure", "447700900002", "--application", "crm"]);
    commands.push(&["configure", "447700900002"]);
    commands.push(&["configure", "447700900009"]);
    commands.push(&["configure", "447700900001", "--account", "0000000b"]);
    let answers = refused(world, &commands).await;
    assert_answers!(answers, @r#"
    $ configure 447700900001 --inbound-sms-url ""
    error: `--inbound-sms-url` is not a URL
    hint: write it as https://hooks.example.com/path
    exit 1
    $ configure 447700900001 --inbound-sms-url hooks.example.com
    error: `--inbound-sms-url` is not a URL
    hint: write it as https://hooks.example.com/path
    exit 1
    $ configure 447700900001 --inbound-sms-url ftp://example.com/
    error: `--inbound-sms-url` is neither https:// nor http://
    hint: use https:// or http://
    exit 1
    $ configure 447700900001 --inbound-sms-url https://user:t0ken@example.com/
    error: `--inbound-sms-url` contains a user or password
    hint: leave out USER:PASSWORD@: it would be visible wherever the URL is shown
    exit 1
    $ configure 447700900001 --inbound-sms-url https://example.com/#t0ken
    error: `--inbound-sms-url` contains a #, and the part after it is never sent to a server
    hint: leave out the # and the part after it
    exit 1
    $ configure 447700900001 --voice-status-url "https://example.com/a\nb?t0ken"
    error: `--voice-status-url` contains a space, a backslash or a control character
    hint: write such a character as %20
    exit 1
    $ configure 447700900001 --voice-callback url sip:alice@example.com
    error: `--voice-callback` is not a URL
    hint: write it as https://hooks.example.com/path
    exit 1
    $ configure 447700900001 --voice-callback sip alice
    error: `--voice-callback` is not a SIP address
    hint: write it as sip:alice@example.com, with :PORT and ;transport=tcp if needed
    exit 1
    $ configure 447700900001 --voice-callback sip alice:t0ken@example.com
    error: `--voice-callback` is not a SIP address
    hint: write it as sip:alice@example.com, with :PORT and ;transport=tcp if needed
    exit 1
    $ configure 447700900001 --voice-callback tel 12
    error: `--voice-callback` is not a phone number
    hint: write E.164 with the country's digits first, for example 447700900001
    exit 1
    $ configure 447700900001 --voice-callback tel "07700 900001"
    error: `--voice-callback` is not a phone number
    hint: write E.164 with the country's digits first, for example 447700900001
    exit 1
    $ configure 447700900001 --voice-callback tel "+44 7700 900001"
    error: calls to 447700900001 cannot go to 447700900001 itself
    hint: use another number for `--voice-callback tel`
    exit 1
    $ configure 447700900001 --voice-callback fax 447700900002
    error: `--voice-callback` has an unknown type
    hint: use sip ADDRESS, tel NUMBER or url URL
    exit 1
    $ configure 447700900001 --application ""
    error: `--application` is not the name of an application
    hint: use up to 64 letters, digits and - _ . :
    exit 1
    $ configure 447700900001 --application "a b"
    error: `--application` is not the name of an application
    hint: use up to 64 letters, digits and - _ . :
    exit 1
    $ configure 447700900001 --application "\u{1b}[31m red"
    error: `--application` is not the name of an application
    hint: use up to 64 letters, digits and - _ . :
    exit 1
    $ configure 447700900001 --smpp-system-type 1234567890123
    error: `--smpp-system-type` is not a system type of SMPP
    hint: use up to 12 characters of ASCII, without spaces
    exit 1
    $ configure 447700900001 --smpp-system-type ä
    error: `--smpp-system-type` is not a system type of SMPP
    hint: use up to 12 characters of ASCII, without spaces
    exit 1
    $ configure 447700900001 --application erp --clear application
    error: `--application` cannot be set and cleared at once
    hint: leave one of them out
    exit 1
    $ configure 447700900001 --voice-status-url https://example.com/ --clear voice-status-url
    error: `--voice-status-url` cannot be set and cleared at once
    hint: leave one of them out
    exit 1
    $ configure 447700900002 --application crm
    error: 447700900002 is not rented by any account
    hint: `linerent number show 447700900002` shows its status
    exit 1
    $ configure 447700900002
    error: 447700900002 is not rented by any account
    hint: `linerent number show 447700900002` shows its status
    exit 1
    $ configure 447700900009
    error: there is no number 447700900009 in the inventory
    hint: `linerent number search` shows what is on sale
    exit 1
    $ configure 447700900001 --account 0000000b
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    "#);
    let long = ["configure", "447700900001", "--inbound-sms-url", &long];
    let answer = refused(world, &[&long]).await;
    assert!(answer.contains("`--inbound-sms-url` is longer than 2000 characters"), "{answer}");
    assert_eq!(world.texts("SELECT application FROM configurations").await, ["crm"]);
});

on_both_engines!(a_webhook_on_this_machine_is_not_even_asked, |world| {
    world.numbers(&["447700900001"], "1.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    let server = Server::start(|_| status("200 OK")).await;
    let port = server.address.port();
    let urls = ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f000001"]
        .map(|host| format!("http://{host}:{port}/?key=t0ken"));
    let mut commands: Vec<Vec<&str>> = Vec::new();
    for url in &urls {
        commands.push(vec!["configure", "447700900001", "--inbound-sms-url", url]);
    }
    commands.push(vec![
        "configure",
        "447700900001",
        "--voice-callback",
        "url",
        &urls[0],
        "--skip-check",
    ]);
    commands.push(vec![
        "configure",
        "447700900001",
        "--application",
        "crm",
        "--inbound-sms-url",
        "http://10.0.0.1/",
        "--voice-status-url",
        "http://169.254.169.254/latest/meta-data/",
    ]);
    let commands: Vec<_> = commands.iter().map(Vec::as_slice).collect();
    let answers = refused(world, &commands).await.replace(&port.to_string(), "PORT");
    assert_answers!(answers, @r"
    $ configure 447700900001 --inbound-sms-url http://127.0.0.1:PORT/?key=t0ken
    error: `--inbound-sms-url` was not saved: http://127.0.0.1:PORT leads to a loopback address
    hint: use a public address; to allow webhooks in a private network, set `webhooks.allow_private` to `true`
    exit 1
    $ configure 447700900001 --inbound-sms-url http://localhost:PORT/?key=t0ken
    error: `--inbound-sms-url` was not saved: http://localhost:PORT leads to a loopback address
    hint: use a public address; to allow webhooks in a private network, set `webhooks.allow_private` to `true`
    exit 1
    $ configure 447700900001 --inbound-sms-url http://[::ffff:127.0.0.1]:PORT/?key=t0ken
    error: `--inbound-sms-url` was not saved: http://[::ffff:7f00:1]:PORT leads to an IPv4 address in IPv6
    hint: use a public address; to allow webhooks in a private network, set `webhooks.allow_private` to `true`
    exit 1
    $ configure 447700900001 --inbound-sms-url http://0x7f000001:PORT/?key=t0ken
    error: `--inbound-sms-url` was not saved: http://127.0.0.1:PORT leads to a loopback address
    hint: use a public address; to allow webhooks in a private network, set `webhooks.allow_private` to `true`
    exit 1
    $ configure 447700900001 --voice-callback url http://127.0.0.1:PORT/?key=t0ken --skip-check
    error: `--voice-callback` was not saved: http://127.0.0.1:PORT leads to a loopback address
    hint: use a public address; to allow webhooks in a private network, set `webhooks.allow_private` to `true`
    exit 1
    $ configure 447700900001 --application crm --inbound-sms-url http://10.0.0.1/ --voice-status-url http://169.254.169.254/latest/meta-data/
    error: `--inbound-sms-url` was not saved: http://10.0.0.1 leads to a private address; `--voice-status-url` was not saved: http://169.254.169.254 leads to a link-local address
    hint: use a public address; to allow webhooks in a private network, set `webhooks.allow_private` to `true`
    exit 1
    ");
    assert_eq!(server.asked(), Vec::<String>::new());
    assert_eq!(world.texts("SELECT application FROM configurations").await, Vec::<String>::new());
});

on_both_engines!(impossible_settings_of_webhooks_are_refused, |world| {
    let mut answers = Vec::new();
    for (key, value) in
        [("TIMEOUT", "0s"), ("TIMEOUT", "61s"), ("TIMEOUT", "soon"), ("ALLOW_PRIVATE", "perhaps")]
    {
        let mut program = world.program(&["config", "check"]);
        program.env(format!("LINERENT__WEBHOOKS__{key}"), value);
        let output = program.output().expect("the program starts");
        answers.push(answer(world, &output));
    }
    assert_answers!(answers.join("\n"), @r#"
    error: `webhooks.timeout` is `0s` in LINERENT__WEBHOOKS__TIMEOUT, expected a time from 1s to 1min with its unit, such as "90s", "6min" or "1h"
    hint: `linerent config default` explains all settings
    exit 2
    error: `webhooks.timeout` is `61s` in LINERENT__WEBHOOKS__TIMEOUT, expected a time from 1s to 1min with its unit, such as "90s", "6min" or "1h"
    hint: `linerent config default` explains all settings
    exit 2
    error: `webhooks.timeout` is `soon` in LINERENT__WEBHOOKS__TIMEOUT, expected a time from 1s to 1min with its unit, such as "90s", "6min" or "1h"
    hint: `linerent config default` explains all settings
    exit 2
    error: `webhooks.allow_private` is `perhaps` in LINERENT__WEBHOOKS__ALLOW_PRIVATE, expected true or false
    hint: `linerent config default` explains all settings
    exit 2
    "#);
});
