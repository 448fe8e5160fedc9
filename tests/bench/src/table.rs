//! A table of measurements: programs or modules down, engines across.

use crate::Result;
use crate::measure::{Samples, geometric_mean};

/// What is measured, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub(crate) enum Unit {
    Milliseconds,
    Microseconds,
    Nanoseconds,
    MegabytesPerSecond,
    Mebibytes,
    Kibibytes,
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Microseconds => "µs",
            Self::Nanoseconds => "ns",
            Self::MegabytesPerSecond => "MB/s",
            Self::Mebibytes => "MiB",
            Self::Kibibytes => "KiB",
        }
    }

    /// How many of it are a second.
    fn per_second(self) -> f64 {
        match self {
            Self::Milliseconds => 1e3,
            Self::Microseconds => 1e6,
            Self::Nanoseconds => 1e9,
            Self::MegabytesPerSecond | Self::Mebibytes | Self::Kibibytes => 1.0,
        }
    }
}

/// One value, in the table's unit.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Cell {
    pub(crate) value: f64,
    /// All samples whose median it is; empty where only one was taken.
    pub(crate) samples: Vec<f64>,
}

#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// The size of the problem or of the module.
    pub(crate) detail: String,
    /// One for each column; none where the engine cannot do it or was not asked to.
    pub(crate) cells: Vec<Option<Cell>>,
}

#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) about: String,
    pub(crate) unit: Unit,
    pub(crate) columns: Vec<String>,
    /// The column to which the others are set in proportion.
    pub(crate) baseline: Option<usize>,
    pub(crate) rows: Vec<Row>,
    /// Why cells are missing, and what else must be said.
    pub(crate) notes: Vec<String>,
}

impl Table {
    pub(crate) fn new(title: &str, about: &str, unit: Unit, columns: Vec<String>, baseline: &str) -> Self {
        let baseline = columns.iter().position(|column| column == baseline);
        Self {
            title: title.to_owned(),
            about: about.to_owned(),
            unit,
            columns,
            baseline,
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a row of times of `repeats` pieces of work each; failures go to the notes.
    pub(crate) fn push_times(
        &mut self,
        name: &str,
        detail: String,
        repeats: u32,
        times: Vec<Option<Result<Samples>>>,
    ) {
        let scale = self.unit.per_second() / f64::from(repeats);
        let mut cells = Vec::new();
        for (column, samples) in self.columns.iter().zip(times) {
            cells.push(match samples {
                None => None,
                Some(Ok(samples)) => Some(Cell {
                    value: samples.median() * scale,
                    samples: samples.0.iter().map(|seconds| seconds * scale).collect(),
                }),
                Some(Err(error)) => {
                    self.notes.push(format!("{column} cannot do {name}: {}", first_line(&error.to_string())));
                    None
                }
            });
        }
        self.rows.push(Row { name: name.to_owned(), detail, cells });
    }

    /// Value by value of the baseline's, where both are there.
    pub(crate) fn ratio(&self, row: &Row, column: usize) -> Option<f64> {
        let base = row.cells[self.baseline?].as_ref()?;
        Some(row.cells[column].as_ref()?.value / base.value)
    }

    /// The geometric mean of a column's ratios, and over how many rows.
    pub(crate) fn mean_ratio(&self, column: usize) -> Option<(f64, usize)> {
        let ratios: Vec<f64> = self.rows.iter().filter_map(|row| self.ratio(row, column)).collect();
        let count = ratios.len();
        geometric_mean(ratios).map(|mean| (mean, count))
    }

    /// Leaves out the columns in which nothing stands.
    pub(crate) fn without_empty_columns(mut self) -> Self {
        let used: Vec<bool> =
            (0..self.columns.len()).map(|c| self.rows.iter().any(|row| row.cells[c].is_some())).collect();
        let baseline = self.baseline.filter(|&b| used[b]).map(|b| self.columns[b].clone());
        fn keep<T>(items: &mut Vec<T>, used: &[bool]) {
            let mut used = used.iter();
            items.retain(|_| *used.next().unwrap_or(&true));
        }
        keep(&mut self.columns, &used);
        for row in &mut self.rows {
            keep(&mut row.cells, &used);
        }
        self.baseline = baseline.and_then(|name| self.columns.iter().position(|column| *column == name));
        self
    }
}

/// A table of the throughput that a table of times amounts to, for rows of `sizes` bytes.
pub(crate) fn throughput(times: &Table, sizes: &[usize]) -> Table {
    let mut table = times.clone();
    table.title = format!("{}: throughput", times.title);
    table.about = String::new();
    table.unit = Unit::MegabytesPerSecond;
    table.baseline = None;
    table.notes.clear();
    for (row, size) in table.rows.iter_mut().zip(sizes) {
        for cell in row.cells.iter_mut().flatten() {
            cell.value = *size as f64 / 1e6 / (cell.value / times.unit.per_second());
            cell.samples.clear();
        }
    }
    table
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let columns = ["ours", "theirs", "nobody's"].map(str::to_owned).to_vec();
        let mut table = Table::new("t", "", Unit::Milliseconds, columns, "theirs");
        let times = |a: f64, b: f64| vec![Some(Ok(Samples(vec![a]))), Some(Ok(Samples(vec![b]))), None];
        table.push_times("one", String::new(), 1, times(0.001, 0.002));
        table.push_times("two", String::new(), 1, times(0.004, 0.002));
        table
    }

    #[test]
    fn ratios_are_of_the_baseline() {
        let table = table();
        assert_eq!(table.ratio(&table.rows[0], 0), Some(0.5));
        let (mean, count) = table.mean_ratio(0).unwrap();
        assert!((mean - 1.0).abs() < 1e-12 && count == 2);
        assert_eq!(table.mean_ratio(2), None);
    }

    #[test]
    fn empty_columns_go_and_the_baseline_stays() {
        let table = table().without_empty_columns();
        assert_eq!(table.columns, ["ours", "theirs"]);
        assert_eq!(table.baseline, Some(1));
    }

    #[test]
    fn throughput_is_bytes_by_time() {
        let table = throughput(&table(), &[2_000_000, 2_000_000]);
        assert_eq!(table.rows[0].cells[0].as_ref().unwrap().value, 2000.0);
    }
}
