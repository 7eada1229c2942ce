//! Coefficients of LUT terms by least squares that outliers do not pull.

use super::sample::Sample;
use std::fmt::Write;

/// What one of a term takes in a kind of block.
pub struct Coefficient {
    /// The kind of block.
    pub kind: &'static str,
    /// The term.
    pub term: &'static str,
    /// LUTs for one.
    pub luts: f64,
}

/// Sweeps over all unknowns; the problems have at most six.
const SWEEPS: usize = 20_000;
/// Relative errors beyond this count by their size instead of their square.
const OUTLIER: f64 = 0.05;
/// How often the weights of outliers are found anew.
const ROUNDS: usize = 12;

/// The coefficients of every kind's terms, least in the relative errors among those that are not negative: more hardware never
/// costs less. Synthesis maps a block now and then in another way than all others of its kind, so errors count as Huber's (Annals of
/// Mathematical Statistics 35, 1964).
pub fn fit(samples: &[Sample]) -> Vec<Coefficient> {
    let mut kinds: Vec<&'static str> = samples.iter().map(|sample| sample.kind).collect();
    kinds.dedup();
    kinds.into_iter().flat_map(|kind| fit_kind(kind, samples)).collect()
}

fn fit_kind(kind: &'static str, samples: &[Sample]) -> Vec<Coefficient> {
    let of_kind = || samples.iter().filter(|sample| sample.kind == kind);
    let mut terms: Vec<&'static str> = Vec::new();
    for (term, _) in of_kind().filter_map(|s| s.terms.as_ref()).flat_map(|t| &t.fitted) {
        if !terms.contains(term) {
            terms.push(term);
        }
    }
    let equations: Vec<(Vec<f64>, f64)> = of_kind().filter_map(|sample| equation(sample, &terms)).collect();
    let solution = robust(&equations, terms.len());
    terms.into_iter().zip(solution).map(|(term, luts)| Coefficient { kind, term, luts }).collect()
}

/// A sample's terms and what they should add up to, both divided by the measured LUTs.
fn equation(sample: &Sample, terms: &[&str]) -> Option<(Vec<f64>, f64)> {
    let parts = sample.terms.as_ref()?;
    let measured = sample.synthesized.resources.lut;
    let number =
        |term: &&str| -> u64 { parts.fitted.iter().filter(|(name, _)| name == term).map(|(_, n)| n).sum() };
    let weight = 1.0 / measured.max(1) as f64;
    let row = terms.iter().map(|term| number(term) as f64 * weight).collect();
    Some((row, measured.saturating_sub(parts.exact) as f64 * weight))
}

/// The x ≥ 0 with the least sum of Huber's losses of Ax − b, by least squares with weights.
fn robust(equations: &[(Vec<f64>, f64)], unknowns: usize) -> Vec<f64> {
    let mut x = least_squares(equations, unknowns);
    for _ in 0..ROUNDS {
        let weighted = |equation: &(Vec<f64>, f64)| {
            let weight = (OUTLIER / residual(equation, &x).abs()).min(1.0).sqrt();
            (equation.0.iter().map(|a| a * weight).collect(), equation.1 * weight)
        };
        let weighted: Vec<_> = equations.iter().map(weighted).collect();
        x = least_squares(&weighted, unknowns);
    }
    x
}

fn residual((row, b): &(Vec<f64>, f64), x: &[f64]) -> f64 {
    b - row.iter().zip(x).map(|(a, x)| a * x).sum::<f64>()
}

/// The x ≥ 0 with the least |Ax − b|², one unknown after another (coordinate descent; the problem is convex).
fn least_squares(equations: &[(Vec<f64>, f64)], unknowns: usize) -> Vec<f64> {
    let mut x = vec![0.0; unknowns];
    for _ in 0..SWEEPS {
        for j in 0..unknowns {
            let squares: f64 = equations.iter().map(|(row, _)| row[j] * row[j]).sum();
            let gradient: f64 = equations.iter().map(|equation| equation.0[j] * residual(equation, &x)).sum();
            if squares > 0.0 {
                x[j] = f64::max(0.0, x[j] + gradient / squares);
            }
        }
    }
    x
}

/// The coefficients as the file that the cost model reads.
pub fn csv(coefficients: &[Coefficient]) -> String {
    let mut text =
        "# Written by `cargo xtask calibrate`: LUTs for one of a term, fitted to what synthesis made of \
        docs/calibration.md's blocks.\nkind,term,coefficient\n"
            .to_owned();
    for Coefficient { kind, term, luts } in coefficients {
        let _ = writeln!(text, "{kind},{term},{luts:.4}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::grid::grid;
    use super::*;
    use mpqc_ir::design::blocks::coefficient;

    #[test]
    fn every_term_has_a_coefficient() {
        for (kind, designs) in grid() {
            let nodes = designs.iter().flat_map(|design| design.graph.node_weights());
            let terms =
                nodes.filter(|node| node.block.kind() == kind).filter_map(|n| n.block.spec().lut_terms());
            for (term, _) in terms.flat_map(|terms| terms.fitted) {
                assert!(coefficient(kind, term).is_some(), "{kind}, {term}: run `cargo xtask calibrate`");
            }
        }
    }

    #[test]
    fn an_exact_law_is_found_and_none_is_negative() {
        let law = |a: f64, b: f64| (vec![a, b, 1.0], 0.5 * a + 2.0 * b + 3.0);
        let equations = [law(1.0, 0.0), law(4.0, 1.0), law(2.0, 5.0), law(9.0, 2.0)];
        let x = least_squares(&equations, 3);
        for (found, wanted) in x.iter().zip([0.5, 2.0, 3.0]) {
            assert!((found - wanted).abs() < 1e-6, "{x:?}");
        }
        assert_eq!(least_squares(&[(vec![1.0], -1.0)], 1), [0.0]);
    }

    #[test]
    fn an_outlier_pulls_little() {
        let equations: Vec<_> = [1.0, 1.01, 0.99, 1.0, 2.0].map(|b| (vec![1.0], b)).to_vec();
        let [squares, huber] = [least_squares, robust].map(|fit| fit(&equations, 1)[0]);
        assert!(squares > 1.19 && (1.0..1.02).contains(&huber), "{squares} {huber}");
    }
}
