//! What a running process leaves for others to find: `run/exchange.json`, and the name that its sessions have for good.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use garraway_wire::soupbintcp::SessionName;

use crate::notices::Json;
use crate::status::durability_name;
use crate::{Config, ExchangeError};

/// Letters of a session's name: one vowel, so that it spells little.
const LETTERS: &[u8; 32] = b"0123456789ABCDFGHJKLMNPQRSTVWXYZ";
/// Letters of it.
const NAME: usize = 10;

/// `run/exchange.json`, there for as long as the process runs.
pub struct RunFile(PathBuf);

impl RunFile {
    /// Writes it, readable by its owner alone, in one step.
    pub fn write(config: &Config, ouch: SocketAddr, session: SessionName) -> Result<Self, ExchangeError> {
        let mut json = Json::default();
        json.number("pid", std::process::id())
            .text("door", &config.door_path().display().to_string())
            .text("ouch", &ouch.to_string())
            .text("ouch_host", &ouch.ip().to_string())
            .number("ouch_port", ouch.port())
            .text("durability", durability_name(config.durability))
            .text("session", session.as_str());
        let path = config.run_folder().join("exchange.json");
        write_at_once(&path, format!("{}\n", json.end()).as_bytes())
            .map_err(|error| ExchangeError::path("write", &path, error))?;
        Ok(Self(path))
    }
}

impl Drop for RunFile {
    fn drop(&mut self) {
        // One that stays behind names a process that is gone, as after a crash.
        let _ = fs::remove_file(&self.0);
    }
}

/// The name of the venue's sequenced sessions: drawn once for a folder, and kept in it.
pub fn session_name(folder: &Path) -> Result<SessionName, ExchangeError> {
    let path = folder.join("session");
    let io = |error| ExchangeError::path("read or write", &path, error);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = drawn_name().map_err(io)?;
            write_at_once(&path, text.as_bytes()).map_err(io)?;
            text
        }
        Err(error) => return Err(io(error)),
    };
    let name = SessionName::new(text.trim()).filter(|name| name.as_str().len() == NAME);
    name.ok_or_else(|| {
        ExchangeError::Config(format!(
            "{} holds no session name of {NAME} letters: restore it, clients resume by it",
            path.display()
        ))
    })
}

fn drawn_name() -> io::Result<String> {
    let mut random = [0; NAME];
    File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok(random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

fn write_at_once(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    fs::rename(&beside, path)
}
