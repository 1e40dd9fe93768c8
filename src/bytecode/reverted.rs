//! Rules of rewriting taken back, one at a time, so that the tests which should notice can show that they do.
//!
//! In: a rule's name, from the tests' own door. Out: whether it is taken back. Never here: a way to do so in a product;
//! there the answer is no, and the compiler knows it.

/// A rule that can be taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rule {
    /// Jumps to a return go to what stands before it.
    Jump = 1,
    /// What tells of a return has the return's position.
    Location = 2,
    /// Handlers find the stack one deeper.
    Depth = 3,
    /// Generators say that one block more is around a yield.
    Generator = 4,
    /// No handler covers what stands before the token, or a return that has told it.
    Clip = 5,
}

#[cfg(feature = "doors")]
static REVERTED: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);

#[cfg(feature = "doors")]
pub(super) fn is(rule: Rule) -> bool {
    REVERTED.load(std::sync::atomic::Ordering::Relaxed) == rule as u8
}

#[cfg(not(feature = "doors"))]
pub(super) const fn is(_: Rule) -> bool {
    false
}

/// Whether any is, so that the result is not the original's and is not held against it.
pub(super) fn any() -> bool {
    use Rule::{Clip, Depth, Generator, Jump, Location};
    [Jump, Location, Depth, Generator, Clip].into_iter().any(is)
}

/// Takes one back by name, and all others up again; gives whether there is such a rule.
#[cfg(feature = "doors")]
pub fn revert(name: &str) -> bool {
    let number = match name {
        "none" => 0,
        "jump" => Rule::Jump as u8,
        "location" => Rule::Location as u8,
        "depth" => Rule::Depth as u8,
        "generator" => Rule::Generator as u8,
        "clip" => Rule::Clip as u8,
        _ => return false,
    };
    REVERTED.store(number, std::sync::atomic::Ordering::Relaxed);
    true
}
