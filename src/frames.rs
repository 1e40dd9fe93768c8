//! What crosses a process border: artifacts, and the few frames by which an agent and an operator greet each other.
//!
//! In: values. Out: length-prefixed bytes, and values read back from them. Never here: sockets, or trust in a length.
//! The only room that names the codec, so that it stays replaceable.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};

use crate::limits::Budget;
use crate::policy::Policy;
use crate::spec::Manifest;

/// Agents and operators of different versions refuse each other by this number.
pub const PROTOCOL: u32 = 7;
/// A frame longer than this is not read: the largest artifact with room to spare.
const FRAME_BYTES_MAX: u32 = 64 << 20;

/// A module ready to run: what it is, and its machine code for one engine configuration.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Artifact {
    pub manifest: Manifest,
    /// What `wasmtime` serialized; executed when deserialized, so it travels only over private channels.
    pub code: Vec<u8>,
}

/// A session's modules, from operator to agent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Load {
    pub modules: Vec<LoadModule>,
    /// The operator's; the agent keeps to it.
    pub policy: Policy,
    pub ring_bytes: u64,
    pub ledger_bytes: u64,
    /// Of the process; each module's budget has those of a probe.
    pub events_per_second: u64,
    /// The operator's binary, so that the program's own `waspect.load` has a compiler.
    pub compiler: Option<std::path::PathBuf>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LoadModule {
    pub artifact: Artifact,
    pub budget: Budget,
}

/// Agent to operator.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum FromAgent {
    /// The first frame.
    Hello(Hello),
    /// The session is loaded, under this number; its segment's descriptor follows.
    Loaded {
        session: u64,
    },
    Refused(Refusal),
    /// It is no longer there.
    Unloaded,
    Found(Found),
    Sessions(Vec<Seen>),
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: u32,
    pub pid: u32,
    pub python: String,
    /// A forked child has its session already and brings its own segment with this frame.
    pub forked_from: Option<Parent>,
}

/// What a forked child comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Parent {
    pub pid: u32,
    /// The number that the session it brings had there, and has here.
    pub session: u64,
}

/// Functions by a part of their names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Found {
    /// Dotted, as a target names them; the shortest first.
    pub names: Vec<String>,
    /// So many are left off.
    pub more: u64,
}

/// A session that a process has, whoever brought it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Seen {
    pub session: u64,
    pub modules: Vec<String>,
    /// How many functions its probes are on.
    pub functions: u64,
}

/// Operator to agent. Under `waspect run` one `Load` and nothing more; else any of these in any order, each answered by one
/// frame. What was loaded over a connection ends with it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ToAgent {
    /// `Loaded` or `Refused`.
    Load(Box<Load>),
    /// `Unloaded`.
    Unload { session: u64 },
    /// `Found`: functions whose dotted names hold the text, in whatever case.
    Find { text: String, most: u32 },
    /// `Sessions`: all there are.
    List,
    /// `Sessions`: none. Those that the program itself loaded end too.
    DetachAll,
}

/// Operator to a prepared process, on its control socket: the agent connects to `socket` and says `Hello` there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Invitation {
    pub protocol: u32,
    pub socket: std::path::PathBuf,
}

/// Compiler to the application that started it: the one frame that `waspect compile -o -` and `waspect policy` write.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum FromCompiler {
    Made(Box<Artifact>),
    /// Of `waspect policy`: what the file says.
    Policy(Box<Policy>),
    Refused(Refusal),
}

/// Why a session was not loaded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refusal {
    /// `spec`, `module`, `compile`; `engine`, `attach`, `policy`, `protocol`.
    pub stage: String,
    pub message: String,
    pub hint: Option<String>,
}

/// Why bytes are not a frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    #[error("the other side closed the connection")]
    Closed,
    #[error("frame of {0} bytes, expected at most {FRAME_BYTES_MAX}")]
    Long(u32),
    #[error("frame is not understood: {0}")]
    Malformed(postcard::Error),
    #[error("frame is not understood: {0} bytes too many")]
    Rest(usize),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Encodes one value; the form is private to one version of waspect.
///
/// # Errors
/// When the codec refuses the value.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, FrameError> {
    postcard::to_allocvec(value).map_err(FrameError::Malformed)
}

/// Decodes one value that must fill the bytes.
///
/// # Errors
/// When the bytes are not one value, or more.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FrameError> {
    match postcard::take_from_bytes(bytes).map_err(FrameError::Malformed)? {
        (value, []) => Ok(value),
        (_, rest) => Err(FrameError::Rest(rest.len())),
    }
}

/// Writes one frame: u32 length, then the value.
///
/// # Errors
/// When the writer or the codec fails.
pub fn write<T: Serialize>(to: &mut impl Write, value: &T) -> Result<(), FrameError> {
    let body = encode(value)?;
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    if length > FRAME_BYTES_MAX {
        return Err(FrameError::Long(length));
    }
    to.write_all(&length.to_le_bytes())?;
    to.write_all(&body)?;
    Ok(to.flush()?)
}

/// Reads one frame.
///
/// # Errors
/// When the reader fails or ends, or the bytes are not a frame.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> Result<T, FrameError> {
    let mut length = [0; 4];
    from.read_exact(&mut length).map_err(closed)?;
    let length = u32::from_le_bytes(length);
    if length > FRAME_BYTES_MAX {
        return Err(FrameError::Long(length));
    }
    let mut body = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut body)?;
    if body.len() < length as usize {
        return Err(FrameError::Closed);
    }
    decode(&body)
}

fn closed(e: io::Error) -> FrameError {
    if e.kind() == io::ErrorKind::UnexpectedEof { FrameError::Closed } else { FrameError::Io(e) }
}
