//! Templates: the text of each kind of notice, as plain text and as HTML.
//!
//! They are compiled in, and any of them can be replaced from a folder. All are rendered once at the start, with
//! samples, so that a fault is found before a notice is sent.

mod filters;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, context};
use serde::Serialize;
use thiserror::Error;

use super::address::Mailbox;
use crate::bounded_file;
use crate::ids::AccountId;
use crate::notice::sample::samples;
use crate::notice::{Addressee, Content, Kind, NoticeId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedEmail {
    /// One line.
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// The sender as mails name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sender {
    name: String,
    address: String,
}

impl Sender {
    /// The name of `from`, and the address for answers.
    pub fn new(from: &Mailbox, answers_go_to: &Mailbox) -> Self {
        let name = from.name.clone().unwrap_or_else(|| from.email.to_string());
        Self { name, address: answers_go_to.email.to_string() }
    }
}

/// The account that receives a mail.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    pub account: AccountId,
    pub name: &'a str,
}

/// The work that one template may do. One unit pays for one instruction, or for some 64 bytes of text or data, so this
/// bounds both time and memory (32 MB); the largest built-in letter uses less than a tenth of it.
const FUEL: u64 = 500_000;
/// How deep templates and macros may call each other.
const DEPTH_MAX: usize = 64;
/// The stack on which templates of a folder are parsed.
const STACK_BYTES: usize = 16 << 20;

#[derive(Debug, Error)]
pub enum TemplateError {
    #[error("{file} cannot be used, line {line}: {reason}")]
    Template {
        /// With its folder, if it is not built in.
        file: String,
        line: usize,
        reason: String,
    },
    /// The template does not end, or its text becomes too large.
    #[error("{file} cannot be used, line {line}: it takes too long, or its text is too large")]
    Exhausted { file: String, line: usize },
    #[error("{file} cannot be used, line 1: it does not begin with `Subject: `")]
    NoSubject { file: String },
    /// A file in the folder that has not the name of a template.
    #[error("{file} replaces no letter")]
    Unknown {
        file: String,
        /// The names of the templates.
        known: String,
    },
    #[error("`mail.templates`, {path}, cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
}

/// The text and the HTML template of a name.
macro_rules! templates {
    ($name:literal) => {
        [
            include_str!(concat!("built_in/", $name, ".txt")),
            include_str!(concat!("built_in/", $name, ".html")),
        ]
    };
}

/// The text and the HTML template of a kind. Their file names are the name of the kind.
const fn templates_of(kind: Kind) -> [&'static str; 2] {
    match kind {
        Kind::Renewed => templates!("renewed"),
        Kind::RenewalAhead => templates!("renewal_ahead"),
        Kind::LowBalance => templates!("low_balance"),
        Kind::ReloadCaptured => templates!("reload_captured"),
        Kind::ReloadDeclined => templates!("reload_declined"),
        Kind::AutoReloadSwitchedOff => templates!("auto_reload_switched_off"),
        Kind::PastDue => templates!("past_due"),
        Kind::Released => templates!("released"),
        Kind::PriceChange => templates!("price_change"),
        Kind::Correction => templates!("correction"),
        Kind::Report => templates!("report"),
        Kind::RunFailed => templates!("run_failed"),
    }
}

/// The built-in templates by file name: those of each kind, and the parts that they share.
fn built_in() -> BTreeMap<String, &'static str> {
    let shared = [
        ("adding_funds", templates!("adding_funds")),
        ("footer", templates!("footer")),
        ("parts", templates!("parts")),
    ];
    let of_kinds = Kind::ALL.map(|kind| (kind.as_str(), templates_of(kind)));
    let files = shared.into_iter().chain(of_kinds).flat_map(|(name, [text, html])| {
        [(format!("{name}.txt"), text), (format!("{name}.html"), html)]
    });
    let layout = ("layout.html".to_owned(), include_str!("built_in/layout.html"));
    files.chain([layout]).collect()
}

/// The variables of templates.
#[derive(Serialize)]
struct Fields<'a> {
    #[serde(flatten)]
    content: &'a Content,
    billing_date: NaiveDate,
    notice_id: String,
    sender: &'a Sender,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<Named<'a>>,
}

#[derive(Serialize)]
struct Named<'a> {
    key: String,
    name: &'a str,
}

#[derive(Debug)]
pub struct Templates {
    templates: Environment<'static>,
    sender: Sender,
    /// The files that replace built-in ones.
    replaced: BTreeMap<String, String>,
}

