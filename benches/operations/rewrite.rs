//! The rewriter over real functions: images taken from CPython 3.12's standard library.

use std::num::ParseIntError;

use criterion::{Criterion, Throughput};
use waspect::bytecode::{Image, Shape, Version, rewrite};

/// One function a line: flags, parameters, stack, first line, constants; code, line table, exception table in hex.
const IMAGES: &str = include_str!("images-3.12.txt");
const MAGIC: u16 = 3531;

struct Owned {
    numbers: [u32; 5],
    tables: [Vec<u8>; 3],
}

pub(crate) fn all(criterion: &mut Criterion) {
    let images: Vec<Owned> = IMAGES.lines().filter(|line| !line.starts_with('#')).map(parse).collect();
    let version = Version::find(3, 12, MAGIC).expect("a known version");
    let mut group = criterion.benchmark_group("rewrite");
    group.throughput(Throughput::Elements(images.len() as u64));
    for (name, shape, want) in [("entry", Shape::Entry, &[][..]), ("token", Shape::Token, &[])] {
        let one = |owned: &Owned| rewrite(version, &owned.image(), shape, want).expect("rewrites");
        group.bench_function(name, |b| b.iter(|| images.iter().map(one).map(|made| made.code.len()).sum::<usize>()));
    }
    group.finish();
}

fn parse(line: &str) -> Owned {
    let words: Vec<&str> = line.split(' ').collect();
    let number = |i: usize| words[i].parse().expect("a number");
    let table = |i: usize| hex(words[i]).expect("hex");
    Owned { numbers: std::array::from_fn(number), tables: [table(5), table(6), table(7)] }
}

/// `-` is nothing.
fn hex(text: &str) -> Result<Vec<u8>, ParseIntError> {
    let text = text.trim_start_matches('-');
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16)).collect()
}

impl Owned {
    fn image(&self) -> Image<'_> {
        let [flags, parameters, stack_size, first_line, const_count] = self.numbers;
        let [code, line_table, exception_table] = &self.tables;
        let first_line = i32::try_from(first_line).expect("a line");
        Image { code, line_table, exception_table, stack_size, first_line, flags, parameters, const_count }
    }
}
