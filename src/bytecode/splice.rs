//! The original's instructions and the hook's, in the order they will stand.
//!
//! In: an image. Out: [`Piece`]s, and where each original instruction now begins. Never here: offsets, bytes, tables.

use super::{
    Image, RewriteError, Shape,
    decode::{Instruction, Instructions},
    reverted::{Rule, is},
    tables::{Shortcut, Version},
};

/// Not the start of an instruction.
pub(super) const NOWHERE: u32 = u32::MAX;
/// `RESUME`'s lowest two bits: 0 is a function's start.
const RESUME_WHERE: u32 = 3;

/// Where a piece stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// The original's, up to and with `RESUME 0`: before it the frame is not complete.
    Prefix,
    Entry,
    /// The original's, behind the entry.
    Body,
    /// A return with what tells the token of it: no handler may cover it.
    Exit,
    Handler,
}

/// One instruction of the result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// The unit of the original whose position it has, where its part has one.
    pub(super) start: u32,
    pub(super) argument: u32,
    /// Where it jumps: a unit of the original, then an index of a piece.
    pub(super) target: Option<u32>,
    /// Its first unit in the result.
    pub(super) offset: u32,
    pub(super) opcode: u8,
    pub(super) extended: u8,
    pub(super) part: Part,
}

pub(super) struct Spliced {
    pub(super) pieces: Vec<Piece>,
    /// By unit of the original: the piece where its instruction now begins, else [`NOWHERE`].
    pub(super) place: Vec<u32>,
    /// The first piece of the entry.
    pub(super) entry: usize,
    /// The first piece of the body.
    pub(super) body: usize,
}

impl Spliced {
    /// The piece a jump to a unit of the original goes to: behind the entry, or nowhere.
    pub(super) fn landing(&self, unit: u32) -> Option<u32> {
        let &piece = self.place.get(unit as usize)?;
        (piece != NOWHERE && piece as usize >= self.body).then_some(piece)
    }

    fn push(&mut self, opcode: u8, argument: u32, part: Part, start: u32) {
        let extended = prefixes(argument);
        self.pieces.push(Piece { start, argument, target: None, offset: 0, opcode, extended, part });
    }

    /// An instruction as it was.
    fn keep(&mut self, instruction: Instruction, part: Part) {
        let Instruction { start, argument, target, opcode, extended } = instruction;
        self.pieces.push(Piece { start, argument, target, offset: 0, opcode, extended, part });
    }

    #[expect(clippy::cast_possible_truncation, reason = "never more pieces than a few times the bounded code's units")]
    fn mark(&mut self, start: u32) {
        self.place[start as usize] = self.pieces.len() as u32;
    }
}

/// How many `EXTENDED_ARG` an argument needs.
pub(super) fn prefixes(argument: u32) -> u8 {
    match argument {
        0..=0xff => 0,
        0x100..=0xffff => 1,
        0x1_0000..=0xff_ffff => 2,
        _ => 3,
    }
}

/// Puts the hook's instructions between the original's.
pub(super) fn splice(
    version: &Version,
    image: &Image<'_>,
    shape: Shape,
    want: &[u16],
) -> Result<Spliced, RewriteError> {
    ascending(image, want)?;
    let mut instructions = Instructions::new(version, image.code)?;
    let units = instructions.units() as usize;
    let pieces = Vec::with_capacity(units + want.len() + 8);
    let mut out = Spliced { pieces, place: vec![NOWHERE; units], entry: 0, body: 0 };
    prefix(version, &mut instructions, &mut out)?;
    out.entry = out.pieces.len();
    entry(version, image, shape, want, &mut out);
    out.body = out.pieces.len();
    for instruction in instructions {
        let instruction = instruction?;
        out.mark(instruction.start);
        match shape {
            Shape::Entry => out.keep(instruction, Part::Body),
            Shape::Token => body(version, instruction, &mut out),
        }
    }
    if shape == Shape::Token {
        handler(version, &mut out);
    }
    Ok(out)
}

