//! Text of many channels kept in one scratch file, to be read channel by channel at the end.
//!
//! In: text for a channel. Out: each channel's text in order. Never here: more in memory than a page for each channel.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// What a channel gathers before it goes to the file.
const PAGE_BYTES: usize = 4096;
/// Before each page: where the channel's next one is (0: nowhere), and how long this one is.
const HEAD_BYTES: u64 = 16;

/// A file without a name, so that nothing is left of it.
pub(super) struct Spool {
    file: File,
    end: u64,
    channels: Vec<Channel>,
}

#[derive(Default)]
struct Channel {
    page: Vec<u8>,
    first: Option<u64>,
    last: Option<u64>,
}

impl Spool {
    /// Beside the file that is going to hold it all.
    ///
    /// # Errors
    /// When no file can be made there.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        // The first page is not at 0, which means nowhere.
        Ok(Self { file: tempfile::tempfile_in(folder)?, end: HEAD_BYTES, channels: Vec::new() })
    }

    /// A new channel's number.
    pub(super) fn channel(&mut self) -> usize {
        self.channels.push(Channel::default());
        self.channels.len() - 1
    }

    /// # Errors
    /// When the file cannot be written.
    pub(super) fn write(&mut self, channel: usize, text: &[u8]) -> io::Result<()> {
        self.channels[channel].page.extend_from_slice(text);
        if self.channels[channel].page.len() >= PAGE_BYTES { self.put_out(channel) } else { Ok(()) }
    }

    fn put_out(&mut self, channel: usize) -> io::Result<()> {
        let own = &mut self.channels[channel];
        let at = self.end;
        if let Some(last) = own.last.replace(at) {
            self.file.seek(SeekFrom::Start(last))?;
            self.file.write_all(&at.to_le_bytes())?;
        }
        own.first.get_or_insert(at);
        self.file.seek(SeekFrom::Start(at))?;
        let mut page = Vec::with_capacity(own.page.len() + 16);
        page.extend_from_slice(&0_u64.to_le_bytes());
        page.extend_from_slice(&(own.page.len() as u64).to_le_bytes());
        page.append(&mut own.page);
        self.end += page.len() as u64;
        self.file.write_all(&page)
    }

    /// Writes a channel's text to `out`.
    ///
    /// # Errors
    /// When either file fails.
    pub(super) fn copy(&mut self, channel: usize, out: &mut impl Write) -> io::Result<()> {
        let mut next = self.channels[channel].first.unwrap_or(0);
        while next != 0 {
            self.file.seek(SeekFrom::Start(next))?;
            let mut head = [0; HEAD_BYTES as usize];
            self.file.read_exact(&mut head)?;
            let [to, bytes] = [0, 8].map(|at| u64::from_le_bytes(std::array::from_fn(|i| head[at + i])));
            io::copy(&mut (&self.file).take(bytes), out)?;
            next = to;
        }
        out.write_all(&self.channels[channel].page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_come_back_in_order() {
        let mut spool = Spool::new(&std::env::temp_dir()).unwrap();
        let channels: Vec<usize> = (0..3).map(|_| spool.channel()).collect();
        let mut wanted = vec![Vec::new(); 3];
        for i in 0..9_000 {
            // The last one gets nothing.
            let to = channels[i % 2];
            let text = format!("{i},");
            spool.write(to, text.as_bytes()).unwrap();
            wanted[to].extend_from_slice(text.as_bytes());
        }
        for channel in channels {
            let mut found = Vec::new();
            spool.copy(channel, &mut found).unwrap();
            assert_eq!(found, wanted[channel]);
        }
    }
}
