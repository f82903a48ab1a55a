//! Imports of numbers.

use serde::Serialize;

use crate::operations::numbers::import::{ImportWarning, Imported};

/// What was imported.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct ImportView {
    /// How many numbers.
    pub imported: usize,
    /// What is improbable, and was imported all the same; by line.
    pub warnings: Vec<ImportWarningView>,
}

/// Something improbable that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ImportWarningView {
    /// Its line in the file.
    pub line: u64,
    /// The number.
    pub msisdn: String,
    /// What speaks against it.
    pub warning: String,
}

impl From<&Imported> for ImportView {
    fn from(it: &Imported) -> Self {
        let warnings = it.warnings.iter().map(ImportWarningView::from).collect();
        Self { imported: it.imported, warnings }
    }
}

impl From<&ImportWarning> for ImportWarningView {
    fn from(it: &ImportWarning) -> Self {
        let ImportWarning { line, msisdn, warning } = it;
        Self { line: *line, msisdn: msisdn.to_string(), warning: warning.clone() }
    }
}
