//! Templates: the text of what a notice tells, for each kind as plain text and as a page.
//!
//! They are templates, compiled in, and any of them can be replaced from a folder. All are written
//! once at the start, from samples, so that what cannot be written is told of by day.

mod filters;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::Serialize;
use thiserror::Error;

use super::address::Mailbox;
use crate::ids::AccountId;
use crate::notice::sample::samples;
use crate::notice::{Addressee, Content, Kind, NoticeId};

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedEmail {
    /// What it is about, in one line.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// As a page.
    pub html: String,
}

/// Who writes, as letters name them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sender {
    name: String,
    address: String,
}

impl Sender {
    /// The name of `from`, and where answers go.
    pub fn new(from: &Mailbox, answers_go_to: &Mailbox) -> Self {
        let name = from.name.clone().unwrap_or_else(|| from.email.to_string());
        Self { name, address: answers_go_to.email.to_string() }
    }
}

/// Who reads, if it is an account.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// Its key.
    pub account: AccountId,
    /// Its name.
    pub name: &'a str,
}

/// A letter that cannot be written.
#[derive(Debug, Error)]
pub enum TemplateError {
    /// A template is at fault.
    #[error(
        "{file} cannot be used, line {line}: {reason}\nhint: mend the template, or remove it to have the built-in one"
    )]
    Template {
        /// Which, with its folder where it is not built in.
        file: String,
        /// Where.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A text template does not begin as it should.
    #[error(
        "{file} cannot be used, line 1: it does not begin with `Subject: `\nhint: the first line of a text template is its subject, the second is empty"
    )]
    NoSubject {
        /// Which.
        file: String,
    },
    /// A file in the folder is no letter's.
    #[error("{file} replaces no letter\nhint: the letters are {known}")]
    Unknown {
        /// Which.
        file: String,
        /// What there is to be replaced.
        known: String,
    },
    /// The folder or a file in it cannot be read.
    #[error("`mail.templates`, {path}, cannot be read: {reason}")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
}

macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("built_in/", $name)))),+]
    };
}

const BUILT_IN: &[(&str, &str)] = built_in![
    "adding_funds.html",
    "adding_funds.txt",
    "auto_reload_switched_off.html",
    "auto_reload_switched_off.txt",
    "footer.html",
    "footer.txt",
    "layout.html",
    "low_balance.html",
    "low_balance.txt",
    "parts.html",
    "parts.txt",
    "past_due.html",
    "past_due.txt",
    "price_change.html",
    "price_change.txt",
    "released.html",
    "released.txt",
    "reload_captured.html",
    "reload_captured.txt",
    "reload_declined.html",
    "reload_declined.txt",
    "renewal_ahead.html",
    "renewal_ahead.txt",
    "renewed.html",
    "renewed.txt",
    "report.html",
    "report.txt",
    "run_failed.html",
    "run_failed.txt",
];

/// What templates can name: what the notice tells, and who writes to whom.
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

/// An account, as letters name it.
#[derive(Serialize)]
struct Named<'a> {
    key: String,
    name: &'a str,
}

/// Every letter.
#[derive(Debug)]
pub struct Templates {
    templates: Environment<'static>,
    sender: Sender,
    /// The files that replace built-in ones.
    replaced: BTreeMap<String, String>,
}

impl Templates {
    /// The built-in letters, with those in `folder` in place of them, from `sender`.
    ///
    /// # Errors
    /// [`TemplateError`] names the file and line of what cannot be written.
    pub fn load(folder: Option<&Path>, sender: Sender) -> Result<Self, TemplateError> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|name| match name.ends_with(".html") {
            true => AutoEscape::Html,
            false => AutoEscape::None,
        });
        templates.set_syntax(syntax());
        filters::add_to(&mut templates);
        let mut letters = Self { templates, sender, replaced: BTreeMap::new() };
        for (name, source) in BUILT_IN {
            letters.add(name, (*source).to_owned())?;
        }
        if let Some(folder) = folder {
            letters.replace_from(folder)?;
            letters.check()?;
        }
        Ok(letters)
    }

    fn replace_from(&mut self, folder: &Path) -> Result<(), TemplateError> {
        let unreadable = |path: &Path, error: std::io::Error| TemplateError::Unreadable {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
            let path = entry.map_err(|error| unreadable(folder, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Editors leave such files beside others.
            if name.starts_with('.') || name.ends_with('~') {
                continue;
            }
            let file = path.display().to_string();
            if !BUILT_IN.iter().any(|(known, _)| *known == name) {
                let known: Vec<_> = BUILT_IN.iter().map(|(known, _)| *known).collect();
                return Err(TemplateError::Unknown { file, known: known.join(", ") });
            }
            let source =
                std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
            self.replaced.insert(name.clone(), file);
            // Some editors begin a file with a mark that says it is UTF-8.
            self.add(&name, source.trim_start_matches('\u{feff}').to_owned())?;
        }
        Ok(())
    }

    fn add(&mut self, name: &str, source: String) -> Result<(), TemplateError> {
        let added = self.templates.add_template_owned(name.to_owned(), source);
        added.map_err(|error| self.describe(name, &error))
    }

    /// Writes every letter of every sample.
    fn check(&self) -> Result<(), TemplateError> {
        for kind in Kind::ALL {
            for content in samples(kind) {
                self.write_sample(&content)?;
            }
        }
        Ok(())
    }

    /// Writes a letter of a sample, to a made-up account.
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

    /// Writes the letter of `content`.
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
        let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        TemplateError::Template { file, line: error.line().unwrap_or(1), reason: what }
    }

    /// The template as a person finds it.
    fn file_of(&self, name: &str) -> String {
        self.replaced.get(name).cloned().unwrap_or_else(|| format!("the built-in letter {name}"))
    }
}

/// A line that holds nothing but a block leaves no empty line behind.
fn syntax() -> SyntaxConfig {
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build();
    syntax.expect("the delimiters are the usual ones")
}

/// The subject of a text letter, which is its first line, and the rest.
fn split_subject(text: &str) -> Option<(String, String)> {
    let (first, rest) = text.split_once('\n')?;
    let subject = first.strip_prefix("Subject: ")?;
    // One line, whatever a name in it holds.
    let words: Vec<_> = subject.split_whitespace().collect();
    Some((words.join(" "), rest.trim_start_matches(['\r', '\n']).to_owned()))
}
