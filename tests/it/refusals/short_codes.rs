//! Short codes that cannot be sold, and set-ups that nobody could or may send.

use super::{done, refused};
use linerent_testkit::World;

/// A shared short code at 25 USD, one account that rents it, one that does not, and a landline.
async fn one_renter(world: &World) {
    done(world, &["shortcode", "add", "98975", "--monthly-price", "25", "--shared"]);
    for key in ["a0000001", "b0000002"] {
        let create = ["account", "create", "Ada", "--email", "ada@example.com", "--key", key];
        done(world, &[&create[..], &["--currency", "USD"]].concat());
        done(world, &["account", "top-up", key, "100", "--reference", "opening"]);
    }
    done(world, &["rent", "a0000001", "98975"]);
    world.numbers(&["447700900001"], "1.00").await;
}

/// The answers to set-ups of both kinds, of which none is written.
async fn set_up_refused(world: &World, commands: &[&[&str]]) -> String {
    let stored = "SELECT CAST(content AS TEXT) FROM short_code_set_ups ORDER BY account_id, kind";
    let before = world.texts(stored).await;
    let answers = refused(world, commands).await;
    assert_eq!(world.texts(stored).await, before);
    answers
}

on_both_engines!(a_code_that_cannot_be_sold_is_not_added, |world| {
    one_renter(world).await;
    let add = |more: &'static [&'static str]| [&["shortcode", "add"], more].concat();
    let commands = [
        add(&["98975", "--monthly-price", "25"]),
        add(&["98975", "--country", "CA", "--monthly-price", "1"]),
        add(&["9897S", "--monthly-price", "25", "--features", "S?S", "--country", "USA"]),
        add(&["447700900002", "--monthly-price", "25"]),
        add(&["9897", "--monthly-price", "25"]),
        add(&["19897", "--monthly-price", "25"]),
        add(&["9897512", "--monthly-price", "25"]),
        add(&["98976", "--monthly-price", "-1", "--setup-price", "x"]),
        add(&["98976", "--monthly-price", "1", "--currency", "DOLLAR"]),
        add(&["98976"]),
    ];
    let answers = refused(world, &commands.each_ref().map(Vec::as_slice)).await;
    assert_answers!(answers, @r"
    $ shortcode add 98975 --monthly-price 25
    error: nothing was added: 98975 is in the inventory already
    hint: `linerent number show 98975` shows it
    exit 1
    $ shortcode add 98975 --country CA --monthly-price 1
    error: nothing was added: 98975 is in the inventory already
    hint: `linerent number show 98975` shows it
    exit 1
    $ shortcode add 9897S --monthly-price 25 --features S?S --country USA
    error: nothing was added: `9897S` is not a phone number; `USA` is not a country; `S?S` is not a feature
    exit 1
    $ shortcode add 447700900002 --monthly-price 25
    error: nothing was added: `447700900002` cannot be a shortcode
    exit 1
    $ shortcode add 9897 --monthly-price 25
    error: nothing was added: `9897` is not a short code of the US: these have 5 or 6 digits, the first from 2 to 9
    exit 1
    $ shortcode add 19897 --monthly-price 25
    error: nothing was added: `19897` is not a short code of the US: these have 5 or 6 digits, the first from 2 to 9
    exit 1
    $ shortcode add 9897512 --monthly-price 25
    error: nothing was added: `9897512` is not a short code of the US: these have 5 or 6 digits, the first from 2 to 9
    exit 1
    $ shortcode add 98976 --monthly-price -1 --setup-price x
    error: nothing was added: the price `-1` is negative; `x` is not an amount
    exit 1
    $ shortcode add 98976 --monthly-price 1 --currency DOLLAR
    error: nothing was added: `DOLLAR` is not a currency
    exit 1
    $ shortcode add 98976
    error: the following required arguments were not provided:
      --monthly-price <AMOUNT>
    Usage: linerent shortcode add --monthly-price <AMOUNT> <CODE>
    For more information, try '--help'.
    exit 2
    ");
});

