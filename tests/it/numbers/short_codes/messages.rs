//! What the texts of a short code cost, and what carriers may object to.

use super::*;

on_both_engines!(a_set_up_shows_what_each_text_costs, |world| {
    two_renters(world, "100", "100").await;
    assert_said!(set_up_two_factor(world, "a0000001", &[]), @r#"
    {
      "number": "98975",
      "account": "a0000001",
      "two_factor": {
        "company": "Acme",
        "message": {
          "text": "Your ${company} code is ${pin}",
          "variables": [
            "company",
            "pin"
          ],
          "measured": "Your Acme code is 12345678",
          "encoding": "GSM-7",
          "length": 26,
          "segments": 1,
          "room": 134,
          "ucs2_cause": null
        },
        "terms": null,
        "privacy": null,
        "support": null,
        "warnings": []
      },
      "alert": null
    }
    "#);
    assert_said!(set_up_alert(world, "b0000002", &["--json"]), @r#"
    {
      "number": "98975",
      "account": "b0000002",
      "two_factor": null,
      "alert": {
        "program": "Acme Alerts",
        "templates": [
          {
            "text": "Acme Alerts: ${item} is $${price}",
            "variables": [
              "item",
              "price"
            ],
            "measured": "Acme Alerts:  is $",
            "encoding": "GSM-7",
            "length": 18,
            "segments": 1,
            "room": 142,
            "ucs2_cause": null
          },
          {
            "text": "Acme Alerts: it’s ${day}",
            "variables": [
              "day"
            ],
            "measured": "Acme Alerts: it’s ",
            "encoding": "UCS-2",
            "length": 18,
            "segments": 1,
            "room": 52,
            "ucs2_cause": {
              "character": "’",
              "code_point": "U+2019",
              "position": 16,
              "instead": "'"
            }
          }
        ],
        "help_message": {
          "text": "Acme Alerts: call 1 (800) 555-0199. Reply STOP to cancel.",
          "variables": [],
          "measured": "Acme Alerts: call 1 (800) 555-0199. Reply STOP to cancel.",
          "encoding": "GSM-7",
          "length": 57,
          "segments": 1,
          "room": 103,
          "ucs2_cause": null
        },
        "stop_message": {
          "text": "Acme Alerts: you will receive no more messages.",
          "variables": [],
          "measured": "Acme Alerts: you will receive no more messages.",
          "encoding": "GSM-7",
          "length": 47,
          "segments": 1,
          "room": 113,
          "ucs2_cause": null
        },
        "frequency": "2 msgs/day",
        "support": "1-800-555-0199",
        "terms": "https://example.com/terms",
        "privacy": "https://example.com/privacy",
        "warnings": []
      }
    }
    "#);
    set_up_alert(world, "a0000001", &[]);
    assert_said!(said(world, &["shortcode", "show", "a0000001", "98975"]), @r"
    number   98975
    account  a0000001

    set up for  2fa
    company     Acme
    message     Your ${company} code is ${pin}
    sent as     Your Acme code is 12345678

    TEXT     ENCODING  LENGTH  SMS  LEFT
    message  GSM-7         26    1   134

    set up for    alert
    program       Acme Alerts
    template 1    Acme Alerts: ${item} is $${price}
    template 2    Acme Alerts: it’s ${day}
    help message  Acme Alerts: call 1 (800) 555-0199. Reply STOP to cancel.
    stop message  Acme Alerts: you will receive no more messages.
    frequency     2 msgs/day
    support       1-800-555-0199
    terms         https://example.com/terms
    privacy       https://example.com/privacy

    TEXT          ENCODING  LENGTH  SMS  LEFT
    template 1    GSM-7         18    1   142
    template 2    UCS-2         18    1    52  because of `’` (U+2019), `'` would do
    help message  GSM-7         57    1   103
    stop message  GSM-7         47    1   113

    variables count as nothing: what is left of an SMS is for their values
    ");
});

on_both_engines!(what_carriers_may_object_to_is_warned_of, |world| {
    two_renters(world, "100", "100").await;
    let two_factor = ["98975", "--company", "Acme", "--message", "Your code is ${pin}"];
    assert_said!(said(world, &[&["shortcode", "setup-2fa", "a0000001"], &two_factor[..]].concat()), @r"
    number   98975
    account  a0000001

    set up for  2fa
    company     Acme
    message     Your code is ${pin}
    sent as     Your code is 12345678

    TEXT     ENCODING  LENGTH  SMS  LEFT
    message  GSM-7         21    1   139
    warning: the message does not name the company; add `${company}`
    ");
});

on_both_engines!(a_disclosure_has_what_the_opt_in_page_needs, |world| {
    two_renters(world, "100", "100").await;
    set_up_two_factor(world, "a0000001", &LINKS);
    set_up_alert(world, "a0000001", &[]);
    assert_said!(said(world, &["shortcode", "disclosure", "a0000001", "98975"]), @r"
    Acme verification codes
    Message frequency: one message per request. Message and data rates may apply.
    Text STOP to 98975 to cancel. Text HELP to 98975 for help.
    Support: 1-800-555-0199
    Terms: https://example.com/terms
    Privacy policy: https://example.com/privacy

    Acme Alerts
    Message frequency: 2 msgs/day. Message and data rates may apply.
    Text STOP to 98975 to cancel. Text HELP to 98975 for help.
    Support: 1-800-555-0199
    Terms: https://example.com/terms
    Privacy policy: https://example.com/privacy
    ");
    assert_said!(said(world, &["shortcode", "disclosure", "a0000001", "98975", "2fa", "--json"]), @r#"
    {
      "number": "98975",
      "account": "a0000001",
      "disclosures": [
        {
          "kind": "2fa",
          "text": "Acme verification codes\nMessage frequency: one message per request. Message and data rates may apply.\nText STOP to 98975 to cancel. Text HELP to 98975 for help.\nSupport: 1-800-555-0199\nTerms: https://example.com/terms\nPrivacy policy: https://example.com/privacy"
        }
      ]
    }
    "#);
});
