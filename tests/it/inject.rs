//! Entering processes: the rules as data, symbols out of this process's own memory, refusals of processes that cannot be
//! entered. Those that can are entered by the tests in Python.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::{Child, Command};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use waspect::inject::access::{self, Status};
use waspect::inject::elf::{self, Bytes, Image};
use waspect::inject::maps::{Maps, Place, is_glibc, is_musl};
use waspect::inject::safe::{self, Moment};
use waspect::inject::{InjectError, Rule, look, shim};

/// `call N result N second N spent N`, a place, `loop`, `handler`, `narrow`: what a thread was doing.
fn moment(text: &str) -> Moment {
    let mut moment = Moment {
        call: -1,
        result: 0,
        second: 0,
        place: Place::Unknown,
        in_loop: false,
        in_handler: false,
        has_room: true,
        spent: 0,
    };
    let mut words = text.split(' ');
    while let Some(word) = words.next() {
        let mut number = || words.next().unwrap().parse::<i64>().unwrap();
        match word {
            "call" => moment.call = number(),
            "result" => moment.result = number(),
            "second" => moment.second = number().cast_unsigned(),
            "spent" => moment.spent = u32::try_from(number()).unwrap(),
            "python" => moment.place = Place::Python,
            "locking" => moment.place = Place::Locking,
            "other" => moment.place = Place::Other,
            "unknown" => moment.place = Place::Unknown,
            "loop" => moment.in_loop = true,
            "handler" => moment.in_handler = true,
            "narrow" => moment.has_room = false,
            other => panic!("no word `{other}`"),
        }
    }
    moment
}