on_both_engines!(what_an_account_does_not_rent_it_does_not_set_up, |world| {
    one_renter(world).await;
    let set_up = |key: &'static str, code: &'static str| {
        vec!["shortcode", "setup-2fa", key, code, "--company", "Acme", "--message", "Acme ${pin}"]
    };
    let commands = [
        set_up("b0000002", "98975"),
        set_up("a0000001", "98976"),
        set_up("a0000001", "447700900001"),
        set_up("a0000001", "code"),
        set_up("c0000003", "98975"),
        vec!["shortcode", "show", "b0000002", "98975"],
        vec!["shortcode", "clear", "b0000002", "98975", "2fa"],
        vec!["shortcode", "clear", "a0000001", "98975", "2fa"],
        vec!["shortcode", "clear", "a0000001", "98975", "alert"],
        vec!["shortcode", "clear", "a0000001", "98975", "sms"],
        vec!["shortcode", "disclosure", "b0000002", "98975"],
        vec!["shortcode", "disclosure", "a0000001", "98975"],
        vec!["shortcode", "disclosure", "a0000001", "98975", "alert"],
        vec!["shortcode", "disclosure", "a0000001", "98975", "sms"],
    ];
    let answers = set_up_refused(world, &commands.each_ref().map(Vec::as_slice)).await;
    assert_answers!(answers, @r#"
    $ shortcode setup-2fa b0000002 98975 --company Acme --message "Acme ${pin}"
    error: account b0000002 does not rent 98975
    hint: `linerent rent b0000002 98975` rents it
    exit 1
    $ shortcode setup-2fa a0000001 98976 --company Acme --message "Acme ${pin}"
    error: there is no number 98976 in the inventory
    hint: `linerent number search` shows what is on sale
    exit 1
    $ shortcode setup-2fa a0000001 447700900001 --company Acme --message "Acme ${pin}"
    error: 447700900001 is no short code but a mobile-lvn
    hint: `linerent number search --country GB --type shortcode` shows the short codes on sale
    exit 1
    $ shortcode setup-2fa a0000001 code --company Acme --message "Acme ${pin}"
    error: `code` is not a phone number
    hint: write E.164 without `+`, for example 447700900001, or a short code of 3 to 8 digits
    exit 1
    $ shortcode setup-2fa c0000003 98975 --company Acme --message "Acme ${pin}"
    error: there is no account c0000003
    hint: `linerent account list` lists all accounts
    exit 1
    $ shortcode show b0000002 98975
    error: account b0000002 does not rent 98975
    hint: `linerent rent b0000002 98975` rents it
    exit 1
    $ shortcode clear b0000002 98975 2fa
    error: account b0000002 does not rent 98975
    hint: `linerent rent b0000002 98975` rents it
    exit 1
    $ shortcode clear a0000001 98975 2fa
    error: account a0000001 has not set 98975 up for 2fa
    hint: `linerent shortcode setup-2fa` sets it up
    exit 1
    $ shortcode clear a0000001 98975 alert
    error: account a0000001 has not set 98975 up for alert
    hint: `linerent shortcode setup-alert` sets it up
    exit 1
    $ shortcode clear a0000001 98975 sms
    error: `sms` is not a kind of short-code program
    hint: use 2fa or alert
    exit 1
    $ shortcode disclosure b0000002 98975
    error: account b0000002 does not rent 98975
    hint: `linerent rent b0000002 98975` rents it
    exit 1
    $ shortcode disclosure a0000001 98975
    error: account a0000001 has not set 98975 up for anything
    hint: `linerent shortcode setup-2fa` and `linerent shortcode setup-alert` set it up
    exit 1
    $ shortcode disclosure a0000001 98975 alert
    error: account a0000001 has not set 98975 up for alert
    hint: `linerent shortcode setup-alert` sets it up
    exit 1
    $ shortcode disclosure a0000001 98975 sms
    error: `sms` is not a kind of short-code program
    hint: use 2fa or alert
    exit 1
    "#);
});

on_both_engines!(a_message_that_cannot_carry_a_pin_is_refused, |world| {
    one_renter(world).await;
    done(
        world,
        &["shortcode", "setup-2fa", "a0000001", "98975", "--company", "A", "--message", "A ${pin}"],
    );
    let long = "x".repeat(149) + "${company}${pin}";
    let cyrillic =
        "Ваш код для входа в личный кабинет на сайте ${company} на сегодня: ${pin} (Acme)";
    let curly = "It’s time to sign in to ${company} with the code that you asked for: ${pin}";
    let messages = [
        "Your  code is ",
        "Your $company code is $pin",
        "${pin} and again ${pin}",
        "${user}, your ${company} code is ${pin}",
        "Your code is ${pin",
        "Your code is ${}",
        "Your code is ${the pin}",
        "",
        "Your code is\t${pin}",
        &long,
        cyrillic,
        curly,
    ];
    let commands = messages.map(|message| {
        vec![
            "shortcode",
            "setup-2fa",
            "a0000001",
            "98975",
            "--company",
            "Acme",
            "--message",
            message,
        ]
    });
    let answers = set_up_refused(world, &commands.each_ref().map(Vec::as_slice)).await;
    assert_answers!(answers, @r#"
    $ shortcode setup-2fa a0000001 98975 --company Acme --message "Your  code is "
    error: nothing was set up: the message has no `${pin}`
    hint: put the message in single quotes; in double quotes the shell expands `${…}`
    exit 1
    $ shortcode setup-2fa a0000001 98975 --company Acme --message "Your $company code is $pin"
    error: nothing was set up: the message has no `${pin}`
    hint: put the message in single quotes; in double quotes the shell expands `${…}`
    exit 1
    $ shortcode setup-2fa a0000001 98975 --company Acme --message "${pin} and again ${pin}"
    error: nothing was set up: the message has `${pin}` 2 times; it must have it once
    exit 1
    $ shortcode setup-2fa a0000001 98975 --company Acme --message "${user}, your ${company} code is ${pin}"
    error: nothing was set up: the message has the unknown variable `${user}`; use `${company}` and `${pin}`
    exit 1
    $ shortcode setup-2fa a0000001 98975 --company Acme --message "Your code is ${pin"
    error: nothing was set up: the message: the `${` at character 14 has no `}`
    exit 1
    $ shortcode setup-2fa a0000001 98975 --company Acme --message "Your code is ${}"
    error: nothing was set up: the message: the `${}` at character 14 has no variable name
    exit 1
    $ shortcode setup-2fa a0000001 98975 --company Acme --message "Your code is ${the pin}"
    error: nothing was set up: the message: `${the pin}` at character 14 is not a valid variable: a name has 1 to 32 letters, digits and `_`, and begins with a letter
    exit 1
    $ shortcode setup-2fa a0000001 98975 --company Acme --message ""
    error: nothing was set up: the message is empty
    exit 1
    $ shortcode setup-2fa a0000001 98975 --company Acme --message "Your code is\t${pin}"
    error: nothing was set up: the message contains U+0009 (tab) at character 13
    exit 1
    $ shortcode setup-2fa a0000001 98975 --company Acme --message xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx${company}${pin}
    error: nothing was set up: the message must fit into one SMS of 160 characters in GSM-7, but has 161 with the company name and an 8-digit PIN: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxAcme12345678`
    exit 1
    $ shortcode setup-2fa a0000001 98975 --company Acme --message "Ваш код для входа в личный кабинет на сайте ${company} на сегодня: ${pin} (Acme)"
    error: nothing was set up: the message must fit into one SMS of 70 characters in UCS-2 because of `В` (U+0412), but has 76 with the company name and an 8-digit PIN: `Ваш код для входа в личный кабинет на сайте Acme на сегодня: 12345678 (Acme)`
    exit 1
    $ shortcode setup-2fa a0000001 98975 --company Acme --message "It’s time to sign in to ${company} with the code that you asked for: ${pin}"
    error: nothing was set up: the message must fit into one SMS of 70 characters in UCS-2 because of `’` (U+2019; use `'`), but has 71 with the company name and an 8-digit PIN: `It’s time to sign in to Acme with the code that you asked for: 12345678`
    exit 1
    "#);
});

on_both_engines!(all_that_is_wrong_with_a_set_up_is_told_at_once, |world| {
    one_renter(world).await;
    let alert = [
        "shortcode",
        "setup-alert",
        "a0000001",
        "98975",
        "--program",
        " ",
        "--template",
        "${item",
        "",
        "--help-message",
        "Thank you",
        "--stop-message",
        "Bye, ${name}",
        "--frequency",
        "",
        "--support",
        "",
        "--terms",
        "example.com/terms",
        "--privacy",
        "ftp://example.com",
    ];
    let two_factor = [
        "shortcode",
        "setup-2fa",
        "a0000001",
        "98975",
        "--company",
        "",
        "--message",
        "${name}",
        "--terms",
        "https://exa mple.com",
        "--support",
        "",
    ];
    let answers = set_up_refused(world, &[&alert, &two_factor]).await;
    assert_answers!(answers, @r#"
    $ shortcode setup-alert a0000001 98975 --program " " --template ${item "" --help-message "Thank you" --stop-message "Bye, ${name}" --frequency "" --support "" --terms example.com/terms --privacy ftp://example.com
    error: nothing was set up: 10 errors
    the program is empty
    template 1: the `${` at character 1 has no `}`
    template 2 is empty
    the stop message has the variable `${name}`; replies cannot have variables
    the frequency is empty
    the support contact is empty
    the URL of the terms is `example.com/terms`; it must begin with http:// or https://, for example https://example.com/terms
    the URL of the privacy policy is `ftp://example.com`; it must begin with http:// or https://, for example https://example.com/terms
    the help message does not say how to get help or how to stop
    the stop message does not say that no more messages will be sent
    hint: for example `Acme Alerts: help at help@example.com. Reply STOP to cancel.`
    exit 1
    $ shortcode setup-2fa a0000001 98975 --company "" --message ${name} --terms "https://exa mple.com" --support ""
    error: nothing was set up: 5 errors
    the URL of the terms is `https://exa mple.com`; it must begin with http:// or https://, for example https://example.com/terms
    the support contact is empty
    the company is empty
    the message has no `${pin}`
    the message has the unknown variable `${name}`; use `${company}` and `${pin}`
    hint: put the message in single quotes; in double quotes the shell expands `${…}`
    exit 1
    "#);
});

on_both_engines!(an_alert_without_its_parts_is_refused, |world| {
    one_renter(world).await;
    let alert = ["shortcode", "setup-alert", "a0000001", "98975", "--program", "Acme Alerts"];
    assert_answers!(set_up_refused(world, &[&alert]).await, @r#"
    $ shortcode setup-alert a0000001 98975 --program "Acme Alerts"
    error: the following required arguments were not provided:
      --template <TEXT>...
      --help-message <TEXT>
      --stop-message <TEXT>
      --frequency <TEXT>
      --support <CONTACT>
      --terms <URL>
      --privacy <URL>
    Usage: linerent shortcode setup-alert --program <NAME> --template <TEXT>... --help-message <TEXT> --stop-message <TEXT> --frequency <TEXT> --support <CONTACT> --terms <URL> --privacy <URL> <KEY> <CODE>
    For more information, try '--help'.
    exit 2
    "#);
    let rest = [
        "--help-message",
        "Acme Alerts: reply STOP to cancel",
        "--stop-message",
        "Acme Alerts: no more messages",
        "--frequency",
        "2 msgs/day",
        "--support",
        "help@example.com",
        "--terms",
        "https://example.com/terms",
        "--privacy",
        "https://example.com/privacy",
        "--template",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
    ];
    assert_answers!(set_up_refused(world, &[&[&alert[..], &rest].concat()]).await, @r#"
    $ shortcode setup-alert a0000001 98975 --program "Acme Alerts" --help-message "Acme Alerts: reply STOP to cancel" --stop-message "Acme Alerts: no more messages" --frequency "2 msgs/day" --support help@example.com --terms https://example.com/terms --privacy https://example.com/privacy --template 1 2 3 4 5 6 7
    error: nothing was set up: 1 to 6 templates are required, not 7
    exit 1
    "#);
});

on_both_engines!(a_disclosure_that_lacks_something_names_all_of_it, |world| {
    one_renter(world).await;
    let set_up = ["shortcode", "setup-2fa", "a0000001", "98975", "--company", "Acme"];
    let set_up = [&set_up[..], &["--message", "Acme: ${pin}"]].concat();
    let disclosure = ["shortcode", "disclosure", "a0000001", "98975"];
    done(world, &set_up);
    assert_answers!(set_up_refused(world, &[&disclosure]).await, @r"
    $ shortcode disclosure a0000001 98975
    error: the 2fa set-up of 98975 lacks support, terms, privacy
    hint: set it up anew, all of it, with `--support`, `--terms`, `--privacy` too: `linerent shortcode setup-2fa --help`
    exit 1
    ");
    done(world, &[&set_up[..], &["--terms", "https://example.com/terms"]].concat());
    assert_answers!(set_up_refused(world, &[&disclosure]).await, @r"
    $ shortcode disclosure a0000001 98975
    error: the 2fa set-up of 98975 lacks support, privacy
    hint: set it up anew, all of it, with `--support`, `--privacy` too: `linerent shortcode setup-2fa --help`
    exit 1
    ");
});
