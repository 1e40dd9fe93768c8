//! A segment that another process wrote: reports or an error, and every renderer shows what there was.
#![no_main]

use std::sync::atomic::Ordering::Relaxed;

use libfuzzer_sys::fuzz_target;
use waspect::drain::Drain;
use waspect::render::{Jsonl, Renderer, Terminal};
use waspect::report::{Report, Start};
use waspect::segment::{Reader, Words, header};
use waspect_fuzz::{LEDGER_BYTES, RING_BYTES, seeds};

const COLUMNS: usize = 80;

fuzz_target!(
    init: seeds::write("probe", seeds::segment),
    |data: &[u8]| {
        let (words, fd) = Words::create(LEDGER_BYTES, RING_BYTES).expect("memory");
        let sizes = [header::MAGIC, header::LEDGER_WORDS, header::RING_WORDS].map(|at| (at, words.load(at)));
        for (word, bytes) in words.all().iter().zip(data.chunks(8)) {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            word.store(u64::from_le_bytes(whole), Relaxed);
        }
        // Whoever says other sizes than it has is refused; here it goes on with the right ones.
        let _ = Reader::map(&fd);
        sizes.into_iter().for_each(|(at, word)| words.at(at).store(word, Relaxed));
        let reader = Reader::map(&fd).expect("its sizes add up");
        let mut drain = Drain::default();
        drain.join(0, Start { python: String::new(), pid: 0 }, reader);
        drain.join(0, Start { python: String::new(), pid: 0 }, Reader::over(words));
        let (mut lines, mut page) = (Jsonl::new(Vec::new()), Terminal::new(Vec::new(), COLUMNS));
        let mut show = |report: &Report| lines.report(report).and_then(|()| page.report(report));
        drain.round(&mut show).expect("written");
        drain.aggregations();
        drain.finish(show).expect("written");
        lines.finish().and_then(|()| page.finish()).expect("written");
    }
);
