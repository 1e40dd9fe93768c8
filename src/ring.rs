//! The ring: records from the fire path to whoever drains, through a segment.
//!
//! In: record bytes with a small head; they are committed whole or counted as dropped by the caller. Out: the same
//! bytes, in order, once. One writer (the target, under its interpreter lock), one reader. Never here: a lock, a wait,
//! or what the bytes mean.
//!
//! A record is its head word (length in words, kind, probe), three words (time; function and thread; length and request), then its
//! payload padded to words. Positions only grow; a position's low bits are its place.

use std::cell::Cell;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::segment::{Own, Words, header};

/// Words before the payload.
const HEAD_WORDS: usize = 4;
/// The part of the last of them that is the payload's length; the rest is the request.
const LENGTH: u64 = 0xFFFF_FFFF;

/// What a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    Record = 1,
    Log = 2,
    Fault = 3,
    /// What an aggregation holds; its number stands for a function's.
    Print = 4,
}

/// What every record starts with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    pub kind: u8,
    /// Point of a record, level of a log, kind of a fault.
    pub detail: u8,
    pub probe: u16,
    pub function: u32,
    pub tid: u32,
    pub mono_ns: u64,
    pub payload_bytes: u32,
    /// The number of the request that ran; 0 outside of any.
    pub request: u32,
}

/// What a record with this payload takes.
#[inline]
pub fn words_of(payload: &[u8]) -> usize {
    HEAD_WORDS + payload.len().div_ceil(8)
}

/// The writing end.
pub struct Writer {
    words: Own,
    start: usize,
    mask: u64,
    head: Cell<u64>,
    /// The reader's position as last seen: read again only when the ring looks full.
    tail: Cell<u64>,
}

impl Writer {
    pub fn new(words: Words) -> Self {
        let (start, size) = (words.ring_start(), words.ring_words());
        Self { words: Own::new(words), start, mask: size - 1, head: Cell::new(0), tail: Cell::new(0) }
    }

    /// Goes on in another segment of the same size, whose ring is empty.
    pub fn move_to(&self, words: Words) {
        self.words.replace(words);
        self.head.set(0);
        self.tail.set(0);
    }

    /// Commits one record; false when there is no room.
    #[inline]
    pub fn commit(&self, head: Head, payload: &[u8]) -> bool {
        let words = words_of(payload);
        let at = self.head.get();
        if !self.has_room(at, words as u64) {
            return false;
        }
        let heads = [
            words as u64 | u64::from(head.kind) << 32 | u64::from(head.detail) << 40 | u64::from(head.probe) << 48,
            head.mono_ns,
            u64::from(head.function) | u64::from(head.tid) << 32,
            payload.len() as u64 & LENGTH | u64::from(head.request) << 32,
        ];
        let ring = &self.words.all()[self.start..];
        let place = (at & self.mask) as usize;
        match ring.get(place..place + words) {
            Some(slots) => fill(slots, heads, payload),
            None => fill_around(&ring[place..], ring, heads, payload),
        }
        self.head.set(at + words as u64);
        self.words.at(header::RING_HEAD).store(self.head.get(), Release);
        true
    }

    #[inline]
    fn has_room(&self, at: u64, words: u64) -> bool {
        let size = self.mask + 1;
        if at + words - self.tail.get() <= size {
            return true;
        }
        // The reader may claim anything: a tail beyond the head counts as nothing read.
        let tail = self.words.at(header::RING_TAIL).load(Acquire);
        self.tail.set(if tail <= at { tail.max(self.tail.get()) } else { self.tail.get() });
        at + words - self.tail.get() <= size
    }
}

/// Stores one record into as many words as it takes.
#[inline]
fn fill(slots: &[AtomicU64], heads: [u64; HEAD_WORDS], payload: &[u8]) {
    let Some(([length, time, place, request], rest)) = slots.split_first_chunk::<HEAD_WORDS>() else { return };
    length.store(heads[0], Relaxed);
    time.store(heads[1], Relaxed);
    place.store(heads[2], Relaxed);
    request.store(heads[3], Relaxed);
    let (whole, _) = payload.as_chunks::<8>();
    rest.iter().zip(whole).for_each(|(slot, chunk)| slot.store(u64::from_le_bytes(*chunk), Relaxed));
    if let Some(slot) = rest.get(whole.len()) {
        slot.store(last_word(payload), Relaxed);
    }
}

