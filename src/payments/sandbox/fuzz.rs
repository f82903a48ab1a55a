//! Properties of what reads the names of payment methods for tests.

use linerent_testkit::fuzz::check_text;

use super::behaviour_of;

#[test]
fn any_name_of_a_payment_method_has_a_behaviour_or_none() {
    check_text("payment_methods", |text| {
        let behaviour = behaviour_of(text);
        assert!(behaviour.is_none() || text.starts_with("pm_"), "{behaviour:?}");
    });
}
