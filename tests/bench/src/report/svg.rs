//! The ratios as a bar chart: a panel for each table that has a baseline, a group of bars for each row.

use super::{Report, short};
use crate::table::Table;

const WIDTH: f64 = 860.0;
/// Where the bars begin, and how long the longest is.
const LEFT: f64 = 190.0;
const SPAN: f64 = 590.0;
const BAR: f64 = 9.0;
const GAP: f64 = 9.0;
/// Ratios beyond this are cut off; the number stands beside the bar.
const MOST: f64 = 3.0;

/// A colour for each engine, told apart by people who do not see all colours too; ours stands out.
const COLOURS: [(&str, &str); 7] = [
    ("terrane", "#c2410c"),
    ("wasmi", "#64748b"),
    ("wasm3", "#0e7490"),
    ("tinywasm", "#a16207"),
    ("pulley", "#7c3aed"),
    ("cranelift", "#1d4ed8"),
    ("wasmparser", "#334155"),
];

/// Draws the report.
pub(crate) fn svg(report: &Report) -> String {
    let mut canvas = Canvas { body: String::new(), y: 34.0 };
    canvas.text(20.0, "title", "start", "Time relative to the baseline: shorter is better");
    for line in report.header.lines().iter().take(2) {
        canvas.y += 19.0;
        canvas.text(20.0, "small", "start", line);
    }
    for table in report.tables.iter().filter(|table| table.baseline.is_some()) {
        canvas.panel(table);
    }
    let height = canvas.y + 24.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" height=\"{height:.0}\">\n\
         <style>text{{font-family:system-ui,sans-serif;font-size:12px;fill:#1e293b}}.title{{font-size:17px;font-weight:600}}\
         .head{{font-size:14px;font-weight:600}}.small{{font-size:11px;fill:#475569}}.value{{font-size:9px;fill:#475569}}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
        canvas.body
    )
}

struct Canvas {
    body: String,
    /// Everything above is drawn already.
    y: f64,
}

impl Canvas {
    fn panel(&mut self, table: &Table) {
        self.y += 40.0;
        self.text(20.0, "head", "start", &table.title);
        self.y += 18.0;
        self.legend(table);
        self.y += 12.0;
        let top = self.y;
        if table.rows.len() > 1 {
            let means: Vec<_> =
                (0..table.columns.len()).map(|c| table.mean_ratio(c).map(|(mean, _)| mean)).collect();
            self.group("geometric mean", table, &means);
        }
        for row in &table.rows {
            let ratios: Vec<_> = (0..table.columns.len()).map(|c| table.ratio(row, c)).collect();
            self.group(&row.name, table, &ratios);
        }
        self.grid(top);
    }

    fn legend(&mut self, table: &Table) {
        let mut x = LEFT;
        for (column, name) in table.columns.iter().enumerate() {
            let label = if Some(column) == table.baseline { format!("{name} = 1") } else { name.clone() };
            let (y, fill) = (self.y - 9.0, colour(name));
            self.body +=
                &format!("<rect x=\"{x:.0}\" y=\"{y:.1}\" width=\"10\" height=\"10\" fill=\"{fill}\"/>\n");
            self.text(x + 14.0, "small", "start", &label);
            x += 28.0 + 6.5 * label.len() as f64;
        }
    }

    /// A bar for each engine but the baseline, which is the line at 1.
    fn group(&mut self, name: &str, table: &Table, ratios: &[Option<f64>]) {
        self.y += GAP;
        let top = self.y;
        for (column, ratio) in ratios.iter().enumerate() {
            if Some(column) == table.baseline {
                continue;
            }
            let Some(ratio) = ratio else { continue };
            let (y, length, fill) = (self.y, ratio.min(MOST) / MOST * SPAN, colour(&table.columns[column]));
            self.body += &format!(
                "<rect x=\"{LEFT}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{}\" fill=\"{fill}\"/>\n",
                BAR - 1.0
            );
            self.y += BAR - 1.5;
            let cut = if *ratio > MOST { "→ " } else { "" };
            self.text(LEFT + length + 4.0, "value", "start", &format!("{cut}{}", short(*ratio)));
            self.y += 1.5;
        }
        if self.y == top {
            self.y += BAR;
        }
        let middle = (top + self.y) / 2.0 + 4.0;
        let bottom = std::mem::replace(&mut self.y, middle);
        self.text(LEFT - 10.0, "", "end", name);
        self.y = bottom;
    }

    /// The lines at each half, the one at 1 stronger, from `top` to here.
    fn grid(&mut self, top: f64) {
        let bottom = self.y + GAP;
        self.y = bottom + 12.0;
        for step in 0..=(2.0 * MOST) as u32 {
            let ratio = f64::from(step) / 2.0;
            let x = LEFT + ratio / MOST * SPAN;
            let (colour, width) = if ratio == 1.0 { ("#0f172a", 1.5) } else { ("#94a3b8", 0.5) };
            self.body += &format!(
                "<line x1=\"{x:.1}\" y1=\"{top:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\" stroke=\"{colour}\" stroke-width=\"{width}\"/>\n"
            );
            self.text(x, "small", "middle", &format!("{ratio}"));
        }
    }

    fn text(&mut self, x: f64, class: &str, anchor: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.body += &format!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" class=\"{class}\" text-anchor=\"{anchor}\">{text}</text>\n",
            self.y
        );
    }
}

fn colour(engine: &str) -> &'static str {
    COLOURS.iter().find(|(name, _)| *name == engine).map_or("#000000", |(_, colour)| colour)
}
