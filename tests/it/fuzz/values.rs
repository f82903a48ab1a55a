//! Values as people write them.

use chrono::NaiveDate;
use linerent::calendar::{LAST_DAY, Period, days_after, days_before, renewal_on};
use linerent::ids::{AccountId, ReloadId};
use linerent::mail::mailbox_of;
use linerent::money::{Money, StatedAmount, currency_of};
use linerent::notice::NoticeId;
use linerent::operations::numbers::search::search;
use linerent::rental::configuration::{
    Application, SipAddress, SmppSystemType, VoiceCallback, WebhookUrl,
};
use linerent::rental::{Match, Msisdn, NumberSearch, country_of, features_of};
use linerent_testkit::fuzz::{check_fewer, check_text};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

#[test]
fn an_amount_is_read_as_it_is_printed() {
    let euro = currency_of("EUR").expect("a currency");
    check_text("amounts", |text| {
        let Ok(stated) = text.parse::<StatedAmount>() else { return };
        let money = stated.amount.of(stated.currency.unwrap_or(euro));
        let printed: StatedAmount = money.to_string().parse().expect("what is printed is read");
        assert_eq!(printed.amount, stated.amount);
        assert_eq!(printed.currency, Some(money.currency()));
        assert_eq!(Money::parse(&money.amount().to_string(), money.currency()), Ok(money));
        // Sums that are too large are refused.
        let _ = money.plus(money).and_then(|sum| sum.times(u32::MAX));
    });
}

#[test]
fn a_date_is_read_as_it_is_printed_and_has_neighbours() {
    check_text("dates", |text| {
        let Ok(date) = text.parse::<NaiveDate>() else { return };
        assert_eq!(date.to_string().parse(), Ok(date));
        assert!(days_before(date, 400) <= date && days_after(date, 400) <= LAST_DAY);
        assert!(date > LAST_DAY || date <= days_after(date, 400));
        for months in [0, 1, 13, u32::MAX] {
            let _ = renewal_on(date, months);
            let _ = Period::of(date, months);
        }
    });
}

#[test]
fn a_key_or_an_id_is_read_as_it_is_printed() {
    check_text("ids", |text| {
        if let Ok(account) = text.parse::<AccountId>() {
            assert_eq!(account.to_string().parse(), Ok(account));
        }
        if let Ok(reload) = text.parse::<ReloadId>() {
            assert_eq!(reload.to_string().parse(), Ok(reload));
        }
        if let Ok(notice) = text.parse::<NoticeId>() {
            assert_eq!(notice.to_string().parse(), Ok(notice));
        }
    });
}

#[test]
fn a_phone_number_is_digits_whatever_was_written() {
    check_text("phone_numbers", |text| {
        let country = country_of(text.get(..2).unwrap_or_default());
        if let Ok(features) = features_of(text) {
            assert_eq!(features_of(&features.join(",")), Ok(features));
        }
        let Ok(number) = text.parse::<Msisdn>() else { return };
        assert!((3..=15).contains(&number.as_str().len()));
        assert!(number.as_str().bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(number.to_string().parse(), Ok(number.clone()));
        for country in ["GB", "DE", "US", "IT"].map(str::to_owned).into_iter().chain(country) {
            linerent_number_plans::check(number.as_str(), &country);
        }
    });
}

#[test]
fn a_mail_address_breaks_no_header_and_no_command() {
    check_text("mail_addresses", |text| {
        let Ok(mailbox) = mailbox_of(text) else { return };
        let address = mailbox.email.to_string();
        assert!(!address.chars().any(|c| c.is_control() || c.is_whitespace()), "{address:?}");
        assert!(!mailbox.to_string().contains(['\r', '\n', '\0']), "{mailbox}");
        let again = mailbox_of(&address).expect("an address that was accepted");
        assert_eq!(again.email, mailbox.email);
    });
}

#[test]
fn a_webhook_url_is_read_as_it_is_printed() {
    let base: WebhookUrl = "https://hooks.example/a/b?c=d".parse().expect("a URL");
    check_text("webhook_urls", |text| {
        for read in [text.parse::<WebhookUrl>(), base.join(text)] {
            let Ok(url) = read else { continue };
            assert_eq!(url.as_str().parse(), Ok(url.clone()));
            assert!(url.as_str().is_ascii() && url.as_str().len() <= WebhookUrl::LENGTH_MAX);
            let _ = (url.host(), url.place().to_string());
        }
    });
}

#[test]
fn a_configuration_of_a_number_is_read_as_it_is_printed() {
    check_text("configurations", |text| {
        if let Ok(sip) = text.parse::<SipAddress>() {
            assert_eq!(sip.as_str().parse(), Ok(sip.clone()));
        }
        if let Ok(application) = text.parse::<Application>() {
            assert_eq!(application.as_str().parse(), Ok(application.clone()));
        }
        if let Ok(system_type) = text.parse::<SmppSystemType>() {
            assert_eq!(system_type.as_str().parse(), Ok(system_type.clone()));
        }
        for kind in ["sip", "tel", "url", text] {
            if let Ok(callback) = VoiceCallback::read(kind, text) {
                let again = VoiceCallback::read(callback.kind(), callback.value());
                assert_eq!(again, Ok(callback));
            }
        }
    });
}

on_both_engines!(a_pattern_finds_the_numbers_that_match_and_no_others, |world| {
    let numbers = ["447700900001", "447700900123", "447700911111", "447711234567"];
    world.numbers(&numbers, "1").await;
    let world: &World = world;
    block_in_place(|| {
        check_fewer("patterns", 2, |input| {
            let digits: String = input
                .iter()
                .filter(|byte| byte.is_ascii_digit())
                .map(|byte| char::from(*byte))
                .collect();
            if digits.is_empty() {
                return;
            }
            for matching in [Match::Starts, Match::Contains, Match::Ends] {
                let is_match = |number: &&&str| match matching {
                    Match::Starts => number.starts_with(&digits),
                    Match::Contains => number.contains(&digits),
                    Match::Ends => number.ends_with(&digits),
                };
                let wanted = numbers.iter().filter(is_match).count();
                let asked = NumberSearch {
                    country: "GB".to_owned(),
                    kind: None,
                    features: Vec::new(),
                    pattern: Some((digits.clone(), matching)),
                    currency: None,
                    offset: 0,
                    limit: 0,
                };
                let found = Handle::current().block_on(search(&world.app, &asked, 1, 10));
                let found = found.expect("a search");
                assert_eq!(usize::try_from(found.count), Ok(wanted), "{digits} {matching:?}");
            }
        });
    });
});
