//! The demo's inventory: numbers that regulators set aside for films and examples.

use std::fmt::Write as _;

use crate::money::Currency;

/// The currency of all numbers.
pub const CURRENCY: Currency = Currency::EUR;

/// First number, how many, country, type, features, monthly price, setup price.
type Block = (u64, u64, &'static str, &'static str, &'static str, &'static str, &'static str);

const BLOCKS: [Block; 8] = [
    (447_700_900_000, 200, "GB", "mobile-lvn", "SMS,VOICE", "1.25", "0"),
    // A courtesy range: these cost nothing.
    (447_700_900_200, 10, "GB", "mobile-lvn", "SMS", "0", "0"),
    (447_700_900_300, 50, "GB", "mobile-lvn", "SMS,VOICE,MMS", "1.50", "0"),
    (12_025_550_100, 80, "US", "landline", "SMS,VOICE", "1.50", "1.00"),
    (18_005_550_199, 1, "US", "landline-toll-free", "VOICE", "4.00", "2.50"),
    (4_930_231_250, 50, "DE", "landline", "VOICE", "2.00", "5.00"),
    (3_319_900_000, 60, "FR", "landline", "VOICE", "1.75", "0"),
    (98_970, 5, "US", "shortcode", "SMS", "8.00", "0"),
];

/// The shared short code.
const SHARED: &str = "98975,US,shortcode,SMS,15.00,0,EUR,true\n";

/// The inventory as a file for `number import`.
pub(super) fn csv() -> String {
    let mut csv =
        "msisdn,country,type,features,monthly_price,setup_price,currency,shared\n".to_owned();
    for (first, count, country, kind, features, monthly, setup) in BLOCKS {
        for msisdn in first..first + count {
            writeln!(
                csv,
                "{msisdn},{country},{kind},\"{features}\",{monthly},{setup},{},",
                CURRENCY.code()
            )
            .expect("a string can be written to");
        }
    }
    csv + SHARED
}
