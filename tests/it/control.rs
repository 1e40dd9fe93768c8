//! Agent and operator meet over a real socket; each test plays both.

use std::fs::{File, Permissions};
use std::io::{Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use waspect::control::agent::{greet, rejoin};
use waspect::control::client::{Asked, Client, Failed, Joined, Meeting};
use waspect::frames::{self, FromAgent, Hello, Load, PROTOCOL, Parent, Refusal};

const PARENT: Parent = Parent { pid: 1, session: 3 };

#[test]
fn a_session_is_loaded_and_its_segment_handed_over() {
    let (dir, client) = listen();
    let mut talk = greet(client.path(), hello(None)).unwrap();
    assert_eq!(talk.load().unwrap(), load());
    talk.loaded(3, segment("abc").as_fd()).unwrap();
    let joined = expect_joined(next(&client));
    assert_eq!((joined.hello, joined.pid), (hello(None), std::process::id()));
    assert_eq!(contents(joined.session.unwrap().1.into()), "abc");
    assert_eq!(mode(dir.path()), 0o700);
}

#[test]
fn the_segment_is_shared_not_copied() {
    let (_dir, client) = listen();
    let mut agents = segment("abc");
    rejoin(client.path(), hello(Some(PARENT)), agents.as_fd()).unwrap();
    let joined = expect_joined(next(&client));
    assert_eq!(joined.hello.forked_from, Some(PARENT));
    agents.write_all(b"!").unwrap();
    assert_eq!(contents(joined.session.unwrap().1.into()), "abc!");
}

#[test]
fn a_refusal_waits_until_the_operator_has_acted() {
    let (_dir, client) = listen();
    let path = client.path().to_owned();
    let agent = std::thread::spawn(move || {
        let mut talk = greet(&path, hello(None)).unwrap();
        talk.load().unwrap();
        talk.refused(refusal()).unwrap();
        Instant::now()
    });
    let Meeting::Refused(refused) = next(&client) else { panic!("expected a refusal") };
    assert_eq!((&refused.refusal, refused.pid), (&refusal(), std::process::id()));
    std::thread::sleep(Duration::from_millis(50));
    assert!(!agent.is_finished());
    let acted = Instant::now();
    drop(refused);
    assert!(agent.join().unwrap() >= acted);
}

#[test]
fn another_version_is_refused() {
    let (_dir, client) = listen();
    let mut raw = UnixStream::connect(client.path()).unwrap();
    frames::write(&mut raw, &FromAgent::Hello(Hello { protocol: PROTOCOL + 1, ..hello(None) })).unwrap();
    assert_failed(next(&client), "both must be of one waspect version");
}

#[test]
fn what_is_not_a_greeting_fails_alone() {
    let (_dir, client) = listen();
    drop(UnixStream::connect(client.path()).unwrap());
    assert_failed(next(&client), "closed the connection");
    UnixStream::connect(client.path()).unwrap().write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_failed(next(&client), "frame of");
    let mut raw = UnixStream::connect(client.path()).unwrap();
    frames::write(&mut raw, &FromAgent::Hello(hello(Some(PARENT)))).unwrap();
    raw.write_all(&[0xFD]).unwrap();
    assert_failed(next(&client), "with 0 descriptors");
    rejoin(client.path(), hello(Some(PARENT)), segment("").as_fd()).unwrap();
    expect_joined(next(&client));
}

#[test]
fn a_slow_greeting_holds_up_no_other() {
    let (_dir, client) = listen();
    let slow = UnixStream::connect(client.path()).unwrap();
    rejoin(client.path(), hello(Some(PARENT)), segment("").as_fd()).unwrap();
    expect_joined(next(&client));
    drop(slow);
}

/// Its own time limit is longer than anybody waits at an end.
#[test]
fn a_greeting_that_says_nothing_does_not_hold_up_the_end() {
    let (_dir, client) = listen();
    let silent = UnixStream::connect(client.path()).unwrap();
    let began = std::time::Instant::now();
    assert_eq!(client.finish().len(), 1);
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    drop(silent);
}

/// A child may fire for the first time just before the program ends.
#[test]
fn greetings_in_the_queue_are_heard_at_the_end() {
    let (_dir, client) = listen();
    let path = client.path().to_owned();
    let children: Vec<_> = (0..20)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || rejoin(&path, hello(Some(PARENT)), segment("x").as_fd()))
        })
        .collect();
    let taken = children.into_iter().map(|c| c.join().unwrap()).filter(Result::is_ok).count();
    assert_eq!(client.finish().len(), taken);
    assert!(greet(&path, hello(None)).is_err());
}

#[test]
fn a_directory_others_may_enter_is_refused() {
    let dir = TempDir::new().unwrap();
    std::fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    let error = Client::listen(dir.path(), Asked::Once(load())).err().unwrap().to_string();
    assert!(error.contains("mode 755, expected 700"), "{error}");
}

fn listen() -> (TempDir, Client) {
    let dir = tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir().unwrap();
    let client = Client::listen(dir.path(), Asked::Once(load())).unwrap();
    (dir, client)
}

fn load() -> Load {
    Load {
        modules: vec![],
        policy: waspect::policy::Policy::default(),
        ring_bytes: 8 << 20,
        events_per_second: 50_000,
        ledger_bytes: 1 << 20,
        compiler: None,
    }
}

fn hello(forked_from: Option<Parent>) -> Hello {
    Hello { protocol: PROTOCOL, pid: std::process::id(), python: "3.12.1".into(), forked_from }
}

fn refusal() -> Refusal {
    Refusal { stage: "attach".into(), message: "no".into(), hint: None }
}

fn segment(text: &str) -> File {
    let fd = nix::sys::memfd::memfd_create(c"test", nix::sys::memfd::MFdFlags::MFD_CLOEXEC).unwrap();
    let mut file = File::from(fd);
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn contents(mut file: File) -> String {
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn next(client: &Client) -> Meeting {
    let late = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(meeting) = client.meetings().next() {
            return meeting;
        }
        assert!(Instant::now() < late, "nobody came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn expect_joined(meeting: Meeting) -> Joined {
    match meeting {
        Meeting::Joined(joined) => joined,
        other => panic!("expected a joined process, found {other:?}"),
    }
}

fn assert_failed(meeting: Meeting, why: &str) {
    let Meeting::Failed(Failed { error, .. }) = meeting else { panic!("expected a failure, found {meeting:?}") };
    assert!(error.to_string().contains(why), "{error}");
}
