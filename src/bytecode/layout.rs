//! Where each piece begins, and how far each jump goes.
//!
//! In: pieces in order. Out: the same with offsets, jump arguments and the prefixes they need. Never here: a prefix taken
//! away: instructions only grow, so that it ends.

use super::{
    RewriteError,
    splice::{Piece, Spliced, prefixes},
    tables::{Jump, Version},
};

/// Lays the pieces out until no jump needs another prefix.
pub(super) fn settle(version: &Version, spliced: &mut Spliced) -> Result<(), RewriteError> {
    aim(spliced)?;
    loop {
        place(version, &mut spliced.pieces);
        if !measure(version, &mut spliced.pieces)? {
            return Ok(());
        }
    }
}

/// How many units a piece takes.
pub(super) fn size(version: &Version, piece: &Piece) -> u32 {
    u32::from(piece.extended) + 1 + version.fact(piece.opcode).map_or(0, |fact| u32::from(fact.caches))
}

/// Turns the jumps' targets from units of the original into pieces.
fn aim(spliced: &mut Spliced) -> Result<(), RewriteError> {
    for i in 0..spliced.pieces.len() {
        let Piece { start, target, .. } = spliced.pieces[i];
        if let Some(unit) = target {
            let piece = spliced.landing(unit).ok_or(RewriteError::Jump { from: start, to: unit })?;
            spliced.pieces[i].target = Some(piece);
        }
    }
    Ok(())
}

fn place(version: &Version, pieces: &mut [Piece]) {
    let mut offset = 0;
    for piece in pieces {
        piece.offset = offset;
        offset += size(version, piece);
    }
}

/// Sets the jumps' arguments; whether one of them grew.
fn measure(version: &Version, pieces: &mut [Piece]) -> Result<bool, RewriteError> {
    let mut grown = false;
    for i in 0..pieces.len() {
        let piece = pieces[i];
        let Some(target) = piece.target else { continue };
        let (end, to) = (piece.offset + size(version, &piece), pieces[target as usize].offset);
        let back = version.fact(piece.opcode).is_some_and(|fact| fact.jump == Jump::Back);
        let distance = if back { end.checked_sub(to) } else { to.checked_sub(end) };
        let argument = distance.ok_or(RewriteError::Jump { from: piece.start, to })?;
        grown |= prefixes(argument) > piece.extended;
        pieces[i].argument = argument;
        pieces[i].extended = piece.extended.max(prefixes(argument));
    }
    Ok(grown)
}
