//! `explore.html`: accuracy against what it takes, and the table.

use super::sweep::Row;
use askama::Template;

/// The page.
#[derive(Template)]
#[template(path = "explore.html")]
struct Page<'a> {
    model: &'a str,
    float: String,
    images: usize,
    charts: Vec<Chart>,
    series: Vec<Series>,
    rows: &'a [Row],
}

/// Accuracy against one quantity.
struct Chart {
    title: &'static str,
    lines: Vec<Line>,
    x_ticks: Vec<(f64, String)>,
    y_ticks: Vec<(f64, String)>,
}

/// The points of a way.
struct Line {
    colour: &'static str,
    path: String,
    points: Vec<Point>,
}

struct Point {
    x: f64,
    y: f64,
    title: String,
    front: bool,
}

/// A way in the legend.
struct Series {
    colour: &'static str,
    name: String,
}

const COLOURS: [&str; 8] =
    ["#3b6fb6", "#c2571a", "#1f7a4d", "#8b4fb3", "#b3261e", "#7a6a1f", "#2b8c99", "#6b7280"];
/// Left, right, top and bottom of the plot.
const PLOT: [f64; 4] = [56.0, 540.0, 12.0, 268.0];

/// What a chart's horizontal axis is.
type Quantity = fn(&Row) -> Option<f64>;

/// The page of a sweep over `images` test images; `float` is the float network's accuracy.
///
/// # Errors
/// Never: the template is whole.
pub fn page(model: &str, float: f64, images: usize, rows: &[Row]) -> Result<String, askama::Error> {
    let ways = ways(rows);
    let quantities: [(&str, Quantity); 5] = [
        ("LUTs", |row| row.resources.map(|r| r.lut as f64)),
        ("DSP slices", |row| row.resources.map(|r| r.dsp as f64)),
        ("block memories of 18 kbit", |row| row.resources.map(|r| r.bram18 as f64)),
        ("frames per second", |row| row.fps),
        ("mean bits of a weight", |row| Some(row.mean_weight_bits)),
    ];
    let charts = quantities.into_iter().filter_map(|(title, of)| chart(title, of, &ways, rows));
    let series =
        ways.iter().enumerate().map(|(i, name)| Series { colour: colour(i), name: (*name).to_owned() });
    let float = format!("{:.2}", 100.0 * float);
    Page { model, float, images, charts: charts.collect(), series: series.collect(), rows }.render()
}

fn colour(index: usize) -> &'static str {
    COLOURS[index % COLOURS.len()]
}

/// The ways, in the order in which they come.
fn ways(rows: &[Row]) -> Vec<&str> {
    let mut ways: Vec<&str> = Vec::new();
    for row in rows {
        if !ways.contains(&row.way.as_str()) {
            ways.push(&row.way);
        }
    }
    ways
}

/// A chart of a quantity that at least two rows differ in.
fn chart(title: &'static str, of: Quantity, ways: &[&str], rows: &[Row]) -> Option<Chart> {
    let met: Vec<&Row> = rows.iter().filter(|row| row.accuracy.is_some() && of(row).is_some()).collect();
    let xs = span(met.iter().filter_map(|row| of(row)))?;
    let ys = span(met.iter().filter_map(|row| row.accuracy.map(|a| 100.0 * a)))?;
    let [left, right, top, bottom] = PLOT;
    let x = |value: f64| left + (value - xs.0) / (xs.1 - xs.0) * (right - left);
    let y = |value: f64| bottom - (value - ys.0) / (ys.1 - ys.0) * (bottom - top);
    let line = |(index, way): (usize, &&str)| {
        let own = met.iter().filter(|row| row.way == **way);
        let mut points: Vec<Point> = own
            .map(|row| Point {
                x: x(of(row).unwrap_or_default()),
                y: y(100.0 * row.accuracy.unwrap_or_default()),
                title: format!(
                    "{} at {}: {:.2} %",
                    row.way,
                    row.budget,
                    100.0 * row.accuracy.unwrap_or_default()
                ),
                front: row.front,
            })
            .collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        let path = points.iter().map(|p| format!("{:.1},{:.1}", p.x, p.y)).collect::<Vec<_>>().join(" ");
        Line { colour: colour(index), path, points }
    };
    let ticks = |(low, high): (f64, f64), place: &dyn Fn(f64) -> f64| -> Vec<(f64, String)> {
        let at = |i: u32| low + (high - low) * f64::from(i) / 4.0;
        let digits = if high - low < 10.0 { 1 } else { 0 };
        (0..=4).map(|i| (place(at(i)), format!("{:.digits$}", at(i)))).collect()
    };
    let (x_ticks, y_ticks) = (ticks(xs, &x), ticks(ys, &y));
    Some(Chart { title, lines: ways.iter().enumerate().map(line).collect(), x_ticks, y_ticks })
}

/// The range of values with some room around it; `None` where they do not differ.
fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let ends = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (v.min(a), v.max(b)));
    let room = 0.05 * (ends.1 - ends.0);
    (room > 0.0 && room.is_finite()).then_some((ends.0 - room, ends.1 + room))
}
