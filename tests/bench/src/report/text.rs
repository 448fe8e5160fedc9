//! The report as text for a terminal, and as Markdown.

use super::{Report, short};
use crate::table::{Row, Table};

/// The report in columns of equal width.
pub(crate) fn text(report: &Report) -> String {
    let mut out = report.header.lines().join("\n") + "\n";
    for table in &report.tables {
        out += &format!("\n{} ({})\n", table.title, table.unit.name());
        if !table.about.is_empty() {
            out += &format!("{}\n", table.about);
        }
        let grid = grid(table);
        let widths: Vec<usize> = (0..grid[0].len())
            .map(|c| grid.iter().map(|r| r[c].chars().count()).max().unwrap_or(0))
            .collect();
        for line in &grid {
            let mut text = String::new();
            for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
                text += &if column < 2 { format!("{cell:<width$}  ") } else { format!("{cell:>width$}  ") };
            }
            out += text.trim_end();
            out += "\n";
        }
        for note in &table.notes {
            out += &format!("  – {note}\n");
        }
    }
    out
}

/// The report as Markdown.
pub(crate) fn markdown(report: &Report) -> String {
    let mut out = String::from("# Benchmarks\n\n");
    for line in report.header.lines() {
        out += &format!("- {line}\n");
    }
    for table in &report.tables {
        out += &format!("\n## {} ({})\n\n", table.title, table.unit.name());
        if !table.about.is_empty() {
            out += &format!("{}\n\n", table.about);
        }
        let grid = grid(table);
        for (number, line) in grid.iter().enumerate() {
            out += &format!("| {} |\n", line.join(" | "));
            if number == 0 {
                out += &format!("|---|---|{}\n", "--:|".repeat(line.len() - 2));
            }
        }
        if !table.notes.is_empty() {
            out += "\n";
        }
        for note in &table.notes {
            out += &format!("- {}\n", note.replace('|', "\\|"));
        }
    }
    out
}

/// Head, rows and, where there are ratios, the line of geometric means; name and detail come first in each.
fn grid(table: &Table) -> Vec<Vec<String>> {
    let mut head = vec![String::new(), String::new()];
    head.extend(table.columns.iter().cloned());
    let mut grid = vec![head];
    grid.extend(table.rows.iter().map(|row| line(table, row)));
    if table.baseline.is_some() && table.rows.len() > 1 {
        let mut means = vec!["geometric mean".to_owned(), String::new()];
        means.extend((0..table.columns.len()).map(|column| mean(table, column)));
        grid.push(means);
    }
    grid
}

fn line(table: &Table, row: &Row) -> Vec<String> {
    let mut line = vec![row.name.clone(), row.detail.clone()];
    for (column, cell) in row.cells.iter().enumerate() {
        line.push(match (cell, table.ratio(row, column)) {
            (None, _) => "–".to_owned(),
            (Some(cell), Some(ratio)) if Some(column) != table.baseline => {
                format!("{} {:.2}×", short(cell.value), ratio)
            }
            (Some(cell), _) => short(cell.value),
        });
    }
    line
}

/// A mean over fewer rows than there are says over how many.
fn mean(table: &Table, column: usize) -> String {
    match table.mean_ratio(column) {
        None => "–".to_owned(),
        Some((mean, count)) if count < table.rows.len() => format!("{mean:.2}× of {count}"),
        Some((mean, _)) => format!("{mean:.2}×"),
    }
}
