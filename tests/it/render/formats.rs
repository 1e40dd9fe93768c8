//! Readers of what renderers write for other programs, by those programs' rules.
//!
//! In: bytes of a format. Out: what a viewer would show, a line each, sorted. Never here: code of a renderer; leniency: what
//! a viewer may stumble over fails.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use serde_json::Value as Json;
use waspect::render::{Chrome, Perfetto, Renderer, Speedscope};

use super::timeline::ZERO_NS;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    Chrome,
    Perfetto,
    Speedscope,
}

/// What a format shows.
#[derive(Default, Debug)]
pub(super) struct Shown {
    pub(super) lines: Vec<String>,
    pub(super) counts: Vec<(String, u64)>,
    pub(super) title: String,
}

/// Bytes that outlive their writer.
#[derive(Clone, Default)]
pub(super) struct Shared(Rc<RefCell<Vec<u8>>>);

impl Shared {
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.borrow().clone()
    }
}

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn writer(format: Format, out: Shared) -> Box<dyn Renderer> {
    match format {
        Format::Chrome => Box::new(Chrome::spans(out)),
        Format::Perfetto => Box::new(Perfetto::spans(out)),
        Format::Speedscope => Box::new(Speedscope::new(out, &std::env::temp_dir()).unwrap()),
    }
}

pub(super) fn read(format: Format, bytes: &[u8]) -> Shown {
    match format {
        Format::Chrome => chrome(bytes),
        Format::Perfetto => perfetto(bytes),
        Format::Speedscope => speedscope(bytes),
    }
}

/// One thing on a track: name, from, to where it has an end, how that was; an instant is `*`.
type Slice = (String, i64, Option<i64>, String);

/// What did not end is shown to the end of the trace, `last`.
fn lines(tracks: BTreeMap<String, Vec<Slice>>, last: i64) -> Vec<String> {
    let line = |track: &str, (name, from, to, how): &Slice| match (to, how.as_str()) {
        (_, "*") => format!("{track} {name} {from} *"),
        (Some(to), how) => format!("{track} {name} {from}..{to} {how}"),
        (None, how) => format!("{track} {name} {from}..{last} {how}"),
    };
    let mut all: Vec<String> =
        tracks.iter().flat_map(|(track, slices)| slices.iter().map(move |slice| line(track, slice))).collect();
    all.sort();
    all
}

/// Slices of one track are inside or outside of each other, never across.
fn nested(slices: &[Slice]) {
    let whole: Vec<(i64, i64)> = slices.iter().filter(|s| s.3 != "*").map(|s| (s.1, s.2.unwrap_or(i64::MAX))).collect();
    for (i, a) in whole.iter().enumerate() {
        for b in &whole[i + 1..] {
            let across = |a: &(i64, i64), b: &(i64, i64)| a.0 < b.0 && b.0 < a.1 && a.1 < b.1;
            assert!(!across(a, b) && !across(b, a), "{a:?} and {b:?} cut each other");
        }
    }
}

/// A JSON array of events, by the trace event format's description.
pub(super) fn chrome(bytes: &[u8]) -> Shown {
    let events: Vec<Json> = serde_json::from_slice(bytes).unwrap_or_else(|e| panic!("{e}"));
    let place = |e: &Json| (e["pid"].as_u64().unwrap(), e["tid"].as_u64().unwrap());
    let (mut names, mut shown, mut tracks) = (BTreeMap::new(), Shown::default(), BTreeMap::<_, Vec<Slice>>::new());
    let mut last = 0;
    for e in &events {
        let name = e["name"].as_str().unwrap().to_owned();
        let ns = |key: &str| (e[key].as_f64().unwrap() * 1000.0).round() as i64;
        match e["ph"].as_str().unwrap() {
            "M" if name == "process_name" => assert!(e["args"]["name"].is_string()),
            "M" => {
                assert_eq!(name, "thread_name");
                let told = names.insert(place(e), e["args"]["name"].as_str().unwrap().to_owned());
                assert_eq!(told, None, "a track is named twice");
            }
            "i" if e["s"] == "g" => {
                let counts = e["args"].as_object().unwrap();
                last = ns("ts") - ZERO_NS;
                shown.counts = counts.iter().map(|(name, n)| (name.clone(), n.as_u64().unwrap())).collect();
            }
            kind => {
                let to = (kind == "X").then(|| ns("ts") + ns("dur"));
                assert!(matches!(kind, "X" | "B" | "i") && to.is_none_or(|to| to >= ns("ts")), "{e}");
                let alone = if e["args"]["begin"] == "elapsed" { " alone" } else { "" };
                let how = if kind == "i" { "*" } else { &format!("{}{alone}", e["args"]["end"].as_str().unwrap()) };
                let track = names.get(&place(e)).cloned().unwrap_or("-".into());
                tracks.entry((track, place(e))).or_default().push((
                    name,
                    ns("ts") - ZERO_NS,
                    to.map(|to| to - ZERO_NS),
                    how.into(),
                ));
            }
        }
    }
    tracks.values().for_each(|slices| nested(slices));
    shown.lines = lines(by_name(tracks), last);
    shown
}

