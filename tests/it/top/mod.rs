//! The dashboard: what it is told and which keys are pressed, against the screen and the wishes that come of it.
//!
//! Each case is a story that ends with a screen: `tests/top/NAME.txt` has what was wished for on the way, then the grid.
//! `WASPECT_BLESS=1 cargo test --release top` writes the files anew. A grid of 80 by 24 unless said.

mod invented;

use std::path::{Path, PathBuf};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use waspect::cli::top::draw::draw;
use waspect::cli::top::fleet::Refused;
use waspect::cli::top::keys::{Key, press};
use waspect::cli::top::model::{Model, News};
use waspect::cli::top::{line, program};
use waspect::render::live::Look;

use invented::{found, instrumented, nothing_found, records, shop, watched};

/// What happens to a model, in order.
enum Step {
    /// Pressed one after the other; `<Enter>`, `<Esc>`, … are keys with names.
    Keys(&'static str),
    News(News),
}
use Step::{Keys, News as Told};

const PLAIN: Look = Look { styled: false, ascii: false };

struct Case {
    name: &'static str,
    size: (u16, u16),
    look: Look,
    steps: Vec<Step>,
}

fn case(name: &'static str, steps: Vec<Step>) -> Case {
    Case { name, size: (80, 24), look: PLAIN, steps }
}

fn cases() -> Vec<Case> {
    let mut all = stories();
    all.extend(sizes());
    all
}

fn shops() -> [Step; 3] {
    [Told(shop(1)), Told(shop(2)), Told(shop(3))]
}

fn after(more: Vec<Step>) -> Vec<Step> {
    shops().into_iter().chain(more).collect()
}

/// What happens, on a screen of the usual size.
fn stories() -> Vec<Case> {
    let waiting = Refused { why: "`shop.cart` is loaded and has no `ad`; did you mean `add`?".into(), may_come: true };
    let refused = |name: &str| Told(News::Instrumented { name: name.into(), result: Err(waiting.clone()) });
    vec![
        case("nothing_yet", vec![]),
        case("one_moment", vec![Told(shop(1))]),
        case("rates", after(vec![])),
        case("sorted_by_name", after(vec![Keys("ssssss")])),
        case("sorted_by_p99_from_below", after(vec![Keys("ssr")])),
        case("selected_reason", after(vec![Keys("<Down><Down><Down>")])),
        case("filtered", after(vec![Keys("/CART<Enter>")])),
        case("filter_typed", after(vec![Keys("/nothing")])),
        case("filter_given_up", after(vec![Keys("/nothing<Esc>")])),
        case("help", after(vec![Keys("?")])),
        case("help_left", after(vec![Keys("?x")])),
        case("add_empty", after(vec![Keys("i")])),
        case("add_found", after(vec![Keys("icart"), Told(found("cart")), Keys("<Down>")])),
        case("add_late_answer", after(vec![Keys("icart"), Told(found("car"))])),
        case("add_nothing_found", after(vec![Keys("ishop.cart.ad"), Told(nothing_found("shop.cart.ad"))])),
        case("add_completed", after(vec![Keys("icart"), Told(found("cart")), Keys("<Tab>")])),
        case("add_loading", after(vec![Keys("icart"), Told(found("cart")), Keys("<Enter>")])),
        case(
            "add_done",
            after(vec![Keys("icart"), Told(found("cart")), Keys("<Enter>"), Told(instrumented("shop.cart.add"))]),
        ),
        case(
            "add_left_meanwhile",
            after(vec![Keys("icart"), Told(found("cart")), Keys("<Enter><Esc>"), Told(instrumented("shop.cart.add"))]),
        ),
        case("add_refused", after(vec![Keys("ishop.cart.ad<Enter>"), refused("shop.cart.ad")])),
        case(
            "add_waits_all_the_same",
            after(vec![Keys("ishop.cart.ad<Enter>"), refused("shop.cart.ad"), Keys("<Enter>")]),
        ),
        case("add_one_part", after(vec![Keys("iadd<Enter>")])),
        case("add_bad_format", after(vec![Keys("ishop..add<Enter>")])),
        case("add_spaces", after(vec![Keys("ishop.cart add<Enter>")])),
        case("add_already", after(vec![Keys("ishop.cart:Cart.add<Enter>")])),
        case("add_pattern", after(vec![Keys("ishop.*.add"), Told(found("shop.*.add")), Keys("<Enter>")])),
        case("removed", after(vec![Keys("d")])),
        case(
            "removed_done",
            after(vec![Keys("d"), Told(News::Removed { session: "shop.cart.Cart.add".into(), result: Ok(()) })]),
        ),
        case(
            "remove_fails",
            after(vec![Told(News::Removed { session: "x".into(), result: Err("process 7 does not answer".into()) })]),
        ),
        case("details", after(vec![Keys("<Enter>"), Told(watched()), Told(records())])),
        case("details_of_the_next", after(vec![Keys("<Enter><Down>")])),
        case("details_left", after(vec![Keys("<Enter><Esc>")])),
        case("details_never_called", after(vec![Keys("<Down><Down><Down><Enter>")])),
        case("over", after(vec![Told(invented::over())])),
        case("quit", after(vec![Keys("q")])),
        case("interrupted_while_typing", after(vec![Keys("iq<Interrupt>")])),
    ]
}

/// On larger and smaller screens, and in other characters.
fn sizes() -> Vec<Case> {
    vec![
        Case {
            name: "many_rows",
            size: (80, 12),
            look: PLAIN,
            steps: vec![Told(invented::many(40)), Keys("<PageDown>")],
        },
        Case { name: "wide", size: (120, 16), look: PLAIN, steps: after(vec![]) },
        Case {
            name: "wide_details",
            size: (120, 40),
            look: PLAIN,
            steps: after(vec![Keys("<Enter>"), Told(records())]),
        },
        Case { name: "narrow", size: (70, 10), look: PLAIN, steps: after(vec![]) },
        Case { name: "too_small", size: (40, 8), look: PLAIN, steps: after(vec![]) },
        Case { name: "far_too_small", size: (7, 3), look: PLAIN, steps: after(vec![]) },
        Case { name: "ascii", size: (120, 16), look: Look { styled: false, ascii: true }, steps: after(vec![]) },
        Case { name: "hostile_names", size: (80, 12), look: PLAIN, steps: vec![Told(invented::hostile())] },
    ]
}

#[test]
fn stories_end_with_their_screens() {
    for case in cases() {
        let (model, wishes) = told(case.steps);
        let grid = drawn(&model, case.look, case.size);
        let found = format!("{wishes}{grid}");
        check(case.name, &found);
    }
}

#[test]
fn json_has_what_the_screen_has() {
    let (model, _) = told(vec![Told(shop(1)), Told(shop(2)), Told(shop(3))]);
    check("json", &format!("{:#}\n", line(&model, 1_774_000_123_456_789_012)));
}

/// Without colours nothing is coloured; with them nothing else is written.
#[test]
fn colour_says_nothing_of_its_own() {
    for case in cases() {
        let (model, _) = told(case.steps);
        let plain = drawn(&model, Look { styled: false, ascii: case.look.ascii }, case.size);
        let styled = drawn(&model, Look { styled: true, ascii: case.look.ascii }, case.size);
        assert_eq!(plain, styled, "{}", case.name);
        assert!(!is_coloured(&model, PLAIN, case.size), "{}", case.name);
    }
    let (model, _) = told(vec![Told(shop(1))]);
    assert!(is_coloured(&model, Look { styled: true, ascii: false }, (80, 24)));
}

/// No size makes it fail, and what is drawn in ASCII is.
#[test]
fn every_size_can_be_drawn() {
    for case in cases().into_iter().step_by(4) {
        let (model, _) = told(case.steps);
        for (columns, rows) in (1..140).step_by(7).flat_map(|c| (1..50).step_by(5).map(move |r| (c, r))) {
            let grid = drawn(&model, Look { styled: true, ascii: true }, (columns, rows));
            assert!(grid.is_ascii(), "{}: {grid}", case.name);
        }
    }
}

#[test]
fn every_key_can_be_pressed_everywhere() {
    let keys = [Key::Enter, Key::Esc, Key::Backspace, Key::Clear, Key::Up, Key::Down, Key::Left, Key::Right];
    let more = [Key::PageUp, Key::PageDown, Key::Home, Key::End, Key::Tab, Key::Interrupt];
    let letters = ('!'..='~').map(Key::Char);
    let all: Vec<Key> = keys.into_iter().chain(more).chain(letters).collect();
    for case in cases() {
        let (model, _) = told(case.steps);
        // Two after each other, each with many others over all cases.
        for (first, second) in all.iter().zip(all.iter().cycle().skip(case.name.len())) {
            let mut model = model.clone();
            press(&mut model, *first);
            press(&mut model, *second);
            drawn(&model, PLAIN, (80, 24));
        }
    }
}

/// Programs made for names compile, whatever the name.
#[test]
fn programs_compile() {
    use waspect::cli::top::fleet::Slow;
    for name in ["shop.cart.add", "shop.*.add", "**.add", "shop.café.Générer"] {
        let slow = |min_ns| program::recording(&Slow { function: name.into(), min_ns });
        for text in [program::counting(name), slow(0), slow(123_456)] {
            let compiled = waspect::lang::compile(&text);
            assert!(compiled.wasm.is_some(), "{text}: {:?}", compiled.diagnostics);
        }
    }
}

/// The picture in the README is one of these.
#[test]
fn the_readme_shows_what_is_drawn() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let (_, picture) = readme.split_once("waspect top :8000\n```\n\n```text\n").unwrap();
    let screen = std::fs::read_to_string(root.join("tests/top/rates.txt")).unwrap();
    for line in picture.split("```").next().unwrap().lines() {
        assert!(screen.lines().any(|drawn| drawn.trim_matches('|').trim_end() == line), "{line:?} is not drawn");
    }
}

