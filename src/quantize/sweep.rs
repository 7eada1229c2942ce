//! What came of many budgets: rows, the front among them, CSV.

use mpqc_ir::design::Resources;
use serde::Serialize;

/// A choice of widths and what it is good for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Sensitivity, cost, solver and granularity.
    pub way: String,
    /// The budget.
    pub budget: String,
    /// Share of the test images that the quantized network classifies rightly; `None` where the budget cannot be met.
    pub accuracy: Option<f64>,
    /// The sum of its losses, in the unit of its sensitivity.
    pub loss: f64,
    /// Mean bits of a weight.
    pub mean_weight_bits: f64,
    /// Kibibytes of weights.
    pub weights_kib: f64,
    /// Bits of each layer's weights (of channels: their mean).
    pub weight_bits: Vec<f64>,
    /// Bits of each group's activations.
    pub activation_bits: Vec<u32>,
    /// What the design takes, where one was built.
    pub resources: Option<Resources>,
    /// Frames per second of the design.
    pub fps: Option<f64>,
    /// Seconds of the sensitivities.
    pub sensitivity_seconds: f64,
    /// Seconds of solving and building.
    pub allocation_seconds: f64,
    /// Why the budget cannot be met.
    pub missed: Option<String>,
    /// Whether no other row is at least as accurate and takes no more of anything.
    pub front: bool,
}

/// Marks the rows that no other row beats.
pub fn mark_front(rows: &mut [Row]) {
    let all = rows.to_vec();
    for row in rows {
        row.front = row.accuracy.is_some() && !all.iter().any(|other| beats(other, row));
    }
}

/// Whether a row is better in something and worse in nothing.
fn beats(a: &Row, b: &Row) -> bool {
    let (Some(a_right), Some(b_right)) = (a.accuracy, b.accuracy) else { return false };
    let (no_more, less) = match (&a.resources, &b.resources) {
        (Some(x), Some(y)) => (x.fits(y), x != y),
        _ => (a.weights_kib <= b.weights_kib, a.weights_kib < b.weights_kib),
    };
    a_right >= b_right && no_more && (a_right > b_right || less)
}

/// A table with a header line.
pub fn csv(rows: &[Row]) -> String {
    let mut text = String::from(
        "way,budget,accuracy,loss,mean_weight_bits,weights_kib,lut,ff,dsp,bram18,fps,sensitivity_seconds,allocation_seconds,front,weight_bits,activation_bits,missed\n",
    );
    for row in rows {
        let number =
            |value: Option<f64>, digits: usize| value.map_or(String::new(), |v| format!("{v:.digits$}"));
        let count =
            |of: fn(&Resources) -> u64| row.resources.as_ref().map_or(String::new(), |r| of(r).to_string());
        let bits = row.weight_bits.iter().map(|b| format!("{b:.2}")).collect::<Vec<_>>().join(" ");
        let activations = row.activation_bits.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
        let cells = [
            quoted(&row.way),
            quoted(&row.budget),
            number(row.accuracy, 4),
            format!("{:.5e}", row.loss),
            format!("{:.3}", row.mean_weight_bits),
            format!("{:.2}", row.weights_kib),
            count(|r| r.lut),
            count(|r| r.ff),
            count(|r| r.dsp),
            count(|r| r.bram18),
            number(row.fps, 0),
            format!("{:.1}", row.sensitivity_seconds),
            format!("{:.1}", row.allocation_seconds),
            row.front.to_string(),
            bits,
            activations,
            quoted(row.missed.as_deref().unwrap_or_default()),
        ];
        text += &cells.join(",");
        text.push('\n');
    }
    text
}

/// A cell whose commas do not end it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(accuracy: f64, lut: u64, dsp: u64) -> Row {
        Row {
            way: "mse".into(),
            budget: "fps=1,lut=2".into(),
            accuracy: Some(accuracy),
            loss: 0.25,
            mean_weight_bits: 4.0,
            weights_kib: 1.0,
            weight_bits: vec![4.0],
            activation_bits: vec![8, 4],
            resources: Some(Resources { lut, dsp, ..Resources::default() }),
            fps: Some(1000.0),
            sensitivity_seconds: 0.0,
            allocation_seconds: 0.0,
            missed: None,
            front: false,
        }
    }

    #[test]
    fn the_front_is_what_nothing_beats() {
        let mut rows = [row(0.7, 100, 4), row(0.7, 90, 4), row(0.8, 120, 0), row(0.6, 90, 5)];
        mark_front(&mut rows);
        assert_eq!(rows.each_ref().map(|row| row.front), [false, true, true, false]);
    }

    #[test]
    fn every_line_has_as_many_cells() {
        let text = csv(&[row(0.5, 1, 2)]);
        assert_eq!(text.lines().count(), 2);
        assert!(text.contains("mse,\"fps=1,lut=2\",0.5000,2.50000e-1,4.000,1.00,1,0,2,0,1000,"), "{text}");
    }
}
