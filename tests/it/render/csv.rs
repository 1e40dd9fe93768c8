//! Rows of records, read back by the rules of comma-separated values.
//!
//! In: reports with fields that differ. Out: rows as a reader has them. Never here: the crate that wrote them.

use serde_json::Value as Json;
use waspect::render::{Csv, Jsonl, Renderer};
use waspect::report::Report;
use waspect::value::Value;

use super::reports::{a_record, a_session, every_value, record, text};

#[test]
fn rows() {
    let mut other = a_record(&[("x", Value::Int(7)), ("thread", text("a,\"b\"\nc")), ("later", Value::None)]);
    (other.task, other.thread) = (Some("Task, 7".into()), None);
    let all = [record(&[("x", Value::Float(2.5)), ("s", text("plain"))]), Report::Record(other), record(&[])];
    let rows = written(&["x", "s", "thread", "x"], &all);
    let head = "ts_ns mono_ns pid tid thread task request module probe fn point x s field_thread fields";
    assert_eq!(rows[0].join(" "), head);
    let tail = |row: &[String]| row[11..].to_vec();
    assert_eq!(tail(&rows[1]), ["2.5", "plain", "", r#"{"x":2.5,"s":"plain"}"#]);
    assert_eq!(tail(&rows[2]), ["7", "", "a,\"b\"\nc", r#"{"x":7,"thread":"a,\"b\"\nc","later":null}"#]);
    assert_eq!(tail(&rows[3]), ["", "", "", "{}"]);
    assert_eq!(rows[2][4..6], ["", "Task, 7"]);
    assert_eq!(rows[1][..4], ["1774000123456789012", "88123456789", "4242", "4243"]);
}

/// Whatever a field holds, the last column has it as JSON lines do.
#[test]
fn nothing_is_lost() {
    let all: Vec<Report> = every_value().into_iter().map(|field| record(&[field])).collect();
    let names: Vec<&str> = every_value().into_iter().map(|(name, _)| name).collect();
    let mut lines = Vec::new();
    let mut jsonl = Jsonl::new(&mut lines);
    all.iter().for_each(|r| jsonl.report(r).unwrap());
    let lines: Vec<Json> =
        String::from_utf8(lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let rows = written(&names, &all);
    assert_eq!(rows.len(), all.len() + 1);
    for (row, line) in rows[1..].iter().zip(&lines) {
        assert_eq!(row.len(), rows[0].len());
        assert_eq!(serde_json::from_str::<Json>(&row[row.len() - 1]).unwrap(), line["fields"]);
    }
    let cell = |name: &str| {
        let column = rows[0].iter().position(|head| head == name).unwrap();
        rows[1..].iter().map(|row| row[column].clone()).find(|cell| !cell.is_empty()).unwrap_or_default()
    };
    let plain = ["none", "absent", "int", "big", "nan", "infinite", "yes", "list"].map(cell);
    assert_eq!(plain, ["", "", "-7", "-18446744073709551616", "nan", "-inf", "true", r#"[1,"two"]"#]);
}

/// What is no record has no row; without any there is the head.
#[test]
fn only_records() {
    assert_eq!(written(&[], &a_session()).len(), 3);
    assert_eq!(written(&["x"], &[])[0].len(), 13);
}

fn written(fields: &[&str], all: &[Report]) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    let mut csv = Csv::new(&mut out, fields.iter().map(|name| (*name).to_owned()));
    all.iter().for_each(|r| csv.report(r).unwrap());
    csv.finish().unwrap();
    drop(csv);
    read(&String::from_utf8(out).unwrap())
}

/// RFC 4180: cells in quotes where they must be, quotes doubled in them.
fn read(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(cell.is_empty() && row.is_empty() && !quoted, "the last row has no end");
    rows
}
