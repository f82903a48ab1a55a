//! Remedies for settings that do not fit the database.

use crate::operations::OpenError;

pub fn remedy(error: &OpenError) -> String {
    match error {
        OpenError::LiveKeyInSandbox => "use a test key, sk_test_… or rk_test_…",
        OpenError::TestKeyInProduction => {
            "use a live key, sk_live_… or rk_live_…; a rehearsal takes `payments.test_in_production = true`"
        }
    }
    .to_owned()
}