impl Templates {
    /// The built-in templates, replaced by those in `folder`.
    ///
    /// # Errors
    /// [`TemplateError`] names the file and line of a fault.
    pub fn load(folder: Option<&Path>, sender: Sender) -> Result<Self, TemplateError> {
        let Some(folder) = folder else { return Self::load_here(None, sender) };
        // The parser calls itself for each level of nesting, which a small stack does not bear.
        std::thread::scope(|scope| {
            let large = std::thread::Builder::new().stack_size(STACK_BYTES);
            let loading = large.spawn_scoped(scope, || Self::load_here(Some(folder), sender));
            let loading = loading.map_err(|error| TemplateError::Unreadable {
                path: folder.display().to_string(),
                reason: format!("no thread can be started: {error}"),
            })?;
            loading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn load_here(folder: Option<&Path>, sender: Sender) -> Result<Self, TemplateError> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|name| match name.ends_with(".html") {
            true => AutoEscape::Html,
            false => AutoEscape::None,
        });
        templates.set_syntax(syntax());
        templates.set_fuel(Some(FUEL));
        templates.set_recursion_limit(DEPTH_MAX);
        filters::add_to(&mut templates);
        let mut letters = Self { templates, sender, replaced: BTreeMap::new() };
        let built_in = built_in();
        for (name, source) in &built_in {
            letters.add(name, (*source).to_owned())?;
        }
        if let Some(folder) = folder {
            letters.replace_from(folder, &built_in)?;
            letters.check()?;
        }
        Ok(letters)
    }

    fn replace_from(
        &mut self,
        folder: &Path,
        built_in: &BTreeMap<String, &'static str>,
    ) -> Result<(), TemplateError> {
        let unreadable = |path: &Path, error: std::io::Error| TemplateError::Unreadable {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
            let path = entry.map_err(|error| unreadable(folder, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Backups and hidden files of editors.
            if name.starts_with('.') || name.ends_with('~') {
                continue;
            }
            let file = path.display().to_string();
            if !built_in.contains_key(&name) {
                let known: Vec<_> = built_in.keys().map(String::as_str).collect();
                return Err(TemplateError::Unknown { file, known: known.join(", ") });
            }
            let source = bounded_file::text_in(&path).map_err(|error| unreadable(&path, error))?;
            self.replaced.insert(name.clone(), file);
            // Some editors begin a file with a byte order mark.
            self.add(&name, source.trim_start_matches('\u{feff}').to_owned())?;
        }
        Ok(())
    }

    fn add(&mut self, name: &str, source: String) -> Result<(), TemplateError> {
        let added = self.templates.add_template_owned(name.to_owned(), source);
        added.map_err(|error| self.describe(name, &error))
    }

    /// Renders every template with every sample.
    fn check(&self) -> Result<(), TemplateError> {
        for kind in Kind::ALL {
            for content in samples(kind) {
                self.write_sample(&content)?;
            }
        }
        Ok(())
    }

    /// Renders a sample for an account that does not exist.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn write_sample(&self, content: &Content) -> Result<RenderedEmail, TemplateError> {
        let account = AccountId::new(0x1f3a_90c2);
        let to = match content.kind().is_for_operator() {
            true => Addressee::Operator,
            false => Addressee::Account(account),
        };
        let on = NaiveDate::from_ymd_opt(2026, 4, 3).expect("a date");
        let id = NoticeId { to, kind: content.kind(), on, ordinal: 1 };
        let reader = Reader { account, name: "Analytical Engines" };
        self.write(content, id, to.account().map(|_| reader))
    }

    /// Renders the mail of `content`.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn write(
        &self,
        content: &Content,
        id: NoticeId,
        reader: Option<Reader<'_>>,
    ) -> Result<RenderedEmail, TemplateError> {
        let context = Value::from(Serde(Fields {
            content,
            billing_date: id.on,
            notice_id: id.to_string(),
            sender: &self.sender,
            account: reader
                .map(|Reader { account, name }| Named { key: account.to_string(), name }),
        }));
        let name = format!("{}.txt", id.kind);
        let written = self.render(&name, &context)?;
        let (subject, text) = split_subject(&written)
            .ok_or_else(|| TemplateError::NoSubject { file: self.file_of(&name) })?;
        let context = context! { subject => subject.as_str(), ..context };
        let html = self.render(&format!("{}.html", id.kind), &context)?;
        Ok(RenderedEmail { subject, text, html })
    }

    fn render(&self, name: &str, context: &Value) -> Result<String, TemplateError> {
        let template = self.templates.get_template(name);
        let written = template.and_then(|template| template.render(context.clone()));
        written.map_err(|error| self.describe(name, &error))
    }

    fn describe(&self, name: &str, error: &minijinja::Error) -> TemplateError {
        let file = self.file_of(error.name().unwrap_or(name));
        let line = error.line().unwrap_or(1);
        if error.kind() == ErrorKind::OutOfFuel {
            return TemplateError::Exhausted { file, line };
        }
        let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        TemplateError::Template { file, line, reason: what }
    }

    /// The path of a replaced template, or the name of a built-in one.
    fn file_of(&self, name: &str) -> String {
        self.replaced.get(name).cloned().unwrap_or_else(|| format!("the built-in letter {name}"))
    }
}

/// A line with only a block does not become an empty line.
fn syntax() -> SyntaxConfig {
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build();
    syntax.expect("the delimiters are the usual ones")
}

/// The subject, which is the first line of the text, and the rest.
fn split_subject(text: &str) -> Option<(String, String)> {
    let (first, rest) = text.split_once('\n')?;
    let subject = first.strip_prefix("Subject: ")?;
    // One line, even if a name in it contains line breaks.
    let words: Vec<_> = subject.split_whitespace().collect();
    Some((words.join(" "), rest.trim_start_matches(['\r', '\n']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_in_letters() -> Templates {
        let from = crate::mail::mailbox_of("Billing <billing@example.com>").expect("an address");
        Templates::load(None, Sender::new(&from, &from)).expect("the built-in letters")
    }

    #[test]
    fn the_largest_built_in_letter_uses_a_small_part_of_the_work_allowed() {
        let mut letters = built_in_letters();
        letters.templates.set_fuel(Some(FUEL / 10));
        letters.check().expect("all samples");
        letters.templates.set_fuel(Some(FUEL / 10_000));
        let used_up = letters.check().expect_err("there is nearly no fuel");
        assert!(matches!(used_up, TemplateError::Exhausted { .. }), "{used_up}");
    }
}
