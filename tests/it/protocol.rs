//! `docs/PROTOCOL.md` against the frames: its examples are their bytes, its number theirs.

use waspect::frames::{
    self, Found, FromAgent, Hello, Invitation, PROTOCOL, Parent, Refusal, Seen, ToAgent, decode, encode,
};

const DOCUMENT: &str = include_str!("../../docs/PROTOCOL.md");

/// A frame as the document writes it, and its bytes as that says.
fn check<T>(shown: &str, frame: &T)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let row = DOCUMENT.lines().find(|line| line.starts_with(&format!("| `{shown}` |")));
    let row = row.unwrap_or_else(|| panic!("`{shown}` is not among the examples"));
    let hex = row.split('`').nth(3).unwrap();
    let bytes: Vec<u8> = hex.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    assert_eq!(encode(frame).unwrap(), bytes, "{shown}");
    assert_eq!(&decode::<T>(&bytes).unwrap(), frame, "{shown}");
}

#[test]
fn examples_are_what_is_sent() {
    let parent = Parent { pid: 4242, session: 3 };
    let hello = |pid, forked_from| FromAgent::Hello(Hello { protocol: 7, pid, python: "3.12.1".into(), forked_from });
    let text = |text: &str| text.to_owned();
    check(
        r#"Invitation { protocol: 7, socket: "/tmp/x/meet" }"#,
        &Invitation { protocol: 7, socket: "/tmp/x/meet".into() },
    );
    check(r#"Hello { protocol: 7, pid: 4242, python: "3.12.1", forked_from: None }"#, &hello(4242, None));
    check(
        r#"Hello { protocol: 7, pid: 4243, python: "3.12.1", forked_from: Some { pid: 4242, session: 3 } }"#,
        &hello(4243, Some(parent)),
    );
    check("Loaded { session: 3 }", &FromAgent::Loaded { session: 3 });
    let refusal = Refusal { stage: text("engine"), message: text("no"), hint: None };
    check(r#"Refused { stage: "engine", message: "no", hint: None }"#, &FromAgent::Refused(refusal));
    check("Unloaded", &FromAgent::Unloaded);
    let found = Found { names: vec![text("shop.add")], more: 2 };
    check(r#"Found { names: ["shop.add"], more: 2 }"#, &FromAgent::Found(found));
    let seen = Seen { session: 3, modules: vec![text("a.wat")], functions: 2 };
    check(r#"Sessions [{ session: 3, modules: ["a.wat"], functions: 2 }]"#, &FromAgent::Sessions(vec![seen]));
    check("Unload { session: 3 }", &ToAgent::Unload { session: 3 });
    check(r#"Find { text: "add", most: 20 }"#, &ToAgent::Find { text: text("add"), most: 20 });
    check("List", &ToAgent::List);
    check("DetachAll", &ToAgent::DetachAll);
}

#[test]
fn the_number_is_the_documents() {
    assert!(DOCUMENT.contains(&format!("`protocol` is {PROTOCOL}.")));
}

#[test]
fn a_body_is_filled_exactly() {
    assert!(matches!(decode::<ToAgent>(&[3, 0]), Err(frames::FrameError::Rest(1))));
    assert!(matches!(decode::<ToAgent>(&[9]), Err(frames::FrameError::Malformed(_))));
}
