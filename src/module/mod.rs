//! Placeholder until the room is built in the same change.
