//! Records as comma-separated values: one row each, for dataframes and databases.
//!
//! In: reports. Out: a row of names, then rows, written as they come. Never here: a row with other columns than the first;
//! a field that is lost because it has no column: the last column has them all.

use std::io::{self, Write};

use csv_core::WriteResult;

use super::Renderer;
use super::json::{self, put};
use crate::report::{Record, Report};
use crate::value::Value;

/// What every record has.
const COLUMNS: [&str; 11] =
    ["ts_ns", "mono_ns", "pid", "tid", "thread", "task", "request", "module", "probe", "fn", "point"];
/// All fields as one JSON object, as JSONL has them.
const FIELDS: &str = "fields";

/// Writes rows to `out`.
pub struct Csv<W> {
    out: W,
    /// Fields with a column of their own.
    fields: Vec<String>,
    begun: bool,
    row: Row,
    cell: Vec<u8>,
}

impl<W: Write> Csv<W> {
    /// `fields`: the names that probes are known to capture.
    pub fn new(out: W, fields: impl IntoIterator<Item = String>) -> Self {
        let mut known: Vec<String> = Vec::new();
        for field in fields {
            if !known.contains(&field) {
                known.push(field);
            }
        }
        Self { out, fields: known, begun: false, row: Row::default(), cell: Vec::new() }
    }

    fn begin(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        self.row.begin();
        COLUMNS.iter().for_each(|name| self.row.cell(name.as_bytes()));
        self.fields.iter().for_each(|name| self.row.cell(column(name).as_bytes()));
        self.row.cell(FIELDS.as_bytes());
        self.out.write_all(self.row.end())
    }

    fn record(&mut self, r: &Record) -> io::Result<()> {
        self.begin()?;
        self.row.begin();
        let numbers = [r.ts_ns.to_string(), r.mono_ns.to_string(), r.pid.to_string(), r.tid.to_string()];
        let texts = [r.thread.as_deref(), r.task.as_deref(), r.request.as_deref()].map(Option::unwrap_or_default);
        let names = [&*r.module, &*r.probe, &*r.function, r.point];
        let all = numbers.iter().map(String::as_str).chain(texts).chain(names);
        all.for_each(|cell| self.row.cell(cell.as_bytes()));
        for name in &self.fields {
            self.cell.clear();
            if let Some((_, value)) = r.fields.iter().find(|(field, _)| **field == **name) {
                plain(&mut self.cell, value);
            }
            self.row.cell(&self.cell);
        }
        self.cell.clear();
        json::fields(&mut self.cell, &r.fields);
        self.row.cell(&self.cell);
        self.out.write_all(self.row.end())
    }
}

impl<W: Write> Renderer for Csv<W> {
    fn report(&mut self, report: &Report) -> io::Result<()> {
        if let Report::Record(record) = report { self.record(record) } else { Ok(()) }
    }
    fn flush(&mut self) -> io::Result<()> {
        self.begin()?;
        self.out.flush()
    }
    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }
}

/// A row being written.
#[derive(Default)]
struct Row {
    quoting: csv_core::Writer,
    text: Vec<u8>,
    cells: usize,
}

impl Row {
    fn begin(&mut self) {
        self.text.clear();
        self.cells = 0;
    }

    fn cell(&mut self, cell: &[u8]) {
        if self.cells > 0 {
            self.append(2, |quoting, room| quoting.delimiter(room));
        }
        self.cells += 1;
        // Every byte may be a quote, which is doubled, and quotes go around.
        self.append(2 * cell.len() + 2, |quoting, room| {
            let (done, _, written) = quoting.field(cell, room);
            (done, written)
        });
    }

    /// The whole row.
    fn end(&mut self) -> &[u8] {
        self.append(4, |quoting, room| quoting.terminator(room));
        &self.text
    }

    fn append(&mut self, most: usize, put: impl FnOnce(&mut csv_core::Writer, &mut [u8]) -> (WriteResult, usize)) {
        let at = self.text.len();
        self.text.resize(at + most, 0);
        let (_, written) = put(&mut self.quoting, &mut self.text[at..]);
        self.text.truncate(at + written);
    }
}

/// A field's column is its name, unless every record has a column of that name.
fn column(field: &str) -> String {
    let taken = field == FIELDS || COLUMNS.contains(&field);
    if taken { format!("field_{field}") } else { field.to_owned() }
}

/// A cell: text and numbers as they are, nothing for None and what could not be read, everything else as JSON.
fn plain(cell: &mut Vec<u8>, value: &Value) {
    match value {
        Value::None | Value::Error(_) => {}
        Value::Str(text) => cell.extend_from_slice(text.as_bytes()),
        Value::Int(n) => put(cell, &n.to_string()),
        Value::BigInt(negative, magnitude) => put(cell, &json::decimal(*negative, magnitude)),
        Value::Float(x) if !x.is_finite() => put(cell, &x.to_string().to_ascii_lowercase()),
        other => json::value(cell, other),
    }
}