fn told(steps: Vec<Step>) -> (Model, String) {
    let mut model = Model::new("4242: python shop.py");
    let mut wishes = String::new();
    for step in steps {
        match step {
            Told(news) => model.hear(news),
            Keys(text) => {
                for wish in keys(text).into_iter().filter_map(|key| press(&mut model, key)) {
                    wishes += &format!("{wish:?}\n");
                }
            }
        }
    }
    (model, wishes)
}

fn keys(text: &str) -> Vec<Key> {
    let named = [
        ("<Enter>", Key::Enter),
        ("<Esc>", Key::Esc),
        ("<Down>", Key::Down),
        ("<PageDown>", Key::PageDown),
        ("<End>", Key::End),
        ("<Tab>", Key::Tab),
        ("<Interrupt>", Key::Interrupt),
    ];
    let mut rest = text;
    let mut keys = Vec::new();
    while let Some(first) = rest.chars().next() {
        let name = named.iter().find(|(name, _)| rest.starts_with(name));
        let (key, length) = name.map_or((Key::Char(first), first.len_utf8()), |(name, key)| (*key, name.len()));
        keys.push(key);
        rest = &rest[length..];
    }
    keys
}

fn terminal(model: &Model, look: Look, (columns, rows): (u16, u16)) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(model, look, frame.buffer_mut())).unwrap();
    terminal
}

/// The grid's lines between bars, so that its edge is seen.
fn drawn(model: &Model, look: Look, size: (u16, u16)) -> String {
    let terminal = terminal(model, look, size);
    let grid = terminal.backend().buffer();
    let cells: Vec<&str> = grid.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    cells.chunks(usize::from(size.0)).map(|line| format!("|{}|\n", line.concat())).collect()
}

fn is_coloured(model: &Model, look: Look, size: (u16, u16)) -> bool {
    let terminal = terminal(model, look, size);
    terminal.backend().buffer().content().iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
}

fn check(name: &str, found: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/top/{name}.txt"));
    if std::env::var_os("WASPECT_BLESS").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(wanted, found, "{} differs; WASPECT_BLESS=1 writes it anew", path.display());
}
