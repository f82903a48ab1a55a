//! The PDF of an account's ledger.

use linerent::operations::accounts::statement_pdf::statement_pdf;
use linerent_testkit::id;

use super::{contains, text_of};
use linerent_testkit::date;

on_both_engines!(a_statement_of_a_part_begins_with_the_balance_before_it, |world| {
    world.account("a0000001", "100").await;
    world.numbers(&["447700900001"], "1.50").await;
    world.rent("a0000001", "447700900001").await;
    world.advance("2026-04-01").await;
    let app = &world.app;
    let (first, last) = (Some(date("2026-03-01")), Some(date("2026-03-31")));
    let march = statement_pdf(app, id("a0000001"), first, last).await.expect("a statement");
    assert_eq!((march.rows, march.pages, march.has_issuer), (1, 1, false));
    let text = text_of(&march.pdf).join("");
    assert!(contains(&text, "Opening balance 97.00"), "{text}");
    assert!(contains(&text, "2026-03-31 Rental 447700900001 2026-03-31 to 2026-04-29 -1.50 95.50"));
    assert!(text.contains("Issuer not stated") && text.contains("Issued on 2026-04-01"), "{text}");
    let all = statement_pdf(app, id("a0000001"), None, None).await.expect("a statement");
    assert_eq!(all.rows, 4);
    let later =
        statement_pdf(app, id("a0000001"), Some(date("2026-04-01")), None).await.expect("one");
    assert_eq!(later.rows, 0);
    assert!(contains(&text_of(&later.pdf).join(""), "Opening balance 95.50"));
});
