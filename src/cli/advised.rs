//! An error that knows what to do about it.
//!
//! In: two lines. Out: an error whose hint `report` shows. Never here: an error of another room.

/// The message, and the line below it.
#[derive(Debug, thiserror::Error)]
#[error("{says}")]
pub(super) struct Advised {
    says: String,
    pub(super) hint: String,
}

/// `error: SAYS`, `hint: HINT`.
pub(super) fn advised(says: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    Advised { says: says.into(), hint: hint.into() }.into()
}