fn by_name<K>(tracks: BTreeMap<(String, K), Vec<Slice>>) -> BTreeMap<String, Vec<Slice>> {
    let mut all = BTreeMap::<String, Vec<Slice>>::new();
    tracks.into_iter().for_each(|((name, _), slices)| all.entry(name).or_default().extend(slices));
    all
}

/// speedscope's `evented` and `sampled` profiles, by its `file-format-spec`.
pub(super) fn speedscope(bytes: &[u8]) -> Shown {
    let file: Json = serde_json::from_slice(bytes).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(file["$schema"], "https://www.speedscope.app/file-format-schema.json");
    let frames = file["shared"]["frames"].as_array().unwrap();
    let name = |frame: &Json| frames[usize::try_from(frame.as_u64().unwrap()).unwrap()]["name"].as_str().unwrap();
    let mut tracks = BTreeMap::<_, Vec<Slice>>::new();
    for (i, profile) in file["profiles"].as_array().unwrap().iter().enumerate() {
        let title = profile["name"].as_str().unwrap();
        let track = (title.rsplit_once(" (process ").map_or(title, |(track, _)| track).to_owned(), i);
        let (from, to) = (profile["startValue"].as_i64().unwrap(), profile["endValue"].as_i64().unwrap());
        assert!(from <= to);
        if profile["type"] == "sampled" {
            let (samples, weights) = (profile["samples"].as_array().unwrap(), profile["weights"].as_array().unwrap());
            assert_eq!((profile["unit"].as_str(), samples.len()), (Some("none"), weights.len()));
            for sample in samples {
                let stack: Vec<&str> = sample.as_array().unwrap().iter().map(name).collect();
                tracks.entry(track.clone()).or_default().push((stack.join(";"), 0, None, "*".into()));
            }
            continue;
        }
        assert_eq!((profile["type"].as_str(), profile["unit"].as_str()), (Some("evented"), Some("nanoseconds")));
        let (mut open, mut now) = (Vec::new(), from);
        for e in profile["events"].as_array().unwrap() {
            let at = e["at"].as_i64().unwrap();
            assert!((now..=to).contains(&at), "events are not in order");
            now = at;
            if e["type"] == "O" {
                open.push((name(&e["frame"]), at));
                continue;
            }
            assert_eq!(e["type"], "C");
            let (opened, from) = open.pop().unwrap();
            assert_eq!(opened, name(&e["frame"]), "another frame is closed than was opened last");
            tracks.entry(track.clone()).or_default().push((opened.into(), from, Some(at), "call".into()));
        }
        assert!(open.is_empty(), "opened and not closed");
    }
    Shown { lines: lines(by_name(tracks), 0), counts: Vec::new(), title: file["name"].as_str().unwrap().into() }
}

/// A message as its fields: number, and what is there.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let field = match key & 7 {
            0 => Field::Number(varint(&mut bytes)),
            1 => Field::Number(u64::from_le_bytes(take(&mut bytes, 8).try_into().unwrap())),
            2 => {
                let n = varint(&mut bytes);
                Field::Bytes(take(&mut bytes, usize::try_from(n).unwrap()))
            }
            kind => panic!("wire type {kind}"),
        };
        all.push((key >> 3, field));
    }
    all
}

#[derive(Clone, Copy, Debug)]
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut n = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)[0];
        n |= u64::from(byte & 127) << shift;
        if byte < 128 {
            break;
        }
    }
    n
}

