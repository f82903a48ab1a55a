//! Set-ups for people: what they say, and a table of what each text comes to.

use std::process::ExitCode;

use crate::operations::short_code::show::RenterSetUps;
use anyhow::Result;

use crate::cli::output::{self, Screen, fields, or_blank, table};
use crate::cli::views::short_codes::{AlertView, SetUpsView, TextView, TwoFactorView};

/// Prints the set-ups, and what carriers may object to.
pub fn show(set_ups: &RenterSetUps, screen: Screen) -> Result<ExitCode> {
    let set_ups = SetUpsView::from(set_ups);
    screen.show(&set_ups, all)?;
    for warning in set_ups.warnings() {
        output::note(&format!("warning: {warning}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn all(it: &SetUpsView) -> String {
    let heading = fields(&[("number", it.number.clone()), ("account", it.account.clone())]);
    let mut parts = vec![heading];
    parts.extend(it.two_factor.as_ref().map(two_factor));
    parts.extend(it.alert.as_ref().map(alert));
    if parts.len() == 1 {
        parts.push("nothing is set up".to_owned());
    }
    parts.join("\n\n")
}

fn two_factor(it: &TwoFactorView) -> String {
    let said = fields(&[
        ("set up for", "2fa".to_owned()),
        ("company", it.company.clone()),
        ("message", it.message.text.clone()),
        ("sent as", it.message.measured.clone()),
        ("support", or_blank(it.support.as_ref())),
        ("terms", or_blank(it.terms.as_ref())),
        ("privacy", or_blank(it.privacy.as_ref())),
    ]);
    format!("{said}\n\n{}", measures([("message".to_owned(), &it.message)]))
}

fn alert(it: &AlertView) -> String {
    let templates: Vec<_> =
        (1..).map(|number| format!("template {number}")).zip(&it.templates).collect();
    let mut rows = vec![("set up for", "alert".to_owned()), ("program", it.program.clone())];
    rows.extend(templates.iter().map(|(name, it)| (name.as_str(), it.text.clone())));
    rows.extend([
        ("help message", it.help_message.text.clone()),
        ("stop message", it.stop_message.text.clone()),
        ("frequency", it.frequency.clone()),
        ("support", it.support.clone()),
        ("terms", it.terms.clone()),
        ("privacy", it.privacy.clone()),
    ]);
    let answers = [
        ("help message".to_owned(), &it.help_message),
        ("stop message".to_owned(), &it.stop_message),
    ];
    let texts = measures(templates.iter().cloned().chain(answers));
    let has_variables = it.templates.iter().any(|it| !it.variables.is_empty());
    let explained = if has_variables {
        "\n\nvariables count as nothing: what is left of an SMS is for their values"
    } else {
        ""
    };
    format!("{}\n\n{texts}{explained}", fields(&rows))
}

fn measures<'a>(texts: impl IntoIterator<Item = (String, &'a TextView)>) -> String {
    let rows = texts.into_iter().map(|(name, it)| {
        vec![
            name,
            it.encoding.to_owned(),
            it.length.to_string(),
            it.segments.to_string(),
            it.room.to_string(),
            cause(it),
        ]
    });
    table("texts", &["text", "encoding", "length", "sms", "left", ""], &[2, 3, 4], rows)
}

fn cause(it: &TextView) -> String {
    let Some(cause) = &it.ucs2_cause else { return String::new() };
    let instead = cause.instead.map(|it| format!(", `{it}` would do")).unwrap_or_default();
    format!("because of `{}` ({}){instead}", cause.character, cause.code_point)
}
