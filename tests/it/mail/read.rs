//! Every letter in text, of the first sample of its kind: read them as their readers will.

use linerent::notice::Kind;
use linerent::operations::notice::preview;

use super::letters::sample_mailer;

fn letter(kind: Kind) -> String {
    let letter = preview(sample_mailer().letters(), kind).expect("a letter");
    format!("Subject: {}\n\n{}", letter.subject, letter.text)
}

#[test]
fn renewed() {
    insta::assert_snapshot!(letter(Kind::Renewed), @r#"
    Subject: Your receipt: 3 numbers renewed for 3.75 EUR

    We renewed 3 numbers and charged your balance. This is your receipt.

      Number            Period                                        Price
      ----------------  -------------------------------------- ------------
      +447700900000     3 April 2026 to 2 May 2026                 1.25 EUR
      +447700900001     3 April 2026 to 2 May 2026                 1.25 EUR
      +447700900002     3 April 2026 to 2 May 2026                 1.25 EUR
      --------------------------------------------------------------------
      Total                                                       3.75 EUR
      Your balance after that                                    17.50 EUR

    --------------------------------------------------------------------
    From:       Example Numbers
    Questions:  reply to this email, or write to support@example.com
    Reference:  1f3a90c2/renewed/2026-04-03
    Account:    1f3a90c2
                Analytical Engines
    "#);
}

#[test]
fn renewal_ahead() {
    insta::assert_snapshot!(letter(Kind::RenewalAhead), @r#"
    Subject: Add 2.75 EUR by 5 April 2026 to renew 3 numbers

    3 numbers renew on 6 April 2026.

    Your balance is 2.75 EUR short of all that is due by then.
    Please add at least 2.75 EUR by 5 April 2026.

    What your balance does not cover is not renewed, and
    numbers may be released then.

    To add funds, pay as agreed with Example Numbers
    and quote your account key, 1f3a90c2. If you are not sure how, reply
    to this email.

      Number            Renews on                                     Price
      ----------------  -------------------------------------- ------------
      +447700900000     6 April 2026                               1.25 EUR
      +447700900001     6 April 2026                               1.25 EUR
      +447700900002     6 April 2026                               1.25 EUR
      --------------------------------------------------------------------
      Total                                                       3.75 EUR
      Your balance now                                            1.00 EUR
      Missing for all that is due by then                         2.75 EUR

    --------------------------------------------------------------------
    From:       Example Numbers
    Questions:  reply to this email, or write to support@example.com
    Reference:  1f3a90c2/renewal_ahead/2026-04-03
    Account:    1f3a90c2
                Analytical Engines
    "#);
}

#[test]
fn low_balance() {
    insta::assert_snapshot!(letter(Kind::LowBalance), @r#"
    Subject: Your balance is 3.75 EUR, below 5.00 EUR

    Your balance fell below the amount that you set for a warning.

      Your balance now                      3.75 EUR
      You set a warning below               5.00 EUR

    Renewals are paid from your balance, so please make sure that it covers
    the next ones.

    To add funds, pay as agreed with Example Numbers
    and quote your account key, 1f3a90c2. If you are not sure how, reply
    to this email.

    We write about this again only after your balance has been at 5.00 EUR
    or above.

    --------------------------------------------------------------------
    From:       Example Numbers
    Questions:  reply to this email, or write to support@example.com
    Reference:  1f3a90c2/low_balance/2026-04-03
    Account:    1f3a90c2
                Analytical Engines
    "#);
}

#[test]
fn reload_captured() {
    insta::assert_snapshot!(letter(Kind::ReloadCaptured), @r#"
    Subject: Your card was charged 20.00 EUR

    Auto-reload charged your card and added the money to your balance. From it
    we paid what was due, as far as it went.

      Charged to your card                               20.00 EUR
      Your balance after all that it paid                24.00 EUR

    There is nothing for you to do. You set the amount and the threshold of
    auto-reload yourself; to change them or to end it, reply to this email.

    --------------------------------------------------------------------
    From:       Example Numbers
    Questions:  reply to this email, or write to support@example.com
    Reference:  1f3a90c2/reload_captured/2026-04-03
    Account:    1f3a90c2
                Analytical Engines
    "#);
}

#[test]
fn reload_declined() {
    insta::assert_snapshot!(letter(Kind::ReloadDeclined), @r#"
    Subject: Your card was declined for 20.00 EUR; we will try it again

    Auto-reload tried to charge your card, and the card was declined. Nothing
    was charged.

      Declined charge                            20.00 EUR
      Your balance                                0.75 EUR

    The reason we received:

      Your card has insufficient funds.

    We will try the card 2 more times. If it is declined again each time,
    auto-reload is switched off, and numbers that your balance does not cover
    may be released.

    What you can do: make sure that the card can be charged, reply to this email
    to give us another card, or add funds in another way.

    To add funds, pay as agreed with Example Numbers
    and quote your account key, 1f3a90c2. If you are not sure how, reply
    to this email.

    --------------------------------------------------------------------
    From:       Example Numbers
    Questions:  reply to this email, or write to support@example.com
    Reference:  1f3a90c2/reload_declined/2026-04-03
    Account:    1f3a90c2
                Analytical Engines
    "#);
}

#[test]
fn auto_reload_switched_off() {
    insta::assert_snapshot!(letter(Kind::AutoReloadSwitchedOff), @r#"
    Subject: Auto-reload is off: your card was declined 3 times in a row

    We switched auto-reload off, because your card was declined 3 times in a row.
    Your card will not be charged any more.

      Last declined charge                       20.00 EUR
      Your balance                                0.75 EUR

    The last reason we received:

      Your card has expired.

    From now on, renewals are paid from your balance only. Numbers that it does
    not cover may be released.

    To use auto-reload again, reply to this email; we will set it up with a card
    that can be charged. Until then, please add funds yourself.

    To add funds, pay as agreed with Example Numbers
    and quote your account key, 1f3a90c2. If you are not sure how, reply
    to this email.

    --------------------------------------------------------------------
    From:       Example Numbers
    Questions:  reply to this email, or write to support@example.com
    Reference:  1f3a90c2/auto_reload_switched_off/2026-04-03
    Account:    1f3a90c2
                Analytical Engines
    "#);
}

#[test]
fn past_due() {
    insta::assert_snapshot!(letter(Kind::PastDue), @r#"
    Subject: Add 1.75 EUR by 7 April 2026 to keep 2 numbers

    2 numbers could not be renewed: your balance does not cover them.
    The numbers are still yours for now.

    Please add at least 1.75 EUR by 7 April 2026.

    We renew the numbers as soon as the money arrives.
    Numbers that are still unpaid on 8 April 2026 may be released.

    To add funds, pay as agreed with Example Numbers
    and quote your account key, 1f3a90c2. If you are not sure how, reply
    to this email.

      Number           Due on            Can be lost from          Price
      ---------------- ----------------- ----------------- -------------
      +447700900000    3 April 2026      8 April 2026           1.25 EUR
      +447700900001    3 April 2026      8 April 2026           1.25 EUR
      ------------------------------------------------------------------
      Total                                                     2.50 EUR
      Your balance                                              0.75 EUR
      Missing for all that is due                               1.75 EUR

    --------------------------------------------------------------------
    From:       Example Numbers
    Questions:  reply to this email, or write to support@example.com
    Reference:  1f3a90c2/past_due/2026-04-03
    Account:    1f3a90c2
                Analytical Engines
    "#);
}

#[test]
fn price_change() {
    insta::assert_snapshot!(letter(Kind::PriceChange), @r"
    Subject: New price for 3 numbers from 3 May 2026

    The monthly price of 3 numbers that you rent changes.

    Each number renews at its new price from the date in the table. There is
    nothing for you to do.

    If you do not want to keep a number at the new price, tell us before that day
    and it will not be renewed: support@example.com

      Number            From                         Before        New price
      ----------------  ------------------ ---------------- ----------------
      +447700900000     3 May 2026                 1.00 EUR         1.25 EUR
      +447700900001     3 May 2026                 1.00 EUR         1.25 EUR
      +447700900002     3 May 2026                 1.00 EUR         1.25 EUR
      ---------------------------------------------------------------------
      Total per month                              3.00 EUR         3.75 EUR

    This replaces our earlier emails about new prices.

    --------------------------------------------------------------------
    From:       Example Numbers
    Questions:  reply to this email, or write to support@example.com
    Reference:  1f3a90c2/price_change/2026-04-03
    Account:    1f3a90c2
                Analytical Engines
    ");
}

#[test]
fn released() {
    insta::assert_snapshot!(letter(Kind::Released), @r#"
    Subject: You lost 2 numbers; you can rent them again until 1 July 2026

    On 3 April 2026 you lost 2 numbers, because your balance did not
    cover their monthly rental. The unpaid month was not charged.

    Until 1 July 2026 only you can rent them.

    To have a number again, add funds and rent it as you did before, or reply to
    this email. That is a new rental, at the price of that day, with the setup
    price if it has one.

    To add funds, pay as agreed with Example Numbers
    and quote your account key, 1f3a90c2. If you are not sure how, reply
    to this email.

      Number            Kept for you until                  Price per month
      ----------------  ---------------------------------- ----------------
      +447700900000     1 July 2026                                1.25 EUR
      +447700900001     1 July 2026                                1.25 EUR
      --------------------------------------------------------------------
      Total per month                                             2.50 EUR
      Your balance                                                0.75 EUR

    --------------------------------------------------------------------
    From:       Example Numbers
    Questions:  reply to this email, or write to support@example.com
    Reference:  1f3a90c2/released/2026-04-03
    Account:    1f3a90c2
                Analytical Engines
    "#);
}

#[test]
fn report() {
    insta::assert_snapshot!(letter(Kind::Report), @r#"
    Subject: 1 number released, 2 past due, 57 renewals (run of 3 April 2026)

    The run of 3 April 2026 is complete. There is nothing for you to do.

    Still not charged
      Oldest due date                                           none
      Subscriptions that became past due                           2

    Done
      Accounts with something due                                 21
      Periods charged                                             57
      Charged for them                                     71.25 EUR
      Cards charged                                                4
      Cards declined                                               1
      Numbers released                                             1
      Numbers back on sale                                         3

    The last 30 days
      Day                     Renewed     Released
      5 March 2026                110            0
      6 March 2026                 73            0
      7 March 2026                 96            0
      8 March 2026                 59            0
      9 March 2026                 82            0
      10 March 2026               105            4
      11 March 2026                68            0
      12 March 2026                91            0
      13 March 2026               114            0
      14 March 2026                77            0
      15 March 2026               100            0
      16 March 2026                63            0
      17 March 2026                86            4
      18 March 2026               109            0
      19 March 2026                72            0
      20 March 2026                95            0
      21 March 2026                58            0
      22 March 2026                81            0
      23 March 2026               104            0
      24 March 2026                67            4
      25 March 2026                90            0
      26 March 2026               113            0
      27 March 2026                76            0
      28 March 2026                99            0
      29 March 2026                62            0
      30 March 2026                85            0
      31 March 2026               108            4
      1 April 2026                 71            0
      2 April 2026                 94            0
      3 April 2026                 57            0

    --------------------------------------------------------------------
    Sent by:    linerent for Example Numbers
    Replies:    go to support@example.com
    Reference:  operator/report/2026-04-03
    "#);
}

#[test]
fn run_failed() {
    insta::assert_snapshot!(letter(Kind::RunFailed), @r#"
    Subject: Action needed: the run of 3 April 2026 could not be done

    The daily run for 3 April 2026 could not be done, or stopped before
    its end. The reason:

      today is 2026-04-02 by the clock, and 2026-04-03 has been run already

    What you can do:

      - check the machine's clock and `billing.time_zone`

    Committed work is kept. The next run continues where this one stopped and
    charges each missed period once, and no number is released because of it.
    When the cause is corrected, you can start it at once:

      linerent run

    To see more:

      linerent run list
      linerent run show 2026-04-03

    --------------------------------------------------------------------
    Sent by:    linerent for Example Numbers
    Replies:    go to support@example.com
    Reference:  operator/run_failed/2026-04-03
    "#);
}