fn check(text: &str, expected: &str) {
    let found = safe::check(&moment(text)).map_or_else(|why| why.to_string(), |()| "safe".into());
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_thread_is_borrowed_only_where_it_holds_no_lock() {
    for (text, expected) in [
        // Waits that a signal may interrupt, whatever they are begun again by.
        ("locking call 230 result -516", "safe"),
        ("locking call 232 result -512", "safe"),
        ("locking call 7 result -516 spent 0", "safe"),
        ("locking call 61 result -512", "safe"),
        ("locking call 270 result -514", "safe"),
        ("locking call 219 result -516", "safe"),
        ("locking call 281 result -513", "safe"),
        // The call is over: its code is that of the C library.
        ("locking call 7 result 0", "it is in the C library or an allocator"),
        ("locking call 7 result -4 spent 100", "it is in the C library or an allocator"),
        // A futex: a condition or a semaphore waits by a bit set, with or without the flags for private and clock.
        ("locking call 202 result -512 second 9", "safe"),
        ("locking call 202 result -512 second 393", "safe"),
        ("locking call 202 result -516 second 137", "safe"),
        ("locking call 202 result -512 second 0", "it waits for a lock of the C library"),
        ("locking call 202 result -512 second 128 spent 100", "it waits for a lock of the C library"),
        ("locking call 202 result -512 second 6", "it waits for a lock of the C library"),
        // Calls that do not wait.
        ("locking call 9 result -512", "it is in system call 9"),
        ("locking call 12 result -513 spent 100", "it is in system call 12"),
        // The interpreter's loop, then more and more.
        ("python loop", "safe"),
        ("python", "it is in code that may hold a lock"),
        ("python spent 9", "it is in code that may hold a lock"),
        ("python spent 10", "safe"),
        ("other spent 24", "it is in code that may hold a lock"),
        ("other spent 25", "safe"),
        ("locking spent 100", "it is in the C library or an allocator"),
        ("unknown spent 100", "it is in code that may hold a lock"),
        // Whatever else is right.
        ("python loop handler", "it is in a signal handler"),
        ("locking call 232 result -512 handler spent 100", "it is in a signal handler"),
        ("python loop narrow", "it has too little stack left"),
        // A result that looks like one of the kernel's codes, outside of any call.
        ("locking call -1 result -512", "it is in the C library or an allocator"),
    ] {
        check(text, expected);
    }
}

const MAPS: &str = "\
00400000-00420000 r--p 00000000 fe:00 11                         /usr/bin/python3.11
00420000-006d0000 r-xp 00020000 fe:00 11                         /usr/bin/python3.11
7f0000000000-7f0000021000 rw-p 00000000 00:00 0
7f1000000000-7f1000026000 r--p 00000000 fe:00 12                 /usr/lib/libc.so.6 (deleted)
7f1000026000-7f100017b000 r-xp 00026000 fe:00 12                 /usr/lib/libc.so.6 (deleted)
7f2000000000-7f2000010000 r-xp 00000000 fe:00 13                 /opt/with space/libjemalloc.so.2
7f3000000000-7f3000010000 r-xp 00000000 fe:00 14                 /opt/_speedups.so
7f4000000000-7f4000010000 rwxp 00000000 00:00 0
nonsense
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                  [stack]
7ffd00100000-7ffd00102000 r-xp 00000000 00:00 0                  [vdso]
";

#[test]
fn addresses_are_in_the_code_they_are_in() {
    let maps = Maps::parse(MAPS);
    for (address, place) in [
        (0x42_0000, Place::Python),
        (0x6C_FFFF, Place::Python),
        (0x6D_0000, Place::Unknown),
        (0x40_0000, Place::Unknown),
        (0x7F00_0000_0000, Place::Unknown),
        (0x7F10_0002_6000, Place::Locking),
        (0x7F20_0000_0000, Place::Locking),
        (0x7F30_0000_0000, Place::Other),
        (0x7F40_0000_0000, Place::Other),
        (0x7FFD_0010_0000, Place::Locking),
    ] {
        assert_eq!(maps.place(address, "/usr/bin/python3.11"), place, "{address:#x}");
    }
    assert_eq!(maps.image(is_glibc).unwrap().path, "/usr/lib/libc.so.6");
    assert_eq!(maps.at(0x7F20_0000_0000).unwrap().path, "/opt/with space/libjemalloc.so.2");
    assert_eq!(maps.code("/usr/lib/libc.so.6").next(), Some(0x7F10_0002_6000..0x7F10_0017_B000));
    assert!(maps.image(is_musl).is_none() && Maps::parse("").is_empty());
}

/// This process's memory.
struct Own(File);

impl Bytes for Own {
    fn read(&self, address: u64, into: &mut [u8]) -> Option<()> {
        self.0.read_exact_at(into, address).ok()
    }
}

/// A file's bytes at the addresses they would be loaded to, from a base on.
struct Flat(u64, Vec<u8>);

impl Bytes for Flat {
    fn read(&self, address: u64, into: &mut [u8]) -> Option<()> {
        let at = usize::try_from(address.checked_sub(self.0)?).ok()?;
        into.copy_from_slice(self.1.get(at..at + into.len())?);
        Some(())
    }
}

#[test]
fn symbols_are_where_the_linker_put_them() {
    let memory = Own(File::open("/proc/self/mem").unwrap());
    let maps = Maps::parse(&std::fs::read_to_string("/proc/self/maps").unwrap());
    let libc = Image::open(&memory, maps.image(is_glibc).unwrap().range.start).unwrap();
    let known = [("getpid", libc::getpid as *const () as u64), ("strtoll", libc::strtoll as *const () as u64)];
    for (name, address) in known {
        assert_eq!(libc.symbol(&memory, name).map(|s| s.address), Some(address), "{name}");
    }
    for name in ["", "getpi", "getpidx", "Py_Version"] {
        assert_eq!(libc.symbol(&memory, name), None, "{name}");
    }
}

#[test]
fn what_is_no_image_has_no_symbols() {
    let base = 0x10_0000;
    for bytes in [b"".to_vec(), vec![0; 4096], b"\x7FELF\x01".repeat(100), b"\x7FELF\x02".repeat(100)] {
        assert!(Image::open(&Flat(base, bytes.clone()), base).is_none(), "{:?}", &bytes[..bytes.len().min(8)]);
    }
    let mut image = shim::IMAGE.to_vec();
    assert_eq!(elf::machine(&Flat(base, image.clone()), base), Some(elf::MACHINE_X86_64));
    // Cut anywhere it gives none or the right one, and never fails otherwise.
    while image.pop().is_some() {
        let flat = Flat(base, image.clone());
        if let Some(found) = Image::open(&flat, base) {
            let _ = found.symbol(&flat, "waspect_enter");
        }
    }
}

#[test]
fn the_shim_is_small_and_needs_nothing() {
    let base = 0x7000_0000;
    let file = Flat(base, shim::IMAGE.to_vec());
    let headers = (0..u64::from(file.u16(base + 56).unwrap())).map(|n| base + file.u64(base + 32).unwrap() + 56 * n);
    let mut loaded = Flat(base, vec![0; 64 << 10]);
    for header in headers.filter(|header| file.u32(*header) == Some(1)) {
        let [offset, address, _, bytes] = [8, 16, 24, 32].map(|at| file.u64(header + at).unwrap() as usize);
        loaded.1[address..address + bytes].copy_from_slice(&shim::IMAGE[offset..offset + bytes]);
    }
    let image = Image::open(&loaded, base).unwrap();
    assert_eq!(image.symbol(&loaded, "waspect_enter").map(|s| s.address), Some(image.entry));
    assert!(shim::IMAGE.len() < 8 << 10, "{} bytes", shim::IMAGE.len());
    // Names of libraries and of functions to be found elsewhere would be in the strings.
    for name in [".so", "GLIBC", "dlopen", "memcpy", "Py"] {
        let strings = &shim::IMAGE[..shim::IMAGE.len().min(0x260)];
        assert!(!strings.windows(name.len()).any(|part| part == name.as_bytes()), "{name}");
    }
}

#[test]
fn the_rule_that_refuses_is_named() {
    for (own, owner, capable, yama, rule) in [
        (1000, 1001, false, 0, None),
        (1000, 0, false, 1, None),
        (1000, 1000, false, 0, Some(Rule::Closed)),
        (1000, 1000, false, 1, Some(Rule::Yama(1))),
        (1000, 1000, false, 2, Some(Rule::Yama(2))),
        (1000, 1000, false, 3, Some(Rule::Yama(3))),
        (0, 1000, true, 3, Some(Rule::Yama(3))),
        (0, 1000, true, 1, Some(Rule::Closed)),
        (0, 1000, false, 0, Some(Rule::Capability)),
        (0, 1000, false, 1, Some(Rule::Capability)),
        (0, 0, false, 1, Some(Rule::Yama(1))),
        (0, 0, false, 0, Some(Rule::Capability)),
        (1000, 1001, true, 0, Some(Rule::Closed)),
    ] {
        assert_eq!(access::reason(own, owner, capable, yama), rule, "{own} {owner} {capable} {yama}");
    }
}

#[test]
fn a_status_says_what_matters() {
    let text = "Name:\tmy app\nState:\tT (stopped)\nTracerPid:\t7\nUid:\t1000\t0\t0\t0\nVmSize:\t  1 kB\nCapEff:\t0000000000080000\n";
    let own = Status {
        name: "my app".into(),
        state: 'T',
        owner: 1000,
        tracer: 7,
        is_kernel: false,
        has_shadow_stack: false,
        capabilities: 1 << 19,
    };
    assert_eq!(Status::parse(text), own);
    assert!(Status::parse("Name:\tkthreadd\nState:\tS (sleeping)\n").is_kernel);
    assert!(Status::parse("x86_Thread_features:\tshstk wrss\n").has_shadow_stack);
}

/// A process of ours for as long as this lives.
struct Running(Child);

impl Running {
    fn start(program: &str, argument: &str) -> Self {
        let running = Self(Command::new(program).arg(argument).spawn().unwrap());
        // Until it is that program, with its library, and no longer this one.
        let maps = format!("/proc/{}/maps", running.0.id());
        let is_it = |text: String| text.contains(program) && text.contains("libc.so");
        while !std::fs::read_to_string(&maps).is_ok_and(is_it) {
            std::thread::yield_now();
        }
        running
    }

    fn pid(&self) -> i32 {
        self.0.id().cast_signed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The text of a refusal, without the number.
fn refusal(pid: i32) -> String {
    let error: InjectError = look(pid).expect_err("no Python");
    error.to_string().replace(&pid.to_string(), "N")
}

#[test]
fn what_cannot_be_entered_is_refused_with_the_reason() {
    assert_eq!(refusal(i32::MAX), "process N does not exist, or is hidden from this user");
    let mut sleeper = Running::start("sleep", "100");
    let found = refusal(sleeper.pid());
    assert!(found.starts_with("process N runs `/") && found.ends_with("sleep`, expected CPython"), "{found}");
    kill(Pid::from_raw(sleeper.pid()), Signal::SIGSTOP).unwrap();
    while !refusal(sleeper.pid()).contains("is stopped") {
        std::thread::yield_now();
    }
    kill(Pid::from_raw(sleeper.pid()), Signal::SIGKILL).unwrap();
    while !refusal(sleeper.pid()).contains("has ended") {
        std::thread::yield_now();
    }
    sleeper.0.wait().unwrap();
    assert_eq!(refusal(sleeper.pid()), "process N does not exist, or is hidden from this user");
}