/// The same at the ring's end, going on at its start.
#[cold]
fn fill_around(end: &[AtomicU64], start: &[AtomicU64], heads: [u64; HEAD_WORDS], payload: &[u8]) {
    let (whole, rest) = payload.as_chunks::<8>();
    let last = (!rest.is_empty()).then(|| last_word(payload));
    let words = whole.iter().map(|chunk| u64::from_le_bytes(*chunk)).chain(last);
    let slots = end.iter().chain(start);
    heads.into_iter().chain(words).zip(slots).for_each(|(word, slot)| slot.store(word, Relaxed));
}

/// The bytes after the last whole word, zeros above them.
#[inline]
fn last_word(payload: &[u8]) -> u64 {
    let rest = payload.len() % 8;
    match payload.last_chunk::<8>() {
        // Read together with some before it, which are shifted out.
        Some(chunk) => u64::from_le_bytes(*chunk) >> (64 - 8 * rest),
        None => payload.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// The reading end. Bad words end the reading; they never index outside the ring.
pub struct Reader {
    words: Words,
    start: usize,
    mask: u64,
    tail: u64,
}

/// The ring says something no writer of ours wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ring is damaged at position {0}")]
pub struct Damaged(pub u64);

impl Reader {
    pub fn new(words: Words) -> Self {
        let (start, size) = (words.ring_start(), words.ring_words());
        let tail = words.load(header::RING_TAIL);
        Self { words, start, mask: size - 1, tail }
    }

    /// The next record, if there is one; `payload` is overwritten with its bytes.
    ///
    /// # Errors
    /// When the words cannot be a record.
    pub fn next(&mut self, payload: &mut Vec<u8>) -> Result<Option<Head>, Damaged> {
        let head = self.written();
        let size = self.mask + 1;
        let available = head.wrapping_sub(self.tail);
        if available == 0 {
            return Ok(None);
        }
        let damaged = Damaged(self.tail);
        let first = self.get(0);
        let words = first & 0xFFFF_FFFF;
        if available > size || words < HEAD_WORDS as u64 || words > available {
            return Err(damaged);
        }
        let bytes = self.get(3) & LENGTH;
        if bytes > (words - HEAD_WORDS as u64) * 8 {
            return Err(damaged);
        }
        let parsed = self.head(first, bytes);
        self.copy_payload(words, bytes, payload);
        self.tail = self.tail.wrapping_add(words);
        Ok(Some(parsed))
    }

    /// How far the writer is.
    pub fn written(&self) -> u64 {
        self.words.at(header::RING_HEAD).load(Acquire)
    }

    /// Whether anything before `end` is not read yet.
    pub fn is_before(&self, end: u64) -> bool {
        (end.wrapping_sub(self.tail)).cast_signed() > 0
    }

    /// Gives the room of everything read so far back to the writer.
    pub fn release(&self) {
        self.words.at(header::RING_TAIL).store(self.tail, Release);
    }

    fn get(&self, offset: u64) -> u64 {
        self.words.load(self.start + (self.tail.wrapping_add(offset) & self.mask) as usize)
    }

    #[expect(clippy::cast_possible_truncation, reason = "each field is cut out of its own bits of the head")]
    fn head(&self, first: u64, bytes: u64) -> Head {
        let place = self.get(2);
        Head {
            kind: (first >> 32) as u8,
            detail: (first >> 40) as u8,
            probe: (first >> 48) as u16,
            function: place as u32,
            tid: (place >> 32) as u32,
            mono_ns: self.get(1),
            payload_bytes: bytes as u32,
            request: (self.get(3) >> 32) as u32,
        }
    }

    fn copy_payload(&self, words: u64, bytes: u64, payload: &mut Vec<u8>) {
        payload.clear();
        for i in HEAD_WORDS as u64..words {
            payload.extend_from_slice(&self.get(i).to_le_bytes());
        }
        payload.truncate(usize::try_from(bytes).unwrap_or(0));
    }
}
