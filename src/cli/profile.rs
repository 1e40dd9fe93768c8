//! `--profile`: which column of the limits a module is held to.
//!
//! In: a word. Out: a [`Profile`]. Never here: a limit.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::limits::Profile;

#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct ProfileArg {
    /// The limits that modules are held to: `large` is for those that bring a language's runtime along, as Go's do
    #[arg(long, value_enum, value_name = "PROFILE", default_value = Profile::Default.name(), hide_possible_values = true)]
    pub(crate) profile: Profile,
}

impl ValueEnum for Profile {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}
