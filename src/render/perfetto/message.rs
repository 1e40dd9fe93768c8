//! Protobuf messages, written: the wire format is three kinds of field, and nothing is read back here.
//!
//! In: fields by number. Out: bytes, appended. Never here: a number that means something; those are in `perfetto`.

/// A message under construction.
pub(super) struct Message<'a>(&'a mut Vec<u8>);

impl<'a> Message<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self(out)
    }

    pub(super) fn number(&mut self, field: u32, n: u64) {
        self.key(field, 0);
        varint(self.0, n);
    }

    pub(super) fn double(&mut self, field: u32, x: f64) {
        self.key(field, 1);
        self.0.extend_from_slice(&x.to_le_bytes());
    }

    pub(super) fn text(&mut self, field: u32, text: &str) {
        self.key(field, 2);
        varint(self.0, text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A message inside. Its length, which goes before it, is known afterwards.
    pub(super) fn inner(&mut self, field: u32, fill: impl FnOnce(&mut Message<'_>)) {
        self.key(field, 2);
        let at = self.0.len();
        fill(&mut Message(self.0));
        let mut length = Vec::with_capacity(10);
        varint(&mut length, (self.0.len() - at) as u64);
        self.0.splice(at..at, length);
    }

    fn key(&mut self, field: u32, kind: u64) {
        varint(self.0, u64::from(field) << 3 | kind);
    }
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
#[expect(clippy::cast_possible_truncation, reason = "the low byte is meant")]
fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 128 {
        out.push(n as u8 | 128);
        n >>= 7;
    }
    out.push(n as u8);
}
