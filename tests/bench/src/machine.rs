//! Where and when a report was made.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::engines::Peer;
use crate::options::Options;
use crate::report::Header;

pub(crate) fn header(peers: &[&Peer], options: &Options) -> Header {
    let engine = |peer: &&Peer| format!("{}: {}, {}", peer.name, peer.version, peer.settings);
    let mut engines: Vec<String> = peers.iter().map(engine).collect();
    engines.push(format!("wasmparser: {}", env!("VERSION_WASMPARSER")));
    Header {
        machine: machine(),
        date: date(),
        build: format!("{}, profile {}", env!("BUILT_WITH"), env!("BUILT_AS")),
        rounds: options.rounds(),
        quick: options.quick,
        engines,
    }
}

fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("unknown processor", |(_, name)| name.trim());
    format!("{model}, {cpus} cores, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}

fn date() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let (year, month, day) = civil_date(seconds / 86_400);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The Gregorian date so many days after 1970-01-01.
fn civil_date(days: u64) -> (u64, u64, u64) {
    let (mut year, mut left) = (1970, days);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while left >= 365 + u64::from(leap(year)) {
        left -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    (year, month, left + 1)
}

#[cfg(test)]
mod tests {
    use super::civil_date;

    #[test]
    fn dates_around_leap_days() {
        assert_eq!(civil_date(0), (1970, 1, 1));
        assert_eq!(civil_date(789), (1972, 2, 29));
        assert_eq!(civil_date(790), (1972, 3, 1));
        assert_eq!(civil_date(11_016), (2000, 2, 29));
        assert_eq!(civil_date(20_453), (2025, 12, 31));
        assert_eq!(civil_date(20_454), (2026, 1, 1));
    }
}