fn take<'a>(bytes: &mut &'a [u8], n: usize) -> &'a [u8] {
    let (head, rest) = bytes.split_at(n);
    *bytes = rest;
    head
}

fn number(message: &[(u64, Field<'_>)], wanted: u64) -> Option<u64> {
    let of = |(at, field): &(u64, Field<'_>)| match field {
        Field::Number(n) if *at == wanted => Some(*n),
        _ => None,
    };
    message.iter().find_map(of)
}

fn inner<'a>(message: &[(u64, Field<'a>)], wanted: u64) -> Vec<&'a [u8]> {
    let of = |(at, field): &(u64, Field<'a>)| match field {
        Field::Bytes(bytes) if *at == wanted => Some(*bytes),
        _ => None,
    };
    message.iter().filter_map(of).collect()
}

fn text(message: &[(u64, Field<'_>)], wanted: u64) -> Option<String> {
    inner(message, wanted).first().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

/// `Trace`, by the numbers of Perfetto's `.proto` files; packets in order of time, as its importer has them.
pub(super) fn perfetto(bytes: &[u8]) -> Shown {
    let (mut shown, mut names, mut events) = (Shown::default(), BTreeMap::new(), Vec::new());
    for (at, field) in fields(bytes) {
        let (1, Field::Bytes(packet)) = (at, field) else { panic!("field {at} in a trace") };
        let packet = fields(packet);
        assert!(number(&packet, 10).is_some(), "a packet without a sequence");
        if let [descriptor] = inner(&packet, 60)[..] {
            let descriptor = fields(descriptor);
            let thread = inner(&descriptor, 4).first().and_then(|thread| text(&fields(thread), 5));
            let name = thread.or_else(|| text(&descriptor, 2)).unwrap_or_default();
            let name = name.rsplit_once(", lane").map_or(name.clone(), |(_, lane)| format!("lane{lane}"));
            assert_eq!(names.insert(number(&descriptor, 1).unwrap(), name), None, "described twice");
        }
        if let [event] = inner(&packet, 11)[..] {
            let event = fields(event);
            assert_eq!(number(&packet, 58), Some(3), "not the monotonic clock");
            assert!(names.contains_key(&number(&event, 11).unwrap()), "a track that was not described");
            events.push((number(&packet, 8).unwrap(), event));
        }
        if let [snapshot] = inner(&packet, 6)[..] {
            assert_eq!(number(&fields(snapshot), 2), Some(3), "not the monotonic clock");
        }
    }
    events.sort_by_key(|(ns, _)| *ns);
    let mut open = BTreeMap::<u64, Vec<Slice>>::new();
    let mut tracks = BTreeMap::<(String, u64), Vec<Slice>>::new();
    let mut last = 0;
    for (ns, event) in &events {
        let track = number(event, 11).unwrap();
        let at = i64::try_from(*ns).unwrap() - ZERO_NS;
        let name = text(event, 23).unwrap_or_default();
        let notes: BTreeMap<String, Vec<(u64, Field<'_>)>> =
            inner(event, 4).into_iter().map(fields).map(|note| (text(&note, 10).unwrap(), note)).collect();
        let label = if names[&track].is_empty() { "-".to_owned() } else { names[&track].clone() };
        let all = tracks.entry((label, track)).or_default();
        match number(event, 9) {
            Some(1) => {
                let alone = if notes.contains_key("begin") { " alone" } else { "" };
                let how = text(&notes["end"], 6).unwrap() + alone;
                open.entry(track).or_default().push((name, at, None, how));
            }
            Some(2) => {
                let (name, from, _, how) = open.get_mut(&track).and_then(Vec::pop).expect("an end without a beginning");
                all.push((name, from, Some(at), how));
            }
            Some(3) if name == "waspect" => {
                last = at;
                shown.counts = notes.into_iter().map(|(name, note)| (name, number(&note, 4).unwrap())).collect();
            }
            Some(3) => all.push((name, at, None, "*".into())),
            kind => panic!("event type {kind:?}"),
        }
    }
    for (track, slices) in open {
        tracks.entry((names[&track].clone(), track)).or_default().extend(slices);
    }
    tracks.values().for_each(|slices| nested(slices));
    shown.lines = lines(by_name(tracks), last);
    shown
}
