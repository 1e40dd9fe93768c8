//! The search for the module that keeps the compiler busy longest under the caps: what is slow is changed a little, and
//! what became slower is kept.
//!
//! In: `WASPECT_SLOWEST_SECONDS`, how long is searched; `WASPECT_SLOWEST_OUT`, a file for the worst. Out: how long it takes,
//! which is what the child may take. Never here: a module that a cap refuses.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use waspect::limits::{COMPILE_CPU_SECONDS_MAX, FUNCTION_BODY_BYTES_MAX};
use waspect::module::{ProbeModule, parse};

use super::compiling;

/// What a body is made of. `A`, `B` and `C` are locals of 64 bits, `P` is one of 32.
const PIECES: &[&str] = &[
    "local.get A local.get B i64.add local.set C",
    "local.get A local.get B i64.mul local.get C i64.xor local.set A",
    "local.get A i64.const 7 i64.rem_s local.set B",
    "local.get A local.get B i64.div_u local.set C",
    "local.get A i64.const 3 i64.rotl i64.popcnt local.set C",
    "local.get P i64.load local.set A",
    "local.get P i64.load offset=70000 local.set B",
    "local.get P local.get A i64.store offset=8",
    "local.get P i32.load8_s local.set P",
    "local.get P local.get P local.get P memory.copy",
    "local.get P local.get P local.get P memory.fill",
    "local.get P memory.grow local.set P",
    "local.get A f64.convert_i64_s f64.sqrt i64.trunc_sat_f64_u local.set B",
    "local.get A f64.reinterpret_i64 f64.nearest f64.const 1.5 f64.copysign i64.reinterpret_f64 local.set C",
    "local.get A local.get B local.get P select local.set C",
    "global.get 0 local.get A i64.add global.set 0",
    "local.get P if local.get A local.set B else local.get C local.set A end",
    "local.get P if local.get B local.set C end",
    "block local.get P br_if 0 local.get A local.set C end",
    "block block block block local.get P br_table 0 1 2 3 0 1 2 3 end local.get A local.set B end end end",
    "local.get A call $f local.set B",
    "local.get A local.get P call_indirect (type $t) local.set C",
    "local.get A local.get B local.get C call $wide local.set C local.set B local.set A",
    "local.get A i64.eqz br_if 0",
    "loop local.get A i64.const 1 i64.sub local.tee A i64.eqz br_if 0 end",
    "local.get A local.tee B local.tee C drop",
];

/// One candidate: what is repeated, between so many loops, over so many locals.
#[derive(Clone, Debug)]
struct Genes {
    pieces: Vec<(usize, u64)>,
    locals: u64,
    loops: u64,
    depth: u64,
    functions: u64,
}

/// Numbers in an order that each run has.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn piece(&mut self) -> (usize, u64) {
        (self.below(PIECES.len() as u64) as usize, self.below(1 << 30))
    }

    fn genes(&mut self) -> Genes {
        let pieces = (0..=self.below(12)).map(|_| self.piece()).collect();
        Genes {
            pieces,
            locals: 4 + self.below(252),
            loops: self.below(9),
            depth: self.below(60),
            functions: 1 + self.below(8),
        }
    }

    fn changed(&mut self, from: &Genes) -> Genes {
        let mut to = from.clone();
        match self.below(8) {
            0 => to.locals = 4 + self.below(252),
            1 => to.loops = self.below(9),
            2 => to.depth = self.below(500),
            3 => to.functions = 1 + self.below(12),
            4 if to.pieces.len() > 1 => drop(to.pieces.remove(self.below(to.pieces.len() as u64) as usize)),
            5 | 6 => to.pieces.push(self.piece()),
            _ => {
                let at = self.below(to.pieces.len() as u64) as usize;
                to.pieces[at] = self.piece();
            }
        }
        to
    }
}

/// The module with `rounds` of the pieces in each body.
fn module(genes: &Genes, rounds: u64) -> Vec<u8> {
    let mut body = String::new();
    body.push_str(&"block ".repeat(genes.depth as usize));
    body.push_str(&"loop ".repeat(genes.loops as usize));
    for round in 0..rounds {
        for (piece, seed) in &genes.pieces {
            let local = |n: u64| (1 + (seed + round * (n * 2 + 1)) % (genes.locals - 1)).to_string();
            let text = PIECES[*piece].replace('A', &local(0)).replace('B', &local(1)).replace('C', &local(2));
            body.push_str(&text.replace('P', "0"));
            body.push(' ');
        }
    }
    body.push_str(&"local.get 0 br_if 0 end ".repeat(genes.loops as usize));
    body.push_str(&"end ".repeat(genes.depth as usize));
    let locals = "i64 ".repeat(genes.locals as usize - 1);
    let one = format!("(local i32 {locals}) block {body} end");
    let others = format!("(func {one})").repeat(genes.functions as usize - 1);
    let text = format!(
        r#"(module (type $t (func (param i64) (result i64)))
          (func (export "fn:a.b:entry") {one}) {others}
          (func $f (type $t) local.get 0)
          (func $wide (param i64 i64 i64) (result i64 i64 i64) local.get 0 local.get 1 local.get 2)
          (memory 1) (global (mut i64) (i64.const 0)) (table 16 funcref) (elem (i32.const 0) func $f))"#
    );
    wat::parse_str(text).expect("text")
}

/// As large as the caps take it: the rounds are halved until they do.
fn largest(genes: &Genes) -> Option<ProbeModule> {
    let mut rounds = FUNCTION_BODY_BYTES_MAX / (8 * genes.pieces.len() as u64);
    while rounds > 0 {
        let bytes = module(genes, rounds);
        if let Ok(module) = parse("slow.wasm", &bytes, &[]) {
            return Some(module);
        }
        rounds = rounds * 3 / 4;
    }
    None
}

#[test]
fn the_slowest_module_under_the_caps_compiles_in_its_time() {
    let wanted = std::env::var("WASPECT_SLOWEST_SECONDS").ok().and_then(|text| text.parse().ok());
    let end = Instant::now() + Duration::from_secs(wanted.unwrap_or(3));
    let mut chance =
        Chance((wanted.map_or(1, |_| u64::from(std::process::id())).wrapping_mul(0x9E37_79B9_7F4A_7C15)) | 1);
    let (mut best, mut worst, mut bytes) = (chance.genes(), Duration::ZERO, Vec::new());
    let mut tries = 0;
    while Instant::now() < end || worst.is_zero() {
        let genes = if tries < 8 || chance.below(10) == 0 { chance.genes() } else { chance.changed(&best) };
        tries += 1;
        let Some(made) = largest(&genes) else { continue };
        let took = compiling("a candidate", &made);
        if took > worst {
            (best, worst, bytes) = (genes, took, made.bytes().to_vec());
        }
    }
    if let Some(file) = std::env::var_os("WASPECT_SLOWEST_OUT") {
        std::fs::write(file, &bytes).expect("written");
    }
    let said = format!("{worst:?} of processor for {} bytes, the slowest of {tries}: {best:?}", bytes.len());
    assert!(worst < Duration::from_secs(COMPILE_CPU_SECONDS_MAX), "{said}");
    // Seen with `--nocapture`, which `make fuzz` has.
    if wanted.is_some() {
        writeln!(io::stderr(), "{said}").expect("written");
    }
}
