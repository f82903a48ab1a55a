//! `[webhooks]`: how the webhooks of rented numbers are checked.

use std::time::Duration;

use super::keys::{Key, Kind, key};
use super::values::Values;
use crate::webhooks::WebhookSettings;

pub(super) const KEYS: &[Key] = &[
    // A person waits for the check at a terminal.
    key(
        "webhooks.timeout",
        Kind::Time { min: Duration::from_secs(1), max: Duration::from_secs(60) },
    ),
    key("webhooks.allow_private", Kind::Flag),
];

pub(super) fn settings(values: &Values) -> WebhookSettings {
    WebhookSettings {
        timeout: values.time("webhooks.timeout"),
        allow_private: values.flag("webhooks.allow_private"),
    }
}