fn ascending(image: &Image<'_>, want: &[u16]) -> Result<(), RewriteError> {
    let mut least = 0;
    for &wanted in want {
        let wanted = u32::from(wanted);
        if wanted < least || wanted >= image.parameters {
            return Err(RewriteError::Want { wanted, parameters: image.parameters });
        }
        least = wanted + 1;
    }
    Ok(())
}

fn prefix(version: &Version, from: &mut Instructions<'_>, out: &mut Spliced) -> Result<(), RewriteError> {
    for instruction in from {
        let instruction = instruction?;
        out.mark(instruction.start);
        out.keep(instruction, Part::Prefix);
        if instruction.opcode == version.resume {
            let at_start = instruction.argument & RESUME_WHERE == 0;
            return if at_start { Ok(()) } else { Err(RewriteError::Resume(instruction.argument)) };
        }
    }
    Err(RewriteError::NoResume)
}

/// `hook[wanted]`, `del hook[wanted]` or `hook[a] = b`.
fn entry(version: &Version, image: &Image<'_>, shape: Shape, want: &[u16], out: &mut Spliced) {
    if let (Shape::Entry, &[key, value]) = (shape, want) {
        load(version, value, out);
        out.push(version.load_const, image.const_count, Part::Entry, 0);
        load(version, key, out);
        return out.push(version.store_subscr, 0, Part::Entry, 0);
    }
    out.push(version.load_const, image.const_count, Part::Entry, 0);
    for &wanted in want {
        load(version, wanted, out);
    }
    match want {
        // The compiler never builds an empty tuple, so neither do we.
        [] => out.push(version.load_const, image.const_count + 1, Part::Entry, 0),
        [_] => (),
        // Indexes ascend, so their number fits what an index fits.
        _ => out.push(version.build_tuple, want.len() as u32, Part::Entry, 0),
    }
    let hand_over = if shape == Shape::Entry { version.delete_subscr } else { version.binary_subscr };
    out.push(hand_over, 0, Part::Entry, 0);
}

/// A parameter that an inner function shares is a cell from the prefix on.
fn load(version: &Version, parameter: u16, out: &mut Spliced) {
    let slot = u32::from(parameter);
    let mut prefix = out.pieces[..out.entry].iter();
    let cell = prefix.any(|piece| piece.opcode == version.make_cell && piece.argument == slot);
    out.push(if cell { version.load_deref } else { version.load_fast }, slot, Part::Entry, 0);
}

/// Tells the token before each return, and the interpreter that a `try` more is around each yield.
fn body(version: &Version, mut instruction: Instruction, out: &mut Spliced) {
    let Instruction { start, opcode, .. } = instruction;
    if opcode == version.return_value {
        out.push(version.binary_subscr, 0, Part::Exit, start);
        if is(Rule::Jump) {
            out.mark(start);
        }
        return out.keep(instruction, Part::Exit);
    }
    if Some(opcode) == version.return_const {
        // The constant is loaded where the original may raise by a tracer's hand, so its handlers cover it, too.
        out.keep(Instruction { opcode: version.load_const, ..instruction }, Part::Body);
        out.push(version.binary_subscr, 0, Part::Exit, start);
        return out.push(version.return_value, 0, Part::Exit, start);
    }
    instruction.argument = inside_handler(version, opcode, instruction.argument);
    instruction.extended = instruction.extended.max(prefixes(instruction.argument));
    out.keep(instruction, Part::Body);
}

/// The argument of an instruction that says how many blocks are around it, with our handler among them.
pub(super) fn inside_handler(version: &Version, opcode: u8, argument: u32) -> u32 {
    match version.shortcut {
        _ if is(Rule::Generator) => argument,
        Shortcut::YieldDepth if opcode == version.yield_value => argument.saturating_add(1),
        Shortcut::ResumeBit(bit) if opcode == version.resume => argument & !bit,
        _ => argument,
    }
}

/// `del token[exception]`, then on with the exception as if nothing had caught it.
fn handler(version: &Version, out: &mut Spliced) {
    out.push(version.copy, 3, Part::Handler, 0);
    out.push(version.copy, 2, Part::Handler, 0);
    out.push(version.delete_subscr, 0, Part::Handler, 0);
    out.push(version.reraise, 1, Part::Handler, 0);
}
