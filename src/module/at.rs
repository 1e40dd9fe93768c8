//! Where an export belongs, said from outside: `--at 'EXPORT=SPEC'`, or a line of the custom section `probe1.at`.
//!
//! In: text. Out: [`At`]. Never here: whether the module has that export.

use std::str::FromStr;

use super::{ModuleError, Place};
use crate::spec::Spec;

/// What the section is called.
pub(super) const SECTION: &str = "probe1.at";

/// One export and its spec; overrides what the export's name says.
#[derive(Clone, Debug, PartialEq)]
pub struct At {
    pub export: String,
    pub spec: Spec,
}

impl FromStr for At {
    type Err = ModuleError;

    /// The border is the last `=` before a provider, since names and options may contain one.
    fn from_str(text: &str) -> Result<Self, ModuleError> {
        let border = text.rfind("=fn:").or_else(|| text.rfind("=probe_")).or_else(|| text.find('='));
        let (export, spec) = border.and_then(|i| Some((text.get(..i)?, text.get(i + 1..)?))).unwrap_or(("", ""));
        if export.is_empty() {
            return Err(ModuleError::At(text.to_owned()));
        }
        let spec =
            spec.parse().map_err(|error| ModuleError::Spec { place: Place::Export(export.to_owned()), error })?;
        Ok(Self { export: export.to_owned(), spec })
    }
}

/// The lines of the custom section; empty ones do not count.
pub(super) fn lines(section: &[u8]) -> Result<Vec<At>, ModuleError> {
    let text = std::str::from_utf8(section).map_err(|_| ModuleError::AtNotText)?;
    text.lines().filter(|line| !line.is_empty()).map(str::parse).collect()
}
