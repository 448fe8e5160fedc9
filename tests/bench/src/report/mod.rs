//! Tables for people, for documents and for programs.

mod svg;
mod text;

use crate::table::Table;

pub(crate) use svg::svg;
pub(crate) use text::{markdown, text};

/// A whole run; its JSON is this very structure.
#[derive(serde::Serialize)]
pub(crate) struct Report {
    pub(crate) header: Header,
    pub(crate) tables: Vec<Table>,
}

#[derive(serde::Serialize)]
pub(crate) struct Header {
    pub(crate) machine: String,
    pub(crate) date: String,
    pub(crate) build: String,
    pub(crate) rounds: u32,
    pub(crate) quick: bool,
    pub(crate) engines: Vec<String>,
}

impl Header {
    fn lines(&self) -> Vec<String> {
        let quick = if self.quick { ", quick: not a measurement" } else { "" };
        let mut lines = vec![
            format!("{}, {}", self.date, self.machine),
            format!("{}, {} rounds{quick}", self.build, self.rounds),
        ];
        lines.extend(self.engines.iter().cloned());
        lines
    }
}

/// A number with about three digits that say something.
fn short(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 0.1 => format!("{v:.2}"),
        v => format!("{v:.3}"),
    }
}
