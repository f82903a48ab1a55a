//! Remedies for settings that do not fit the database.

use crate::operations::OpenError;

pub fn remedy(error: &OpenError) -> String {
    match error {
        OpenError::LiveKeyInSandbox(key) => format!("use a test key, {}", key.test_form),
        OpenError::TestKeyInProduction(key) => format!(
            "use a live key, {}; a rehearsal takes `payments.test_in_production = true`",
            key.live_form
        ),
    }
}
