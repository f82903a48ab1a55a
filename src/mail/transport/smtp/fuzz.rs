//! Properties of what reads a mail server's replies.

use linerent_testkit::fuzz::check;
use proptest::prelude::*;
use tokio::io::{AsyncWriteExt as _, duplex};

use super::reply::{LINE_MAX, LINES_MAX, Offers, PartialReply, Reply, WORDS_MAX};
use super::wire::{Wire, with_dots};

#[test]
fn any_text_of_a_server_is_replies_or_an_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    check("smtp_replies", |input| {
        runtime.block_on(async {
            let (ours, mut server) = duplex(1 + input.len() % 97);
            let mut wire = Wire::new(Box::new(ours));
            let reading = async {
                let mut lines = 0;
                while let Ok(reply) = wire.reply().await {
                    assert!((200..600).contains(&reply.code) && reply.lines.len() <= LINES_MAX);
                    assert!(reply.lines.iter().all(|line| line.len() <= 3 * LINE_MAX));
                    assert!(reply.words().chars().count() <= WORDS_MAX);
                    Offers::of(&reply);
                    lines += reply.lines.len();
                }
                drop(wire);
                lines
            };
            let sending = async {
                // The reader closes the connection after an error.
                let _ = server.write_all(input).await;
                drop(server);
            };
            let (lines, ()) = tokio::join!(reading, sending);
            assert!(lines <= input.iter().filter(|byte| **byte == b'\n').count());
        });
    });
}

#[test]
fn a_text_that_is_sent_ends_once() {
    check("smtp_texts", |input| {
        let sent = with_dots(input);
        assert!(sent.ends_with(b".\r\n"));
        let end = sent.windows(5).position(|window| window == b"\r\n.\r\n");
        assert!(end.is_none_or(|end| end + 5 == sent.len()), "{}", sent.escape_ascii());
        assert_eq!(sent.starts_with(b".\r\n"), input.is_empty());
    });
}

proptest! {
    #[test]
    fn a_printed_reply_is_read_as_it_was(
        code in 200_u16..600,
        lines in proptest::collection::vec("[^\r\n]{0,40}", 1..20),
    ) {
        let mut partial = PartialReply::default();
        let (last, first) = lines.split_last().expect("lines");
        for line in first {
            prop_assert_eq!(partial.add(format!("{code}-{line}\r\n").as_bytes()), Ok(None));
        }
        let read = partial.add(format!("{code} {last}\r\n").as_bytes());
        prop_assert_eq!(read, Ok(Some(Reply { code, lines })));
    }

    #[test]
    fn a_server_reads_the_text_that_was_sent(text in "([.a\r\n]|\r\n|\r\n\\.){0,40}") {
        let sent = String::from_utf8(with_dots(text.as_bytes())).expect("text");
        let (body, rest) = match sent.strip_prefix(".\r\n") {
            Some(rest) => ("", rest),
            None => sent.split_once("\r\n.\r\n").expect("an end"),
        };
        prop_assert_eq!(rest, "", "the mail ends once");
        let read: Vec<_> =
            body.split("\r\n").map(|line| line.strip_prefix('.').unwrap_or(line)).collect();
        let read = read.join("\r\n");
        prop_assert_eq!(read, text.strip_suffix("\r\n").unwrap_or(&text));
    }
}
